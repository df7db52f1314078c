//! The figures as they change: one sum for each festival, sent to whoever watches.
//!
//! However many watch, the figures of a festival are read once every two seconds, and not at all while nobody does. So
//! many may watch. Every few seconds each stream asks whether its session still lasts and its person may still see money;
//! when not, it says so to its page, with the event `over`, and ends. It ends by itself after some minutes, too, and at a stop
//! at once.

use crate::clock::Clock;
use crate::db::Store;
use crate::ids::EventId;
use crate::operators::{self, Right};
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
/// How often a stream asks whether it may go on, and says that it lives, so that nobody between takes it for dead.
const ASKS_EVERY: Duration = Duration::from_secs(10);
/// How long a stream lasts; the browser comes again.
const LASTS: Duration = Duration::from_secs(5 * 60);

/// What the page is told when a stream is over for good.
const SIGNED_OUT: &str = "event: over\ndata: signed-out\n\n";
/// The same of somebody whose role has no right to it.
const NOT_ALLOWED: &str = "event: over\ndata: not-allowed\n\n";

/// Who watches what. Cheap to clone.
#[derive(Clone)]
pub(in crate::web) struct Live(Arc<Inner>);

struct Inner {
    places: Arc<Semaphore>,
    rooms: Mutex<HashMap<EventId, watch::Sender<Arc<str>>>>,
    tasks: TaskTracker,
    stop: CancellationToken,
    asks_every: Duration,
}

/// By what somebody may watch.
pub(super) struct Pass {
    pub(super) store: Store,
    pub(super) clock: Clock,
    pub(super) session: String,
}

impl Pass {
    /// What to tell a page whose pass has ended. Nothing while nobody can tell: the figures don't come then, either.
    async fn ended(&self) -> Option<&'static str> {
        match operators::by_session(&self.store, self.clock.now(), &self.session).await {
            Ok(Some(operator)) if operator.may(Right::SeeMoney) => None,
            Ok(Some(_)) => Some(NOT_ALLOWED),
            Ok(None) => Some(SIGNED_OUT),
            Err(_) => None,
        }
    }
}

/// A stream that says nothing but that its person is signed out.
pub(super) fn signed_out() -> Response {
    (stream_headers(), SIGNED_OUT).into_response()
}

/// The same of somebody whose role has no right to it.
pub(super) fn not_allowed() -> Response {
    (stream_headers(), NOT_ALLOWED).into_response()
}

fn stream_headers() -> [(HeaderName, HeaderValue); 3] {
    [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        // Proxies that gather answers would hold the figures back.
        (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")),
    ]
}

impl Live {
    pub(in crate::web) fn new(tasks: TaskTracker) -> Live {
        Live::asking_every(ASKS_EVERY, tasks)
    }

    /// The same with streams that ask this often whether they may go on.
    fn asking_every(asks_every: Duration, tasks: TaskTracker) -> Live {
        let (places, stop) = (Arc::new(Semaphore::new(WATCHERS_MAX)), CancellationToken::new());
        Live(Arc::new(Inner { places, rooms: Mutex::default(), tasks, stop, asks_every }))
    }

    /// Ends every stream.
    pub(in crate::web) fn end(&self) {
        self.0.stop.cancel();
    }

    /// A stream of the figures that `read` gives for this festival, for as long as `pass` lasts.
    ///
    /// # Errors
    /// 503 when too many watch.
    pub(super) fn watch<R, F>(&self, event: EventId, pass: Pass, read: R) -> Result<Response, Problem>
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
        let (now, asks_every) = (Instant::now(), self.0.asks_every);
        let watcher = Watcher {
            figures,
            stop: self.0.stop.clone(),
            pass,
            asks_every,
            asks_at: now + asks_every,
            until: now + LASTS,
            is_over: false,
            _place: place,
        };
        let events = stream::unfold(watcher, async |mut watcher| {
            let event = watcher.next().await?;
            Some((Ok::<_, Infallible>(event), watcher))
        });
        Ok((stream_headers(), Body::from_stream(events)).into_response())
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
    pass: Pass,
    asks_every: Duration,
    asks_at: Instant,
    until: Instant,
    /// The page was told that nothing more comes.
    is_over: bool,
    _place: OwnedSemaphorePermit,
}

impl Watcher {
    /// The next event; none at the end.
    async fn next(&mut self) -> Option<String> {
        if self.is_over {
            return None;
        }
        loop {
            tokio::select! {
                biased;
                () = self.stop.cancelled() => return None,
                () = tokio::time::sleep_until(self.until) => return None,
                () = tokio::time::sleep_until(self.asks_at) => {
                    let ended = self.pass.ended().await;
                    self.is_over = ended.is_some();
                    self.asks_at = Instant::now() + self.asks_every;
                    return Some(ended.unwrap_or(":\n\n").to_owned());
                }
                changed = self.figures.changed() => {
                    changed.ok()?;
                    let text = Arc::clone(&self.figures.borrow_and_update());
                    if !text.is_empty() {
                        return Some(event(&text));
                    }
                }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit_log::Actor;
    use crate::clock::Timestamp;
    use crate::db::testing::on_both_engines;
    use crate::operators::{Email, Entered, Role, SESSION_HELD};
    use futures_util::{Stream, StreamExt};

    const PASSWORD: &str = "correct horse battery";

    /// The last event of a stream that ends by itself.
    async fn last(stream: impl Stream<Item = String>) -> Option<String> {
        stream.collect::<Vec<String>>().await.pop()
    }

    #[tokio::test]
    async fn a_stream_says_so_and_ends_when_its_person_is_signed_out_or_may_not_see_money() {
        on_both_engines(async |store| {
            let clock = Clock::manual(Timestamp(1_800_000_000_000_000));
            let (now, root) = (clock.now(), Actor::System("test"));
            let email: Email = "anna@bar.example".parse().unwrap();
            let link = operators::add(&store, &root, now, &email, Role::Finance).await.unwrap().link;
            operators::set_password(&store, now, link.reveal(), PASSWORD).await.unwrap();
            let signs_in =
                async || match operators::sign_in(&store, now, email.as_str(), PASSWORD).await.unwrap() {
                    Some(Entered::SignedIn(signed_in)) => signed_in.session.reveal().to_owned(),
                    other => panic!("{other:?}"),
                };
            let live = Live::asking_every(Duration::from_millis(10), TaskTracker::new());
            let watches = |session: &str| {
                let pass = Pass { store: store.clone(), clock: clock.clone(), session: session.to_owned() };
                let read = async || Ok::<_, Problem>("<p>figures</p>".to_owned());
                let chunks = live.watch(EventId::new(), pass, read).unwrap().into_body().into_data_stream();
                chunks.map(|chunk| String::from_utf8(chunk.unwrap().to_vec()).unwrap()).boxed()
            };

            let session = signs_in().await;
            let mut stream = watches(&session);
            while stream.next().await.unwrap() != ":\n\n" {}
            operators::sign_out(&store, now, &session).await.unwrap();
            assert_eq!(last(stream).await.as_deref(), Some(SIGNED_OUT));

            let stream = watches(&signs_in().await);
            operators::change_role(&store, &root, now, &email, Role::Viewer).await.unwrap();
            assert_eq!(last(stream).await.as_deref(), Some(NOT_ALLOWED));

            operators::change_role(&store, &root, now, &email, Role::Organiser).await.unwrap();
            let stream = watches(&signs_in().await);
            clock.advance(SESSION_HELD);
            assert_eq!(last(stream).await.as_deref(), Some(SIGNED_OUT));
            live.end();
        })
        .await;
    }
}
