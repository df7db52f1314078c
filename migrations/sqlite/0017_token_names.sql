-- What an API token is for, and when it was last used, to within an hour. Those made before were given no name.
ALTER TABLE operator_tokens ADD COLUMN name TEXT NOT NULL DEFAULT 'without a name';
ALTER TABLE operator_tokens ADD COLUMN last_used_at INTEGER;
