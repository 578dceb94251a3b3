-- What one look leaves behind, statement by statement.

-- name: keep_run
UPDATE run
SET next_due = ?, attempt = ?, last_at = ?, last_ok = ?, raw_digest = ?, fact_digest = ?, scans = ?, failures = ?,
    status = ?, dns_ms = ?, connect_ms = ?, tls_ms = ?, ttfb_ms = ?, download_ms = ?, total_ms = ?,
    transfer_bytes = ?, body_bytes = ?
WHERE target_id = ?

-- name: move_run
UPDATE run SET lane = ?, phase = ? WHERE target_id = ? AND (lane <> ? OR phase <> ?)

-- name: misplaced
SELECT 1 FROM place WHERE target_id = ? AND (lane <> ? OR phase <> ?)

-- name: put_place
INSERT INTO place (target_id, lane, phase) VALUES (?, ?, ?)
ON CONFLICT (target_id) DO UPDATE SET lane = excluded.lane, phase = excluded.phase

-- name: keep_look
INSERT OR IGNORE INTO tail
SELECT lane, phase, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ? FROM place WHERE target_id = ?

-- name: settle_tail
INSERT OR IGNORE INTO sample
SELECT target_id, at, duration, busy, failure,
    dns_ms, connect_ms, tls_ms, ttfb_ms, download_ms, total_ms, transfer_bytes, body_bytes
FROM place JOIN tail USING (lane, phase, target_id)
WHERE target_id = ?

-- name: clear_tail
DELETE FROM tail
WHERE target_id = ?1 AND (lane, phase) = (SELECT lane, phase FROM place WHERE target_id = ?1)

-- name: put_document
INSERT OR IGNORE INTO document (digest, body, content_type, size) VALUES (?, ?, ?, ?)

-- name: use_document
-- Not where it is the one that the target had before.
INSERT OR IGNORE INTO document_use (target_id, at, digest)
SELECT ?1, ?2, ?3
WHERE ?3 IS NOT (SELECT digest FROM document_use WHERE target_id = ?1 ORDER BY at DESC LIMIT 1)

-- name: keep_memory
INSERT INTO memory (target_id, body) VALUES (?, ?)
ON CONFLICT (target_id) DO UPDATE SET body = excluded.body WHERE body <> excluded.body

-- name: end_fact
UPDATE fact INDEXED BY fact_current SET till = max(?, since) WHERE target_id = ? AND kind = ? AND key = ? AND till IS NULL

-- name: with_facts
SELECT asked.value FROM json_each(?) AS asked
WHERE EXISTS (SELECT 1 FROM fact INDEXED BY fact_current WHERE target_id = asked.value AND till IS NULL)

-- name: last_fact
SELECT ifnull(max(id), 0) FROM fact

-- name: begin_facts
INSERT INTO fact (id, target_id, since, kind, key, value, confidence, evidence, stable) VALUES {rows}

-- name: find_facts
-- (first row, last row): of the kinds that are prose, as the triggers that tell of their end have them.
INSERT INTO words (rowid, body)
SELECT id * 4, key || ' ' || value FROM fact
WHERE id BETWEEN ? AND ?
    AND kind IN ('page', 'meta', 'heading', 'text', 'technology', 'certificate', 'infrastructure')

-- name: summarised_facts
SELECT kind, key, value FROM fact INDEXED BY fact_current
WHERE target_id = ? AND till IS NULL AND kind IN ('technology', 'page', 'security', 'certificate') AND (
    kind = 'technology' OR (kind, key) IN (VALUES ('page', 'title'), ('security', 'grade'), ('certificate', 'not_after'))
)
ORDER BY kind, key

-- name: summarise
UPDATE target SET title = ?, grade = ?, cert_not_after = ?, technologies = ? WHERE id = ?

-- name: touch_target
UPDATE target SET changed_at = ? WHERE id = ?

-- name: add_change
INSERT INTO change
    (uuid, target_id, type, key, before, after, severity, confidence, state, at, reasons, evidence, verdict)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- name: settle_change
UPDATE change
SET key = ?, before = ?, after = ?, severity = ?, confidence = ?, state = ?, at = ?, reasons = ?, evidence = ?
WHERE id = ?
RETURNING uuid

-- name: open_alert
INSERT INTO alert (uuid, target_id, rule, severity, state, dedup, since, updated_at, reasons, note, acknowledged_by)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- name: open_alert_of
SELECT id FROM alert WHERE ifnull(target_id, 0) = ? AND dedup = ? AND state <> 'resolved'

-- name: alert_reasons
SELECT severity, reasons, target_id FROM alert WHERE id = ? AND state <> 'resolved'

-- name: extend_alert
UPDATE alert SET severity = ?, reasons = ?, updated_at = ? WHERE id = ?

-- name: resolve_alert
UPDATE alert SET state = 'resolved', reasons = ?, updated_at = ? WHERE id = ?

-- name: link_change
INSERT OR IGNORE INTO alert_change (alert_id, change_id) VALUES (?, ?)

-- name: add_delivery
INSERT INTO delivery (uuid, alert_id, channel, event, state, at, attempts, key, response)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)

-- name: tell
INSERT INTO told (target_id, rule, channel, at) VALUES (?, ?, ?, ?)
ON CONFLICT (target_id, rule, channel) DO UPDATE SET at = excluded.at

-- name: add_event
INSERT INTO event (at, kind, subject_id, what) VALUES (?, ?, ?, ?)

-- name: place_of
SELECT lane, phase FROM place WHERE target_id = ?

-- name: unfound
SELECT 1 FROM unfound LIMIT 1

-- name: find
INSERT INTO words (words, rowid, body) SELECT command, id, body FROM unfound ORDER BY id, seq

-- name: found
DELETE FROM unfound
