//! A callback as it is kept: the bytes that are sent, when, and what was answered.

use crate::clock::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// Longest `delay:<ms>`: a day, as long as the provider keeps trying.
const DELAY_MS_MAX: u64 = 24 * 60 * 60 * 1000;

/// What happens to the callback of a payment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum CallbackMode {
    /// Sent at once, once.
    #[default]
    Deliver,
    /// Signed and kept, never sent.
    Drop,
    /// Sent at once, and the same bytes again right after the first answer.
    Twice,
    /// Sent so much later.
    Delay(Duration),
    /// Sent with one bit of the signature turned over.
    BadSignature,
    /// Signed well, for another profile.
    WrongSubject,
}

impl fmt::Display for CallbackMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CallbackMode::Deliver => f.write_str("deliver"),
            CallbackMode::Drop => f.write_str("drop"),
            CallbackMode::Twice => f.write_str("twice"),
            CallbackMode::Delay(by) => write!(f, "delay:{}", by.as_millis()),
            CallbackMode::BadSignature => f.write_str("bad-signature"),
            CallbackMode::WrongSubject => f.write_str("wrong-subject"),
        }
    }
}

impl FromStr for CallbackMode {
    type Err = String;

    fn from_str(text: &str) -> Result<CallbackMode, String> {
        let delay = text.strip_prefix("delay:").map(|ms| ms.parse());
        match (text, delay) {
            ("deliver", _) => Ok(CallbackMode::Deliver),
            ("drop", _) => Ok(CallbackMode::Drop),
            ("twice", _) => Ok(CallbackMode::Twice),
            ("bad-signature", _) => Ok(CallbackMode::BadSignature),
            ("wrong-subject", _) => Ok(CallbackMode::WrongSubject),
            (_, Some(Ok(ms @ 0..=DELAY_MS_MAX))) => Ok(CallbackMode::Delay(Duration::from_millis(ms))),
            _ => Err(format!(
                "callback is {text:?}; it takes deliver, drop, twice, delay:<ms> (up to {DELAY_MS_MAX}), bad-signature or wrong-subject"
            )),
        }
    }
}

impl TryFrom<String> for CallbackMode {
    type Error = String;

    fn try_from(text: String) -> Result<CallbackMode, String> {
        text.parse()
    }
}

/// Where a callback is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub(in crate::sandbox) enum CallbackState {
    /// Due at that time, for the first time or again.
    Waiting {
        /// When.
        at: Timestamp,
    },
    /// Kept back by a fault.
    Held,
    /// Asked to be lost.
    Dropped,
    /// Answered 200.
    Accepted,
    /// Answered with something that is not tried again.
    Refused,
    /// Tried for a day.
    GivenUp,
}

/// One try to deliver it.
#[derive(Clone, Serialize, Deserialize)]
pub(in crate::sandbox) struct Attempt {
    pub(in crate::sandbox) at: Timestamp,
    /// `None`: no answer; `answer` says why.
    pub(in crate::sandbox) status: Option<u16>,
    pub(in crate::sandbox) answer: String,
    pub(in crate::sandbox) took_ms: u64,
}

/// One callback: made and signed once, sent with the same bytes each time.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Callback {
    /// Counts up over all callbacks of this sandbox.
    pub(super) number: u64,
    pub(super) payment_id: String,
    pub(super) url: String,
    pub(super) signature: String,
    pub(super) body: String,
    pub(super) made_at: Timestamp,
    /// How many times a delivery sends it: 2 for `twice`.
    pub(super) copies: u8,
    pub(super) state: CallbackState,
    pub(super) attempts: Vec<Attempt>,
}
