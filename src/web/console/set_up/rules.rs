//! The rules of a festival, changed while it runs.

use super::{part_shell, rules_form};
use crate::clock::Clock;
use crate::db::Store;
use crate::events::{self, Behaviour, Codes, RuleChanges, top_up_limits};
use crate::web::caller::ManageEvents;
use crate::web::console::at::AtFestival;
use crate::web::console::form::Form;
use crate::web::console::meanwhile::changed_by;
use crate::web::console::shell::Shell;
use crate::web::page::{Sorry, belgian_time};
use askama::Template;
use axum::extract::State;
use axum::response::Response;

pub(super) const PATH: &str = "/set-up/rules";

#[derive(Template)]
#[template(path = "web/console/rules.html")]
struct RulesPage {
    shell: Shell,
    path: String,
    close_path: String,
    form: Form,
    rules: rules_form::Choices,
    /// What stands in printed codes: a name and its value.
    printed: Vec<(&'static str, String)>,
    /// What may change while it runs, of a festival that is closed.
    held: Vec<(&'static str, String)>,
    has_one_code: bool,
    closed_at: Option<String>,
}

/// `GET /console/{event}/set-up/rules`
pub(in crate::web::console) async fn get(at: AtFestival<ManageEvents>) -> Response {
    show(&at, Form::over(&rules_form::typed(&at.event.rules)))
}

/// `POST /console/{event}/set-up/rules`
pub(in crate::web::console) async fn post(
    at: AtFestival<ManageEvents>,
    State(store): State<Store>,
    State(clock): State<Clock>,
    mut form: Form,
) -> Result<Response, Sorry> {
    let (stored, slug) = (rules_form::typed(&at.event.rules), at.event.slug.as_str());
    if at.event.rules.codes != Codes::Single {
        // Nobody sees them there, and nobody changes them.
        for (name, value) in stored.iter().filter(|(name, _)| name.starts_with("single_")) {
            form = form.instead(name, value.as_str());
        }
    }
    if form.is_outdated(&stored) {
        let who = changed_by(&store, at.event.id, (&["event rules changed"], slug)).await?;
        let choices = rules_form::Choices::new();
        return Ok(show(&at, form.outdated(&stored, &who, |name, value| choices.told(name, value))));
    }
    // What somebody else changes at the same moment stays.
    let changes = RuleChanges::between(&at.event.rules, &rules_form::read(&mut form));
    let limits = top_up_limits::of(&mut *store.read().await?, &at.event).await?;
    for why in events::rule_mistakes(Some(&at.event.rules), &changes.of(&at.event.rules), limits) {
        form.refused(why, "")?;
    }
    if !form.is_right() {
        return Ok(show(&at, form));
    }
    match events::change_rules(&store, &at.actor(), clock.now(), slug, &changes).await {
        Ok(event) => {
            let limits = top_up_limits::of(&mut *store.read().await?, &event).await?;
            let above = limits.above_balance(&event.rules).map(|above| format!(" {above}."));
            let said = format!("These rules hold from now on.{}", above.unwrap_or_default());
            Ok(at.done(&at.path(PATH), &said))
        }
        Err(why) => {
            form.refused(why, "")?;
            Ok(show(&at, form))
        }
    }
}

fn show(at: &AtFestival<ManageEvents>, form: Form) -> Response {
    let rules = &at.event.rules;
    let proposed = rules.amount.map(|amount| amount.to_string()).unwrap_or_default();
    let amount = match rules.behaviour {
        Behaviour::Defined => "the payer types it".to_owned(),
        Behaviour::Modifiable => format!("{proposed} is proposed and may be changed"),
        Behaviour::Fixed => format!("{proposed}, which can't be changed"),
    };
    let codes = match rules.codes {
        Codes::Separate => "two: one adds money, a secret one spends",
        Codes::Single => "one that does both, within limits",
    };
    let shown = RulesPage {
        shell: part_shell(at),
        path: at.path(PATH),
        close_path: at.path("/set-up/close"),
        rules: rules_form::Choices::new(),
        printed: vec![
            ("Amount", amount),
            ("Codes of a wristband", codes.to_owned()),
            ("Merchant", at.event.merchant.clone()),
        ],
        held: rules_form::told(rules),
        has_one_code: rules.codes == Codes::Single,
        closed_at: at.event.closed_at.map(belgian_time),
        form,
    };
    at.page(shown.form.status(), &shown)
}
