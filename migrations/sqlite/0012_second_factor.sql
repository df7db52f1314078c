-- What an operator's phone makes codes from, sealed under the key file; unconfirmed until the first code was right. The step of
-- the last code that was taken stands beside it: no code is taken twice.
CREATE TABLE operator_factors (
    operator_id BLOB PRIMARY KEY REFERENCES operators (id),
    sealed_secret BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    confirmed_at INTEGER,
    used_step INTEGER NOT NULL
) STRICT;

-- Codes for whoever lost the phone, each good once: keyed hashes.
CREATE TABLE operator_recovery_codes (
    hash BLOB PRIMARY KEY,
    operator_id BLOB NOT NULL REFERENCES operators (id)
) STRICT;
CREATE INDEX operator_recovery_codes_by_operator ON operator_recovery_codes (operator_id);
