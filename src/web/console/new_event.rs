//! A new festival: what it is called, whose money it takes, how its codes behave.

use super::at::AtConsole;
use super::form::Form;
use super::set_up::rules_form;
use super::shell::{Place, Shell, festival_path};
use crate::clock::Clock;
use crate::db::Store;
use crate::events::{self, Behaviour, Codes, NewEvent, NewProfile, Rules};
use crate::media::print_shop::check_names;
use crate::secrets::KeyFile;
use crate::web::caller::ManageEvents;
use crate::web::page::Sorry;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use std::sync::Arc;

#[derive(Template)]
#[template(path = "web/console/new_event.html")]
struct NewEventPage {
    shell: Shell,
    form: Form,
    behaviours: Vec<(&'static str, &'static str)>,
    codes: Vec<(&'static str, &'static str)>,
    environments: Vec<(&'static str, &'static str)>,
    rules: rules_form::Choices,
}

/// `GET /console/new`
pub(super) async fn get(at: AtConsole<ManageEvents>) -> Response {
    let mut typed = rules_form::typed(&Rules::default());
    typed.extend([("environment", "production".to_owned())]);
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
    // Rules that can't be read leave the rest to be looked at: all mistakes are named at once.
    let rules = match printed.zip(changeable) {
        Some(((behaviour, codes), rules)) => Rules { behaviour, codes, amount, ..rules },
        None => Rules::default(),
    };
    let new = NewEvent {
        slug: form.text("slug").to_owned(),
        name: form.text("name").to_owned(),
        merchant: form.optional("merchant"),
        rules,
        profile: NewProfile {
            profile_id: form.text("profile_id").to_owned(),
            environment: form.optional("environment"),
            api_url: form.optional("api_url"),
            key_set_url: form.optional("key_set_url"),
            pay_url: form.optional("pay_url"),
            api_key: None,
        },
    };
    for why in events::mistakes(&new).into_iter().chain(check_names(&new).err()) {
        form.refused(why, "")?;
    }
    if !form.is_right() {
        return Ok(show(&at, form));
    }
    match events::create(&store, &keys, &at.actor(), clock.now(), &new).await {
        Ok(event) => {
            let said = format!("{} is set up. Next: the provider's key.", event.name);
            Ok(at.done(&format!("{}/set-up/provider", festival_path(&event)), &said))
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

fn show(at: &AtConsole<ManageEvents>, form: Form) -> Response {
    let shown = NewEventPage {
        shell: at.shell(Place::Festivals).under("Festivals", "/console"),
        behaviours: vec![
            ("defined", "Defined: the payer types the amount"),
            ("modifiable", "Modifiable: an amount is proposed and may be changed"),
            ("fixed", "Fixed: the amount can't be changed"),
        ],
        codes: vec![
            ("separate", "Two: one adds money, a secret one spends"),
            ("single", "One that does both, within limits"),
        ],
        environments: vec![
            ("production", "Production: real money"),
            ("preprod", "Preprod: Bancontact's test environment"),
        ],
        rules: rules_form::Choices::new(),
        form,
    };
    at.page(shown.form.status(), &shown)
}
