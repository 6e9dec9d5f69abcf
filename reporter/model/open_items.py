"""What a source offers and is not on record: drafts nobody has confirmed, and items nobody could understand."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from reporter.model.shapes import shape

DRAFT, REFUSED, SETTLED, ACCEPTED = "draft", "refused", "settled", "accepted"
UNDATED = "notice-now-"
"""How the id of an outage begins whose notice gives no time of its own: it is down at the moment of a look."""
OPEN_FATES = (DRAFT, REFUSED)
UNPLACED = ("source_component_unmapped", "source_component_missing", "outage_services_unknown",
            "outage_services_missing", "notice_service_unknown")  # fmt: skip
"""Why an outage that is on record is open all the same: nobody knows for which service it counts."""
FATES = ("entered", "unchanged", DRAFT, REFUSED, SETTLED)
"""How each item that a source offers may end; an account names them all."""
OPEN = shape(
    "OPEN",
    """
    item_id    text    names the item in the queue
    first_at   instant when it was first met
    fate       text    draft, or refused
    source     text    a file's name, or an address without a password
    place      count   the row or line there; 0 for the source as a whole
    code       text    an entry of problems/*.toml: why it is not on record; empty for a plain draft
    details    text    JSON: what fills that sentence
    words      text    of the source
    outage_id  text    under which it would stand on record; empty where that is not known
    services   text    of a draft: ids separated by ;
    began_at   instant of a draft
    ended_at   instant of a draft; missing where the end is not known; without a time of its own, when it was last seen
    """,
)


@dataclass(frozen=True)
class OpenItem:
    """One item a source offers that is not on record by its being read: somebody has to see to it.

    `fate` is draft (read, to be confirmed; `outage_id` is its row of OUTAGES) or refused (not understood). `code` is
    the problem that says why, empty where nothing is wrong; `row` is where it stands, `text` its own words. `key` is
    what the record goes by at its source, so that it is the same item next week, whatever else is said in it by then.
    """

    fate: str
    code: str
    text: str
    row: int = 0
    outage_id: str = ""
    details: Mapping[str, str] = field(default_factory=dict)
    key: str = ""
