"""A maker of outage files: a table with the given rows, read back."""

import csv
import json

import pytest
from makers import read_outages

NAMES = {
    "gckey": "gckey",
    "cle gc": "gckey",
    "portail d ircc": "ircc_portal",
    "ircc portal": "ircc_portal",
    "mifi arrima caq": "quebec_mifi",
}
ONE = {
    "outage_id": "one",
    "services": "gckey",
    "began_at": "2026-09-01T10:00Z",
    "ended_at": "2026-09-01T12:00Z",
    "kind": "unplanned",
    "verification": "press",
    "status": "resolved",
    "source_url": "https://example.org/1",
    "title": "One",
}


@pytest.fixture
def read(tmp_path):
    """Rows (each the record ONE with changes) to a file of that kind, read."""

    def write_and_read(*rows, kind="csv", name="outages", as_of=None, encoding="utf-8", separator=","):
        records = [ONE | row for row in rows]
        path = tmp_path / f"{name}.{kind}"
        if kind == "json":
            path.write_text(json.dumps(records), "utf-8")
        else:
            headers = list(dict.fromkeys(key for record in records for key in record))
            with path.open("w", newline="", encoding=encoding) as file:
                writer = csv.DictWriter(file, headers, delimiter=separator)
                writer.writeheader()
                writer.writerows(records)
        return read_outages(path, NAMES, as_of=as_of)

    return write_and_read


@pytest.fixture
def read_text(tmp_path):
    """A file with exactly this content, read."""

    def write_and_read(content, name="outages.csv", **options):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_outages(path, NAMES, **options)

    return write_and_read
