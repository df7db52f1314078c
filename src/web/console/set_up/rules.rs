//! The rules of a festival: changed while it runs, and its end.

use super::{part_shell, rules_form};
use crate::clock::Clock;
use crate::db::Store;
use crate::events;
use crate::web::caller::ManageEvents;
use crate::web::console::at::AtFestival;
use crate::web::console::form::Form;
use crate::web::console::shell::Shell;
use crate::web::page::{Sorry, belgian_time};
use askama::Template;
use axum::extract::State;
use axum::response::Response;

const PATH: &str = "/set-up/rules";

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

#[derive(Template)]
#[template(path = "web/console/close.html")]
struct ClosePage {
    shell: Shell,
    path: String,
    back: String,
    name: String,
    slug: String,
    form: Form,
}

/// `GET /console/{event}/set-up/rules`
pub(in crate::web::console) async fn get(at: AtFestival<ManageEvents>) -> Response {
    let form = Form::with(rules_form::typed(&at.event.rules));
    show(&at, form)
}

/// `POST /console/{event}/set-up/rules`
pub(in crate::web::console) async fn post(
    at: AtFestival<ManageEvents>,
    State(store): State<Store>,
    State(clock): State<Clock>,
    mut form: Form,
) -> Result<Response, Sorry> {
    let Some(rules) = rules_form::read(&mut form) else { return Ok(show(&at, form)) };
    let slug = at.event.slug.as_str();
    match events::change_rules(&store, &at.actor(), clock.now(), slug, &rules).await {
        Ok(_) => Ok(at.done(&at.path(PATH), "These rules hold from now on.")),
        Err(why) => {
            form.refused(why, "")?;
            Ok(show(&at, form))
        }
    }
}

fn show(at: &AtFestival<ManageEvents>, form: Form) -> Response {
    let rules = &at.event.rules;
    let amount = rules.amount.map_or("none".to_owned(), |amount| amount.to_string());
    let shown = RulesPage {
        shell: part_shell(at),
        path: at.path(PATH),
        close_path: at.path("/set-up/close"),
        rules: rules_form::Choices::new(),
        printed: vec![
            ("Amount", format!("{} ({amount})", rules.behaviour)),
            ("Codes", rules.codes.to_string()),
            ("Merchant", at.event.merchant.clone()),
        ],
        held: rules_form::told(rules),
        has_one_code: rules.codes == events::Codes::Single,
        closed_at: at.event.closed_at.map(belgian_time),
        form,
    };
    at.page(shown.form.status(), &shown)
}

/// `GET /console/{event}/set-up/close`
pub(in crate::web::console) async fn ask(at: AtFestival<ManageEvents>) -> Response {
    show_close(&at, Form::default())
}

/// `POST /console/{event}/set-up/close`
pub(in crate::web::console) async fn close(
    at: AtFestival<ManageEvents>,
    State(store): State<Store>,
    State(clock): State<Clock>,
    mut form: Form,
) -> Result<Response, Sorry> {
    let slug = at.event.slug.as_str();
    if form.text("slug") != slug {
        form.wrong("slug", format!("type {slug} to say that you mean this festival"));
        return Ok(show_close(&at, form));
    }
    match events::close(&store, &at.actor(), clock.now(), slug).await {
        Ok(event) => {
            Ok(at.done(&at.path(""), &format!("{} is closed: nothing is charged any more.", event.name)))
        }
        Err(why) => {
            form.refused(why, "")?;
            Ok(show_close(&at, form))
        }
    }
}

fn show_close(at: &AtFestival<ManageEvents>, form: Form) -> Response {
    let shown = ClosePage {
        shell: part_shell(at).under("Rules", at.path(PATH)),
        path: at.path("/set-up/close"),
        back: at.path(PATH),
        name: at.event.name.clone(),
        slug: at.event.slug.to_string(),
        form,
    };
    at.page(shown.form.status(), &shown)
}
