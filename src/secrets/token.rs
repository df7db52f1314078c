//! Tokens: secrets that programs and browsers carry, and the hashes the database knows them by.

use data_encoding::BASE32_DNSSEC;
use ring::digest;
use std::fmt;
use subtle::ConstantTimeEq;

/// The length of 256 bits in base 32.
const RANDOM_CHARS: usize = 52;

/// A fresh token: its prefix and 256 random bits in lower-case letters and digits, so that a double click
/// selects all of it. Shown once and never stored.
#[derive(Clone)]
pub struct Token {
    prefix: &'static str,
    text: String,
}

/// A token's hash; equality takes the same time wherever two differ. Goes into a statement as `hash.0`.
#[derive(Clone, Copy, Debug, Eq)]
pub struct TokenHash(pub [u8; 32]);

/// Draws a token. The prefix says what it is for, so that one found in the wrong place is recognised:
/// `pbt_` terminal, `pbo_` operator, `pbl_` password link, `pbs_` console session.
#[must_use]
pub fn draw_token(prefix: &'static str) -> Token {
    let random: [u8; 32] = super::random();
    Token { prefix, text: format!("{prefix}{}", BASE32_DNSSEC.encode(&random)) }
}

/// The hash of a token as it arrived, of any shape: SHA-256, without the key file.
#[must_use]
pub fn token_hash(token: &str) -> TokenHash {
    let hash = digest::digest(&digest::SHA256, token.as_bytes());
    TokenHash(hash.as_ref().try_into().expect("a digest has 32 bytes"))
}

/// True for a text in the shape of a token with this prefix: the others are nobody's, and nothing need be asked.
#[must_use]
pub fn is_token(prefix: &str, text: &str) -> bool {
    let random = text.strip_prefix(prefix).unwrap_or_default();
    random.len() == RANDOM_CHARS && random.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
}

impl Token {
    /// The token itself, for whoever it is made for.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.text
    }

    /// What to store of it.
    #[must_use]
    pub fn hash(&self) -> TokenHash {
        token_hash(&self.text)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token({}…)", self.prefix)
    }
}

impl PartialEq for TokenHash {
    fn eq(&self, other: &TokenHash) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_has_its_prefix_and_256_bits_and_is_known_by_its_hash() {
        let token = draw_token("pbt_");
        let random = token.reveal().strip_prefix("pbt_").unwrap();
        assert_eq!(BASE32_DNSSEC.decode(random.as_bytes()).unwrap().len(), 32);
        assert_eq!(token.hash(), token_hash(token.reveal()));
        assert_ne!(token.hash(), draw_token("pbt_").hash());
        assert_ne!(token.hash(), token_hash(&token.reveal()[1..]));
    }

    #[test]
    fn a_text_is_no_token_with_another_prefix_length_or_alphabet() {
        let token = draw_token("pbo_");
        let text = token.reveal();
        assert!(is_token("pbo_", text));
        assert!(!is_token("pbs_", text));
        let odd = format!("{}é", &text[..text.len() - 2]);
        for wrong in ["", "pbo_", &text[1..], &text[..55], &format!("{text}a"), &text.to_uppercase(), &odd] {
            assert!(!is_token("pbo_", wrong), "{wrong}");
        }
    }

    #[test]
    fn debug_shows_no_token() {
        assert_eq!(format!("{:?}", draw_token("pbo_")), "Token(pbo_…)");
    }
}
