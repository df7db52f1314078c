//! One account: tried, given other keys or its right id, put first, paused, taken away.

use super::{Desk, PATH, SECRETS, Shown, tried, windows};
use crate::audit_log::store::done_to;
use crate::db;
use crate::events::accounts::{self, AccountChange, hanging};
use crate::providers::{Account, ProviderName};
use crate::web::caller::ManageEvents;
use crate::web::console::asked::Named;
use crate::web::console::at::AtFestival;
use crate::web::console::form::Form;
use crate::web::console::meanwhile::{Values, by};
use crate::web::console::set_up::part_shell;
use crate::web::console::shell::Shell;
use crate::web::page::{Sorry, belgian_time};
use crate::web::problem::Problem;
use askama::Template;
use axum::extract::State;
use axum::response::Response;

#[derive(Template)]
#[template(path = "web/console/account.html")]
struct AccountPage {
    shell: Shell,
    path: String,
    form: Form,
    account: Shown,
    /// What of the festival hangs on it: then it keeps its place, and its id but for what the key's own list proves.
    hanging: String,
    /// What can be typed as its id; empty where none can.
    id_hint: String,
    /// There are others, which are asked before it or after it.
    is_one_of_several: bool,
    is_first: bool,
    /// One of another provider can be added.
    has_room: bool,
    /// When the festival was closed, and what that means.
    closed: Option<(String, &'static str)>,
}

/// What a festival's end means for its accounts.
const STAYS: &str =
    "no payments are made there any more. Its key can still be renewed, so that late money is found";

/// `GET /console/{event}/set-up/accounts/{provider}`
pub(in crate::web::console) async fn get(
    at: AtFestival<ManageEvents>,
    State(desk): State<Desk>,
    Named(provider): Named<ProviderName>,
) -> Result<Response, Sorry> {
    desk.show_one(&at, provider, Form::default()).await
}

/// `POST /console/{event}/set-up/accounts/{provider}`: keeps what was typed, once the provider has taken it; with
/// nothing typed it is asked with what is kept.
pub(in crate::web::console) async fn post(
    at: AtFestival<ManageEvents>,
    State(desk): State<Desk>,
    Named(provider): Named<ProviderName>,
    mut form: Form,
) -> Result<Response, Sorry> {
    let window = form.number("signature_window_seconds", windows());
    if !form.is_right() {
        return desk.show_one(&at, provider, form).await;
    }
    let account = desk.account(&at, provider).await?;
    let stored = typed(&account);
    if form.is_outdated(&stored) {
        let who = desk.corrected_by(&at, provider).await?;
        let form = form.outdated(&stored, &who, |_, id| id.to_owned());
        return desk.show_one(&at, provider, form).await;
    }
    let change = AccountChange {
        profile_id: form.optional("profile_id"),
        api_key: form.optional("api_key"),
        webhook_secret: form.optional("webhook_secret"),
        signature_window_seconds: window,
    };
    let (actor, connections) = (at.actor(), desk.adapters.connections());
    let by = (&actor, desk.clock.now());
    let (url, what) = (desk.public_url.0.as_str(), (provider, &change));
    match accounts::change(&desk.store, &desk.keys, connections, url, by, &at.event, what).await {
        Ok(changed) => {
            desk.adapters.forget(at.event.id);
            let answers = tried(&changed.account, "answers to the key that is kept.");
            let said = format!("{answers} {}", changed.in_words());
            Ok(at.done(&desk.path(&at, provider), &said))
        }
        Err(why) => {
            form.refused_account(why)?;
            desk.show_one(&at, provider, form).await
        }
    }
}

/// `POST /console/{event}/set-up/accounts/{provider}/first`
pub(in crate::web::console) async fn put_first(
    at: AtFestival<ManageEvents>,
    State(desk): State<Desk>,
    Named(provider): Named<ProviderName>,
) -> Result<Response, Sorry> {
    if let Some(closed) = closed(&at, provider) {
        return Ok(closed);
    }
    let actor = at.actor();
    let by = (&actor, desk.clock.now());
    let accounts = accounts::put_first(&desk.store, &desk.keys, by, &at.event, provider).await?;
    desk.adapters.forget(at.event.id);
    let when = accounts::when_asked(&accounts);
    Ok(at.done(&desk.path(&at, provider), &format!("{} is asked first{when}.", provider.title())))
}

/// `POST /console/{event}/set-up/accounts/{provider}/pause`
pub(in crate::web::console) async fn pause(
    at: AtFestival<ManageEvents>,
    State(desk): State<Desk>,
    Named(provider): Named<ProviderName>,
) -> Result<Response, Sorry> {
    desk.set_paused(&at, provider, true).await
}

/// `POST /console/{event}/set-up/accounts/{provider}/resume`
pub(in crate::web::console) async fn resume(
    at: AtFestival<ManageEvents>,
    State(desk): State<Desk>,
    Named(provider): Named<ProviderName>,
) -> Result<Response, Sorry> {
    desk.set_paused(&at, provider, false).await
}

/// `POST /console/{event}/set-up/accounts/{provider}/remove`
pub(in crate::web::console) async fn remove(
    at: AtFestival<ManageEvents>,
    State(desk): State<Desk>,
    Named(provider): Named<ProviderName>,
    mut form: Form,
) -> Result<Response, Sorry> {
    let actor = at.actor();
    match accounts::remove(&desk.store, &desk.keys, (&actor, desk.clock.now()), &at.event, provider).await {
        Ok(()) => {
            desk.adapters.forget(at.event.id);
            let said = format!("The account at {} is taken away.", provider.title());
            Ok(at.done(&at.path(PATH), &said))
        }
        Err(why) => {
            form.refused(why, "")?;
            desk.show_one(&at, provider, form).await
        }
    }
}

fn shell(at: &AtFestival<ManageEvents>) -> Shell {
    part_shell(at).under("Other providers", at.path(PATH))
}

/// In place of what a closed festival's account takes no more.
fn closed(at: &AtFestival<ManageEvents>, provider: ProviderName) -> Option<Response> {
    at.closed(shell(at), provider.title(), STAYS)
}

/// What the form is filled with. Keys are never shown, and what is left empty stays.
fn typed(account: &Account) -> Values {
    vec![("profile_id", account.id_there().0.clone())]
}

impl Desk {
    async fn account(&self, at: &AtFestival<ManageEvents>, provider: ProviderName) -> Result<Account, Sorry> {
        let mut session = self.store.read().await?;
        let found = accounts::store::one(&mut session, &self.keys, at.event.id, provider).await?;
        found.ok_or_else(|| Sorry(Problem::not_found()))
    }

    /// Who gave the account at a provider the id that it has, and when.
    async fn corrected_by(
        &self,
        at: &AtFestival<ManageEvents>,
        provider: ProviderName,
    ) -> Result<String, db::Error> {
        let (subject, is_its) = ((at.event.id, at.event.slug.as_str()), format!("{} ", provider.title()));
        let done = ["provider's account added", "provider's account changed"];
        let mut entries = done_to(&mut *self.store.read().await?, subject, &done).await?;
        entries.retain(|entry| {
            let detail = entry.detail.as_deref().unwrap_or_default();
            detail.starts_with(&is_its) && (entry.action == done[0] || detail.contains("; its id was "))
        });
        Ok(by(entries.first()))
    }

    async fn set_paused(
        &self,
        at: &AtFestival<ManageEvents>,
        provider: ProviderName,
        is_paused: bool,
    ) -> Result<Response, Sorry> {
        if let Some(closed) = closed(at, provider) {
            return Ok(closed);
        }
        let (actor, what) = (at.actor(), (provider, is_paused));
        let by = (&actor, self.clock.now());
        accounts::pause(&self.store, &self.keys, by, &at.event, what).await?;
        self.adapters.forget(at.event.id);
        let said = match is_paused {
            true => format!("Nothing new is made at {}.", provider.title()),
            false => format!("Payments are made at {} again.", provider.title()),
        };
        Ok(at.done(&self.path(at, provider), &said))
    }

    async fn show_one(
        &self,
        at: &AtFestival<ManageEvents>,
        provider: ProviderName,
        mut form: Form,
    ) -> Result<Response, Sorry> {
        let status = form.status();
        let mut session = self.store.read().await?;
        let all = accounts::store::all(&mut session, &self.keys, at.event.id).await?;
        let place = all.iter().position(|account| account.provider == provider);
        let place = place.ok_or_else(|| Sorry(Problem::not_found()))?;
        let account = self.shown(&mut session, at, &all[place]).await?;
        let hanging = hanging::on(&mut session, at.event.id, &all[place]).await?;
        drop(session);
        let id_hint = if hanging.is_empty() {
            "Its id at the provider. It can be corrected as long as this festival has no orders, payments or open matters there."
                .to_owned()
        } else if provider.list_names_account() {
            format!(
                "Its id at the provider. This festival has {hanging} there: it can be corrected only to the account under which \
                 the list that the key opens has them."
            )
        } else {
            String::new()
        };
        if id_hint.is_empty() {
            // There is no such field.
            form.beside("profile_id", "");
        } else if form.text("profile_id").is_empty() {
            let stored = typed(&all[place]);
            form = form.instead("profile_id", account.profile_id.as_str()).showing(&stored);
        }
        let mut others = ProviderName::with_accounts();
        let has_room = others.any(|name| !all.iter().any(|account| account.provider == name));
        let shown = AccountPage {
            shell: shell(at),
            path: self.path(at, provider),
            form: SECRETS.into_iter().fold(form, Form::without),
            account,
            hanging,
            id_hint,
            is_one_of_several: all.len() > 1,
            is_first: place == 0,
            has_room: has_room && at.event.is_open(),
            closed: at.event.closed_at.map(|at| (belgian_time(at), STAYS)),
        };
        Ok(at.page(status, &shown))
    }
}
