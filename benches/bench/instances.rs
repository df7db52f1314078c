//! Several processes on one PostgreSQL database: what they reach together, beside what one of them reaches, in turns.

use crate::load::{self, Outcome, Span, get};
use crate::report::Report;
use crate::service::{self, Engine, Service};
use crate::turns::{in_turns, median, ratio, together};
use crate::{BANDS, FUNDS_CENTS, TERMINALS, workloads};
use anyhow::Context as _;
use std::net::SocketAddr;

const PROCESSES: [usize; 3] = [1, 2, 4];
const CONNECTIONS: [usize; 2] = [64, 256];
/// So few wallets that every batch of every process meets the same ones.
const HOT: usize = 20;

/// One turn of some processes.
type Turn = (Outcome, Lanes);

/// What the lanes of some processes counted.
#[derive(Clone, Copy, Default)]
struct Lanes {
    requests: f64,
    batches: f64,
    retries: f64,
}

pub(crate) fn measure(span: Span, report: &mut Report) -> anyhow::Result<()> {
    report.heading("PostgreSQL, several processes on one database");
    let service = Service::open(Engine::Postgres, BANDS, BANDS, TERMINALS)?;
    service.fund(FUNDS_CENTS)?;
    let others = (1..PROCESSES[PROCESSES.len() - 1]).map(|_| service.another());
    let others = others.collect::<anyhow::Result<Vec<_>>>()?;
    let addresses: Vec<SocketAddr> =
        std::iter::once(service.address).chain(others.iter().map(|other| other.address)).collect();
    report.sentence(
        "| workload | processes | per second | ÷ one process | p50 ms | p99 ms | p99.9 ms | charges a batch | \
         retries a batch |",
    );
    report.sentence("|---|---|---|---|---|---|---|---|---|");
    let (few, all) = (HOT.min(service.bands.len()), service.bands.len());
    for (name, bands) in [("any of 1,000 wallets", all), ("20 hot wallets", few)] {
        for connections in CONNECTIONS {
            let measured: [Vec<Turn>; PROCESSES.len()] = in_turns(span.measured, |which, turn| {
                let addresses = &addresses[..PROCESSES[which]];
                let before = Lanes::of(addresses)?;
                let callers = workloads::tills_at(&service, &service.bands[..bands], connections, false);
                let outcome = load::run_spread(addresses, turn, callers)?;
                Ok((outcome, Lanes::of(addresses)?.since(before)))
            })?;
            for (processes, turns) in PROCESSES.into_iter().zip(&measured) {
                let figures = line(turns, &measured[0]);
                report.sentence(&format!("| {name}, {connections} connections | {processes} | {figures} |"));
            }
        }
    }
    drop(others);
    report.sentence(&service.close()?);
    Ok(())
}

/// The figures of a line: medians of the turns, and p99.9 of all of them together.
fn line(turns: &[Turn], one: &[Turn]) -> String {
    let rate = |turn: &Turn| turn.0.per_second();
    format!(
        "{:.0} | {:.2} | {:.2} | {:.2} | {:.2} | {:.0} | {:.2}",
        median(turns, rate),
        ratio(turns, one, rate),
        median(turns, |turn| turn.0.millis(0.5)),
        median(turns, |turn| turn.0.millis(0.99)),
        together(turns.iter().map(|(outcome, _)| outcome)).millis(0.999),
        median(turns, |(_, lanes)| lanes.requests / lanes.batches),
        median(turns, |(_, lanes)| lanes.retries / lanes.batches),
    )
}

impl Lanes {
    /// Of these processes together, from their metrics.
    fn of(addresses: &[SocketAddr]) -> anyhow::Result<Lanes> {
        let mut sum = Lanes::default();
        for address in addresses {
            let request =
                String::from_utf8(get("/metrics"))?.replacen("host:", "connection: close\r\nhost:", 1);
            let answer = service::ask(*address, request.as_bytes())?;
            let value = |name: &str| {
                let line = answer.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
                line.map_or(Ok(0.0), |text| text.trim().parse().with_context(|| format!("{name} is {text}")))
            };
            sum.requests += value("polsband_lane_batch_requests_sum")?;
            sum.batches += value("polsband_lane_batch_requests_count")?;
            sum.retries += value("polsband_lane_retries_total")?;
        }
        Ok(sum)
    }

    fn since(self, before: Lanes) -> Lanes {
        Lanes {
            requests: self.requests - before.requests,
            batches: self.batches - before.batches,
            retries: self.retries - before.retries,
        }
    }
}
