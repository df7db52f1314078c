//! The rules between transfers and the facts they stem from, each with the statement that finds what breaks it.

use crate::db::{Error, Session};
use crate::ids::EventId;
use crate::values;
use uuid::Uuid;

/// Rows of one table that are looked at together.
pub(in crate::ledger::audit) const ROWS_PER_WINDOW: i64 = 5_000;

/// A rule, in words that name what breaks it, and its statement, which takes the event and a window of ids, the first of
/// them outside, and answers the ids of what breaks the rule.
pub(in crate::ledger::audit) struct Rule {
    pub(in crate::ledger::audit) name: &'static str,
    sql: &'static str,
}

/// A table whose rows are held against rules, window by window.
pub(in crate::ledger::audit) struct Walk {
    pub(in crate::ledger::audit) table: &'static str,
    pub(in crate::ledger::audit) rules: &'static [Rule],
    /// Finds the end of a window: takes the event, the last id of the window before, and how many rows to pass over.
    end: &'static str,
}

/// What is held against every transfer. The audit reads those itself, and in the same windows.
pub(in crate::ledger::audit) const OF_TRANSFERS: Walk = Walk {
        table: "transfers",
        end: "SELECT id FROM transfers WHERE event_id = $1 AND id > $2 ORDER BY id LIMIT 1 OFFSET $3",
        rules: &[
        Rule {
            name: "a charge's transfer without its charge",
            sql: "SELECT t.id FROM transfers t
                  LEFT JOIN charges c ON c.event_id = t.event_id AND c.id = t.id
                  WHERE t.event_id = $1 AND t.id > $2 AND t.id <= $3 AND t.code = 'charge' AND c.id IS NULL",
        },
        Rule {
            name: "a void's transfer without its void",
            sql: "SELECT t.id FROM transfers t
                  LEFT JOIN voids v ON v.event_id = t.event_id AND v.charge_id = t.fact_id AND v.transfer_id = t.id
                  WHERE t.event_id = $1 AND t.id > $2 AND t.id <= $3 AND t.code = 'void' AND v.charge_id IS NULL",
        },
        Rule {
            name: "a settlement's transfer without its settlement",
            sql: "SELECT t.id FROM transfers t
                  LEFT JOIN settlements s ON s.event_id = t.event_id AND s.payment = t.fact_id
                      AND s.transfer_id = t.id
                  WHERE t.event_id = $1 AND t.id > $2 AND t.id <= $3 AND t.code IN ('top-up', 'parked') AND s.payment IS NULL",
        },
        Rule {
            name: "a transfer of parked money without its resolved matter",
            sql: "SELECT t.id FROM transfers t
                  LEFT JOIN parked k ON k.event_id = t.event_id AND k.id = t.fact_id AND k.transfer_id = t.id
                      AND k.resolved_at IS NOT NULL
                  WHERE t.event_id = $1 AND t.id > $2 AND t.id <= $3 AND t.code IN ('parked-to-wallet', 'parked-returned', 'refund-requested')
                      AND k.id IS NULL",
        },
        Rule {
            name: "a refund that was made of money nobody marked for return, or on another account than it came to",
            sql: "SELECT t.id FROM transfers t
                  LEFT JOIN returned y ON y.event_id = t.event_id AND y.id = t.fact_id AND y.transfer_id = t.id
                      AND y.amount_cents = t.amount_cents
                  LEFT JOIN parked k ON k.event_id = y.event_id AND k.id = y.id
                      AND k.kind IN ('suspense', 'counterfeit') AND k.resolution = 'return'
                      AND k.transfer_id IS NOT NULL AND y.was_cents + y.amount_cents <= k.amount_cents
                  LEFT JOIN settlements s ON s.event_id = k.event_id AND s.payment = k.payment
                  LEFT JOIN transfers c ON c.event_id = s.event_id AND c.id = s.transfer_id
                      AND c.debit_account = t.credit_account
                  WHERE t.event_id = $1 AND t.id > $2 AND t.id <= $3 AND t.code = 'refund-executed' AND c.id IS NULL",
        },
        ],
    };

/// All the others.
pub(in crate::ledger::audit) const WALKS: &[Walk] = &[
    Walk {
        table: "charges",
        end: "SELECT id FROM charges WHERE event_id = $1 AND id > $2 ORDER BY id LIMIT 1 OFFSET $3",
        rules: &[
        Rule {
            name: "a charge without its transfer",
            sql: "SELECT c.id FROM charges c
                  LEFT JOIN transfers t ON t.event_id = c.event_id AND t.id = c.id AND t.code = 'charge'
                  WHERE c.event_id = $1 AND c.id > $2 AND c.id <= $3 AND t.id IS NULL",
        },
        Rule {
            name: "a charge between others than its medium's wallet and its bar's vendor",
            sql: "SELECT c.id FROM charges c
                  JOIN transfers t ON t.event_id = c.event_id AND t.id = c.id AND t.code = 'charge'
                  LEFT JOIN media m ON m.event_id = c.event_id AND m.id = c.medium_id
                      AND m.wallet_id = t.debit_account
                  LEFT JOIN points_of_sale p ON p.event_id = c.event_id AND p.id = c.point_of_sale_id
                      AND p.vendor_id = t.credit_account
                  WHERE c.event_id = $1 AND c.id > $2 AND c.id <= $3 AND (m.id IS NULL OR p.id IS NULL)",
        },
        ],
    },
    Walk {
        table: "voids",
        end: "SELECT charge_id FROM voids WHERE event_id = $1 AND charge_id > $2 ORDER BY charge_id LIMIT 1 OFFSET $3",
        rules: &[
        Rule {
            name: "a void that does not mirror its charge",
            sql: "SELECT v.charge_id FROM voids v
                  LEFT JOIN transfers t ON t.event_id = v.event_id AND t.id = v.transfer_id AND t.code = 'void'
                  LEFT JOIN transfers c ON c.event_id = v.event_id AND c.id = v.charge_id
                  WHERE v.event_id = $1 AND v.charge_id > $2 AND v.charge_id <= $3 AND (t.id IS NULL OR c.id IS NULL OR t.amount_cents <> c.amount_cents
                      OR t.debit_account <> c.credit_account OR t.credit_account <> c.debit_account)",
        },
        ],
    },
    Walk {
        table: "settlements",
        end: "SELECT payment FROM settlements WHERE event_id = $1 AND payment > $2 ORDER BY payment LIMIT 1 OFFSET $3",
        rules: &[
        Rule {
            name: "a settlement without its transfer",
            sql: "SELECT s.payment FROM settlements s
                  LEFT JOIN transfers t ON t.event_id = s.event_id AND t.id = s.transfer_id
                      AND t.amount_cents = s.amount_cents
                      AND t.code = CASE WHEN s.parked_because IS NULL THEN 'top-up' ELSE 'parked' END
                  WHERE s.event_id = $1 AND s.payment > $2 AND s.payment <= $3 AND t.id IS NULL",
        },
        Rule {
            name: "a top-up of another wallet than its medium's",
            sql: "SELECT s.payment FROM settlements s
                  JOIN transfers t ON t.event_id = s.event_id AND t.id = s.transfer_id AND t.code = 'top-up'
                  LEFT JOIN media m ON m.event_id = s.event_id AND m.id = s.medium_id
                      AND m.wallet_id = t.credit_account
                  WHERE s.event_id = $1 AND s.payment > $2 AND s.payment <= $3 AND m.id IS NULL",
        },
        Rule {
            name: "a settlement without its payment, or of another amount",
            sql: "SELECT s.payment FROM settlements s
                  LEFT JOIN payments p ON p.event_id = s.event_id AND p.id = s.payment AND p.status = 'SUCCEEDED'
                      AND p.amount_cents = s.amount_cents
                  WHERE s.event_id = $1 AND s.payment > $2 AND s.payment <= $3 AND p.id IS NULL",
        },
        Rule {
            name: "money in suspense that nobody is asked about",
            sql: "SELECT s.payment FROM settlements s
                  LEFT JOIN parked k ON k.event_id = s.event_id AND k.payment = s.payment AND k.kind = 'suspense'
                      AND k.amount_cents = s.amount_cents
                  WHERE s.event_id = $1 AND s.payment > $2 AND s.payment <= $3 AND s.parked_because IS NOT NULL AND k.id IS NULL",
        },
        ],
    },
    Walk {
        table: "payments",
        end: "SELECT id FROM payments WHERE event_id = $1 AND id > $2 ORDER BY id LIMIT 1 OFFSET $3",
        rules: &[
        Rule {
            name: "a SUCCEEDED payment neither settled nor reviewed, or settled and in an open review",
            sql: "SELECT p.id FROM payments p
                  LEFT JOIN settlements s ON s.event_id = p.event_id AND s.payment = p.id
                  LEFT JOIN parked k ON k.event_id = p.event_id AND k.payment = p.id AND k.kind = 'needs-review'
                      AND (k.resolved_at IS NULL OR k.resolution = 'return')
                  WHERE p.event_id = $1 AND p.id > $2 AND p.id <= $3 AND p.status = 'SUCCEEDED'
                      AND CASE WHEN s.payment IS NULL THEN k.id IS NULL ELSE k.id IS NOT NULL AND k.resolved_at IS NULL END",
        },
        Rule {
            name: "a payment that the directory does not lead to",
            sql: "SELECT p.id FROM payments p
                  LEFT JOIN payment_directory d ON d.provider = p.provider AND d.profile_id = p.profile_id
                      AND d.payment_id = p.payment_id AND d.event_id = p.event_id AND d.id = p.id
                  WHERE p.event_id = $1 AND p.id > $2 AND p.id <= $3 AND d.id IS NULL",
        },
        ],
    },
    Walk {
        table: "parked",
        end: "SELECT id FROM parked WHERE event_id = $1 AND id > $2 ORDER BY id LIMIT 1 OFFSET $3",
        rules: &[
        Rule {
            name: "a resolved matter without its transfer",
            sql: "SELECT k.id FROM parked k
                  LEFT JOIN transfers t ON t.event_id = k.event_id AND t.id = k.transfer_id AND t.fact_id = k.id
                      AND t.amount_cents = k.amount_cents
                      AND t.code IN ('parked-to-wallet', 'parked-returned', 'refund-requested')
                  WHERE k.event_id = $1 AND k.id > $2 AND k.id <= $3 AND k.resolved_at IS NOT NULL AND t.id IS NULL
                      AND (k.kind = 'suspense' OR k.transfer_id IS NOT NULL)",
        },
        ],
    },
    Walk {
        table: "returned",
        end: "SELECT id FROM returned WHERE event_id = $1 AND id > $2 ORDER BY id LIMIT 1 OFFSET $3",
        rules: &[
        Rule {
            name: "money that went back without its transfer, or that does not follow from what went before",
            sql: "SELECT y.id FROM returned y
                  LEFT JOIN transfers t ON t.event_id = y.event_id AND t.id = y.transfer_id AND t.fact_id = y.id
                      AND t.amount_cents = y.amount_cents AND t.code = 'refund-executed'
                  LEFT JOIN returned b ON b.event_id = y.event_id AND b.id = y.id
                      AND b.was_cents + b.amount_cents = y.was_cents
                  WHERE y.event_id = $1 AND y.id > $2 AND y.id <= $3
                      AND (t.id IS NULL OR (y.was_cents > 0 AND b.id IS NULL))",
        },
        ],
    },
    Walk {
        table: "wallets",
        end: "SELECT id FROM wallets WHERE event_id = $1 AND id > $2 ORDER BY id LIMIT 1 OFFSET $3",
        rules: &[
        Rule {
            name: "money on a wallet that no medium spends from",
            sql: "SELECT w.id FROM wallets w
                  LEFT JOIN media m ON m.event_id = w.event_id AND m.id = w.holder_id AND m.wallet_id = w.id
                  WHERE w.event_id = $1 AND w.id > $2 AND w.id <= $3 AND w.balance_cents > 0 AND m.id IS NULL",
        },
        ],
    },
];

/// The last id of the window behind `after`; none when the table ends in it.
///
/// # Errors
/// The database's.
pub(in crate::ledger::audit) async fn end(
    session: &mut Session,
    event: EventId,
    walk: &Walk,
    after: Uuid,
) -> Result<Option<Uuid>, Error> {
    let row: Option<(Uuid,)> = session.optional(walk.end, values![event, after, ROWS_PER_WINDOW - 1]).await?;
    Ok(row.map(|row| row.0))
}

/// What breaks a rule in a window of an event's books.
///
/// # Errors
/// The database's.
pub(in crate::ledger::audit) async fn broken(
    session: &mut Session,
    event: EventId,
    rule: &Rule,
    (after, to): (Uuid, Uuid),
) -> Result<Vec<Uuid>, Error> {
    let rows: Vec<(Uuid,)> = session.all(rule.sql, values![event, after, to]).await?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}
