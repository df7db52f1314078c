//! Turns a code that works once into a device's token.

use super::{ENROLMENT, store};
use crate::audit_log::{self, Actor, Entry};
use crate::clock::Timestamp;
use crate::codes::parse_enrolment_code;
use crate::db::{self, Store};
use crate::events;
use crate::language::Language;
use crate::one_line::is_name;
use crate::secrets::{KeyFile, Token, TokenHash, draw_token};
use crate::terminals::Terminal;

/// What every terminal's token starts with.
pub(super) const TOKEN_PREFIX: &str = "pbt_";
/// Longest name of a device, in characters.
const DEVICE_NAME_CHARS_MAX: usize = 60;

/// A device that may charge from now on.
#[derive(Debug)]
pub struct Enrolled {
    /// What it shows with every request; shown once and never stored.
    pub token: Token,
    /// What it is now.
    pub terminal: Terminal,
    /// In which its app begins, by the event's rules; none: in the device's own.
    pub language: Option<Language>,
}

/// Why a device was not enrolled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EnrolRefusal {
    /// The code is unknown, used or expired: which of them is nobody's business.
    Code,
    /// The device's name is empty, too long, or not plain text.
    DeviceName,
}

impl EnrolRefusal {
    /// The name of the problem.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            EnrolRefusal::Code => "invalid-enrolment-code",
            EnrolRefusal::DeviceName => "invalid-device-name",
        }
    }

    /// What to tell whoever holds the device.
    #[must_use]
    pub fn sentence(self) -> &'static str {
        match self {
            EnrolRefusal::Code => {
                "this code does not work: each works once, within 15 minutes; ask for a new one"
            }
            EnrolRefusal::DeviceName => "a device's name has 1 to 60 characters on one line",
        }
    }
}

/// Enrols the device that shows `code`. However many try at once, one of them is enrolled.
///
/// # Errors
/// The database's. A refusal is not an error but an answer.
pub async fn enrol(
    db: &Store,
    keys: &KeyFile,
    now: Timestamp,
    code: &str,
    device_name: &str,
) -> Result<Result<Enrolled, EnrolRefusal>, db::Error> {
    let name = device_name.trim();
    if !is_name(name, DEVICE_NAME_CHARS_MAX) {
        return Ok(Err(EnrolRefusal::DeviceName));
    }
    let Some(code) = parse_enrolment_code(code) else {
        return Ok(Err(EnrolRefusal::Code));
    };
    let hash = keys.short_code_hash(ENROLMENT, &code);
    // Whoever guesses is told without taking a writer's time.
    if !store::is_usable(&mut *db.read().await?, hash, now).await? {
        return Ok(Err(EnrolRefusal::Code));
    }
    let token = draw_token(TOKEN_PREFIX);
    let token_hash = token.hash();
    let enrolled = db
        .transact(|tx| {
            let name = name.to_owned();
            Box::pin(async move { enrol_in(tx, hash, token_hash, &name, now).await })
        })
        .await?;
    let enrolled = enrolled.map(|(terminal, language)| Enrolled { token, terminal, language });
    Ok(enrolled.ok_or(EnrolRefusal::Code))
}

async fn enrol_in(
    tx: &mut db::Tx,
    hash: [u8; 32],
    token: TokenHash,
    name: &str,
    now: Timestamp,
) -> Result<Option<(Terminal, Option<Language>)>, db::Error> {
    let Some((event, id)) = store::use_enrolment_code(tx, hash, now).await? else {
        return Ok(None);
    };
    if !store::enrol_terminal(tx, event, id, name, now).await? {
        return Ok(None);
    }
    store::insert_token(tx, token, event, id).await?;
    let entry = Entry {
        event: Some(event),
        detail: Some(format!("device {name}")),
        ..Entry::new(&Actor::Terminal(id), "terminal enrolled", id.to_string())
    };
    audit_log::store::write(tx, now, &entry).await?;
    let rules = events::store::by_ids(tx, [event]).await?.pop().map(|event| event.rules);
    let language = rules.and_then(|rules| rules.till_language);
    Ok(store::by_token(tx, token).await?.map(|terminal| (terminal, language)))
}
