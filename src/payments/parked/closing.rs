//! What closing a matter does in the books, and what there is to do then, in words: its page and the API say the same.

use super::{MoneyBack, Parked, Said, WayBack};
use crate::money::Cents;
use crate::payments::PaymentKey;
use crate::providers::{ProviderName, Refunds};

/// What closing the matter of a contradiction does in the books.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closing {
    /// Nothing: it is booked, or none of it ever was money here, or the matter tells of something else, or is closed.
    Nothing,
    /// It books as gone what is marked for return.
    Books(MoneyBack),
    /// Nothing, so that the books hold that much more than the provider from now on.
    Leaves(Cents),
    /// Nothing: the payment is booked with one amount, and a later report told another.
    Differs(Differs),
}

/// A payment that is booked with one amount, and of which a later report told another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Differs {
    /// What it was settled with.
    booked: Cents,
    /// What is told now.
    told: Cents,
    stands: Stands,
    provider: Option<ProviderName>,
    /// The provider told that money of it went back, or is reserved to go.
    is_gone: bool,
    /// The provider told that the payer's bank took money of it.
    is_charged_back: bool,
}

/// What there is to do where it is not even known how much of the payment is left.
const TAKEN_AS_WELL: &str = "The payer's bank took money of this payment back as well: send nothing before the provider's own \
    pages have told what moved there.";

/// Where its money is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stands {
    OnWallet,
    InSuspense,
    /// Marked for return.
    Marked {
        /// So much of it has not gone.
        left: Cents,
        /// The provider sent some of it.
        is_sent: bool,
    },
}

impl Parked {
    /// What closing it does in the books, as far as that is known by now.
    #[must_use]
    pub fn closing(&self) -> Closing {
        if self.resolved_at.is_some() {
            return Closing::Nothing;
        }
        let key = PaymentKey::named(&self.matter.subject);
        if let (&Said::Differs { told, .. }, Some(booked)) = (&self.matter.said, self.amount) {
            let (is_gone, is_charged_back) = (self.is_gone, self.is_charged_back);
            let (stands, provider) = (self.stands(), key.map(|key| key.provider));
            return Closing::Differs(Differs { booked, told, stands, provider, is_gone, is_charged_back });
        }
        let (Some(told), Some(key)) = (self.matter.money_back(), key) else { return Closing::Nothing };
        match self.of {
            Some(marked) if told.by == WayBack::Refund && marked.has_sent(told.amount, key.provider) => {
                Closing::Nothing
            }
            Some(marked) => {
                let books = told.by == WayBack::Chargeback || marked.can_be_sent(key.provider);
                match told.amount.minus(marked.back).filter(|left| left.is_positive()) {
                    Some(amount) if books => Closing::Books(MoneyBack { amount, ..told }),
                    None if books => Closing::Nothing,
                    _ => Closing::Leaves(told.amount),
                }
            }
            None if self.amount.is_some() => Closing::Leaves(told.amount),
            None => Closing::Nothing,
        }
    }

    fn stands(&self) -> Stands {
        match self.of {
            Some(marked) => Stands::Marked {
                left: marked.amount.minus(marked.back).unwrap_or_default(),
                is_sent: marked.sent().is_positive(),
            },
            None if self.is_waiting => Stands::InSuspense,
            None => Stands::OnWallet,
        }
    }
}

impl Closing {
    /// How much it books as gone.
    #[must_use]
    pub fn books(self) -> Option<Cents> {
        match self {
            Closing::Books(back) => Some(back.amount),
            Closing::Nothing | Closing::Leaves(_) | Closing::Differs(_) => None,
        }
    }

    /// All of it, with what there is to do, in sentences; empty where there is nothing to say.
    #[must_use]
    pub fn words(self) -> String {
        match self {
            Closing::Nothing => String::new(),
            Closing::Books(MoneyBack { by, amount }) => {
                let how = match by {
                    WayBack::Chargeback => "taken back by the payer's bank",
                    WayBack::Refund => "sent back",
                };
                let marked = format!("{amount} of this payment is marked for return here");
                format!("{marked}: closing this books it as {how}.")
            }
            Closing::Leaves(amount) => format!(
                "Nothing is booked: “Collected by the provider” on Books goes on counting {amount} that went back, so it is \
                 that much above what the provider holds. Only money that is marked for return here is booked as gone."
            ),
            Closing::Differs(differs) => differs.words(),
        }
    }
}

impl Differs {
    /// What closing leaves in the books, and what there is to do if the later report is right.
    fn words(self) -> String {
        let (booked, came) = (self.booked, self.told.max(Cents::ZERO));
        let is_more = came > booked;
        let [less, more] = if is_more { [booked, came] } else { [came, booked] };
        let apart = more.minus(less).unwrap_or_default();
        let todo = if self.is_charged_back {
            TAKEN_AS_WELL.to_owned()
        } else if is_more {
            self.came_more(apart)
        } else {
            self.came_less(apart)
        };
        let side = if is_more { "below" } else { "above" };
        let counted = match self.stands {
            Stands::OnWallet | Stands::InSuspense => booked.to_string(),
            Stands::Marked { left, .. } if left.is_positive() => left.to_string(),
            Stands::Marked { .. } => "nothing".to_owned(),
        };
        format!(
            "Nothing is booked: “Collected by the provider” on Books goes on counting {counted} of this payment. If {came} \
             came, that is {apart} {side} what the provider holds. {todo}"
        )
    }

    /// Where a payment is refunded once, that is used up by what was marked for return: what came besides, and after a refund of
    /// a part the rest of what was marked, the organiser transfers.
    fn came_more(self, apart: Cents) -> String {
        let neither = "the books count neither that it came nor that it goes";
        let once = self.provider.filter(|provider| provider.refunds_once()).map(ProviderName::title);
        let organiser = match once {
            Some(title) => format!("{title} refunds a payment once, so the organiser"),
            None => "The organiser".to_owned(),
        };
        let is_none = self.provider.is_some_and(|provider| provider.refunds() == Refunds::None);
        let first = match self.stands {
            Stands::OnWallet => format!("{apart} is on no wallet then, and can't be put on one here."),
            Stands::InSuspense => format!("Decide first about the {} that waits in suspense.", self.booked),
            Stands::Marked { left, is_sent }
                if left.is_positive() && (is_none || (once.is_some() && is_sent)) =>
            {
                return format!(
                    "{organiser} transfers the {left} that is on its way back, which stays so here, and the other {apart}: of \
                     that {neither}."
                );
            }
            Stands::Marked { left, .. } if left.is_positive() => format!(
                "Send first the {left} that is on its way back: a refund of more than was marked for return books nothing."
            ),
            Stands::Marked { .. } => "What was marked for return has gone.".to_owned(),
        };
        let is_used = self.is_gone || matches!(self.stands, Stands::Marked { .. });
        if is_none || (once.is_some() && is_used) {
            format!("{first} {organiser} transfers the other {apart} to whoever paid: {neither}.")
        } else {
            format!("{first} Send the other {apart} back to whoever paid: {neither}.")
        }
    }

    fn came_less(self, apart: Cents) -> String {
        match self.stands {
            Stands::OnWallet => format!(
                "{apart} too much was credited then, and nothing here takes it back: freeze the medium if what is left on it \
                 should not be spent, and settle it with whoever paid."
            ),
            Stands::InSuspense => format!(
                "Don't credit the {} that waits in suspense then: mark it for return, and send back no more than came. The \
                 rest stays on its way back in the books.",
                self.booked
            ),
            Stands::Marked { left, .. } if left.is_positive() => {
                let rest = "The rest stays on its way back in the books.";
                format!("Send back no more than came then, with what has gone already. {rest}")
            }
            Stands::Marked { .. } => {
                "More has gone back then than came: ask the provider what moved there.".to_owned()
            }
        }
    }
}
