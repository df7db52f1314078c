//! The rows of the settlement table about money that went back to its payer: refunds, and chargebacks.

use super::parked::{Marked, MoneyBack, Said, WayBack};
use super::record::{Record, Settled};
use super::verdict::{Contradiction, Verdict};
use crate::audit_log::who;
use crate::codes::Serial;
use crate::money::Cents;
use crate::providers::{PaymentReport, ProviderName, Source};

/// Why a person is told that money went back in the provider's own pages.
const REFUNDED: &str = "refunded at the provider";
/// How a story of that begins.
const SENT: &str = "The provider sent";
/// Why a person is told that a bank took money back.
const CHARGED_BACK: &str = "charged back by the payer's bank";
/// What there is to do then: a refund on top of it would pay the payer twice.
const AFTER_CHARGEBACK: &str = "This is a chargeback, not a refund: don't send the money back as well. Look in the \
    provider's own pages why, and dispute it there in time if the payment was right. Freeze the medium if what is left \
    on it should not be spent.";
/// Why a person is told that money may go back.
const IS_RESERVED: &str = "a refund is reserved at the provider";
/// What becomes of money that comes after some of it went.
const NOT_CREDITED: &str = "What arrives of this payment waits in suspense and is not credited.";
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

/// What is reserved to go back, and no more than that, if this report says so.
fn reserved(report: &PaymentReport) -> Option<Cents> {
    leaving(report).filter(|_| refunded(report).is_none())
}

/// What this report tells people of money that went back, or is to.
pub(super) fn said(report: &PaymentReport) -> Option<Said> {
    let back = refunded(report).map(|amount| told(amount, report).into());
    back.or_else(|| reserved(report).map(Said::Reserved))
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
    /// Who sent or took how much, up to its full stop.
    sentence: String,
    /// What there is to do about it, behind all else.
    advice: String,
}

/// Money that went back of what was paid, where that is known: some providers tell of a refund and not of its payment.
fn gone(refunded: Cents, paid: Option<Cents>, report: &PaymentReport) -> Gone {
    let paid = paid.map(|paid| format!(" of {paid}")).unwrap_or_default();
    let back = told(refunded, report);
    match back.by {
        WayBack::Chargeback => Gone {
            reason: CHARGED_BACK,
            said: back.into(),
            sentence: format!("The payer's bank took {refunded}{paid} back"),
            advice: format!(" {AFTER_CHARGEBACK}"),
        },
        WayBack::Refund => Gone {
            reason: REFUNDED,
            said: back.into(),
            sentence: format!("{SENT} {refunded}{paid} back to the payer"),
            advice: String::new(),
        },
    }
}

/// Money that went back after the payment was settled: what was settled stays, unless it was marked for return. Then each part
/// that the provider sent is booked, and a person is told while the rest is on its way.
pub(super) fn sent_back_later(
    refunded: Cents,
    known: &Record,
    settled: &Settled,
    report: &PaymentReport,
) -> Verdict {
    let marked = known.marked.filter(|_| !report.is_chargeback);
    if marked.is_some_and(|marked| marked.has_sent(refunded, report.provider)) {
        return Verdict::AlreadyKnown;
    }
    let goes = marked.filter(|marked| refunded <= marked.amount && marked.can_be_sent(report.provider));
    let told = || contradiction(refunded, known.marked, goes.is_some(), settled, report);
    match goes {
        None => Verdict::Mismatch(told()),
        Some(marked) => {
            let told = (refunded < marked.amount).then(told);
            Verdict::WentBack { record: known.clone(), marked, to: refunded, told }
        }
    }
}

/// Who sent or took how much, and what that means for what is known.
fn contradiction(
    refunded: Cents,
    marked: Option<Marked>,
    is_booked: bool,
    settled: &Settled,
    report: &PaymentReport,
) -> Contradiction {
    let amount = settled.amount;
    let paid = report.amount_cents.filter(|cents| *cents > 0).map_or(amount, Cents);
    let Gone { reason, said, sentence, advice } = gone(refunded, Some(paid), report);
    let stands = match marked {
        Some(marked) if is_booked => part(Marked { back: refunded, ..marked }, report.provider),
        Some(marked) if marked.taken.is_positive() && !report.is_chargeback => format!(
            "{} is booked as taken back by the payer's bank, so the payer may have it twice. Look in the provider's own pages \
             what moved there. This books nothing.",
            marked.taken
        ),
        Some(marked) if !report.is_chargeback && !marked.can_be_sent(report.provider) => format!(
            "{} is booked as sent back before, and {} tells of each refund alone. Whether this one went on top of that, \
             its own pages have to say. This books nothing.",
            marked.sent(),
            report.provider.title()
        ),
        Some(marked) if marked.back.is_positive() => {
            format!("{} of it is booked as sent back before.", marked.back)
        }
        Some(marked) if marked.amount != refunded => {
            let until = "until the provider tells that it has gone";
            format!("{} is marked for return here and stays on its way {until}.", marked.amount)
        }
        Some(marked) => stands_marked(marked.amount),
        None => stands(settled, true),
    };
    Contradiction { reason, said, detail: format!("{sentence}. {stands}{advice}") }
}

/// What became of a payment's money here, as long as nobody marked it for return.
pub(super) fn stands(settled: &Settled, is_gone: bool) -> String {
    let amount = settled.amount;
    match &settled.credited {
        Some((serial, by)) => stands_credited(amount, serial, by),
        None if !settled.is_parked => stays(amount),
        None if is_gone => waits_and_is_gone(amount),
        None => waits(amount),
    }
}

/// All that it may say until a person decides.
pub(super) fn undecided(amount: Cents) -> [String; 3] {
    [waits_and_is_gone(amount), waits(amount), stays(amount)]
}

fn waits_and_is_gone(amount: Cents) -> String {
    format!(
        "{amount} went to suspense here. Where it still waits there, it can't be credited any more: mark it for return."
    )
}

fn waits(amount: Cents) -> String {
    format!("{amount} waits in suspense here.")
}

fn stays(amount: Cents) -> String {
    format!("{amount} was settled here and stays settled.")
}

/// The same once a person credited a wallet with it.
pub(super) fn stands_credited(amount: Cents, serial: &Serial, by: &str) -> String {
    format!("{amount} was credited to {} by {}.", serial.grouped(), who(by))
}

/// The same once somebody marked it.
pub(super) fn stands_marked(amount: Cents) -> String {
    format!("{amount} is marked for return here.")
}

/// The same once all of that has gone.
pub(super) fn stands_gone(amount: Cents) -> String {
    format!("{amount} was marked for return here and has gone.")
}

/// Either of the two.
pub(super) fn stands_returned(marked: Marked) -> String {
    if marked.is_back() { stands_gone(marked.amount) } else { stands_marked(marked.amount) }
}

/// The story of a part that was told of before, once the money is marked for return, or a bank took some of it.
pub(super) fn told_of_part(marked: Marked, provider: ProviderName) -> String {
    format!("{SENT} {} of {} back to the payer. {}", marked.sent(), marked.amount, part(marked, provider))
}

/// What a part means that is booked as sent back, and what has become of the rest.
fn part(marked: Marked, provider: ProviderName) -> String {
    let Marked { amount, taken, is_charged_back, .. } = marked;
    let left = amount.minus(marked.back).unwrap_or(Cents::ZERO);
    let rest = if taken.is_positive() {
        format!(
            "{taken} is booked as taken back by the payer's bank, so nothing is left to send. Where the bank took more, the \
             payer has this part twice: look in the provider's own pages what moved there. Closing this books nothing."
        )
    } else if is_charged_back {
        format!(
            "The payer's bank took money of this payment back as well, so don't send the other {left}: the matter of that \
             chargeback says what there is to do. Closing this books nothing."
        )
    } else {
        format!("{left} stays on its way. {}", rest(provider))
    };
    format!("{amount} is marked for return here, and this part is booked as sent back. {rest}")
}

/// How the rest of a refund in parts goes.
fn rest(provider: ProviderName) -> String {
    if provider.refunds_once() {
        let title = provider.title();
        format!(
            "{title} refunds a payment once, so the organiser transfers the rest. Nothing tells of that here: it stays on its \
             way. Closing this books nothing."
        )
    } else {
        "Send the rest back in the provider's own pages: it is booked when they tell of it, and this closes itself. \
         Closing it before books nothing."
            .to_owned()
    }
}

/// Less went back than is booked, as the provider says when it is asked now: a callback, or a row of a list, may be older
/// than the refund.
pub(super) fn shows_less(known: &Record, report: &PaymentReport) -> Option<Verdict> {
    let booked = known.marked.map(|marked| marked.back)?;
    let shown = report.refunded_cents.filter(|_| report.source == Source::Details).map(Cents)?;
    (shown < booked).then(|| {
        Verdict::Mismatch(Contradiction {
            reason: NOT_SENT_BACK,
            said: format!("booked {} as sent back, {} is", booked.0, shown.0).into(),
            detail: format!(
                "Of this payment {booked} is booked as sent back to the payer, and the provider shows {shown}. A refund was \
                 stopped, or a chargeback was won: look in the provider's own pages whether the payer has the money."
            ),
        })
    })
}

/// The same before the payment was settled, as people are told.
pub(super) fn told_before(refunded: Cents, paid: Option<Cents>, report: &PaymentReport) -> Contradiction {
    let Gone { reason, said, sentence, advice } = gone(refunded, paid, report);
    Contradiction { reason, said, detail: format!("{sentence}. {NOT_CREDITED}{advice}") }
}

/// Money that went back before the payment was settled: what still arrives of it is nobody's to spend, because nobody
/// here can tell how much of it is left.
pub(super) fn sent_back(
    known: Option<&Record>,
    record: Record,
    leaving: Cents,
    report: &PaymentReport,
) -> Verdict {
    let told = match reserved(report) {
        Some(amount) => told_reserved(amount, NOT_CREDITED),
        None => told_before(leaving, record.amount_cents.map(Cents), report),
    };
    match known {
        Some(known) if known.was_sent_back() && known.says_the_same(report) => Verdict::Mismatch(told),
        _ => Verdict::SentBack { record, told },
    }
}

/// A refund that somebody began at the provider of money that waits for a person.
pub(super) fn reserved_later(known: &Record, report: &PaymentReport) -> Option<Contradiction> {
    let settled = known.settlement.as_ref()?;
    let is_waiting = settled.is_parked && settled.credited.is_none() && known.marked.is_none();
    let amount = reserved(report).filter(|_| is_waiting && !settled.is_leaving)?;
    let stands = format!("{} It can't be credited as long as this is open.", waits(settled.amount));
    Some(told_reserved(amount, &stands))
}

/// A refund that may still be stopped: what goes is told when it has gone.
fn told_reserved(amount: Cents, stands: &str) -> Contradiction {
    let detail = format!(
        "The provider has {amount} of it reserved to go back to the payer. {stands} Don't send it as well. When it has gone, that \
         is told: mark what waits for return then. Should it have been stopped, which stands in the provider's own pages, close \
         this."
    );
    Contradiction { reason: IS_RESERVED, said: Said::Reserved(amount), detail }
}
