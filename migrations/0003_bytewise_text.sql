-- Text is compared by its bytes, whatever the locale of the database: an index must mean the same after an update of the
-- system's locales, and the same on every engine. SQLite and CockroachDB compare so by themselves.
DO $$
DECLARE text_column record;
BEGIN
  FOR text_column IN
    SELECT c.relname, a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
    WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace
      AND a.attnum > 0 AND NOT a.attisdropped AND a.atttypid = 'text'::regtype
  LOOP
    EXECUTE format('ALTER TABLE %I ALTER COLUMN %I TYPE text COLLATE "C"', text_column.relname, text_column.attname);
  END LOOP;
END $$;
