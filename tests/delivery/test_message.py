"""One mail as bytes, complete, the same each time, and never with a header planted in it."""

import base64
import hashlib
import re
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import default

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from pandas import Timestamp

from reporter.delivery.message import POLICY, Attachment, Bodies, base64_lines, message
from reporter.errors import DeliveryError
from reporter.model.report import Recipient

BODIES = Bodies("Permis : 3 critiques, 7 élevés – semaine du 7 sept. 2026", "<p lang=fr>Été</p>", "Été\n" * 3)
FILES = (Attachment("unit-1.xlsx", "application/zip", b"PK\0\1"), Attachment("unit-1.ics", "text/calendar", b"BEGIN"))


def mail(address="ana@example.org", *, bodies=BODIES, files=FILES, sender="Permits <desk@example.org>", **changes):
    recipient = Recipient("unit-1", address, "fr", "Unit")
    fixed = {"message_id": "<r1.unit-1@example.org>", "date": Timestamp("2026-09-07T11:00Z")}
    return message(recipient, bodies, files, sender=sender, **{**fixed, **changes})


def read(raw: bytes) -> EmailMessage:
    return message_from_bytes(raw, policy=default)


def test_the_parts_are_nested_as_mail_readers_expect():
    """Text before HTML in an alternative, and the files beside it."""
    kinds = [part.get_content_type() for part in read(mail()).walk()]

    assert [
        "multipart/mixed", "multipart/alternative", "text/plain", "text/html", "application/zip", "text/calendar",
    ] == kinds  # fmt: skip


def test_the_subject_and_the_bodies_come_back_as_they_were():
    """French accents, dashes and no-break spaces survive the encoding."""
    found = read(mail())

    assert BODIES.subject == found["Subject"]
    assert BODIES.text == found.get_body(("plain",)).get_content().replace("\r\n", "\n")
    assert BODIES.html == found.get_body(("html",)).get_content().rstrip("\r\n")


def test_the_files_come_back_as_they_were():
    """An attachment keeps its name and its bytes."""
    found = [(part.get_filename(), part.get_payload(decode=True)) for part in read(mail()).iter_attachments()]

    assert [(file.name, file.content) for file in FILES] == found


PICTURE = Attachment("sign.png", "image/png", b"\x89PNG", "sign@reporter")
NAMES = some.from_regex(r"[a-z0-9][a-z0-9 .é_-]{0,90}\.(xlsx|ics)", fullmatch=True)


@settings(max_examples=40, deadline=None)
@given(
    names=some.lists(NAMES, max_size=3, unique=True),
    number=some.integers(0, 10**6),
    pictures=some.sampled_from([(), (PICTURE,)]),
)
def test_a_mail_is_what_the_library_makes_of_it_part_by_part(names, number, pictures):
    """Whatever the files are called, the frame that mails share gives the bytes of a mail made by itself."""
    files = [Attachment(name, "text/calendar" if name.endswith("ics") else "application/zip", b"PK") for name in names]
    bodies, own = Bodies("S", "<p>Été", "Été", pictures), f"<{number}@example.org>"
    slow = EmailMessage(policy=POLICY)
    for name, value in read(mail(files=(), message_id=own)).items():
        if not name.lower().startswith(("content-", "mime-", "subject")):
            slow[name] = value
        elif name == "Subject":
            slow[name] = "S"
    said = {"charset": "utf-8", "cte": "base64", "headers": ["Content-Language: fr"]}
    slow.set_content("Été\r\n", **said)
    slow.add_alternative("<p>Été\r\n", subtype="html", **said)
    for one in pictures:
        slow.get_body(("html",)).add_related(
            one.content, "image", "png", cid=f"<{one.cid}>", filename=one.name, disposition="inline"
        )
    for one in files:
        main, _, sub = one.mime.partition("/")
        slow.add_attachment(
            one.content, main, sub, filename=one.name, params={"charset": "utf-8"} if main == "text" else None
        )
    digest = hashlib.sha256(own.encode()).hexdigest()[:24]
    for n, part in enumerate(part for part in slow.walk() if part.is_multipart()):
        part.set_boundary(f"=_{digest}_{n}")

    assert slow.as_bytes() == mail(bodies=bodies, files=files, message_id=own)


@given(some.binary(max_size=400))
def test_base64_is_what_the_library_writes(content):
    """Lines of 76, and what is left on the last."""
    assert base64.encodebytes(content).replace(b"\n", b"\r\n") == base64_lines(content)


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("To", "ana@example.org"),
        ("From", "Permits <desk@example.org>"),
        ("Message-ID", "<r1.unit-1@example.org>"),
        ("Date", "Mon, 07 Sep 2026 11:00:00 +0000"),
        ("Auto-Submitted", "auto-generated"),
        ("X-Auto-Response-Suppress", "All"),
        ("List-Id", "<reporter.example.org>"),
    ],
)
def test_the_headers_say_who_when_and_that_a_program_wrote_it(header, value):
    """Each header is there, with its value."""
    assert value == read(mail())[header]


@pytest.mark.parametrize("kind", ["plain", "html"])
def test_each_body_says_its_language(kind):
    """A screen reader is told which voice to use."""
    assert "fr" == read(mail()).get_body((kind,))["Content-Language"]


def test_the_same_input_gives_the_same_bytes():
    """A mail kept before its first attempt is the one that is sent."""
    assert mail() == mail()


def test_two_mails_do_not_share_their_boundaries():
    """A boundary is made of the message's own id."""
    other = mail(message_id="<r1.unit-2@example.org>")

    assert read(mail()).get_boundary() != read(other).get_boundary()


def test_lines_end_and_stay_short_as_smtp_asks():
    """Every line ends in CRLF, and none is longer than 998 bytes, whatever the HTML is like."""
    lines = mail(bodies=Bodies("x", "<p>" + "a" * 5000, "b" * 5000)).split(b"\r\n")

    assert not [line for line in lines if b"\n" in line or len(line) > 998]


@pytest.mark.parametrize(
    "refused",
    [
        {"address": "ana@example.org\r\nBcc: all@example.org"},
        {"address": "ana@example.org, bob@example.org"},
        {"address": "ana example.org"},
        {"address": "ana@"},
        {"address": "chloé@example.org"},
        {"sender": "desk@example.org\nBcc: all@example.org"},
        {"sender": ""},
        {"bodies": Bodies("Permits\r\nBcc: all@example.org", "", "")},
        {"message_id": "<x@example.org>\nBcc: all@example.org"},
    ],
)
def test_a_header_that_would_plant_another_is_refused(refused):
    """The fault names the recipient's slug, and neither an address nor a subject."""
    with pytest.raises(DeliveryError) as fault:
        mail(**refused)

    assert str(fault.value).startswith("unit-1: ")
    assert not any(word in str(fault.value) for word in ("example.org", "chloé", "Bcc"))


@pytest.mark.parametrize("name", ["a\r\nX-Evil: 1.xlsx", 'a"; x="b.xlsx'])
def test_a_file_name_plants_no_header(name):
    """A newline or a quote in a file's name is refused or encoded, never written raw."""
    try:
        raw = mail(files=[Attachment(name, "application/zip", b"")])
    except DeliveryError:
        return

    assert not any("X-Evil" in part for part in read(raw).walk())


def test_a_recipient_without_an_address_is_addressed_to_nobody():
    """The mail can still be looked over; a mail server would refuse it."""
    assert () == read(mail(""))["To"].addresses


@pytest.mark.parametrize("count", [1, 2, 9, 10, 25, 100, 1_000, 12_345])
@pytest.mark.parametrize("unit", ["", "Atelier", "Faculté des sciences", "Sciences humaines et sociales, École d’été"])
def test_a_subject_keeps_its_blanks_in_every_client(count, unit):
    """However long it is, and wherever its lines are folded, it decodes to what was meant."""
    subjects = (
        f"Permis\u00a0: {count} expirés, {count} à déposer d’ici le 1er\u00a0déc., {count} à vérifier – {unit} – été",
        f"Permits: {count} ended, 1 filed late - {unit.encode('ascii', 'replace').decode()} - week of Nov 30, 2026",
    )
    for meant in subjects:
        content = mail(bodies=Bodies(meant, "<p>", "t"))
        raw = re.search(rb"^Subject: (.*?)\r\n(?!\s)", content, re.MULTILINE | re.DOTALL)[1].decode("ascii")

        assert meant == str(make_header(decode_header(raw.replace("\r\n", ""))))
        assert meant == read(content)["Subject"]
        assert max(map(len, raw.splitlines())) <= 78 and raw.splitlines()[0]
