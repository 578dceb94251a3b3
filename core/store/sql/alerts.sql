-- name: alerts_by_id
SELECT alert.*, target.name AS target
FROM alert LEFT JOIN target ON target.id = alert.target_id
WHERE alert.id IN (SELECT value FROM json_each(?))
ORDER BY alert.since DESC, alert.id DESC

-- name: changes_of_alerts
WITH kept AS (
    SELECT wanted.value AS alert_id, ifnull((
        SELECT change_id FROM alert_change WHERE alert_id = wanted.value ORDER BY change_id DESC LIMIT 1 OFFSET ?2 - 1
    ), 0) AS oldest
    FROM json_each(?1) AS wanted
)
SELECT alert_change.alert_id, change.*, target.name AS target
FROM kept JOIN alert_change ON alert_change.alert_id = kept.alert_id AND alert_change.change_id >= kept.oldest
JOIN change ON change.id = alert_change.change_id LEFT JOIN target ON target.id = change.target_id
ORDER BY change.id

-- name: change_counts_of_alerts
SELECT alert_id, count(*) FROM alert_change WHERE alert_id IN (SELECT value FROM json_each(?)) GROUP BY alert_id

-- name: conditions_of_alerts
SELECT alert_change.alert_id, max(change.id), change.*, target.name AS target
FROM alert_change JOIN change ON change.id = alert_change.change_id LEFT JOIN target ON target.id = change.target_id
WHERE alert_change.alert_id IN (SELECT value FROM json_each(?))
GROUP BY alert_change.alert_id, change.type, change.key
ORDER BY change.id

-- name: deliveries_of_alerts
WITH kept AS (
    SELECT wanted.value AS alert_id, ifnull((
        SELECT id FROM delivery WHERE alert_id = wanted.value ORDER BY id DESC LIMIT 1 OFFSET ?2 - 1
    ), 0) AS oldest
    FROM json_each(?1) AS wanted
)
SELECT delivery.* FROM kept JOIN delivery ON delivery.alert_id = kept.alert_id AND delivery.id >= kept.oldest
ORDER BY delivery.id

-- name: told_of_alerts
SELECT delivery.*, max(id) FROM delivery
WHERE alert_id IN (SELECT value FROM json_each(?))
GROUP BY alert_id, channel, event
ORDER BY id

-- name: set_alert_state
UPDATE alert
SET state = ?, updated_at = ?, note = CASE ? WHEN '' THEN note ELSE ?3 END,
    acknowledged_by = CASE ? WHEN '' THEN acknowledged_by ELSE ?4 END
WHERE id = ?

-- name: state_of_alert
SELECT state FROM alert WHERE id = ?

-- name: judge_change
UPDATE change SET verdict = ? WHERE id = ?

-- name: judge_alert
UPDATE alert SET verdict = ? WHERE id = ?

-- name: add_note
INSERT INTO note (what, subject_id, at, actor, body) VALUES (?, ?, ?, ?, ?)

-- name: move_delivery
UPDATE delivery SET state = ?, at = ?, attempts = ?, response = ? WHERE id = ?

-- name: delivery_by_id
SELECT * FROM delivery WHERE id = ?

-- name: drop_delivery
DELETE FROM delivery WHERE id = ?
