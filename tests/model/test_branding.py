"""An office's colour can be read, and its picture is one, of a size a mail can carry."""

import struct
from itertools import product

import pytest
from makers import png

from reporter.errors import SettingsError
from reporter.model.report import BYTES_AT_MOST, contrast, ink_on, logo_of


def jpeg(width, height):
    """The header of a picture, with a segment before its frame."""
    frame = b"\x08" + struct.pack(">HH", height, width) + b"\x01\x01\x11\x00"
    return (
        b"\xff\xd8\xff\xe0"
        + struct.pack(">H", 6)
        + b"JFIF"
        + b"\xff\xc0"
        + struct.pack(">H", len(frame) + 2)
        + frame
        + b"\xff\xd9"
    )


@pytest.mark.parametrize(("one", "other", "expected"), [("#000000", "#FFFFFF", 21.0), ("#777777", "#FFFFFF", 4.48)])
def test_contrast_is_that_of_the_guidelines(one, other, expected):
    """Black on white, and the grey that just fails."""
    assert expected == pytest.approx(contrast(one, other), abs=0.005)


def test_every_colour_that_is_taken_can_be_read_and_every_other_is_refused():
    """Over a grid of all colours: either some ink has 4.5 to 1, or the colour is refused."""
    steps = [f"{n:02x}" for n in range(0, 256, 51)]
    taken = refused = 0
    for red, green, blue in product(steps, repeat=3):
        colour = f"#{red}{green}{blue}"
        best = max(contrast(ink, colour) for ink in ("#FFFFFF", "#1B2733"))
        try:
            taken += contrast(ink_on(colour), colour) >= 4.5
        except SettingsError:
            refused += best < 4.5

    assert 216 == taken + refused
    assert refused > 0


@pytest.mark.parametrize("colour", ["red", "#12", "#12345G", "1F3A57", "#1F3A57; x", ""])
def test_what_is_no_colour_is_refused(colour):
    """It would stand in the style of every mail."""
    with pytest.raises(SettingsError, match="is not a colour"):
        ink_on(colour)


@pytest.mark.parametrize(("content", "kind", "shown"), [
    (png(400, 100), "png", (240, 60)),
    (png(60, 20), "png", (60, 20)),
    (jpeg(300, 300), "jpeg", (72, 72)),
    (png(2000, 2), "png", (240, 1)),
])  # fmt: skip
def test_a_picture_is_shown_whole_and_never_larger_than_it_is(content, kind, shown):
    """Within 240 by 72 pixels, its sides in proportion."""
    logo = logo_of(content)

    assert (kind, shown) == (logo.kind, (logo.width, logo.height))


@pytest.mark.parametrize(("content", "message"), [
    (b"", "neither a PNG nor a JPEG"),
    (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "neither a PNG nor a JPEG"),
    (b"GIF89a\x01\x00\x01\x00", "neither a PNG nor a JPEG"),
    (png()[:20], "neither a PNG nor a JPEG"),
    (b"\xff\xd8\xff\xe0\x00\x00", "neither a PNG nor a JPEG"),
    (png(2001, 10), "2001 × 10 pixels"),
    (jpeg(0, 10), "0 × 10 pixels"),
    (png(more=b"x" * BYTES_AT_MOST), "more than 100,000 bytes"),
])  # fmt: skip
def test_what_no_mail_can_carry_is_refused_with_its_reason(content, message):
    """No picture, cut off, too many pixels, or too many bytes."""
    with pytest.raises(SettingsError, match=message):
        logo_of(content)
