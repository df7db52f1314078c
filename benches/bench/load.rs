//! The load generator: callers on keep-alive connections, each with one request under way, and how long they waited.
//!
//! All callers share one thread, so that a machine with two cores leaves the other one, and most of this one, to the
//! service. Requests are made by the workload while the clock of that request is not running.

use anyhow::{Context as _, bail, ensure};
use hdrhistogram::Histogram;
use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// Room for the largest answer there is: that to a batch of 500 charges.
const ANSWER_BYTES_MAX: usize = 512 * 1024;
/// Waiting times are told apart to three figures, up to a minute.
const WAIT_MICROS_MAX: u64 = 60_000_000;

/// Somebody who sends one request after another on a connection of their own.
pub(crate) trait Caller: Send + 'static {
    /// The next request, whole; `None` when there is nothing more to ask.
    fn next(&mut self) -> Option<Vec<u8>>;

    /// What the answer was, in one word; an error when it was a wrong one.
    fn judge(&mut self, status: u16, body: &[u8]) -> anyhow::Result<&'static str>;
}

/// What came of a load.
pub(crate) struct Outcome {
    /// Waiting times in microseconds.
    pub(crate) waits: Histogram<u64>,
    /// How many answers of each kind.
    pub(crate) kinds: BTreeMap<&'static str, u64>,
    pub(crate) took: Duration,
    /// How many were answered in all, warming up included.
    pub(crate) answered: u64,
}

impl Outcome {
    pub(crate) fn new() -> Outcome {
        let waits = Histogram::new_with_bounds(1, WAIT_MICROS_MAX, 3).expect("bounds in order");
        Outcome { waits, kinds: BTreeMap::new(), took: Duration::ZERO, answered: 0 }
    }

    pub(crate) fn requests(&self) -> u64 {
        self.waits.len()
    }

    pub(crate) fn per_second(&self) -> f64 {
        self.requests() as f64 / self.took.as_secs_f64()
    }

    /// How long that part of the requests waited at most, in milliseconds.
    pub(crate) fn millis(&self, quantile: f64) -> f64 {
        self.waits.value_at_quantile(quantile) as f64 / 1_000.0
    }

    fn note(&mut self, waited: Duration, kind: &'static str) {
        self.waits.saturating_record(u64::try_from(waited.as_micros()).unwrap_or(WAIT_MICROS_MAX));
        *self.kinds.entry(kind).or_default() += 1;
    }

    /// Counts another one's answers in; its time is not added.
    pub(crate) fn add(&mut self, other: &Outcome) {
        self.waits += &other.waits;
        self.answered += other.answered;
        for (kind, count) in &other.kinds {
            *self.kinds.entry(kind).or_default() += count;
        }
    }
}

/// When answers count.
#[derive(Clone, Copy)]
pub(crate) struct Span {
    pub(crate) warm_up: Duration,
    pub(crate) measured: Duration,
}

/// Runs the callers against `address` on a thread of their own. It ends with the span, or when they have no more to ask.
pub(crate) fn run(address: SocketAddr, span: Span, callers: Vec<Box<dyn Caller>>) -> anyhow::Result<Outcome> {
    run_spread(&[address], span, callers)
}

/// The same with the callers spread over several processes.
pub(crate) fn run_spread(
    addresses: &[SocketAddr],
    span: Span,
    callers: Vec<Box<dyn Caller>>,
) -> anyhow::Result<Outcome> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let begin = Instant::now() + span.warm_up;
        let end = begin + span.measured;
        let mut at_work = JoinSet::new();
        for (caller, &address) in callers.into_iter().zip(addresses.iter().cycle()) {
            at_work.spawn(async move { converse(address, caller, begin, end).await });
        }
        let mut outcome = Outcome::new();
        while let Some(part) = at_work.join_next().await {
            outcome.add(&part??);
        }
        outcome.took = Instant::now().min(end).saturating_duration_since(begin);
        Ok(outcome)
    })
}

async fn converse(
    address: SocketAddr,
    mut caller: Box<dyn Caller>,
    begin: Instant,
    end: Instant,
) -> anyhow::Result<Outcome> {
    let mut outcome = Outcome::new();
    let mut stream = TcpStream::connect(address).await.context("the service can't be reached")?;
    stream.set_nodelay(true)?;
    let mut buffer = Vec::with_capacity(4 * 1024);
    while let Some(request) = caller.next() {
        let sent = Instant::now();
        if sent >= end {
            break;
        }
        stream.write_all(&request).await?;
        let (status, head) = read_answer(&mut stream, &mut buffer).await?;
        let now = Instant::now();
        let kind = caller.judge(status, &buffer[head..])?;
        outcome.answered += 1;
        if sent >= begin && now <= end {
            outcome.note(now - sent, kind);
        }
    }
    Ok(outcome)
}

/// Reads one answer into `buffer`: its status, and where its body begins there.
async fn read_answer(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> anyhow::Result<(u16, usize)> {
    buffer.clear();
    let mut whole = None;
    loop {
        ensure!(buffer.len() <= ANSWER_BYTES_MAX, "an answer of more than {ANSWER_BYTES_MAX} bytes");
        ensure!(stream.read_buf(buffer).await? > 0, "the service hung up");
        if whole.is_none() {
            whole = head(buffer)?;
        }
        match whole {
            Some((status, head, length)) if buffer.len() >= head + length => return Ok((status, head)),
            _ => {}
        }
    }
}

/// The status, the length of the head and that of the body, once the head is there.
fn head(bytes: &[u8]) -> anyhow::Result<Option<(u16, usize, usize)>> {
    let mut headers = [httparse::EMPTY_HEADER; 32];
    let mut response = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(head) = response.parse(bytes)? else {
        return Ok(None);
    };
    let length = response.headers.iter().find(|header| header.name.eq_ignore_ascii_case("content-length"));
    let Some(length) = length else { bail!("an answer without a length") };
    let length = std::str::from_utf8(length.value)?.parse()?;
    Ok(Some((response.code.context("an answer without a status")?, head, length)))
}

/// A whole request with a JSON body.
pub(crate) fn post(path: &str, token: &str, body: &str) -> Vec<u8> {
    format!(
        "POST {path} HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {token}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// A whole request without one.
pub(crate) fn get(path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nhost: bench\r\n\r\n").into_bytes()
}

/// A whole callback.
pub(crate) fn post_signed(path: &str, signature: &str, body: &str) -> Vec<u8> {
    format!(
        "POST {path} HTTP/1.1\r\nhost: bench\r\nsignature: {signature}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// Sends requests that were made before, each once.
struct Sender {
    waiting: Arc<Mutex<VecDeque<Vec<u8>>>>,
}

impl Caller for Sender {
    fn next(&mut self) -> Option<Vec<u8>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }

    fn judge(&mut self, status: u16, body: &[u8]) -> anyhow::Result<&'static str> {
        ensure!(status == 200, "answered {status}: {}", String::from_utf8_lossy(body));
        Ok("done")
    }
}

/// So many connections that share the sending of requests.
pub(crate) fn send_all(requests: Vec<Vec<u8>>, connections: usize) -> Vec<Box<dyn Caller>> {
    let waiting = Arc::new(Mutex::new(VecDeque::from(requests)));
    (0..connections).map(|_| Box::new(Sender { waiting: Arc::clone(&waiting) }) as Box<dyn Caller>).collect()
}
