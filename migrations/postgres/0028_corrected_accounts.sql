-- What a provider calls an account whose id was corrected when orders knew it already by the one that was entered.
ALTER TABLE provider_profiles ADD COLUMN corrected_id TEXT;
-- An event's orders at a provider in the order in which they were made.
CREATE INDEX top_up_orders_by_created_at ON top_up_orders (event_id, provider, created_at);

-- How many of the payments that a comparison listed are another event's, which has or had the same account.
ALTER TABLE reconcile_runs ADD COLUMN of_other_events BIGINT NOT NULL DEFAULT 0;
