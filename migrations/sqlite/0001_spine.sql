-- Instants are microseconds since 1970-01-01 UTC, amounts are euro cents, hashes are keyed (HMAC-SHA-256).

-- What belongs to the database as a whole; one row.
CREATE TABLE installation (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    key_fingerprint BLOB NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

-- One row per writing process. `number` counts its committed batches, `epoch` its owners; `gate` moves
-- when something changed that every batch must read afresh (an event closed, a terminal revoked).
CREATE TABLE lanes (
    id INTEGER PRIMARY KEY,
    epoch INTEGER NOT NULL,
    number INTEGER NOT NULL,
    gate INTEGER NOT NULL,
    held_until INTEGER NOT NULL
) STRICT;

-- Who alone may do a thing for a while.
CREATE TABLE leases (
    name TEXT PRIMARY KEY,
    holder BLOB NOT NULL,
    held_until INTEGER NOT NULL
) STRICT;

CREATE TABLE audit_log (
    id BLOB PRIMARY KEY,
    event_id BLOB,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    reason TEXT,
    detail TEXT
) STRICT;
CREATE INDEX audit_log_by_event ON audit_log (event_id, id);

CREATE TABLE operators (
    id BLOB PRIMARY KEY,
    email TEXT NOT NULL UNIQUE,
    role TEXT NOT NULL,
    password_hash TEXT,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE operator_tokens (
    hash BLOB PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    operator_id BLOB NOT NULL REFERENCES operators (id),
    created_at INTEGER NOT NULL,
    revoked_at INTEGER
) STRICT;
CREATE INDEX operator_tokens_by_operator ON operator_tokens (operator_id);

-- One-time links to set a password.
CREATE TABLE operator_links (
    hash BLOB PRIMARY KEY,
    operator_id BLOB NOT NULL REFERENCES operators (id),
    expires_at INTEGER NOT NULL,
    used_at INTEGER
) STRICT;

CREATE TABLE operator_sessions (
    hash BLOB PRIMARY KEY,
    operator_id BLOB NOT NULL REFERENCES operators (id),
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX operator_sessions_by_operator ON operator_sessions (operator_id);

CREATE TABLE events (
    id BLOB PRIMARY KEY,
    slug TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    merchant TEXT NOT NULL,
    behaviour TEXT NOT NULL,
    amount_cents INTEGER,
    codes TEXT NOT NULL,
    counterfeit TEXT NOT NULL,
    activation TEXT NOT NULL,
    balance_max_cents INTEGER,
    over_balance TEXT NOT NULL,
    charge_min_cents INTEGER NOT NULL,
    charge_max_cents INTEGER NOT NULL,
    single_charge_max_cents INTEGER NOT NULL,
    single_window_max_cents INTEGER NOT NULL,
    second_person_cents INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    closed_at INTEGER,
    payers_forgotten_at INTEGER
) STRICT;

CREATE TABLE provider_profiles (
    event_id BLOB NOT NULL REFERENCES events (id),
    provider TEXT NOT NULL,
    profile_id TEXT NOT NULL,
    environment TEXT NOT NULL,
    api_url TEXT,
    key_set_url TEXT,
    pay_url TEXT,
    api_key BLOB,
    PRIMARY KEY (event_id, provider, profile_id)
) STRICT;

-- A profile serves one open event at a time. A directory: the row goes when the event closes.
CREATE TABLE profile_claims (
    provider TEXT NOT NULL,
    profile_id TEXT NOT NULL,
    event_id BLOB NOT NULL REFERENCES events (id),
    PRIMARY KEY (provider, profile_id)
) STRICT;

CREATE TABLE vendors (
    event_id BLOB NOT NULL REFERENCES events (id),
    id BLOB NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (event_id, id),
    UNIQUE (event_id, name)
) STRICT;

CREATE TABLE points_of_sale (
    event_id BLOB NOT NULL REFERENCES events (id),
    id BLOB NOT NULL,
    vendor_id BLOB NOT NULL,
    name TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (event_id, id),
    UNIQUE (event_id, name),
    FOREIGN KEY (event_id, vendor_id) REFERENCES vendors (event_id, id)
) STRICT;

CREATE TABLE batches (
    event_id BLOB NOT NULL REFERENCES events (id),
    id BLOB NOT NULL,
    kind TEXT NOT NULL,
    count INTEGER NOT NULL,
    pay_url TEXT NOT NULL,
    wallet_url TEXT,
    description TEXT NOT NULL,
    amount_cents INTEGER,
    code_key BLOB,
    created_at INTEGER NOT NULL,
    issued_at INTEGER,
    PRIMARY KEY (event_id, id)
) STRICT;

-- Directory: batch to event.
CREATE TABLE batch_directory (
    batch_id BLOB PRIMARY KEY,
    event_id BLOB NOT NULL
) STRICT;

CREATE TABLE media (
    event_id BLOB NOT NULL,
    id BLOB NOT NULL,
    batch_id BLOB NOT NULL,
    sequence INTEGER NOT NULL,
    reference TEXT NOT NULL,
    serial TEXT NOT NULL,
    wallet_id BLOB NOT NULL,
    status TEXT NOT NULL,
    PRIMARY KEY (event_id, id),
    UNIQUE (event_id, batch_id, sequence),
    FOREIGN KEY (event_id, batch_id) REFERENCES batches (event_id, id)
) STRICT;

-- Directory: any code of a medium, hashed, to the medium. Keeps references, serials and pay codes unique.
CREATE TABLE code_directory (
    code_hash BLOB PRIMARY KEY,
    event_id BLOB NOT NULL,
    medium_id BLOB NOT NULL,
    code_kind TEXT NOT NULL
) STRICT;

CREATE TABLE media_moves (
    event_id BLOB NOT NULL,
    id BLOB NOT NULL,
    medium_id BLOB NOT NULL,
    from_status TEXT NOT NULL,
    to_status TEXT NOT NULL,
    successor_id BLOB,
    actor TEXT NOT NULL,
    reason TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (event_id, id),
    FOREIGN KEY (event_id, medium_id) REFERENCES media (event_id, id)
) STRICT;
CREATE INDEX media_moves_by_medium ON media_moves (event_id, medium_id, at, id);

-- `version` numbers every transfer and every lifecycle move that touches the wallet: a write decided on an
-- older version finds no row. `holder_id` is the medium that spends from it now.
CREATE TABLE wallets (
    event_id BLOB NOT NULL,
    id BLOB NOT NULL,
    balance_cents INTEGER NOT NULL CHECK (balance_cents >= 0),
    version INTEGER NOT NULL,
    holder_id BLOB NOT NULL,
    PRIMARY KEY (event_id, id)
) STRICT;

-- Never updated, never deleted. Each transfer touches one wallet at most; that wallet's version and balance
-- after it stand in the row and are its statement.
CREATE TABLE transfers (
    event_id BLOB NOT NULL,
    id BLOB NOT NULL,
    code TEXT NOT NULL,
    debit_account BLOB NOT NULL,
    credit_account BLOB NOT NULL,
    amount_cents INTEGER NOT NULL CHECK (amount_cents > 0),
    fact_id BLOB NOT NULL,
    wallet_id BLOB,
    wallet_version INTEGER,
    wallet_balance_cents INTEGER CHECK (wallet_balance_cents >= 0),
    lane INTEGER NOT NULL,
    lane_number INTEGER NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (event_id, id),
    UNIQUE (event_id, wallet_id, wallet_version),
    CHECK (debit_account <> credit_account)
) STRICT;

CREATE TABLE charges (
    event_id BLOB NOT NULL,
    id BLOB NOT NULL,
    terminal_id BLOB NOT NULL,
    point_of_sale_id BLOB NOT NULL,
    medium_id BLOB NOT NULL,
    lines TEXT NOT NULL,
    PRIMARY KEY (event_id, id)
) STRICT;

CREATE TABLE voids (
    event_id BLOB NOT NULL,
    charge_id BLOB NOT NULL,
    transfer_id BLOB NOT NULL,
    actor TEXT NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (event_id, charge_id)
) STRICT;

-- Directory: one payment of a provider belongs to one event, over all events.
CREATE TABLE payment_directory (
    provider TEXT NOT NULL,
    profile_id TEXT NOT NULL,
    payment_id TEXT NOT NULL,
    event_id BLOB NOT NULL,
    id BLOB NOT NULL,
    PRIMARY KEY (provider, profile_id, payment_id)
) STRICT;

CREATE TABLE payments (
    event_id BLOB NOT NULL,
    id BLOB NOT NULL,
    provider TEXT NOT NULL,
    profile_id TEXT NOT NULL,
    payment_id TEXT NOT NULL,
    status TEXT NOT NULL,
    amount_cents INTEGER,
    currency TEXT,
    reference TEXT,
    reference_hash BLOB,
    description TEXT,
    debtor_name TEXT,
    debtor_iban TEXT,
    source TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    succeeded_at INTEGER,
    first_seen_at INTEGER NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (event_id, id)
) STRICT;
CREATE INDEX payments_by_status ON payments (event_id, status, id);
CREATE INDEX payments_by_reference ON payments (event_id, reference, id);
CREATE INDEX payments_by_created_at ON payments (event_id, created_at, id);

-- What a SUCCEEDED payment became, once. `medium_id` is null and `parked_because` set when it went to suspense.
CREATE TABLE settlements (
    event_id BLOB NOT NULL,
    payment BLOB NOT NULL,
    transfer_id BLOB NOT NULL,
    amount_cents INTEGER NOT NULL,
    reference TEXT,
    medium_id BLOB,
    parked_because TEXT,
    source TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (event_id, payment),
    FOREIGN KEY (event_id, payment) REFERENCES payments (event_id, id),
    FOREIGN KEY (event_id, transfer_id) REFERENCES transfers (event_id, id)
) STRICT;

-- What needs a person. `subject` keeps one matter from being raised twice; `said` tells contradictions about one
-- payment apart.
CREATE TABLE parked (
    event_id BLOB NOT NULL,
    id BLOB NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    said TEXT NOT NULL,
    reason TEXT NOT NULL,
    detail TEXT NOT NULL,
    payment BLOB,
    amount_cents INTEGER,
    medium_id BLOB,
    opened_at INTEGER NOT NULL,
    proposal TEXT,
    proposed_by TEXT,
    resolved_at INTEGER,
    resolved_by TEXT,
    resolution TEXT,
    resolution_reason TEXT,
    transfer_id BLOB,
    PRIMARY KEY (event_id, id),
    UNIQUE (event_id, kind, subject, said)
) STRICT;
CREATE INDEX parked_by_resolved_at ON parked (event_id, resolved_at, id);
CREATE INDEX parked_by_payment ON parked (event_id, payment);

CREATE TABLE terminals (
    event_id BLOB NOT NULL,
    id BLOB NOT NULL,
    point_of_sale_id BLOB NOT NULL,
    device_name TEXT,
    created_at INTEGER NOT NULL,
    enrolled_at INTEGER,
    revoked_at INTEGER,
    PRIMARY KEY (event_id, id),
    FOREIGN KEY (event_id, point_of_sale_id) REFERENCES points_of_sale (event_id, id)
) STRICT;
CREATE INDEX terminals_by_id ON terminals (id);

-- Directory: token hash to terminal.
CREATE TABLE terminal_tokens (
    hash BLOB PRIMARY KEY,
    event_id BLOB NOT NULL,
    terminal_id BLOB NOT NULL
) STRICT;

CREATE TABLE enrolment_codes (
    hash BLOB PRIMARY KEY,
    event_id BLOB NOT NULL,
    terminal_id BLOB NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at INTEGER
) STRICT;

CREATE TABLE reconcile_runs (
    event_id BLOB NOT NULL,
    id BLOB NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    from_at INTEGER NOT NULL,
    to_at INTEGER NOT NULL,
    done_to_at INTEGER NOT NULL,
    listed INTEGER NOT NULL,
    already_known INTEGER NOT NULL,
    settled INTEGER NOT NULL,
    parked INTEGER NOT NULL,
    mismatched INTEGER NOT NULL,
    problem TEXT,
    started_at INTEGER NOT NULL,
    finished_at INTEGER,
    PRIMARY KEY (event_id, id)
) STRICT;
CREATE INDEX reconcile_runs_by_done_to_at ON reconcile_runs (event_id, kind, done_to_at);
CREATE INDEX reconcile_runs_by_state ON reconcile_runs (event_id, state, id);
CREATE INDEX reconcile_runs_by_finished_at ON reconcile_runs (event_id, finished_at);
