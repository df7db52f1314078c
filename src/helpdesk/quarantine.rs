//! Quarantines a range of a batch, and lets it go again: a roll that was lost or stolen before it was handed out.
//!
//! The range runs by the number of the piece, from one end to the other in either order. It goes through the lane in
//! pieces small enough that a bar doesn't notice, each committed with its entry in the audit log. What was moved stays
//! moved: whoever was interrupted asks for the same range again, and it goes on where it was. From the moment that its event
//! is closed no more of it is moved.

use super::{REASON_CHARS_MAX, Refusal};
use crate::audit_log::{Actor, Entry};
use crate::codes::{PAY_CODE_IN_TEXT, holds_pay_code};
use crate::db::{self, Store};
use crate::events::{self, Event};
use crate::ids::{BatchId, MediumId, MoveId};
use crate::ledger::{Book, Entries, LaneError, LaneHandle, Moving, Request, Touches};
use crate::media::store::{batch_with_key, media_of_batch};
use crate::media::{Batch, Found, LifecycleMove, Medium, MediumStatus, NotAllowedFrom, Scanner};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Media in one commit: few milliseconds, which is what a sale may wait behind them.
const MEDIA_PER_COMMIT: i64 = 250;
/// How often a full lane is asked again, and how long apart: sales come first.
const FULL_MAX: u32 = 100;
const FULL_WAIT: Duration = Duration::from_millis(200);

/// How long it rests after a commit, in times of what that took: whoever writes to the same SQLite file from another
/// process finds it free most of the time. Without rest a sale beside it waited up to 1.9 s, with it 0.2 s.
const REST: u32 = 2;

/// What is asked for a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RangeMove {
    /// Out of our hands: nothing of it pays, takes money or replaces anything.
    Quarantine,
    /// Found again: unused as before.
    Release,
}

impl RangeMove {
    fn lifecycle_move(self) -> LifecycleMove {
        match self {
            RangeMove::Quarantine => LifecycleMove::Quarantine,
            RangeMove::Release => LifecycleMove::Release,
        }
    }

    /// What a piece is before and after it.
    fn statuses(self) -> (MediumStatus, MediumStatus) {
        match self {
            RangeMove::Quarantine => (MediumStatus::Issued, MediumStatus::Quarantined),
            RangeMove::Release => (MediumStatus::Quarantined, MediumStatus::Issued),
        }
    }

    /// As written in the audit log.
    fn action(self) -> &'static str {
        match self {
            RangeMove::Quarantine => "range quarantined",
            RangeMove::Release => "range released",
        }
    }
}

/// Pieces of one batch, by their numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Range {
    /// Whose.
    pub batch: Batch,
    /// The first piece's number.
    pub first: i64,
    /// The last one's.
    pub last: i64,
}

/// Why there is no such range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RangeRefusal {
    /// The text at one end, `from` or `to`, is no code of ours, for this reason.
    Foreign(&'static str, &'static str),
    /// The code at one end, `from` or `to`, belongs to nothing.
    Unknown(&'static str),
    /// The piece at one end is of another batch than the one that was named, or than the other end.
    OtherBatch(&'static str, BatchId),
}

impl RangeRefusal {
    /// Which end it is about.
    #[must_use]
    pub fn end(&self) -> &'static str {
        match self {
            RangeRefusal::Foreign(end, _) | RangeRefusal::Unknown(end) | RangeRefusal::OtherBatch(end, _) => {
                end
            }
        }
    }

    /// What to tell whoever asked.
    #[must_use]
    pub fn sentence(&self) -> String {
        match self {
            RangeRefusal::Foreign(_, why) => (*why).to_owned(),
            RangeRefusal::Unknown(_) => "no medium has this code: is every character right?".to_owned(),
            RangeRefusal::OtherBatch(_, batch) => {
                format!("this piece is of batch {batch}: both ends of a range are pieces of one batch")
            }
        }
    }
}

/// The range between two pieces, named by anything printed on them. With `batch`, of that one only.
///
/// # Errors
/// The database's. A refusal is not an error but an answer.
pub async fn find_range(
    store: &Store,
    scanner: &Scanner,
    batch: Option<BatchId>,
    from: &str,
    to: &str,
) -> Result<Result<Range, RangeRefusal>, db::Error> {
    let one = match find_end(scanner, batch, "from", from).await? {
        Ok(medium) => medium,
        Err(why) => return Ok(Err(why)),
    };
    let batch = one.batch_id;
    let other = match find_end(scanner, Some(batch), "to", to).await? {
        Ok(medium) => medium,
        Err(why) => return Ok(Err(why)),
    };
    let found = batch_with_key(&mut *store.read().await?, batch).await?;
    let (batch, _) = found.ok_or_else(|| db::Error::Corrupt(format!("a medium of no batch {batch}")))?;
    let (one, other) = (one.sequence, other.sequence);
    Ok(Ok(Range { batch, first: one.min(other), last: one.max(other) }))
}

/// The piece at one end, `from` or `to`, of a range; of this batch, where one is given.
///
/// # Errors
/// The database's.
pub async fn find_end(
    scanner: &Scanner,
    batch: Option<BatchId>,
    end: &'static str,
    text: &str,
) -> Result<Result<Medium, RangeRefusal>, db::Error> {
    let medium = match scanner.find(text).await? {
        Found::Medium(view) => view.medium,
        Found::Unknown => return Ok(Err(RangeRefusal::Unknown(end))),
        Found::Foreign(why) => return Ok(Err(RangeRefusal::Foreign(end, why))),
    };
    match batch {
        Some(batch) if batch != medium.batch_id => Ok(Err(RangeRefusal::OtherBatch(end, medium.batch_id))),
        _ => Ok(Ok(medium)),
    }
}

/// What became of a range.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RangeMoved {
    /// Pieces that were moved now.
    pub moved: i64,
    /// Pieces that were there already.
    pub already: i64,
    /// Pieces that were left as they are, by what they are: in use, or ended.
    pub left: BTreeMap<MediumStatus, i64>,
}

impl RangeMoved {
    fn count(&mut self, asked: RangeMove, status: MediumStatus) {
        match asked.statuses() {
            (_, after) if status == after => self.already += 1,
            _ => *self.left.entry(status).or_default() += 1,
        }
    }
}

/// Who asks for a range, what, and why.
#[derive(Clone, Debug)]
pub struct RangeOrder {
    /// What is asked.
    pub asked: RangeMove,
    /// Who asks.
    pub actor: Actor,
    /// Why. It can't be left out.
    pub reason: String,
}

/// Why a range was not moved to its end. What was moved before stays moved.
#[derive(Debug, thiserror::Error)]
pub enum RangeError {
    /// The lane's.
    #[error("{0}: run the same again, and it goes on where it was")]
    Lane(#[from] LaneError),
    /// The database's.
    #[error(transparent)]
    Database(#[from] db::Error),
}

/// Moves what of a range can be moved. `progress` hears how many pieces were looked at.
///
/// # Errors
/// [`RangeError`]. A refusal is not an error but an answer.
pub async fn move_range(
    store: &Store,
    lane: &LaneHandle,
    range: &Range,
    order: &RangeOrder,
    mut progress: impl FnMut(i64),
) -> Result<Result<RangeMoved, Refusal>, RangeError> {
    let reason = order.reason.trim();
    if reason.is_empty() {
        return Ok(Err(Refusal::Reason("a range is moved with a reason: the audit log keeps it")));
    }
    if reason.chars().count() > REASON_CHARS_MAX {
        return Ok(Err(Refusal::Reason("a reason has at most 500 characters")));
    }
    if holds_pay_code(reason) {
        return Ok(Err(Refusal::Reason(PAY_CODE_IN_TEXT)));
    }
    // Said of a range that nothing of can be moved, too.
    let event = events::store::by_ids(&mut *store.read().await?, [range.batch.event_id]).await?.pop();
    let is_open = event.is_some_and(|event| event.is_open());
    if !is_open && !order.asked.lifecycle_move().outlasts_event() {
        return Ok(Err(Refusal::EventClosed));
    }
    let order = RangeOrder { reason: reason.to_owned(), ..order.clone() };
    let (before, _) = order.asked.statuses();
    let mut done = RangeMoved::default();
    let mut after = range.first - 1;
    while after < range.last {
        let limit = MEDIA_PER_COMMIT.min(range.last - after);
        let media = media_of_batch(&mut *store.read().await?, &range.batch, after, limit).await?;
        let Some(last) = media.last() else { break };
        let (first, last) = (after + 1, last.sequence);
        let mut movable = Vec::new();
        for medium in media {
            match medium.status == before {
                true => movable.push((medium.id, MoveId::new())),
                false => done.count(order.asked, medium.status),
            }
        }
        if !movable.is_empty() {
            let chunk = Chunk { batch: range.batch.clone(), first, last, order: order.clone(), movable };
            let started = Instant::now();
            let moved = match submit(lane, chunk).await? {
                Ok(moved) => moved,
                Err(refusal) => return Ok(Err(refusal)),
            };
            if last < range.last {
                tokio::time::sleep(started.elapsed() * REST).await;
            }
            done.moved += moved.moved;
            done.already += moved.already;
            moved.left.into_iter().for_each(|(status, count)| *done.left.entry(status).or_default() += count);
        }
        after = last;
        progress(after + 1 - range.first);
    }
    Ok(Ok(done))
}

/// A full lane never began it: sales go first, and it asks again.
async fn submit(lane: &LaneHandle, chunk: Chunk) -> Result<Result<RangeMoved, Refusal>, LaneError> {
    for _ in 0..FULL_MAX {
        match lane.submit(chunk.clone()).await {
            Err(LaneError::Full) => tokio::time::sleep(FULL_WAIT).await,
            answer => return answer,
        }
    }
    Err(LaneError::Full)
}

/// What is moved in one commit.
#[derive(Clone)]
struct Chunk {
    batch: Batch,
    first: i64,
    last: i64,
    order: RangeOrder,
    /// Each with the name of its move, so that a commit in doubt is not done twice.
    movable: Vec<(MediumId, MoveId)>,
}

impl Request for Chunk {
    type Answer = Result<RangeMoved, Refusal>;

    fn touches(&self, touches: &mut Touches) {
        touches.event(self.batch.event_id);
        for (medium, id) in &self.movable {
            touches.medium(self.batch.event_id, *medium);
            touches.lifecycle_move(self.batch.event_id, *id);
        }
    }

    fn decide(&self, book: &mut Book) -> Result<RangeMoved, Refusal> {
        let RangeOrder { asked, actor, reason } = &self.order;
        let is_open = book.event(self.batch.event_id).is_some_and(Event::is_open);
        // Moved in one commit or not at all: where one of them was, all of it was done before the event was closed.
        let is_done = self.movable.iter().any(|(_, id)| book.knows_move(*id));
        if !is_open && !is_done && !asked.lifecycle_move().outlasts_event() {
            return Err(Refusal::EventClosed);
        }
        let mut done = RangeMoved::default();
        let mut fresh = 0;
        for (medium, id) in &self.movable {
            if book.knows_move(*id) {
                done.moved += 1;
                continue;
            }
            let moving = Moving {
                id: *id,
                asked: asked.lifecycle_move(),
                actor: actor.to_string(),
                reason: reason.clone(),
            };
            match book.move_medium(*medium, moving) {
                Ok(_) => fresh += 1,
                // Used, or moved by somebody else, since it was read.
                Err(NotAllowedFrom(status)) => done.count(*asked, status),
            }
        }
        if fresh > 0 {
            let (first, last) = (self.first, self.last);
            book.page::<Entries>().add(Entry {
                event: Some(self.batch.event_id),
                reason: Some(reason.clone()),
                detail: Some(format!("{fresh} of the pieces {first} to {last}")),
                ..Entry::new(actor, asked.action(), format!("batch:{}", self.batch.id))
            });
        }
        done.moved += fresh;
        Ok(done)
    }
}
