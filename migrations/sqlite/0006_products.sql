-- What points of sale sell. Retired, not deleted: what was sold is explained by what it was called.
CREATE TABLE products (
    event_id BLOB NOT NULL REFERENCES events (id),
    id BLOB NOT NULL,
    -- None: sold everywhere.
    point_of_sale_id BLOB,
    name TEXT NOT NULL,
    price_cents INTEGER NOT NULL,
    position INTEGER NOT NULL,
    colour TEXT,
    -- Where and under which name it is sold; none once retired, which gives the name free.
    sold_as TEXT,
    created_at INTEGER NOT NULL,
    retired_at INTEGER,
    PRIMARY KEY (event_id, id),
    UNIQUE (event_id, sold_as),
    FOREIGN KEY (event_id, point_of_sale_id) REFERENCES points_of_sale (event_id, id)
) STRICT;
