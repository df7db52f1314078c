//! Changing an event's rules while it runs.
//!
//! What stands in printed codes (behaviour, amount, which code spends) stays as it was when the event was set up. The rest
//! may change: each batch of the lanes decides under the old rules or under the new ones, never under some of both.

mod store;

use super::create::check_rules;
use super::{Event, EventError, Rules};
use crate::audit_log::{self, Actor, Entry};
use crate::clock::Timestamp;
use crate::db::{self, Store};

/// Gives an open event other rules. From the moment this returns every instance decides by them.
///
/// # Errors
/// [`EventError::Unknown`], [`EventError::Closed`], [`EventError::Invalid`] naming the field, or the database's.
pub async fn change_rules(
    store: &Store,
    actor: &Actor,
    now: Timestamp,
    slug: &str,
    rules: &Rules,
) -> Result<Event, EventError> {
    store
        .transact(|tx| {
            let (actor, slug, rules) = (actor.clone(), slug.to_owned(), rules.clone());
            Box::pin(async move {
                db::close_gate(tx).await?;
                let event = super::store::by_slug(tx, &slug).await?.ok_or(EventError::Unknown(slug))?;
                if !event.is_open() {
                    return Err(EventError::Closed(event.slug));
                }
                let printed = event.rules.clone();
                let rules = Rules {
                    behaviour: printed.behaviour,
                    amount: printed.amount,
                    codes: printed.codes,
                    ..rules
                };
                check_rules(&rules)?;
                if rules == event.rules {
                    return Ok(event);
                }
                store::update(tx, event.id, &rules).await?;
                let entry = Entry {
                    event: Some(event.id),
                    detail: Some(told(&event.rules, &rules)),
                    ..Entry::new(&actor, "event rules changed", event.slug.to_string())
                };
                audit_log::store::write(tx, now, &entry).await?;
                Ok(Event { rules, ..event })
            })
        })
        .await
}

/// What changed, from what to what.
fn told(before: &Rules, after: &Rules) -> String {
    let amount = |max: Option<crate::money::Cents>| max.map_or("none".to_owned(), |max| max.to_string());
    let all = |rules: &Rules| {
        [
            ("counterfeit", rules.counterfeit.to_string()),
            ("activation", rules.activation.to_string()),
            ("maximum balance", amount(rules.balance_max)),
            ("over it", rules.over_balance.to_string()),
            ("smallest charge", rules.charge_min.to_string()),
            ("largest charge", rules.charge_max.to_string()),
            ("largest with one code", rules.single_charge_max.to_string()),
            ("in ten minutes", rules.single_window_max.to_string()),
            ("second person from", rules.second_person.to_string()),
            ("days end at", format!("{}:00", rules.day_cut_hour)),
        ]
    };
    let pairs = all(before).into_iter().zip(all(after)).filter(|(old, new)| old != new);
    let told: Vec<String> = pairs.map(|((name, old), (_, new))| format!("{name} {old} → {new}")).collect();
    told.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::testing::on_both_engines;
    use crate::events::{Codes, OverBalance, close, store as events};
    use crate::money::Cents;
    use crate::payments::test_festival::Festival;

    #[tokio::test]
    async fn rules_change_but_for_what_is_printed_and_the_log_says_which() {
        on_both_engines(async |store| {
            let festival = Festival::open(store, 1, false).await;
            let (store, now, actor) = (&festival.store, festival.clock.now(), Actor::System("test"));
            let rules = Rules {
                balance_max: Some(Cents(10_000)),
                over_balance: OverBalance::Suspense,
                day_cut_hour: 0,
                codes: Codes::Single,
                amount: Some(Cents(2_000)),
                ..Rules::default()
            };
            let changed = change_rules(store, &actor, now, "pukkelfest", &rules).await.unwrap();
            let read =
                events::by_slug(&mut store.read().await.unwrap(), "pukkelfest").await.unwrap().unwrap();
            assert_eq!(read, changed);
            assert_eq!((read.rules.balance_max, read.rules.codes), (Some(Cents(10_000)), Codes::Separate));
            assert_eq!(read.rules.amount, None);
            let entry =
                audit_log::store::page(&mut store.read().await.unwrap(), None, None, 1).await.unwrap();
            assert_eq!(
                entry[0].detail.as_deref(),
                Some("maximum balance none → € 100,00, over it credit → suspense, days end at 6:00 → 0:00")
            );
            let wrong = Rules { charge_max: Cents(0), ..Rules::default() };
            let refused = change_rules(store, &actor, now, "pukkelfest", &wrong).await;
            assert!(matches!(refused, Err(EventError::Invalid { field: "charge_max_cents", .. })));
            assert!(matches!(
                change_rules(store, &actor, now, "elsewhere", &rules).await,
                Err(EventError::Unknown(_))
            ));
            close(store, &actor, now, "pukkelfest").await.unwrap();
            let late = change_rules(store, &actor, now, "pukkelfest", &rules).await;
            assert!(matches!(late, Err(EventError::Closed(_))));
        })
        .await;
    }
}
