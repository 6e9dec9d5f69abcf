"""The fact sheet for a portal’s helpdesk: what is down, whom it hits in counts, a text to file, and nobody’s name."""

from made_runs import at, outages, roster, settings

from reporter.pipeline.questions.evidence import write_sheets

ROWS = [
    ("E10001", "Ada Placeholder", "Ops", "hr@example.org", "ON", "work", "2026-09-10"),
    ("E10002", "Bob Specimen", "Ops", "hr@example.org", "ON", "work", "2026-09-17"),
    ("E10003", "Cy Invented", "Ops", "hr@example.org", "ON", "work", "2026-10-20"),
    ("E10004", "Di Example", "Ops", "hr@example.org", "ON", "work", "2028-10-20"),
]
OPEN = {"outage_id": "sign in/1", "services": "ircc_secure_account", "began_at": "2026-09-09T10:00:00Z",
        "status": "ongoing"}  # fmt: skip
OVER = {
    "outage_id": "over",
    "services": "gckey",
    "began_at": "2026-09-08T10:00:00Z",
    "ended_at": "2026-09-08T11:00:00Z",
}


def test_each_open_outage_has_a_sheet_in_both_languages_and_no_person(tmp_path):
    """Three people have a filing open that needs it, two of them for ten days at most; what is over has no sheet."""
    record = outages(tmp_path / "o.json", [OPEN, OVER])
    known = settings(tmp_path, [roster(tmp_path / "staff.csv", ROWS)], [record])
    written = write_sheets(known, at("2026-09-09T13:30:00Z"), tmp_path / "sheets")
    said = {path.name: " ".join(path.read_text("utf-8").replace("\u00a0", " ").split()) for path in written}

    assert [f"helpdesk-sign-in-1.{end}" for end in ("en.html", "en.txt", "fr.html", "fr.txt")] == list(said)
    for name in ("helpdesk-sign-in-1.en.html", "helpdesk-sign-in-1.en.txt"):
        assert "3 people of our office have a filing open that needs this service" in said[name]
        assert "the last hour of 2 of them is within 10 days" in said[name]
        assert "3 h 30 min" in said[name]
        assert "2026-09-09T10:00:00Z" in said[name]
    assert "3 personnes de notre bureau ont un dépôt ouvert" in said["helpdesk-sign-in-1.fr.txt"]
    assert [] == [row[0] for row in ROWS for text in said.values() if row[0] in text or row[1] in text]
    assert not (tmp_path / "reporter.db").exists()
