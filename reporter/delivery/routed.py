"""Several ways to send side by side, one for each channel: a digest into a folder, the word of it by mail."""

from collections.abc import Mapping

from reporter.model.mail import Envelope, HandOver, Outcome, Transport


class RoutedTransport:
    """Takes each mail to the way of its channel; one whose channel has no way waits."""

    def __init__(self, ways: Mapping[str, Transport]) -> None:
        self.ways = ways

    @property
    def name(self) -> str:
        """That of the first way."""
        return next(iter(self.ways.values())).name

    def deliver(self, content: bytes, envelope: Envelope, on_handover: HandOver) -> Outcome:
        """Send it by the way of its channel."""
        way = self.ways.get(envelope.channel)
        if way is None:
            return Outcome("deferred", why="no_way_to_point", phase="gate")
        return way.deliver(content, envelope, on_handover)

    def greet(self) -> Outcome | None:
        """Try every way; what the first says that does not work."""
        return next((outcome for way in self.ways.values() if (outcome := way.greet()) is not None), None)

    def close(self) -> None:
        """Let go of every way."""
        for way in self.ways.values():
            way.close()
