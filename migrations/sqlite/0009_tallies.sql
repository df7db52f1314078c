-- What moved in each minute by business reason, and in each hour by point of sale as well: what a page shows of ten million
-- transfers without reading them. Each lane writes its own rows in the batch that writes the transfers. `seconds` is the
-- length of the span, 60 or 3600; `place` the point of sale, nil where there is none and in rows of a minute.
CREATE TABLE tallies (
    event_id BLOB NOT NULL,
    seconds INTEGER NOT NULL,
    start_at INTEGER NOT NULL,
    place BLOB NOT NULL,
    code TEXT NOT NULL,
    lane INTEGER NOT NULL,
    transfers INTEGER NOT NULL,
    amount_cents INTEGER NOT NULL,
    PRIMARY KEY (event_id, seconds, start_at, place, code, lane)
) STRICT;
-- What moved before comes under a lane that nobody has.
INSERT INTO tallies (event_id, seconds, start_at, place, code, lane, transfers, amount_cents)
SELECT event_id, 60, at / 60000000 * 60000000, X'00000000000000000000000000000000', code, 0, COUNT(*), CAST(SUM(amount_cents) AS INTEGER)
FROM transfers GROUP BY event_id, at / 60000000 * 60000000, code;
INSERT INTO tallies (event_id, seconds, start_at, place, code, lane, transfers, amount_cents)
SELECT t.event_id, 3600, t.at / 3600000000 * 3600000000, COALESCE(c.point_of_sale_id, X'00000000000000000000000000000000'), t.code, 0, COUNT(*),
    CAST(SUM(t.amount_cents) AS INTEGER)
FROM transfers t LEFT JOIN charges c ON c.event_id = t.event_id AND c.id = t.fact_id
GROUP BY t.event_id, t.at / 3600000000 * 3600000000, COALESCE(c.point_of_sale_id, X'00000000000000000000000000000000'), t.code;

-- When a terminal last asked for anything, to within some seconds.
CREATE TABLE terminal_sightings (
    event_id BLOB NOT NULL,
    terminal_id BLOB NOT NULL,
    seen_at INTEGER NOT NULL,
    PRIMARY KEY (event_id, terminal_id)
) STRICT;
