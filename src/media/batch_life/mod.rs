//! The life of a batch: rendered → printed → received → active.
//!
//! The steps inform: who said that the printer is done, who held pieces of the delivered roll under a scanner, who gave
//! them out. They never stop money; a batch works from the moment it is issued. Each step is recorded once (what
//! is said of it later is in the audit log), a step back is refused but for a late delivery, and steps may be left out, which is then seen. A batch is shown as active, too, as soon as one of its
//! media is used: that is read from the media, and nothing on a payment's way writes it down.
//!
//! Rendering is recorded by itself whenever a file is made of the batch ([`rendered`]); the other steps are said by a
//! person ([`take_step`]), receiving with samples ([`receive`]), until the event is closed.

mod receive;
pub mod store;

pub use receive::{Found, Received, SAMPLES_MAX, Sample, look_at, receive};

use crate::audit_log::{self, Actor, Entry};
use crate::clock::Timestamp;
use crate::codes::holds_pay_code;
use crate::db::{self, Store, Tx};
use crate::events::store::hold_open;
use crate::ids::BatchId;
use crate::media::{Batch, MediumStatus};
use crate::plural::grouped;
use crate::words;
use std::collections::BTreeMap;

/// Longest note, in characters.
pub const NOTE_CHARS_MAX: usize = 500;

words! {
    /// Where a batch is on its way to the wrists.
    BatchStep, "a step of a batch" {
        /// A sheet, a list or pictures of it were made.
        Rendered = "rendered",
        /// The printer is done with it.
        Printed = "printed",
        /// It was delivered, and samples of it were scanned.
        Received = "received",
        /// It is being handed out.
        Active = "active",
    }
}

impl BatchStep {
    fn action(self) -> &'static str {
        match self {
            BatchStep::Rendered => "batch rendered",
            BatchStep::Printed => "batch printed",
            BatchStep::Received => "batch received",
            BatchStep::Active => "batch active",
        }
    }
}

/// A recorded step.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct StepTaken {
    /// Which.
    pub step: BatchStep,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: String,
    /// What they said, or what was made or scanned; may be empty.
    pub note: String,
}

/// A batch that was issued in place of spoiled pieces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Reprint {
    /// The new batch.
    pub batch: BatchId,
    /// How many pieces it has.
    pub count: i64,
}

/// How many media of a batch are in each status.
pub type Counts = BTreeMap<MediumStatus, i64>;

/// All that is known of a batch's life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Life {
    /// What was recorded, in the order of the steps.
    pub steps: Vec<StepTaken>,
    /// Its media by status; those of none are left out.
    pub media: Counts,
    /// The batch whose spoiled pieces it stands in for.
    pub reprint_of: Option<BatchId>,
    /// Why it was issued in their place; none where nobody was asked.
    pub reprint_reason: Option<String>,
    /// The batches that stand in for its own spoiled pieces.
    pub reprints: Vec<Reprint>,
}

impl Life {
    /// Where it is: the last step recorded, or active once a medium of it is used. None: it was only issued.
    #[must_use]
    pub fn step(&self) -> Option<BatchStep> {
        if self.is_in_use() {
            return Some(BatchStep::Active);
        }
        last(&self.steps)
    }

    /// A medium of it is, or was, in somebody's hands.
    #[must_use]
    pub fn is_in_use(&self) -> bool {
        is_in_use(&self.media)
    }

    /// The steps before that one that nobody ever recorded.
    #[must_use]
    pub fn never_recorded(&self) -> Vec<BatchStep> {
        let Some(step) = self.step() else { return Vec::new() };
        let is_recorded = |step: &BatchStep| self.steps.iter().any(|taken| taken.step == *step);
        BatchStep::ALL.iter().copied().filter(|before| *before < step && !is_recorded(before)).collect()
    }

    /// Spoiled pieces that no other batch stands in for yet.
    #[must_use]
    pub fn to_reissue(&self) -> i64 {
        let reissued: i64 = self.reprints.iter().map(|reprint| reprint.count).sum();
        self.media.get(&MediumStatus::Spoiled).copied().unwrap_or_default() - reissued
    }
}

fn last(steps: &[StepTaken]) -> Option<BatchStep> {
    steps.iter().map(|taken| taken.step).max()
}

fn is_in_use(media: &Counts) -> bool {
    let used = [MediumStatus::Active, MediumStatus::Frozen, MediumStatus::Replaced];
    used.iter().any(|status| media.contains_key(status))
}

/// Why a step was not recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepRefusal {
    /// Issuing the batch was interrupted: nothing of it was ever shown.
    Unfinished,
    /// The event is closed: nothing is handed out any more.
    EventClosed,
    /// It is further already.
    Further(BatchStep),
    /// The note is too long, or holds a pay code: what follows `a note`.
    Note(String),
    /// There are too few samples, too many, or one that is not of this batch.
    Samples(String, Received),
}

impl StepRefusal {
    /// The name of the problem, for programs.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            StepRefusal::Unfinished => "batch-not-printable",
            StepRefusal::EventClosed => "event-closed",
            StepRefusal::Further(_) => "not-allowed-from",
            StepRefusal::Note(_) => "invalid-request",
            StepRefusal::Samples(..) => "not-received",
        }
    }

    /// What to tell whoever asked.
    #[must_use]
    pub fn sentence(&self) -> String {
        match self {
            StepRefusal::Unfinished => {
                "this batch was interrupted while it was issued: issue a new one".to_owned()
            }
            StepRefusal::EventClosed => {
                "the event is closed: nothing is changed about its batches any more".to_owned()
            }
            StepRefusal::Further(step) => format!("the batch is {step} already: it takes no step back"),
            StepRefusal::Note(why) => format!("a note {why}"),
            StepRefusal::Samples(why, _) => format!("not received: {why}"),
        }
    }
}

/// Records that a file was made of a batch, with its entry in the audit log: the first time as a step of its life,
/// unless that is further by then; every time in the log.
///
/// # Errors
/// The database's.
pub async fn rendered(db: &Store, now: Timestamp, batch: &Batch, entry: &Entry) -> Result<(), db::Error> {
    db.transact(|tx| {
        let (batch, entry) = (batch.clone(), entry.clone());
        Box::pin(async move {
            store::hold_batch(tx, &batch).await?;
            if last(&store::steps(tx, &batch).await?).is_none() {
                let note = entry.detail.clone().unwrap_or_default();
                let taken =
                    StepTaken { step: BatchStep::Rendered, at: now, actor: entry.actor.to_string(), note };
                store::insert_step(tx, &batch, &taken).await?;
            }
            audit_log::store::write(tx, now, &entry).await
        })
    })
    .await
}

/// Refuses what no log keeps; what is said follows `a note`, or `a reason`.
pub(super) fn check_note(note: &str) -> Result<(), String> {
    match note.chars().count() {
        _ if holds_pay_code(note) => {
            Err("can't hold a pay code: whoever reads it could spend with it".to_owned())
        }
        chars if chars > NOTE_CHARS_MAX => {
            Err(format!("has at most {NOTE_CHARS_MAX} characters: these are {}", grouped(chars)))
        }
        _ => Ok(()),
    }
}

/// Records that a person says a batch is printed, or handed out. False: it was at that step already, and nothing was
/// written.
///
/// # Errors
/// The database's. A refusal is not an error but an answer.
pub async fn take_step(
    db: &Store,
    now: Timestamp,
    actor: &Actor,
    batch: &Batch,
    step: BatchStep,
    note: Option<&str>,
) -> Result<Result<bool, StepRefusal>, db::Error> {
    let note = note.unwrap_or_default().trim();
    if let Err(why) = check_note(note) {
        return Ok(Err(StepRefusal::Note(why)));
    }
    if batch.issued_at.is_none() {
        return Ok(Err(StepRefusal::Unfinished));
    }
    let taken = StepTaken { step, at: now, actor: actor.to_string(), note: note.to_owned() };
    let reason = (!note.is_empty()).then(|| note.to_owned());
    let entry = Entry {
        event: Some(batch.event_id),
        reason,
        ..Entry::new(actor, step.action(), format!("batch:{}", batch.id))
    };
    // Who says it again with a note wants the note kept.
    let again = if note.is_empty() { Again::Silent } else { Again::Logged };
    record(db, batch, taken, entry, again).await
}

/// What is written of a step that a batch has taken already.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Again {
    /// Nothing.
    Silent,
    /// It is in the log once more.
    Logged,
    /// That, and no less where the batch is further by then: goods may come in several deliveries.
    LoggedLate,
}

/// Writes a step with its entry, or the entry alone.
async fn record(
    db: &Store,
    batch: &Batch,
    taken: StepTaken,
    entry: Entry,
    again: Again,
) -> Result<Result<bool, StepRefusal>, db::Error> {
    db.transact(|tx| {
        let (batch, taken, entry) = (batch.clone(), taken.clone(), entry.clone());
        Box::pin(async move { record_in(tx, &batch, &taken, &entry, again).await })
    })
    .await
}

async fn record_in(
    tx: &mut Tx,
    batch: &Batch,
    taken: &StepTaken,
    entry: &Entry,
    again: Again,
) -> Result<Result<bool, StepRefusal>, db::Error> {
    if !hold_open(tx, batch.event_id).await? {
        return Ok(Err(StepRefusal::EventClosed));
    }
    store::hold_batch(tx, batch).await?;
    let last = last(&store::steps(tx, batch).await?);
    let is_further = last.filter(|last| *last > taken.step);
    if let Some(further) = is_further.filter(|_| again != Again::LoggedLate) {
        return Ok(Err(StepRefusal::Further(further)));
    }
    let is_new = last.is_none_or(|last| last < taken.step);
    if is_new {
        store::insert_step(tx, batch, taken).await?;
    }
    if is_new || again != Again::Silent {
        audit_log::store::write(tx, taken.at, entry).await?;
    }
    Ok(Ok(is_new))
}

/// The life of a batch. Its media are counted window by window: however many there are, one statement reads no more
/// than ten thousand.
///
/// # Errors
/// The database's.
pub async fn life(db: &Store, batch: &Batch) -> Result<Life, db::Error> {
    let media = count(db, batch).await?;
    let mut session = db.read().await?;
    let steps = store::steps(&mut session, batch).await?;
    let (reprint_of, reprint_reason) = store::reprint_of(&mut session, batch).await?;
    let reprints = store::reprints(&mut session, batch).await?;
    Ok(Life { steps, media, reprint_of, reprint_reason, reprints })
}

/// How many media of a batch are in each status.
///
/// # Errors
/// The database's.
pub async fn count(db: &Store, batch: &Batch) -> Result<Counts, db::Error> {
    let mut counts = Counts::new();
    let mut after = 0;
    while after < batch.count {
        // A session for each window: others read in between.
        let window = store::count_window(&mut *db.read().await?, batch, after).await?;
        window.into_iter().for_each(|(status, count)| *counts.entry(status).or_default() += count);
        after += store::WINDOW;
    }
    Ok(counts)
}
