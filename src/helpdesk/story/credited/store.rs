//! Reads what was credited to wallets.

use super::Credited;
use crate::clock::Timestamp;
use crate::codes::Serial;
use crate::db::{Error, Rows, Session, Value};
use crate::ids::{AccountId, EventId, MediumId, ParkedId};
use crate::money::Cents;
use sqlx::FromRow;

#[derive(FromRow)]
pub(super) struct CreditedRow {
    id: ParkedId,
    reason: String,
    resolved_by: Option<String>,
    resolution_reason: Option<String>,
    amount_cents: Cents,
    at: Timestamp,
    pub(super) wallet_id: AccountId,
    serial: Serial,
}

impl CreditedRow {
    pub(super) fn credited(self) -> Credited {
        Credited {
            id: self.id,
            amount: self.amount_cents,
            reason: self.reason,
            to: self.serial,
            at: self.at,
            by: self.resolved_by.unwrap_or_default(),
            why: self.resolution_reason.unwrap_or_default(),
        }
    }
}

/// Money that was paid onto any of these media, waited and was credited to a wallet.
pub(super) async fn to_wallets(
    session: &mut Session,
    event: EventId,
    media: &[MediumId],
) -> Result<Vec<CreditedRow>, Error> {
    let rows = media.iter().map(|medium| [Value::from(event), Value::from(*medium)]);
    session
        .all_rows(
            // SQLite keeps the order of a CROSS JOIN.
            "SELECT p.id, p.reason, p.resolved_by, p.resolution_reason, t.amount_cents, t.at, t.wallet_id, h.serial
             FROM {rows} CROSS JOIN parked p CROSS JOIN transfers t CROSS JOIN wallets w CROSS JOIN media h
             WHERE p.event_id = r.event_id AND p.medium_id = r.medium_id AND p.kind = 'suspense'
                 AND t.event_id = p.event_id AND t.id = p.transfer_id AND t.code = 'parked-to-wallet'
                 AND w.event_id = t.event_id AND w.id = t.wallet_id
                 AND h.event_id = w.event_id AND h.id = w.holder_id
             LIMIT 500",
            Rows::new(["event_id", "medium_id"], rows),
        )
        .await
}
