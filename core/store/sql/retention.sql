-- Each takes (cutoff, most rows) unless it says otherwise.

-- name: purge_facts
DELETE FROM fact WHERE id IN (SELECT id FROM fact WHERE till IS NOT NULL AND till < ? ORDER BY till LIMIT ?)

-- name: purge_changes
DELETE FROM change WHERE id IN (
    SELECT id FROM change
    WHERE at < ? AND state <> 'suspected' AND id NOT IN (
        SELECT change_id FROM alert JOIN alert_change ON alert_change.alert_id = alert.id
        WHERE alert.state <> 'resolved'
    )
    ORDER BY at LIMIT ?
)

-- name: purge_alerts
DELETE FROM alert WHERE id IN (
    SELECT id FROM alert
    WHERE state = 'resolved' AND updated_at < ? AND id NOT IN (
        SELECT alert_id FROM delivery WHERE state IN ('pending', 'sending', 'retrying') AND alert_id IS NOT NULL
    )
    ORDER BY updated_at LIMIT ?
)

-- name: purge_notes
DELETE FROM note WHERE id IN (SELECT id FROM note WHERE at < ? ORDER BY at LIMIT ?)

-- name: purge_jobs
DELETE FROM job WHERE id IN (
    SELECT id FROM job
    WHERE state NOT IN ('pending', 'running') AND completed_at < ?
    ORDER BY completed_at LIMIT ?
)

-- name: purge_events
DELETE FROM event WHERE seq IN (SELECT seq FROM event WHERE at < ? ORDER BY seq LIMIT ?)

-- name: oldest_audit
SELECT id, at, digest FROM audit ORDER BY id LIMIT ?

-- name: move_audit_anchor
UPDATE audit_anchor SET up_to = ?, digest = ?

-- name: purge_audit
DELETE FROM audit WHERE id <= ?

-- name: places_after
SELECT target_id FROM place WHERE target_id > ? ORDER BY target_id LIMIT ?

-- name: rolled_until
SELECT until FROM rolled

-- name: set_rolled
UPDATE rolled SET until = ?

-- name: hours_of_target
SELECT at / 3600000 * 3600000 AS hour,
    count(dns_ms), min(dns_ms), sum(dns_ms), max(dns_ms),
    count(connect_ms), min(connect_ms), sum(connect_ms), max(connect_ms),
    count(tls_ms), min(tls_ms), sum(tls_ms), max(tls_ms),
    count(ttfb_ms), min(ttfb_ms), sum(ttfb_ms), max(ttfb_ms),
    count(download_ms), min(download_ms), sum(download_ms), max(download_ms),
    count(total_ms), min(total_ms), sum(total_ms), max(total_ms),
    count(transfer_bytes), min(transfer_bytes), sum(transfer_bytes), max(transfer_bytes),
    count(body_bytes), min(body_bytes), sum(body_bytes), max(body_bytes)
FROM sample
WHERE target_id = ? AND at >= ? AND at < ? AND busy = 0
GROUP BY hour

-- name: put_hour
INSERT OR REPLACE INTO sample_hour (target_id, hour, metric, count, minimum, sum, maximum) VALUES (?, ?, ?, ?, ?, ?, ?)

-- name: purge_samples
DELETE FROM sample WHERE target_id = ?1 AND at IN (
    SELECT at FROM sample WHERE target_id = ?1 AND at < ? ORDER BY at LIMIT ?
)

-- name: purge_hours
DELETE FROM sample_hour WHERE target_id = ?1 AND hour IN (
    SELECT DISTINCT hour FROM sample_hour WHERE target_id = ?1 AND hour < ? ORDER BY hour LIMIT ?
)

-- name: purge_document_uses
DELETE FROM document_use WHERE target_id = ?1 AND at IN (
    SELECT at FROM document_use
    WHERE target_id = ?1 AND at < ? AND at < (SELECT max(at) FROM document_use WHERE target_id = ?1)
    ORDER BY at LIMIT ?
)
RETURNING digest

-- name: purge_document
DELETE FROM document WHERE digest = ?1 AND NOT EXISTS (SELECT 1 FROM document_use WHERE digest = ?1)
