//! Comparing with the provider's list: a window is asked for, and its run watched.

use crate::db::Store;
use crate::ids::RunId;
use crate::payments::reconcile::{Asked, Counts, Reconciler, Run, RunState, StartError, store as runs};
use crate::web::business_day::LocalTime;
use crate::web::caller::Reconcile;
use crate::web::console::asked::Named;
use crate::web::console::at::AtFestival;
use crate::web::console::form::Form;
use crate::web::console::shell::{Place, Shell};
use crate::web::page::{Sorry, belgian_second, belgian_time, sentence};
use crate::web::problem::Problem;
use askama::Template;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;

/// Latest runs shown.
const LATEST: usize = 10;
/// Runs shown behind them, of those that found something or went wrong.
const FOUND_MAX: usize = 20;
/// Runs that are looked through for those: more than twice what two hours bring, after which one that found nothing is
/// forgotten.
const LOOKED_THROUGH: i64 = 1_000;
/// How often a page about a run under way is read again, in seconds. It takes no script.
const LOOK_EVERY: &str = "2";

#[derive(Template)]
#[template(path = "web/console/reconcile.html")]
struct ReconcilePage {
    shell: Shell,
    path: String,
    form: Form,
    latest: Vec<Line>,
    /// Those before them that found something or went wrong.
    told: Vec<Line>,
}

#[derive(Template)]
#[template(path = "web/console/run.html")]
struct RunPage {
    shell: Shell,
    waiting_path: String,
    line: Line,
    /// Which provider no run compares with, and why.
    left_out: Option<String>,
    /// Its window has nothing of the festival.
    outside: Option<String>,
}

struct Line {
    id: String,
    state: &'static str,
    is_running: bool,
    is_well: bool,
    from: String,
    to: String,
    done_to: String,
    listed: i64,
    already_known: i64,
    of_other_events: i64,
    settled: i64,
    parked: i64,
    mismatched: i64,
    recorded: i64,
    problem: Option<String>,
}

impl Line {
    fn of(run: Run) -> Line {
        Line {
            id: run.id.to_string(),
            state: match run.state {
                RunState::Running => "under way",
                RunState::Complete => "complete",
                RunState::Failed => "failed",
                RunState::Interrupted => "interrupted",
            },
            is_running: run.state == RunState::Running,
            is_well: matches!(run.state, RunState::Running | RunState::Complete),
            from: belgian_second(run.from),
            to: belgian_second(run.to),
            done_to: belgian_second(run.done_to),
            listed: run.counts.listed,
            already_known: run.counts.already_known,
            of_other_events: run.counts.of_other_events,
            settled: run.counts.settled,
            parked: run.counts.parked,
            mismatched: run.counts.mismatched,
            recorded: run.counts.recorded,
            problem: run.problem,
        }
    }
}

fn shell(at: &AtFestival<Reconcile>) -> Shell {
    at.shell(Place::Payments).under("Payments", at.path("/payments"))
}

/// `GET /console/{event}/reconcile`
pub(in crate::web::console) async fn get(
    at: AtFestival<Reconcile>,
    State(store): State<Store>,
) -> Result<Response, Sorry> {
    show(&at, &store, Form::default()).await
}

/// `POST /console/{event}/reconcile`
pub(in crate::web::console) async fn post(
    at: AtFestival<Reconcile>,
    State(store): State<Store>,
    State(reconciler): State<Reconciler>,
    mut form: Form,
) -> Result<Response, Sorry> {
    let from = form.read_optional::<LocalTime>("from").map(|LocalTime(at)| at);
    let to = form.read_optional::<LocalTime>("to").map(|LocalTime(at)| at);
    if !form.is_right() {
        return show(&at, &store, form).await;
    }
    match reconciler.start(&at.event, Asked { from, to }).await {
        Ok(run) => Ok(at.done(&at.path(&format!("/reconcile/{run}")), "Comparing with the provider's list.")),
        Err(StartError::Backwards { to, .. }) => {
            form.wrong("from", format!("from is not before the end, {}", belgian_time(to)));
            show(&at, &store, form).await
        }
        Err(StartError::Compared(from)) => {
            let why = format!(
                "until {} all was compared already, or nothing was paid, and a window without a beginning begins there: choose \
                 a later end, or a beginning as well",
                belgian_time(from)
            );
            form.wrong("to", why);
            show(&at, &store, form).await
        }
        Err(why) => {
            form.refused(why, "")?;
            show(&at, &store, form).await
        }
    }
}

/// `GET /console/{event}/reconcile/{run}`
pub(in crate::web::console) async fn run(
    at: AtFestival<Reconcile>,
    State(store): State<Store>,
    State(reconciler): State<Reconciler>,
    Named(id): Named<RunId>,
) -> Result<Response, Sorry> {
    let found = runs::by_id(&mut *store.read().await?, at.event.id, id).await?;
    let found = found.ok_or_else(Problem::not_found)?;
    let outside = found.before_its_event(&at.event).map(sentence);
    let line = Line::of(found);
    let shell = shell(&at).under("Comparisons", at.path("/reconcile"));
    let is_running = line.is_running;
    let left_out = reconciler.left_out(&at.event).await?;
    let page = RunPage { shell, waiting_path: at.path("/waiting"), line, left_out, outside };
    let mut response = at.page(StatusCode::OK, &page);
    if is_running {
        response.headers_mut().insert(header::REFRESH, HeaderValue::from_static(LOOK_EVERY));
    }
    Ok(response)
}

async fn show(at: &AtFestival<Reconcile>, store: &Store, form: Form) -> Result<Response, Sorry> {
    let mut latest = runs::newest(&mut *store.read().await?, at.event.id, LOOKED_THROUGH).await?;
    let before = latest.split_off(latest.len().min(LATEST));
    let (shell, path) = (shell(at), at.path("/reconcile"));
    let latest = latest.into_iter().map(Line::of).collect();
    let told = before.into_iter().filter(is_told).take(FOUND_MAX).map(Line::of).collect();
    let status = form.status();
    Ok(at.page(status, &ReconcilePage { shell, path, form, latest, told }))
}

/// What is worth more than a look among the latest: money moved, somebody has to look, or not all was compared.
fn is_told(run: &Run) -> bool {
    let Counts { settled, parked, mismatched, .. } = run.counts;
    let is_whole = matches!(run.state, RunState::Running | RunState::Complete);
    settled + parked + mismatched > 0 || !is_whole
}
