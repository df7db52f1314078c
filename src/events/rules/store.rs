//! An event's rules in the database.

use crate::db::{Error, Tx, all_written};
use crate::events::Rules;
use crate::ids::EventId;
use crate::language::Language;
use crate::values;

/// Writes what may change of an event's rules.
pub(super) async fn update(tx: &mut Tx, event: EventId, rules: &Rules) -> Result<(), Error> {
    let written = tx
        .execute(
            "UPDATE events SET counterfeit = $2, activation = $3, balance_max_cents = $4, over_balance = $5,
                 charge_min_cents = $6, charge_max_cents = $7, single_charge_max_cents = $8,
                 single_window_max_cents = $9, second_person_cents = $10, day_cut_hour = $11, visitor_language = $12,
                 till_language = $13
             WHERE id = $1",
            values![
                event,
                rules.counterfeit,
                rules.activation,
                rules.balance_max,
                rules.over_balance,
                rules.charge_min,
                rules.charge_max,
                rules.single_charge_max,
                rules.single_window_max,
                rules.second_person,
                i64::from(rules.day_cut_hour),
                rules.visitor_language,
                rules.till_language.map(Language::as_str),
            ],
        )
        .await?;
    all_written(written, 1, "event")
}
