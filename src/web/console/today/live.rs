//! The figures as they change: one sum for each festival, sent to whoever watches.
//!
//! However many watch, the figures of a festival are read once every two seconds, and not at all while nobody does. So
//! many may watch; each stream ends by itself after some minutes, so that whoever may not see it any more is asked again,
//! and at a stop at once.

use crate::ids::EventId;
use crate::web::problem::Problem;
use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Streams at a time.
const WATCHERS_MAX: usize = 64;
/// How often the figures are read.
const EVERY: Duration = Duration::from_secs(2);
/// How often a stream says that it lives, so that nobody between takes it for dead.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How long a stream lasts; the browser comes again.
const LASTS: Duration = Duration::from_secs(5 * 60);

/// Who watches what. Cheap to clone.
#[derive(Clone)]
pub(in crate::web) struct Live(Arc<Inner>);

struct Inner {
    places: Arc<Semaphore>,
    rooms: Mutex<HashMap<EventId, watch::Sender<Arc<str>>>>,
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl Live {
    pub(in crate::web) fn new(tasks: TaskTracker) -> Live {
        let (places, stop) = (Arc::new(Semaphore::new(WATCHERS_MAX)), CancellationToken::new());
        Live(Arc::new(Inner { places, rooms: Mutex::default(), tasks, stop }))
    }

    /// Ends every stream.
    pub(in crate::web) fn end(&self) {
        self.0.stop.cancel();
    }

    /// A stream of the figures that `read` gives for this festival.
    ///
    /// # Errors
    /// 503 when too many watch.
    pub(super) fn watch<R, F>(&self, event: EventId, read: R) -> Result<Response, Problem>
    where
        R: Fn() -> F + Send + 'static,
        F: Future<Output = Result<String, Problem>> + Send,
    {
        let place = Arc::clone(&self.0.places).try_acquire_owned().map_err(|_| {
            let detail = "too many watch already: the figures are those of when the page was opened";
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, "overloaded", detail).retry_after(30)
        })?;
        let mut figures = self.room(event, read);
        figures.mark_changed();
        let watcher =
            Watcher { figures, stop: self.0.stop.clone(), until: Instant::now() + LASTS, _place: place };
        let headers = [
            (header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream")),
            (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
            // Proxies that gather answers would hold the figures back.
            (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")),
        ];
        let events = stream::unfold(watcher, async |mut watcher| {
            let event = watcher.next().await?;
            Some((Ok::<_, Infallible>(event), watcher))
        });
        Ok((headers, Body::from_stream(events)).into_response())
    }

    fn room<R, F>(&self, event: EventId, read: R) -> watch::Receiver<Arc<str>>
    where
        R: Fn() -> F + Send + 'static,
        F: Future<Output = Result<String, Problem>> + Send,
    {
        let mut rooms = self.rooms();
        if let Some(room) = rooms.get(&event) {
            return room.subscribe();
        }
        let (room, figures) = watch::channel(Arc::from(""));
        rooms.insert(event, room.clone());
        let live = self.clone();
        self.0.tasks.spawn(async move {
            while !live.closes(event, &room) {
                if let Ok(text) = read().await {
                    room.send_replace(Arc::from(text));
                }
                if live.0.stop.run_until_cancelled(tokio::time::sleep(EVERY)).await.is_none() {
                    live.rooms().remove(&event);
                    return;
                }
            }
        });
        figures
    }

    /// True when nobody watches any more, and then the room is gone: who comes next opens another.
    fn closes(&self, event: EventId, room: &watch::Sender<Arc<str>>) -> bool {
        let mut rooms = self.rooms();
        let is_empty = room.receiver_count() == 0;
        if is_empty {
            rooms.remove(&event);
        }
        is_empty
    }

    fn rooms(&self) -> MutexGuard<'_, HashMap<EventId, watch::Sender<Arc<str>>>> {
        self.0.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Watcher {
    figures: watch::Receiver<Arc<str>>,
    stop: CancellationToken,
    until: Instant,
    _place: OwnedSemaphorePermit,
}

impl Watcher {
    /// The next event; none at the end.
    async fn next(&mut self) -> Option<String> {
        loop {
            tokio::select! {
                biased;
                () = self.stop.cancelled() => return None,
                () = tokio::time::sleep_until(self.until) => return None,
                changed = self.figures.changed() => {
                    changed.ok()?;
                    let text = Arc::clone(&self.figures.borrow_and_update());
                    if !text.is_empty() {
                        return Some(event(&text));
                    }
                }
                () = tokio::time::sleep(HEARTBEAT) => return Some(":\n\n".to_owned()),
            }
        }
    }
}

/// An event of a text of several lines.
fn event(text: &str) -> String {
    let mut event: String = text.lines().map(|line| format!("data: {line}\n")).collect();
    event.push('\n');
    event
}
