"""What the store keeps: figures of each run, of each duty what the next run is compared with, the ledger, the mail.

No names, no permit numbers; addresses and finished mails in the outbox only, where they can be emptied. The outage
ledger (its versions, checks and items: one chain) and the audit record only grow: triggers of their migrations refuse
any change to a row that is there. The list
of evidence loses a row only when the audit record says so first. Instants are text a person can read and that sorts
by time; those of findings and events are whole seconds since 1970, because there are hundreds of thousands of them.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

HEAD = "0013"  # the newest of migrations/versions; a test holds the two together
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
    Column("folder", Text, nullable=False, server_default=""),  # where a person had it written; empty: as settings say
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
    Column("reader", Text, nullable=False, server_default=""),  # whose row it was, by `reader_key`; empty: not known
    Column("state", Text, nullable=False, server_default=""),  # how it stood, see engine/backtest; empty: not kept
    sqlite_strict=True,
    sqlite_with_rowid=False,
)
run_events = Table(
    "run_events",
    metadata,
    Column("run_number", Integer, ForeignKey("runs.number", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("recipient", Text, nullable=False),
    Column("uid", Text, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("starts_at", seconds, nullable=False),
    Column("mark", Text, nullable=False),
    Column("is_cancelled", Integer, nullable=False),  # 0 or 1
    sqlite_strict=True,
    sqlite_with_rowid=False,
)
run_leases = Table(
    "run_leases",
    metadata,
    Column("name", Text, primary_key=True),  # a digest of the organisation and the series
    Column("holder", Text, nullable=False),  # the run whose turn it is; empty between runs
    Column("place", Text, nullable=False),  # a digest of its machine and folder
    Column("boot", Text, nullable=False),  # which start of that machine; empty when it does not say
    Column("since_at", Text, nullable=False),
    Column("beat_at", Text, nullable=False),  # the last sign of life; stays when the run is over
    Column("doubted_at", Text, nullable=False),  # when the clock was first found leapt, until it is believed
    sqlite_strict=True,
)

outage_versions = Table(
    "outage_versions",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),  # in the one chain: 1, 2, 3… over all its tables
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
    Column("number", Integer, primary_key=True, autoincrement=False),  # in the one chain of the ledger
    Column("source", Text, nullable=False),  # a file's name or an address
    Column("checked_at", Text, nullable=False),
    Column("complete_to", Text, nullable=False),  # empty when the look failed or the source does not say
    Column("status", Text, nullable=False),  # read, unchanged, empty, or what went wrong
    Column("sha256", Text, nullable=False),  # of the bytes looked at, where there were any
    Column("clockless_sha256", Text, nullable=False),  # of the same without the clocks in them
    Column("etag", Text, nullable=False),  # what the server said; the condition of the next question
    Column("last_modified", Text, nullable=False),
    Column("ask_after", Text, nullable=False),  # until then the server asked not to be asked; empty, where it did not
    Column("reader_sha256", Text, nullable=False),  # of the settings and the program by which it was read
    Column("entered", Integer, nullable=False),  # the account of this look: what became of each item it offered
    Column("unchanged", Integer, nullable=False),
    Column("draft", Integer, nullable=False),
    Column("refused", Integer, nullable=False),
    Column("settled", Integer, nullable=False),
    Column("previous_sha256", Text, nullable=False),  # content_sha256 of the row in front, of whichever table
    Column("content_sha256", Text, nullable=False),  # of everything before it in this row
    Index("ledger_checks_by_source", "source", "checked_at"),
    sqlite_strict=True,
)
ledger_items = Table(
    "ledger_items",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),  # in the one chain of the ledger
    Column("item_id", Text, nullable=False),  # a digest of its source and words: the same when it is met again
    Column("at", Text, nullable=False),
    Column("fate", Text, nullable=False),  # draft, refused, settled or accepted; the newest row of an item counts
    Column("source", Text, nullable=False),  # as in ledger_checks
    Column("place", Integer, nullable=False),  # the row or line there; 0 for the whole
    Column("code", Text, nullable=False),  # of problems/*.toml: why it is not on record; empty for a plain draft
    Column("details", Text, nullable=False),  # JSON: what fills that sentence
    Column("words", Text, nullable=False),  # of the source
    Column("outage_id", Text, nullable=False),  # under which it would stand on record, where that is known
    Column("record", Text, nullable=False),  # JSON: the facts of a draft as the ledger writes them
    Column("captured_sha256", Text, nullable=False),
    Column("who", Text, nullable=False),  # who set it aside
    Column("why", Text, nullable=False),
    Column("previous_sha256", Text, nullable=False),
    Column("content_sha256", Text, nullable=False),
    Index("ledger_items_by_item", "item_id"),
    sqlite_strict=True,
)

ledger_identity = Table(
    "ledger_identity",
    metadata,
    Column("identity", Text, primary_key=True),  # drawn when the store was made: a copy has it too, another store not
    sqlite_strict=True,
)

outbox = Table(
    "outbox",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("organisation", Text, nullable=False),
    Column("series", Text, nullable=False),  # which report: as in runs
    Column("period", Text, nullable=False),  # the week told about, e.g. 2026-W37; sorts by time
    Column("recipient", Text, nullable=False),  # a digest of the address
    Column("channel", Text, nullable=False),  # mail, whichever server carries it
    Column("edition", Integer, nullable=False),  # 0, and 1, 2… for what changed after it was told
    Column("run_id", Text, nullable=False),
    Column("slug", Text, nullable=False),  # names the recipient in messages and logs
    Column("state", Text, nullable=False),  # see model/mail.py
    Column("why", Text, nullable=False),  # a key of words/mail.toml; empty where nothing needs saying
    Column("planned_at", Text, nullable=False),
    Column("changed_at", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("first_tried_at", Text, nullable=False),  # empty before the first attempt
    Column("next_at", Text, nullable=False),  # empty unless deferred: not before this instant
    Column("claimed_by", Text, nullable=False),  # the process that has it in hand, or had it last
    Column("lease_until", Text, nullable=False),  # until when that process is believed to be at it
    Column("substance_sha256", Text, nullable=False),  # of what it says, without the hours that pass by themselves
    Column("message_id", Text, nullable=False),
    Column("address", Text, nullable=False),  # emptied by a purge
    Column("size", Integer, nullable=False),
    Column("content_sha256", Text, nullable=False),
    Column("content", LargeBinary),  # the finished mail, as it goes on the wire; emptied by a purge
    Column("undone_at", Text, nullable=False, server_default=""),  # when a person took its whole week back; or empty
    UniqueConstraint("organisation", "series", "period", "recipient", "channel", "edition", name="outbox_once"),
    Index("outbox_by_state", "state", "number"),
    sqlite_strict=True,
)
outbox_attempts = Table(
    "outbox_attempts",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("outbox_number", Integer, ForeignKey("outbox.number"), nullable=False),
    Column("attempt", Integer, nullable=False),  # 1, 2, 3… of that mail; 0 before the first
    Column("at", Text, nullable=False),
    Column("state", Text, nullable=False),  # what the mail became
    Column("why", Text, nullable=False),
    Column("phase", Text, nullable=False),  # how far the talk with the server had come
    Column("code", Integer, nullable=False),  # the server's answer, 0 for none
    Column("enhanced", Text, nullable=False),  # its enhanced status, e.g. 5.7.30
    Column("said", Text, nullable=False),  # its words, addresses cut out
    Index("outbox_attempts_by_mail", "outbox_number", "number"),
    sqlite_strict=True,
)
alert_facts = Table(
    "alert_facts",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("outbox_number", Integer, ForeignKey("outbox.number"), nullable=False),  # the alert that told of it
    Column("person_id", Text, nullable=False),
    Column("outage_id", Text, nullable=False),
    Column("fact", Text, nullable=False),  # a digest of what was told of the outage; empty: that it is off the record
    Index("alert_facts_by_mail", "outbox_number"),
    Index("alert_facts_by_person", "person_id"),
    sqlite_strict=True,
)
week_debts = Table(
    "week_debts",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("organisation", Text, nullable=False),
    Column("series", Text, nullable=False),  # which report: as in runs
    Column("period", Text, nullable=False),  # the week that owes it, as in the outbox
    Column("cause", Text, nullable=False),  # what is owed, e.g. roster:students.csv; the same from week to week
    Column("code", Integer, nullable=False),  # the exit code of a run that leaves it open
    Column("english", Text, nullable=False),  # why, as the run said it
    Column("french", Text, nullable=False),
    Column("mark", Text, nullable=False),  # a digest of all that the last try read
    Column("owed_at", Text, nullable=False),
    Column("tried_at", Text, nullable=False),
    Column("state", Text, nullable=False),  # owed, done, excused or overtaken
    Column("settled_at", Text, nullable=False),  # empty while it is owed
    Column("who", Text, nullable=False),  # excused it
    Column("reason", Text, nullable=False),
    UniqueConstraint("organisation", "series", "period", "cause", name="week_debts_once"),
    sqlite_strict=True,
)
owner_notices = Table(
    "owner_notices",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("organisation", Text, nullable=False),
    Column("series", Text, nullable=False),
    Column("cause", Text, nullable=False),
    Column("code", Integer, nullable=False),
    Column("english", Text, nullable=False),
    Column("french", Text, nullable=False),
    Column("is_stop", Integer, nullable=False),  # 1: a look ended by it, and only the next look can tell it is over
    Column("began_at", Text, nullable=False),
    Column("mailed_at", Text, nullable=False),  # the last time the owner was sent it; empty: not yet
    Column("quiet_until", Text, nullable=False),  # acknowledged: no reminder before; empty: not acknowledged
    Column("quiet_by", Text, nullable=False),
    Column("ended_at", Text, nullable=False),  # empty while it lasts
    Column("posted_at", Text, nullable=False, server_default=""),  # as mailed_at, by the webhook
    Index("owner_notices_by_report", "organisation", "series", "ended_at"),
    sqlite_strict=True,
)
report_names = Table(
    "report_names",
    metadata,
    Column("name", Text, primary_key=True),  # a digest of the names of its rosters
    Column("organisation", Text, nullable=False),  # both as in the outbox
    Column("series", Text, nullable=False),
    sqlite_strict=True,
)
run_folders = Table(
    "run_folders",
    metadata,
    Column("folder", Text, primary_key=True),  # where a person had a run written, or begun to be
    sqlite_strict=True,
)
doubted_weeks = Table(
    "doubted_weeks",
    metadata,
    Column("organisation", Text, primary_key=True),
    Column("series", Text, primary_key=True),
    Column("period", Text, primary_key=True),  # mails of this week may have left that the store knows nothing of
    sqlite_strict=True,
)
evidence_files = Table(
    "evidence_files",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("person_id", Text, nullable=False),
    Column("kind", Text, nullable=False),  # screenshot, error_text, confirmation, attempt or other
    Column("happened_at", Text, nullable=False),  # when it was taken or tried; empty when nobody said
    Column("recorded_at", Text, nullable=False),
    Column("sha256", Text, nullable=False),  # of the file, which stands in the folder of evidence under this name
    Column("suffix", Text, nullable=False),  # of its name: the name itself can hold a person's
    Column("size", Integer, nullable=False),  # bytes
    Column("note", Text, nullable=False),
    Index("evidence_files_by_person", "person_id"),
    sqlite_strict=True,
)
audit = Table(
    "audit",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),  # 1, 2, 3… without a gap: a missing row shows
    Column("at", Text, nullable=False),  # never before that of the row in front
    Column("event", Text, nullable=False),  # run, told, purge, erasure or evidence_erased
    Column("subject", Text, nullable=False),  # a run's id, a recipient's slug, a class, a digest of a person's id
    Column("facts", Text, nullable=False),  # JSON, keys in order; no name, no address
    Column("previous_sha256", Text, nullable=False),  # content_sha256 of the row in front
    Column("content_sha256", Text, nullable=False),  # of everything before it in this row
    Index("audit_by_event", "event", "subject"),
    sqlite_strict=True,
)
