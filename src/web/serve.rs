//! Serving connections: bounded in number, patient for half a minute, and answered to the end at a stop.

use super::app::App;
use super::client::Peer;
use super::crowd::Crowd;
use super::metrics;
use super::patience::Patient;
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderValue, header};
use futures_util::future::join_all;
use hyper::body::{Body as _, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::convert::Infallible;
use std::future::pending;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tower::Service;

/// Open connections at a time on one listener: whoever fills the visitors' leaves the terminals' alone. Whoever comes
/// later takes the place of one on which nobody asks anything, or waits in the system's queue.
const CONNECTIONS_MAX: usize = 16_384;
/// How long a client may take to send the head of a request, and how long a connection may lie idle. Proxies in
/// front keep theirs for less.
const HEAD_TIME_MAX: Duration = Duration::from_secs(30);
/// How long a client may leave its answer lying.
const READ_TIME_MAX: Duration = Duration::from_secs(30);
/// File descriptors that are not for connections: the database's, files that are printed, calls to providers.
const DESCRIPTORS_KEPT: usize = 256;
/// How long connections without a request are listened to after a stop: what a client was about to send then, on a
/// connection it had every reason to use, is answered as the last on it.
const LINGER: Duration = Duration::from_secs(1);
/// How long requests that were accepted before a stop may still take.
const DRAIN_TIME_MAX: Duration = Duration::from_secs(35);
/// The pause after a failed accept (out of file descriptors, most likely), and between looks for somebody who says
/// nothing.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// How often measurements are folded into their buckets.
const FOLD_EVERY: Duration = Duration::from_secs(5);

/// How often it is written which terminals were heard of.
const SIGHTINGS_EVERY: Duration = Duration::from_secs(10);

/// A socket and what is served on it.
pub struct Listening {
    /// Bound already.
    pub listener: TcpListener,
    /// Made by [`super::router`].
    pub router: Router,
}

/// Serves until `stop` is cancelled, then answers what was accepted and finishes what was begun on its behalf.
pub async fn serve(app: &App, listening: Vec<Listening>, stop: CancellationToken) {
    let bounds = Bounds::of(connections_max(listening.len()));
    serve_within(bounds, Crowd::default, app, listening, stop).await;
}

/// What the system's limit of open files leaves for each listener, once it is raised as far as it goes. Without file
/// descriptors left the database could not be opened again either.
fn connections_max(listeners: usize) -> usize {
    let descriptors = raise_descriptors();
    let each = descriptors.saturating_sub(DESCRIPTORS_KEPT) / listeners.max(1);
    let connections_max = each.clamp(DESCRIPTORS_KEPT / 4, CONNECTIONS_MAX);
    if connections_max < CONNECTIONS_MAX {
        tracing::warn!(
            connections_max,
            descriptors,
            "few files may be open at a time: raise the limit (LimitNOFILE)"
        );
    }
    connections_max
}

/// Open files that are allowed now.
fn raise_descriptors() -> usize {
    let limit = getrlimit(Resource::Nofile);
    if limit.current < limit.maximum {
        // Where that is forbidden it stays as it is.
        let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
    }
    let current = getrlimit(Resource::Nofile).current;
    current.map_or(usize::MAX, |current| usize::try_from(current).unwrap_or(usize::MAX))
}

/// What a listener bears.
#[derive(Clone, Copy)]
pub(in crate::web) struct Bounds {
    /// Open connections at a time.
    pub(in crate::web) connections_max: usize,
    /// How long a client may leave its answer lying.
    pub(in crate::web) read_time_max: Duration,
}

impl Bounds {
    /// For service, with so many connections.
    pub(in crate::web) fn of(connections_max: usize) -> Bounds {
        Bounds { connections_max, read_time_max: READ_TIME_MAX }
    }
}

/// [`serve`], with these bounds on each listener and these rules for who leaves.
pub(in crate::web) async fn serve_within(
    bounds: Bounds,
    crowd: impl Fn() -> Crowd,
    app: &App,
    listening: Vec<Listening>,
    stop: CancellationToken,
) {
    let graceful = Arc::new(GracefulShutdown::new());
    let ending = Ending::default();
    let (mut accepting, mut open) = (JoinSet::new(), Vec::new());
    for Listening { listener, router } in listening {
        let connections = Arc::new(Semaphore::new(bounds.connections_max));
        open.push(Arc::clone(&connections));
        let (graceful, ending, crowd) = (Arc::clone(&graceful), ending.clone(), Arc::new(crowd()));
        let door = Door { router, graceful, connections, bounds, crowd, ending };
        accepting.spawn(door.accept(listener, stop.clone()));
    }
    accepting.spawn(fold_measurements(stop.clone()));
    accepting.spawn(write_sightings(app.clone(), stop));
    while accepting.join_next().await.is_some() {}
    app.end_streams().await;
    ending.linger(&open, bounds.connections_max).await;
    let graceful = Arc::into_inner(graceful).expect("whoever accepted has ended");
    let drained = async {
        graceful.shutdown().await;
        app.finish().await;
    };
    if tokio::time::timeout(DRAIN_TIME_MAX, drained).await.is_err() {
        tracing::warn!("some connections were cut: they took too long to end");
    }
}

/// How connections end at a stop. No client can tell whether a connection was closed before or after its request was
/// read, so while clients are at work none is closed under them: each gets an answer that says it is the last.
#[derive(Clone, Default)]
struct Ending {
    answers_are_last: Arc<AtomicBool>,
    cut: CancellationToken,
}

impl Ending {
    /// Waits for the last answers. To be called when nobody can connect any more, because whoever got a last answer
    /// does that next.
    async fn linger(&self, open: &[Arc<Semaphore>], connections_max: usize) {
        self.answers_are_last.store(true, Ordering::Relaxed);
        let all_closed = join_all(open.iter().map(|open| open.acquire_many(connections_max as u32)));
        let _ = tokio::time::timeout(LINGER, all_closed).await;
        self.cut.cancel();
    }

    /// Completes for a connection on which no request became whole in time.
    async fn cuts(&self, has_asked: &AtomicBool) {
        self.cut.cancelled().await;
        if has_asked.load(Ordering::Relaxed) {
            pending::<()>().await;
        }
    }
}

async fn fold_measurements(stop: CancellationToken) {
    while stop.run_until_cancelled(tokio::time::sleep(FOLD_EVERY)).await.is_some() {
        metrics::fold();
    }
}

async fn write_sightings(app: App, stop: CancellationToken) {
    while stop.run_until_cancelled(tokio::time::sleep(SIGHTINGS_EVERY)).await.is_some() {
        app.write_sightings().await;
    }
}

struct Door {
    router: Router,
    graceful: Arc<GracefulShutdown>,
    connections: Arc<Semaphore>,
    bounds: Bounds,
    crowd: Arc<Crowd>,
    ending: Ending,
}

impl Door {
    async fn accept(self, listener: TcpListener, stop: CancellationToken) {
        // Whoever was accepted and still waits for a place.
        let mut held = None;
        while let Some(accepted) = stop.run_until_cancelled(self.next(&listener, &mut held)).await {
            match accepted {
                Ok(permit) => {
                    let (stream, peer) = held.take().expect("accepted before the permit was there");
                    self.open(stream, peer, permit);
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
        if let Some((stream, peer)) = held
            && let Ok(permit) = Arc::clone(&self.connections).try_acquire_owned()
        {
            self.open(stream, peer, permit);
        }
        if let Err(error) = self.close(listener) {
            tracing::warn!(%error, "a connection that was waiting at the stop could not be accepted");
        }
    }

    /// Accepts somebody and finds a place for them.
    async fn next(
        &self,
        listener: &TcpListener,
        held: &mut Option<(TcpStream, SocketAddr)>,
    ) -> io::Result<OwnedSemaphorePermit> {
        if held.is_none() {
            *held = Some(listener.accept().await?);
        }
        loop {
            // Only now that somebody is there does somebody else have to go.
            if self.connections.available_permits() == 0 {
                self.crowd.makes_room(self.bounds.connections_max);
            }
            let place = Arc::clone(&self.connections).acquire_owned();
            if let Ok(permit) = tokio::time::timeout(ACCEPT_PAUSE, place).await {
                return Ok(permit.expect("it is never closed"));
            }
        }
    }

    /// Takes those who are connected and wait in the system's queue; closing the listener would cut them off, perhaps
    /// with a request already sent.
    fn close(&self, listener: TcpListener) -> io::Result<()> {
        let listener = listener.into_std()?;
        while let Ok(permit) = Arc::clone(&self.connections).try_acquire_owned() {
            let (stream, peer) = match listener.accept() {
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                accepted => accepted?,
            };
            stream.set_nonblocking(true)?;
            self.open(TcpStream::from_std(stream)?, peer, permit);
        }
        Ok(())
    }

    fn open(&self, stream: TcpStream, peer: SocketAddr, permit: OwnedSemaphorePermit) {
        // Without it small answers wait for the peer's acknowledgement; when it fails the connection is gone anyway.
        let _ = stream.set_nodelay(true);
        let (router, ending, asked) =
            (self.router.clone(), self.ending.clone(), Arc::new(AtomicBool::new(false)));
        let place = Arc::new(self.crowd.joined());
        let placed = Arc::clone(&place);
        let (answers_are_last, has_asked) = (Arc::clone(&ending.answers_are_last), Arc::clone(&asked));
        let service = service_fn(move |mut request: hyper::Request<Incoming>| {
            has_asked.store(true, Ordering::Relaxed);
            placed.asks();
            let placed = Arc::clone(&placed);
            request.extensions_mut().insert(Peer(peer));
            let answer = router.clone().call(request.map(Body::new));
            let answers_are_last = Arc::clone(&answers_are_last);
            async move {
                let mut answer = answer.await?;
                if answers_are_last.load(Ordering::Relaxed) {
                    answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
                }
                // What is written while it is sent goes on for a while.
                if answer.body().size_hint().exact().is_some() {
                    placed.rests();
                }
                Ok::<_, Infallible>(answer)
            }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_TIME_MAX)
            .serve_connection(TokioIo::new(Patient::new(stream, self.bounds.read_time_max)), service);
        let watched = self.graceful.watch(connection);
        let open = ::metrics::gauge!("polsband_http_connections");
        open.increment(1);
        tokio::spawn(async move {
            tokio::select! {
                // What has arrived is served first, also to whom is asked to leave.
                biased;
                served = watched => if let Err(error) = served {
                    tracing::debug!(%error, "a connection broke");
                },
                () = place.leaves() => tracing::debug!("a connection made room for another"),
                () = ending.cuts(&asked) => tracing::debug!("a connection was cut before it asked for anything"),
            }
            open.decrement(1);
            drop(permit);
        });
    }
}
