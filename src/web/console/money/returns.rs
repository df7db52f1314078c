//! Money that is marked for return and on its way back to its payers, the longest marked first.

use super::waiting::{payment_id, payment_path};
use crate::clock::Clock;
use crate::db::Store;
use crate::ids::ParkedId;
use crate::ledger::AccountKind;
use crate::ledger::tallies::balance;
use crate::ledger::tallies::store::since_the_beginning;
use crate::money::Cents;
use crate::operators::Right;
use crate::payments::PaymentKey;
use crate::payments::parked::{OnItsWay, Proposed, latest_words, on_its_way};
use crate::providers::{ProviderName, Refunds};
use crate::web::caller::SeeMoney;
use crate::web::console::asked::Asked;
use crate::web::console::at::{AtFestival, PAGE_LINES, page_of};
use crate::web::console::shell::{Place, Shell};
use crate::web::console::words;
use crate::web::operator_api::payments::payers_seen;
use crate::web::page::{Sorry, belgian_time};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "web/console/returns.html")]
struct ReturnsPage {
    shell: Shell,
    path: String,
    /// On all pages together, as the books have it.
    total: Cents,
    lines: Vec<Line>,
    /// How each provider's goes back, and when it leaves this list.
    ways: Vec<String>,
    may_see_payers: bool,
    shows_payers: bool,
    /// The same page with payers.
    with_payers: String,
    is_first: bool,
    next: Option<String>,
}

/// Money of one payment.
struct Line {
    payment: String,
    payment_path: String,
    provider: &'static str,
    matter_path: String,
    marked: String,
    /// Whoever said so first stands first; whose word marked it, last.
    words: Vec<Word>,
    left: Cents,
    /// How much was marked, where some of it has gone.
    of: Option<Cents>,
    is_charged_back: bool,
    /// The page of two reports of the payment that disagree, where nobody has closed that.
    contradiction: Option<String>,
    payer: Option<String>,
    /// The medium that was paid: its serial, and its page.
    medium: Option<(String, String)>,
}

/// Who said that it goes back, and why.
struct Word {
    by: String,
    why: String,
}

/// Which page of the list, and whether who paid is asked for.
#[derive(Default, Deserialize)]
pub(in crate::web::console) struct Look {
    after: Option<ParkedId>,
    payers: Option<String>,
}

/// `GET /console/{event}/returns`
pub(in crate::web::console) async fn get(
    at: AtFestival<SeeMoney>,
    State(store): State<Store>,
    State(clock): State<Clock>,
    Asked(look): Asked<Look>,
) -> Result<Response, Sorry> {
    let mut session = store.read().await?;
    let total = balance(&since_the_beginning(&mut session, at.event.id).await?, AccountKind::InTransit);
    let found = on_its_way(&mut session, at.event.id, look.after, PAGE_LINES + 1).await?;
    let (found, next) = page_of(found, |one| one.id.to_string());
    let matters: Vec<_> = found.iter().map(|one| (at.event.id, one.id)).collect();
    let mut said = latest_words(&mut session, &matters).await?;
    drop(session);
    let named = found.iter().filter(|one| !payer(one).is_empty()).count();
    let may_see_payers = at.operator.may(Right::SeePayers) && named > 0;
    let shows_payers = may_see_payers && look.payers.as_deref() == Some("yes");
    if shows_payers {
        payers_seen(&store, clock.now(), &at.actor(), &at.event, named).await?;
    }
    let mut providers: Vec<ProviderName> =
        found.iter().filter_map(|one| PaymentKey::named(&one.subject)).map(|key| key.provider).collect();
    providers.sort_unstable();
    providers.dedup();
    let path = at.path("/returns");
    let shown = ReturnsPage {
        shell: at.shell(Place::Payments).under("Payments", at.path("/payments")),
        total,
        lines: found
            .into_iter()
            .map(|one| {
                let said = said.remove(&one.id).unwrap_or_default();
                Line::of(one, said, &at, shows_payers)
            })
            .collect(),
        ways: providers.into_iter().map(way).collect(),
        may_see_payers,
        shows_payers,
        with_payers: match look.after {
            Some(after) => format!("{path}?payers=yes&after={after}"),
            None => format!("{path}?payers=yes"),
        },
        is_first: look.after.is_none(),
        next,
        path,
    };
    Ok(at.page(StatusCode::OK, &shown))
}

impl Line {
    fn of(one: OnItsWay, said: Vec<Proposed>, at: &AtFestival<SeeMoney>, with_payer: bool) -> Line {
        let payer = payer(&one);
        let payment = payment_id(&one.subject).to_owned();
        let by = one.resolved_by.unwrap_or_default();
        let agreed = said.into_iter().filter(|word| word.said == "return" && word.person != by);
        let agreed = agreed.map(|word| (word.person, word.why.unwrap_or_default()));
        let marked = (by.clone(), one.resolution_reason.unwrap_or_default());
        let serial = one.serial.map(|serial| serial.grouped());
        let medium = one.reference.map(|reference| at.path(&format!("/media/{reference}")));
        let back = one.back_cents.unwrap_or_default();
        Line {
            payment_path: payment_path(at, one.payment, &payment),
            payment,
            medium: serial.zip(medium),
            provider: PaymentKey::named(&one.subject).map_or("", |key| key.provider.title()),
            matter_path: at.path(&format!("/waiting/{}", one.id)),
            marked: belgian_time(one.resolved_at),
            words: agreed.chain([marked]).map(|(by, why)| Word { by: words::who(&by), why }).collect(),
            left: one.amount_cents.minus(back).unwrap_or_default(),
            of: back.is_positive().then_some(one.amount_cents),
            is_charged_back: one.charged_back.is_some(),
            contradiction: one.contradiction.map(|told| at.path(&format!("/waiting/{told}"))),
            payer: with_payer.then_some(payer).filter(|payer| !payer.is_empty()),
        }
    }
}

/// Who paid, as far as the provider says.
fn payer(one: &OnItsWay) -> String {
    let known = [&one.debtor_name, &one.debtor_iban].into_iter().flatten();
    known.map(String::as_str).collect::<Vec<_>>().join(", ")
}

/// How money goes back through a provider, and what is heard of that.
fn way(provider: ProviderName) -> String {
    let title = provider.title();
    match provider.refunds() {
        Refunds::None => format!(
            "{title}: the organiser makes a transfer to the payer. {title} tells nothing of that, so it stays on this list and \
             in the books: note elsewhere what was sent."
        ),
        Refunds::Once => format!(
            "{title}: make the refund in its own pages, once for a payment. It is booked, and leaves this list, when {title}'s \
             webhook tells of it. Nothing else does: where that got lost, the money stays on this list and in the books, until \
             {title} sends the event charge.refund.updated again. After a refund of a part {title} refunds no rest: the \
             organiser transfers it to the payer, and it stays here too. Note elsewhere what was sent."
        ),
        Refunds::Several => format!(
            "{title}: make the refund in its own pages, at once or in parts. It is booked, and leaves this list, when {title} \
             tells of it."
        ),
    }
}
