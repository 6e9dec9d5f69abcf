CREATE TABLE reporter_version (
	version_num VARCHAR(32) NOT NULL,
	CONSTRAINT reporter_version_pkc PRIMARY KEY (version_num)
)

CREATE TABLE runs (
	number INTEGER NOT NULL,
	run_id TEXT NOT NULL,
	series TEXT NOT NULL,
	as_of TEXT NOT NULL,
	finished_at TEXT,
	rows_read INTEGER NOT NULL,
	rows_assessed INTEGER NOT NULL,
	rows_set_aside INTEGER NOT NULL,
	rows_excluded INTEGER NOT NULL,
	people INTEGER NOT NULL,
	people_by_level TEXT NOT NULL,
	rulebook_sha256 TEXT NOT NULL,
	manifest TEXT NOT NULL, folder TEXT DEFAULT '' NOT NULL,
	PRIMARY KEY (number),
	UNIQUE (run_id)
)
 STRICT

CREATE INDEX runs_by_series ON runs (series, as_of)

CREATE TABLE run_findings (
	run_number INTEGER NOT NULL,
	position INTEGER NOT NULL,
	person_id TEXT NOT NULL,
	deadline TEXT NOT NULL,
	occurrence INTEGER NOT NULL,
	level TEXT NOT NULL,
	rule TEXT NOT NULL,
	closes_at INTEGER, reader TEXT DEFAULT '' NOT NULL, state TEXT DEFAULT '' NOT NULL,
	PRIMARY KEY (run_number, position),
	FOREIGN KEY(run_number) REFERENCES runs (number) ON DELETE CASCADE
)
 WITHOUT ROWID,
 STRICT

CREATE TABLE outage_versions (
	number INTEGER NOT NULL,
	outage_id TEXT NOT NULL,
	version INTEGER NOT NULL,
	recorded_at TEXT NOT NULL,
	action TEXT NOT NULL,
	came_by TEXT NOT NULL,
	services TEXT NOT NULL,
	began_at TEXT NOT NULL,
	ended_at TEXT NOT NULL,
	kind TEXT NOT NULL,
	verification TEXT NOT NULL,
	status TEXT NOT NULL,
	announced_at TEXT NOT NULL,
	source_url TEXT NOT NULL,
	title TEXT NOT NULL,
	note TEXT NOT NULL,
	precision TEXT NOT NULL,
	source_row TEXT NOT NULL,
	unspecified_components TEXT NOT NULL,
	merged_into TEXT NOT NULL,
	relief TEXT NOT NULL,
	told TEXT NOT NULL,
	source_kind TEXT NOT NULL,
	source_address TEXT NOT NULL,
	source_language TEXT NOT NULL,
	raw_text TEXT NOT NULL,
	captured_at TEXT NOT NULL,
	captured_sha256 TEXT NOT NULL,
	previous_sha256 TEXT NOT NULL,
	content_sha256 TEXT NOT NULL,
	PRIMARY KEY (number),
	CONSTRAINT outage_versions_once UNIQUE (outage_id, version)
)
 STRICT

CREATE INDEX outage_versions_by_time ON outage_versions (recorded_at)

CREATE TRIGGER outage_versions_no_update BEFORE UPDATE ON outage_versions BEGIN SELECT RAISE(ABORT, 'the ledger only grows'); END

CREATE TRIGGER outage_versions_no_delete BEFORE DELETE ON outage_versions BEGIN SELECT RAISE(ABORT, 'the ledger only grows'); END

CREATE TRIGGER outage_versions_no_replace BEFORE INSERT ON outage_versions WHEN EXISTS (SELECT 1 FROM outage_versions WHERE number = NEW.number) BEGIN SELECT RAISE(ABORT, 'the ledger only grows'); END

CREATE TRIGGER outage_versions_no_second BEFORE INSERT ON outage_versions WHEN EXISTS (SELECT 1 FROM outage_versions WHERE outage_id = NEW.outage_id AND version = NEW.version) BEGIN SELECT RAISE(ABORT, 'the ledger only grows'); END

CREATE TABLE outbox (
	number INTEGER NOT NULL,
	organisation TEXT NOT NULL,
	series TEXT NOT NULL,
	period TEXT NOT NULL,
	recipient TEXT NOT NULL,
	channel TEXT NOT NULL,
	edition INTEGER NOT NULL,
	run_id TEXT NOT NULL,
	slug TEXT NOT NULL,
	state TEXT NOT NULL,
	why TEXT NOT NULL,
	planned_at TEXT NOT NULL,
	changed_at TEXT NOT NULL,
	attempts INTEGER NOT NULL,
	first_tried_at TEXT NOT NULL,
	next_at TEXT NOT NULL,
	claimed_by TEXT NOT NULL,
	lease_until TEXT NOT NULL,
	substance_sha256 TEXT NOT NULL,
	message_id TEXT NOT NULL,
	address TEXT NOT NULL,
	size INTEGER NOT NULL,
	content_sha256 TEXT NOT NULL,
	content BLOB, undone_at TEXT DEFAULT '' NOT NULL,
	PRIMARY KEY (number),
	CONSTRAINT outbox_once UNIQUE (organisation, series, period, recipient, channel, edition)
)
 STRICT

CREATE INDEX outbox_by_state ON outbox (state, number)

CREATE TABLE outbox_attempts (
	number INTEGER NOT NULL,
	outbox_number INTEGER NOT NULL,
	attempt INTEGER NOT NULL,
	at TEXT NOT NULL,
	state TEXT NOT NULL,
	why TEXT NOT NULL,
	phase TEXT NOT NULL,
	code INTEGER NOT NULL,
	enhanced TEXT NOT NULL,
	said TEXT NOT NULL,
	PRIMARY KEY (number),
	FOREIGN KEY(outbox_number) REFERENCES outbox (number)
)
 STRICT

CREATE INDEX outbox_attempts_by_mail ON outbox_attempts (outbox_number, number)

CREATE TRIGGER outbox_attempts_no_update BEFORE UPDATE ON outbox_attempts BEGIN SELECT RAISE(ABORT, 'the record of attempts only grows'); END

CREATE TRIGGER outbox_attempts_no_delete BEFORE DELETE ON outbox_attempts BEGIN SELECT RAISE(ABORT, 'the record of attempts only grows'); END

CREATE TRIGGER outbox_attempts_no_replace BEFORE INSERT ON outbox_attempts WHEN EXISTS (SELECT 1 FROM outbox_attempts WHERE number = NEW.number) BEGIN SELECT RAISE(ABORT, 'the record of attempts only grows'); END

CREATE TABLE run_events (
	run_number INTEGER NOT NULL,
	position INTEGER NOT NULL,
	recipient TEXT NOT NULL,
	uid TEXT NOT NULL,
	sequence INTEGER NOT NULL,
	starts_at INTEGER NOT NULL,
	mark TEXT NOT NULL,
	is_cancelled INTEGER NOT NULL,
	PRIMARY KEY (run_number, position),
	FOREIGN KEY(run_number) REFERENCES runs (number) ON DELETE CASCADE
)
 WITHOUT ROWID,
 STRICT

CREATE TABLE evidence_files (
	number INTEGER NOT NULL,
	person_id TEXT NOT NULL,
	kind TEXT NOT NULL,
	happened_at TEXT NOT NULL,
	recorded_at TEXT NOT NULL,
	sha256 TEXT NOT NULL,
	suffix TEXT NOT NULL,
	size INTEGER NOT NULL,
	note TEXT NOT NULL,
	PRIMARY KEY (number)
)
 STRICT

CREATE INDEX evidence_files_by_person ON evidence_files (person_id)

CREATE TRIGGER evidence_files_no_update BEFORE UPDATE ON evidence_files BEGIN SELECT RAISE(ABORT, 'the list of evidence only grows'); END

CREATE TRIGGER evidence_files_no_replace BEFORE INSERT ON evidence_files WHEN EXISTS (SELECT 1 FROM evidence_files WHERE number = NEW.number) BEGIN SELECT RAISE(ABORT, 'the list of evidence only grows'); END

CREATE TABLE run_leases (
	name TEXT NOT NULL,
	holder TEXT NOT NULL,
	place TEXT NOT NULL,
	boot TEXT NOT NULL,
	since_at TEXT NOT NULL,
	beat_at TEXT NOT NULL,
	doubted_at TEXT NOT NULL,
	PRIMARY KEY (name)
)
 STRICT

CREATE TABLE audit (
	number INTEGER NOT NULL,
	at TEXT NOT NULL,
	event TEXT NOT NULL,
	subject TEXT NOT NULL,
	facts TEXT NOT NULL,
	previous_sha256 TEXT NOT NULL,
	content_sha256 TEXT NOT NULL,
	PRIMARY KEY (number)
)
 STRICT

CREATE INDEX audit_by_event ON audit (event, subject)

CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit record only grows'); END

CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit record only grows'); END

CREATE TRIGGER audit_no_replace BEFORE INSERT ON audit WHEN EXISTS (SELECT 1 FROM audit WHERE number = NEW.number) BEGIN SELECT RAISE(ABORT, 'the audit record only grows'); END

CREATE TRIGGER evidence_files_no_delete BEFORE DELETE ON evidence_files WHEN NOT EXISTS (SELECT 1 FROM audit WHERE event = 'evidence_erased' AND subject = OLD.number || ':' || OLD.sha256) BEGIN SELECT RAISE(ABORT, 'the list of evidence only grows'); END

CREATE TABLE ledger_checks (
	number INTEGER NOT NULL,
	source TEXT NOT NULL,
	checked_at TEXT NOT NULL,
	complete_to TEXT NOT NULL,
	status TEXT NOT NULL,
	sha256 TEXT NOT NULL,
	clockless_sha256 TEXT NOT NULL,
	etag TEXT NOT NULL,
	last_modified TEXT NOT NULL,
	ask_after TEXT NOT NULL,
	reader_sha256 TEXT NOT NULL,
	entered INTEGER NOT NULL,
	unchanged INTEGER NOT NULL,
	draft INTEGER NOT NULL,
	refused INTEGER NOT NULL,
	settled INTEGER NOT NULL,
	previous_sha256 TEXT NOT NULL,
	content_sha256 TEXT NOT NULL,
	PRIMARY KEY (number)
)
 STRICT

CREATE INDEX ledger_checks_by_source ON ledger_checks (source, checked_at)

CREATE TABLE ledger_items (
	number INTEGER NOT NULL,
	item_id TEXT NOT NULL,
	at TEXT NOT NULL,
	fate TEXT NOT NULL,
	source TEXT NOT NULL,
	place INTEGER NOT NULL,
	code TEXT NOT NULL,
	details TEXT NOT NULL,
	words TEXT NOT NULL,
	outage_id TEXT NOT NULL,
	record TEXT NOT NULL,
	captured_sha256 TEXT NOT NULL,
	who TEXT NOT NULL,
	why TEXT NOT NULL,
	previous_sha256 TEXT NOT NULL,
	content_sha256 TEXT NOT NULL,
	PRIMARY KEY (number)
)
 STRICT

CREATE INDEX ledger_items_by_item ON ledger_items (item_id)

CREATE TABLE ledger_identity (
	identity TEXT NOT NULL,
	PRIMARY KEY (identity)
)
 STRICT

CREATE TRIGGER ledger_checks_no_update BEFORE UPDATE ON ledger_checks BEGIN SELECT RAISE(ABORT, 'the ledger only grows'); END

CREATE TRIGGER ledger_checks_no_delete BEFORE DELETE ON ledger_checks BEGIN SELECT RAISE(ABORT, 'the ledger only grows'); END

CREATE TRIGGER ledger_checks_no_replace BEFORE INSERT ON ledger_checks WHEN EXISTS (SELECT 1 FROM ledger_checks WHERE number = NEW.number) BEGIN SELECT RAISE(ABORT, 'the ledger only grows'); END

CREATE TRIGGER ledger_items_no_update BEFORE UPDATE ON ledger_items BEGIN SELECT RAISE(ABORT, 'the ledger only grows'); END

CREATE TRIGGER ledger_items_no_delete BEFORE DELETE ON ledger_items BEGIN SELECT RAISE(ABORT, 'the ledger only grows'); END

CREATE TRIGGER ledger_items_no_replace BEFORE INSERT ON ledger_items WHEN EXISTS (SELECT 1 FROM ledger_items WHERE number = NEW.number) BEGIN SELECT RAISE(ABORT, 'the ledger only grows'); END

CREATE TABLE week_debts (
	number INTEGER NOT NULL,
	organisation TEXT NOT NULL,
	series TEXT NOT NULL,
	period TEXT NOT NULL,
	cause TEXT NOT NULL,
	code INTEGER NOT NULL,
	english TEXT NOT NULL,
	french TEXT NOT NULL,
	mark TEXT NOT NULL,
	owed_at TEXT NOT NULL,
	tried_at TEXT NOT NULL,
	state TEXT NOT NULL,
	settled_at TEXT NOT NULL,
	who TEXT NOT NULL,
	reason TEXT NOT NULL,
	PRIMARY KEY (number),
	CONSTRAINT week_debts_once UNIQUE (organisation, series, period, cause)
)
 STRICT

CREATE TABLE owner_notices (
	number INTEGER NOT NULL,
	organisation TEXT NOT NULL,
	series TEXT NOT NULL,
	cause TEXT NOT NULL,
	code INTEGER NOT NULL,
	english TEXT NOT NULL,
	french TEXT NOT NULL,
	is_stop INTEGER NOT NULL,
	began_at TEXT NOT NULL,
	mailed_at TEXT NOT NULL,
	quiet_until TEXT NOT NULL,
	quiet_by TEXT NOT NULL,
	ended_at TEXT NOT NULL, posted_at TEXT DEFAULT '' NOT NULL,
	PRIMARY KEY (number)
)
 STRICT

CREATE INDEX owner_notices_by_report ON owner_notices (organisation, series, ended_at)

CREATE TABLE report_names (
	name TEXT NOT NULL,
	organisation TEXT NOT NULL,
	series TEXT NOT NULL,
	PRIMARY KEY (name)
)
 STRICT

CREATE TABLE alert_facts (
	number INTEGER NOT NULL,
	outbox_number INTEGER NOT NULL,
	person_id TEXT NOT NULL,
	outage_id TEXT NOT NULL,
	fact TEXT NOT NULL,
	PRIMARY KEY (number),
	FOREIGN KEY(outbox_number) REFERENCES outbox (number)
)
 STRICT

CREATE INDEX alert_facts_by_mail ON alert_facts (outbox_number)

CREATE INDEX alert_facts_by_person ON alert_facts (person_id)

CREATE TABLE run_folders (
	folder TEXT NOT NULL,
	PRIMARY KEY (folder)
)
 STRICT

CREATE TABLE doubted_weeks (
	organisation TEXT NOT NULL,
	series TEXT NOT NULL,
	period TEXT NOT NULL,
	PRIMARY KEY (organisation, series, period)
)
 STRICT
