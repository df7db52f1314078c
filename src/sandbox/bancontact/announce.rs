//! Making callbacks: signed once, and put where the request and the faults say.

use crate::clock::Timestamp;
use crate::sandbox::SandboxError;
use crate::sandbox::bancontact::Bancontact;
use crate::sandbox::bancontact::callback::{Callback, CallbackMode, CallbackState};
use crate::sandbox::bancontact::message::{Claims, callback_body, signature};
use crate::sandbox::bancontact::payment::{Payment, draw_id};
use crate::sandbox::bancontact::state::{Record, State};
use crate::sandbox::bancontact::status::Status;
use rand::Rng;
use std::time::Duration;

impl Bancontact {
    /// Makes and signs the callback for `payment` and puts it where `mode` and the faults say. Answers its number
    /// when it is to be sent right now, by the caller.
    pub(super) fn make_callback(
        &self,
        state: &mut State,
        payment: &Payment,
        mode: CallbackMode,
        now: Timestamp,
    ) -> Result<Option<u64>, SandboxError> {
        let profile = state.profiles.get(&payment.profile_id).cloned();
        let profile = profile.ok_or_else(|| SandboxError::UnknownProfile(payment.profile_id.clone()))?;
        let other = draw_id(&mut state.random);
        let claims = Claims {
            signed_at: now,
            request_number: state.random.next_u64(),
            callback_url: &profile.callback_url,
            profile_id: if mode == CallbackMode::WrongSubject { &other } else { &profile.profile_id },
        };
        let body = callback_body(payment, state.faults.legacy_amounts);
        let signature = signature(&state.keys, &claims, &body, mode == CallbackMode::BadSignature);
        let (place, send_now) = match mode {
            CallbackMode::Drop => (CallbackState::Dropped, false),
            _ if state.faults.hold_callbacks => (CallbackState::Held, false),
            CallbackMode::Delay(by) => (CallbackState::Waiting { at: now.after(by) }, false),
            _ => (CallbackState::Waiting { at: now }, true),
        };
        let number = state.queue.next_number();
        state.record(Record::Callback(Callback {
            number,
            payment_id: payment.payment_id.clone(),
            url: profile.callback_url,
            signature,
            body,
            made_at: now,
            copies: if mode == CallbackMode::Twice { 2 } else { 1 },
            state: place,
            attempts: Vec::new(),
        }))?;
        if send_now {
            state.queue.claim(number);
        }
        self.came.notify_one();
        Ok(send_now.then_some(number))
    }

    /// Ends the payments that waited too long at `now`, and queues the callbacks that say so.
    pub(super) fn expire(&self, now: Timestamp) -> Result<(), SandboxError> {
        let mut state = self.state();
        for mut payment in state.expired(now) {
            payment.status = Status::Expired;
            payment.debtor = None;
            state.record(Record::Payment(payment.clone()))?;
            self.make_callback(&mut state, &payment, CallbackMode::Delay(Duration::ZERO), now)?;
        }
        Ok(())
    }
}
