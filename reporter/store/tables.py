"""What the store keeps: the figures of each run, of each duty only what the next run is compared with, and the ledger.

No names, no addresses, no permit numbers. The outage ledger only grows: triggers of its migration refuse any
change to a row that is there. Instants of runs and of the ledger are text a person can read and that sorts by time;
those of findings are whole seconds since 1970, because there are hundreds of thousands of them.
"""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, MetaData, Table, Text, UniqueConstraint

HEAD = "0002"  # the newest of migrations/versions; a test holds the two together
VERSION_TABLE = "reporter_version"

metadata = MetaData()
seconds = BigInteger().with_variant(Integer(), "sqlite")

runs = Table(
    "runs",
    metadata,
    Column("number", Integer, primary_key=True),  # short, since every finding repeats it
    Column("run_id", Text, nullable=False, unique=True),
    Column("series", Text, nullable=False),  # which rosters; runs of one series are compared
    Column("as_of", Text, nullable=False),
    Column("finished_at", Text),
    Column("rows_read", Integer, nullable=False),
    Column("rows_assessed", Integer, nullable=False),
    Column("rows_set_aside", Integer, nullable=False),
    Column("rows_excluded", Integer, nullable=False),
    Column("people", Integer, nullable=False),
    Column("people_by_level", Text, nullable=False),  # JSON
    Column("rulebook_sha256", Text, nullable=False),
    Column("manifest", Text, nullable=False),  # JSON
    Index("runs_by_series", "series", "as_of"),
    sqlite_strict=True,
)
run_findings = Table(
    "run_findings",
    metadata,
    Column("run_number", Integer, ForeignKey("runs.number", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("person_id", Text, nullable=False),
    Column("deadline", Text, nullable=False),
    Column("occurrence", Integer, nullable=False),  # 0, 1… for several duties of one kind, in order of closes_at
    Column("level", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("closes_at", seconds),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

outage_versions = Table(
    "outage_versions",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),  # 1, 2, 3… without a gap: a missing row shows
    Column("outage_id", Text, nullable=False),
    Column("version", Integer, nullable=False),  # 1, 2, 3… of that outage
    Column("recorded_at", Text, nullable=False),  # never before that of the row in front
    Column("action", Text, nullable=False),  # added, amended, reopened, renamed, merged or withdrawn
    Column("came_by", Text, nullable=False),  # import or hand
    Column("services", Text, nullable=False),
    Column("began_at", Text, nullable=False),
    Column("ended_at", Text, nullable=False),  # empty when not known to have ended
    Column("kind", Text, nullable=False),
    Column("verification", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("announced_at", Text, nullable=False),
    Column("source_url", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("precision", Text, nullable=False),
    Column("source_row", Text, nullable=False),
    Column("unspecified_components", Text, nullable=False),  # names that map to no service, one a line
    Column("merged_into", Text, nullable=False),
    Column("relief", Text, nullable=False),  # JSON; empty when nothing was said
    Column("told", Text, nullable=False),  # JSON: what the source says where a person has decided otherwise
    Column("source_kind", Text, nullable=False),
    Column("source_address", Text, nullable=False),
    Column("source_language", Text, nullable=False),
    Column("raw_text", Text, nullable=False),
    Column("captured_at", Text, nullable=False),
    Column("captured_sha256", Text, nullable=False),
    Column("previous_sha256", Text, nullable=False),  # content_sha256 of the row in front
    Column("content_sha256", Text, nullable=False),  # of everything before it in this row
    UniqueConstraint("outage_id", "version", name="outage_versions_once"),
    Index("outage_versions_by_time", "recorded_at"),
    sqlite_strict=True,
)
ledger_checks = Table(
    "ledger_checks",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("source", Text, nullable=False),  # a file's name or an address
    Column("checked_at", Text, nullable=False),
    Column("complete_to", Text, nullable=False),  # empty when the look failed or the source does not say
    Column("status", Text, nullable=False),  # read, unchanged, empty, or what went wrong
    Column("sha256", Text, nullable=False),  # of the bytes looked at, where there were any
    Index("ledger_checks_by_source", "source", "checked_at"),
    sqlite_strict=True,
)
