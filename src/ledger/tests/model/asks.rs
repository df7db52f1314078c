//! What can be asked of a festival, what it answers, and how both are drawn and shown.

use crate::media::{LifecycleMove, MediumStatus};
use crate::payments::Suspended;
use crate::providers::Source;
use proptest::prelude::*;
use std::fmt;

/// Some of them are often left unused, to become successors.
pub(super) const BANDS: usize = 6;
const BUSY_BANDS: usize = 3;
pub(super) const BARS: usize = 2;
/// Few of each, so that replays and conflicts are common.
pub(super) const PAYMENTS: u8 = 16;
pub(super) const CHARGES: u8 = 12;
pub(super) const MOVES: u8 = 32;
/// Most asked at once: every order of them is thought through.
const AT_ONCE_MAX: usize = 5;

/// A festival's rules and what happens there.
#[derive(Clone, Debug)]
pub(super) struct Case {
    pub(super) rules: HouseRules,
    pub(super) steps: Vec<Step>,
}

/// The rules that a case draws; the rest are the defaults.
#[derive(Clone, Copy, Debug)]
pub(super) struct HouseRules {
    /// Media are activated by hand.
    pub(super) by_hand: bool,
    /// Money that would fill a wallet beyond this many cents goes to suspense.
    pub(super) full_at: Option<i64>,
}

#[derive(Clone)]
pub(super) enum Step {
    /// Handed to one lane together and decided in this order: mostly in one batch.
    InOrder(Vec<Ask>),
    /// Asked by as many tasks, by turns of two processes, in an order that nobody knows.
    AtOnce(Vec<Ask>),
    /// A terminal's batch of charges, decided in this order.
    Batch(usize, Vec<Charge>),
    /// Longer than a terminal may take to void.
    Wait,
}

#[derive(Clone)]
pub(super) enum Ask {
    /// Onto a wristband, or without a reference.
    Pay {
        payment: u8,
        band: Option<usize>,
        cents: i64,
        source: Source,
    },
    Charge(usize, Charge),
    Void {
        bar: usize,
        charge: u8,
    },
    Move {
        id: u8,
        band: usize,
        asked: LifecycleMove,
    },
    Replace {
        id: u8,
        old: usize,
        new: usize,
    },
    Resolve {
        payment: u8,
        to: Option<usize>,
    },
    RevokeBar(usize),
    Close,
}

#[derive(Clone, Copy)]
pub(super) struct Charge {
    pub(super) charge: u8,
    pub(super) band: usize,
    pub(super) cents: i64,
}

/// What is answered, as far as it matters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Credited(i64),
    Suspended(Suspended),
    Known,
    Mismatch,
    Charged { balance: i64, voided: bool, replayed: bool },
    Short(i64),
    NotActive(MediumStatus),
    Reused(&'static str),
    TerminalRevoked,
    EventClosed,
    UnknownCharge,
    TooLateToVoid,
    Voided(i64),
    Moved(MediumStatus, i64),
    NotAllowed(MediumStatus),
    OwnSuccessor,
    SuccessorUsed(MediumStatus),
    Resolved(Option<i64>),
    ResolvedOtherwise,
    NotUsable(MediumStatus),
    NoSuchMatter,
    Done,
}

pub(super) fn a_case() -> impl Strategy<Value = Case> {
    let rules = (prop::bool::weighted(0.2), prop::option::weighted(0.4, Just(350_i64)))
        .prop_map(|(by_hand, full_at)| HouseRules { by_hand, full_at });
    (rules, prop::collection::vec(a_step(), 1..32)).prop_map(|(rules, steps)| Case { rules, steps })
}

fn a_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => prop::collection::vec(an_ask_of_the_lane(), 1..8).prop_map(Step::InOrder),
        6 => prop::collection::vec(an_ask(), 1..=AT_ONCE_MAX).prop_map(Step::AtOnce),
        2 => (a_bar(), prop::collection::vec(a_charge(), 0..6)).prop_map(|(bar, all)| Step::Batch(bar, all)),
        1 => Just(Step::Wait),
    ]
}

/// Anything; what ends a bar or the event comes rarely, since little happens after it.
fn an_ask() -> impl Strategy<Value = Ask> {
    prop_oneof![
        80 => an_ask_of_the_lane(),
        20 => (a_bar(), 0..CHARGES).prop_map(|(bar, charge)| Ask::Void { bar, charge }),
        1 => (0..BARS).prop_map(Ask::RevokeBar),
        1 => Just(Ask::Close),
    ]
}

/// What stands in the lane's queue as soon as it is asked.
fn an_ask_of_the_lane() -> impl Strategy<Value = Ask> {
    prop_oneof![
        8 => a_payment(),
        8 => (a_bar(), a_charge()).prop_map(|(bar, charge)| Ask::Charge(bar, charge)),
        3 => a_move(),
        2 => (0..MOVES, a_band(), 0..BANDS).prop_map(|(id, old, new)| Ask::Replace { id, old, new }),
        2 => a_resolution(),
    ]
}

/// Each payment is mostly reported with the same words, so that many reports are replays and some contradict.
fn a_payment() -> impl Strategy<Value = Ask> {
    let source = prop::sample::select(vec![Source::Callback, Source::Details, Source::List]);
    let other = prop::option::weighted(0.2, (prop::option::weighted(0.8, a_band()), 1..300_i64));
    (0..PAYMENTS, other, source).prop_map(|(payment, other, source)| {
        let number = usize::from(payment);
        let usual =
            ((!is_usually_lost(payment)).then_some(number % BUSY_BANDS), 80 + i64::from(payment) * 10);
        let (band, cents) = other.unwrap_or(usual);
        Ask::Pay { payment, band, cents, source }
    })
}

/// These usually come without a reference.
fn is_usually_lost(payment: u8) -> bool {
    payment % 4 == 3
}

fn a_resolution() -> impl Strategy<Value = Ask> {
    let lost: Vec<u8> = (0..PAYMENTS).filter(|payment| is_usually_lost(*payment)).collect();
    let payment = prop_oneof![3 => prop::sample::select(lost), 1 => 0..PAYMENTS];
    let to = prop::option::weighted(0.7, 0..BANDS);
    (payment, to).prop_map(|(payment, to)| Ask::Resolve { payment, to })
}

fn a_move() -> impl Strategy<Value = Ask> {
    use LifecycleMove::{Activate, Freeze, Quarantine, Release, Revoke, Spoil, Unfreeze};
    let asked = prop_oneof![
        2 => Just(Activate),
        3 => Just(Freeze),
        4 => Just(Unfreeze),
        2 => Just(Revoke),
        1 => Just(Spoil),
        2 => Just(Quarantine),
        2 => Just(Release),
    ];
    (0..MOVES, a_band(), asked).prop_map(|(id, band, asked)| Ask::Move { id, band, asked })
}

/// Mostly the first, so that most charges are asked for again by the bar that made them.
fn a_bar() -> impl Strategy<Value = usize> {
    prop_oneof![7 => Just(0), 1 => 0..BARS]
}

fn a_band() -> impl Strategy<Value = usize> {
    prop_oneof![4 => 0..BUSY_BANDS, 1 => 0..BANDS]
}

/// Like payments, mostly the same under each id.
fn a_charge() -> impl Strategy<Value = Charge> {
    let other = prop::option::weighted(0.2, (a_band(), 1..300_i64));
    (0..CHARGES, other).prop_map(|(charge, other)| {
        let (band, cents) = other.unwrap_or((usize::from(charge) % BUSY_BANDS, 20 + i64::from(charge) * 5));
        Charge { charge, band, cents }
    })
}

impl Step {
    pub(super) fn asks(&self) -> Vec<Ask> {
        match self {
            Step::InOrder(asks) | Step::AtOnce(asks) => asks.clone(),
            Step::Batch(bar, charges) => charges.iter().map(|charge| Ask::Charge(*bar, *charge)).collect(),
            Step::Wait => Vec::new(),
        }
    }
}

impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Step::InOrder(asks) => write!(f, "in order: {asks:?}"),
            Step::AtOnce(asks) => write!(f, "at once: {asks:?}"),
            Step::Batch(bar, charges) => write!(f, "bar{bar} sells in one batch: {charges:?}"),
            Step::Wait => f.write_str("wait six minutes"),
        }
    }
}

/// One line each, so that a sequence that fails reads like a story.
impl fmt::Debug for Ask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ask::Pay { payment, band: Some(band), cents, source } => {
                write!(f, "p{payment} of {cents} onto w{band} by {}", source.as_str())
            }
            Ask::Pay { payment, band: None, cents, source } => {
                write!(f, "p{payment} of {cents} onto nothing by {}", source.as_str())
            }
            Ask::Charge(bar, charge) => write!(f, "bar{bar} sells {charge:?}"),
            Ask::Void { bar, charge } => write!(f, "bar{bar} voids c{charge}"),
            Ask::Move { id, band, asked } => write!(f, "m{id}: {} w{band}", asked.as_str()),
            Ask::Replace { id, old, new } => write!(f, "m{id}: replace w{old} by w{new}"),
            Ask::Resolve { payment, to: Some(band) } => write!(f, "resolve p{payment} to w{band}"),
            Ask::Resolve { payment, to: None } => write!(f, "return p{payment}"),
            Ask::RevokeBar(bar) => write!(f, "revoke bar{bar}"),
            Ask::Close => f.write_str("close the event"),
        }
    }
}

impl fmt::Debug for Charge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "c{} of {} to w{}", self.charge, self.cents, self.band)
    }
}
