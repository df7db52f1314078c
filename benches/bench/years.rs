//! Years of festivals in one database: what a live one's sales, look-ups, top-ups and console cost after others have come
//! and gone beside it, and what they cost one that has a database to itself. It was opened before the others, so that its rows
//! go in front of theirs, where B-trees have more to move than at their end.

use crate::bank::Payee;
use crate::compared::{Compared, grouped};
use crate::load::{self, Span};
use crate::report::Report;
use crate::service::{Engine, Service};
use crate::{BANDS, FUNDS_CENTS, Options, TERMINALS, crowd};
use std::time::Duration;

/// Transfers of each closed festival unless told otherwise.
const TRANSFERS: u64 = 50_000;
/// Terminals of each.
const OLD_TERMINALS: usize = 8;
/// Connections over which they sell.
const FILLERS: usize = 60;

pub(crate) fn measure(options: &Options, engine: Engine, report: &mut Report) -> anyhow::Result<()> {
    report.heading(&format!("Years of festivals, {engine}"));
    let open = || -> anyhow::Result<Service> {
        let service = Service::open(engine, BANDS, BANDS, TERMINALS)?;
        service.fund(FUNDS_CENTS)?;
        Ok(service)
    };
    let mut service = open()?;
    let transfers = options.transfers.unwrap_or(TRANSFERS);
    for number in 1..=options.festivals {
        comes_and_goes(&mut service, number, transfers)?;
    }
    service.restart()?;
    let mut compared = Compared::new(open()?, &service, report)?;
    let size = format!("one beside {} closed ones of {} transfers", options.festivals, grouped(transfers));
    compared.measure(report, &service, (&size, options.span()))?;
    report.sentence("");
    for books in [compared.close()?, service.close()?] {
        report.sentence(&format!("- {books}"));
    }
    report.sentence("");
    Ok(())
}

/// A festival beside the live one, from its opening to its closing.
fn comes_and_goes(service: &mut Service, number: usize, transfers: u64) -> anyhow::Result<()> {
    let payee = Payee { event: format!("past-{number}"), profile: format!("{number:024x}") };
    service.place.open_event(&service.bank, &payee)?;
    let bands = service.place.bands(&service.place.issue(&payee.event, BANDS)?)?.into();
    let mut terminals = Vec::new();
    for terminal in 0..OLD_TERMINALS {
        terminals.push(service.enrol(&payee.event, number * OLD_TERMINALS + terminal)?);
    }
    let span = Span { warm_up: Duration::ZERO, measured: Duration::from_secs(24 * 3600) };
    let payers = crowd::payers(service, &payee, &bands, 0, (FUNDS_CENTS, 64));
    load::run(service.address, span, payers)?;
    load::run(service.address, span, crowd::fillers(&terminals, &bands, transfers, FILLERS))?;
    service.place.does(&["event", "close", &payee.event])?;
    Ok(())
}
