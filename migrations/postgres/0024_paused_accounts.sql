-- Since when nothing new is made at a provider's account; nothing while it is offered.
ALTER TABLE provider_profiles ADD COLUMN paused_at BIGINT;
