//! Payments, the newest first, searched by what is printed on a wristband, an id, an amount, what the payer was told or who
//! that was; of one provider, in one status, in a span of time.
//!
//! The form is posted, and leads to an address that says what was asked. A pay code and who paid stand in none: a code
//! gives way to its reference, and payments that are looked for by their payer answer the form itself.

use super::search::Search;
use crate::clock::{Clock, Timestamp};
use crate::codes::{Reference, holds_pay_code};
use crate::db::Store;
use crate::events::accounts;
use crate::helpdesk::story::before;
use crate::ids::EventId;
use crate::media::Scanner;
use crate::money::as_reported;
use crate::operators::Right;
use crate::payments::listing::{Decided, PaymentRow, Since, since};
use crate::payments::parked::DISAGREE;
use crate::providers::{PaymentStatus, ProviderName};
use crate::web::caller::SeeMoney;
use crate::web::console::at::{AtFestival, page_of};
use crate::web::console::form::Form;
use crate::web::console::shell::{Place, Shell};
use crate::web::console::words;
use crate::web::operator_api::payments::{payers_seen, payers_sought};
use crate::web::page::{Sorry, belgian_time, see_other};
use crate::web::problem::Problem;
use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use std::collections::HashMap;
use std::sync::Arc;
use url::form_urlencoded::Serializer;
use uuid::Uuid;

/// The provider's states, as a person picks one.
const STATUSES: [(&str, &str); 11] = [
    ("", "Any"),
    ("SUCCEEDED", "Succeeded"),
    ("PENDING", "Pending"),
    ("IDENTIFIED", "Identified"),
    ("AUTHORIZED", "Authorised"),
    ("PENDING_MERCHANT_ACKNOWLEDGEMENT", "Waiting for the merchant"),
    ("CANCELLED", "Cancelled"),
    ("EXPIRED", "Expired"),
    ("FAILED", "Failed"),
    ("AUTHORIZATION_FAILED", "Authorisation failed"),
    ("VOIDED", "Voided"),
];

#[derive(Template)]
#[template(path = "web/console/payments.html")]
struct PaymentsPage {
    shell: Shell,
    path: String,
    reconcile_path: String,
    form: Form,
    statuses: &'static [(&'static str, &'static str)],
    /// Where the event has more than one.
    providers: Vec<(&'static str, &'static str)>,
    payments: Vec<Line>,
    /// Whoever looks may look for who paid.
    takes_payer: bool,
    /// The media whose wallet became the one's that was looked for: a serial, and the question for its payments.
    before: Vec<(String, String)>,
    /// From when on a text was looked for, where nobody said so.
    since: Option<String>,
    may_see_payers: bool,
    shows_payers: bool,
    /// The same question with payers.
    with_payers: String,
    is_first: bool,
    /// The address of the next page.
    next: Option<String>,
    /// Behind which payment the next page begins, where it takes the form.
    more: Option<String>,
}

struct Line {
    /// Ours.
    id: Uuid,
    payment_id: String,
    /// Where the event has more than one provider.
    provider: Option<String>,
    status: String,
    /// In the currency it was paid in.
    amount: Option<String>,
    reference: String,
    /// What that is printed on: its serial, and its page.
    medium: Option<(String, String)>,
    made: String,
    source: String,
    became: String,
    payer: Option<String>,
}

/// `GET /console/{event}/payments`
pub(in crate::web::console) async fn get(
    at: AtFestival<SeeMoney>,
    State(store): State<Store>,
    State(clock): State<Clock>,
    State(scanner): State<Arc<Scanner>>,
    Query(asked): Query<Vec<(String, String)>>,
) -> Result<Response, Sorry> {
    let mut form = Form::of(asked);
    for (name, is_secret) in
        [("q", holds_pay_code(form.text("q"))), ("payer", !form.text("payer").is_empty())]
    {
        if is_secret {
            form = form.without(name);
            form.wrong(name, "this has no place in an address, and was not looked for");
        }
    }
    let now = clock.now();
    let search = Search::read(&store, &scanner, &at.event, now, &mut form).await?;
    show(&at, &store, &scanner, (now, search), form).await
}

/// `POST /console/{event}/payments`
pub(in crate::web::console) async fn post(
    at: AtFestival<SeeMoney>,
    State(store): State<Store>,
    State(clock): State<Clock>,
    State(scanner): State<Arc<Scanner>>,
    mut form: Form,
) -> Result<Response, Sorry> {
    if !at.operator.may(Right::SeePayers) && !form.text("payer").is_empty() {
        form.wrong("payer", "your role may not see who paid");
    }
    let now = clock.now();
    let search = Search::read(&store, &scanner, &at.event, now, &mut form).await?;
    if form.is_right() && !search.sought.seeks_payer() {
        return Ok(see_other(&question(&at.path("/payments"), &form, &[])));
    }
    show(&at, &store, &scanner, (now, search), form).await
}

async fn show(
    at: &AtFestival<SeeMoney>,
    store: &Store,
    scanner: &Scanner,
    (now, search): (Timestamp, Search),
    form: Form,
) -> Result<Response, Sorry> {
    let may_see_payers = at.operator.may(Right::SeePayers);
    let (rows, next) = match form.is_right() {
        true => page_of(search.found(store, &at.event).await?, |row| row.id.to_string()),
        false => (Vec::new(), None),
    };
    let settled = rows.iter().filter(|row| row.settled_cents.is_some()).map(|row| row.id);
    let settled: Vec<Uuid> = settled.collect();
    let since = since(&mut *store.read().await?, at.event.id, &settled).await?;
    let seeks_payer = search.sought.seeks_payer() && form.is_right();
    let shows_payers = may_see_payers && (seeks_payer || form.text("payers") == "yes");
    let named = rows.iter().filter(|row| row.debtor_name.is_some() || row.debtor_iban.is_some()).count();
    if seeks_payer {
        payers_sought(store, now, &at.actor(), &at.event, named).await?;
    } else if shows_payers {
        payers_seen(store, now, &at.actor(), &at.event, named).await?;
    }
    let providers = providers(store, at.event.id).await?;
    let onto = printed_on(at, scanner, &rows).await?;
    let path = at.path("/payments");
    let before = match search.medium {
        Some(medium) => before(&mut *store.read().await?, at.event.id, medium).await?,
        None => Vec::new(),
    };
    let (next, more) = if seeks_payer { (None, next) } else { (next, None) };
    let shown = PaymentsPage {
        shell: at.shell(Place::Payments),
        reconcile_path: at.path("/reconcile"),
        statuses: &STATUSES,
        payments: rows
            .into_iter()
            .map(|row| {
                let became = became(&row, since.get(&row.id).copied().unwrap_or_default());
                let medium = row.reference.as_ref().and_then(|reference| onto.get(reference)).cloned();
                Line { medium, ..Line::of(row, became, providers.len() > 1, shows_payers) }
            })
            .collect(),
        providers: provider_choices(&providers),
        takes_payer: may_see_payers || form.mistake("payer").is_some(),
        may_see_payers: may_see_payers && named > 0,
        shows_payers: shows_payers && named > 0,
        before: before
            .into_iter()
            .map(|link| (link.serial.grouped(), format!("{path}?q={}", link.reference)))
            .collect(),
        since: search.since.filter(|_| form.is_right()).map(belgian_time),
        with_payers: question(&path, &form, &[("payers", "yes")]),
        is_first: search.filter.after.is_none(),
        next: next.map(|next| {
            let payers = if form.text("payers") == "yes" { "yes" } else { "" };
            question(&path, &form, &[("payers", payers), ("after", &next)])
        }),
        more,
        path,
        form,
    };
    Ok(at.page(shown.form.status(), &shown))
}

/// What the references of these payments are printed on, as each payment names its own: the serial, and its page.
pub(super) async fn printed_on(
    at: &AtFestival<SeeMoney>,
    scanner: &Scanner,
    rows: &[PaymentRow],
) -> Result<HashMap<String, (String, String)>, Problem> {
    let named = rows.iter().filter_map(|row| row.reference.as_deref());
    let named: Vec<(&str, Reference)> =
        named.filter_map(|text| Some((text, Reference::parse(text)?))).collect();
    let references = named.iter().map(|(_, reference)| reference.clone()).collect();
    let serials = scanner.serials(at.event.id, &references).await?;
    let medium = |(text, reference): (&str, Reference)| {
        let path = at.path(&format!("/media/{reference}"));
        serials.get(&reference).map(|serial| (text.to_owned(), (serial.grouped(), path)))
    };
    Ok(named.into_iter().filter_map(medium).collect())
}

/// Who takes the event's money, each once.
async fn providers(store: &Store, event: EventId) -> Result<Vec<ProviderName>, Problem> {
    let names = accounts::store::names(&mut *store.read().await?, event).await?;
    let mut providers: Vec<ProviderName> = names.into_iter().map(|(provider, _)| provider).collect();
    providers.dedup();
    Ok(providers)
}

/// What a person picks a provider from; nothing where there is one.
fn provider_choices(providers: &[ProviderName]) -> Vec<(&'static str, &'static str)> {
    if providers.len() < 2 {
        return Vec::new();
    }
    let named = providers.iter().map(|provider| (provider.as_str(), provider.title()));
    std::iter::once(("", "Any")).chain(named).collect()
}

/// What was asked, with more of it, as an address; without who paid, and without pay codes.
fn question(path: &str, form: &Form, more: &[(&str, &str)]) -> String {
    let mut query = Serializer::new(String::new());
    for name in ["q", "provider", "status", "from", "to"] {
        let text = form.shown(name);
        if !text.is_empty() {
            query.append_pair(name, &text);
        }
    }
    for (name, value) in more.iter().filter(|(_, value)| !value.is_empty()) {
        query.append_pair(name, value);
    }
    let query = query.finish();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

impl Line {
    fn of(row: PaymentRow, became: String, with_provider: bool, with_payer: bool) -> Line {
        let (payer, amount) = (payer(&row), amount(&row));
        Line {
            status: status_words(&row.status).to_owned(),
            became,
            provider: with_provider.then(|| provider_title(&row.provider).to_owned()),
            id: row.id,
            payment_id: row.payment_id,
            amount,
            reference: row.reference.unwrap_or_default(),
            medium: None,
            made: belgian_time(row.created_at),
            source: row.source,
            payer: with_payer.then_some(payer).filter(|payer| !payer.is_empty()),
        }
    }
}

/// A provider's state in a person's words, where there are some.
pub(super) fn status_words(status: &str) -> &str {
    STATUSES.iter().find(|(word, _)| *word == status).map_or(status, |(_, words)| words)
}

/// A provider as it writes itself.
pub(super) fn provider_title(stored: &str) -> &str {
    match stored.parse::<ProviderName>() {
        Ok(provider) => provider.title(),
        Err(_) => stored,
    }
}

/// What became of a payment here, with what a person decided about its money, what the provider told went back, and whether
/// two of its reports disagree.
pub(super) fn became(row: &PaymentRow, since: Since) -> String {
    let here = became_here(row, since);
    let is_marked = matches!(since.decided, Some(Decided::Back { .. }));
    let sent = since.sent.filter(|_| !is_marked).map(|sent| format!("the provider sent {sent} back"));
    let taken = since.taken.map(|taken| format!("the payer's bank took {taken} back"));
    let back = sent.into_iter().chain(taken);
    let disagrees = since.disagrees.then(|| DISAGREE.to_owned());
    match back.chain(disagrees).collect::<Vec<String>>().join(", ") {
        since if since.is_empty() => here,
        since => format!("{here}; {since}"),
    }
}

fn became_here(row: &PaymentRow, since: Since) -> String {
    // What a bank took of it is on nobody's way.
    let is_taken = since.taken.is_some();
    match (since.decided, &row.parked_because, row.settled_cents) {
        (Some(Decided::ToWallet), ..) => "put on a wallet by a person".to_owned(),
        (Some(Decided::Back { amount, gone }), ..) if gone >= amount => "gone back to the payer".to_owned(),
        (Some(Decided::Back { amount, gone }), ..) if gone.is_positive() => {
            let rest = if is_taken { "marked for return" } else { "on its way" };
            format!("{gone} of {amount} gone back to the payer, the rest {rest}")
        }
        (Some(Decided::Back { .. }), ..) if is_taken => "marked for return".to_owned(),
        (Some(Decided::Back { .. }), ..) => "on its way back to the payer".to_owned(),
        (None, Some(why), _) => format!("in suspense: {}", words::waits_because(why)),
        (None, None, Some(_)) => "on its wallet".to_owned(),
        (None, None, None) => match PaymentStatus::from_wire(&row.status) {
            status if status.is_final() && status != PaymentStatus::Succeeded => "no money came".to_owned(),
            _ => "not money yet".to_owned(),
        },
    }
}

/// What was paid, in the currency it was paid in.
pub(super) fn amount(row: &PaymentRow) -> Option<String> {
    row.amount_cents.map(|cents| as_reported(cents, row.currency.as_deref()))
}

/// Who paid, as far as the provider says; empty where it does not.
pub(super) fn payer(row: &PaymentRow) -> String {
    let known = [&row.debtor_name, &row.debtor_iban].into_iter().flatten();
    known.map(String::as_str).collect::<Vec<_>>().join(", ")
}
