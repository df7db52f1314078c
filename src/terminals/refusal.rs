//! Why a terminal's wish was not granted: a name for programs, a sentence for the person at the bar.

use super::void::REASON_CHARS_MAX;
use crate::media::MediumStatus;
use crate::money::Cents;

/// A refusal. It is an answer, costs nobody else anything, and is not stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The terminal was revoked.
    TerminalRevoked,
    /// The id belongs to another sale.
    IdReused {
        /// What differs: `terminal`, `code`, `amount_cents`, `lines`, or `id` where it is no sale's at all.
        field: &'static str,
    },
    /// Nothing is charged or voided any more.
    EventClosed,
    /// The amount can't be charged.
    InvalidAmount(AmountProblem),
    /// In the shape of our codes, but there is no such medium in this event.
    UnknownMedium,
    /// Not a code of ours.
    ForeignCode(&'static str),
    /// A serial is printed for people.
    SerialCannotPay,
    /// A top-up code only adds money.
    TopUpCodeCannotPay,
    /// Issued, frozen, or ended.
    MediumNotActive(MediumStatus),
    /// Frozen by its visitor, who has a code that unfreezes it.
    FrozenByVisitor,
    /// The wallet holds too little.
    InsufficientFunds {
        /// What it holds.
        balance: Cents,
        /// What is missing.
        missing: Cents,
    },
    /// There is no such charge, or it is not this terminal's.
    UnknownCharge,
    /// Several events have a charge of this id.
    AmbiguousCharge,
    /// The terminal's five minutes are over.
    TooLateToVoid,
    /// Why something is taken back is said in too many characters.
    ReasonTooLong,
    /// Giving the money back would lead beyond the range of an amount.
    WalletFull,
    /// More charges than a batch takes.
    BatchTooLarge,
}

/// What is wrong with an amount or its lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AmountProblem {
    /// Outside the event's bounds.
    OutOfBounds {
        /// Smallest charge.
        min: Cents,
        /// Largest charge.
        max: Cents,
    },
    /// More lines than a charge takes.
    TooManyLines,
    /// A product without a name, or with one that is too long.
    Product,
    /// A quantity below one.
    Quantity,
    /// The lines add up to something else.
    Sum,
    /// More than one charge may be where top-up codes pay.
    OverChargeCap {
        /// Largest charge.
        max: Cents,
    },
    /// More than a wallet may spend in ten minutes where top-up codes pay.
    OverWindowCap {
        /// What may still be spent now.
        left: Cents,
    },
}

impl Refusal {
    /// The name of the problem: in the API's `type`, and as a metric's label.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Refusal::TerminalRevoked => "terminal-revoked",
            Refusal::IdReused { .. } => "id-reused",
            Refusal::EventClosed => "event-closed",
            Refusal::InvalidAmount(_) => "invalid-amount",
            Refusal::UnknownMedium => "unknown-medium",
            Refusal::ForeignCode(_) => "foreign-code",
            Refusal::SerialCannotPay => "serial-cannot-pay",
            Refusal::TopUpCodeCannotPay => "top-up-code-cannot-pay",
            Refusal::MediumNotActive(_) | Refusal::FrozenByVisitor => "medium-not-active",
            Refusal::InsufficientFunds { .. } => "insufficient-funds",
            Refusal::UnknownCharge => "unknown-charge",
            Refusal::AmbiguousCharge => "ambiguous-charge",
            Refusal::TooLateToVoid => "too-late-to-void",
            Refusal::ReasonTooLong => "invalid-request",
            Refusal::WalletFull => "wallet-full",
            Refusal::BatchTooLarge => "batch-too-large",
        }
    }

    /// What to tell whoever stands at the bar.
    #[must_use]
    pub fn sentence(&self) -> String {
        let plain = match self {
            Refusal::TerminalRevoked => "this terminal was revoked: enrol it again with a new code",
            Refusal::IdReused { field } => {
                return format!(
                    "this id belongs to another sale (its {field} differs): a new sale takes a new id"
                );
            }
            Refusal::EventClosed => "the event is closed: nothing is charged or taken back any more",
            Refusal::InvalidAmount(problem) => return problem.sentence(),
            Refusal::UnknownMedium => "no wristband or card of this event has this code: scan it again",
            Refusal::ForeignCode(why) => why,
            Refusal::SerialCannotPay => "the printed number can't pay: scan the pay code",
            Refusal::TopUpCodeCannotPay => "the top-up code only adds money: scan the pay code to pay",
            Refusal::MediumNotActive(status) => not_active(*status),
            Refusal::FrozenByVisitor => {
                "whoever wears this wristband or card froze it: their own code unfreezes it, or the help desk"
            }
            Refusal::InsufficientFunds { balance, missing } => {
                return format!("{missing} is missing: the wallet holds {balance}");
            }
            Refusal::UnknownCharge => "there is no such sale of this terminal",
            Refusal::AmbiguousCharge => "several events have a sale of this id: say which event is meant",
            Refusal::ReasonTooLong => return format!("a reason has at most {REASON_CHARS_MAX} characters"),
            Refusal::TooLateToVoid => "a terminal voids within five minutes: ask the help desk",
            Refusal::WalletFull => "the wallet can't hold that much",
            Refusal::BatchTooLarge => "a batch has at most 500 charges: send the rest in another",
        };
        plain.to_owned()
    }
}

fn not_active(status: MediumStatus) -> &'static str {
    match status {
        MediumStatus::Issued => "this wristband or card was never used: it has to be topped up first",
        MediumStatus::Active => "this wristband or card is active",
        MediumStatus::Frozen => "this wristband or card is frozen: the help desk can unfreeze it",
        MediumStatus::Replaced => "this wristband or card was replaced: the new one pays",
        MediumStatus::Revoked => "this wristband or card was revoked",
        MediumStatus::Spoiled => "this wristband or card is a misprint: it was never valid",
        MediumStatus::Quarantined => {
            "this wristband or card was reported lost before it was handed out: call the help desk"
        }
    }
}

impl AmountProblem {
    fn sentence(self) -> String {
        match self {
            AmountProblem::OutOfBounds { min, max } => {
                format!("a charge is {} to {} cents ({min} to {max})", min.0, max.0)
            }
            AmountProblem::TooManyLines => "a charge has at most 100 lines".to_owned(),
            AmountProblem::Product => "each line names its product in 1 to 60 characters".to_owned(),
            AmountProblem::Quantity => "each line has a quantity of at least 1".to_owned(),
            AmountProblem::Sum => "the lines don't add up to the amount".to_owned(),
            AmountProblem::OverChargeCap { max } => format!("at this event a charge is {max} at most"),
            AmountProblem::OverWindowCap { left } => {
                format!("this wallet has spent much in ten minutes: {left} may be charged now")
            }
        }
    }
}
