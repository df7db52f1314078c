//! The key file, and all that hangs on it.
//!
//! The database alone must spend nothing, so it holds no code and no key in the clear:
//!
//! | secret | in the database | needs the key file |
//! |---|---|---|
//! | reference, serial, pay code | keyed hash ([`KeyFile::code_hash`]) | to look one up |
//! | a batch's key, a provider's API key | sealed ([`KeyFile::seal`]) | to print codes, to call the provider |
//! | an operator's secret for codes at sign-in | sealed | to check a code |
//! | enrolment, unfreeze and recovery codes (40 bits) | keyed hash ([`KeyFile::short_code_hash`]) | to look one up |
//! | token of a terminal or an operator (256 bits) | plain SHA-256 ([`token_hash`]) | no |
//!
//! A token's 256 random bits can't be guessed from its hash, so a token is checked without the key file.
//! The key file is 32 random bytes; what is used are subkeys of it (HKDF-SHA-256), one for each purpose.
//! Losing it loses every code look-up: it is kept beside the backups, and the database remembers its
//! fingerprint so that another one is refused.
//!
//! Secrets are drawn from the operating system and from nowhere else; a generator handed in could be a
//! seeded one. `Debug` of everything here shows nothing secret.

mod batch_key;
mod code_hash;
mod digest;
mod key_file;
mod seal;
mod token;
mod totp;

pub use batch_key::{BatchKey, new_batch_key};
pub use code_hash::{CodeHash, NotAHash};
pub use digest::{sha256, sha256_hex};
pub use key_file::{KeyFile, KeyFileError};
pub use seal::CannotOpen;
pub use token::{Token, TokenHash, draw_token, is_token, token_hash};
pub use totp::TotpSecret;

use ring::rand::{SecureRandom, SystemRandom};

/// Fresh random bytes of the operating system.
fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}
