"""Writes `reporter/rules/law.tsv`: the hash of every provision that a rule rests on, from the official XML in a folder.

    .venv/bin/python docs/make_law.py FOLDER --by NAME [--accept CITE ...]

What is the same stays as it was read; what no rule rested on before is added. Where words changed, the provision is to
be read beside its rules (`reporter rules read`) and then named. No text of the law is written anywhere.
"""

import argparse
from datetime import UTC, datetime
from pathlib import Path

import reporter
from reporter.rules.drift import check_drift, law_table, read_acts
from reporter.rules.law import TABLE
from reporter.rules.load import load_rulebook

HOME = Path(reporter.__file__).parent / "rules" / TABLE


def main() -> None:
    """Read the acts, hold the rules against them, and write the table."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("folder", type=Path)
    words.add_argument("--by", required=True)
    words.add_argument("--accept", action="append", default=[])
    typed = words.parse_args()
    book = load_rulebook(checks_law=False)
    check = check_drift(book, read_acts(typed.folder))
    HOME.write_text(law_table(check, book.law, typed.by, datetime.now(UTC).date(), accepted=typed.accept), "utf-8")


if __name__ == "__main__":
    main()
