-- A medium is met by its key alone, like codes and wallets: its row moves into the key's own tree. Moves point at media, so
-- what they point at is asked when all is in place again.
PRAGMA defer_foreign_keys = ON;
CREATE TABLE media_before AS SELECT * FROM media;
DROP TABLE media;
CREATE TABLE media (
    event_id BLOB NOT NULL,
    id BLOB NOT NULL,
    batch_id BLOB NOT NULL,
    sequence INTEGER NOT NULL,
    reference TEXT NOT NULL,
    serial TEXT NOT NULL,
    wallet_id BLOB NOT NULL,
    status TEXT NOT NULL,
    unfreeze_hash BLOB,
    PRIMARY KEY (event_id, id),
    UNIQUE (event_id, batch_id, sequence),
    FOREIGN KEY (event_id, batch_id) REFERENCES batches (event_id, id)
) STRICT, WITHOUT ROWID;
INSERT INTO media (event_id, id, batch_id, sequence, reference, serial, wallet_id, status, unfreeze_hash)
SELECT event_id, id, batch_id, sequence, reference, serial, wallet_id, status, unfreeze_hash FROM media_before
ORDER BY event_id, id;
DROP TABLE media_before;
