"""How an office shows itself: a colour that can be read, and a picture of its sign. Pure: no files."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass

LIGHT, DARK = "#FFFFFF", "#1B2733"
"""The two inks; whichever reads better stands on the office's colour."""
ACCENT = "#1F3A57"
READABLE = 4.5  # contrast of text that is read by everybody, as the accessibility guidelines count it
BYTES_AT_MOST, SIDE_AT_MOST = 100_000, 2_000
SHOWN_WIDTH, SHOWN_HEIGHT = 240, 72  # pixels of the mail; Outlook's Word engine obeys the attributes only
PNG = b"\x89PNG\r\n\x1a\n"
JPEG = b"\xff\xd8\xff"
JPEG_FRAMES = frozenset({0xC0, 0xC1, 0xC2})


@dataclass(frozen=True)
class Logo:
    """A picture that travels inside each mail; `width` and `height` are those it is shown at."""

    content: bytes
    kind: str  # png or jpeg
    width: int
    height: int

    @property
    def sha256(self) -> str:
        """Tells this picture from any other part of a mail."""
        return hashlib.sha256(self.content).hexdigest()

    @property
    def name(self) -> str:
        """Its file name, in the mail and beside the digests."""
        return "logo.png" if self.kind == "png" else "logo.jpg"

    @property
    def cid(self) -> str:
        """Its name inside a mail, which the HTML points at."""
        return f"logo.{self.sha256[:16]}@office"


def logo_of(content: bytes) -> Logo:
    """The picture of these bytes. Raises: ValueError saying what is wrong with it."""
    if len(content) > BYTES_AT_MOST:
        raise ValueError(f"has more than {BYTES_AT_MOST:,} bytes, and it goes into every mail; make it smaller")
    kind, (width, height) = _size(content)
    if not 0 < max(width, height) <= SIDE_AT_MOST or not min(width, height):
        raise ValueError(f"is {width} × {height} pixels; each side may have 1 to {SIDE_AT_MOST:,}")
    scale = min(1.0, SHOWN_WIDTH / width, SHOWN_HEIGHT / height)
    return Logo(content, kind, max(1, round(width * scale)), max(1, round(height * scale)))


def ink_on(paper: str) -> str:
    """The ink to write with on this colour. Raises: ValueError when it is no colour, or neither ink can be read."""
    if not re.fullmatch(r"#[0-9A-Fa-f]{6}", paper):
        raise ValueError(f"{paper!r} is not a colour such as {ACCENT}")
    best = max((LIGHT, DARK), key=lambda ink: contrast(ink, paper))
    if (found := contrast(best, paper)) < READABLE:
        told = f"{found:.2f} to 1 on {best}, {READABLE} needed"
        raise ValueError(f"{paper} is too close to both inks: {told}; make it darker or lighter")
    return best


def contrast(one: str, other: str) -> float:
    """How far two colours are apart for an eye: 1 for the same, 21 for black and white."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    shares = (int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5))
    linear = [share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _size(content: bytes) -> tuple[str, tuple[int, int]]:
    """Kind, width and height, as the picture's own header tells them; the name of a file says nothing."""
    if content.startswith(PNG) and content[12:16] == b"IHDR" and len(content) >= 24:
        return "png", (int.from_bytes(content[16:20]), int.from_bytes(content[20:24]))
    for marker, body in _segments(content) if content.startswith(JPEG) else ():
        if marker in JPEG_FRAMES and len(body) >= 5:
            return "jpeg", (int.from_bytes(body[3:5]), int.from_bytes(body[1:3]))
    raise ValueError("is neither a PNG nor a JPEG picture")


def _segments(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Each marker of a JPEG with what it holds, up to the picture itself."""
    at = 2
    while at + 4 <= len(content) and content[at] == 0xFF:
        length = int.from_bytes(content[at + 2 : at + 4])
        if length < 2:
            return
        yield content[at + 1], content[at + 4 : at + 2 + length]
        at += 2 + length
