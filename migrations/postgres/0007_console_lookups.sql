-- What the console looks up: whom a medium replaced, and what somebody did or what was done to something.
CREATE INDEX media_moves_by_successor ON media_moves (event_id, successor_id);
CREATE INDEX audit_log_by_actor ON audit_log (actor, id);
CREATE INDEX audit_log_by_subject ON audit_log (subject, id);
