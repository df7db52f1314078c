-- What a provider signs its callbacks with, sealed, where that is not the API key; and how old a signature may be, where
-- not as usual.
ALTER TABLE provider_profiles ADD COLUMN webhook_secret BLOB;
ALTER TABLE provider_profiles ADD COLUMN signature_window_seconds INTEGER;
