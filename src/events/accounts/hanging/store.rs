//! What hangs on an account, and the account's row held for it.

use crate::db::{Engine, Error, Session, Tx};
use crate::ids::EventId;
use crate::providers::{Account, ProfileId, ProviderName};
use crate::values;

/// What of an account nobody else changes until the transaction ends.
#[derive(Clone, Copy)]
pub(super) enum Hold {
    /// All of it: those who hold its name are waited for.
    Row,
    /// Its name. Others hold it at the same time, and what is not its name may change.
    Name,
}

/// Holds an account until the transaction ends; false where it is gone.
pub(super) async fn hold(
    tx: &mut Tx,
    event: EventId,
    (provider, profile): (ProviderName, &ProfileId),
    hold: Hold,
) -> Result<bool, Error> {
    let sql = match (tx.engine(), hold) {
        // Whoever writes holds all of the database there.
        (Engine::Sqlite, _) => {
            "SELECT profile_id FROM provider_profiles WHERE event_id = $1 AND provider = $2 AND profile_id = $3"
        }
        (Engine::Postgres, Hold::Row) => {
            "SELECT profile_id FROM provider_profiles WHERE event_id = $1 AND provider = $2 AND profile_id = $3
             FOR UPDATE"
        }
        (Engine::Postgres, Hold::Name) => {
            "SELECT profile_id FROM provider_profiles WHERE event_id = $1 AND provider = $2 AND profile_id = $3
             FOR KEY SHARE"
        }
    };
    let held: Option<(String,)> =
        tx.optional(sql, values![event, provider.as_str(), profile.0.as_str()]).await?;
    Ok(held.is_some())
}

/// True when the event has an order written for an account of a provider.
pub(super) async fn has_orders(
    session: &mut Session,
    event: EventId,
    account: &Account,
) -> Result<bool, Error> {
    let row: Option<(uuid::Uuid,)> = session
        .optional(
            "SELECT id FROM top_up_orders WHERE event_id = $1 AND provider = $2 ORDER BY id LIMIT 1",
            values![event, account.provider.as_str()],
        )
        .await?;
    Ok(row.is_some())
}

/// True when the event was told of a payment on an account. Those that other events had there before are passed over.
pub(super) async fn has_payments(
    session: &mut Session,
    event: EventId,
    account: &Account,
) -> Result<bool, Error> {
    let row: Option<(String,)> = session
        .optional(
            "SELECT payment_id FROM payment_directory WHERE provider = $1 AND profile_id = $2 AND event_id = $3 LIMIT 1",
            values![account.provider.as_str(), account.profile.0.as_str(), event],
        )
        .await?;
    Ok(row.is_some())
}

/// True when a matter of the event that names a payment of an account waits for a person.
pub(super) async fn has_open_matters(
    session: &mut Session,
    event: EventId,
    account: &Account,
) -> Result<bool, Error> {
    let subjects = format!("{}/{}/", account.provider.as_str(), account.profile);
    let row: Option<(uuid::Uuid,)> = session
        .optional(
            "SELECT id FROM parked
             WHERE event_id = $1 AND resolved_at IS NULL
                 AND SUBSTR(subject, 1, LENGTH(CAST($2 AS TEXT))) = $2
             LIMIT 1",
            values![event, subjects],
        )
        .await?;
    Ok(row.is_some())
}
