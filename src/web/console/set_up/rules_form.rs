//! The rules of a festival as a form: those that may change while it runs.

use crate::events::{Codes, Rules};
use crate::language::Language;
use crate::money::Cents;
use crate::web::console::form::{Form, euros};
use crate::web::console::meanwhile::Values;
use crate::web::console::words;

/// What the choices of the form say.
pub(in crate::web::console) struct Choices {
    pub(in crate::web::console) counterfeits: Vec<(&'static str, &'static str)>,
    pub(in crate::web::console) activations: Vec<(&'static str, &'static str)>,
    pub(in crate::web::console) full: Vec<(&'static str, &'static str)>,
    pub(in crate::web::console) hours: Vec<(String, String)>,
    pub(in crate::web::console) languages: Vec<(&'static str, &'static str)>,
    pub(in crate::web::console) till_languages: Vec<(&'static str, &'static str)>,
}

impl Choices {
    pub(in crate::web::console) fn new() -> Choices {
        let languages = words::languages();
        let mut till_languages = vec![("", "The device's own")];
        till_languages.extend(&languages);
        Choices {
            counterfeits: vec![
                ("flag", "Credit it, and tell a person"),
                ("hold", "Into suspense, and tell a person"),
            ],
            activations: vec![("first-top-up", "The first top-up"), ("explicit", "An operator")],
            full: vec![("credit", "Credit it all the same"), ("suspense", "Keep it in suspense")],
            hours: (0..24).map(|hour| (hour.to_string(), format!("{hour}:00"))).collect(),
            languages,
            till_languages,
        }
    }

    /// What a field's value is called where it is chosen; an amount as it is.
    pub(in crate::web::console) fn told(&self, name: &str, value: &str) -> String {
        let choices = match name {
            "counterfeit" => &self.counterfeits,
            "activation" => &self.activations,
            "over_balance" => &self.full,
            "visitor_language" => &self.languages,
            "till_language" => &self.till_languages,
            "day_cut_hour" => return format!("{value}:00"),
            _ => return value.to_owned(),
        };
        said(choices, value)
    }
}

fn said(choices: &[(&'static str, &'static str)], value: &str) -> String {
    let found = choices.iter().find(|(known, _)| *known == value);
    found.map_or(value, |(_, words)| *words).to_owned()
}

/// The rules as they are typed.
pub(in crate::web::console) fn typed(rules: &Rules) -> Values {
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
        ("visitor_language", rules.visitor_language.to_string()),
        ("till_language", rules.till_language.map_or("", Language::as_str).to_owned()),
    ]
}

/// The rules as they are told where none can be changed any more: a name and its value.
pub(in crate::web::console) fn told(rules: &Rules) -> Vec<(&'static str, String)> {
    let choices = Choices::new();
    let till_language = rules.till_language.map_or("", Language::as_str);
    let mut told = vec![
        ("Smallest charge", rules.charge_min.to_string()),
        ("Largest charge", rules.charge_max.to_string()),
        (
            "Most a wallet should hold",
            rules.balance_max.map_or("any amount".to_owned(), |max| max.to_string()),
        ),
        ("A top-up that leads over it", said(&choices.full, rules.over_balance.as_str())),
        ("Money whose text is not the printed one", said(&choices.counterfeits, rules.counterfeit.as_str())),
        ("What makes a wristband work", said(&choices.activations, rules.activation.as_str())),
        ("Two people decide from", rules.second_person.to_string()),
        ("A day of the books ends at", format!("{}:00", rules.day_cut_hour)),
        ("Language of visitors' pages", rules.visitor_language.own_name().to_owned()),
        ("Language of a new terminal", said(&choices.till_languages, till_language)),
    ];
    if rules.codes == Codes::Single {
        told.push(("Largest charge with the one code", rules.single_charge_max.to_string()));
        told.push(("Most in ten minutes", rules.single_window_max.to_string()));
    }
    told
}

/// Reads them back; what stands in printed codes is the default's. Mistakes are noted. What can't be read is put as what goes
/// with anything else, so that the rest is looked at all the same and all mistakes are named at once.
pub(in crate::web::console) fn read(form: &mut Form) -> Rules {
    let any = Rules { single_charge_max: Cents(1), ..Rules::default() };
    Rules {
        counterfeit: form.read("counterfeit").unwrap_or(any.counterfeit),
        activation: form.read("activation").unwrap_or(any.activation),
        balance_max: form.amount("balance_max"),
        over_balance: form.read("over_balance").unwrap_or(any.over_balance),
        charge_min: form.read("charge_min").unwrap_or(any.charge_min),
        charge_max: form.read("charge_max").unwrap_or(any.charge_max),
        single_charge_max: form.read("single_charge_max").unwrap_or(any.single_charge_max),
        single_window_max: form.read("single_window_max").unwrap_or(any.single_window_max),
        second_person: form.read("second_person").unwrap_or(any.second_person),
        day_cut_hour: form.read("day_cut_hour").unwrap_or(any.day_cut_hour),
        visitor_language: form.read("visitor_language").unwrap_or(any.visitor_language),
        till_language: form.read_optional("till_language"),
        ..any
    }
}
