//! Serving connections: bounded in number, patient for half a minute, and answered to the end at a stop.

use super::app::App;
use super::client::Peer;
use super::metrics;
use axum::Router;
use axum::body::Body;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tower::Service;

/// Open connections at a time on one listener: whoever fills the visitors' leaves the terminals' alone. Whoever comes
/// later waits in the system's queue.
const CONNECTIONS_MAX: usize = 16_384;
/// How long a client may take to send the head of a request, and how long a connection may lie idle. Proxies in
/// front keep theirs for less.
const HEAD_TIME_MAX: Duration = Duration::from_secs(30);
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
    serve_at_most(CONNECTIONS_MAX, app, listening, stop).await;
}

/// [`serve`], with so many connections on each listener.
pub(in crate::web) async fn serve_at_most(
    connections_max: usize,
    app: &App,
    listening: Vec<Listening>,
    stop: CancellationToken,
) {
    let graceful = Arc::new(GracefulShutdown::new());
    let mut accepting = JoinSet::new();
    for Listening { listener, router } in listening {
        let connections = Arc::new(Semaphore::new(connections_max));
        let door = Door { router, graceful: Arc::clone(&graceful), connections };
        accepting.spawn(door.accept(listener, stop.clone()));
    }
    accepting.spawn(fold_measurements(stop));
    while accepting.join_next().await.is_some() {}
    let graceful = Arc::into_inner(graceful).expect("whoever accepted has ended");
    let drained = async {
        graceful.shutdown().await;
        app.finish().await;
    };
    if tokio::time::timeout(DRAIN_TIME_MAX, drained).await.is_err() {
        tracing::warn!("some connections were cut: they took too long to end");
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
    connections: Arc<Semaphore>,
}

impl Door {
    async fn accept(self, listener: TcpListener, stop: CancellationToken) {
        let next = async || {
            let permit = Arc::clone(&self.connections).acquire_owned().await.expect("it is never closed");
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
    }

    fn open(&self, stream: TcpStream, peer: SocketAddr, permit: OwnedSemaphorePermit) {
        // Without it small answers wait for the peer's acknowledgement; when it fails the connection is gone anyway.
        let _ = stream.set_nodelay(true);
        let router = self.router.clone();
        let service = service_fn(move |mut request: hyper::Request<Incoming>| {
            request.extensions_mut().insert(Peer(peer));
            router.clone().call(request.map(Body::new))
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_TIME_MAX)
            .serve_connection(TokioIo::new(stream), service);
        let watched = self.graceful.watch(connection);
        let open = ::metrics::gauge!("polsband_http_connections");
        open.increment(1);
        tokio::spawn(async move {
            if let Err(error) = watched.await {
                tracing::debug!(%error, "a connection broke");
            }
            open.decrement(1);
            drop(permit);
        });
    }
}
