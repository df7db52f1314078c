//! The rows of the settlement table about money that went back to its payer: refunds, and chargebacks.

use super::parked::{MoneyBack, Said, WayBack};
use super::record::{Record, Settled};
use super::verdict::{Contradiction, Verdict};
use crate::money::Cents;
use crate::providers::{PaymentReport, Source};

/// Why a person is told that money went back in the provider's own pages.
const REFUNDED: &str = "refunded at the provider";
/// Why a person is told that a bank took money back.
const CHARGED_BACK: &str = "charged back by the payer's bank";
/// What there is to do then: a refund on top of it would pay the payer twice.
const AFTER_CHARGEBACK: &str = "This is a chargeback, not a refund: don't send the money back as well. Look in the \
    provider's own pages why, and dispute it there in time if the payment was right; freeze the medium if what is left \
    on it should not be spent. Where just this is marked for return here, closing this books that it went back";
/// Why a person is told that a refund which is booked is none any more.
const NOT_SENT_BACK: &str = "booked as sent back, and not sent back";

/// What went back to the payer, if this report says so.
pub(super) fn refunded(report: &PaymentReport) -> Option<Cents> {
    report.refunded_cents.filter(|cents| *cents > 0).map(Cents)
}

/// What went back or is reserved to go: enough to keep what isn't credited yet from being spent.
pub(super) fn leaving(report: &PaymentReport) -> Option<Cents> {
    let both =
        [report.refunded_cents, report.reserved_cents].into_iter().flatten().filter(|cents| *cents > 0);
    Some(both.fold(0_i64, i64::saturating_add)).filter(|cents| *cents > 0).map(Cents)
}

/// What this report tells people of money that went back, given what is known of the payment.
pub(super) fn money_back(known: Option<&Record>, report: &PaymentReport) -> Option<MoneyBack> {
    let is_settled = known.is_some_and(|known| known.settlement.is_some());
    let amount = if is_settled { refunded(report) } else { leaving(report) };
    amount.map(|amount| told(amount, report))
}

fn told(amount: Cents, report: &PaymentReport) -> MoneyBack {
    MoneyBack { by: if report.is_chargeback { WayBack::Chargeback } else { WayBack::Refund }, amount }
}

/// Money that went back, as people are told.
struct Gone {
    /// In a few words.
    reason: &'static str,
    /// As it tells one such matter from another.
    said: Said,
    /// Who sent or took how much.
    sentence: String,
    /// What there is to do about it.
    advice: String,
}

fn gone(refunded: Cents, report: &PaymentReport) -> Gone {
    let paid = report.amount_cents.map(|cents| format!(" of {}", Cents(cents))).unwrap_or_default();
    let back = told(refunded, report);
    match back.by {
        WayBack::Chargeback => Gone {
            reason: CHARGED_BACK,
            said: back.into(),
            sentence: format!("the payer's bank took {refunded}{paid} back"),
            advice: format!(". {AFTER_CHARGEBACK}"),
        },
        WayBack::Refund => Gone {
            reason: REFUNDED,
            said: back.into(),
            sentence: format!("the provider sent {refunded}{paid} back to the payer"),
            advice: String::new(),
        },
    }
}

/// Money that went back after the payment was settled: what was settled stays, unless just this was marked for return.
pub(super) fn sent_back_later(
    refunded: Cents,
    known: &Record,
    settled: &Settled,
    report: &PaymentReport,
) -> Verdict {
    let marked = known.marked.filter(|_| !report.is_chargeback);
    match marked {
        // A part of it: told late, and all of it has gone by now.
        Some(marked) if marked.is_back && refunded <= marked.amount => return Verdict::AlreadyKnown,
        Some(marked) if !marked.is_back && refunded == marked.amount => {
            return Verdict::WentBack { record: known.clone(), marked };
        }
        _ => {}
    }
    let Gone { reason, said, sentence, advice } = gone(refunded, report);
    let amount = settled.amount;
    let stands = match known.marked {
        Some(marked) if !marked.is_back && marked.amount != refunded => {
            let until = "until the provider tells that just this much of the payment has gone";
            format!("{} is marked for return here and stays on its way {until}", marked.amount)
        }
        Some(marked) if marked.is_back => format!("{} of it is booked as sent back before", marked.amount),
        Some(marked) => format!("{} is marked for return here", marked.amount),
        None if settled.is_parked => format!("{amount} went to suspense here, and this moves nothing of it"),
        None => format!("{amount} was settled here and stays settled"),
    };
    Verdict::Mismatch(Contradiction { reason, said, detail: format!("{sentence}; {stands}{advice}") })
}

/// Less went back than is booked, as the provider says when it is asked now: a callback, or a row of a list, may be older
/// than the refund.
pub(super) fn shows_less(known: &Record, report: &PaymentReport) -> Option<Verdict> {
    let booked = known.marked.filter(|marked| marked.is_back)?.amount;
    let shown = report.refunded_cents.filter(|_| report.source == Source::Details).map(Cents)?;
    (shown < booked).then(|| {
        Verdict::Mismatch(Contradiction {
            reason: NOT_SENT_BACK,
            said: format!("booked {} as sent back, {} is", booked.0, shown.0).into(),
            detail: format!(
                "{booked} of it is booked as sent back to the payer, and the provider shows {shown}: a refund was stopped, or \
                 a chargeback was won. Look in the provider's own pages whether the payer has the money"
            ),
        })
    })
}

/// The same before the payment was settled, as people are told.
pub(super) fn told_before(refunded: Cents, report: &PaymentReport) -> Contradiction {
    let Gone { reason, said, sentence, advice } = gone(refunded, report);
    let detail =
        format!("{sentence}; what arrives of this payment waits in suspense and is not credited{advice}");
    Contradiction { reason, said, detail }
}

/// Money that went back before the payment was settled: what still arrives of it is nobody's to spend, because nobody
/// here can tell how much of it is left.
pub(super) fn sent_back(
    known: Option<&Record>,
    record: Record,
    refunded: Cents,
    report: &PaymentReport,
) -> Verdict {
    let told = told_before(refunded, report);
    match known {
        Some(known) if known.was_sent_back() && known.says_the_same(report) => Verdict::Mismatch(told),
        _ => Verdict::SentBack { record, told },
    }
}
