-- What readers ask of vedette.db.

-- name: all_targets
SELECT * FROM target WHERE removed_at IS NULL ORDER BY id

-- name: all_runs
SELECT * FROM run

-- name: all_memories
SELECT * FROM memory

-- name: all_told
SELECT target_id, rule, channel, at FROM told

-- name: open_alert_ids
SELECT id FROM alert WHERE state <> 'resolved' ORDER BY id

-- name: suspected_changes
SELECT change.*, target.name AS target
FROM change LEFT JOIN target ON target.id = change.target_id
WHERE change.state = 'suspected' ORDER BY change.id

-- name: undelivered
SELECT * FROM delivery WHERE state IN ('pending', 'sending', 'retrying') ORDER BY at, id

-- name: open_jobs
SELECT * FROM job WHERE state IN ('pending', 'running') ORDER BY scheduled_for, id

-- name: facts_now
SELECT kind, key, value, confidence, evidence, stable FROM fact
WHERE target_id = ? AND till IS NULL ORDER BY kind, key

-- name: facts_then
SELECT kind, key, value, confidence, evidence, stable FROM fact INDEXED BY fact_current
WHERE target_id = ?1 AND since <= ?2 AND till IS NULL
UNION ALL
SELECT kind, key, value, confidence, evidence, stable FROM fact INDEXED BY fact_past
WHERE target_id = ?1 AND since <= ?2 AND till > ?2
ORDER BY kind, key

-- name: facts_of_many
SELECT id, target_id, kind, key, value, confidence, evidence, stable FROM fact INDEXED BY fact_current
WHERE target_id IN (SELECT value FROM json_each(?)) AND till IS NULL

-- name: facts_of_rows
SELECT id, target_id, kind, key, value, confidence, evidence, stable FROM fact
WHERE id IN (SELECT value FROM json_each(?1)) AND till IS NULL
UNION ALL
SELECT fact.id, target_id, fact.kind, fact.key, fact.value, confidence, evidence, stable
FROM json_each(?2) AS asked CROSS JOIN fact INDEXED BY fact_current
WHERE fact.kind = asked.value ->> 1 AND fact.key = asked.value ->> 2 AND target_id = asked.value ->> 0 AND till IS NULL

-- name: fleet_kind
-- Bulky kinds are not in `fact_fleet`: they are looked up target by target.
SELECT target_id, kind, key, value, confidence, evidence, stable FROM fact INDEXED BY fact_fleet
WHERE kind = ?1 AND till IS NULL AND kind NOT IN ('heading', 'text', 'inline_script', 'link', 'image')
UNION ALL
SELECT target_id, fact.kind, key, value, confidence, evidence, stable
FROM target CROSS JOIN fact INDEXED BY fact_current ON target_id = target.id AND fact.kind = ?1 AND till IS NULL
WHERE ?1 IN ('heading', 'text', 'inline_script', 'link', 'image')
ORDER BY key, target_id

-- name: fleet_key
SELECT target_id, kind, key, value, confidence, evidence, stable FROM fact INDEXED BY fact_fleet
WHERE kind = ?1 AND key = ?2 AND till IS NULL AND kind NOT IN ('heading', 'text', 'inline_script', 'link', 'image')
UNION ALL
SELECT target_id, fact.kind, key, value, confidence, evidence, stable
FROM target CROSS JOIN fact INDEXED BY fact_current
    ON target_id = target.id AND fact.kind = ?1 AND key = ?2 AND till IS NULL
WHERE ?1 IN ('heading', 'text', 'inline_script', 'link', 'image')
ORDER BY target_id

-- name: overview
SELECT target.id, uuid, name, url, target.kind, lane, class, owner, profile, tags, origin, paused, status, title, grade,
    cert_not_after, technologies, dns_ms, connect_ms, tls_ms, ttfb_ms, download_ms, total_ms, transfer_bytes, body_bytes,
    last_at, added_at, changed_at, next_due, scans, failures
FROM target JOIN run ON run.target_id = target.id
WHERE target.removed_at IS NULL ORDER BY target.id

-- name: overview_after
SELECT target.id, uuid, name, url, target.kind, lane, class, owner, profile, tags, origin, paused, status, title, grade,
    cert_not_after, technologies, dns_ms, connect_ms, tls_ms, ttfb_ms, download_ms, total_ms, transfer_bytes, body_bytes,
    last_at, added_at, changed_at, next_due, scans, failures
FROM target JOIN run ON run.target_id = target.id
WHERE target.removed_at IS NULL AND target.id > ? ORDER BY target.id LIMIT ?

-- name: overview_of
SELECT target.id, uuid, name, url, target.kind, lane, class, owner, profile, tags, origin, paused, status, title, grade,
    cert_not_after, technologies, dns_ms, connect_ms, tls_ms, ttfb_ms, download_ms, total_ms, transfer_bytes, body_bytes,
    last_at, added_at, changed_at, next_due, scans, failures
FROM json_each(?) AS wanted
JOIN target ON target.id = wanted.value
JOIN run ON run.target_id = target.id
WHERE target.removed_at IS NULL ORDER BY target.id

-- name: run_marks
SELECT target_id, scans FROM run WHERE last_at > ?

-- name: targets_touched
SELECT DISTINCT subject_id FROM event WHERE seq > ? AND kind = 'target'

-- name: find_target
SELECT * FROM target WHERE removed_at IS NULL AND (name = ?1 OR id = ?2 OR uuid = ?1) ORDER BY name = ?1 DESC LIMIT 1

-- name: target_names
SELECT name FROM target WHERE removed_at IS NULL

-- name: changes
SELECT change.*, target.name AS target
FROM change LEFT JOIN target ON target.id = change.target_id
WHERE change.at >= ? AND change.at <= ? AND (?3 = '[]' OR change.state IN (SELECT value FROM json_each(?3)))
ORDER BY change.at DESC, change.id DESC LIMIT ?

-- name: changes_of_target
SELECT change.*, target.name AS target
FROM change LEFT JOIN target ON target.id = change.target_id
WHERE change.at >= ? AND change.at <= ? AND (?3 = '[]' OR change.state IN (SELECT value FROM json_each(?3)))
    AND change.target_id = ?5
ORDER BY change.at DESC, change.id DESC LIMIT ?4

-- name: find_change
SELECT change.*, target.name AS target
FROM change LEFT JOIN target ON target.id = change.target_id
WHERE change.id = ? OR change.uuid = ?

-- name: alert_ids
SELECT id FROM alert
WHERE since >= ? AND (?2 = '[]' OR state IN (SELECT value FROM json_each(?2)))
ORDER BY since DESC, id DESC LIMIT ?

-- name: find_alert
SELECT id FROM alert WHERE id = ? OR uuid = ?

-- name: deliveries
SELECT * FROM delivery
WHERE ?1 = '[]' OR state IN (SELECT value FROM json_each(?1))
ORDER BY id DESC LIMIT ?

-- name: find_delivery
SELECT * FROM delivery WHERE id = ? OR uuid = ?

-- name: entries
SELECT kind, name, CAST(body AS BLOB) FROM entry ORDER BY kind, name

-- name: jobs
SELECT * FROM job
WHERE ?1 = '[]' OR state IN (SELECT value FROM json_each(?1))
ORDER BY id DESC LIMIT ?

-- name: audit_entries
SELECT * FROM audit ORDER BY id DESC LIMIT ?

-- name: revisions
SELECT number, at, digest, body FROM revision ORDER BY number DESC

-- name: events
SELECT * FROM event WHERE seq > ? ORDER BY seq LIMIT ?

-- name: last_event
SELECT ifnull(max(seq), 0) FROM event

-- name: target_counts
SELECT 'target.' || CASE WHEN target.paused THEN 'paused' ELSE run.status END AS name, count(*)
FROM target JOIN run ON run.target_id = target.id WHERE target.removed_at IS NULL GROUP BY 1

-- name: open_counts
SELECT 'alert.' || state, count(*) FROM alert WHERE state <> 'resolved' GROUP BY 1
UNION ALL
SELECT 'delivery.' || state, count(*) FROM delivery WHERE state IN ('pending', 'sending', 'retrying') GROUP BY 1
UNION ALL
SELECT 'delivery.dead', count(*) FROM delivery WHERE state = 'dead'

-- name: search
WITH found AS (SELECT rowid AS id FROM words WHERE words MATCH ?1 ORDER BY rowid DESC LIMIT ?2)
SELECT 'fact' AS what, fact.id, fact.target_id, fact.kind || ' ' || fact.key || ': ' || fact.value AS body,
    fact.since AS at
FROM found JOIN fact ON fact.id = found.id / 4 WHERE found.id % 4 = 0
UNION ALL
SELECT 'change', change.id, ifnull(change.target_id, 0),
    change.type || ' ' || change.key || ': ' || ifnull(change.before, '') || ' -> ' || ifnull(change.after, ''),
    change.at
FROM found JOIN change ON change.id = found.id / 4 WHERE found.id % 4 = 1
UNION ALL
SELECT 'note', note.id, note.subject_id, note.body, note.at
FROM found JOIN note ON note.id = found.id / 4 WHERE found.id % 4 = 2
