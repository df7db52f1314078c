//! A festival's end: said with what it ends over, before it is done.

use super::{part_shell, rules};
use crate::clock::Clock;
use crate::db::Store;
use crate::events;
use crate::ledger::AccountKind;
use crate::ledger::tallies::balance;
use crate::ledger::tallies::store::since_the_beginning;
use crate::money::Cents;
use crate::payments::parked;
use crate::plural::listed;
use crate::terminals::sightings;
use crate::web::app::Statements;
use crate::web::caller::ManageEvents;
use crate::web::console::at::AtFestival;
use crate::web::console::form::Form;
use crate::web::console::shell::Shell;
use crate::web::console::words::counted;
use crate::web::page::Sorry;
use askama::Template;
use axum::extract::{FromRef, State};
use axum::response::Response;
use uuid::Uuid;

/// Terminals and open matters counted.
const COUNTED_MAX: usize = 1_000;

#[derive(Template)]
#[template(path = "web/console/close.html")]
struct ClosePage {
    shell: Shell,
    path: String,
    back: String,
    name: String,
    slug: String,
    /// Of one that is open.
    stands: Option<Stands>,
    form: Form,
}

/// What a festival is closed over.
struct Stands {
    on_wallets: Cents,
    in_suspense: Cents,
    on_its_way_back: Cents,
    /// `1 matter`, `1000 matters and more`
    matters: String,
    terminals: String,
    /// Where it has a profile or an account that another festival may have then: `Bancontact and WooshPay`.
    frees: String,
}

/// What the page is made of.
#[derive(Clone)]
pub(in crate::web::console) struct Look {
    store: Store,
    statements: Statements,
}

impl FromRef<crate::web::App> for Look {
    fn from_ref(app: &crate::web::App) -> Look {
        Look { store: Store::from_ref(app), statements: Statements::from_ref(app) }
    }
}

/// `GET /console/{event}/set-up/close`
pub(in crate::web::console) async fn get(
    at: AtFestival<ManageEvents>,
    State(look): State<Look>,
) -> Result<Response, Sorry> {
    look.show(&at, Form::default()).await
}

/// `POST /console/{event}/set-up/close`
pub(in crate::web::console) async fn post(
    at: AtFestival<ManageEvents>,
    State(look): State<Look>,
    State(clock): State<Clock>,
    mut form: Form,
) -> Result<Response, Sorry> {
    let slug = at.event.slug.as_str();
    if form.text("slug") != slug {
        form.wrong("slug", format!("type {slug} to say that you mean this festival"));
        return look.show(&at, form).await;
    }
    match events::close(&look.store, &at.actor(), clock.now(), slug).await {
        Ok(event) => {
            Ok(at.done(&at.path(""), &format!("{} is closed: nothing is charged any more.", event.name)))
        }
        Err(why) => {
            form.refused(why, "")?;
            look.show(&at, form).await
        }
    }
}

impl Look {
    async fn show(&self, at: &AtFestival<ManageEvents>, form: Form) -> Result<Response, Sorry> {
        let stands = if at.event.is_open() { Some(self.stands(at).await?) } else { None };
        let shown = ClosePage {
            shell: part_shell(at).under("Rules", at.path(rules::PATH)),
            path: at.path("/set-up/close"),
            back: at.path(rules::PATH),
            name: at.event.name.clone(),
            slug: at.event.slug.to_string(),
            stands,
            form,
        };
        Ok(at.page(shown.form.status(), &shown))
    }

    async fn stands(&self, at: &AtFestival<ManageEvents>) -> Result<Stands, Sorry> {
        let _turn = self.statements.turn().await;
        let (mut session, event) = (self.store.read().await?, at.event.id);
        let all = since_the_beginning(&mut session, event).await?;
        let most = i64::try_from(COUNTED_MAX).unwrap_or(i64::MAX).saturating_add(1);
        let matters = parked::store::open(&mut session, event, Uuid::nil(), most).await?.len();
        let terminals = sightings::store::of_event(&mut session, event, most).await?.len();
        let providers = events::accounts::store::names(&mut session, event).await?;
        let frees: Vec<&str> = providers.iter().map(|(provider, _)| provider.title()).collect();
        Ok(Stands {
            on_wallets: balance(&all, AccountKind::Wallet),
            in_suspense: balance(&all, AccountKind::Suspense),
            on_its_way_back: balance(&all, AccountKind::InTransit),
            matters: at_most(matters, "matter"),
            terminals: at_most(terminals, "terminal"),
            frees: listed(&frees, "and"),
        })
    }
}

/// `12 terminals`, `1000 terminals and more`
fn at_most(count: usize, one: &str) -> String {
    let more = if count > COUNTED_MAX { " and more" } else { "" };
    format!("{}{more}", counted(count.min(COUNTED_MAX), one))
}
