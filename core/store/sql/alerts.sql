-- name: alerts_by_id
SELECT alert.*, target.name AS target
FROM alert LEFT JOIN target ON target.id = alert.target_id
WHERE alert.id IN (SELECT value FROM json_each(?))
ORDER BY alert.since DESC, alert.id DESC

-- name: changes_of_alerts
SELECT alert_change.alert_id, change.*, target.name AS target
FROM alert_change JOIN change ON change.id = alert_change.change_id LEFT JOIN target ON target.id = change.target_id
WHERE alert_change.alert_id IN (SELECT value FROM json_each(?))
ORDER BY change.id

-- name: deliveries_of_alerts
SELECT * FROM delivery WHERE alert_id IN (SELECT value FROM json_each(?)) ORDER BY id

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
