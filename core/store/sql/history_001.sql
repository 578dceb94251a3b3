-- history.db, version 1: big and prunable. `at` and `hour` are epoch milliseconds, durations whole microseconds,
-- sizes bytes; NULL is what was not measured. `failure` is 0 or the position in FailureClass, counted from 1.

-- New looks go to `tail`, clustered like vedette.db's `run`, a dozen a target; then they move to `sample`, clustered by
-- target. Straight into `sample` every look would rewrite a page of its own: 8 KiB of disk a look instead of 1.5.
CREATE TABLE place (
    target_id INTEGER PRIMARY KEY,
    lane INTEGER NOT NULL,
    phase INTEGER NOT NULL
) STRICT;

CREATE TABLE tail (
    lane INTEGER NOT NULL,
    phase INTEGER NOT NULL,
    target_id INTEGER NOT NULL,
    at INTEGER NOT NULL,
    duration INTEGER NOT NULL,
    busy INTEGER NOT NULL,
    failure INTEGER NOT NULL,
    dns_ms INTEGER,
    connect_ms INTEGER,
    tls_ms INTEGER,
    ttfb_ms INTEGER,
    download_ms INTEGER,
    total_ms INTEGER,
    transfer_bytes INTEGER,
    body_bytes INTEGER,
    PRIMARY KEY (lane, phase, target_id, at)
) STRICT, WITHOUT ROWID;

CREATE TABLE sample (
    target_id INTEGER NOT NULL,
    at INTEGER NOT NULL,
    duration INTEGER NOT NULL,
    busy INTEGER NOT NULL,
    failure INTEGER NOT NULL,
    dns_ms INTEGER,
    connect_ms INTEGER,
    tls_ms INTEGER,
    ttfb_ms INTEGER,
    download_ms INTEGER,
    total_ms INTEGER,
    transfer_bytes INTEGER,
    body_bytes INTEGER,
    PRIMARY KEY (target_id, at)
) STRICT, WITHOUT ROWID;

-- `metric` is the position in METRICS. Busy looks are not counted.
CREATE TABLE sample_hour (
    target_id INTEGER NOT NULL,
    hour INTEGER NOT NULL,
    metric INTEGER NOT NULL,
    count INTEGER NOT NULL,
    minimum INTEGER NOT NULL,
    sum INTEGER NOT NULL,
    maximum INTEGER NOT NULL,
    PRIMARY KEY (target_id, hour, metric)
) STRICT, WITHOUT ROWID;

-- All hours before `until` are rolled up.
CREATE TABLE rolled (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    until INTEGER NOT NULL
) STRICT;
INSERT INTO rolled VALUES (1, 0);

CREATE TABLE document (
    digest BLOB PRIMARY KEY,
    body BLOB NOT NULL,
    content_type TEXT NOT NULL,
    size INTEGER NOT NULL
) STRICT;

CREATE TABLE document_use (
    target_id INTEGER NOT NULL,
    at INTEGER NOT NULL,
    digest BLOB NOT NULL,
    PRIMARY KEY (target_id, at)
) STRICT, WITHOUT ROWID;
CREATE INDEX document_use_digest ON document_use (digest);
