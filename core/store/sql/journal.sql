-- The trail of people, settings and jobs.

-- name: last_audit
SELECT ifnull(
    (SELECT digest FROM audit ORDER BY id DESC LIMIT 1),
    (SELECT digest FROM audit_anchor)
)

-- name: add_audit
INSERT INTO audit (at, actor, origin, action, subject, detail, digest) VALUES (?, ?, ?, ?, ?, ?, ?)

-- name: audit_anchor
SELECT up_to, digest FROM audit_anchor

-- name: audit_last_given
SELECT seq FROM sqlite_sequence WHERE name = 'audit'

-- name: audit_in_order
SELECT * FROM audit WHERE id > ? ORDER BY id LIMIT 1000

-- name: add_job
INSERT INTO job (target_id, state, scheduled_for, started_at, completed_at, attempts, error)
VALUES (?, ?, ?, ?, ?, ?, ?)

-- name: settle_job
UPDATE job SET state = ?, scheduled_for = ?, started_at = ?, completed_at = ?, attempts = ?, error = ? WHERE id = ?

-- name: put_entry
INSERT INTO entry (kind, name, body) VALUES (?, ?, ?)
ON CONFLICT (kind, name) DO UPDATE SET body = excluded.body

-- name: remove_entry
DELETE FROM entry WHERE kind = ? AND name = ?

-- name: last_revision
SELECT digest FROM revision ORDER BY number DESC LIMIT 1

-- name: add_revision
INSERT INTO revision (at, digest, actor, body) VALUES (?, ?, ?, ?)
