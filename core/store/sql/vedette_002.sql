-- vedette.db, version 2: what the full text index is to learn waits in `unfound` for the end of the transaction.
-- A statement with a trigger runs in a savepoint, at which FTS5 writes a segment: told row by row it cost nine times more.
-- `command` is NULL for what is to be found from now on, 'delete' for what no longer is.
CREATE TABLE unfound (
    seq INTEGER PRIMARY KEY,
    command TEXT,
    id INTEGER NOT NULL,
    body TEXT NOT NULL
) STRICT;
DROP TRIGGER fact_found;
DROP TRIGGER fact_not_found;
DROP TRIGGER fact_gone;
DROP TRIGGER change_found;
DROP TRIGGER change_edited;
DROP TRIGGER change_gone;
DROP TRIGGER note_found;
DROP TRIGGER note_gone;
CREATE TRIGGER fact_found AFTER INSERT ON fact
WHEN new.till IS NULL AND new.kind IN ('page', 'meta', 'heading', 'text', 'technology', 'certificate', 'infrastructure')
BEGIN
    INSERT INTO unfound (id, body) VALUES (new.id * 4, new.key || ' ' || new.value);
END;
CREATE TRIGGER fact_not_found AFTER UPDATE OF till ON fact
WHEN old.till IS NULL AND new.till IS NOT NULL AND old.kind IN ('page', 'meta', 'heading', 'text', 'technology', 'certificate', 'infrastructure')
BEGIN
    INSERT INTO unfound (command, id, body) VALUES ('delete', old.id * 4, old.key || ' ' || old.value);
END;
CREATE TRIGGER fact_gone AFTER DELETE ON fact
WHEN old.till IS NULL AND old.kind IN ('page', 'meta', 'heading', 'text', 'technology', 'certificate', 'infrastructure')
BEGIN
    INSERT INTO unfound (command, id, body) VALUES ('delete', old.id * 4, old.key || ' ' || old.value);
END;
CREATE TRIGGER change_found AFTER INSERT ON change
BEGIN
    INSERT INTO unfound (id, body) VALUES (
        new.id * 4 + 1, new.type || ' ' || new.key || ' ' || ifnull(new.before, '') || ' ' || ifnull(new.after, '')
    );
END;
CREATE TRIGGER change_edited AFTER UPDATE OF key, before, after ON change
WHEN (old.key, old.before, old.after) IS NOT (new.key, new.before, new.after)
BEGIN
    INSERT INTO unfound (command, id, body) VALUES (
        'delete', old.id * 4 + 1,
        old.type || ' ' || old.key || ' ' || ifnull(old.before, '') || ' ' || ifnull(old.after, '')
    );
    INSERT INTO unfound (id, body) VALUES (
        new.id * 4 + 1, new.type || ' ' || new.key || ' ' || ifnull(new.before, '') || ' ' || ifnull(new.after, '')
    );
END;
CREATE TRIGGER change_gone AFTER DELETE ON change
BEGIN
    INSERT INTO unfound (command, id, body) VALUES (
        'delete', old.id * 4 + 1,
        old.type || ' ' || old.key || ' ' || ifnull(old.before, '') || ' ' || ifnull(old.after, '')
    );
END;
CREATE TRIGGER note_found AFTER INSERT ON note
BEGIN
    INSERT INTO unfound (id, body) VALUES (new.id * 4 + 2, new.body);
END;
CREATE TRIGGER note_gone AFTER DELETE ON note
BEGIN
    INSERT INTO unfound (command, id, body) VALUES ('delete', old.id * 4 + 2, old.body);
END;
