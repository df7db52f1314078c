//! A new festival: what it is called, whose money it takes, how its codes behave.

use super::at::AtConsole;
use super::form::Form;
use super::set_up::provider::ENVIRONMENTS;
use super::set_up::rules_form;
use super::shell::{Place, Shell, festival_path};
use crate::clock::Clock;
use crate::db::Store;
use crate::events::{self, Behaviour, Codes, NewEvent, NewProfile, Rules};
use crate::media::print_shop::check_names;
use crate::providers::ProviderName;
use crate::secrets::KeyFile;
use crate::web::caller::ManageEvents;
use crate::web::page::Sorry;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use std::sync::Arc;

/// No Bancontact: an account at another provider is entered afterwards.
const LATER: &str = "later";

#[derive(Template)]
#[template(path = "web/console/new_event.html")]
struct NewEventPage {
    shell: Shell,
    form: Form,
    behaviours: Vec<(&'static str, &'static str)>,
    codes: Vec<(&'static str, &'static str)>,
    providers: [(&'static str, String); 2],
    environments: [(&'static str, &'static str); 2],
    rules: rules_form::Choices,
}

/// `GET /console/new`
pub(super) async fn get(at: AtConsole<ManageEvents>) -> Response {
    let mut typed = rules_form::typed(&Rules::default());
    typed.extend([("provider", "bancontact".to_owned()), ("environment", "production".to_owned())]);
    show(&at, Form::with(typed))
}

/// `POST /console/new`
pub(super) async fn post(
    at: AtConsole<ManageEvents>,
    State(store): State<Store>,
    State(keys): State<Arc<KeyFile>>,
    State(clock): State<Clock>,
    mut form: Form,
) -> Result<Response, Sorry> {
    let printed = form.read::<Behaviour>("behaviour").zip(form.read::<Codes>("codes"));
    let (amount, changeable) = (form.amount("amount"), rules_form::read(&mut form));
    let rules = match printed {
        Some((behaviour, codes)) => Rules { behaviour, codes, amount, ..changeable },
        None => changeable,
    };
    let new = NewEvent {
        slug: form.text("slug").to_owned(),
        name: form.text("name").to_owned(),
        merchant: form.optional("merchant"),
        rules,
        profile: profile(&mut form),
    };
    let needed: &[&str] =
        if new.profile.is_some() { &["name", "slug", "profile_id"] } else { &["name", "slug"] };
    for field in needed {
        form.needs(field);
    }
    for why in events::mistakes(&new).into_iter().chain(check_names(&new).err()) {
        form.refused(why, "")?;
    }
    if !form.is_right() {
        return Ok(show(&at, form));
    }
    match events::create(&store, &keys, &at.actor(), clock.now(), &new).await {
        Ok(event) => {
            let (what, part) = match &new.profile {
                Some(_) => ("the provider's key", "provider"),
                None => ("an account at a provider", "accounts"),
            };
            let said = format!("{} is set up. Next: {what}.", event.name);
            Ok(at.done(&format!("{}/set-up/{part}", festival_path(&event)), &said))
        }
        Err(why) => {
            let field = match &why {
                events::EventError::SlugTaken(_) => "slug",
                events::EventError::ProfileTaken(_) => "profile_id",
                _ => "",
            };
            form.refused(why, field)?;
            Ok(show(&at, form))
        }
    }
}

/// The Bancontact profile that was typed, unless another provider is to come.
fn profile(form: &mut Form) -> Option<NewProfile> {
    if form.text("provider") == LATER {
        if form.optional("profile_id").is_some() {
            form.wrong("profile_id", "leave it empty, or choose Bancontact above");
        }
        return None;
    }
    Some(form.profile())
}

fn show(at: &AtConsole<ManageEvents>, form: Form) -> Response {
    let others = ProviderName::list_with_accounts(ProviderName::title, "or");
    let shown = NewEventPage {
        shell: at.shell(Place::Festivals).under("Festivals", "/console"),
        behaviours: vec![
            ("defined", "The payer types it"),
            ("modifiable", "One is proposed, and may be changed"),
            ("fixed", "Fixed"),
        ],
        codes: vec![("separate", "Two: one adds, one spends"), ("single", "One that does both")],
        providers: [("bancontact", "Bancontact".to_owned()), (LATER, others)],
        environments: ENVIRONMENTS,
        rules: rules_form::Choices::new(),
        form,
    };
    at.page(shown.form.status(), &shown)
}
