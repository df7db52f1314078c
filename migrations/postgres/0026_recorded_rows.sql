-- How many payments a comparison saw that were new or changed, and not money (yet).
ALTER TABLE reconcile_runs ADD COLUMN recorded BIGINT NOT NULL DEFAULT 0;
