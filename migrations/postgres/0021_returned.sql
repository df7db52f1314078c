-- What of the money that was marked for return has gone, part by part: each begins where the one before ended, so that two
-- who book at the same moment meet in one row. It was known before by a transfer of the matter's own name, of all of it.
-- A bank had taken it where a person had closed the matter of that by then, and no refund had been told of; a batch has one
-- time for all that it writes.
CREATE TABLE returned (
    event_id UUID NOT NULL,
    id UUID NOT NULL,
    was_cents BIGINT NOT NULL CHECK (was_cents >= 0),
    amount_cents BIGINT NOT NULL CHECK (amount_cents > 0),
    went_back_by TEXT NOT NULL,
    transfer_id UUID NOT NULL,
    PRIMARY KEY (event_id, id, was_cents)
);
INSERT INTO returned (event_id, id, was_cents, amount_cents, went_back_by, transfer_id)
SELECT k.event_id, k.id, 0, t.amount_cents,
    CASE WHEN EXISTS (SELECT 1 FROM parked c
                      WHERE c.event_id = k.event_id AND c.kind = 'mismatch' AND c.subject = k.subject
                          AND c.went_back_by = 'chargeback' AND c.went_back_cents = k.amount_cents
                          AND c.resolved_at <= t.at)
             AND NOT EXISTS (SELECT 1 FROM parked m
                             WHERE m.event_id = k.event_id AND m.kind = 'mismatch' AND m.subject = k.subject
                                 AND m.went_back_by = 'refund' AND m.went_back_cents = k.amount_cents
                                 AND m.opened_at <= t.at)
         THEN 'chargeback' ELSE 'refund' END, t.id
FROM parked k JOIN transfers t ON t.event_id = k.event_id AND t.id = k.id AND t.code = 'refund-executed'
WHERE k.kind IN ('suspense', 'counterfeit');
