"""Two Mondays of an office with three units in two languages: what its mails say beside what is so, and its pages."""

import csv
import re
import shutil
import subprocess
from collections import Counter
from email.parser import BytesParser
from email.policy import default
from html.parser import HTMLParser

import pytest
from made_runs import outages, roster, run
from openpyxl import load_workbook

from reporter.model.levels import AT_RISK, BY_NAME, RANK
from reporter.settings import DutiesSettings, OfficeSettings, UnitSettings

UNITS = {"Shop": "en", "Atelier": "fr", "Yard": "en"}
WEEKS = ("2026-11-23T13:00:00Z", "2026-11-30T13:00:00Z")
ENDS = {  # of each unit, what its permits say in the first week and in the second; None is on no roster
    "1": ("2026-11-20", "2026-11-20"), "2": ("2026-11-27", "2026-11-27"), "3": ("2026-12-03", "2026-12-03"),
    "4": ("2026-12-01", "2026-12-01"), "5": ("2026-12-09", "2026-12-09"), "6": ("2026-12-20", "2026-12-20"),
    "7": ("2027-01-29", "2027-01-29"), "8": ("31/02/2027", "31/02/2027"), "9": ("2026-12-04", None),
    "10": (None, "2026-12-02"), "11": ("2029-01-01", "soon"), "12": ("2029-01-01", "2029-01-01"),
    "13": ("2026-12-18", "2026-12-18"), "14": ("2026-12-05", "2026-12-05"),
}  # fmt: skip
DOWN = [
    {"services": "gckey", "began_at": "2026-11-20T14:00Z", "ended_at": "2026-11-21T02:00Z"},
    {"services": "gckey", "began_at": "2026-11-30T00:40Z", "verification": "user_report", "status": "ongoing"},
    {"services": "ircc_secure_account", "began_at": "2026-12-03T23:00Z", "ended_at": "2026-12-04T03:00Z",
     "kind": "planned", "status": "announced"},
]  # fmt: skip


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Where the office has its files."""
    return tmp_path_factory.mktemp("office")


@pytest.fixture(scope="module")
def mondays(home):
    """For each week: the mails by reader, who stands at which level in which unit, and the hours that duties lost."""
    folder = home
    (folder / "duties.csv").write_text("Duty ID,Kind,Sent on\nC-118,Correction,2026-11-18\n")
    made = []
    for week, as_of in enumerate(WEEKS):
        rows = [
            (f"{unit[0]}{number}", f"Ana Exemple{number}", unit, "", "ON", "Work permit", ends[week])
            for unit in UNITS
            for number, ends in ENDS.items()
            if ends[week]
        ]
        run(
            folder,
            [roster(folder / "staff.csv", rows)],
            [outages(folder / "record.json", DOWN[: 1 + 2 * week], as_of)],
            as_of=as_of,
            office=OfficeSettings(
                name="Invented office", address="office@example.org", licensed_contact="R. Placeholder"
            ),
            duties=(DutiesSettings(path=str(folder / "duties.csv")),),
            units={
                name: UnitSettings(f"{name}@example.org", language=language, called="name")
                for name, language in UNITS.items()
            },
        )
        made.append((_mails(folder / "out" / "digests"), _levels(folder / "out", rows), _lost(folder / "out")))
    return made


def _mails(folder):
    parse = BytesParser(policy=default).parsebytes
    return {path.stem.split("-")[0]: parse(path.read_bytes()) for path in folder.glob("*.eml")}


def _levels(folder, rows):
    """How many people of each unit stand at each level, by findings.csv and by problems.csv."""
    with (folder / "findings.csv").open(encoding="utf-8") as file:
        worst = {}
        for row in csv.DictReader(file):
            worst[row["person_id"]] = min(worst.get(row["person_id"], "none"), row["level"], key=RANK.__getitem__)
    with (folder / "problems.csv").open(encoding="utf-8") as file:
        aside = {rows[int(row["row"]) - 2][0] for row in csv.DictReader(file) if row["severity"] == "error"}
    worst |= dict.fromkeys(aside - set(worst), "data_problem")
    counts = {unit.lower(): Counter(worst[row[0]] for row in rows if row[2] == unit) for unit in UNITS}
    return counts | {"office": sum(counts.values(), Counter())}


def _lost(folder):
    """How many of the last 72 hours the duties of each person lost, as a mail writes such a length."""
    found = {}
    with (folder / "findings.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            hours, minutes = divmod(round(float(row["lost_72h"] or 0) * 60), 60)
            found.setdefault(row["person_id"], set()).add(f"{hours} h {minutes:02} min" if minutes else f"{hours} h")
    return found


def said(mail, language):
    """Of each level, how many people the mail counts, and how many it says the last one counted."""
    text = " ".join(mail.get_body(("plain",)).get_content().split()).lower()
    found = {}
    for name in AT_RISK:
        word = re.escape(BY_NAME[name].word(language).lower())
        told = re.findall(rf"(?<=[.,] ){word} (\d+)(?: \((?:was |avant )(\d+)\))?[.,]", text)
        now, was = told[-1] if told else ("0", "")
        found[name] = int(now), int(was or now)
    return found


READERS = {**{unit.lower(): language for unit, language in UNITS.items()}, "office": "en"}


@pytest.mark.parametrize(("reader", "language"), READERS.items())
def test_a_mail_counts_whom_the_findings_count_and_was_is_what_the_last_mail_said(mondays, reader, language):
    """At every level, for the office and for a unit of each language."""
    (first, was, _), (second, now, _) = mondays
    before, after = said(first[reader], language), said(second[reader], language)

    assert {name: was[reader][name] for name in AT_RISK} == {name: count for name, (count, _) in before.items()}
    assert {name: (now[reader][name], before[name][0]) for name in AT_RISK} == after
    assert now[reader]["critical"] and now[reader]["data_problem"] and was != now


def test_hours_that_were_lost_name_the_hours_they_are_counted_in(mondays):
    """The sheet has those of the whole time as well; what a mail says is a number of the findings, and is not it."""
    mails, _, lost = mondays[1]
    text = " ".join(mails["shop"].get_body(("plain",)).get_content().split())
    people = re.findall(r"\d+ [▲◆●] Ana Exemple\d+ \((S\d+)\),? (.*?)(?= \d+ [▲◆●] |$)", text)
    told = [(one, hours) for one, lines in people for hours in re.findall(r"([\d hmin]+) of the last 72 h lost", lines)]

    assert 4 == len(told) == text.count(" lost,")
    assert 0 < text.count("down now") == text.count("down now (not confirmed)")  # users reported it, and nobody else
    assert [] == [(one, hours) for one, hours in told if hours.strip() not in lost[one]]


SOFFICE = shutil.which("soffice")


@pytest.mark.skipif(SOFFICE is None, reason="LibreOffice (soffice) is not installed: how a book prints is NOT checked")
def test_a_bad_week_of_an_office_of_39_people_prints_on_six_pages(mondays, home):
    """Most are at risk, by several outages: two pages of what is to be done, and one of each other sheet.

    The sheet of its own duties, which most offices do not have, is the seventh.
    """
    folder = home / "out"
    command = [SOFFICE, f"-env:UserInstallation={(home / 'profile').as_uri()}", "--headless", "--convert-to", "pdf"]
    subprocess.run([*command, "risk.xlsx"], cwd=folder, capture_output=True, timeout=120, check=True)

    assert 39 == sum(mondays[1][1]["office"].values())
    sheets = ["Summary", "At risk", "Everyone", "To correct", "Evidence", "Duties"]
    assert sheets == load_workbook(folder / "risk.xlsx", read_only=True).sheetnames
    assert len(sheets) + 1 == len(re.findall(rb"/Type\s*/Page\b", (folder / "risk.pdf").read_bytes()))


class Visible(HTMLParser):
    """What a mail program shows of a page."""

    def __init__(self, page):
        super().__init__()
        self.pieces, self.hidden = [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        style = (dict(attrs).get("style") or "").replace(" ", "")
        if self.hidden or tag in ("head", "style") or "display:none" in style:
            self.hidden += [tag] if tag not in ("br", "img", "link", "meta") else []
        self.pieces.append(" ")

    def handle_startendtag(self, tag, attrs):
        self.pieces.append(" ")

    def handle_endtag(self, tag):
        if self.hidden:
            self.hidden.pop()
        self.pieces.append(" ")

    def handle_data(self, text):
        if not self.hidden:
            self.pieces.append(text)


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("week", [0, 1])
def test_a_mail_has_250_words_and_45_for_each_person_shown(mondays, week, reader):
    """Whatever stands between two blanks is a word: signs, hours, links and the lines between; in text and HTML."""
    mail = mondays[week][0][reader]
    text = mail.get_body(("plain",)).get_content()
    page = "".join(Visible(mail.get_body(("html",)).get_content()).pieces)
    people = len(re.findall(r"(?m)^\d+ +[▲◆●?] ", text))

    assert 5 <= people <= 8
    assert max(len(text.split()), len(page.split())) <= 250 + 45 * people
