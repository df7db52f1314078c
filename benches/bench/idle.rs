//! Ten thousand connections on which nobody asks anything any more: what they take, and how charges run beside them.

use crate::load::{Span, get};
use crate::report::Report;
use crate::service::{Engine, Service};
use crate::{BANDS, FUNDS_CENTS, TERMINALS, measured, workloads};
use anyhow::ensure;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

const IDLE: usize = 10_000;
/// Files that are open beside them, here and in the service.
const OTHER_FILES: usize = 512;
/// The service closes a connection that lies idle for half a minute; all of them are to be there to the end.
const MEASURED_MAX: Duration = Duration::from_secs(6);

pub(crate) fn measure(span: Span, engine: Engine, report: &mut Report) -> anyhow::Result<()> {
    report.heading(&format!("{engine}, 10,000 idle connections"));
    if !may_open(IDLE + OTHER_FILES) {
        report.sentence("- not measured: this system lets a process open too few files (ulimit -Hn)");
        return Ok(());
    }
    let span = Span { warm_up: Duration::from_secs(1), measured: span.measured.min(MEASURED_MAX) };
    let mut service = Service::open(engine, BANDS, BANDS, TERMINALS)?;
    service.fund(FUNDS_CENTS)?;
    report.head_of_table();
    let (outcome, usage) = measured(&service, span, workloads::nothing(64))?;
    report.no_op(&outcome, usage);
    // Memory that loads took before would be taken again and not be seen.
    service.restart()?;
    let alone = service.memory_now()?;
    let crowd = crowd(service.address)?;
    let together = service.memory_now()?;
    charge(&service, span, "beside 10,000 idle ones", report)?;
    ensure!(crowd.iter().all(is_open), "idle connections were closed before the end");
    drop(crowd);
    charge(&service, span, "alone", report)?;
    let megabytes = |bytes: u64| bytes as f64 / 1e6;
    report.sentence(&format!(
        "\n- memory of the service: {:.0} MB with nobody connected, {:.0} MB with 10,000 idle connections that were answered \
         once, {:.1} KB each; all of them were still open after the charges",
        megabytes(alone),
        megabytes(together),
        together.saturating_sub(alone) as f64 / IDLE as f64 / 1e3,
    ));
    let audit = service.close()?;
    report.sentence(&format!("- {audit}"));
    Ok(())
}

fn charge(service: &Service, span: Span, beside: &str, report: &mut Report) -> anyhow::Result<()> {
    for connections in [1, 64] {
        let (outcome, usage) = measured(service, span, workloads::tills(service, connections, false))?;
        let name = format!("charges, {connections} connections {beside}");
        report.workload(&name, &outcome, Some(usage), 1);
    }
    Ok(())
}

/// True when this process, and with it the service, may open so many files; from now on both may.
fn may_open(files: usize) -> bool {
    let limit = getrlimit(Resource::Nofile);
    let raised = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
    raised.is_ok() && limit.maximum.is_none_or(|most| most >= files as u64)
}

/// Clients that were answered and keep their connections.
fn crowd(address: SocketAddr) -> anyhow::Result<Vec<TcpStream>> {
    let request = get("/healthz");
    let client = |_| -> anyhow::Result<TcpStream> {
        let mut client = TcpStream::connect(address)?;
        client.write_all(&request)?;
        let mut answer = [0; 4_096];
        let bytes = client.read(&mut answer)?;
        ensure!(answer[..bytes].starts_with(b"HTTP/1.1 200 "), "a client was not answered");
        client.set_nonblocking(true)?;
        Ok(client)
    };
    (0..IDLE).map(client).collect()
}

/// Nothing was asked since, so that there can be nothing to read but the end.
fn is_open(client: &TcpStream) -> bool {
    client.peek(&mut [0]).is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
}
