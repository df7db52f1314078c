-- How money of a payment went back to its payer, refund or chargeback, and how many cents of it: of the contradictions that
-- tell that, which their text alone told before.
ALTER TABLE parked ADD COLUMN went_back_by TEXT;
ALTER TABLE parked ADD COLUMN went_back_cents INTEGER;
UPDATE parked SET went_back_by = 'refund', went_back_cents = CAST(SUBSTR(said, 10) AS INTEGER)
WHERE kind = 'mismatch' AND said LIKE 'refunded %';
UPDATE parked SET went_back_by = 'chargeback', went_back_cents = CAST(SUBSTR(said, 14) AS INTEGER)
WHERE kind = 'mismatch' AND said LIKE 'charged back %';
