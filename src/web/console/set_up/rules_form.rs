//! The rules of a festival as a form: those that may change while it runs.

use crate::events::Rules;
use crate::web::console::form::{Form, euros};

/// What the choices of the form say.
pub(in crate::web::console) struct Choices {
    pub(in crate::web::console) counterfeits: Vec<(&'static str, &'static str)>,
    pub(in crate::web::console) activations: Vec<(&'static str, &'static str)>,
    pub(in crate::web::console) full: Vec<(&'static str, &'static str)>,
    pub(in crate::web::console) hours: Vec<(String, String)>,
}

impl Choices {
    pub(in crate::web::console) fn new() -> Choices {
        Choices {
            counterfeits: vec![
                ("flag", "Credit it, and tell a person"),
                ("hold", "Keep it in suspense, and tell a person"),
            ],
            activations: vec![
                ("first-top-up", "The first top-up"),
                ("explicit", "An operator: money that comes before waits in suspense"),
            ],
            full: vec![("credit", "Credit it all the same"), ("suspense", "Keep it in suspense")],
            hours: (0..24).map(|hour| (hour.to_string(), format!("{hour}:00"))).collect(),
        }
    }
}

/// The rules as they are typed.
pub(in crate::web::console) fn typed(rules: &Rules) -> Vec<(&'static str, String)> {
    vec![
        ("counterfeit", rules.counterfeit.to_string()),
        ("activation", rules.activation.to_string()),
        ("balance_max", rules.balance_max.map(euros).unwrap_or_default()),
        ("over_balance", rules.over_balance.to_string()),
        ("charge_min", euros(rules.charge_min)),
        ("charge_max", euros(rules.charge_max)),
        ("single_charge_max", euros(rules.single_charge_max)),
        ("single_window_max", euros(rules.single_window_max)),
        ("second_person", euros(rules.second_person)),
        ("day_cut_hour", rules.day_cut_hour.to_string()),
    ]
}

/// Reads them back; what stands in printed codes is the default's. Mistakes are noted.
pub(in crate::web::console) fn read(form: &mut Form) -> Option<Rules> {
    let (counterfeit, activation) = (form.read("counterfeit"), form.read("activation"));
    let (balance_max, over_balance) = (form.amount("balance_max"), form.read("over_balance"));
    let (charge_min, charge_max) = (form.read("charge_min"), form.read("charge_max"));
    let (single_charge_max, single_window_max) =
        (form.read("single_charge_max"), form.read("single_window_max"));
    let (second_person, day_cut_hour) = (form.read("second_person"), form.read("day_cut_hour"));
    Some(Rules {
        counterfeit: counterfeit?,
        activation: activation?,
        balance_max,
        over_balance: over_balance?,
        charge_min: charge_min?,
        charge_max: charge_max?,
        single_charge_max: single_charge_max?,
        single_window_max: single_window_max?,
        second_person: second_person?,
        day_cut_hour: day_cut_hour?,
        ..Rules::default()
    })
    .filter(|_| form.is_right())
}
