-- What an operator's phone makes codes from, sealed under the key file; unconfirmed until the first code was right. The step of
-- the last code that was taken stands beside it: no code is taken twice.
CREATE TABLE operator_factors (
    operator_id UUID PRIMARY KEY REFERENCES operators (id),
    sealed_secret BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    confirmed_at BIGINT,
    used_step BIGINT NOT NULL
);

-- Codes for whoever lost the phone, each good once: keyed hashes.
CREATE TABLE operator_recovery_codes (
    hash BYTEA PRIMARY KEY,
    operator_id UUID NOT NULL REFERENCES operators (id)
);
CREATE INDEX operator_recovery_codes_by_operator ON operator_recovery_codes (operator_id);
