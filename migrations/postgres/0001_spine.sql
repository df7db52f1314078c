-- Instants are microseconds since 1970-01-01 UTC, amounts are euro cents, hashes are keyed (HMAC-SHA-256).

-- What belongs to the database as a whole; one row.
CREATE TABLE installation (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    key_fingerprint BYTEA NOT NULL,
    created_at BIGINT NOT NULL
);

-- One row per writing process. `number` counts its committed batches, `epoch` its owners; `gate` moves
-- when something changed that every batch must read afresh (an event closed, a terminal revoked).
CREATE TABLE lanes (
    id BIGINT PRIMARY KEY,
    epoch BIGINT NOT NULL,
    number BIGINT NOT NULL,
    gate BIGINT NOT NULL,
    held_until BIGINT NOT NULL
);

-- Who alone may do a thing for a while.
CREATE TABLE leases (
    name TEXT PRIMARY KEY,
    holder UUID NOT NULL,
    held_until BIGINT NOT NULL
);

CREATE TABLE audit_log (
    id UUID PRIMARY KEY,
    event_id UUID,
    at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    reason TEXT,
    detail TEXT
);
CREATE INDEX audit_log_by_event ON audit_log (event_id, id);

CREATE TABLE operators (
    id UUID PRIMARY KEY,
    email TEXT NOT NULL UNIQUE,
    role TEXT NOT NULL,
    password_hash TEXT,
    created_at BIGINT NOT NULL
);

CREATE TABLE operator_tokens (
    hash BYTEA PRIMARY KEY,
    id UUID NOT NULL UNIQUE,
    operator_id UUID NOT NULL REFERENCES operators (id),
    created_at BIGINT NOT NULL,
    revoked_at BIGINT
);
CREATE INDEX operator_tokens_by_operator ON operator_tokens (operator_id);

-- One-time links to set a password.
CREATE TABLE operator_links (
    hash BYTEA PRIMARY KEY,
    operator_id UUID NOT NULL REFERENCES operators (id),
    expires_at BIGINT NOT NULL,
    used_at BIGINT
);

CREATE TABLE operator_sessions (
    hash BYTEA PRIMARY KEY,
    operator_id UUID NOT NULL REFERENCES operators (id),
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX operator_sessions_by_operator ON operator_sessions (operator_id);

CREATE TABLE events (
    id UUID PRIMARY KEY,
    slug TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    merchant TEXT NOT NULL,
    behaviour TEXT NOT NULL,
    amount_cents BIGINT,
    codes TEXT NOT NULL,
    counterfeit TEXT NOT NULL,
    activation TEXT NOT NULL,
    balance_max_cents BIGINT,
    over_balance TEXT NOT NULL,
    charge_min_cents BIGINT NOT NULL,
    charge_max_cents BIGINT NOT NULL,
    single_charge_max_cents BIGINT NOT NULL,
    single_window_max_cents BIGINT NOT NULL,
    second_person_cents BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    closed_at BIGINT,
    payers_forgotten_at BIGINT
);

CREATE TABLE provider_profiles (
    event_id UUID NOT NULL REFERENCES events (id),
    provider TEXT NOT NULL,
    profile_id TEXT NOT NULL,
    environment TEXT NOT NULL,
    api_url TEXT,
    key_set_url TEXT,
    pay_url TEXT,
    api_key BYTEA,
    PRIMARY KEY (event_id, provider, profile_id)
);

-- A profile serves one open event at a time. A directory: the row goes when the event closes.
CREATE TABLE profile_claims (
    provider TEXT NOT NULL,
    profile_id TEXT NOT NULL,
    event_id UUID NOT NULL REFERENCES events (id),
    PRIMARY KEY (provider, profile_id)
);

CREATE TABLE vendors (
    event_id UUID NOT NULL REFERENCES events (id),
    id UUID NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (event_id, id),
    UNIQUE (event_id, name)
);

CREATE TABLE points_of_sale (
    event_id UUID NOT NULL REFERENCES events (id),
    id UUID NOT NULL,
    vendor_id UUID NOT NULL,
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (event_id, id),
    UNIQUE (event_id, name),
    FOREIGN KEY (event_id, vendor_id) REFERENCES vendors (event_id, id)
);

CREATE TABLE batches (
    event_id UUID NOT NULL REFERENCES events (id),
    id UUID NOT NULL,
    kind TEXT NOT NULL,
    count BIGINT NOT NULL,
    pay_url TEXT NOT NULL,
    wallet_url TEXT,
    description TEXT NOT NULL,
    amount_cents BIGINT,
    code_key BYTEA,
    created_at BIGINT NOT NULL,
    issued_at BIGINT,
    PRIMARY KEY (event_id, id)
);

-- Directory: batch to event.
CREATE TABLE batch_directory (
    batch_id UUID PRIMARY KEY,
    event_id UUID NOT NULL
);

CREATE TABLE media (
    event_id UUID NOT NULL,
    id UUID NOT NULL,
    batch_id UUID NOT NULL,
    sequence BIGINT NOT NULL,
    reference TEXT NOT NULL,
    serial TEXT NOT NULL,
    wallet_id UUID NOT NULL,
    status TEXT NOT NULL,
    PRIMARY KEY (event_id, id),
    UNIQUE (event_id, batch_id, sequence),
    FOREIGN KEY (event_id, batch_id) REFERENCES batches (event_id, id)
);

-- Directory: any code of a medium, hashed, to the medium. Keeps references, serials and pay codes unique.
CREATE TABLE code_directory (
    code_hash BYTEA PRIMARY KEY,
    event_id UUID NOT NULL,
    medium_id UUID NOT NULL,
    code_kind TEXT NOT NULL
);

CREATE TABLE media_moves (
    event_id UUID NOT NULL,
    id UUID NOT NULL,
    medium_id UUID NOT NULL,
    from_status TEXT NOT NULL,
    to_status TEXT NOT NULL,
    successor_id UUID,
    actor TEXT NOT NULL,
    reason TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (event_id, id),
    FOREIGN KEY (event_id, medium_id) REFERENCES media (event_id, id)
);
CREATE INDEX media_moves_by_medium ON media_moves (event_id, medium_id, at, id);

-- `version` numbers every transfer and every lifecycle move that touches the wallet: a write decided on an
-- older version finds no row. `holder_id` is the medium that spends from it now.
CREATE TABLE wallets (
    event_id UUID NOT NULL,
    id UUID NOT NULL,
    balance_cents BIGINT NOT NULL CHECK (balance_cents >= 0),
    version BIGINT NOT NULL,
    holder_id UUID NOT NULL,
    PRIMARY KEY (event_id, id)
) WITH (fillfactor = 80);

-- Never updated, never deleted. Each transfer touches one wallet at most; that wallet's version and balance
-- after it stand in the row and are its statement.
CREATE TABLE transfers (
    event_id UUID NOT NULL,
    id UUID NOT NULL,
    code TEXT NOT NULL,
    debit_account UUID NOT NULL,
    credit_account UUID NOT NULL,
    amount_cents BIGINT NOT NULL CHECK (amount_cents > 0),
    fact_id UUID NOT NULL,
    wallet_id UUID,
    wallet_version BIGINT,
    wallet_balance_cents BIGINT CHECK (wallet_balance_cents >= 0),
    lane BIGINT NOT NULL,
    lane_number BIGINT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (event_id, id),
    UNIQUE (event_id, wallet_id, wallet_version),
    CHECK (debit_account <> credit_account)
);

CREATE TABLE charges (
    event_id UUID NOT NULL,
    id UUID NOT NULL,
    terminal_id UUID NOT NULL,
    point_of_sale_id UUID NOT NULL,
    medium_id UUID NOT NULL,
    lines TEXT NOT NULL,
    PRIMARY KEY (event_id, id)
);

CREATE TABLE voids (
    event_id UUID NOT NULL,
    charge_id UUID NOT NULL,
    transfer_id UUID NOT NULL,
    actor TEXT NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (event_id, charge_id)
);

-- Directory: one payment of a provider belongs to one event, over all events.
CREATE TABLE payment_directory (
    provider TEXT NOT NULL,
    profile_id TEXT NOT NULL,
    payment_id TEXT NOT NULL,
    event_id UUID NOT NULL,
    id UUID NOT NULL,
    PRIMARY KEY (provider, profile_id, payment_id)
);

CREATE TABLE payments (
    event_id UUID NOT NULL,
    id UUID NOT NULL,
    provider TEXT NOT NULL,
    profile_id TEXT NOT NULL,
    payment_id TEXT NOT NULL,
    status TEXT NOT NULL,
    amount_cents BIGINT,
    currency TEXT,
    reference TEXT,
    reference_hash BYTEA,
    description TEXT,
    debtor_name TEXT,
    debtor_iban TEXT,
    source TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    succeeded_at BIGINT,
    first_seen_at BIGINT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (event_id, id)
);
CREATE INDEX payments_by_status ON payments (event_id, status, id);
CREATE INDEX payments_by_reference ON payments (event_id, reference, id);
CREATE INDEX payments_by_created_at ON payments (event_id, created_at, id);

-- What a SUCCEEDED payment became, once. `medium_id` is null and `parked_because` set when it went to suspense.
CREATE TABLE settlements (
    event_id UUID NOT NULL,
    payment UUID NOT NULL,
    transfer_id UUID NOT NULL,
    amount_cents BIGINT NOT NULL,
    reference TEXT,
    medium_id UUID,
    parked_because TEXT,
    source TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (event_id, payment),
    FOREIGN KEY (event_id, payment) REFERENCES payments (event_id, id),
    FOREIGN KEY (event_id, transfer_id) REFERENCES transfers (event_id, id)
);

-- What needs a person. `subject` keeps one matter from being raised twice; `said` tells contradictions about one
-- payment apart.
CREATE TABLE parked (
    event_id UUID NOT NULL,
    id UUID NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    said TEXT NOT NULL,
    reason TEXT NOT NULL,
    detail TEXT NOT NULL,
    payment UUID,
    amount_cents BIGINT,
    medium_id UUID,
    opened_at BIGINT NOT NULL,
    proposal TEXT,
    proposed_by TEXT,
    resolved_at BIGINT,
    resolved_by TEXT,
    resolution TEXT,
    resolution_reason TEXT,
    transfer_id UUID,
    PRIMARY KEY (event_id, id),
    UNIQUE (event_id, kind, subject, said)
);
CREATE INDEX parked_by_resolved_at ON parked (event_id, resolved_at, id);
CREATE INDEX parked_by_payment ON parked (event_id, payment);

CREATE TABLE terminals (
    event_id UUID NOT NULL,
    id UUID NOT NULL,
    point_of_sale_id UUID NOT NULL,
    device_name TEXT,
    created_at BIGINT NOT NULL,
    enrolled_at BIGINT,
    revoked_at BIGINT,
    PRIMARY KEY (event_id, id),
    FOREIGN KEY (event_id, point_of_sale_id) REFERENCES points_of_sale (event_id, id)
);
CREATE INDEX terminals_by_id ON terminals (id);

-- Directory: token hash to terminal.
CREATE TABLE terminal_tokens (
    hash BYTEA PRIMARY KEY,
    event_id UUID NOT NULL,
    terminal_id UUID NOT NULL
);

CREATE TABLE enrolment_codes (
    hash BYTEA PRIMARY KEY,
    event_id UUID NOT NULL,
    terminal_id UUID NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT
);

CREATE TABLE reconcile_runs (
    event_id UUID NOT NULL,
    id UUID NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    from_at BIGINT NOT NULL,
    to_at BIGINT NOT NULL,
    done_to_at BIGINT NOT NULL,
    listed BIGINT NOT NULL,
    already_known BIGINT NOT NULL,
    settled BIGINT NOT NULL,
    parked BIGINT NOT NULL,
    mismatched BIGINT NOT NULL,
    problem TEXT,
    started_at BIGINT NOT NULL,
    finished_at BIGINT,
    PRIMARY KEY (event_id, id)
);
CREATE INDEX reconcile_runs_by_done_to_at ON reconcile_runs (event_id, kind, done_to_at);
CREATE INDEX reconcile_runs_by_state ON reconcile_runs (event_id, state, id);
CREATE INDEX reconcile_runs_by_finished_at ON reconcile_runs (event_id, finished_at);
