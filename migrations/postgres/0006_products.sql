-- What points of sale sell. Retired, not deleted: what was sold is explained by what it was called.
CREATE TABLE products (
    event_id UUID NOT NULL REFERENCES events (id),
    id UUID NOT NULL,
    -- None: sold everywhere.
    point_of_sale_id UUID,
    name TEXT NOT NULL,
    price_cents BIGINT NOT NULL,
    position BIGINT NOT NULL,
    colour TEXT,
    -- Where and under which name it is sold; none once retired, which gives the name free.
    sold_as TEXT,
    created_at BIGINT NOT NULL,
    retired_at BIGINT,
    PRIMARY KEY (event_id, id),
    UNIQUE (event_id, sold_as),
    FOREIGN KEY (event_id, point_of_sale_id) REFERENCES points_of_sale (event_id, id)
);
