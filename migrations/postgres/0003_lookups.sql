-- What is looked for as a festival grows is found by its key, and pages of it are walked in the order they are shown.
DROP INDEX media_moves_by_medium;
CREATE INDEX media_moves_by_medium ON media_moves (event_id, medium_id, at, id);
DROP INDEX payments_by_created_at;
CREATE INDEX payments_by_created_at ON payments (event_id, created_at, id);
CREATE INDEX parked_by_payment ON parked (event_id, payment);
CREATE INDEX terminals_by_id ON terminals (id);
CREATE INDEX reconcile_runs_by_finished_at ON reconcile_runs (event_id, finished_at);
