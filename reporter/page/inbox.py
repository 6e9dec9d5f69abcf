"""The page of `reporter outages inbox`: hand something in, see how it is read, put it right, confirm it.

What comes by the other ways, a fetch, a folder or a mailbox, waits on the same page. It decides nothing: the intake
does (pipeline/upkeep/intake.py), and its facts are asked of the ledger each time.
"""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from msgspec import Struct, field
from pandas import DataFrame, Timestamp, isna

from reporter.errors import StoreError, refused
from reporter.model.levels import VERIFICATIONS
from reporter.model.rulebook import Service
from reporter.model.shapes import DRAFT, UNPLACED, UNSPECIFIED
from reporter.outages.door import DescribedSource
from reporter.page.server import GoTo, PageRoute, Picture, Reply, Shown, Visit
from reporter.pipeline.upkeep.intake import (
    CORRECTABLE,
    Offer,
    confirm_facts,
    doubts,
    each_of,
    end_outage,
    picture_type,
    place_outage,
    shown_facts,
    take_in,
)
from reporter.pipeline.upkeep.record_outages import IntakeResult, OpenLedger, enter_addresses, item_reason
from reporter.store.ledger import history, outages_known_at
from reporter.store.ledger_items import complete_to, kept_item, open_items, person_look, record_look, settle_item
from reporter.text import formats
from reporter.text.catalogue import count_sentence, words
from reporter.text.formats import clock_in_year
from reporter.text.time_zones import OTTAWA, zone

PASTED = "pasted.txt"
"""What a text is called that was pasted without the address of its page."""
KINDS = ("unplanned", "planned", "degraded", "intermittent", "security")
FIRST_ROLES = ("base", "credential", "account")
_WEB = ("https://", "http://")
_LONGEST_EXCERPT = 220


class Inbox(Struct):
    """The ledger with all that the page needs of it; `by` is who confirms, `said` what the next page tells."""

    ledger: OpenLedger
    services: Mapping[str, Service]
    sources: tuple[str, ...]
    clock: Callable[[], Timestamp]
    by: str
    said: list[str] = field(default_factory=list)

    def routes(self) -> tuple[PageRoute, ...]:
        """Every address of the page."""
        return (
            PageRoute("", self.overview),
            PageRoute("offer", self.offer, posted=True),
            PageRoute("looked", self.looked, posted=True),
            PageRoute("item/{item}", self.item),
            PageRoute("item/{item}/confirm", self.confirm, posted=True),
            PageRoute("item/{item}/place", self.place, posted=True),
            PageRoute("item/{item}/end", self.end, posted=True),
            PageRoute("item/{item}/settle", self.settle, posted=True),
            PageRoute("picture/{item}", self.picture),
        )

    def overview(self, visit: Visit) -> Reply:
        """What can be handed in, and what waits."""
        w, at = words("inbox", visit.language), self.clock()
        said, self.said = self.said, []
        found = open_items(self.ledger.store)
        reach = complete_to(self.ledger.store, at, together=self.sources)
        facts = {
            "said": said,
            "items": [self._line(row, visit.language) for row in reversed(found.to_dict("records"))],
            "waiting": count_sentence(w, "waiting", len(found), visit.language) if len(found) else w["waiting_none"],
            "record": w["record_none"] if reach is None else w["record_to"].format(clock=_clock(reach, visit.language)),
        }
        return Shown("inbox.html.j2", facts)

    def offer(self, visit: Visit) -> Reply:
        """Take in what was sent: the text or the link, and each file; then to what came of it."""
        text, page = visit.text("text"), visit.text("page")
        if not text and not visit.files:
            self.said.append(words("inbox", visit.language)["nothing_sent"])
            return GoTo()
        before = set(open_items(self.ledger.store)["item_id"])
        offers = [Offer(file.name, file.content, page) for file in visit.files]
        if text.lower().startswith(_WEB) and len(text.split()) == 1:
            self._told(self._from_address(text), visit.language)
        elif text:
            offers.insert(0, Offer(PASTED, text.encode(), page))
        for offer in (one for whole in offers for one in each_of(whole)):
            done = take_in(self.ledger, offer, at=self.clock())
            self._told(done, visit.language)
        new = [one for one in open_items(self.ledger.store)["item_id"] if one not in before]
        if len(new) == len(offers) == 1:
            self.said.clear()  # the item itself is shown
            return GoTo(f"item/{new[0]}")
        return GoTo()

    def looked(self, visit: Visit) -> Reply:
        """Somebody read the notices, and nothing is missing."""
        at = self.clock()
        record_look(self.ledger.store, person_look(at, self.by))
        self.said.append(words("inbox", visit.language)["done_looked"])
        return GoTo()

    def item(self, visit: Visit) -> Reply:
        """One item: its words, how they were read, and what can be done with it."""
        row, record = kept_item(self.ledger.store, visit.parts["item"])
        said, self.said = self.said, []
        shown = shown_facts(record) if record else dict.fromkeys(CORRECTABLE, "") | {"kind": "unplanned"}
        is_picture = bool(self._picture(row))
        facts = {
            "said": said,
            "id": row["item_id"],
            "is_draft": row["fate"] == DRAFT,
            "words": "" if is_picture else record.get("raw_text", row["words"]),
            "picture": f"picture/{quote(row['item_id'])}" if is_picture else "",
            "met": self._met(row["source"], Timestamp(row["at"]), visit.language),
            "reasons": self._reasons(row, record, visit.language),
            "fields": shown,
            "services": self._choices(shown["services"], visit.language),
            "kinds": KINDS,
            "verifications": VERIFICATIONS,
            "is_placed_only": row["code"] in UNPLACED,
            "can_be_placed": row["code"] in UNPLACED and bool(row["outage_id"]),
            "ongoing": [] if record else self._ongoing(visit.language),
            "ended_at": shown_facts({"ended_at": row["at"]})["ended_at"],
        }
        return Shown("item.html.j2", facts)

    def confirm(self, visit: Visit) -> Reply:
        """Put it on record with the facts of the form."""
        typed = {name: visit.text(name) for name in CORRECTABLE} | {"services": _services(visit)}
        at, item = self.clock(), visit.parts["item"]
        outage_id, problems = confirm_facts(self.ledger, item, typed, at=at, who=self.by)
        self.said += [self._done("done_entered", outage_id, visit), *(p.message(visit.language) for p in problems)]
        return GoTo()

    def place(self, visit: Visit) -> Reply:
        """Say for which services an outage on record counts."""
        outage_id = place_outage(self.ledger, visit.parts["item"], _services(visit), at=self.clock())
        self.said.append(self._done("done_entered", outage_id, visit))
        return GoTo()

    def end(self, visit: Visit) -> Reply:
        """Write the end that it tells of over an outage on record."""
        outage_id, ended_at, at = visit.text("outage"), visit.text("ended_at"), self.clock()
        end_outage(self.ledger.store, visit.parts["item"], outage_id, ended_at, at=at, who=self.by)
        self.said.append(self._done("done_ended", outage_id, visit))
        return GoTo()

    def settle(self, visit: Visit) -> Reply:
        """Set it aside, with the reason."""
        settle_item(self.ledger.store, visit.parts["item"], who=self.by, why=visit.text("why"), at=self.clock())
        self.said.append(words("inbox", visit.language)["done_settled"])
        return GoTo()

    def picture(self, visit: Visit) -> Reply:
        """The picture that an item was met in."""
        row, _ = kept_item(self.ledger.store, visit.parts["item"])
        media_type = self._picture(row)
        if not media_type:
            raise refused(StoreError, "stop_item_unknown", where=visit.parts["item"])
        return Picture(self.ledger.captures.read(row["captured_sha256"]), media_type)

    def _from_address(self, url: str) -> IntakeResult:
        (done,) = enter_addresses(self.ledger, [(url, DescribedSource())], at=self.clock())
        return done

    def _told(self, done: IntakeResult, language: str) -> None:
        """What the next page says of one thing handed in."""
        w, counts = words("inbox", language), done.imported
        name = w["by_paste"] if done.name == PASTED else done.name
        if done.why:
            why = done.why.in_language(language)
            self.said.append(why if done.name in why else w["done_nothing"].format(name=name, why=why))
        elif counts.added or counts.changed or counts.refused:
            told = {key: getattr(counts, key) for key in ("added", "changed", "unchanged", "refused")}
            self.said.append(w["done_table"].format(name=name, **told))
        elif counts.unchanged or not done.left.get(DRAFT, 0) + done.left.get("refused", 0):
            self.said.append(w["done_known"].format(name=name))
        else:
            self.said.append(w["done_left"].format(name=name))

    def _done(self, sentence: str, outage_id: str, visit: Visit) -> str:
        title = str(history(self.ledger.store, outage_id).iloc[-1]["title"]) or outage_id
        return words("inbox", visit.language)[sentence].format(title=title)

    def _line(self, row: Mapping[Any, Any], language: str) -> dict[str, str]:
        """An open item in the list."""
        w, text = words("inbox", language), " ".join(str(row["words"]).split())
        excerpt = text if len(text) <= _LONGEST_EXCERPT else f"{text[:_LONGEST_EXCERPT].rstrip()}…"
        is_draft = row["fate"] == DRAFT
        return {
            "id": str(row["item_id"]),
            "fate": str(row["fate"]),
            "badge": w[f"badge_{row['fate']}"],
            "title": self._titles(str(row["services"]), language) if is_draft else excerpt,
            "span": _span(row["began_at"], row["ended_at"], language) if is_draft else "",
            "words": excerpt if is_draft else item_reason(row, language),
            "met": self._met(str(row["source"]), row["first_at"], language),
        }

    def _met(self, source: str, at: Timestamp, language: str) -> str:
        w = words("inbox", language)
        return w["met"].format(source=w["by_paste"] if source == PASTED else source, clock=_clock(at, language))

    def _titles(self, services: str, language: str) -> str:
        known = [self.services[one].title.of(language) for one in services.split(";") if one in self.services]
        return ", ".join(known) if services not in ("", UNSPECIFIED) else words("inbox", language)["no_service"]

    def _choices(self, chosen: str, language: str) -> dict[str, list[dict[str, Any]]]:
        """The services to tick: those that are ticked, or else the ways in; the others behind a fold."""
        ticked = {*chosen.split(";")} & {*self.services}
        parts: dict[str, list[dict[str, Any]]] = {"first": [], "more": []}
        for key, service in self.services.items():
            is_ticked = key in ticked
            part = "first" if is_ticked or (not ticked and service.role in FIRST_ROLES) else "more"
            if key != UNSPECIFIED:
                parts[part].append({"id": key, "title": service.title.of(language), "is_ticked": is_ticked})
        return parts

    def _reasons(self, row: Mapping[str, str], record: Mapping[str, str], language: str) -> list[str]:
        """Why it waits, or what the reader was unsure of."""
        if not record:
            return [item_reason(row, language)]
        found = doubts(self.ledger.captures, row, record, self.ledger.names)
        return list(dict.fromkeys(problem.message(language) for problem in found))

    def _ongoing(self, language: str) -> list[dict[str, str]]:
        """The outages on record without an end, where an item may tell of one."""
        known = outages_known_at(self.ledger.store)
        left: DataFrame = known[known["ended_at"].isna() & (known["status"] == "ongoing")]
        return [
            {"id": str(key), "title": f"{title or self._titles(services, language)} ({_short(began, language)})"}
            for key, title, services, began in zip(
                left["outage_id"], left["title"], left["services"], left["began_at"], strict=True
            )
        ]

    def _picture(self, row: Mapping[str, str]) -> str:
        """The media type of the picture an item was met in; nothing where there is none, or it is gone."""
        sha256 = row["captured_sha256"]
        if row["code"] != "intake_picture" or not self.ledger.captures.holds(sha256):
            return ""
        return picture_type(self.ledger.captures.read(sha256))


def _services(visit: Visit) -> str:
    return ";".join(visit.fields.get("services", ()))


def _clock(at: Timestamp, language: str) -> str:
    return formats.clock(at, zone(OTTAWA), language)


def _short(at: Timestamp, language: str) -> str:
    local = at.tz_convert(zone(OTTAWA))
    return clock_in_year(local, local, language)


def _span(began: Timestamp, ended: Timestamp, language: str) -> str:
    last = None if isna(ended) else ended.tz_convert(zone(OTTAWA))
    return formats.time_span(began.tz_convert(zone(OTTAWA)), last, words("inbox", language), language)
