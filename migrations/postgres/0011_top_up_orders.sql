-- A payment somebody wants to make with a provider that makes one for each top-up: written before the provider hears of
-- it, so that whatever is reported later, and however late, finds its wallet.
CREATE TABLE top_up_orders (
    event_id UUID NOT NULL,
    id UUID NOT NULL,
    provider TEXT NOT NULL,
    profile_id TEXT NOT NULL,
    reference TEXT NOT NULL,
    reference_hash BYTEA NOT NULL,
    amount_cents BIGINT NOT NULL CHECK (amount_cents > 0),
    state TEXT NOT NULL,
    payment_id TEXT,
    paid_cents BIGINT,
    -- Where the payer goes, and what a QR code says; gone once there is nothing to pay.
    link TEXT,
    qr TEXT,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    -- When the provider is asked next; null when there is nothing to wait for.
    look_at BIGINT,
    PRIMARY KEY (event_id, id)
);
CREATE INDEX top_up_orders_by_look_at ON top_up_orders (event_id, look_at, id);
CREATE INDEX top_up_orders_by_provider ON top_up_orders (event_id, provider, id);

-- Directory: order to event.
CREATE TABLE order_directory (
    order_id UUID PRIMARY KEY,
    event_id UUID NOT NULL
);

-- What somebody may pay at once on our own page; as usual where there is no row.
CREATE TABLE top_up_limits (
    event_id UUID PRIMARY KEY REFERENCES events (id),
    min_cents BIGINT NOT NULL,
    max_cents BIGINT NOT NULL
);
