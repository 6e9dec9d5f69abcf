"""Mails as status pages send them and people pass them on, to drafts; whatever the program that passed them on."""

from email.message import EmailMessage

import pandas as pd
import pytest

from reporter.outages.adapters.mail import attachments
from reporter.outages.door import read_document, source_kind
from reporter.outages.source import SourceDocument

NAMES = {"gckey": "gckey", "clégc": "gckey", "clegc": "gckey", "ircc portal": "ircc_portal"}
AS_OF = pd.Timestamp("2026-11-29T22:00Z").as_unit("us")
TONIGHT = "The IRCC Portal will be unavailable tonight from 10:00 p.m. to 11:30 p.m. Eastern Time."
CE_SOIR = "CléGC sera hors service ce soir de 22 h à 23 h 30 (heure de l’Est)."
ON_FRIDAY = "CléGC sera hors service le 27 novembre 2026 de 22 h à 23 h 30 (heure de l’Est)."
FRIDAY = ("2026-11-28 03:00", "2026-11-28 04:30")
GMAIL_FR = (
    "Bonjour,\n\n---------- Message transféré ---------\nDe : Avis <avis@example.org>\n"
    "Date : ven. 27 nov. 2026, à 10 h 15\nObjet : CléGC hors service\nÀ : <bureau@example.org>\n\n"
    f"{CE_SOIR}\n\n-- \nLe bureau"
)
OUTLOOK_TEXT = (
    "FYI\n\n-----Original Message-----\nFrom: Status <status@example.org>\nSent: November 27, 2026 10:15 AM\n"
    f"To: Office <office@example.org>\nSubject: IRCC Portal maintenance\n\n> {TONIGHT}\n"
)
OUTLOOK_PAGE = (
    "<html><body><div>FYI</div><div><b>From:</b> Status &lt;status@example.org&gt;<br><b>Sent:</b> November 27, 2026 "
    f"10:15 AM<br><b>To:</b> Office<br><b>Subject:</b> IRCC Portal maintenance</div><p>{TONIGHT}</p></body></html>"
)


def mail(subject, text, *, subtype="plain", sent="Sun, 29 Nov 2026 12:00:00 -0500", **how):
    made = EmailMessage()
    made["From"], made["To"], made["Subject"], made["Date"] = "a@example.org", "b@example.org", subject, sent
    made.set_content(text, subtype=subtype, **how)
    return made


def read(made):
    content = made if isinstance(made, bytes) else made.as_bytes()
    source = SourceDocument("mail.eml", content, NAMES, as_of=AS_OF)
    assert source_kind(source) == "mail"
    return read_document(source)


def windows(reading):
    stamps = reading.outages[["began_at", "ended_at"]].map(lambda at: f"{at:%Y-%m-%d %H:%M}" if pd.notna(at) else "")
    return [(services, *row) for services, row in zip(reading.outages["services"], stamps.to_numpy(), strict=True)]


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (mail("Fwd: CléGC", GMAIL_FR), ("gckey", *FRIDAY)),
        (
            mail("Fwd: CléGC", GMAIL_FR.replace("’", "'"), charset="iso-8859-1", cte="quoted-printable"),
            ("gckey", *FRIDAY),
        ),
        (mail("TR: maintenance", OUTLOOK_TEXT, cte="base64"), ("ircc_portal", *FRIDAY)),
        (
            mail(
                "Re: CléGC",
                f"Merci.\n\nLe ven. 27 nov. 2026 à 10 h 15, Avis <avis@example.org>\na écrit :\n> {ON_FRIDAY}\n",
            ),
            ("gckey", *FRIDAY),
        ),
        (mail("FW: maintenance", OUTLOOK_PAGE, subtype="html"), ("ircc_portal", *FRIDAY)),
        (mail("GCKey", TONIGHT, sent="Fri, 27 Nov 2026 10:15:00 -0500"), ("ircc_portal", *FRIDAY)),
    ],
)
def test_tonight_is_the_night_of_the_notice(made, expected):
    """A mail passed on two days later, in each program's way and each coding: the hours of the day it was written."""
    reading = read(made)

    assert [expected] == windows(reading)
    assert "@" not in "".join([*reading.raw.values(), *reading.outages["title"], *reading.outages["note"]])


def test_a_mail_attached_to_a_mail_is_the_one_that_is_read():
    """The alert itself, with its own day; the picture beside it is handed on, and a sign in a signature is not."""
    outer = mail("FW: see attached", "See below.")
    outer.add_attachment(mail("IRCC Portal", TONIGHT, sent="Fri, 27 Nov 2026 10:15:00 -0500"))
    outer.add_attachment(b"\x89PNG" + bytes(9), maintype="image", subtype="png", filename="../screen.png")
    outer.add_attachment(b"\x89PNG" + bytes(9), maintype="image", subtype="png", disposition="inline", filename="s.png")

    assert [("ircc_portal", *FRIDAY)] == windows(read(outer))
    assert ["screen.png"] == [name for name, _ in attachments(outer.as_bytes())]


def test_what_the_subject_alone_says_counts():
    """`unavailable` in the subject, and nothing but that somebody is looking into it below."""
    began = read(mail("[Investigating] GCKey sign-in unavailable", "Users cannot currently sign in."))
    over = read(mail("[Resolved] GCKey sign-in", "This incident has been resolved. GCKey is available again."))

    assert [("gckey", "2026-11-29 17:00", "")] == windows(began)
    assert ["notice_restored"] == [item.code for item in over.open_items]


def test_a_damaged_mail_loses_nothing_in_silence():
    """Letters that are not of the coding it names are read as far as they can be."""
    raw = (
        mail("GCKey", CE_SOIR, cte="8bit", charset="utf-8").as_bytes().replace(b'charset="utf-8"', b'charset="x-none"')
    )

    assert ["gckey"] == read(raw).outages["services"].tolist()
