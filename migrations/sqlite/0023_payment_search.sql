-- Payments are looked for by their amount and by the provider they came through, the newest first. What is asked for beside
-- that stands at an index's end, so that payments which are passed over needn't be read.
CREATE INDEX payments_by_amount ON payments (event_id, amount_cents, created_at, id, status, provider);
CREATE INDEX payments_by_provider ON payments (event_id, provider, created_at, id, status);
DROP INDEX payments_by_created_at;
CREATE INDEX payments_by_created_at ON payments (event_id, created_at, id, status);

-- Why a batch was issued in place of another's misprints; nobody was asked before.
ALTER TABLE batches ADD COLUMN reprint_reason TEXT;

-- Since when a provider's account or profile has been an event's; of earlier ones nobody wrote it down.
ALTER TABLE provider_profiles ADD COLUMN added_at INTEGER;
