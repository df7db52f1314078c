//! Sealing: what the database keeps encrypted, bound to the place it is kept for.

use super::KeyFile;
use ring::aead::{Aad, NONCE_LEN, Nonce};

/// Sealed bytes that don't open: damaged, sealed for another place, or under another key file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a sealed value can't be opened: it was damaged, moved, or sealed under another key file")]
pub struct CannotOpen;

impl KeyFile {
    /// Encrypts (AES-256-GCM). `context` names the place the bytes are kept for, such as `batch <id>`: they
    /// open under the same context only. 28 bytes longer than `plain`, and different each time.
    #[must_use]
    pub fn seal(&self, context: &str, plain: &[u8]) -> Vec<u8> {
        let nonce: [u8; NONCE_LEN] = super::random();
        let mut body = plain.to_vec();
        self.sealing
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(context.as_bytes()),
                &mut body,
            )
            .expect("what is sealed is far below the cipher's 64 GiB");
        [&nonce[..], &body].concat()
    }

    /// Decrypts what [`KeyFile::seal`] made under the same context.
    ///
    /// # Errors
    /// When it isn't that, to the last bit.
    pub fn open_sealed(&self, context: &str, sealed: &[u8]) -> Result<Vec<u8>, CannotOpen> {
        let (nonce, body) = sealed.split_first_chunk::<NONCE_LEN>().ok_or(CannotOpen)?;
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let mut body = body.to_vec();
        let plain = self
            .sealing
            .open_in_place(nonce, Aad::from(context.as_bytes()), &mut body)
            .map_err(|_| CannotOpen)?;
        Ok(plain.to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_sealed_opens_again(plain: Vec<u8>, context: String) {
            let keys = KeyFile::from_secret([1; 32]);
            let sealed = keys.seal(&context, &plain);
            prop_assert_eq!(sealed.len(), plain.len() + 28);
            prop_assert_eq!(keys.open_sealed(&context, &sealed), Ok(plain));
        }

        #[test]
        fn one_changed_bit_is_refused(plain: Vec<u8>, at: prop::sample::Index, bit in 0..8u8) {
            let keys = KeyFile::from_secret([1; 32]);
            let mut sealed = keys.seal("batch 1", &plain);
            let at = at.index(sealed.len());
            sealed[at] ^= 1 << bit;
            prop_assert_eq!(keys.open_sealed("batch 1", &sealed), Err(CannotOpen));
        }
    }

    #[test]
    fn another_place_or_key_file_or_a_stump_is_refused() {
        let keys = KeyFile::from_secret([1; 32]);
        let sealed = keys.seal("batch 1", b"key");
        assert_ne!(sealed, keys.seal("batch 1", b"key"));
        assert_eq!(keys.open_sealed("batch 2", &sealed), Err(CannotOpen));
        assert_eq!(KeyFile::from_secret([2; 32]).open_sealed("batch 1", &sealed), Err(CannotOpen));
        assert_eq!(keys.open_sealed("batch 1", &sealed[..NONCE_LEN]), Err(CannotOpen));
        assert_eq!(keys.open_sealed("batch 1", b""), Err(CannotOpen));
    }
}
