//! Compares a slice of the provider's list, page by page, until all that the provider counts was seen.

use super::compare::{News, Ours, Seen, compare};
use super::lease::RunError;
use super::raise::mismatch;
use super::refunds;
use super::worker::Worker;
use crate::ids::EventId;
use crate::ledger::{LaneError, LaneHandle};
use crate::payments::{Outcome, PaymentKey, Settle, store};
use crate::providers::{
    Adapter, CallError, ListPage, PageToken, PaymentId, PaymentReport, Provider, UnreadableRow, Verified,
    Window,
};
use crate::secrets::KeyFile;
use futures_util::stream::{self, StreamExt};
use std::collections::HashSet;
use std::time::Duration;

/// How often a slice is read again when it shows fewer payments than the provider counts.
const READINGS_MAX: u32 = 3;
/// Most pages of one slice: a list that never ends is a fault, not a festival.
const PAGES_MAX: u32 = 5_000;
/// How many reports wait in the lane together; it commits them in groups.
const SETTLED_AT_ONCE: usize = 100;

/// Settles what the slice shows; answers the payments it showed.
pub(super) async fn settle_all(
    worker: &mut Worker,
    adapter: &Adapter,
    window: Window,
) -> Result<HashSet<PaymentId>, RunError> {
    let mut seen = Seen::default();
    for reading in 1..=READINGS_MAX {
        let counted = read_once(worker, adapter, window, &mut seen).await?;
        let Some(counted) = counted.filter(|counted| seen.rows() < *counted) else {
            break;
        };
        let (event, rows) = (&worker.event.slug, seen.rows());
        tracing::info!(%event, rows, counted, reading, "the provider's list shows less than it counts");
        if reading == READINGS_MAX {
            worker.note(format!(
                "the provider counts {counted} payments from {} to {} and lists {rows}",
                window.from, window.to
            ));
        }
    }
    Ok(seen.ids)
}

/// Reads all pages once; answers how many payments the provider counted at the end.
async fn read_once(
    worker: &mut Worker,
    adapter: &Adapter,
    window: Window,
    seen: &mut Seen,
) -> Result<Option<u64>, RunError> {
    let clock = worker.reconciler.clock.clone();
    let mut token: Option<PageToken> = None;
    for _ in 1..=PAGES_MAX {
        let page = worker.patiently(|| adapter.list(window, token.as_ref(), clock.now())).await?;
        let (next, total) = (page.next.clone(), page.total);
        settle_page(worker, adapter, page, seen).await?;
        match next {
            Some(next) => token = Some(next),
            None => return Ok(total),
        }
    }
    let why = format!("the provider's list has more than {PAGES_MAX} pages for one slice of time");
    Err(CallError::Invalid { why }.into())
}

/// Only what is news goes to the lane: most of a list was settled by callbacks.
async fn settle_page(
    worker: &mut Worker,
    adapter: &Adapter,
    page: ListPage,
    seen: &mut Seen,
) -> Result<(), RunError> {
    let keys: Vec<PaymentKey> = page.reports.iter().map(|report| PaymentKey::there(report.get())).collect();
    let ours = {
        let mut session = worker.reconciler.store.read().await?;
        Ours::new(store::records(&mut session, &keys).await?)
    };
    let mut actions = compare(page, &ours, (worker.event.id, &worker.counted), seen);
    worker.lease.run.counts.listed += actions.listed;
    worker.lease.run.counts.already_known += actions.already_known;
    worker.lease.run.counts.of_other_events += actions.of_other_events;
    for news in &mut actions.settle {
        news.is_told = refunds::is_told(worker, &ours, news.report.get()).await?;
    }
    settle(worker, actions.settle).await?;
    for row in actions.raise {
        raise_unreadable(worker, adapter, row).await?;
    }
    Ok(())
}

async fn settle(worker: &mut Worker, news: Vec<News>) -> Result<(), RunError> {
    let (lane, keys, event) =
        (worker.reconciler.lane.clone(), worker.reconciler.keys.clone(), worker.event.id);
    let (lane, keys) = (&lane, &*keys);
    let outcomes = stream::iter(news)
        .map(|News { report, is_first, is_told }| async move {
            (is_first, is_told, submit(lane, keys, event, report).await)
        })
        .buffer_unordered(SETTLED_AT_ONCE)
        .collect::<Vec<_>>();
    let outcomes = worker.lease.during(outcomes).await?;
    for (is_first, is_told, outcome) in outcomes {
        worker.lease.run.counts.count(&outcome?, is_first, is_told);
    }
    Ok(())
}

/// Settles one report; a full lane is waited for, because nobody else brings this payment.
pub(super) async fn submit(
    lane: &LaneHandle,
    keys: &KeyFile,
    event: EventId,
    report: Verified<PaymentReport>,
) -> Result<Outcome, LaneError> {
    let mut wait = Duration::from_millis(20);
    loop {
        match lane.submit(Settle::new(keys, event, report.clone())).await {
            Err(LaneError::Full) if wait < Duration::from_secs(10) => tokio::time::sleep(wait).await,
            other => return other,
        }
        wait *= 2;
    }
}

async fn raise_unreadable(
    worker: &mut Worker,
    adapter: &Adapter,
    row: UnreadableRow,
) -> Result<(), RunError> {
    let detail = format!("The provider's list has a row that can't be read: {}.", row.why);
    let payment = row.payment_id.unwrap_or_else(|| PaymentId(format!("without an id: {}", row.why)));
    mismatch(worker, adapter, payment, "a row of the list can't be read", detail).await
}
