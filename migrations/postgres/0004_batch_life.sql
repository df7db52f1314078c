-- A batch on its way from the screen to the wrists: each step once, with who said so. The audit log has the rest.
CREATE TABLE batch_moves (
    event_id UUID NOT NULL,
    id UUID NOT NULL,
    batch_id UUID NOT NULL,
    step TEXT NOT NULL,
    actor TEXT NOT NULL,
    note TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (event_id, id),
    UNIQUE (event_id, batch_id, step),
    FOREIGN KEY (event_id, batch_id) REFERENCES batches (event_id, id)
);

-- The batch whose spoiled pieces a batch stands in for.
ALTER TABLE batches ADD COLUMN reprint_of UUID;

-- Addresses that codes were printed with and that an operator says lead nowhere any more.
CREATE TABLE retired_hosts (
    url TEXT PRIMARY KEY,
    actor TEXT NOT NULL,
    at BIGINT NOT NULL
);
