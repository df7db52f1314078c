-- The key that opens an account at a provider serves one open event, whatever id was typed beside it: its keyed hash.
-- NULL where there is no such key, or it was entered before.
ALTER TABLE profile_claims ADD COLUMN key_hash BYTEA;
CREATE UNIQUE INDEX profile_claims_by_key ON profile_claims (provider, key_hash);
