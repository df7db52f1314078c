//! Codes that a phone makes from a secret and the time (RFC 6238), as every authenticator app does: SHA-1, six digits,
//! thirty seconds.

use crate::clock::Timestamp;
use data_encoding::BASE32_NOPAD;
use ring::hmac;
use std::fmt;
use subtle::ConstantTimeEq;

/// How long a code stands.
const STEP_MICROS: i64 = 30_000_000;
/// Codes of this many steps before and after are taken as well: clocks differ, and people type.
const STEPS_AROUND: i64 = 1;
const SECRET_BYTES: usize = 20;

/// What a phone and this service share. `Debug` shows nothing of it.
#[derive(Clone)]
pub struct TotpSecret([u8; SECRET_BYTES]);

impl TotpSecret {
    /// A fresh one.
    #[must_use]
    pub fn draw() -> TotpSecret {
        TotpSecret(super::random())
    }

    /// The one that was kept; none for bytes of another length.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<TotpSecret> {
        bytes.try_into().ok().map(TotpSecret)
    }

    /// What to seal.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// As an app takes it where it can't scan.
    #[must_use]
    pub fn text(&self) -> String {
        BASE32_NOPAD.encode(&self.0)
    }

    /// The step whose code this is, among those that may be typed now: six digits without spaces.
    #[must_use]
    pub fn step_of(&self, code: &str, now: Timestamp) -> Option<i64> {
        let current = now.0.div_euclid(STEP_MICROS);
        let mut around = (current - STEPS_AROUND)..=(current + STEPS_AROUND);
        // The newest that fits: none before it is taken after it.
        around.rfind(|step| self.code(*step).as_bytes().ct_eq(code.as_bytes()).into())
    }

    /// The code that a phone shows at this moment.
    #[must_use]
    pub fn code_at(&self, now: Timestamp) -> String {
        self.code(now.0.div_euclid(STEP_MICROS))
    }

    fn code(&self, step: i64) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &self.0);
        let tag = hmac::sign(&key, &step.to_be_bytes());
        let tag = tag.as_ref();
        let offset = usize::from(tag.last().expect("a tag has 20 bytes") & 0xf);
        let word: [u8; 4] = tag[offset..offset + 4].try_into().expect("the offset is 15 at most");
        format!("{:06}", (u32::from_be_bytes(word) & 0x7fff_ffff) % 1_000_000)
    }
}

impl fmt::Debug for TotpSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TotpSecret")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp(seconds * 1_000_000)
    }

    #[test]
    fn codes_are_those_of_the_standard() {
        let secret = TotpSecret::from_bytes(b"12345678901234567890").unwrap();
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(secret.code_at(at(seconds)), code);
        }
    }

    #[test]
    fn a_code_is_taken_half_a_minute_early_and_late_and_no_longer() {
        let secret = TotpSecret::draw();
        let now = at(1_800_000_000);
        let code = secret.code_at(now);
        for seconds in [-30, 0, 29, 59] {
            assert_eq!(secret.step_of(&code, at(1_800_000_000 + seconds)), Some(60_000_000), "{seconds}");
        }
        for seconds in [-31, 60] {
            assert_ne!(secret.step_of(&code, at(1_800_000_000 + seconds)), Some(60_000_000), "{seconds}");
        }
        for wrong in ["", "12345", "abcdef", "1234567"] {
            assert_eq!(secret.step_of(wrong, now), None);
        }
        assert_eq!(TotpSecret::from_bytes(b"short").map(|_| ()), None);
        assert_eq!(format!("{secret:?}"), "TotpSecret");
    }
}
