-- name: add_target
INSERT INTO target (name, url, kind, class, owner, profile, tags, origin, paused, spec, uuid, org_id, added_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- name: change_target
UPDATE target
SET name = ?, url = ?, kind = ?, class = ?, owner = ?, profile = ?, tags = ?, origin = ?, paused = ?, spec = ?
WHERE id = ? AND removed_at IS NULL
RETURNING uuid

-- name: add_run
INSERT INTO run (lane, phase, target_id, next_due) VALUES (?, ?, ?, ?)

-- name: plan_run
UPDATE run SET next_due = ? WHERE target_id = ?

-- name: forget_digests
UPDATE run SET raw_digest = x'', fact_digest = x'' WHERE target_id = ?

-- name: target_named
SELECT * FROM target WHERE org_id = ? AND name = ? AND removed_at IS NULL

-- name: target_by_id
SELECT * FROM target WHERE id = ? AND removed_at IS NULL

-- name: targets_of_origin
SELECT * FROM target WHERE origin = ? AND removed_at IS NULL

-- name: pause_target
UPDATE target SET paused = ? WHERE id = ? AND removed_at IS NULL

-- name: retire_target
UPDATE target SET removed_at = ? WHERE id = ? AND removed_at IS NULL

-- name: forget_run
DELETE FROM run WHERE target_id = ?

-- name: forget_memory
DELETE FROM memory WHERE target_id = ?

-- name: forget_told
DELETE FROM told WHERE target_id = ?

-- name: forget_jobs
DELETE FROM job WHERE target_id = ? AND state IN ('pending', 'running')

-- name: end_facts
UPDATE fact SET till = max(?, since) WHERE target_id = ? AND till IS NULL

-- name: give_up_suspected
UPDATE change SET state = 'inconclusive' WHERE target_id = ? AND state = 'suspected'

-- name: open_alerts_of_target
SELECT id FROM alert WHERE target_id = ? AND state <> 'resolved'
