//! Keyed hashes of codes: what the database holds in place of them.

use super::KeyFile;
use ring::hmac;

/// A code's hash: HMAC-SHA-256 under the key file's pepper, cut to 128 bits (half the index, and no two of a
/// billion codes collide in practice). Goes into a statement as `hash.0`, comes out of a row with
/// `#[sqlx(try_from = "Vec<u8>")]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CodeHash(pub [u8; 16]);

/// Stored bytes that are no hash of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a hash has another length than {0} bytes")]
pub struct NotAHash(pub usize);

impl TryFrom<Vec<u8>> for CodeHash {
    type Error = NotAHash;

    fn try_from(stored: Vec<u8>) -> Result<CodeHash, NotAHash> {
        stored.as_slice().try_into().map(CodeHash).map_err(|_| NotAHash(stored.len()))
    }
}

impl KeyFile {
    /// The hash of a code of some kind, in its normal form (see `codes`). Equal texts of two kinds have two hashes.
    #[must_use]
    pub fn code_hash(&self, kind: &str, text: &str) -> CodeHash {
        let hash = labelled(&self.code_pepper, kind, text);
        CodeHash(*hash.first_chunk().expect("a tag has 32 bytes"))
    }

    /// The hash of a code that is short enough to be guessed by whoever has its plain hash.
    #[must_use]
    pub fn short_code_hash(&self, label: &str, text: &str) -> [u8; 32] {
        labelled(&self.short_code_pepper, label, text)
    }
}

/// The label's length comes first, so that no label and text run into another pair.
fn labelled(key: &hmac::Key, label: &str, text: &str) -> [u8; 32] {
    let mut context = hmac::Context::with_key(key);
    context.update(&(label.len() as u64).to_be_bytes());
    context.update(label.as_bytes());
    context.update(text.as_bytes());
    context.sign().as_ref().try_into().expect("a tag has 32 bytes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_one_hash_for_each_kind_and_key_file() {
        let keys = KeyFile::from_secret([1; 32]);
        let hash = keys.code_hash("pay", "PB1ABC");
        assert_eq!(hash, KeyFile::from_secret([1; 32]).code_hash("pay", "PB1ABC"));
        assert_ne!(hash, keys.code_hash("payP", "B1ABC"));
        assert_ne!(hash, keys.code_hash("serial", "PB1ABC"));
        assert_ne!(hash, KeyFile::from_secret([2; 32]).code_hash("pay", "PB1ABC"));
        assert_ne!(hash.0, keys.short_code_hash("pay", "PB1ABC")[..16]);
    }

    #[test]
    fn stored_codes_stay_findable_by_later_versions() {
        let keys = KeyFile::from_secret([1; 32]);
        assert_eq!(
            data_encoding::HEXLOWER.encode(&keys.code_hash("pay", "PB1ABC").0),
            "04122c9cfea6a455385c0b28e39d9622"
        );
        assert_eq!(
            data_encoding::HEXLOWER.encode(&keys.short_code_hash("enrolment", "ABC")),
            "1855cb1e94905c08badfa2e47de37bf5e4deef8e8b761ad979db8c474427d771"
        );
    }

    #[test]
    fn stored_bytes_of_another_length_are_no_hash() {
        assert_eq!(CodeHash::try_from(vec![1; 16]), Ok(CodeHash([1; 16])));
        assert_eq!(CodeHash::try_from(vec![1; 32]), Err(NotAHash(32)));
    }
}
