//! A form over stored values that somebody else changed after its page was opened. Taken as it is, it would silently put
//! back what they changed: it is refused, with what stands there now beside what was typed.

use super::form::Form;
use super::words;
use crate::audit_log::store::{Written, done_to};
use crate::db::{self, Store};
use crate::ids::EventId;
use crate::money::Cents;
use crate::secrets::sha256_hex;
use crate::web::page::belgian_time;

/// The field that says which values a form was filled with.
const SHOWN: &str = "shown";

/// The name of a field, and what stands in it.
type Value = (&'static str, String);
/// What a form is filled with.
pub(super) type Values = Vec<Value>;

impl Form {
    /// Begins with what is stored, and says so.
    pub(super) fn over(stored: &[Value]) -> Form {
        Form::with(stored.to_vec()).showing(stored)
    }

    /// The same, which says that these values were stored.
    pub(super) fn showing(self, stored: &[Value]) -> Form {
        self.instead(SHOWN, version(stored))
    }

    /// Whether something else is stored than the form was filled with, and than it holds. One that doesn't say what it was
    /// filled with comes from no page of ours.
    pub(super) fn is_outdated(&self, stored: &[Value]) -> bool {
        let shown = self.text(SHOWN);
        let is_other = !shown.is_empty() && shown != version(stored);
        is_other && self.differs(stored)
    }

    /// Whether it holds anything else than what is stored.
    pub(super) fn differs(&self, stored: &[Value]) -> bool {
        stored.iter().any(|(name, value)| !is_same(self.text(name), value))
    }

    /// Says who changed something meanwhile, and beside each field that holds something else what stands there now: `words`
    /// tells a field's value. Sent once more, it is taken.
    pub(super) fn outdated(self, stored: &[Value], who: &str, words: impl Fn(&str, &str) -> String) -> Form {
        let mut form = self.showing(stored);
        let said = format!(
            "this was changed{who}, after the page was opened. What stands there now is said beside each field that holds \
             something else. Sent once more, what is typed here holds"
        );
        form.wrong("", said);
        for (name, value) in stored {
            if !is_same(form.text(name), value) {
                let now = match words(name, value) {
                    words if words.is_empty() => "it is empty now".to_owned(),
                    words => format!("it is “{words}” now"),
                };
                form.wrong(name, now);
            }
        }
        form
    }
}

/// Who did one of these to something of a festival last, and when, as it follows `changed`; nothing where nobody knows.
pub(super) async fn changed_by(
    store: &Store,
    event: EventId,
    (actions, subject): (&[&str], &str),
) -> Result<String, db::Error> {
    let entries = done_to(&mut *store.read().await?, (event, subject), actions).await?;
    Ok(by(entries.first()))
}

/// The same of an entry of the audit log.
pub(super) fn by(entry: Option<&Written>) -> String {
    entry.map_or_else(String::new, |entry| {
        format!(" by {} on {}", words::who(&entry.actor), belgian_time(entry.at))
    })
}

fn version(stored: &[Value]) -> String {
    sha256_hex(serde_json::json!(stored).to_string().as_bytes())
}

/// An amount is the same however it is typed.
fn is_same(typed: &str, stored: &str) -> bool {
    let amount = |text: &str| text.parse::<Cents>().ok();
    typed == stored || amount(typed).is_some_and(|typed| amount(stored) == Some(typed))
}
