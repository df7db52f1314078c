//! Serving connections: bounded in number, patient for half a minute, and answered to the end at a stop.

use super::app::App;
use super::client::Peer;
use super::metrics;
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderValue, header};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
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

/// Open connections at a time, over all listeners. Whoever comes later waits in the system's queue.
const CONNECTIONS_MAX: usize = 16_384;
/// How long a client may take to send the head of a request, and how long a connection may lie idle. Proxies in
/// front keep theirs for less.
const HEAD_TIME_MAX: Duration = Duration::from_secs(30);
/// How long connections without a request are listened to after a stop: what a client was about to send then, on a
/// connection it had every reason to use, is answered as the last on it.
const LINGER: Duration = Duration::from_secs(1);
/// How long requests that were accepted before a stop may still take.
const DRAIN_TIME_MAX: Duration = Duration::from_secs(35);
/// The pause after a failed accept: out of file descriptors, most likely.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// How often measurements are folded into their buckets.
const FOLD_EVERY: Duration = Duration::from_secs(5);

/// A socket and what is served on it.
pub struct Listening {
    /// Bound already.
    pub listener: TcpListener,
    /// Made by [`super::router`].
    pub router: Router,
}

/// Serves until `stop` is cancelled, then answers what was accepted and finishes what was begun on its behalf.
pub async fn serve(app: &App, listening: Vec<Listening>, stop: CancellationToken) {
    let graceful = Arc::new(GracefulShutdown::new());
    let ending = Ending::new();
    let mut accepting = JoinSet::new();
    for Listening { listener, router } in listening {
        let door = Door { router, graceful: Arc::clone(&graceful), ending: ending.clone() };
        accepting.spawn(door.accept(listener, stop.clone()));
    }
    accepting.spawn(fold_measurements(stop));
    while accepting.join_next().await.is_some() {}
    ending.linger().await;
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
#[derive(Clone)]
struct Ending {
    open: Arc<Semaphore>,
    answers_are_last: Arc<AtomicBool>,
    cut: CancellationToken,
}

impl Ending {
    fn new() -> Ending {
        let open = Arc::new(Semaphore::new(CONNECTIONS_MAX));
        Ending { open, answers_are_last: Arc::default(), cut: CancellationToken::new() }
    }

    /// Waits for the last answers. To be called when nobody can connect any more, because whoever got a last answer
    /// does that next.
    async fn linger(&self) {
        self.answers_are_last.store(true, Ordering::Relaxed);
        let all_closed = self.open.acquire_many(CONNECTIONS_MAX as u32);
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

struct Door {
    router: Router,
    graceful: Arc<GracefulShutdown>,
    ending: Ending,
}

impl Door {
    async fn accept(self, listener: TcpListener, stop: CancellationToken) {
        let next = async || {
            let permit = Arc::clone(&self.ending.open).acquire_owned().await.expect("it is never closed");
            listener.accept().await.map(|(stream, peer)| (stream, peer, permit))
        };
        while let Some(accepted) = stop.run_until_cancelled(next()).await {
            match accepted {
                Ok((stream, peer, permit)) => self.open(stream, peer, permit),
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
        if let Err(error) = self.close(listener) {
            tracing::warn!(%error, "a connection that was waiting at the stop could not be accepted");
        }
    }

    /// Takes those who are connected and wait in the system's queue; closing the listener would cut them off, perhaps
    /// with a request already sent.
    fn close(&self, listener: TcpListener) -> io::Result<()> {
        let listener = listener.into_std()?;
        while let Ok(permit) = Arc::clone(&self.ending.open).try_acquire_owned() {
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
        let (answers_are_last, has_asked) = (Arc::clone(&ending.answers_are_last), Arc::clone(&asked));
        let service = service_fn(move |mut request: hyper::Request<Incoming>| {
            has_asked.store(true, Ordering::Relaxed);
            request.extensions_mut().insert(Peer(peer));
            let answer = router.clone().call(request.map(Body::new));
            let answers_are_last = Arc::clone(&answers_are_last);
            async move {
                let mut answer = answer.await?;
                if answers_are_last.load(Ordering::Relaxed) {
                    answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
                }
                Ok::<_, Infallible>(answer)
            }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_TIME_MAX)
            .serve_connection(TokioIo::new(stream), service);
        let watched = self.graceful.watch(connection);
        let open = ::metrics::gauge!("polsband_http_connections");
        open.increment(1);
        tokio::spawn(async move {
            tokio::select! {
                served = watched => if let Err(error) = served {
                    tracing::debug!(%error, "a connection broke");
                },
                () = ending.cuts(&asked) => tracing::debug!("a connection was cut before it asked for anything"),
            }
            open.decrement(1);
            drop(permit);
        });
    }
}
