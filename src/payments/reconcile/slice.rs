//! Reads a slice of the provider's list to its end, each payment once.

use super::run::{RunError, Worker};
use crate::ledger::{Book, Request, Touches};
use crate::payments::PaymentKey;
use crate::payments::parked::{Matter, NewParked, ParkedKind, ParkedPage};
use crate::providers::{
    Adapter, PageToken, PaymentId, PaymentReport, Provider, UnreadableRow, Verified, Window,
};
use std::collections::HashMap;

/// How often a slice is read again when it shows fewer payments than the provider counts.
const READINGS_MAX: u32 = 3;
/// Most pages of one slice: a list that never ends is a fault, not a festival.
const PAGES_MAX: u32 = 5_000;

/// What a slice of the list holds.
#[derive(Default)]
pub(super) struct Listed {
    pub(super) reports: Vec<Verified<PaymentReport>>,
    pub(super) unreadable: Vec<UnreadableRow>,
}

pub(super) async fn read(worker: &Worker, adapter: &Adapter, window: Window) -> Result<Listed, RunError> {
    let mut reports: HashMap<PaymentId, Verified<PaymentReport>> = HashMap::new();
    let mut unreadable = Vec::new();
    for _ in 0..READINGS_MAX {
        unreadable.clear();
        let counted = read_once(worker, adapter, window, &mut reports, &mut unreadable).await?;
        let seen = u64::try_from(reports.len() + unreadable.len()).unwrap_or(u64::MAX);
        if counted.is_none_or(|counted| seen >= counted) {
            break;
        }
        tracing::info!(event = %worker.event.slug, seen, counted, "the provider's list moved while it was read");
    }
    Ok(Listed { reports: reports.into_values().collect(), unreadable })
}

/// Reads all pages once; answers how many payments the provider counted at the end.
async fn read_once(
    worker: &Worker,
    adapter: &Adapter,
    window: Window,
    reports: &mut HashMap<PaymentId, Verified<PaymentReport>>,
    unreadable: &mut Vec<UnreadableRow>,
) -> Result<Option<u64>, RunError> {
    let mut token: Option<PageToken> = None;
    for number in 1..=PAGES_MAX {
        let clock = &worker.reconciler.clock;
        let page = worker.patiently(|| adapter.list(window, token.as_ref(), clock.now())).await?;
        for report in page.reports {
            // The newest word on a payment stands: a later page or reading was asked for later.
            reports.insert(report.get().payment_id.clone(), report);
        }
        let news = page.unreadable.into_iter().filter(|row| !unreadable.contains(row));
        let news: Vec<_> = news.collect();
        unreadable.extend(news);
        if number % 20 == 0 {
            worker.sign_of_life().await?;
        }
        match page.next {
            Some(next) => token = Some(next),
            None => return Ok(page.total),
        }
    }
    let why = format!("the provider's list has more than {PAGES_MAX} pages for one slice of time");
    Err(crate::providers::CallError::Invalid { why }.into())
}

/// Raises rows that nobody can read; answers how many there were.
pub(super) async fn raise_unreadable(
    worker: &Worker,
    adapter: &Adapter,
    rows: &[UnreadableRow],
) -> Result<i64, RunError> {
    for row in rows {
        let payment =
            row.payment_id.clone().unwrap_or_else(|| PaymentId(format!("without an id: {}", row.why)));
        let detail = format!("the provider's list has a row that can't be read: {}", row.why);
        raise(worker, adapter, payment, "a row of the list can't be read", detail).await?;
    }
    Ok(i64::try_from(rows.len()).unwrap_or(i64::MAX))
}

/// Raises a mismatch about a payment.
pub(super) async fn raise(
    worker: &Worker,
    adapter: &Adapter,
    payment: PaymentId,
    reason: &'static str,
    detail: String,
) -> Result<(), RunError> {
    let key = PaymentKey { provider: adapter.name(), profile: adapter.profile().clone(), payment };
    let request = Raise { event: worker.event.id, subject: key.to_string(), reason, detail };
    Ok(worker.reconciler.lane.submit(request).await?)
}

struct Raise {
    event: crate::ids::EventId,
    subject: String,
    reason: &'static str,
    detail: String,
}

impl Request for Raise {
    type Answer = ();

    fn touches(&self, touches: &mut Touches) {
        touches.event(self.event);
    }

    fn decide(&self, book: &mut Book) {
        let opened_at = book.now();
        book.page::<ParkedPage>().raise(NewParked {
            event_id: self.event,
            matter: Matter { kind: ParkedKind::Mismatch, subject: self.subject.clone() },
            reason: self.reason.to_owned(),
            detail: self.detail.clone(),
            payment: None,
            amount: None,
            medium: None,
            opened_at,
        });
    }
}
