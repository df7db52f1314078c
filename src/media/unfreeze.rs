//! What undoes a freeze that is the visitor's own, as it is stored.

use super::Medium;
use crate::secrets::KeyFile;
use subtle::ConstantTimeEq;

/// What the codes are hashed for.
const LABEL: &str = "unfreeze";

/// The hash of the code that undoes a freeze; equality takes the same time wherever two differ.
#[derive(Clone, Copy, Debug, Eq)]
pub struct UnfreezeHash(pub(super) [u8; 32]);

impl UnfreezeHash {
    /// Of a code in its normal form. One medium's code is nothing to another.
    #[must_use]
    pub fn of(keys: &KeyFile, medium: &Medium, code: &str) -> UnfreezeHash {
        UnfreezeHash(keys.short_code_hash(LABEL, &format!("{}/{code}", medium.id)))
    }
}

impl PartialEq for UnfreezeHash {
    fn eq(&self, other: &UnfreezeHash) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}
