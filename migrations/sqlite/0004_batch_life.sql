-- A batch on its way from the screen to the wrists: each step once, with who said so. The audit log has the rest.
CREATE TABLE batch_moves (
    event_id BLOB NOT NULL,
    id BLOB NOT NULL,
    batch_id BLOB NOT NULL,
    step TEXT NOT NULL,
    actor TEXT NOT NULL,
    note TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (event_id, id),
    UNIQUE (event_id, batch_id, step),
    FOREIGN KEY (event_id, batch_id) REFERENCES batches (event_id, id)
) STRICT;

-- The batch whose spoiled pieces a batch stands in for.
ALTER TABLE batches ADD COLUMN reprint_of BLOB;

-- Addresses that codes were printed with and that an operator says lead nowhere any more.
CREATE TABLE retired_hosts (
    url TEXT PRIMARY KEY,
    actor TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT;
