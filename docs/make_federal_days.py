"""Writes the federal statutory holidays from the library that knows them: run it when that library is renewed."""

from pathlib import Path

import holidays

from reporter.rules.load import FEDERAL_DAYS, FIRST_YEAR, LAST_YEAR


def main() -> None:
    """A line a year, with the days on which a holiday is observed."""
    years = range(FIRST_YEAR, LAST_YEAR + 1)
    days = sorted(holidays.country_holidays("CA", categories=("government",), years=years))
    lines = [" ".join(str(day) for day in days if day.year == year) for year in sorted({day.year for day in days})]
    Path(str(FEDERAL_DAYS)).write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
