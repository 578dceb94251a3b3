-- vedette.db, version 3: facts lie by target, and those of the present are told to the full text index by the writer.
-- A first look stores hundreds of facts. By kind and key each of them wrote to a page of its own, and the trigger cost
-- more than the row. What a page has hundreds of, nobody asks of the whole fleet by key.
DROP TRIGGER fact_found;
DROP INDEX fact_current;
DROP INDEX fact_target;
CREATE UNIQUE INDEX fact_current ON fact (target_id, kind, key) WHERE till IS NULL;
CREATE INDEX fact_past ON fact (target_id, till) WHERE till IS NOT NULL;
CREATE INDEX fact_fleet ON fact (kind, key, target_id)
WHERE till IS NULL AND kind NOT IN ('heading', 'text', 'inline_script', 'link', 'image');
