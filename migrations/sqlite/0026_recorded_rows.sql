-- How many payments a comparison saw that were new or changed, and not money (yet).
ALTER TABLE reconcile_runs ADD COLUMN recorded INTEGER NOT NULL DEFAULT 0;
