//! What the visitors' pages say, in four languages. Each is a table without defaults, written once for wristbands and cards
//! with the forms that differ: a word that is missing in one of them does not compile.

mod dutch;
mod english;
mod french;
mod german;

use crate::events::top_up_limits::TopUpLimits;
use crate::ledger::Code;
use crate::media::{MediumKind, MediumStatus};
use crate::money::Cents;
use crate::print::Language;
use crate::terminals::{BY_ANOTHER, OTHER_AMOUNT, REST};

/// The words of one language.
#[derive(Debug)]
pub(super) struct Words {
    pub(super) lang: &'static str,
    pub(super) own_name: &'static str,
    pub(super) language: &'static str,
    pub(super) balance: &'static str,
    pub(super) number: &'static str,
    pub(super) top_up: &'static str,
    pub(super) top_up_how: &'static str,
    pub(super) scan_how: &'static str,
    pub(super) scan_label: &'static str,
    pub(super) history: &'static str,
    pub(super) no_movements: &'static str,
    pub(super) older: &'static str,
    pub(super) newest: &'static str,
    pub(super) as_of: &'static str,
    pub(super) add_money_title: &'static str,
    pub(super) add_money_how: &'static str,
    pub(super) unknown_title: &'static str,
    pub(super) unknown_how: &'static str,
    /// An address that is nothing's.
    pub(super) nowhere_title: &'static str,
    pub(super) nowhere_how: &'static str,
    pub(super) expired_title: &'static str,
    pub(super) expired_how: &'static str,
    pub(super) closed: &'static str,
    pub(super) frozen_own: &'static str,
    pub(super) freeze: &'static str,
    pub(super) freeze_title: &'static str,
    pub(super) freeze_stops: &'static str,
    pub(super) freeze_keeps: &'static str,
    pub(super) freeze_another: &'static str,
    pub(super) freeze_undo: &'static str,
    pub(super) freeze_do: &'static str,
    pub(super) cancel: &'static str,
    pub(super) frozen_title: &'static str,
    pub(super) code_is: &'static str,
    pub(super) code_once: &'static str,
    pub(super) code_lost: &'static str,
    pub(super) code_noted: &'static str,
    pub(super) unfreeze_title: &'static str,
    pub(super) unfreeze_label: &'static str,
    pub(super) unfreeze_how: &'static str,
    pub(super) unfreeze_do: &'static str,
    pub(super) wrong_code: &'static str,
    pub(super) froze_own: &'static str,
    pub(super) froze_desk: &'static str,
    pub(super) unfroze_own: &'static str,
    pub(super) unfroze_desk: &'static str,
    pub(super) replaces: &'static str,
    /// Money that was paid, and that a person decides about.
    pub(super) waits_title: &'static str,
    pub(super) waits_paid: &'static str,
    pub(super) waits_how: &'static str,
    /// Such money that a person sends back.
    pub(super) back_title: &'static str,
    pub(super) back_gone: &'static str,
    pub(super) back_why: &'static str,
    /// What is said after that, as long as any of it is on its way.
    pub(super) back_how: &'static str,
    /// Such money that a person credited to another one.
    pub(super) put_elsewhere: &'static str,
    /// Who helps: at the festival, and when it is over.
    desk_helps: &'static str,
    organiser_helps: &'static str,
    pub(super) leftover_title: &'static str,
    pub(super) leftover_open: &'static str,
    pub(super) leftover_closed: &'static str,
    pub(super) too_many_title: &'static str,
    pub(super) too_many_how: &'static str,
    pub(super) busy_title: &'static str,
    pub(super) busy_how: &'static str,
    pub(super) broken_title: &'static str,
    pub(super) broken_how: &'static str,
    pub(super) slow_how: &'static str,
    pub(super) pay: PayWords,
    topped_up: &'static str,
    paid: &'static str,
    paid_back: &'static str,
    corrected: &'static str,
    pub(super) to_be_refunded: &'static str,
    /// Lines of a sale that are no products.
    sold_other: &'static str,
    sold_rest: &'static str,
    sold_by_another: &'static str,
    /// Before what a purchase came to of which this wallet paid a part.
    pub(super) sold_part: &'static str,
    not_used_yet: &'static str,
    frozen: &'static str,
    replaced: &'static str,
    /// Where money goes that is paid onto one that was replaced.
    pub(super) moved: &'static str,
    ended: &'static str,
    quarantined: &'static str,
    /// The same of a festival that is over: who has the money then.
    closed_frozen: &'static str,
    closed_frozen_empty: &'static str,
    closed_replaced: &'static str,
    closed_ended: &'static str,
}

/// What the top-up page says in one language.
#[derive(Debug)]
pub(super) struct PayWords {
    pub(super) other_ways: &'static str,
    pub(super) wristband: &'static str,
    pub(super) choose: &'static str,
    pub(super) other_amount: &'static str,
    pub(super) pay: &'static str,
    pub(super) add: &'static str,
    pub(super) not_an_amount: &'static str,
    not_possible: &'static str,
    too_large: &'static str,
    from: &'static str,
    to: &'static str,
    /// Before how much more fits on a wallet.
    pub(super) most: &'static str,
    /// Before how much a wallet holds, where what is on it is not told; and what becomes of more.
    pub(super) holds: &'static str,
    pub(super) holds_how: &'static str,
    /// Where nothing more does.
    pub(super) full: &'static str,
    /// Where nobody makes payments for now.
    pub(super) not_now: &'static str,
    pub(super) not_now_how: &'static str,
    pub(super) provider_refuses: &'static str,
    /// Where a provider was asked for by its name that makes no payments here now.
    pub(super) provider_gone: &'static str,
    pub(super) to_bank: &'static str,
    /// The same on a large screen, where there is no bank app.
    pub(super) to_page: &'static str,
    pub(super) scan: &'static str,
    /// The same where no bank app understands it, and any phone does.
    pub(super) scan_page: &'static str,
    pub(super) preparing: &'static str,
    pub(super) preparing_how: &'static str,
    pub(super) unanswered: &'static str,
    pub(super) unanswered_how: &'static str,
    /// The same where nobody asks any more.
    pub(super) unasked_how: &'static str,
    /// Before the name of another provider.
    pub(super) through: &'static str,
    pub(super) waiting: &'static str,
    pub(super) checking: &'static str,
    pub(super) checking_how: &'static str,
    /// Before how much was credited.
    pub(super) added: &'static str,
    pub(super) credited: &'static str,
    pub(super) credited_how: &'static str,
    pub(super) parked: &'static str,
    pub(super) parked_how: &'static str,
    /// Before the most that a wallet holds, where that is why; and what becomes of it.
    pub(super) parked_over: &'static str,
    pub(super) parked_over_how: &'static str,
    /// Where nobody knows yet how much came.
    pub(super) in_review: &'static str,
    pub(super) in_review_how: &'static str,
    /// The same once a person has closed it, and credited nothing.
    pub(super) reviewed: &'static str,
    pub(super) reviewed_how: &'static str,
    pub(super) returned: &'static str,
    pub(super) returned_how: &'static str,
    /// Once all of it has gone: sent, or taken by the payer's bank.
    pub(super) gone: &'static str,
    pub(super) gone_how: &'static str,
    pub(super) taken: &'static str,
    pub(super) taken_how: &'static str,
    /// Before how much of it goes back.
    pub(super) part_returned: &'static str,
    pub(super) part_returned_how: &'static str,
    pub(super) helped: &'static str,
    pub(super) helped_how: &'static str,
    pub(super) failed: &'static str,
    pub(super) failed_how: &'static str,
    pub(super) expired: &'static str,
    pub(super) expired_how: &'static str,
    pub(super) over_how: &'static str,
    pub(super) no_more: &'static str,
    pub(super) again: &'static str,
    pub(super) more: &'static str,
    pub(super) look_again: &'static str,
}

impl Words {
    /// For a page that is about no medium in particular.
    pub(super) fn of(language: Language) -> &'static Words {
        Words::about(MediumKind::Wristband, language)
    }

    /// For a page about a wristband, or about a card.
    pub(super) fn about(kind: MediumKind, language: Language) -> &'static Words {
        match (language, kind) {
            (Language::Dutch, MediumKind::Wristband) => &dutch::WRISTBAND,
            (Language::Dutch, MediumKind::Card) => &dutch::CARD,
            (Language::French, MediumKind::Wristband) => &french::WRISTBAND,
            (Language::French, MediumKind::Card) => &french::CARD,
            (Language::German, MediumKind::Wristband) => &german::WRISTBAND,
            (Language::German, MediumKind::Card) => &german::CARD,
            (Language::English, MediumKind::Wristband) => &english::WRISTBAND,
            (Language::English, MediumKind::Card) => &english::CARD,
        }
    }

    /// In the order the switch shows them.
    pub(super) fn all() -> impl Iterator<Item = &'static Words> {
        Language::ALL.iter().map(|language| Words::of(*language))
    }

    /// What a transfer was, in plain words.
    pub(super) fn movement(&self, code: Code) -> &'static str {
        match code {
            Code::TopUp => self.topped_up,
            Code::Charge => self.paid,
            Code::Void => self.paid_back,
            Code::ParkedToWallet | Code::Parked => self.corrected,
            Code::RefundRequested | Code::ParkedReturned | Code::RefundExecuted => self.to_be_refunded,
        }
    }

    /// A line of a sale: what a till writes there itself is in English, whatever language it is used in.
    pub(super) fn sold<'p>(&self, product: &'p str) -> &'p str {
        match product {
            OTHER_AMOUNT => self.sold_other,
            REST => self.sold_rest,
            BY_ANOTHER => self.sold_by_another,
            product => product,
        }
    }

    /// Who helps with money that a person decides about.
    pub(super) fn helps(&self, event_is_open: bool) -> &'static str {
        if event_is_open { self.desk_helps } else { self.organiser_helps }
    }

    /// What there is to know of a medium that does not simply work.
    pub(super) fn status(&self, status: MediumStatus) -> Option<&'static str> {
        match status {
            MediumStatus::Active => None,
            MediumStatus::Issued => Some(self.not_used_yet),
            MediumStatus::Frozen => Some(self.frozen),
            MediumStatus::Replaced => Some(self.replaced),
            MediumStatus::Revoked | MediumStatus::Spoiled => Some(self.ended),
            MediumStatus::Quarantined => Some(self.quarantined),
        }
    }

    /// That the festival is over, and what there is to know of a medium then: money that is left is why somebody looks.
    pub(super) fn closed_with(&self, status: MediumStatus, balance: Cents) -> String {
        let more = match status {
            MediumStatus::Issued | MediumStatus::Active => return self.closed.to_owned(),
            MediumStatus::Frozen if balance.is_positive() => self.closed_frozen,
            MediumStatus::Frozen => self.closed_frozen_empty,
            MediumStatus::Replaced => self.closed_replaced,
            MediumStatus::Revoked | MediumStatus::Spoiled | MediumStatus::Quarantined => self.closed_ended,
        };
        format!("{} {more}", self.closed)
    }

    /// What becomes of money that may be left once the festival is over, and whom to ask: nothing of how much there is.
    pub(super) fn left_over(&self, status: MediumStatus) -> &'static str {
        match status {
            MediumStatus::Issued | MediumStatus::Active | MediumStatus::Frozen => self.leftover_closed,
            MediumStatus::Replaced => self.closed_replaced,
            MediumStatus::Revoked | MediumStatus::Spoiled | MediumStatus::Quarantined => self.closed_ended,
        }
    }

    /// Why no money can be added to a medium: of a replaced one, because those after it are not valid either.
    pub(super) fn takes_none(&self, event_is_open: bool, status: MediumStatus) -> &'static str {
        match status {
            _ if !event_is_open => self.closed,
            MediumStatus::Quarantined => self.quarantined,
            _ => self.ended,
        }
    }
}

impl PayWords {
    /// Why another amount is asked for.
    pub(super) fn refused(&self, amount: Cents, allowed: TopUpLimits) -> String {
        let TopUpLimits { min, max } = allowed;
        let why = if amount > max { self.too_large } else { self.not_possible };
        if min >= max {
            return why.to_owned();
        }
        format!("{why} {}", self.bounds(min, max))
    }

    /// What may be paid.
    pub(super) fn bounds(&self, min: Cents, max: Cents) -> String {
        format!("{} {min} {} {max}.", self.from, self.to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_till_writes_itself_is_what_its_visitor_reads_in_their_language() {
        let till = include_str!("../../../../assets/web/terminal/words.js");
        for line in [OTHER_AMOUNT, REST, BY_ANOTHER] {
            assert!(till.contains(&format!(" = '{line}';")), "{line}");
            assert_ne!(Words::of(Language::Dutch).sold(line), line);
        }
        assert_eq!(Words::of(Language::Dutch).sold("Pils"), "Pils");
    }

    #[test]
    fn every_language_says_everything_and_knows_its_own_name() {
        for language in Language::ALL {
            let words = Words::of(*language);
            assert_eq!(words.lang, language.as_str());
            assert!(!format!("{words:?}").contains(": \"\""), "{language} is silent about something");
        }
    }

    #[test]
    fn a_card_is_nowhere_called_a_wristband() {
        for language in Language::ALL {
            let words = format!("{:?}", Words::about(MediumKind::Card, *language));
            let texts = words.split("\", ").filter_map(|field| field.split_once(": \""));
            for (_, text) in texts {
                for noun in ["wristband", "bandje", "bracelet", "Band"] {
                    // "On your wristband or card" suits both.
                    let is_both = text.contains(&format!("{noun} o"));
                    assert!(is_both || !text.contains(noun), "{language}: {text}");
                }
            }
        }
    }

    #[test]
    fn no_language_was_forgotten_when_another_was_translated() {
        let all: Vec<String> = Words::all().map(|words| format!("{words:?}")).collect();
        for (number, one) in all.iter().enumerate() {
            for other in &all[number + 1..] {
                let same = |text: &str| text.split("\", ").map(str::to_owned).collect::<Vec<_>>();
                let alike = same(one).into_iter().zip(same(other)).filter(|(one, other)| one == other);
                let alike: Vec<_> = alike.map(|(one, _)| one).filter(|text| text.len() > 40).collect();
                assert!(alike.is_empty(), "{alike:?}");
            }
        }
    }
}
