-- vedette.db, version 1: small and precious. Times are epoch seconds (REAL), reasons JSON arrays of
-- [step, outcome, because], uuids what leaves the process, integer ids what stays inside.

CREATE TABLE org (
    id INTEGER PRIMARY KEY,
    uuid TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL UNIQUE
) STRICT;
INSERT INTO org VALUES (1, '00000000-0000-7000-8000-000000000001', 'default');

-- A removed target keeps its row: changes and alerts go on naming it.
-- The last five columns are the slow half of the overview; the quick half stands in `run`.
CREATE TABLE target (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid TEXT NOT NULL UNIQUE,
    org_id INTEGER NOT NULL REFERENCES org,
    name TEXT NOT NULL,
    url TEXT NOT NULL,
    kind TEXT NOT NULL,
    class TEXT NOT NULL,
    owner TEXT NOT NULL,
    profile TEXT NOT NULL,
    tags TEXT NOT NULL,
    origin TEXT NOT NULL,
    paused INTEGER NOT NULL,
    spec TEXT NOT NULL,
    added_at REAL NOT NULL,
    removed_at REAL,
    title TEXT NOT NULL DEFAULT '',
    grade TEXT NOT NULL DEFAULT '',
    cert_not_after REAL,
    technologies TEXT NOT NULL DEFAULT '[]',
    changed_at REAL NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX target_name ON target (org_id, name) WHERE removed_at IS NULL;

-- Clustered by interval and phase: targets due together lie together, so a commit of 50 looks touches few pages.
-- The numbers are those of the last look, in whole microseconds and bytes; NULL is what it did not measure.
CREATE TABLE run (
    lane INTEGER NOT NULL,
    phase INTEGER NOT NULL,
    target_id INTEGER NOT NULL REFERENCES target,
    next_due REAL NOT NULL,
    attempt INTEGER NOT NULL DEFAULT 0,
    last_at REAL NOT NULL DEFAULT 0,
    last_ok REAL NOT NULL DEFAULT 0,
    raw_digest BLOB NOT NULL DEFAULT x'',
    fact_digest BLOB NOT NULL DEFAULT x'',
    scans INTEGER NOT NULL DEFAULT 0,
    failures INTEGER NOT NULL DEFAULT 0,
    status TEXT NOT NULL DEFAULT 'unknown',
    dns_ms INTEGER,
    connect_ms INTEGER,
    tls_ms INTEGER,
    ttfb_ms INTEGER,
    download_ms INTEGER,
    total_ms INTEGER,
    transfer_bytes INTEGER,
    body_bytes INTEGER,
    PRIMARY KEY (lane, phase, target_id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX run_target ON run (target_id);

CREATE TABLE memory (
    target_id INTEGER PRIMARY KEY REFERENCES target,
    body BLOB NOT NULL
) STRICT;

CREATE TABLE fact (
    id INTEGER PRIMARY KEY,
    target_id INTEGER NOT NULL REFERENCES target,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    stable TEXT NOT NULL,
    confidence REAL NOT NULL,
    evidence TEXT NOT NULL,
    since REAL NOT NULL,
    till REAL
) STRICT;
CREATE UNIQUE INDEX fact_current ON fact (kind, key, target_id) WHERE till IS NULL;
CREATE INDEX fact_target ON fact (target_id, till);
CREATE INDEX fact_ended ON fact (till) WHERE till IS NOT NULL;

CREATE TABLE change (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid TEXT NOT NULL UNIQUE,
    target_id INTEGER REFERENCES target,
    type TEXT NOT NULL,
    key TEXT NOT NULL,
    before TEXT,
    after TEXT,
    severity INTEGER NOT NULL,
    confidence REAL NOT NULL,
    state TEXT NOT NULL,
    at REAL NOT NULL,
    reasons TEXT NOT NULL,
    evidence TEXT NOT NULL,
    verdict TEXT
) STRICT;
CREATE INDEX change_at ON change (at);
CREATE INDEX change_target ON change (target_id, at);
CREATE INDEX change_suspected ON change (id) WHERE state = 'suspected';

CREATE TABLE alert (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid TEXT NOT NULL UNIQUE,
    target_id INTEGER REFERENCES target,
    rule TEXT NOT NULL,
    severity INTEGER NOT NULL,
    state TEXT NOT NULL,
    dedup TEXT NOT NULL,
    since REAL NOT NULL,
    updated_at REAL NOT NULL,
    reasons TEXT NOT NULL,
    note TEXT NOT NULL,
    acknowledged_by TEXT NOT NULL,
    verdict TEXT
) STRICT;
CREATE UNIQUE INDEX alert_open ON alert (ifnull(target_id, 0), dedup) WHERE state <> 'resolved';
CREATE INDEX alert_since ON alert (since);
CREATE INDEX alert_resolved ON alert (updated_at) WHERE state = 'resolved';

CREATE TABLE alert_change (
    alert_id INTEGER NOT NULL REFERENCES alert ON DELETE CASCADE,
    change_id INTEGER NOT NULL REFERENCES change ON DELETE CASCADE,
    PRIMARY KEY (alert_id, change_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX alert_change_change ON alert_change (change_id);

-- The outbox: a row is written in the transaction of its cause.
CREATE TABLE delivery (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid TEXT NOT NULL UNIQUE,
    alert_id INTEGER REFERENCES alert ON DELETE CASCADE,
    channel TEXT NOT NULL,
    event TEXT NOT NULL,
    state TEXT NOT NULL,
    at REAL NOT NULL,
    attempts INTEGER NOT NULL,
    key TEXT NOT NULL UNIQUE,
    response TEXT NOT NULL
) STRICT;
CREATE INDEX delivery_alert ON delivery (alert_id);
CREATE INDEX delivery_undelivered ON delivery (at) WHERE state IN ('pending', 'sending', 'retrying');

CREATE TABLE told (
    target_id INTEGER NOT NULL,
    rule TEXT NOT NULL,
    channel TEXT NOT NULL,
    at REAL NOT NULL,
    PRIMARY KEY (target_id, rule, channel)
) STRICT, WITHOUT ROWID;

CREATE TABLE job (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    target_id INTEGER NOT NULL REFERENCES target,
    state TEXT NOT NULL,
    scheduled_for REAL NOT NULL,
    started_at REAL NOT NULL,
    completed_at REAL NOT NULL,
    attempts INTEGER NOT NULL,
    error TEXT NOT NULL
) STRICT;
CREATE INDEX job_open ON job (scheduled_for) WHERE state IN ('pending', 'running');
CREATE INDEX job_target ON job (target_id);
CREATE INDEX job_ended ON job (completed_at) WHERE state NOT IN ('pending', 'running');

CREATE TABLE note (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    what TEXT NOT NULL,
    subject_id INTEGER NOT NULL,
    at REAL NOT NULL,
    actor TEXT NOT NULL,
    body TEXT NOT NULL
) STRICT;
CREATE INDEX note_at ON note (at);

-- Channels and rules that do not come from the settings file, as JSON.
CREATE TABLE entry (
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (kind, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE revision (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    at REAL NOT NULL,
    digest TEXT NOT NULL,
    actor TEXT NOT NULL,
    body TEXT NOT NULL
) STRICT;

-- The feed: seq is the cursor. One writer gives it out in commit order, so a reader that saw n misses nothing below n.
CREATE TABLE event (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    at REAL NOT NULL,
    kind TEXT NOT NULL,
    subject_id INTEGER NOT NULL,
    what TEXT NOT NULL
) STRICT;

-- Append-only, each digest over the one before and the entry. Retention first writes into `audit_anchor` up to which
-- entry it takes the oldest ones away and the digest of the last of them: from there the chain goes on.
CREATE TABLE audit (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at REAL NOT NULL,
    actor TEXT NOT NULL,
    origin TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL,
    digest TEXT NOT NULL
) STRICT;
CREATE TABLE audit_anchor (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    up_to INTEGER NOT NULL,
    digest TEXT NOT NULL
) STRICT;
INSERT INTO audit_anchor VALUES (1, 0, '');
CREATE TRIGGER audit_not_changed BEFORE UPDATE ON audit
BEGIN
    SELECT raise(ABORT, 'the audit trail is append-only');
END;
CREATE TRIGGER audit_not_deleted BEFORE DELETE ON audit
WHEN old.id > (SELECT up_to FROM audit_anchor)
BEGIN
    SELECT raise(ABORT, 'the audit trail is append-only');
END;

-- Full text without a second copy of the text: rowid is 4 x id + 0 for a current fact, 1 a change, 2 a note.
-- Only kinds that are prose: indexing a word costs ten times what storing its fact does, and addresses, headers and
-- cookies are asked for by kind and key.
CREATE VIRTUAL TABLE words USING fts5 (body, content = '', detail = none, tokenize = 'unicode61');
CREATE TRIGGER fact_found AFTER INSERT ON fact
WHEN new.till IS NULL AND new.kind IN ('page', 'meta', 'heading', 'text', 'technology', 'certificate', 'infrastructure')
BEGIN
    INSERT INTO words (rowid, body) VALUES (new.id * 4, new.key || ' ' || new.value);
END;
CREATE TRIGGER fact_not_found AFTER UPDATE OF till ON fact
WHEN old.till IS NULL AND new.till IS NOT NULL AND old.kind IN ('page', 'meta', 'heading', 'text', 'technology', 'certificate', 'infrastructure')
BEGIN
    INSERT INTO words (words, rowid, body) VALUES ('delete', old.id * 4, old.key || ' ' || old.value);
END;
CREATE TRIGGER fact_gone AFTER DELETE ON fact
WHEN old.till IS NULL AND old.kind IN ('page', 'meta', 'heading', 'text', 'technology', 'certificate', 'infrastructure')
BEGIN
    INSERT INTO words (words, rowid, body) VALUES ('delete', old.id * 4, old.key || ' ' || old.value);
END;
CREATE TRIGGER change_found AFTER INSERT ON change
BEGIN
    INSERT INTO words (rowid, body) VALUES (
        new.id * 4 + 1, new.type || ' ' || new.key || ' ' || ifnull(new.before, '') || ' ' || ifnull(new.after, '')
    );
END;
CREATE TRIGGER change_edited AFTER UPDATE OF key, before, after ON change
WHEN (old.key, old.before, old.after) IS NOT (new.key, new.before, new.after)
BEGIN
    INSERT INTO words (words, rowid, body) VALUES (
        'delete', old.id * 4 + 1,
        old.type || ' ' || old.key || ' ' || ifnull(old.before, '') || ' ' || ifnull(old.after, '')
    );
    INSERT INTO words (rowid, body) VALUES (
        new.id * 4 + 1, new.type || ' ' || new.key || ' ' || ifnull(new.before, '') || ' ' || ifnull(new.after, '')
    );
END;
CREATE TRIGGER change_gone AFTER DELETE ON change
BEGIN
    INSERT INTO words (words, rowid, body) VALUES (
        'delete', old.id * 4 + 1,
        old.type || ' ' || old.key || ' ' || ifnull(old.before, '') || ' ' || ifnull(old.after, '')
    );
END;
CREATE TRIGGER note_found AFTER INSERT ON note
BEGIN
    INSERT INTO words (rowid, body) VALUES (new.id * 4 + 2, new.body);
END;
CREATE TRIGGER note_gone AFTER DELETE ON note
BEGIN
    INSERT INTO words (words, rowid, body) VALUES ('delete', old.id * 4 + 2, old.body);
END;
