-- What readers ask of history.db. {metric} is a column, checked against METRICS before it gets here.

-- name: window
SELECT * FROM (
    SELECT at, {metric} FROM sample
    WHERE target_id = ?1 AND busy = 0 AND {metric} IS NOT NULL ORDER BY at DESC LIMIT ?2
)
UNION ALL
SELECT at, {metric} FROM place JOIN tail USING (lane, phase, target_id)
WHERE target_id = ?1 AND busy = 0 AND {metric} IS NOT NULL
ORDER BY 1 DESC LIMIT ?2

-- name: latest
SELECT * FROM (
    SELECT at, dns_ms, connect_ms, tls_ms, ttfb_ms, download_ms, total_ms, transfer_bytes, body_bytes FROM sample
    WHERE target_id = ?1 AND busy = 0 AND failure = 0 ORDER BY at DESC LIMIT ?2
)
UNION ALL
SELECT at, dns_ms, connect_ms, tls_ms, ttfb_ms, download_ms, total_ms, transfer_bytes, body_bytes
FROM place JOIN tail USING (lane, phase, target_id)
WHERE target_id = ?1 AND busy = 0 AND failure = 0
ORDER BY 1 DESC LIMIT ?2

-- name: series
SELECT at, {metric} FROM sample
WHERE target_id = ?1 AND at >= ?2 AND at <= ?3 AND {metric} IS NOT NULL
UNION ALL
SELECT at, {metric} FROM place JOIN tail USING (lane, phase, target_id)
WHERE target_id = ?1 AND at >= ?2 AND at <= ?3 AND {metric} IS NOT NULL
ORDER BY 1

-- name: scans
SELECT at, failure, duration FROM sample WHERE target_id = ?1 AND at >= ?2 AND at <= ?3
UNION ALL
SELECT at, failure, duration FROM place JOIN tail USING (lane, phase, target_id)
WHERE target_id = ?1 AND at >= ?2 AND at <= ?3
ORDER BY 1

-- name: hourly
SELECT hour, count, minimum, sum, maximum FROM sample_hour
WHERE target_id = ?1 AND metric = ?2 AND hour >= ?3 AND hour <= ?4
UNION ALL
SELECT at / 3600000 * 3600000, count(value), min(value), sum(value), max(value) FROM (
    SELECT at, {metric} AS value FROM sample
    WHERE target_id = ?1 AND at >= max(?3, (SELECT until FROM rolled)) AND at < ?4 + 3600000 AND busy = 0
    UNION ALL
    SELECT at, {metric} FROM place JOIN tail USING (lane, phase, target_id)
    WHERE target_id = ?1 AND at >= max(?3, (SELECT until FROM rolled)) AND at < ?4 + 3600000 AND busy = 0
)
WHERE value IS NOT NULL
GROUP BY 1
ORDER BY 1

-- name: document
SELECT digest, body, content_type, size FROM document WHERE digest = ?

-- name: document_then
SELECT document.digest, document.body, document.content_type, document.size
FROM document_use JOIN document ON document.digest = document_use.digest
WHERE document_use.target_id = ? AND document_use.at <= ?
ORDER BY document_use.at DESC LIMIT 1
