-- In which order an event's accounts are asked for a payment: the lowest first, equal ones by their providers' names.
ALTER TABLE provider_profiles ADD COLUMN position BIGINT NOT NULL DEFAULT 0;
