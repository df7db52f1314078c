//! What a festival's first page shows of its money and its machines at one moment.
//!
//! All of it is read by keys and short windows: running totals instead of transfers, the newest payments, the terminals.
//! It costs the same at noon of the first day and at the end of the last.

use super::chart::{Chart, first_minute, lately};
use crate::clock::Timestamp;
use crate::db::{Session, Store};
use crate::events::store::{points_of_sale, profiles};
use crate::events::{Event, PointOfSale, accounts};
use crate::ids::PointOfSaleId;
use crate::ledger::tallies::store::{between, since_the_beginning};
use crate::ledger::tallies::{HOUR, MINUTE, Tally, balance, of_code};
use crate::ledger::{AccountKind, Code};
use crate::money::Cents;
use crate::payments::reconcile::RunState;
use crate::payments::{parked, reconcile};
use crate::providers::ProviderName;
use crate::secrets::KeyFile;
use crate::terminals::sightings;
use crate::web::business_day::{bounds, day_of};
use crate::web::callbacks::Callbacks;
use crate::web::metrics::recent;
use crate::web::page::{ago, belgian_time};
use crate::web::problem::Problem;
use crate::web::stages::Stages;
use std::collections::HashMap;
use std::time::Duration;
use uuid::Uuid;

/// Bars, terminals and open matters looked at.
pub(super) const BARS_MAX: i64 = 300;
const TERMINALS_MAX: i64 = 1_000;
const MATTERS_MAX: i64 = 100;
/// Terminals named because they are quiet.
const QUIET_NAMED_MAX: usize = 10;
/// So many sales in so long without a callback are odd: who drinks tops up as well.
const ODD_SALES: i64 = 10;
const ODD_SILENCE: Duration = Duration::from_secs(15 * 60);
/// Reconciling looks every twenty seconds; behind by this much it is stuck.
const ODD_LAG: Duration = Duration::from_secs(5 * 60);

/// All of it.
pub(super) struct Figures {
    pub(super) path: String,
    pub(super) as_of: String,
    /// Of a festival that is over.
    pub(super) closed_at: Option<String>,
    /// All that was paid: it was spent, is on wallets, in suspense, or on its way back.
    pub(super) paid_in: Cents,
    pub(super) spent: Cents,
    pub(super) on_wallets: Cents,
    pub(super) in_suspense: Cents,
    pub(super) on_its_way_back: Cents,
    /// What waits for a person, and whether there is more than was counted.
    pub(super) matters: usize,
    pub(super) more_matters: bool,
    pub(super) charts: [Chart; 2],
    pub(super) bars: Vec<Bar>,
    /// There are more bars than were looked at.
    pub(super) more_bars: bool,
    pub(super) day_cut_hour: i8,
    pub(super) signs: Vec<Sign>,
    pub(super) quiet: Vec<String>,
    /// Quiet terminals that are not named.
    pub(super) more_quiet: usize,
    pub(super) stages: Stages,
}

/// A point of sale.
pub(super) struct Bar {
    pub(super) name: String,
    pub(super) sales_today: i64,
    pub(super) today: Cents,
    pub(super) in_all: Cents,
}

/// Something that is well or is not.
pub(super) struct Sign {
    pub(super) name: String,
    pub(super) says: String,
    /// What is wrong, and what to do.
    pub(super) warning: Option<String>,
    /// Where that is done: what the link says, and its address.
    pub(super) remedy: Option<(&'static str, String)>,
}

/// Reads all of it.
pub(super) async fn figures(
    store: &Store,
    keys: &KeyFile,
    callbacks: &Callbacks,
    event: &Event,
    now: Timestamp,
) -> Result<Figures, Problem> {
    let mut session = store.read().await?;
    let all = since_the_beginning(&mut session, event.id).await?;
    let cut_hour = event.rules.day_cut_hour;
    let (day, _) = bounds(day_of(now, cut_hour), cut_hour);
    let end = now.after(HOUR);
    let today = between(&mut session, event.id, HOUR, (day, end)).await?;
    let minutes = between(&mut session, event.id, MINUTE, (first_minute(now), end)).await?;
    let open = parked::store::open(&mut session, event.id, Uuid::nil(), MATTERS_MAX + 1).await?;
    let (open, more_matters) = cut(open, MATTERS_MAX);
    let points = points_of_sale(&mut session, event.id, "", BARS_MAX + 1).await?;
    let (points, more_bars) = cut(points, BARS_MAX);
    let mut signs = callback_signs(&mut session, keys, callbacks, event, (now, minutes.as_slice())).await?;
    signs.push(reconcile_sign(&mut session, keys, event, now).await?);
    let (mut quiet, mut more_quiet) = (Vec::new(), 0);
    // Nothing is sold at one that is over.
    if event.is_open() {
        let (terminals, named, more) = terminals_sign(&mut session, event, now).await?;
        signs.push(terminals);
        (quiet, more_quiet) = (named, more);
    }
    drop(session);
    Ok(Figures {
        path: super::festival_path(event),
        as_of: belgian_time(now),
        closed_at: event.closed_at.map(belgian_time),
        paid_in: Cents(of_code(&all, Code::TopUp).1.0.saturating_add(of_code(&all, Code::Parked).1.0)),
        spent: balance(&all, AccountKind::Vendor),
        on_wallets: balance(&all, AccountKind::Wallet),
        in_suspense: balance(&all, AccountKind::Suspense),
        on_its_way_back: balance(&all, AccountKind::InTransit),
        matters: open.len(),
        more_matters,
        charts: [
            Chart::of("Top-ups per minute", Code::TopUp, now, &minutes),
            Chart::of("Charges per minute", Code::Charge, now, &minutes),
        ],
        bars: bars(points, &all, &today),
        more_bars,
        day_cut_hour: cut_hour,
        signs,
        quiet,
        more_quiet,
        stages: recent(),
    })
}

/// So many of what was found, and whether there were more.
fn cut<T>(mut found: Vec<T>, most: i64) -> (Vec<T>, bool) {
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let more = found.len() > most;
    found.truncate(most);
    (found, more)
}

/// The busiest of today first.
fn bars(points: Vec<PointOfSale>, all: &[Tally], today: &[Tally]) -> Vec<Bar> {
    let sums = |tallies: &[Tally]| {
        let mut sums: HashMap<PointOfSaleId, (i64, i64)> = HashMap::new();
        for tally in tallies {
            let Some(place) = tally.place else { continue };
            let (sales, cents) = sums.entry(place).or_default();
            match tally.code {
                Code::Charge => (*sales, *cents) = (*sales + tally.transfers, *cents + tally.amount.0),
                Code::Void => *cents -= tally.amount.0,
                _ => {}
            }
        }
        sums
    };
    let (all, today) = (sums(all), sums(today));
    let of = |sums: &HashMap<PointOfSaleId, (i64, i64)>, id| sums.get(&id).copied().unwrap_or_default();
    let mut bars: Vec<Bar> = points
        .into_iter()
        .filter(|point| point.is_live() || all.contains_key(&point.id))
        .map(|point| {
            let (sales_today, cents) = of(&today, point.id);
            let in_all = Cents(of(&all, point.id).1);
            Bar { name: point.name, sales_today, today: Cents(cents), in_all }
        })
        .collect();
    bars.sort_by(|a, b| (b.today, b.in_all, &a.name).cmp(&(a.today, a.in_all, &b.name)));
    bars
}

/// One for each provider. They warn together: a festival may have a provider that hardly anybody pays through.
async fn callback_signs(
    session: &mut Session,
    keys: &KeyFile,
    callbacks: &Callbacks,
    event: &Event,
    (now, minutes): (Timestamp, &[Tally]),
) -> Result<Vec<Sign>, Problem> {
    let last = callbacks.last(session, event.id).await?;
    let known = accounts::store::all(session, keys, event.id).await?;
    let is_paused =
        |provider: ProviderName| known.iter().any(|known| known.provider == provider && known.is_paused);
    let silent = last.iter().all(|(_, at)| at.is_none_or(|at| now.since(at) > ODD_SILENCE));
    let odd = event.is_open() && silent && lately(minutes, Code::Charge, now, ODD_SILENCE) >= ODD_SALES;
    let is_alone = last.len() == 1;
    let sign = |(provider, at): (ProviderName, Option<Timestamp>)| {
        let title = provider.title();
        let says = at.map_or_else(|| "none yet".to_owned(), |at| ago(now.since(at)));
        Sign {
            name: if is_alone { "Last callback".to_owned() } else { format!("Last callback of {title}") },
            says: if is_paused(provider) { format!("{says}, paused") } else { says },
            warning: (odd && !is_paused(provider)).then(|| {
                format!(
                    "Bars sell, and no top-up is reported. Compare with {title}'s list, and check that it reaches its \
                     callback address."
                )
            }),
            remedy: None,
        }
    };
    Ok(last.into_iter().map(sign).collect())
}

async fn reconcile_sign(
    session: &mut Session,
    keys: &KeyFile,
    event: &Event,
    now: Timestamp,
) -> Result<Sign, Problem> {
    let keyless = profiles(session, keys, event.id).await?.iter().any(|profile| profile.api_key.is_none());
    let covered = reconcile::store::covered_to(session, event.id).await?;
    // One may be under way.
    let runs = reconcile::store::newest(session, event.id, 2).await?;
    let last = runs.into_iter().find(|run| run.state != RunState::Running);
    let failed = last.filter(|run| run.state == RunState::Failed).and_then(|run| run.problem);
    let added = accounts::store::added(session, event.id).await?;
    let opened_at = added.into_iter().map(|(_, at)| at.unwrap_or(event.created_at)).min();
    let odd = covered.or(opened_at).is_some_and(|at| now.since(at) > ODD_LAG);
    let warning = match failed {
        Some(problem) => Some(format!("The last comparison failed. {problem}")),
        None if keyless => Some("Lost callbacks are not found: give the provider's key.".to_owned()),
        None if odd => Some(
            "Comparing with the provider's list is behind: see its last run under Payments, Compare with the \
             provider."
                .to_owned(),
        ),
        None => None,
    };
    Ok(Sign {
        name: "Compared with the provider".to_owned(),
        says: covered.map_or_else(|| "never yet".to_owned(), |at| format!("up to {}", ago(now.since(at)))),
        warning: warning.filter(|_| event.is_open()),
        remedy: keyless.then(|| ("Give the key", format!("{}/set-up/provider", super::festival_path(event)))),
    })
}

async fn terminals_sign(
    session: &mut Session,
    event: &Event,
    now: Timestamp,
) -> Result<(Sign, Vec<String>, usize), Problem> {
    let terminals = sightings::store::of_event(session, event.id, TERMINALS_MAX + 1).await?;
    let (terminals, more) = cut(terminals, TERMINALS_MAX);
    let (online, offline): (Vec<_>, Vec<_>) =
        terminals.into_iter().partition(|terminal| sightings::is_online(terminal.seen_at, now));
    let named = offline.iter().take(QUIET_NAMED_MAX).map(|terminal| {
        let device = terminal.device_name.as_deref().unwrap_or("a device");
        let seen = terminal
            .seen_at
            .map_or_else(|| "never heard of".to_owned(), |at| format!("heard of {}", ago(now.since(at))));
        format!("{device} at {}, {seen}", terminal.point_of_sale)
    });
    let of = if more { format!(", of the first {TERMINALS_MAX}") } else { String::new() };
    let says = format!("{} online, {} quiet{of}", online.len(), offline.len());
    let sign = Sign { name: "Terminals".to_owned(), says, warning: None, remedy: None };
    Ok((sign, named.collect(), offline.len().saturating_sub(QUIET_NAMED_MAX)))
}
