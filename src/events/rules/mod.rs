//! Changing an event's rules while it runs.
//!
//! What stands in printed codes (behaviour, amount, which code spends) stays as it was when the event was set up. The rest
//! may change: each batch of the lanes decides under the old rules or under the new ones, never under some of both.

mod store;

use super::create::{first, rule_mistakes};
use super::{Activation, Counterfeit, Event, EventError, OverBalance, Rules, top_up_limits};
use crate::audit_log::{self, Actor, Entry};
use crate::clock::Timestamp;
use crate::db::{self, Store};
use crate::language::Language;
use crate::money::Cents;
use serde::Deserialize;

/// Something that a rule may name or not.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct OrNone<T>(pub Option<T>);

/// The rules that become others; what is left out stays as it is.
#[derive(Clone, Debug, Default)]
#[allow(missing_docs, reason = "they are called as in `Rules`")]
pub struct RuleChanges {
    pub counterfeit: Option<Counterfeit>,
    pub activation: Option<Activation>,
    pub balance_max: Option<OrNone<Cents>>,
    pub over_balance: Option<OverBalance>,
    pub charge_min: Option<Cents>,
    pub charge_max: Option<Cents>,
    pub single_charge_max: Option<Cents>,
    pub single_window_max: Option<Cents>,
    pub second_person: Option<Cents>,
    pub day_cut_hour: Option<i8>,
    pub visitor_language: Option<Language>,
    pub till_language: Option<OrNone<Language>>,
}

impl RuleChanges {
    /// What makes other rules of these.
    #[must_use]
    pub fn between(before: &Rules, after: &Rules) -> RuleChanges {
        fn other<T: PartialEq + Copy>(before: T, after: T) -> Option<T> {
            (before != after).then_some(after)
        }
        RuleChanges {
            counterfeit: other(before.counterfeit, after.counterfeit),
            activation: other(before.activation, after.activation),
            balance_max: other(before.balance_max, after.balance_max).map(OrNone),
            over_balance: other(before.over_balance, after.over_balance),
            charge_min: other(before.charge_min, after.charge_min),
            charge_max: other(before.charge_max, after.charge_max),
            single_charge_max: other(before.single_charge_max, after.single_charge_max),
            single_window_max: other(before.single_window_max, after.single_window_max),
            second_person: other(before.second_person, after.second_person),
            day_cut_hour: other(before.day_cut_hour, after.day_cut_hour),
            visitor_language: other(before.visitor_language, after.visitor_language),
            till_language: other(before.till_language, after.till_language).map(OrNone),
        }
    }

    /// Rules with these changes.
    #[must_use]
    pub fn of(&self, rules: &Rules) -> Rules {
        Rules {
            behaviour: rules.behaviour,
            amount: rules.amount,
            codes: rules.codes,
            counterfeit: self.counterfeit.unwrap_or(rules.counterfeit),
            activation: self.activation.unwrap_or(rules.activation),
            balance_max: self.balance_max.map_or(rules.balance_max, |OrNone(max)| max),
            over_balance: self.over_balance.unwrap_or(rules.over_balance),
            charge_min: self.charge_min.unwrap_or(rules.charge_min),
            charge_max: self.charge_max.unwrap_or(rules.charge_max),
            single_charge_max: self.single_charge_max.unwrap_or(rules.single_charge_max),
            single_window_max: self.single_window_max.unwrap_or(rules.single_window_max),
            second_person: self.second_person.unwrap_or(rules.second_person),
            day_cut_hour: self.day_cut_hour.unwrap_or(rules.day_cut_hour),
            visitor_language: self.visitor_language.unwrap_or(rules.visitor_language),
            till_language: self.till_language.map_or(rules.till_language, |OrNone(language)| language),
        }
    }
}

/// Changes some of an open event's rules; nobody's change to another one is lost. From the moment this returns every instance
/// decides by them.
///
/// # Errors
/// [`EventError::Unknown`], [`EventError::Closed`], [`EventError::Invalid`] naming the field, or the database's.
pub async fn change_rules(
    store: &Store,
    actor: &Actor,
    now: Timestamp,
    slug: &str,
    changes: &RuleChanges,
) -> Result<Event, EventError> {
    store
        .transact(|tx| {
            let (actor, slug, changes) = (actor.clone(), slug.to_owned(), changes.clone());
            Box::pin(async move {
                db::close_gate(tx).await?;
                let event = super::store::by_slug(tx, &slug).await?.ok_or(EventError::Unknown(slug))?;
                if !event.is_open() {
                    return Err(EventError::Closed(event.slug));
                }
                let rules = changes.of(&event.rules);
                let limits = top_up_limits::of(tx, &event).await?;
                first(rule_mistakes(Some(&event.rules), &rules, limits))?;
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
    let amount = |max: Option<Cents>| max.map_or("none".to_owned(), |max| max.to_string());
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
            ("visitors' language", rules.visitor_language.to_string()),
            ("tills begin in", rules.till_language.map_or("their own", Language::as_str).to_owned()),
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
                visitor_language: Language::French,
                till_language: Some(Language::German),
                codes: Codes::Single,
                amount: Some(Cents(2_000)),
                ..Rules::default()
            };
            let changes = RuleChanges::between(&festival.event.rules, &rules);
            let changed = change_rules(store, &actor, now, "pukkelfest", &changes).await.unwrap();
            let read =
                events::by_slug(&mut store.read().await.unwrap(), "pukkelfest").await.unwrap().unwrap();
            assert_eq!(read, changed);
            assert_eq!((read.rules.balance_max, read.rules.codes), (Some(Cents(10_000)), Codes::Separate));
            assert_eq!(read.rules.amount, None);
            assert_eq!(read.rules.till_language, Some(Language::German));
            let entry =
                audit_log::store::page(&mut store.read().await.unwrap(), None, None, 1).await.unwrap();
            assert_eq!(
                entry[0].detail.as_deref(),
                Some(
                    "maximum balance none → € 100,00, over it credit → suspense, days end at 6:00 → 0:00, visitors' \
                     language nl → fr, tills begin in their own → de"
                )
            );
            // Somebody else's, whose page was opened before.
            let later = RuleChanges { charge_min: Some(Cents(20)), ..RuleChanges::default() };
            let changed = change_rules(store, &actor, now, "pukkelfest", &later).await.unwrap();
            assert_eq!((changed.rules.charge_min, changed.rules.day_cut_hour), (Cents(20), 0));
            let wrong = RuleChanges { charge_max: Some(Cents(0)), ..RuleChanges::default() };
            let refused = change_rules(store, &actor, now, "pukkelfest", &wrong).await;
            assert!(matches!(refused, Err(EventError::Invalid { field: "charge_max_cents", .. })));
            assert!(matches!(
                change_rules(store, &actor, now, "elsewhere", &changes).await,
                Err(EventError::Unknown(_))
            ));
            close(store, &actor, now, "pukkelfest").await.unwrap();
            let late = change_rules(store, &actor, now, "pukkelfest", &changes).await;
            assert!(matches!(late, Err(EventError::Closed(_))));
        })
        .await;
    }
}
