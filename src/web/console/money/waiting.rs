//! What needs a person, the oldest first.

use super::said::{Saying, sayings};
use crate::codes::Serial;
use crate::db::Store;
use crate::media::Scanner;
use crate::money::Cents;
use crate::payments::parked::{self, ParkedKind, latest_words, store::ParkedView};
use crate::web::caller::SeeMoney;
use crate::web::console::asked::Asked;
use crate::web::console::at::{AtFestival, PAGE_LINES, page_of};
use crate::web::console::shell::{Place, Shell};
use crate::web::console::words;
use crate::web::page::{Sorry, belgian_time};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use std::sync::Arc;
use uuid::Uuid;

#[derive(Template)]
#[template(path = "web/console/waiting.html")]
struct WaitingPage {
    shell: Shell,
    path: String,
    media_path: String,
    returns_path: String,
    matters: Vec<Waiting>,
    is_first: bool,
    next: Option<String>,
}

/// A matter that waits.
struct Waiting {
    line: Line,
    /// The latest word of each person, where it waits for two of them to say the same.
    sayings: Vec<Saying>,
}

/// A matter in a few words.
pub(super) struct Line {
    pub(super) id: String,
    pub(super) kind: &'static str,
    pub(super) reason: String,
    pub(super) amount: Option<Cents>,
    /// What of it went back to its payer.
    pub(super) back: Option<Cents>,
    /// The amount is its payment's, and not what is contradicted.
    pub(super) is_contradiction: bool,
    pub(super) since: String,
    /// The provider's own id of its payment.
    pub(super) payment: String,
    /// The medium that was paid: its reference, and its serial as it is printed.
    pub(super) medium: Option<(String, String)>,
}

impl Line {
    pub(super) fn of(matter: &ParkedView) -> Line {
        let serial = matter.serial.as_ref().map(Serial::grouped);
        Line {
            id: matter.id.to_string(),
            kind: kind_words(&matter.kind),
            reason: words::waits_because(&matter.reason).to_owned(),
            amount: matter.amount_cents.map(Cents),
            back: matter.went_back_cents.map(Cents),
            is_contradiction: matches!(matter.kind.parse(), Ok(ParkedKind::Mismatch)),
            since: belgian_time(matter.opened_at),
            payment: payment_id(&matter.payment).to_owned(),
            medium: matter.reference.as_ref().map(ToString::to_string).zip(serial),
        }
    }

    /// The money it is about.
    pub(super) fn money(&self) -> Option<Cents> {
        self.back.or(self.amount)
    }

    /// How much of what, and for which medium: `€ 7,00 for 4A4D-0JBH`.
    fn title(&self) -> String {
        let money = match (self.back, self.amount) {
            (Some(back), Some(amount)) if self.is_contradiction => format!("{back} of a payment of {amount}"),
            (Some(back), Some(amount)) => format!("{back} of {amount}"),
            (Some(back), None) => back.to_string(),
            (None, Some(amount)) if self.is_contradiction => format!("A payment of {amount}"),
            (None, Some(amount)) => amount.to_string(),
            (None, None) => "A payment".to_owned(),
        };
        match &self.medium {
            Some((_, serial)) => format!("{money} for {serial}"),
            None => money,
        }
    }
}

/// The provider's own id of the payment that a matter is about.
pub(super) fn payment_id(subject: &str) -> &str {
    subject.rsplit('/').next().unwrap_or_default()
}

/// The page of that payment, or where it is looked for.
pub(super) fn payment_path<R>(at: &AtFestival<R>, own: Option<Uuid>, payment_id: &str) -> String {
    match own {
        Some(id) => at.path(&format!("/payments/{id}")),
        None => at.path(&format!("/payments?q={payment_id}")),
    }
}

/// A kind of matter, for people.
pub(super) fn kind_words(kind: &str) -> &'static str {
    match kind.parse() {
        Ok(ParkedKind::Suspense) => "Money in suspense",
        Ok(ParkedKind::NeedsReview) => "A payment to look at",
        Ok(ParkedKind::Counterfeit) => "Possibly a counterfeit code",
        Ok(ParkedKind::Mismatch) => "A contradiction",
        Err(_) => "A matter",
    }
}

/// Which page of the list.
#[derive(Default, Deserialize)]
pub(in crate::web::console) struct Cursor {
    after: Option<Uuid>,
}

/// `GET /console/{event}/waiting`
pub(in crate::web::console) async fn get(
    at: AtFestival<SeeMoney>,
    State(store): State<Store>,
    State(scanner): State<Arc<Scanner>>,
    Asked(cursor): Asked<Cursor>,
) -> Result<Response, Sorry> {
    let after = cursor.after.unwrap_or_default();
    let mut session = store.read().await?;
    let open = parked::store::open(&mut session, at.event.id, after, PAGE_LINES + 1).await?;
    let (open, next) = page_of(open, |matter| matter.id.to_string());
    let proposed = open.iter().filter(|matter| matter.proposed_by.is_some());
    let proposed: Vec<_> = proposed.map(|matter| (at.event.id, matter.id)).collect();
    let mut said = latest_words(&mut session, &proposed).await?;
    drop(session);
    let mut matters = Vec::with_capacity(open.len());
    for matter in &open {
        let mut said = said.remove(&matter.id).unwrap_or_default();
        said.retain(|word| !word.is_lapsed);
        let sayings = sayings(&at, &scanner, said, &matter.kind).await?;
        matters.push(Waiting { line: Line::of(matter), sayings });
    }
    let shown = WaitingPage {
        shell: at.shell(Place::Waiting),
        path: at.path("/waiting"),
        media_path: at.path("/media"),
        returns_path: at.path("/returns"),
        matters,
        is_first: cursor.after.is_none(),
        next,
    };
    Ok(at.page(StatusCode::OK, &shown))
}
