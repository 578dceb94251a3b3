-- What consoles ask of the last hour, and of one target's past. Moments of history.db are milliseconds.

-- name: places
SELECT count(*) FROM place

-- name: pulse_looks
-- (since, until, every how many-th target is asked, milliseconds a slice): of each slice the looks, those that failed,
-- and the 95th percentile (nearest rank) of the first byte.
WITH looks AS MATERIALIZED (
    SELECT (at - ?1) / ?4 AS slice, failure, ttfb_ms
    FROM place CROSS JOIN sample ON sample.target_id = place.target_id AND at >= ?1 AND at < ?2
    WHERE place.target_id % ?3 = 0
    UNION ALL
    SELECT (at - ?1) / ?4, failure, ttfb_ms
    FROM place CROSS JOIN tail ON tail.lane = place.lane AND tail.phase = place.phase
        AND tail.target_id = place.target_id AND at >= ?1 AND at < ?2
    WHERE place.target_id % ?3 = 0
),
ranked AS (
    SELECT slice, ttfb_ms,
        row_number() OVER (PARTITION BY slice ORDER BY ttfb_ms) AS rank, count(*) OVER (PARTITION BY slice) AS known
    FROM looks WHERE failure = 0 AND ttfb_ms IS NOT NULL
)
SELECT looks.slice, count(*), sum(failure > 0), high.ttfb_ms
FROM looks LEFT JOIN ranked AS high ON high.slice = looks.slice AND high.rank = (high.known * 95 + 99) / 100
GROUP BY looks.slice

-- name: pulse_events
-- (since, until, seconds a slice): confirmed changes and new alerts of each slice.
SELECT slice, sum(what = 'change'), sum(what = 'alert') FROM (
    SELECT CAST((at - ?1) / ?3 AS INTEGER) AS slice, 'change' AS what FROM change
    WHERE at >= ?1 AND at < ?2 AND state = 'confirmed'
    UNION ALL
    SELECT CAST((since - ?1) / ?3 AS INTEGER), 'alert' FROM alert WHERE since >= ?1 AND since < ?2
)
GROUP BY slice

-- name: first_added
SELECT min(added_at) FROM target WHERE removed_at IS NULL

-- name: peaks
-- (targets as JSON, since, until, milliseconds a slice): the greatest first byte of each slice of each target.
SELECT target_id, (at - ?2) / ?4 AS slice, max(ttfb_ms) FROM (
    SELECT sample.target_id, at, ttfb_ms
    FROM json_each(?1) AS wanted CROSS JOIN sample ON sample.target_id = wanted.value AND at >= ?2 AND at < ?3
    WHERE ttfb_ms IS NOT NULL
    UNION ALL
    SELECT place.target_id, at, ttfb_ms
    FROM json_each(?1) AS wanted CROSS JOIN place ON place.target_id = wanted.value
    CROSS JOIN tail ON tail.lane = place.lane AND tail.phase = place.phase AND tail.target_id = place.target_id
        AND at >= ?2 AND at < ?3
    WHERE ttfb_ms IS NOT NULL
)
GROUP BY 1, 2

-- name: overview_of_target
SELECT target.id, uuid, name, url, target.kind, lane, class, owner, profile, tags, origin, paused, status, title, grade,
    cert_not_after, technologies, dns_ms, connect_ms, tls_ms, ttfb_ms, download_ms, total_ms, transfer_bytes, body_bytes,
    last_at, added_at, changed_at, next_due, scans, failures
FROM target JOIN run ON run.target_id = target.id
WHERE target.id = ? AND target.removed_at IS NULL

-- name: alerts_of_target
SELECT id FROM alert WHERE target_id = ? ORDER BY since DESC, id DESC LIMIT ?

-- name: jobs_of_target
SELECT * FROM job WHERE target_id = ? ORDER BY id DESC LIMIT ?

-- name: facts_moved
WITH mine AS (
    SELECT kind, key, value, since, till FROM fact INDEXED BY fact_current WHERE target_id = ?1 AND till IS NULL
    UNION ALL
    SELECT kind, key, value, since, till FROM fact INDEXED BY fact_past WHERE target_id = ?1 AND till IS NOT NULL
)
SELECT kind, key, value, since, till, (SELECT min(since) FROM mine) AS first FROM mine
WHERE since >= ?2 OR till >= ?2
ORDER BY max(since, ifnull(till, 0)) DESC LIMIT ?3

-- name: notes_of
SELECT at, actor, body FROM note WHERE what = ? AND subject_id = ? ORDER BY id DESC LIMIT 50

-- name: memory_of_target
SELECT body FROM memory WHERE target_id = ?

-- name: dues
SELECT target_id, next_due FROM run WHERE target_id IN (SELECT value FROM json_each(?))

-- name: looks_since
-- (target, since, codes of failures that say nothing, [start, end] of times that say nothing): looks, those that failed,
-- those of which nothing is known, the first of them. A failure belongs to the moment at which it was known.
SELECT count(*), ifnull(sum(failed AND NOT void), 0), ifnull(sum(failed AND void), 0), min(at) FROM (
    SELECT at, failure > 0 AS failed, failure IN (SELECT value FROM json_each(?3)) OR EXISTS (
        SELECT 1 FROM json_each(?4) AS lost
        WHERE at + duration / 1000 BETWEEN lost.value ->> 0 AND lost.value ->> 1
    ) AS void FROM (
        SELECT at, duration, failure FROM sample WHERE target_id = ?1 AND at >= ?2
        UNION ALL
        SELECT at, duration, failure FROM place JOIN tail USING (lane, phase, target_id)
        WHERE target_id = ?1 AND at >= ?2
    )
)

-- name: first_success
-- (target, since)
SELECT min(at) FROM (
    SELECT at, failure FROM sample WHERE target_id = ?1 AND at >= ?2
    UNION ALL
    SELECT at, failure FROM place JOIN tail USING (lane, phase, target_id) WHERE target_id = ?1 AND at >= ?2
) WHERE failure = 0

-- name: link_losses
-- (since): when our own link was lost, whether anybody was told, and when that was over; null while it is not
SELECT change.at, count(alert.id) > 0 AS told,
    CASE WHEN min(alert.state = 'resolved') THEN max(alert.updated_at) END AS back
FROM change
LEFT JOIN alert_change ON alert_change.change_id = change.id
LEFT JOIN alert ON alert.id = alert_change.alert_id
WHERE change.target_id IS NULL AND change.at >= ?1 AND change.type = 'availability.inconclusive'
GROUP BY change.id

-- name: names_of_targets
SELECT id, name FROM target WHERE id IN (SELECT value FROM json_each(?))

-- name: fleet_states
SELECT group_concat(place, '') FROM (
    SELECT CASE WHEN paused THEN 4 ELSE
            CASE status WHEN 'down' THEN 0 WHEN 'inconclusive' THEN 1 WHEN 'degraded' THEN 2 WHEN 'unknown' THEN 3 ELSE 5 END
        END AS place
    FROM target JOIN run ON run.target_id = target.id
    WHERE removed_at IS NULL ORDER BY name
)

-- name: fleet_worst
SELECT target.id, CASE WHEN paused THEN 4 ELSE
            CASE status WHEN 'down' THEN 0 WHEN 'inconclusive' THEN 1 WHEN 'degraded' THEN 2 WHEN 'unknown' THEN 3 ELSE 5 END
        END AS place
FROM target JOIN run ON run.target_id = target.id
WHERE removed_at IS NULL
ORDER BY place = 4, place, CASE WHEN place < 4 THEN -ifnull(ttfb_ms, 0) END, name LIMIT ?
