//! Goods received: samples of a delivered roll, scanned or typed, show that it is the batch it should be.

use super::{Again, BatchStep, StepRefusal, StepTaken, record};
use crate::audit_log::{self, Actor, Entry};
use crate::clock::Timestamp;
use crate::db::{self, Store};
use crate::events;
use crate::ids::BatchId;
use crate::media::scanner::COUNTERFEIT;
use crate::media::{self, Batch, Medium, Scanner, TopUpCodes, is_own_page};
use crate::plural::counted;
use crate::secrets::KeyFile;
use std::collections::BTreeSet;

/// Different pieces that must be scanned, where a batch has as many.
const PIECES_MIN: i64 = 5;
/// Most samples of one call: a whole box, for whoever has the time. Each is looked up.
pub const SAMPLES_MAX: usize = 2_000;

/// What a sample turned out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// A piece of this batch, with its number.
    Piece(i64),
    /// A piece that was scanned before, with its number: by another of its codes, say.
    Twice(i64),
    /// A piece of this batch, with its number, whose code holds another text than the one that was rendered: another
    /// amount or address, say.
    Misprint(i64),
    /// A piece of another batch.
    OtherBatch(BatchId),
    /// In the shape of one of our codes, and there is none like it.
    Unknown,
    /// A top-up code that pays to somebody else.
    Counterfeit,
    /// Not a code of ours, with a sentence saying why.
    Foreign(&'static str),
}

/// A sample and what it turned out to be, in a few words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// What it is.
    pub found: Found,
    /// The serial of the piece, for people, be it of another batch.
    pub serial: Option<String>,
}

impl Sample {
    /// As programs read it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match &self.found {
            Found::Piece(_) => "piece",
            Found::Twice(_) => "twice",
            Found::Misprint(_) => "misprint",
            Found::OtherBatch(_) => "other-batch",
            Found::Unknown => "unknown",
            Found::Counterfeit => "counterfeit",
            Found::Foreign(_) => "foreign",
        }
    }

    /// As people read it.
    #[must_use]
    pub fn sentence(&self) -> String {
        match &self.found {
            Found::Piece(number) => format!("piece {number}"),
            Found::Twice(number) => format!("piece {number} again"),
            Found::Misprint(number) => format!("piece {number}, and not the text that was rendered for it"),
            Found::OtherBatch(batch) => format!("of another batch: {batch}"),
            Found::Unknown => "unknown: there is no medium with this code".to_owned(),
            Found::Counterfeit => COUNTERFEIT.to_owned(),
            Found::Foreign(why) => (*why).to_owned(),
        }
    }

    /// The same with the serial of the piece.
    #[must_use]
    pub fn with_serial(&self) -> String {
        let serial = self.serial.as_deref().map(|serial| format!(" ({serial})")).unwrap_or_default();
        format!("{}{serial}", self.sentence())
    }

    /// The number of the piece, where it is one of this batch.
    #[must_use]
    pub fn number(&self) -> Option<i64> {
        match self.found {
            Found::Piece(number) | Found::Twice(number) | Found::Misprint(number) => Some(number),
            _ => None,
        }
    }
}

/// What was scanned of a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// What each sample turned out to be, in the order they came.
    pub samples: Vec<Sample>,
    /// How many different pieces of the batch were among them.
    pub pieces: i64,
    /// How many there must be.
    pub needed: i64,
}

impl Received {
    /// The samples that are not pieces of the batch as it was rendered, each with its place in the list, from 1.
    pub fn strangers(&self) -> impl Iterator<Item = (usize, &Sample)> {
        let is_good = |found: &Found| matches!(found, Found::Piece(_) | Found::Twice(_));
        (1..).zip(&self.samples).filter(move |(_, sample)| !is_good(&sample.found))
    }

    /// Why the batch is not received on these samples; none when it is.
    fn why_not(&self) -> Option<String> {
        let strangers = self.strangers().count();
        if strangers > 0 {
            let of = counted(self.samples.len(), "sample");
            let are = if strangers == 1 { "is not a piece" } else { "are not pieces" };
            return Some(format!("{strangers} of {of} {are} of this batch as it was rendered"));
        }
        let Received { pieces, needed, .. } = self;
        let wanted = if *needed == 1 { "the piece".to_owned() } else { format!("{needed} different pieces") };
        let these_were = if *pieces == 1 { "this was" } else { "these were" };
        (pieces < needed).then(|| format!("scan {wanted}: {these_were} {pieces}"))
    }

    fn summary(&self) -> String {
        let (samples, pieces) = (counted(self.samples.len(), "sample"), counted(self.pieces, "piece"));
        let mut told = format!("{samples} of {pieces}");
        for name in ["misprint", "other-batch", "unknown", "counterfeit", "foreign"] {
            let count = self.samples.iter().filter(|sample| sample.name() == name).count();
            if count > 0 {
                told.push_str(&format!(", {count} {name}"));
            }
        }
        told
    }
}

/// Holds samples of a delivery against a batch, and records that it was received when all of them are its own and
/// enough. What was scanned in vain is in the audit log as well: somebody will ask for it.
///
/// # Errors
/// The database's. A refusal is not an error but an answer, with what each sample was.
pub async fn receive(
    db: &Store,
    keys: &KeyFile,
    scanner: &Scanner,
    now: Timestamp,
    actor: &Actor,
    batch: &Batch,
    texts: &[String],
) -> Result<Result<Received, StepRefusal>, db::Error> {
    if batch.issued_at.is_none() {
        return Ok(Err(StepRefusal::Unfinished));
    }
    let event = events::store::by_ids(&mut *db.read().await?, [batch.event_id]).await?.pop();
    if event.is_none_or(|event| !event.is_open()) {
        return Ok(Err(StepRefusal::EventClosed));
    }
    if texts.len() > SAMPLES_MAX {
        let none = Received { samples: Vec::new(), pieces: 0, needed: needed(batch) };
        return Ok(Err(StepRefusal::Samples(format!("{SAMPLES_MAX} samples at a time are enough"), none)));
    }
    let received = look_at(db, keys, scanner, batch, texts).await?;
    let entry = |action| Entry {
        event: Some(batch.event_id),
        detail: Some(received.summary()),
        ..Entry::new(actor, action, format!("batch:{}", batch.id))
    };
    if let Some(why) = received.why_not() {
        if !texts.is_empty() {
            audit_log::store::write_alone(db, now, &entry("batch not received")).await?;
        }
        return Ok(Err(StepRefusal::Samples(why, received)));
    }
    let note = received.summary();
    let taken = StepTaken { step: BatchStep::Received, at: now, actor: actor.to_string(), note };
    let recorded = record(db, batch, taken, entry(BatchStep::Received.action()), Again::LoggedLate).await?;
    Ok(recorded.map(|_| received))
}

/// Holds texts against a batch; nothing is recorded. Each is looked up: how many is for whoever asks.
///
/// # Errors
/// The database's.
pub async fn look_at(
    db: &Store,
    keys: &KeyFile,
    scanner: &Scanner,
    batch: &Batch,
    texts: &[String],
) -> Result<Received, db::Error> {
    let codes = TopUpCodes::of(&mut *db.read().await?, keys, batch.event_id).await?;
    scan_all(scanner, &Rendered { batch, codes }, texts).await
}

/// How many different pieces of a batch must be scanned.
fn needed(batch: &Batch) -> i64 {
    PIECES_MIN.min(batch.count)
}

/// What a batch's codes hold.
struct Rendered<'b> {
    batch: &'b Batch,
    codes: TopUpCodes,
}

impl Rendered<'_> {
    /// True unless `text` is a whole code of this medium, and another one than was rendered.
    fn is(&self, text: &str, medium: &Medium) -> bool {
        let text = text.trim();
        let Some((_, rest)) = text.split_once("://") else { return true };
        let rendered = || self.codes.text(self.batch, medium).ok();
        if rest.contains("/t/1/") {
            return rendered().is_some_and(|rendered| rendered == text);
        }
        let rest = rest.to_ascii_lowercase();
        if rest.contains("/t/") {
            // A link to our page, in whatever case.
            return is_own_page(&self.batch.pay_url)
                && rendered().is_some_and(|rendered| rendered.eq_ignore_ascii_case(text));
        }
        if rest.contains("/w/") {
            // The scanner has seen that the code at its end is this medium's.
            return self.batch.wallet_url.as_deref().is_some_and(|url| {
                let front = url.trim_end_matches('/');
                text.get(..front.len()).is_some_and(|start| start.eq_ignore_ascii_case(front))
            });
        }
        true
    }
}

async fn scan_all(
    scanner: &Scanner,
    rendered: &Rendered<'_>,
    texts: &[String],
) -> Result<Received, db::Error> {
    let batch = rendered.batch;
    let (mut samples, mut seen) = (Vec::with_capacity(texts.len()), BTreeSet::new());
    for text in texts {
        let (found, serial) = match scanner.find(text).await? {
            media::Found::Medium(view) if view.medium.batch_id == batch.id => {
                let number = view.medium.sequence;
                let found = match rendered.is(text, &view.medium) {
                    false => Found::Misprint(number),
                    true if seen.insert(number) => Found::Piece(number),
                    true => Found::Twice(number),
                };
                (found, Some(view.medium.serial.grouped()))
            }
            media::Found::Medium(view) => {
                (Found::OtherBatch(view.medium.batch_id), Some(view.medium.serial.grouped()))
            }
            media::Found::Unknown => (Found::Unknown, None),
            media::Found::Foreign(COUNTERFEIT) => (Found::Counterfeit, None),
            media::Found::Foreign(why) => (Found::Foreign(why), None),
        };
        samples.push(Sample { found, serial });
    }
    let pieces = i64::try_from(seen.len()).unwrap_or(i64::MAX);
    Ok(Received { samples, pieces, needed: needed(batch) })
}
