//! What a bank app does after scanning a code, and what may happen to the payment later.

use crate::clock::Timestamp;
use crate::sandbox::SandboxError;
use crate::sandbox::bancontact::Bancontact;
use crate::sandbox::bancontact::callback::CallbackMode;
use crate::sandbox::bancontact::payload::{self, AMOUNT_CENTS_MAX};
use crate::sandbox::bancontact::payment::{Debtor, DebtorRequest, Payment, VALIDITY, draw_id};
use crate::sandbox::bancontact::state::{Record, State};
use crate::sandbox::bancontact::status::Status;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Longest description a payment takes, in characters.
const DESCRIPTION_CHARS_MAX: usize = 140;

/// A code that was scanned, and what is to come of it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PayRequest {
    /// The text of a printed QR: `https://pay.bancontact.net/t/1/PROFILE?D=…&A=…&R=…`.
    pub payload: String,
    /// What the payer types, 1 to 999,999 cents; the code's own amount when left out.
    pub amount_cents: Option<i64>,
    /// The state the payment ends in; default `SUCCEEDED`.
    #[serde(default)]
    pub outcome: Status,
    /// What happens to the callback; default `deliver`.
    #[serde(default)]
    pub callback: CallbackMode,
    /// In place of the code's description, 1 to 140 characters.
    pub description: Option<String>,
    /// Who pays. Made up when left out, and then missing in states that have no payer yet.
    pub debtor: Option<DebtorRequest>,
}

/// A move of a payment to another state. A paid payment stays `SUCCEEDED`; it may be reported again.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MoveRequest {
    /// The state it moves to.
    pub outcome: Status,
    /// Another amount than before, 1 to 999,999 cents: a provider that contradicts itself.
    pub amount_cents: Option<i64>,
    /// What happens to the callback; default `deliver`.
    #[serde(default)]
    pub callback: CallbackMode,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Paid {
    /// 24 lowercase hex digits.
    pub payment_id: String,
    /// The HTTP status the callback got; `None` when it was not sent yet, or not answered.
    pub callback_status: Option<u16>,
}

impl Bancontact {
    pub(in crate::sandbox) async fn pay(self: Arc<Self>, request: PayRequest) -> Result<Paid, SandboxError> {
        let mode = request.callback;
        let now = self.clock.now();
        let (payment_id, sending) = {
            let mut state = self.state();
            state.check_room()?;
            let payment = payment_of(request, &mut state, now)?;
            state.record(Record::Payment(payment.clone()))?;
            let sending = self.make_callback(&mut state, &payment, mode, now)?;
            (payment.payment_id, sending)
        };
        Ok(self.sent(payment_id, sending).await)
    }

    pub(in crate::sandbox) async fn move_payment(
        self: Arc<Self>,
        payment_id: &str,
        request: MoveRequest,
    ) -> Result<Paid, SandboxError> {
        let now = self.clock.now();
        let sending = {
            let mut state = self.state();
            state.check_room()?;
            let known = state.payment(payment_id).cloned();
            let mut payment = known.ok_or_else(|| unknown_payment(payment_id))?;
            if payment.status == Status::Succeeded && request.outcome != Status::Succeeded {
                let refusal =
                    format!("payment {payment_id} is SUCCEEDED and can't become {}", request.outcome);
                return Err(SandboxError::BadPayment(refusal));
            }
            if let Some(cents) = request.amount_cents {
                payment.amount_cents = checked(cents)?;
            }
            if request.outcome == Status::Succeeded && payment.succeeded_at.is_none() {
                payment.succeeded_at = Some(now);
            }
            if request.outcome.has_payer() && payment.debtor.is_none() {
                let made_up = Debtor::of(DebtorRequest::default(), &mut state.random);
                payment.debtor = made_up.ok();
            }
            payment.status = request.outcome;
            state.record(Record::Payment(payment.clone()))?;
            self.make_callback(&mut state, &payment, request.callback, now)?
        };
        Ok(self.sent(payment_id.to_owned(), sending).await)
    }

    async fn sent(self: Arc<Self>, payment_id: String, sending: Option<u64>) -> Paid {
        let callback_status = match sending {
            Some(number) => self.send(number).await,
            None => None,
        };
        Paid { payment_id, callback_status }
    }
}

fn payment_of(request: PayRequest, state: &mut State, now: Timestamp) -> Result<Payment, SandboxError> {
    let code = payload::read(&request.payload).map_err(SandboxError::BadPayment)?;
    if !state.profiles.contains_key(&code.profile_id) {
        return Err(SandboxError::UnknownProfile(code.profile_id));
    }
    let amount_cents = request.amount_cents.or(code.amount_cents).ok_or_else(|| {
        SandboxError::BadPayment("amount_cents is missing, and the code has no amount of its own".to_owned())
    })?;
    if let Some(text) = &request.description
        && !(1..=DESCRIPTION_CHARS_MAX).contains(&text.chars().count())
    {
        return Err(SandboxError::BadPayment(format!(
            "description takes 1 to {DESCRIPTION_CHARS_MAX} characters"
        )));
    }
    let status = request.outcome;
    let debtor = match request.debtor {
        None if !status.has_payer() => None,
        asked => {
            let asked = asked.unwrap_or_default();
            Some(Debtor::of(asked, &mut state.random).map_err(SandboxError::BadPayment)?)
        }
    };
    let created_at = state.creation_time(now);
    Ok(Payment {
        payment_id: draw_id(&mut state.random),
        profile_id: code.profile_id,
        amount_cents: checked(amount_cents)?,
        open_amount: code.amount_cents.is_none(),
        status,
        created_at,
        expire_at: created_at.after(VALIDITY),
        succeeded_at: (status == Status::Succeeded).then_some(created_at.max(now)),
        description: request.description.or(code.description),
        reference: code.reference,
        debtor,
    })
}

fn checked(amount_cents: i64) -> Result<i64, SandboxError> {
    match amount_cents {
        1..=AMOUNT_CENTS_MAX => Ok(amount_cents),
        other => Err(SandboxError::BadPayment(format!(
            "amount_cents is {other}; it takes whole cents, 1 to {AMOUNT_CENTS_MAX}"
        ))),
    }
}

fn unknown_payment(payment_id: &str) -> SandboxError {
    SandboxError::UnknownPayment(payment_id.chars().take(40).collect())
}
