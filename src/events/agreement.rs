//! What rules and top-up limits say of the same amounts has to leave room for both.
//!
//! An event of an older version may hold a contradiction. It stays as it is until one of its amounts is changed: everything
//! else can be changed meanwhile.

use super::top_up_limits::{TopUpLimits, holds};
use super::{Codes, EventError, Rules};

/// What says how much a wallet holds at most.
const HOLDS: &[&str] = &["balance_max_cents", "over_balance"];
/// That and the smallest charge.
const HOLDS_A_CHARGE: &[&str] = &["balance_max_cents", "over_balance", "charge_min_cents"];
/// What one code pays, and the smallest charge.
const PAYS_A_CHARGE: &[&str] = &["single_charge_max_cents", "charge_min_cents"];
/// What is printed in codes.
const PRINTED: &[&str] = &["amount_cents"];

/// Two amounts, one of which leaves no room for the other.
#[derive(PartialEq, Eq)]
struct Contradiction {
    /// What of the rules is one side of it: the first is named where more of them were changed.
    rules: &'static [&'static str],
    /// What of the top-up limits is to be another one, where they are one side of it; empty where they are none.
    limit: &'static str,
    /// Both amounts.
    why: String,
}

impl Contradiction {
    /// The field that was changed; of a new event the first.
    fn field(&self, before: Option<&Rules>, after: &Rules) -> &'static str {
        let is_changed = |field: &&str| before.is_some_and(|before| differ(field, before, after));
        self.rules.iter().copied().find(is_changed).unwrap_or(self.rules[0])
    }
}

fn differ(field: &str, before: &Rules, after: &Rules) -> bool {
    match field {
        "balance_max_cents" => before.balance_max != after.balance_max,
        "over_balance" => before.over_balance != after.over_balance,
        "charge_min_cents" => before.charge_min != after.charge_min,
        "single_charge_max_cents" => before.single_charge_max != after.single_charge_max,
        _ => false,
    }
}

/// All that contradicts in rules, or between them and these limits, where those before, if there are any, did not.
pub(super) fn mistakes(before: Option<&Rules>, after: &Rules, limits: TopUpLimits) -> Vec<EventError> {
    let known = before.map(|rules| contradictions(rules, limits)).unwrap_or_default();
    let new = contradictions(after, limits).into_iter().filter(|found| !known.contains(found));
    new.map(|found| EventError::Invalid { field: found.field(before, after), why: found.why }).collect()
}

/// Refuses top-up limits that contradict the rules, where those before did not.
pub(super) fn check_limits(rules: &Rules, before: TopUpLimits, after: TopUpLimits) -> Result<(), EventError> {
    let known = contradictions(rules, before);
    let new = contradictions(rules, after).into_iter().find(|found| !known.contains(found));
    new.map_or(Ok(()), |found| Err(EventError::Invalid { field: found.limit, why: found.why }))
}

fn contradictions(rules: &Rules, limits: TopUpLimits) -> Vec<Contradiction> {
    let TopUpLimits { min, max } = limits;
    let mut found = Vec::new();
    let mut note = |rules, limit, why| found.push(Contradiction { rules, limit, why });
    if let Some(most) = holds(rules) {
        if min > most {
            let why = format!(
                "the smallest top-up is {min}, and a wallet holds {most} at most: nothing could be paid on the top-up page"
            );
            note(HOLDS, "min_cents", why);
        }
        if let Some(amount) = rules.amount.filter(|amount| *amount > most) {
            let why = format!(
                "printed codes say {amount}, and a wallet holds {most} at most: money paid with them would wait in suspense"
            );
            note(HOLDS, "", why);
        }
        let least = rules.charge_min;
        if least > most {
            let why = format!(
                "the smallest charge is {least}, and a wallet holds {most} at most: nothing could be sold"
            );
            note(HOLDS_A_CHARGE, "", why);
        }
    }
    if let Some(amount) = rules.amount.filter(|amount| !limits.allow(*amount)) {
        let limit = if amount < min { "min_cents" } else { "max_cents" };
        let why = format!("printed codes say {amount}, and the top-up page would take {min} to {max}");
        note(PRINTED, limit, why);
    }
    let (least, most) = (rules.charge_min, rules.single_charge_max);
    if rules.codes == Codes::Single && least > most {
        let why = format!(
            "the smallest charge is {least}, and one code pays {most} at most: nothing could be sold"
        );
        note(PAYS_A_CHARGE, "", why);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::create::first;
    use super::*;
    use crate::events::{Behaviour, OverBalance};
    use crate::money::Cents;

    fn limits(min: i64, max: i64) -> TopUpLimits {
        TopUpLimits { min: Cents(min), max: Cents(max) }
    }

    fn refused(result: Result<(), EventError>) -> Option<(&'static str, String)> {
        match result {
            Ok(()) => None,
            Err(EventError::Invalid { field, why }) => Some((field, why)),
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn each_contradiction_is_refused_with_both_amounts_on_either_side() {
        let parks = |most| Rules {
            balance_max: Some(Cents(most)),
            over_balance: OverBalance::Suspense,
            ..Rules::default()
        };
        let fixed = Rules { behaviour: Behaviour::Fixed, amount: Some(Cents(2_000)), ..Rules::default() };
        for (rules, limits, field, amounts) in [
            (parks(1_000), limits(1_001, 5_000), "balance_max_cents", ["€ 10,01", "€ 10,00"]),
            (
                Rules { amount: fixed.amount, behaviour: fixed.behaviour, ..parks(1_999) },
                limits(1, 5_000),
                "balance_max_cents",
                ["€ 20,00", "€ 19,99"],
            ),
            (
                Rules { charge_min: Cents(200), ..parks(100) },
                limits(1, 5_000),
                "balance_max_cents",
                ["€ 2,00", "€ 1,00"],
            ),
            (fixed.clone(), limits(1, 1_999), "amount_cents", ["€ 20,00", "€ 19,99"]),
            (
                Rules { codes: Codes::Single, charge_min: Cents(2_501), ..Rules::default() },
                limits(1, 5_000),
                "single_charge_max_cents",
                ["€ 25,01", "€ 25,00"],
            ),
        ] {
            let (named, why) = refused(first(mistakes(None, &rules, limits))).expect(field);
            assert_eq!(named, field, "{why}");
            for amount in amounts {
                assert!(why.contains(amount), "{amount} is not in {why}");
            }
        }
        for (rules, limits) in [
            (parks(1_000), limits(1_000, 5_000)),
            (Rules { over_balance: OverBalance::Credit, ..parks(1_000) }, limits(1_001, 5_000)),
            (fixed.clone(), limits(2_000, 2_000)),
            (Rules { charge_min: Cents(2_501), ..Rules::default() }, limits(1, 5_000)),
        ] {
            assert_eq!(refused(first(mistakes(None, &rules, limits))), None);
        }
        for (rules, after, field) in [
            (parks(1_000), limits(1_001, 5_000), "min_cents"),
            (fixed.clone(), limits(2_001, 5_000), "min_cents"),
            (fixed, limits(1, 1_999), "max_cents"),
        ] {
            let said = refused(check_limits(&rules, limits(1, 5_000), after));
            assert_eq!(said.map(|(field, _)| field), Some(field));
        }
    }

    #[test]
    fn the_field_that_was_changed_is_named_and_the_maximum_where_both_were() {
        let old = Rules {
            balance_max: Some(Cents(1_000)),
            over_balance: OverBalance::Suspense,
            codes: Codes::Single,
            ..Rules::default()
        };
        let credits = Rules { over_balance: OverBalance::Credit, ..old.clone() };
        let small = Rules { balance_max: Some(Cents(100)), ..old.clone() };
        let dear = Rules { charge_min: Cents(1_001), ..old.clone() };
        let both = Rules { charge_min: Cents(101), ..small.clone() };
        let capped = Rules { single_charge_max: Cents(100), charge_min: Cents(101), ..old.clone() };
        for (before, after, min, field) in [
            (&old, &small, 500, "balance_max_cents"),
            (&credits, &old, 1_001, "over_balance"),
            (&old, &dear, 1, "charge_min_cents"),
            (&old, &both, 1, "balance_max_cents"),
            (&old, &capped, 1, "single_charge_max_cents"),
            (&Rules { charge_min: Cents(1), ..capped.clone() }, &capped, 1, "charge_min_cents"),
        ] {
            let said = refused(first(mistakes(Some(before), after, limits(min, 5_000))));
            assert_eq!(said.map(|(field, _)| field), Some(field));
        }
    }

    #[test]
    fn an_event_that_contradicts_itself_can_be_changed_until_it_does_not() {
        let old = Rules {
            balance_max: Some(Cents(1_000)),
            over_balance: OverBalance::Suspense,
            ..Rules::default()
        };
        let odd = limits(4_000, 5_000);
        let named = Rules { day_cut_hour: 4, ..old.clone() };
        let fuller = Rules { balance_max: Some(Cents(4_000)), ..old.clone() };
        for after in [&old, &named, &fuller] {
            assert_eq!(refused(first(mistakes(Some(&old), after, odd))), None);
        }
        for after in [odd, limits(4_000, 4_500), limits(1_000, 5_000)] {
            assert_eq!(refused(check_limits(&old, odd, after)), None);
        }
        let other = Rules { balance_max: Some(Cents(2_000)), ..old.clone() };
        assert!(
            refused(first(mistakes(Some(&old), &other, odd))).is_some(),
            "it would be a contradiction anew"
        );
        assert!(refused(check_limits(&old, odd, limits(3_000, 5_000))).is_some());
    }
}
