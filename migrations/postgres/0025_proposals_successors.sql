-- What people said is to become of a matter that takes two of them, in order; of each the latest word counts. A matter kept the
-- last one alone, without when and why, and that one comes along. The others stand in the audit log: who said them says them
-- again.
CREATE TABLE proposals (
    event_id UUID NOT NULL,
    parked_id UUID NOT NULL,
    nth BIGINT NOT NULL,
    person TEXT NOT NULL,
    said TEXT NOT NULL,
    why TEXT,
    said_at BIGINT,
    PRIMARY KEY (event_id, parked_id, nth)
);
INSERT INTO proposals (event_id, parked_id, nth, person, said)
SELECT event_id, id, 1, proposed_by, proposal FROM parked WHERE proposal IS NOT NULL AND proposed_by IS NOT NULL;
ALTER TABLE parked DROP COLUMN proposal;
ALTER TABLE parked DROP COLUMN proposed_by;

-- The product that is on sale in the place of one that was changed; of earlier ones nobody wrote it down.
ALTER TABLE products ADD COLUMN successor_id UUID;
