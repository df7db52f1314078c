//! Money that is marked for return and on its way back to its payers, the longest marked first.

use crate::clock::Clock;
use crate::db::Store;
use crate::ids::ParkedId;
use crate::money::Cents;
use crate::operators::Right;
use crate::payments::PaymentKey;
use crate::payments::parked::{OnItsWay, on_its_way};
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
    by: String,
    why: String,
    left: Cents,
    /// How much was marked, where some of it has gone.
    of: Option<Cents>,
    is_charged_back: bool,
    payer: Option<String>,
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
    let found = on_its_way(&mut *store.read().await?, at.event.id, look.after, PAGE_LINES + 1).await?;
    let (found, next) = page_of(found, |one| one.id.to_string());
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
        lines: found.into_iter().map(|one| Line::of(one, &at, shows_payers)).collect(),
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
    fn of(one: OnItsWay, at: &AtFestival<SeeMoney>, with_payer: bool) -> Line {
        let payer = payer(&one);
        let payment = one.subject.rsplit('/').next().unwrap_or_default().to_owned();
        let back = one.back_cents.unwrap_or_default();
        Line {
            payment_path: match one.payment {
                Some(id) => at.path(&format!("/payments/{id}")),
                None => at.path(&format!("/payments?q={payment}")),
            },
            payment,
            provider: PaymentKey::named(&one.subject).map_or("", |key| key.provider.title()),
            matter_path: at.path(&format!("/waiting/{}", one.id)),
            marked: belgian_time(one.resolved_at),
            by: words::who(one.resolved_by.as_deref().unwrap_or_default()),
            why: one.resolution_reason.unwrap_or_default(),
            left: one.amount_cents.minus(back).unwrap_or_default(),
            of: back.is_positive().then_some(one.amount_cents),
            is_charged_back: one.charged_back.is_some(),
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
            "{title}: make the refund in its own pages, once for a payment: all of it, or a part that no other follows. It is \
             booked, and leaves this list, when {title} tells of it."
        ),
        Refunds::Several => format!(
            "{title}: make the refund in its own pages, at once or in parts. It is booked, and leaves this list, when {title} \
             tells of it."
        ),
    }
}
