-- A payment somebody wants to make with a provider that makes one for each top-up: written before the provider hears of
-- it, so that whatever is reported later, and however late, finds its wallet.
CREATE TABLE top_up_orders (
    event_id BLOB NOT NULL,
    id BLOB NOT NULL,
    provider TEXT NOT NULL,
    profile_id TEXT NOT NULL,
    reference TEXT NOT NULL,
    reference_hash BLOB NOT NULL,
    amount_cents INTEGER NOT NULL CHECK (amount_cents > 0),
    state TEXT NOT NULL,
    payment_id TEXT,
    paid_cents INTEGER,
    -- Where the payer goes, and what a QR code says; gone once there is nothing to pay.
    link TEXT,
    qr TEXT,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    -- When the provider is asked next; null when there is nothing to wait for.
    look_at INTEGER,
    PRIMARY KEY (event_id, id)
) STRICT;
CREATE INDEX top_up_orders_by_look_at ON top_up_orders (event_id, look_at, id);
CREATE INDEX top_up_orders_by_provider ON top_up_orders (event_id, provider, id);

-- Directory: order to event.
CREATE TABLE order_directory (
    order_id BLOB PRIMARY KEY,
    event_id BLOB NOT NULL
) STRICT;

-- What somebody may pay at once on our own page; as usual where there is no row.
CREATE TABLE top_up_limits (
    event_id BLOB PRIMARY KEY REFERENCES events (id),
    min_cents INTEGER NOT NULL,
    max_cents INTEGER NOT NULL
) STRICT;
