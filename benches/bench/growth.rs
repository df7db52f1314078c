//! One festival that grows, beside one that doesn't: more wristbands, each with money on it, then more and more transfers.

use crate::compared::{Compared, grouped};
use crate::load::{self, Span};
use crate::report::Report;
use crate::service::{Engine, Service};
use crate::{FUNDS_CENTS, Options, TERMINALS, crowd};
use std::time::Duration;

/// Transfers in the books at the end unless told otherwise.
const TRANSFERS: u64 = 10_000_000;
/// Connections that fill the books.
const FILLERS: usize = 60;
/// In so many parts the books are filled, so that their rate can be watched.
const PARTS: u64 = 10;

pub(crate) fn measure(options: &Options, engine: Engine, report: &mut Report) -> anyhow::Result<()> {
    report.heading(&format!("Growth, {engine}"));
    let mut sizes = options.wallets.iter().copied();
    let first = sizes.next().unwrap_or(1_000);
    let open = || -> anyhow::Result<Service> {
        let service = Service::open(engine, first, first, TERMINALS)?;
        service.fund(FUNDS_CENTS)?;
        Ok(service)
    };
    let (mut service, mut filled) = (open()?, 0);
    let mut compared = Compared::new(open()?, &service, report)?;
    let mut memory = size(options, &mut service, report, &mut compared, filled)?;
    for wallets in sizes {
        let known = service.bands.len();
        service.issue(wallets.saturating_sub(u32::try_from(known)?))?;
        service.fund_from(known, FUNDS_CENTS)?;
        memory.extend(size(options, &mut service, report, &mut compared, filled)?);
    }
    let transfers = options.transfers.unwrap_or(TRANSFERS);
    let mut rates = Vec::new();
    while in_books(&service, &compared, filled) < transfers {
        let missing = transfers - in_books(&service, &compared, filled);
        let part = (transfers / PARTS).max(1).min(missing);
        let span = Span { warm_up: Duration::ZERO, measured: Duration::from_secs(24 * 3600) };
        let callers = crowd::fillers(&service.terminals, &service.bands, part, FILLERS);
        let outcome = load::run(service.address, span, callers)?;
        filled += part;
        let rate = part as f64 / outcome.took.as_secs_f64();
        rates.push(format!("{rate:.0}/s up to {}", grouped(in_books(&service, &compared, filled))));
    }
    memory.extend(size(options, &mut service, report, &mut compared, filled)?);
    report.sentence("");
    memory.iter().for_each(|line| report.sentence(line));
    report.sentence(&format!("- filling by calls of 200 charges: {}", rates.join(", ")));
    for books in [compared.close()?, service.close()?] {
        report.sentence(&format!("- {books}"));
    }
    report.sentence("");
    Ok(())
}

/// Measures at one size, on a process that was just started; what memory it took.
fn size(
    options: &Options,
    service: &mut Service,
    report: &mut Report,
    compared: &mut Compared,
    filled: u64,
) -> anyhow::Result<Vec<String>> {
    let name = format!(
        "{} wallets, {} transfers",
        grouped(service.bands.len() as u64),
        grouped(in_books(service, compared, filled))
    );
    service.restart()?;
    let idle = service.memory_now()?;
    compared.measure(report, service, (&name, options.span()))?;
    let most = service.usage()?.memory_max;
    let megabytes = |bytes: u64| bytes as f64 / 1e6;
    Ok(vec![format!(
        "- memory of the service with {name}: {:.0} MB idle, {:.0} MB at most under load",
        megabytes(idle),
        megabytes(most)
    )])
}

/// Every wristband was paid onto once.
fn in_books(service: &Service, compared: &Compared, filled: u64) -> u64 {
    service.bands.len() as u64 + compared.made + filled
}
