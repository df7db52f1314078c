//! Running it: the router on a listener, and the loop that does what the clock makes due.

use crate::sandbox::problem::BODY_BYTES_MAX;
use crate::sandbox::{Sandbox, bancontact, control, page};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderValue, header};
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tower_http::set_header::SetResponseHeaderLayer;

/// How long requests that are under way at shutdown may still take; a callback's receiver has 15 s.
const DRAIN: Duration = Duration::from_secs(5);

/// Most callbacks of the loop that are on their way at one time.
const SENT_AT_ONCE_MAX: usize = 64;

/// Longest pause between two looks at the clock, so that a manual clock is noticed too.
const PAUSE_MAX: Duration = Duration::from_millis(500);

impl Sandbox {
    /// All of its paths: the page, its own calls and the providers'.
    pub fn router(&self) -> Router {
        let nosniff = HeaderValue::from_static("nosniff");
        Router::new()
            .merge(page::routes())
            .merge(control::routes())
            .with_state(self.clone())
            .merge(bancontact::routes(self.inner.bancontact.clone()))
            .merge(self.inner.orders.router())
            .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
            .layer(SetResponseHeaderLayer::overriding(header::X_CONTENT_TYPE_OPTIONS, nosniff))
    }

    /// Serves until `shutdown` completes, then lets requests under way finish for a few seconds.
    ///
    /// # Errors
    /// What the listener reports.
    pub async fn serve(
        self,
        listener: TcpListener,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> io::Result<()> {
        let stop = CancellationToken::new();
        let worker = tokio::spawn(self.clone().run_until(stop.clone()));
        let stopping = stop.clone();
        let server = axum::serve(listener, self.router()).with_graceful_shutdown(async move {
            shutdown.await;
            stopping.cancel();
        });
        let drained_too_long = async {
            stop.cancelled().await;
            tokio::time::sleep(DRAIN).await;
        };
        let served = tokio::select! {
            served = async { server.await } => served,
            () = drained_too_long => Ok(()),
        };
        stop.cancel();
        // A callback that is on its way at this moment is sent again after the next start, like any unanswered one.
        worker.abort();
        served
    }

    /// A receiver that does not answer holds up its own callbacks only: each is sent by a task of its own.
    async fn run_until(self, stop: CancellationToken) {
        let bancontact = &self.inner.bancontact;
        let mut sending = JoinSet::new();
        loop {
            while sending.try_join_next().is_some() {}
            let room = SENT_AT_ONCE_MAX - sending.len();
            for number in bancontact.take_due(room) {
                sending.spawn(Arc::clone(bancontact).send(number));
            }
            let pause = if sending.len() < SENT_AT_ONCE_MAX { bancontact.until_next() } else { PAUSE_MAX };
            tokio::select! {
                () = stop.cancelled() => return,
                () = bancontact.something_came() => {}
                () = tokio::time::sleep(pause.min(PAUSE_MAX)) => {}
            }
        }
    }
}
