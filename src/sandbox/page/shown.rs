//! Payments, callbacks and answers as a person reads them.

use crate::clock::Timestamp;
use crate::money::Cents;
use crate::sandbox::Status;
use crate::sandbox::bancontact::{Attempt, CallbackState, CallbackView, PaymentView};
use data_encoding::BASE64URL_NOPAD;
use jiff::tz::TimeZone;

/// How something went, for a colour and a shape.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::sandbox) enum Tone {
    Good,
    Waiting,
    Bad,
}

impl Tone {
    /// The class its colour hangs on.
    pub(in crate::sandbox) fn class(self) -> &'static str {
        match self {
            Tone::Good => "good",
            Tone::Waiting => "waiting",
            Tone::Bad => "bad",
        }
    }

    fn of(status: Status) -> Tone {
        match status {
            Status::Succeeded => Tone::Good,
            Status::Pending
            | Status::Identified
            | Status::Authorized
            | Status::PendingMerchantAcknowledgement => Tone::Waiting,
            _ => Tone::Bad,
        }
    }
}

/// The bank app's last screen.
pub(super) struct Receipt {
    pub(super) tone: Tone,
    pub(super) headline: &'static str,
    pub(super) amount: Cents,
    pub(super) merchant: String,
    pub(super) description: Option<String>,
    pub(super) payer: Option<String>,
    pub(super) status: Status,
    pub(super) callback: String,
}

impl Receipt {
    pub(super) fn of(view: &PaymentView) -> Receipt {
        let payment = &view.payment;
        let tone = Tone::of(payment.status);
        Receipt {
            tone,
            headline: match tone {
                Tone::Good => "Paid",
                Tone::Waiting => "Not finished",
                Tone::Bad => "Not paid",
            },
            amount: Cents(payment.amount_cents),
            merchant: payment.merchant_name.clone(),
            description: payment.description.clone(),
            payer: payment.debtor.as_ref().map(|debtor| debtor.name.clone()),
            status: payment.status,
            callback: view.callbacks.last().map_or_else(String::new, |callback| Sent::of(callback).in_words),
        }
    }
}

/// One payment in the list.
pub(super) struct Card {
    pub(super) id: String,
    pub(super) amount: Cents,
    pub(super) status: Status,
    pub(super) tone: Tone,
    pub(super) time: String,
    pub(super) facts: Vec<(&'static str, String)>,
    pub(super) sent: Vec<Sent>,
}

/// One callback of a payment.
pub(super) struct Sent {
    pub(super) tone: Tone,
    pub(super) in_words: String,
    pub(super) url: String,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) signed: String,
    pub(super) body: String,
    pub(super) answers: Vec<String>,
}

impl Card {
    pub(super) fn of(view: &PaymentView) -> Card {
        let payment = &view.payment;
        let payer = payment.debtor.as_ref().map(|debtor| format!("{} {}", debtor.name, debtor.iban));
        let facts = [
            ("To", Some(payment.merchant_name.clone())),
            ("Description", payment.description.clone()),
            ("Reference", payment.reference.clone()),
            ("Payer", payer),
            ("Payment id", Some(payment.payment_id.clone())),
        ];
        Card {
            id: payment.payment_id.clone(),
            amount: Cents(payment.amount_cents),
            status: payment.status,
            tone: Tone::of(payment.status),
            time: time_of_day(payment.created_at),
            facts: facts.into_iter().filter_map(|(name, value)| Some((name, value?))).collect(),
            sent: view.callbacks.iter().map(Sent::of).collect(),
        }
    }
}

impl Sent {
    fn of(callback: &CallbackView) -> Sent {
        let last = callback.attempts.last();
        let (tone, in_words) = match callback.state {
            CallbackState::Accepted => {
                let answered = last.map_or_else(|| "accepted".to_owned(), outcome);
                let times = match callback.attempts.len() {
                    0 | 1 => String::new(),
                    n => format!(", sent {n} times"),
                };
                (Tone::Good, format!("Callback {answered}{times}"))
            }
            CallbackState::Waiting { at } => {
                let next = time_of_day(at);
                (
                    Tone::Waiting,
                    match last {
                        Some(attempt) => format!("Callback {}, again at {next}", outcome(attempt)),
                        None => format!("Callback due at {next}"),
                    },
                )
            }
            CallbackState::Held => (Tone::Waiting, "Callback held back".to_owned()),
            CallbackState::Dropped => (Tone::Bad, "Callback lost, as asked".to_owned()),
            CallbackState::Refused => {
                let answered = last.map_or_else(|| "refused".to_owned(), outcome);
                (Tone::Bad, format!("Callback {answered}, not sent again"))
            }
            CallbackState::GivenUp => (Tone::Bad, "Callback given up after a day".to_owned()),
        };
        let header = callback.headers.signature.split('.').next().unwrap_or_default();
        let signed = BASE64URL_NOPAD.decode(header.as_bytes()).unwrap_or_default();
        Sent {
            tone,
            in_words,
            url: callback.url.clone(),
            headers: vec![
                ("signature", callback.headers.signature.clone()),
                ("content-type", callback.headers.content_type.to_owned()),
                ("user-agent", callback.headers.user_agent.to_owned()),
            ],
            signed: String::from_utf8_lossy(&signed).into_owned(),
            body: callback.body.clone(),
            answers: callback.attempts.iter().map(answer_line).collect(),
        }
    }
}

fn outcome(attempt: &Attempt) -> String {
    match attempt.status {
        Some(status) => format!("answered {status} in {} ms", attempt.took_ms),
        None => "not answered".to_owned(),
    }
}

fn answer_line(attempt: &Attempt) -> String {
    let time = time_of_day(attempt.at);
    match attempt.status {
        Some(status) => format!("{time}  {status}  {}", attempt.answer),
        None => format!("{time}  {}", attempt.answer),
    }
}

/// As a clock on a Belgian wall shows it.
fn time_of_day(at: Timestamp) -> String {
    let zone = TimeZone::get("Europe/Brussels").unwrap_or(TimeZone::UTC);
    at.to_jiff().to_zoned(zone).strftime("%H:%M:%S").to_string()
}
