-- What was paid onto a medium and waits for a person: looked up for its page and for its visitor.
CREATE INDEX parked_by_medium ON parked (event_id, medium_id, resolved_at);
