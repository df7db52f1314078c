-- What the last comparison with an account's list failed with, and when; nothing once one succeeded.
ALTER TABLE provider_profiles ADD COLUMN problem TEXT;
ALTER TABLE provider_profiles ADD COLUMN problem_at INTEGER;
