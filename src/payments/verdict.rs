//! What a report means, given what is known: one variant for each row of the settlement table.

use super::gone::{
    leaving, refunded, sent_back, sent_back_later, shows_less, stands, stands_returned, told_before,
};
use super::parked::{DISAGREE, DISPUTED, Marked, MoneyBack, Said, WayBack};
use super::record::{Record, Settled};
use super::{PAYMENT_CENTS_MAX, Suspended, payers};
use crate::codes::Reference;
use crate::events::top_up_limits::room;
use crate::events::{Activation, Counterfeit, Event};
use crate::ids::EventId;
use crate::ledger::Book;
use crate::media::{CodeKind, Medium, MediumStatus};
use crate::money::{Cents, as_reported};
use crate::providers::{Came, PaymentReport, PaymentStatus, Received, Source};
use crate::secrets::CodeHash;

/// What a person is told of.
pub(super) struct Contradiction {
    /// In a few words.
    pub(super) reason: &'static str,
    /// What contradicts: the same again, from another source, is the same matter.
    pub(super) said: Said,
    /// Both sides of it.
    pub(super) detail: String,
}

impl Contradiction {
    /// True where it tells that the payer's bank took money back.
    pub(super) fn is_chargeback(&self) -> bool {
        matches!(self.said, Said::MoneyBack(MoneyBack { by: WayBack::Chargeback, .. }))
    }
}

/// A row of the settlement table.
pub(super) enum Verdict {
    /// It says nothing that is not known.
    AlreadyKnown,
    /// It names this amount, which is settled, after a report that named another one.
    Agrees(Cents),
    /// It contradicts what is known, or says that the money went to a profile that is not ours.
    Mismatch(Contradiction),
    /// Money went back to the payer before any of it was settled.
    SentBack {
        /// What is known now: from here on nothing of it is credited.
        record: Record,
        /// How much.
        told: Contradiction,
    },
    /// What a person marked for return has gone back, all of it or more of it than before.
    WentBack {
        /// What is known now.
        record: Record,
        /// What was marked.
        marked: Marked,
        /// How much has gone by now.
        to: Cents,
        /// What a person is told, where not all of it has.
        told: Option<Contradiction>,
    },
    /// A state that is not money (yet).
    Recorded(Record),
    /// SUCCEEDED, and no amount that can be credited.
    NeedsReview {
        /// What is known now.
        record: Record,
        /// What was reported instead.
        detail: String,
    },
    /// Money for a wallet.
    Credited {
        /// What is known now.
        record: Record,
        /// How much.
        amount: Cents,
        /// Whose wallet.
        medium: Medium,
        /// What is wrong with the description, where the event credits those.
        counterfeit: Option<String>,
    },
    /// Money for nobody's wallet.
    Suspended {
        /// What is known now.
        record: Record,
        /// How much.
        amount: Cents,
        /// Why.
        reason: Suspended,
        /// Its story.
        detail: String,
        /// What of it had gone back already, where the same report says so.
        told: Option<Contradiction>,
    },
}

/// Decides on a report about a payment of this event.
pub(super) fn of(
    event: EventId,
    known: Option<&Record>,
    report: &PaymentReport,
    hash: Option<CodeHash>,
    book: &Book,
) -> Verdict {
    if let Some(verdict) = without_book(known, report) {
        return verdict;
    }
    let mut record = match known {
        Some(known) => known.reported(report, hash),
        None => Record::first(event, report, hash, book.now()),
    };
    if book.event(event).is_some_and(|event| payers::are_forgotten(event, book.now())) {
        (record.debtor_name, record.debtor_iban) = (None, None);
    }
    let refunded = leaving(report);
    if refunded.is_some() {
        record = record.sent_back();
    }
    match (money(report), refunded) {
        (Some(amount), _) => of_money(record, amount, report, book),
        (None, Some(refunded)) => sent_back(known, record, refunded, report),
        (None, None) if report.status != PaymentStatus::Succeeded => Verdict::Recorded(record),
        (None, None) => Verdict::NeedsReview { record, detail: uncreditable(report) },
    }
}

/// How much came in, where that is not what was asked for.
fn came_in(received: &Received, report: &PaymentReport) -> String {
    let (source, asked) = (report.source.as_str(), told(received.of_cents, report));
    let came = match &received.came {
        Came::Cents(cents) => told(*cents, report),
        Came::Unread(text) => format!("{text}, which is no number of cents,"),
    };
    format!(
        "It was reported as paid (source: {source}), with {came} received of the {asked} that was asked for"
    )
}

/// An amount as a report tells it, also where it tells no currency.
fn told(cents: i64, report: &PaymentReport) -> String {
    match report.currency.as_deref().filter(|currency| !currency.is_empty()) {
        None => format!("{cents} and no currency"),
        currency => as_reported(cents, currency),
    }
}

/// Why nothing of what is said to be paid can be credited.
fn uncreditable(report: &PaymentReport) -> String {
    let source = report.source.as_str();
    if let Some(received) = &report.received {
        let came = came_in(received, report);
        return format!("{came}: neither is credited. {LOOK}");
    }
    let amount = report.amount_cents.map_or_else(|| "no amount".to_owned(), |cents| told(cents, report));
    format!("It was reported as paid (source: {source}), with {amount}: nothing that could be credited.")
}

/// Who knows how much came.
const LOOK: &str = "Look in the provider's own pages how much came.";

/// The rows that need no look at media and wallets: what is known already, and contradictions.
pub(super) fn without_book(known: Option<&Record>, report: &PaymentReport) -> Option<Verdict> {
    if let Some(creditor) = report.creditor_profile.as_ref().filter(|creditor| *creditor != report.there()) {
        let detail =
            format!("The provider lists it as paid to profile {creditor}, which is not this event's.");
        let said = format!("paid to {creditor}").into();
        return Some(Verdict::Mismatch(Contradiction { reason: "paid to another profile", said, detail }));
    }
    if report.is_chargeback && report.refunded_cents.is_none() {
        return Some(disputed());
    }
    let settled = known.and_then(|known| Some((known, known.settlement.as_ref()?)));
    if let Some((known, settled)) = settled {
        return Some(match (shows_less(known, report), refunded(report)) {
            (Some(verdict), _) => verdict,
            (None, Some(refunded)) => sent_back_later(refunded, known, settled, report),
            (None, None) => compare(known, settled, report),
        });
    }
    // Callbacks are signed for a profile and name none; details and lists are asked for with a key that may open
    // several.
    if report.source != Source::Callback && report.creditor_profile.is_none() {
        let source = report.source.as_str();
        let detail = format!("The provider does not say to which profile it was paid (source: {source}).");
        let said = "paid to nobody named".into();
        return Some(Verdict::Mismatch(Contradiction { reason: "paid to another profile", said, detail }));
    }
    // Neither is known as long as nothing is settled: the money itself, and that it went back.
    let known = known.filter(|_| money(report).is_none() && leaving(report).is_none())?;
    let went_back = known.status.is_final() && report.status != PaymentStatus::Succeeded;
    (went_back || known.says_the_same(report)).then_some(Verdict::AlreadyKnown)
}

/// One matter for a payment, however often its dispute is told of and whatever becomes of it.
fn disputed() -> Verdict {
    let detail = "The provider tells of a dispute about it, and not how much it is about or how it stands. Nothing moves \
         here. Look in the provider's own pages, and answer there in time if the payment was right. Should the payer's \
         bank take the money, don't send it back as well. This is told once: how the dispute goes on and ends stands in \
         those pages alone.";
    let (reason, said) = ("disputed by the payer", DISPUTED.into());
    Verdict::Mismatch(Contradiction { reason, said, detail: detail.to_owned() })
}

/// The money that came, if this report says so and says how much. Where that is not what was asked for, no wallet is credited
/// with it before a person has looked.
fn money(report: &PaymentReport) -> Option<Cents> {
    let is_money = report.status == PaymentStatus::Succeeded && report.currency.as_deref() == Some("EUR");
    let believed = report.cents().filter(|cents| (1..=PAYMENT_CENTS_MAX).contains(cents));
    believed.filter(|_| is_money).map(Cents)
}

/// Compares a report of a settled payment with its settlement: the first stands.
fn compare(known: &Record, settled: &Settled, report: &PaymentReport) -> Verdict {
    if report.status != PaymentStatus::Succeeded {
        return Verdict::AlreadyKnown;
    }
    // What a report leaves out says nothing. Nor does the 0 that details and list may report for a code without
    // an amount.
    let is_open_code = report.amount_cents == Some(0) && report.source != Source::Callback;
    let other_cents = report.cents().filter(|cents| *cents != settled.amount.0 && !is_open_code);
    let same_currency = report.currency.as_deref().is_none_or(|currency| currency == "EUR");
    let same_reference = report.reference.as_deref().is_none_or(|said| {
        let settled = settled.reference.as_deref();
        match Reference::parse(said) {
            Some(reference) => settled.and_then(Reference::parse) == Some(reference),
            None => settled == Some(said),
        }
    });
    let reference = |text: &Option<String>| text.clone().unwrap_or_else(|| "none".to_owned());
    let other_reference = (!same_reference).then(|| reference(&report.reference));
    let said = match other_cents {
        None if same_currency && same_reference => {
            let is_named = known.disagrees && report.cents() == Some(settled.amount.0);
            return if is_named { Verdict::Agrees(settled.amount) } else { Verdict::AlreadyKnown };
        }
        Some(cents) if same_currency => Said::Differs { told: Cents(cents), reference: other_reference },
        _ => {
            let currency = report.currency.as_deref().unwrap_or_default();
            let amount = other_cents.map(|cents| format!("amount {cents}"));
            let currency = (!same_currency).then(|| format!("currency {currency}"));
            let reference = other_reference.map(|reference| format!("reference {reference}"));
            let parts: Vec<String> = [amount, currency, reference].into_iter().flatten().collect();
            parts.join(", ").into()
        }
    };
    let reported = match (report.cents(), report.currency.as_deref()) {
        (None, None | Some("EUR")) => "no amount".to_owned(),
        (None, Some(currency)) => format!("an amount in {currency} that it leaves out"),
        (Some(cents), currency) => as_reported(cents, currency),
    };
    let (mut was, mut now) = (settled.amount.to_string(), reported);
    if !same_reference {
        was.push_str(&format!(" on reference {}", reference(&settled.reference)));
        now.push_str(&format!(" on reference {}", reference(&report.reference)));
    }
    let stands = known.marked.map_or_else(|| stands(settled, false), stands_returned);
    let source = report.source.as_str();
    let look = if other_cents.is_some() || !same_currency { format!(" {LOOK}") } else { String::new() };
    let detail = format!("Reported with {was} before, and now with {now} (source: {source}). {stands}{look}");
    Verdict::Mismatch(Contradiction { reason: DISAGREE, said, detail })
}

/// What the stories of other amounts say as well, once a report names the booked one again. Statements look for its end.
pub(super) fn named_again(amount: Cents, source: Source) -> String {
    format!(" The provider has named {amount} again (source: {}).", source.as_str())
}

/// Decides on money, with all that its reports said together: one that names no reference takes it from an earlier
/// one.
fn of_money(record: Record, amount: Cents, report: &PaymentReport, book: &Book) -> Verdict {
    let record = Record { amount_cents: Some(amount.0), ..record };
    if record.was_sent_back() {
        let how_much = match (refunded(report), leaving(report)) {
            (Some(refunded), _) => format!("{refunded} of {amount} went back"),
            (None, Some(leaving)) => format!("{leaving} of {amount} was reserved to go back"),
            (None, None) => format!("a part of {amount}, or all of it, went back or was reserved to go back"),
        };
        let when = "to the payer before anything was settled here";
        let detail = format!("It names {}, and {how_much} {when}.", named(&record));
        let record = Record { status: PaymentStatus::Succeeded, ..record };
        // What is only reserved has not gone.
        let told = refunded(report).map(|refunded| told_before(refunded, Some(amount), report));
        return Verdict::Suspended { record, amount, reason: Suspended::RefundedAtProvider, detail, told };
    }
    if let Some(received) = &report.received {
        let (came, named) = (came_in(received, report), named(&record));
        let detail = format!(
            "{came}. It names {named}. {amount} waits in suspense: look in the provider's own pages. If exactly this came \
             there, credit it or mark it for return; otherwise leave it here and ask the provider."
        );
        return Verdict::Suspended { record, amount, reason: Suspended::OtherAmount, detail, told: None };
    }
    let medium = paid_medium(&record, book);
    let counterfeit = medium.and_then(|medium| counterfeit(&record, medium));
    match destination(&record, amount, counterfeit.is_some(), book) {
        Ok(medium) => Verdict::Credited { medium: medium.clone(), record, amount, counterfeit },
        Err(reason) => {
            let story = counterfeit.map(|story| format!(" {story}")).unwrap_or_default();
            let elsewhere = if is_of_another_event(&record, book) { ELSEWHERE } else { "" };
            let detail = format!("It names {}{elsewhere}.{story}", named(&record));
            Verdict::Suspended { record, amount, reason, detail, told: None }
        }
    }
}

/// What a payment was made onto, as it says itself.
fn named(record: &Record) -> String {
    record.reference.as_deref().map_or_else(|| "no reference".to_owned(), |text| format!("reference {text}"))
}

/// The medium whose reference was paid, if it is one of the payment's event.
pub(super) fn paid_medium<'b>(record: &Record, book: &'b Book) -> Option<&'b Medium> {
    let (kind, medium) = book.by_code(record.reference_hash?)?;
    (kind == CodeKind::Reference && medium.event_id == record.event_id).then_some(medium)
}

/// What a callback address that outlived its event looks like from here.
const ELSEWHERE: &str = ", which is another event's: where two events have one profile in turn, the provider has to be \
    asked to change the callback URL to the new one";

fn is_of_another_event(record: &Record, book: &Book) -> bool {
    let medium = record.reference_hash.and_then(|hash| book.by_code(hash));
    medium.is_some_and(|(_, medium)| medium.event_id != record.event_id)
}

/// The medium whose wallet is to be credited, or why none is.
fn destination<'b>(
    record: &Record,
    amount: Cents,
    is_counterfeit: bool,
    book: &'b Book,
) -> Result<&'b Medium, Suspended> {
    let event = book.event(record.event_id).ok_or(Suspended::EventClosed)?;
    if !event.is_open() {
        return Err(Suspended::EventClosed);
    }
    if record.reference.is_none() {
        return Err(Suspended::NoReference);
    }
    let medium = paid_medium(record, book).ok_or(Suspended::UnknownReference)?;
    // The wallet may have moved on to a successor; the end of that chain decides.
    let holder = book.holder(medium.wallet_id).unwrap_or(medium);
    for status in [medium.status, holder.status] {
        match status {
            MediumStatus::Revoked => return Err(Suspended::Revoked),
            MediumStatus::Spoiled => return Err(Suspended::Spoiled),
            MediumStatus::Quarantined => return Err(Suspended::Quarantined),
            MediumStatus::Issued if event.rules.activation == Activation::Explicit => {
                return Err(Suspended::NotActive);
            }
            MediumStatus::Issued | MediumStatus::Active | MediumStatus::Frozen | MediumStatus::Replaced => {}
        }
    }
    if is_counterfeit && event.rules.counterfeit == Counterfeit::Hold {
        return Err(Suspended::PossibleCounterfeit);
    }
    if has_room(event, book, medium, amount) { Ok(medium) } else { Err(Suspended::OverBalance) }
}

/// What is wrong with the description, if a printed code of ours can't have shown it.
fn counterfeit(record: &Record, medium: &Medium) -> Option<String> {
    let said = record.description.as_deref().filter(|text| !text.is_empty())?;
    (said != medium.description).then(|| {
        let printed = match medium.description.as_str() {
            "" => "nothing".to_owned(),
            text => format!("{text:?}"),
        };
        format!("The payer saw {said:?}, and {printed} is printed for this reference.")
    })
}

fn has_room(event: &Event, book: &Book, medium: &Medium, amount: Cents) -> bool {
    let balance = book.wallet(medium.wallet_id).map_or(Cents::ZERO, |wallet| wallet.balance);
    balance.plus(amount).is_some() && room(&event.rules, balance).is_none_or(|room| amount <= room)
}
