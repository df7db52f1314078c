//! What somebody may pay at once on our own top-up page, and what still fits on a wallet. A bank app that pays a printed code
//! has limits of its own.

mod store;

use super::{Event, EventError, OverBalance, Rules, agreement};
use crate::audit_log::{self, Actor, Entry};
use crate::clock::Timestamp;
use crate::db::{self, Session, Store};
use crate::money::Cents;

/// Largest amount that can be allowed, and that a printed code takes, in cents.
pub const MAX: Cents = Cents(999_999);

/// The smallest and the largest amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TopUpLimits {
    /// At least 1 cent.
    pub min: Cents,
    /// At most € 9.999,99.
    pub max: Cents,
}

/// No minimum, and not so much that a mistyped amount hurts.
impl Default for TopUpLimits {
    fn default() -> TopUpLimits {
        TopUpLimits { min: Cents(1), max: Cents(25_000) }
    }
}

impl TopUpLimits {
    /// Those of an event that chose none: as usual, and the amount that its codes print is among them.
    pub(super) fn unless_set(rules: &Rules) -> TopUpLimits {
        let usual = TopUpLimits::default();
        TopUpLimits { max: rules.amount.map_or(usual.max, |amount| amount.max(usual.max)), ..usual }
    }

    /// True for an amount that may be paid.
    #[must_use]
    pub fn allow(&self, amount: Cents) -> bool {
        (self.min..=self.max).contains(&amount)
    }

    /// Says so where a wallet holds less than may be paid at once.
    #[must_use]
    pub fn above_balance(&self, rules: &Rules) -> Option<String> {
        let most = holds(rules).filter(|most| *most < self.max)?;
        let offers = if most < self.min { "nothing".to_owned() } else { format!("no more than {most}") };
        let max = self.max;
        Some(format!(
            "A wallet holds {most} at most, and the top-up page is set to take up to {max}: it offers {offers}"
        ))
    }

    /// The same, and no more than fits: nothing at all where less fits than the smallest.
    #[must_use]
    pub fn within(self, room: Option<Cents>) -> TopUpLimits {
        TopUpLimits { max: room.map_or(self.max, |room| room.min(self.max)), ..self }
    }
}

/// How much more fits on a wallet with so much on it; `None` where there is no maximum, or what is over it is credited all the
/// same.
#[must_use]
pub fn room(rules: &Rules, balance: Cents) -> Option<Cents> {
    let max = rules.balance_max.filter(|_| rules.over_balance == OverBalance::Suspense)?;
    Some(max.minus(balance).unwrap_or(Cents::ZERO).max(Cents::ZERO))
}

/// The limits of an event.
///
/// # Errors
/// The database's.
pub async fn of(session: &mut Session, event: &Event) -> Result<TopUpLimits, db::Error> {
    let set = store::of(session, event.id).await?;
    Ok(set.unwrap_or_else(|| TopUpLimits::unless_set(&event.rules)))
}

/// What can be paid at once onto whichever wallet of an event: within its limits, and no more than a wallet holds.
///
/// # Errors
/// The database's.
pub async fn payable(session: &mut Session, event: &Event) -> Result<TopUpLimits, db::Error> {
    Ok(of(session, event).await?.within(holds(&event.rules)))
}

/// The most that can be put on a wallet; `None` where there is no maximum, or what is over it is credited all the same.
#[must_use]
pub fn holds(rules: &Rules) -> Option<Cents> {
    room(rules, Cents::ZERO)
}

/// Sets the limits of an open event. Whoever changes its rules at the same moment comes before or after. Limits that are these
/// already leave no entry in the audit log.
///
/// # Errors
/// [`EventError::Closed`], [`EventError::Invalid`] naming the field, also of limits that contradict the rules, or the
/// database's.
pub async fn set(
    store: &Store,
    (actor, now): (&Actor, Timestamp),
    event: &Event,
    limits: TopUpLimits,
) -> Result<(), EventError> {
    let invalid = |field, why: &str| Err(EventError::Invalid { field, why: why.to_owned() });
    if !limits.min.is_positive() {
        return invalid("min_cents", "at least 1 cent");
    }
    if limits.max < limits.min || limits.max > MAX {
        let (min, max) = (limits.min, limits.max);
        return invalid("max_cents", &format!("{max} is not from {min}, the smallest, to {MAX}"));
    }
    let mut entry = Entry::new(actor, "top-up limits set", event.slug.to_string());
    entry.event = Some(event.id);
    entry.detail = Some(format!("{} to {}", limits.min, limits.max));
    store
        .transact(|tx| {
            let (slug, entry) = (event.slug.clone(), entry.clone());
            Box::pin(async move {
                db::close_gate(tx).await?;
                let event = super::store::by_slug(tx, slug.as_str()).await?;
                let event = event.ok_or_else(|| EventError::Unknown(slug.to_string()))?;
                if !event.is_open() {
                    return Err(EventError::Closed(event.slug));
                }
                let before = of(tx, &event).await?;
                if limits == before {
                    return Ok(());
                }
                agreement::check_limits(&event.rules, before, limits)?;
                store::set(tx, event.id, limits).await?;
                audit_log::store::write(tx, now, &entry).await?;
                Ok(())
            })
        })
        .await
}
