//! Orders in the database.

use super::{Order, OrderState};
use crate::clock::Timestamp;
use crate::db::{Error, Rows, Session, Tx, Value};
use crate::events::store::word;
use crate::ids::EventId;
use crate::money::Cents;
use crate::providers::{Created, OrderId, PaymentId, PaymentLink, ProfileId};
use crate::secrets::CodeHash;
use crate::values;
use sqlx::FromRow;
use uuid::Uuid;

#[derive(FromRow)]
struct OrderRow {
    event_id: EventId,
    id: Uuid,
    provider: String,
    profile_id: String,
    corrected_id: Option<String>,
    reference: String,
    reference_hash: Vec<u8>,
    amount_cents: Cents,
    state: String,
    payment_id: Option<String>,
    paid_cents: Option<i64>,
    link: Option<String>,
    qr: Option<String>,
    created_at: Timestamp,
    expires_at: Timestamp,
}

impl OrderRow {
    fn order(self) -> Result<Order, Error> {
        let hash =
            CodeHash::try_from(self.reference_hash).map_err(|error| Error::Corrupt(error.to_string()))?;
        Ok(Order {
            event_id: self.event_id,
            id: OrderId(self.id),
            provider: word(&self.provider)?,
            profile: ProfileId(self.profile_id),
            profile_there: self.corrected_id.map(ProfileId),
            reference: self.reference,
            hash,
            amount: self.amount_cents,
            state: word(&self.state)?,
            payment: self.payment_id.map(PaymentId),
            paid: self.paid_cents.map(Cents),
            link: self.link.map(PaymentLink::stored),
            qr: self.qr.map(PaymentLink::stored),
            created_at: self.created_at,
            expires_at: self.expires_at,
        })
    }
}

/// The orders of these ids, of whichever event.
///
/// # Errors
/// The database's.
pub async fn by_ids(
    session: &mut Session,
    ids: impl IntoIterator<Item = OrderId>,
) -> Result<Vec<Order>, Error> {
    let rows: Vec<OrderRow> = session
        .all_rows(
            "SELECT o.event_id, o.id, o.provider, o.profile_id, f.corrected_id, o.reference, o.reference_hash,
                 o.amount_cents, o.state, o.payment_id, o.paid_cents, o.link, o.qr, o.created_at, o.expires_at
             FROM {rows}
             JOIN order_directory d ON d.order_id = r.order_id
             JOIN top_up_orders o ON o.event_id = d.event_id AND o.id = d.order_id
             LEFT JOIN provider_profiles f
                 ON f.event_id = o.event_id AND f.provider = o.provider AND f.profile_id = o.profile_id",
            Rows::new(["order_id"], ids.into_iter().map(|id| [Value::from(id.0)])),
        )
        .await?;
    rows.into_iter().map(OrderRow::order).collect()
}

/// Writes an order; false when its id is taken.
pub(super) async fn insert(tx: &mut Tx, order: &Order, look_at: Timestamp) -> Result<bool, Error> {
    let written = tx
        .execute(
            "INSERT INTO order_directory (order_id, event_id) VALUES ($1, $2) ON CONFLICT DO NOTHING",
            values![order.id.0, order.event_id],
        )
        .await?;
    if written == 0 {
        return Ok(false);
    }
    tx.execute(
        "INSERT INTO top_up_orders (event_id, id, provider, profile_id, reference, reference_hash, amount_cents, state,
             created_at, expires_at, look_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        values![
            order.event_id,
            order.id.0,
            order.provider.as_str(),
            order.profile.0.as_str(),
            order.reference.as_str(),
            order.hash.0,
            order.amount,
            order.state,
            order.created_at,
            order.expires_at,
            look_at,
        ],
    )
    .await?;
    Ok(true)
}

/// Keeps what the provider answered. A report may have been faster: what came of it stays, and there is nothing to pay
/// where it ended the order.
pub(super) async fn made(tx: &mut Tx, order: &Order, created: &Created) -> Result<(), Error> {
    tx.execute(
        "UPDATE top_up_orders SET payment_id = $3,
             link = CASE WHEN state IN ('asked', 'open') THEN $4 ELSE NULL END,
             qr = CASE WHEN state IN ('asked', 'open') THEN $5 ELSE NULL END,
             state = CASE WHEN state = 'asked' THEN 'open' ELSE state END
         WHERE event_id = $1 AND id = $2",
        values![
            order.event_id,
            order.id.0,
            created.payment.0.as_str(),
            created.link.as_str(),
            created.qr.as_ref().map(|qr| qr.as_str().to_owned()),
        ],
    )
    .await?;
    Ok(())
}

/// Ends an order that is under way; false for one that has ended meanwhile, which stays as it is.
pub(super) async fn end(tx: &mut Tx, order: &Order, state: OrderState) -> Result<bool, Error> {
    let ended = tx
        .execute(
            "UPDATE top_up_orders SET state = $3, look_at = NULL, link = NULL, qr = NULL
             WHERE event_id = $1 AND id = $2 AND state IN ('asked', 'open')",
            values![order.event_id, order.id.0, state],
        )
        .await?;
    Ok(ended == 1)
}

/// Ends an order that is under way while nobody was told where to pay it, and writes the one that takes its place; false
/// where somebody was told, or where it has ended meanwhile.
pub(super) async fn replace(
    tx: &mut Tx,
    order: &Order,
    next: &Order,
    look_at: Timestamp,
) -> Result<bool, Error> {
    let ended = tx
        .execute(
            "UPDATE top_up_orders SET state = $3, look_at = NULL
             WHERE event_id = $1 AND id = $2 AND state IN ('asked', 'open') AND link IS NULL",
            values![order.event_id, order.id.0, OrderState::Failed],
        )
        .await?;
    if ended == 0 {
        return Ok(false);
    }
    insert(tx, next, look_at).await
}

/// Puts off when the provider is asked next.
pub(super) async fn put_off(tx: &mut Tx, order: &Order, look_at: Option<Timestamp>) -> Result<(), Error> {
    tx.execute(
        "UPDATE top_up_orders SET look_at = $3 WHERE event_id = $1 AND id = $2",
        values![order.event_id, order.id.0, look_at],
    )
    .await?;
    Ok(())
}

/// Writes what became of orders; part of a batch.
pub(super) fn follow<'o>(tx: &mut Tx, orders: impl Iterator<Item = &'o Order>) {
    let rows = orders.map(|order| {
        [
            Value::from(order.event_id),
            Value::from(order.id.0),
            Value::from(order.state),
            Value::from(order.payment.as_ref().map(|payment| payment.0.clone())),
            Value::from(order.paid),
            Value::from(order.link.as_ref().map(|link| link.as_str().to_owned())),
        ]
    });
    tx.write(
        "order",
        "UPDATE top_up_orders SET state = r.state, payment_id = r.payment_id, paid_cents = r.paid_cents,
             link = CASE WHEN r.state IN ('asked', 'open') THEN COALESCE(top_up_orders.link, r.link) ELSE NULL END,
             qr = CASE WHEN r.state IN ('asked', 'open') THEN top_up_orders.qr ELSE NULL END
         FROM {rows} WHERE top_up_orders.event_id = r.event_id AND top_up_orders.id = r.id",
        Rows::new(["event_id", "id", "state", "payment_id", "paid_cents", "link"], rows),
    );
}

/// The orders of an event whose turn it is to be asked for, the longest overdue first.
pub(super) async fn due(
    session: &mut Session,
    event: EventId,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<Order>, Error> {
    let rows: Vec<OrderRow> = session
        .all(
            "SELECT o.event_id, o.id, o.provider, o.profile_id, f.corrected_id, o.reference, o.reference_hash,
                 o.amount_cents, o.state, o.payment_id, o.paid_cents, o.link, o.qr, o.created_at, o.expires_at
             FROM top_up_orders o
             LEFT JOIN provider_profiles f
                 ON f.event_id = o.event_id AND f.provider = o.provider AND f.profile_id = o.profile_id
             WHERE o.event_id = $1 AND o.look_at <= $2 ORDER BY o.look_at, o.id LIMIT $3",
            values![event, now, limit],
        )
        .await?;
    rows.into_iter().map(OrderRow::order).collect()
}

/// What is known of an order's payment.
#[derive(FromRow)]
pub(super) struct Known {
    pub(super) status: String,
    /// What was parked of it.
    pub(super) parked_cents: Option<Cents>,
    /// Why.
    pub(super) reason: Option<String>,
    /// How that was resolved.
    pub(super) resolution: Option<String>,
    /// How much of it the provider sent back, as far as a person was told. A chargeback may still be won: it counts for
    /// nothing here.
    pub(super) back_cents: Option<Cents>,
    /// How much of what was marked for return is booked as gone.
    pub(super) gone_cents: Option<Cents>,
    /// How much of that the payer's bank took.
    pub(super) taken_cents: Option<Cents>,
    /// Where no amount is known: what a person has not closed yet.
    pub(super) reviews_open: i64,
}

/// What is known of an order's payment.
pub(super) async fn payment(
    session: &mut Session,
    order: &Order,
    payment: &PaymentId,
) -> Result<Option<Known>, Error> {
    session
        .optional(
            "SELECT p.status, k.amount_cents AS parked_cents, k.reason, k.resolution,
                 (SELECT MAX(g.went_back_cents) FROM parked g
                  WHERE g.event_id = k.event_id AND g.kind = 'mismatch' AND g.subject = k.subject
                      AND g.went_back_by = 'refund') AS back_cents,
                 (SELECT CAST(SUM(y.amount_cents) AS BIGINT) FROM returned y
                  WHERE y.event_id = k.event_id AND y.id = k.id) AS gone_cents,
                 (SELECT CAST(SUM(y.amount_cents) AS BIGINT) FROM returned y
                  WHERE y.event_id = k.event_id AND y.id = k.id AND y.went_back_by = 'chargeback') AS taken_cents,
                 (SELECT COUNT(*) - COUNT(v.resolved_at) FROM parked v
                  WHERE v.event_id = p.event_id AND v.payment = p.id AND v.kind = 'needs-review') AS reviews_open
             FROM payment_directory d
             JOIN payments p ON p.event_id = d.event_id AND p.id = d.id
             LEFT JOIN parked k ON k.event_id = p.event_id AND k.payment = p.id AND k.kind = 'suspense'
             WHERE d.provider = $1 AND d.profile_id = $2 AND d.payment_id = $3",
            values![order.provider.as_str(), order.profile.0.as_str(), payment.0.as_str()],
        )
        .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::testing::on_both_engines;
    use crate::providers::ProviderName;

    fn asked() -> Order {
        Order {
            event_id: EventId::new(),
            id: OrderId::draw(),
            provider: ProviderName::MultiSafepay,
            profile: ProfileId("1001001".to_owned()),
            profile_there: None,
            reference: "ABCDEFGHJKMNPQR".to_owned(),
            hash: CodeHash([7; 16]),
            amount: Cents(1_500),
            state: OrderState::Asked,
            payment: None,
            paid: None,
            link: None,
            qr: None,
            created_at: Timestamp(1),
            expires_at: Timestamp(2),
        }
    }

    #[tokio::test]
    async fn an_order_is_replaced_once_and_not_where_its_payer_was_told_where_to_pay() {
        on_both_engines(async |store| {
            for is_told in [false, true] {
                let order = asked();
                let next = Order { id: order.id.made_again(), ..order.clone() };
                let mut tx = store.begin().await.unwrap();
                assert!(insert(&mut tx, &order, Timestamp(1)).await.unwrap());
                let link = PaymentLink::stored("https://pay.example/1".to_owned());
                let created = Created { payment: PaymentId("4711".to_owned()), link: link.clone(), qr: None };
                if is_told {
                    made(&mut tx, &order, &created).await.unwrap();
                }
                assert_eq!(replace(&mut tx, &order, &next, Timestamp(1)).await.unwrap(), !is_told);
                assert!(!replace(&mut tx, &order, &next, Timestamp(1)).await.unwrap());
                // The answer was only late.
                made(&mut tx, &order, &created).await.unwrap();
                tx.commit().await.unwrap();
                let mut session = store.read().await.unwrap();
                let stored = by_ids(&mut session, [order.id]).await.unwrap().remove(0);
                let state = if is_told { OrderState::Open } else { OrderState::Failed };
                assert_eq!((stored.state, stored.link), (state, is_told.then_some(link)));
                let next = by_ids(&mut session, [next.id]).await.unwrap().pop();
                assert_eq!(next.map(|next| next.state), (!is_told).then_some(OrderState::Asked));
            }
        })
        .await;
    }

    #[tokio::test]
    async fn an_answer_that_comes_after_the_end_leads_nobody_to_pay() {
        on_both_engines(async |store| {
            let link = |text: &str| PaymentLink::stored(text.to_owned());
            let payment = PaymentId("4711".to_owned());
            let created = Created {
                payment: payment.clone(),
                link: link("https://pay.example/1"),
                qr: Some(link("https://pay.example/qr")),
            };
            for (ended_as, kept) in [
                (None, OrderState::Open),
                (Some(OrderState::Credited), OrderState::Credited),
                (Some(OrderState::Parked), OrderState::Parked),
                (Some(OrderState::Failed), OrderState::Failed),
                (Some(OrderState::Expired), OrderState::Expired),
            ] {
                let order = asked();
                let mut tx = store.begin().await.unwrap();
                assert!(insert(&mut tx, &order, Timestamp(1)).await.unwrap());
                if let Some(state) = ended_as {
                    end(&mut tx, &order, state).await.unwrap();
                }
                made(&mut tx, &order, &created).await.unwrap();
                tx.commit().await.unwrap();
                let stored = by_ids(&mut store.read().await.unwrap(), [order.id]).await.unwrap().remove(0);
                let to_pay = ended_as.is_none().then(|| created.clone());
                assert_eq!((stored.state, stored.payment), (kept, Some(payment.clone())));
                assert_eq!(stored.link, to_pay.as_ref().map(|created| created.link.clone()), "{kept}");
                assert_eq!(stored.qr, to_pay.and_then(|created| created.qr), "{kept}");
            }
        })
        .await;
    }
}
