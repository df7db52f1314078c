-- At what hour of the next date a day of an event's books ends, in Belgium. It was six for every event.
ALTER TABLE events
    ADD COLUMN day_cut_hour BIGINT NOT NULL DEFAULT 6 CHECK (day_cut_hour >= 0 AND day_cut_hour <= 23);
