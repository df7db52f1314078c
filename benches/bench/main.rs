//! `make bench`: drives the built program over HTTP and prints what it reaches, beside what the machine reaches without it.
//!
//! Floors and workloads run one after the other in one run, because a shared machine's speed drifts: compare the ratios.
//! Nothing is switched off in the service, every answer is checked, and the books are audited at the end.
#![allow(clippy::float_arithmetic, reason = "rates and ratios")]

mod bank;
mod compared;
mod console;
mod crowd;
mod evening;
mod floors;
mod growth;
mod idle;
mod instances;
mod load;
mod peers;
mod report;
mod service;
mod sheets;
mod targets;
mod turns;
mod watch;
mod workloads;
mod years;

use clap::Parser;
use load::{Caller, Span};
use report::Report;
use service::{Engine, Service};
use std::path::{Path, PathBuf};
use std::time::Duration;
use watch::Usage;

/// Wristbands that are used during a measurement.
const BANDS: u32 = 1_000;
/// Terminals enrolled.
const TERMINALS: usize = 64;
/// Money on each wristband at the start: enough for every charge to come.
const FUNDS_CENTS: i64 = 100_000_000;
/// Wristbands that hold next to nothing, beside those.
const POOR: u32 = 50;
const POOR_CENTS: i64 = 500;

/// Measures the built program. Run it as `make bench ARGS='…'`
#[derive(Parser)]
struct Options {
    /// What to measure: floors, charges, callbacks, flush, evening, batch, idle, sheets, instances; all of these when none
    /// is named. And growth, which takes hours, and years, which takes ten minutes
    parts: Vec<Part>,
    /// On which engine; both when not given
    #[arg(long)]
    engine: Option<Engine>,
    /// How long each workload is measured; an evening takes a minute at least, in which it is reconciled three times
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// Media in the database beside those that are used
    #[arg(long, default_value_t = 0)]
    media: u32,
    /// growth: so many wallets, one size after the other
    #[arg(long, value_delimiter = ',', default_values_t = [1_000, 100_000, 1_000_000])]
    wallets: Vec<u32>,
    /// growth: transfers in the books at the end, ten million unless given; years: those of each closed festival, fifty
    /// thousand
    #[arg(long)]
    transfers: Option<u64>,
    /// years: closed festivals beside the live one
    #[arg(long, default_value_t = 10)]
    festivals: usize,
    /// floors: SQL files of pgledger, in the order they need each other, to measure its transfers as well
    #[arg(long, value_delimiter = ',')]
    pgledger: Vec<PathBuf>,
    /// floors: SQL files of StuStaPay, in the order they need each other, to measure its booking of a sale as well
    #[arg(long, value_delimiter = ',')]
    stustapay: Vec<PathBuf>,
    /// Writes the report there as well
    #[arg(long)]
    out: Option<PathBuf>,
    /// Prints wristbands in another way, to be measured
    #[arg(long, hide = true, requires_all = ["codes", "out"])]
    peer: Option<peers::Peer>,
    #[arg(long, hide = true)]
    codes: Option<PathBuf>,
    #[arg(long, hide = true, default_value_t = 0)]
    wristbands: usize,
    /// What `cargo bench` hands to every benchmark
    #[arg(long, hide = true)]
    bench: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Part {
    Floors,
    Charges,
    Callbacks,
    Flush,
    Evening,
    Batch,
    Idle,
    Sheets,
    Instances,
    Growth,
    Years,
}

impl clap::ValueEnum for Engine {
    fn value_variants<'a>() -> &'a [Engine] {
        &[Engine::Sqlite, Engine::Postgres]
    }

    fn to_possible_value(&self) -> Option<clap::builder::PossibleValue> {
        Some(clap::builder::PossibleValue::new(match self {
            Engine::Sqlite => "sqlite",
            Engine::Postgres => "postgres",
        }))
    }
}

impl Options {
    fn wants(&self, part: Part) -> bool {
        let is_long = matches!(part, Part::Growth | Part::Years);
        self.parts.contains(&part) || self.parts.is_empty() && !is_long
    }

    fn span(&self) -> Span {
        Span { warm_up: Duration::from_secs(2), measured: Duration::from_secs(self.seconds) }
    }
}

fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    if let (Some(peer), Some(codes), Some(out)) = (options.peer, &options.codes, &options.out) {
        return peers::print(peer, codes, options.wristbands, out);
    }
    let mut report = Report::default();
    if options.wants(Part::Floors) {
        measure_floors(&options, &mut report)?;
    }
    // Several processes have a festival of their own.
    let engines =
        if options.parts == [Part::Instances] { [].as_slice() } else { &[Engine::Sqlite, Engine::Postgres] };
    for &engine in engines {
        if options.engine.is_none_or(|wanted| wanted == engine) {
            let usual = [Part::Charges, Part::Callbacks, Part::Flush, Part::Evening, Part::Batch];
            if usual.into_iter().any(|part| options.wants(part)) {
                measure(&options, engine, &mut report)?;
            }
            if options.wants(Part::Idle) {
                idle::measure(options.span(), engine, &mut report)?;
            }
            if options.wants(Part::Growth) {
                growth::measure(&options, engine, &mut report)?;
            }
            if options.wants(Part::Years) {
                years::measure(&options, engine, &mut report)?;
            }
        }
    }
    if options.wants(Part::Sheets) {
        sheets::measure(&mut report)?;
    }
    if options.wants(Part::Instances) && options.engine != Some(Engine::Sqlite) {
        instances::measure(options.span(), &mut report)?;
    }
    if let Some(path) = &options.out {
        std::fs::write(path, report.text())?;
    }
    Ok(())
}

fn measure_floors(options: &Options, report: &mut Report) -> anyhow::Result<()> {
    let span = options.span().measured;
    report.heading("The machine");
    let (rate, waits) = floors::durable_appends(Path::new(env!("CARGO_TARGET_TMPDIR")), span)?;
    let millis = |quantile: f64| waits.value_at_quantile(quantile) as f64 / 1_000.0;
    report.appends(rate, millis(0.5), millis(0.99));
    let ledgers: [(floors::Ledger, &[PathBuf]); 3] = [
        (floors::STATEMENTS, &[]),
        (floors::PGLEDGER, &options.pgledger),
        (floors::STUSTAPAY, &options.stustapay),
    ];
    for (ledger, files) in ledgers {
        if ledger.is_others && files.is_empty() {
            report.sentence(&format!("- not measured: {}, whose SQL files were not given", ledger.name));
            continue;
        }
        for clients in [1, 8, 32, 64] {
            let place = service::Place::new(Engine::Postgres)?;
            let (rate, ended) = floors::transfers(&ledger, place.database(), files, clients, span)?;
            report.ledger(&ledger, clients, rate, ended);
        }
    }
    Ok(())
}

fn measure(options: &Options, engine: Engine, report: &mut Report) -> anyhow::Result<()> {
    report.heading(&format!("{engine}, {} media", BANDS.max(options.media)));
    if options.wants(Part::Batch) {
        measure_batch(engine, report)?;
    }
    let mut service = Service::open(engine, BANDS + options.media, BANDS, TERMINALS)?;
    service.fund(FUNDS_CENTS)?;
    service.issue_poor(POOR, POOR_CENTS)?;
    report.head_of_table();
    let run = |callers: Vec<Box<dyn Caller>>| measured(&service, options.span(), callers);
    let (outcome, usage) = run(workloads::nothing(64))?;
    report.no_op(&outcome, usage);
    if options.wants(Part::Charges) {
        for connections in [1, 64, 256] {
            let (outcome, usage) = run(workloads::tills(&service, connections, false))?;
            report.workload(&format!("charges, {connections} connections"), &outcome, Some(usage), 1);
            report.charges(connections, &outcome);
        }
        let (outcome, usage) = run(workloads::tills(&service, 64, true))?;
        report.workload("charges with replays and refusals, 64 connections", &outcome, Some(usage), 1);
        let (outcome, usage) = run(workloads::lookers(&service, 64))?;
        report.workload("balance look-ups, 64 connections", &outcome, Some(usage), 1);
    }
    if options.wants(Part::Callbacks) {
        let payments = usize::try_from(options.seconds)? * 12_000;
        let (outcome, usage) = run(workloads::callbacks(&service, payments, 64))?;
        report.workload("callbacks, 64 connections", &outcome, Some(usage), 1);
    }
    if options.wants(Part::Flush) {
        let span = Span { warm_up: Duration::ZERO, measured: Duration::from_secs(600) };
        let callers = workloads::flushers(&service, 60, 2_000, 200);
        let (outcome, usage) = measured(&service, span, callers)?;
        report.workload(
            "flush of 120,000 stored charges, 200 a call, 60 connections",
            &outcome,
            Some(usage),
            200,
        );
    }
    if options.wants(Part::Evening) {
        evening::measure(options, &service, report)?;
    }
    service.close()?;
    report.beside_ledgers();
    report.beside_targets(engine);
    Ok(())
}

/// Issuing.
fn measure_batch(engine: Engine, report: &mut Report) -> anyhow::Result<()> {
    let place = service::Place::new(engine)?;
    let live = bank::Payee::live();
    place.open_event(&bank::Bank::open()?, &live)?;
    let began = std::time::Instant::now();
    place.issue(&live.event, 100_000)?;
    report.issued(began.elapsed());
    Ok(())
}

fn measured(
    service: &Service,
    span: Span,
    callers: Vec<Box<dyn Caller>>,
) -> anyhow::Result<(load::Outcome, Usage)> {
    let before = service.usage()?;
    let outcome = load::run(service.address, span, callers)?;
    Ok((outcome, service.usage()?.since(before)))
}
