//! What happened to a wallet, newest first: money that moved, or was meant for it and put on another one, and what became of
//! the wristbands it was on.

use super::holder::Holder;
use super::words::Words;
use crate::audit_log::Actor;
use crate::clock::Timestamp;
use crate::codes::Serial;
use crate::db::{Error, Session};
use crate::helpdesk::story::credited::Credited;
use crate::ids::MediumId;
use crate::ledger::movements::{Movement, store::newest};
use crate::ledger::{Code, Side};
use crate::media::moves::store::{LifeRow, life};
use crate::media::{Medium, MediumStatus};
use crate::terminals::{Line as Sold, part_of};
use crate::web::page::belgian_time;

/// Movements on a page.
const MOVEMENTS_MAX: usize = 20;
/// Moves of a medium looked at, and media before it: a wallet has few.
const MOVES_MAX: i64 = 50;
const PREDECESSORS_MAX: usize = 10;
/// Products of a sale that are named.
const PRODUCTS_MAX: usize = 5;

/// Something that happened, in plain words.
pub(super) struct Line {
    pub(super) what: String,
    /// What was sold, if it was said.
    pub(super) products: String,
    /// None where no money moved.
    pub(super) amount: Option<String>,
    pub(super) comes: bool,
    pub(super) at: String,
}

/// A page of it.
pub(super) struct History {
    pub(super) lines: Vec<Line>,
    /// Where the next, older page begins.
    pub(super) older: Option<i64>,
}

/// The page before a movement, or the newest. What has no say over its wallet tells of what was paid onto it alone.
pub(super) async fn history(
    session: &mut Session,
    holder: &Holder,
    credited: &[Credited],
    before: Option<i64>,
) -> Result<History, Error> {
    let (words, medium) = (holder.words, &holder.medium);
    if !holder.holds_wallet() {
        let lines = credited.iter().map(|paid| of_credited(words, paid)).collect();
        return Ok(History { lines, older: None });
    }
    let (event, wallet) = (medium.event_id, medium.wallet_id);
    // The movement where the page before ended is read again: what happened after it was shown there.
    let limit = i64::try_from(MOVEMENTS_MAX + 2).unwrap_or(i64::MAX);
    let mut movements =
        newest(session, event, wallet, before.and_then(|version| version.checked_add(1)), limit).await?;
    let mut until = None;
    if let Some(seen) = movements.first().filter(|first| Some(first.version) == before) {
        until = Some(seen.at);
        movements.remove(0);
    }
    let has_older = movements.len() > MOVEMENTS_MAX;
    movements.truncate(MOVEMENTS_MAX);
    let last = movements.last().filter(|_| has_older);
    let (older, since) = (last.map(|movement| movement.version), last.map(|movement| movement.at));
    let mut lines: Vec<(Timestamp, Line)> =
        movements.into_iter().map(|movement| (movement.at, of_movement(words, movement))).collect();
    let is_shown =
        |at: Timestamp| until.is_none_or(|until| at < until) && since.is_none_or(|since| at >= since);
    for step in lives(session, medium).await?.iter().filter(|step| is_shown(step.at)) {
        lines.extend(of_step(words, step).map(|line| (step.at, line)));
    }
    let credited = credited.iter().filter(|paid| is_shown(paid.at));
    lines.extend(credited.map(|paid| (paid.at, of_credited(words, paid))));
    lines.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    Ok(History { lines: lines.into_iter().map(|(_, line)| line).collect(), older })
}

/// The moves of the medium and of those it replaced.
async fn lives(session: &mut Session, medium: &Medium) -> Result<Vec<LifeRow>, Error> {
    let mut steps = Vec::new();
    let mut next: Option<MediumId> = Some(medium.id);
    for _ in 0..=PREDECESSORS_MAX {
        let Some(id) = next.take() else { break };
        let moves = life(session, medium.event_id, id, MOVES_MAX).await?;
        next = moves.iter().find_map(|step| step.predecessor_id);
        steps.extend(moves);
    }
    Ok(steps)
}

fn of_movement(words: &Words, movement: Movement) -> Line {
    let comes = movement.code.wallet_side() == Some(Side::Credit);
    let what = words.movement(movement.code);
    let sold = matches!(movement.code, Code::Charge | Code::Void);
    let place = movement.point_of_sale.filter(|_| sold);
    Line {
        what: place.map_or_else(|| what.to_owned(), |place| format!("{what} · {place}")),
        products: movement.lines.filter(|_| sold).map(|lines| products(words, &lines)).unwrap_or_default(),
        amount: Some(movement.amount.moved(comes)),
        comes,
        at: belgian_time(movement.at),
    }
}

/// `2 × Beer, Water`, `Part of a purchase of € 12,00 · 2 × Beer, Water`
fn products(words: &Words, lines: &str) -> String {
    let lines: Vec<Sold> = serde_json::from_str(lines).unwrap_or_default();
    let (before, lines) = match part_of(&lines) {
        Some((whole, sold)) => (format!("{} {whole} · ", words.sold_part), sold),
        None => (String::new(), lines.iter().collect()),
    };
    let mut named: Vec<String> = lines
        .iter()
        .take(PRODUCTS_MAX)
        .map(|line| match line.quantity {
            1 => words.sold(&line.product).to_owned(),
            quantity => format!("{quantity}\u{a0}×\u{a0}{}", words.sold(&line.product)),
        })
        .collect();
    if lines.len() > PRODUCTS_MAX {
        named.push("…".to_owned());
    }
    before + &named.join(", ")
}

/// What was paid onto the medium and a person put on another one: whose that is, is not told.
fn of_credited(words: &Words, paid: &Credited) -> Line {
    Line {
        what: words.put_elsewhere.to_owned(),
        products: String::new(),
        amount: Some(paid.amount.to_string()),
        comes: false,
        at: belgian_time(paid.at),
    }
}

/// None for what says nothing to a visitor: the first top-up puts a wristband into use by itself.
fn of_step(words: &Words, step: &LifeRow) -> Option<Line> {
    let own = step.actor == Actor::Visitor.to_string();
    let to: MediumStatus = step.to_status.parse().ok()?;
    let from: MediumStatus = step.from_status.parse().ok()?;
    let what = match (from, to) {
        (_, MediumStatus::Frozen) if own => words.froze_own.to_owned(),
        (_, MediumStatus::Frozen) => words.froze_desk.to_owned(),
        (MediumStatus::Frozen, MediumStatus::Active) if own => words.unfroze_own.to_owned(),
        (MediumStatus::Frozen, MediumStatus::Active) => words.unfroze_desk.to_owned(),
        (_, MediumStatus::Active) => {
            let serial = Serial::from_stored(step.predecessor_serial.clone()?);
            format!("{} {}", words.replaces, serial.grouped())
        }
        _ => return None,
    };
    Some(Line { what, products: String::new(), amount: None, comes: false, at: belgian_time(step.at) })
}
