//! What a library says in the log while it works, caught: `usvg` passes over what it can't read and only remarks on it
//! there, and what was passed over prints otherwise.

use std::fmt;
use std::sync::{Arc, Mutex, Once};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_log::log::{self, LevelFilter};
use tracing_log::{LogTracer, NormalizeEvent as _};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};

/// Runs `work` on this thread and returns what it said, if anything, in warnings.
pub(super) fn warnings<T>(work: impl FnOnce() -> T) -> (T, Vec<String>) {
    static READY: Once = Once::new();
    READY.call_once(|| {
        // The program's own log has it installed already.
        let _ = LogTracer::init();
        if log::max_level() < LevelFilter::Warn {
            log::set_max_level(LevelFilter::Warn);
        }
    });
    let heard = Heard::default();
    let listening = tracing_subscriber::registry().with(heard.clone());
    let made = tracing::subscriber::with_default(listening, work);
    let said = heard.0.lock().map(|mut said| std::mem::take(&mut *said)).unwrap_or_default();
    (made, said)
}

#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<String>>>);

impl<S: Subscriber> Layer<S> for Heard {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let level = event.normalized_metadata().map_or(*event.metadata().level(), |log| *log.level());
        if level > tracing::Level::WARN {
            return;
        }
        let mut message = Message(String::new());
        event.record(&mut message);
        if let Ok(mut said) = self.0.lock() {
            said.push(message.0);
        }
    }
}

struct Message(String);

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            self.0 = format!("{value:?}");
        }
    }
}
