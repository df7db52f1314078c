-- A code and a wallet are found by their keys alone, at places by chance: with the row inside the key's own tree that is
-- one page to fetch in place of two, and a quarter less file.
CREATE TABLE codes_by_key (
    code_hash BLOB PRIMARY KEY,
    event_id BLOB NOT NULL,
    medium_id BLOB NOT NULL,
    code_kind TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO codes_by_key (code_hash, event_id, medium_id, code_kind)
SELECT code_hash, event_id, medium_id, code_kind FROM code_directory ORDER BY code_hash;
DROP TABLE code_directory;
ALTER TABLE codes_by_key RENAME TO code_directory;

CREATE TABLE wallets_by_key (
    event_id BLOB NOT NULL,
    id BLOB NOT NULL,
    balance_cents INTEGER NOT NULL CHECK (balance_cents >= 0),
    version INTEGER NOT NULL,
    holder_id BLOB NOT NULL,
    PRIMARY KEY (event_id, id)
) STRICT, WITHOUT ROWID;
INSERT INTO wallets_by_key (event_id, id, balance_cents, version, holder_id)
SELECT event_id, id, balance_cents, version, holder_id FROM wallets ORDER BY event_id, id;
DROP TABLE wallets;
ALTER TABLE wallets_by_key RENAME TO wallets;
