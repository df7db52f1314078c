//! What can be asked of a festival, what it answers, and how both are drawn and shown.

use crate::media::{LifecycleMove, MediumStatus};
use crate::payments::Suspended;
use crate::providers::Source;
use proptest::prelude::*;
use std::fmt;

pub(super) const BANDS: usize = 4;
pub(super) const BARS: usize = 2;
/// Few of each, so that replays and conflicts are common.
pub(super) const PAYMENTS: u8 = 10;
pub(super) const CHARGES: u8 = 8;
pub(super) const MOVES: u8 = 16;
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
    Pay { payment: u8, band: usize, cents: i64, source: Source },
    Charge(usize, Charge),
    Void { bar: usize, charge: u8 },
    Move { id: u8, band: usize, asked: LifecycleMove },
    Replace { id: u8, old: usize, new: usize },
    Resolve { payment: u8, to: Option<usize> },
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
    let rules = (prop::bool::weighted(0.2), prop::option::weighted(0.3, Just(350_i64)))
        .prop_map(|(by_hand, full_at)| HouseRules { by_hand, full_at });
    (rules, prop::collection::vec(a_step(), 1..20)).prop_map(|(rules, steps)| Case { rules, steps })
}

fn a_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => prop::collection::vec(an_ask_of_the_lane(), 1..8).prop_map(Step::InOrder),
        6 => prop::collection::vec(an_ask(), 1..=AT_ONCE_MAX).prop_map(Step::AtOnce),
        2 => (0..BARS, prop::collection::vec(a_charge(), 0..6)).prop_map(|(bar, all)| Step::Batch(bar, all)),
        1 => Just(Step::Wait),
    ]
}

/// Anything; what ends a bar or the event comes rarely, since little happens after it.
fn an_ask() -> impl Strategy<Value = Ask> {
    prop_oneof![
        50 => an_ask_of_the_lane(),
        12 => (a_bar(), 0..CHARGES).prop_map(|(bar, charge)| Ask::Void { bar, charge }),
        1 => a_bar().prop_map(Ask::RevokeBar),
        1 => Just(Ask::Close),
    ]
}

/// What stands in the lane's queue as soon as it is asked.
fn an_ask_of_the_lane() -> impl Strategy<Value = Ask> {
    use LifecycleMove::{Activate, Freeze, Revoke, Spoil, Unfreeze};
    let asked =
        prop::sample::select(vec![Activate, Activate, Freeze, Freeze, Unfreeze, Unfreeze, Revoke, Spoil]);
    let source = prop::sample::select(vec![Source::Callback, Source::Details, Source::List]);
    prop_oneof![
        7 => (0..PAYMENTS, 0..BANDS, some_cents(), source)
            .prop_map(|(payment, band, cents, source)| Ask::Pay { payment, band, cents, source }),
        7 => (a_bar(), a_charge()).prop_map(|(bar, charge)| Ask::Charge(bar, charge)),
        3 => (0..MOVES, 0..BANDS, asked).prop_map(|(id, band, asked)| Ask::Move { id, band, asked }),
        1 => (0..MOVES, 0..BANDS, 0..BANDS).prop_map(|(id, old, new)| Ask::Replace { id, old, new }),
        2 => (0..PAYMENTS, prop::option::weighted(0.7, 0..BANDS))
            .prop_map(|(payment, to)| Ask::Resolve { payment, to }),
    ]
}

/// Mostly the first, so that most charges are asked for again by the bar that made them.
fn a_bar() -> impl Strategy<Value = usize> {
    prop_oneof![5 => Just(0), 1 => 0..BARS]
}

fn a_charge() -> impl Strategy<Value = Charge> {
    (0..CHARGES, 0..BANDS, some_cents()).prop_map(|(charge, band, cents)| Charge { charge, band, cents })
}

fn some_cents() -> impl Strategy<Value = i64> {
    prop_oneof![3 => Just(100_i64), 1 => 1..300_i64]
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
            Ask::Pay { payment, band, cents, source } => {
                write!(f, "p{payment} of {cents} onto w{band} by {}", source.as_str())
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
