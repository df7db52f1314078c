-- The gate of each lane in a row of its own, which batches hold and do not write. Closing the gate then waits for the
-- batch under way and goes on, under serialisable isolation too, where waiting for a row that was written is refused.
CREATE TABLE gates (
    lane BIGINT PRIMARY KEY,
    gate BIGINT NOT NULL
);
INSERT INTO gates (lane, gate) SELECT id, gate FROM lanes;
ALTER TABLE lanes DROP COLUMN gate;
