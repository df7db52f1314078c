//! A batch's key, from which the pay codes of its media are derived.
//!
//! Pay codes are not stored. Whoever prints them needs the batch's key, which the database keeps sealed;
//! destroying it makes the batch's codes unprintable for ever, while look-ups go on by hash.

use crate::codes::PayCode;
use crate::ids::MediumId;
use ring::hmac;
use std::fmt;

/// The key of one batch. Store it sealed only.
#[derive(Clone, PartialEq, Eq)]
pub struct BatchKey([u8; 32]);

/// Draws the key of a new batch.
#[must_use]
pub fn new_batch_key() -> BatchKey {
    BatchKey(super::random())
}

impl BatchKey {
    /// The key from the bytes that were sealed; `None` when there are not 32 of them.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<BatchKey> {
        bytes.try_into().ok().map(BatchKey)
    }

    /// The bytes, for sealing.
    #[must_use]
    pub fn reveal(&self) -> &[u8; 32] {
        &self.0
    }

    /// The pay code of a medium: the first 80 bits of HMAC-SHA-256 over its id. The same each time.
    #[must_use]
    pub fn pay_code(&self, medium: MediumId) -> PayCode {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.0);
        let tag = hmac::sign(&key, medium.0.as_bytes());
        PayCode::from_bits(*tag.as_ref().first_chunk().expect("a tag has 32 bytes"))
    }
}

impl fmt::Debug for BatchKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BatchKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;
    use uuid::Uuid;

    #[test]
    fn a_pay_code_is_the_same_each_time_and_another_for_each_medium_and_batch() {
        let (key, medium) = (new_batch_key(), MediumId::new());
        let kept = BatchKey::from_bytes(key.reveal()).unwrap();
        assert_eq!(key.pay_code(medium).reveal(), kept.pay_code(medium).reveal());
        assert_ne!(key.pay_code(medium).reveal(), new_batch_key().pay_code(medium).reveal());
        let codes: HashSet<PayCode> = (0..1000).map(|_| key.pay_code(MediumId::new())).collect();
        assert_eq!(codes.len(), 1000);
    }

    #[test]
    fn printed_codes_stay_derivable_by_later_versions() {
        let key = BatchKey::from_bytes(&[7; 32]).unwrap();
        assert_eq!(key.pay_code(MediumId(Uuid::from_u128(1))).reveal(), "PB1C81NBQC3FHW0J059");
    }

    #[test]
    fn a_key_of_another_length_is_refused() {
        assert_eq!(BatchKey::from_bytes(&[1; 31]), None);
        assert_eq!(format!("{:?}", new_batch_key()), "BatchKey(…)");
    }
}
