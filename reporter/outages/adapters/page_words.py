"""What a page with a table of outages says beside the table: notices, as drafts, and what may be one. Pure."""

from collections.abc import Collection
from dataclasses import replace

from reporter.outages.reading import OutageReading, merge_readings
from reporter.outages.source import SourceDocument


def with_page_words(source: SourceDocument, reading: OutageReading, tables: Collection[int]) -> OutageReading:
    """The reading of those tables of a page, with what stands beside them; of any other source as it is."""
    if not source.is_web_page or source.as_of is None:
        return reading
    from reporter.outages.notice.read import notice_items, read_notice  # a file of outages needs no reader of pages

    page = source.page or source.name
    beside = read_notice(source.text, source.names, page=page, captured_at=source.as_of, tables_read=tables)
    words = OutageReading(
        beside.outages, beside.problems, source.sha256, open_items=notice_items(beside), raw=beside.raw
    )
    return replace(merge_readings([reading, words]), sha256=source.sha256)
