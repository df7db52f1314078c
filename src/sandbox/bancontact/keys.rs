//! The provider's signing keys: made, rotated, published, used.

use crate::clock::Timestamp;
use data_encoding::{BASE64, BASE64URL_NOPAD};
use rand::Rng;
use ring::error::KeyRejected;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// How long a replaced key stays in the key set.
const STAYS_PUBLISHED: Duration = Duration::from_hours(24);
/// Most replaced keys that stay in the set.
const OLD_KEYS_MAX: usize = 8;
const RSA_MODULUS_BYTES: usize = 256;

/// All keys as they are kept in the data file.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Keys {
    current: Key,
    old: Vec<Key>,
    rsa: RsaEntry,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "StoredKey", into = "StoredKey")]
struct Key {
    kid: String,
    pkcs8: Vec<u8>,
    pair: Arc<EcdsaKeyPair>,
    replaced_at: Option<Timestamp>,
}

#[derive(Serialize, Deserialize)]
struct StoredKey {
    kid: String,
    pkcs8_base64: String,
    replaced_at: Option<Timestamp>,
}

impl TryFrom<StoredKey> for Key {
    type Error = String;

    fn try_from(stored: StoredKey) -> Result<Key, String> {
        let pkcs8 =
            BASE64.decode(stored.pkcs8_base64.as_bytes()).map_err(|e| format!("key {}: {e}", stored.kid))?;
        let pair = pair(&pkcs8).map_err(|e| format!("key {}: {e}", stored.kid))?;
        Ok(Key { kid: stored.kid, pkcs8, pair: Arc::new(pair), replaced_at: stored.replaced_at })
    }
}

impl From<Key> for StoredKey {
    fn from(key: Key) -> StoredKey {
        StoredKey { kid: key.kid, pkcs8_base64: BASE64.encode(&key.pkcs8), replaced_at: key.replaced_at }
    }
}

fn pair(pkcs8: &[u8]) -> Result<EcdsaKeyPair, KeyRejected> {
    EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8, &SystemRandom::new())
}

/// A public RSA key that nobody holds the private half of: it stands in the set, as one does in real life, and signs nothing.
#[derive(Clone, Serialize, Deserialize)]
struct RsaEntry {
    kid: String,
    modulus_base64url: String,
}

impl Keys {
    pub(super) fn make(random: &mut impl Rng) -> Keys {
        let mut modulus = [0u8; RSA_MODULUS_BYTES];
        random.fill_bytes(&mut modulus);
        modulus[0] |= 0x80;
        modulus[RSA_MODULUS_BYTES - 1] |= 1;
        let rsa = RsaEntry {
            kid: format!("rs.signature.sandbox.{:08x}", random.next_u32()),
            modulus_base64url: BASE64URL_NOPAD.encode(&modulus),
        };
        Keys { current: Key::make(random), old: Vec::new(), rsa }
    }

    /// The keys after a rotation at `now`.
    pub(super) fn rotated(&self, keep_old: bool, now: Timestamp, random: &mut impl Rng) -> Keys {
        let mut next = Keys { current: Key::make(random), ..self.clone() };
        if keep_old {
            next.old.insert(0, Key { replaced_at: Some(now), ..self.current.clone() });
            next.old.retain(|key| key.is_published(now));
            next.old.truncate(OLD_KEYS_MAX);
        } else {
            next.old.clear();
        }
        next
    }

    /// The JSON Web Key Set at `now`.
    pub(super) fn published(&self, now: Timestamp) -> Value {
        let mut keys = vec![json!({
            "kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.rsa.kid, "n": self.rsa.modulus_base64url, "e": "AQAB",
        })];
        keys.extend(self.old.iter().filter(|key| key.is_published(now)).map(Key::jwk));
        keys.push(self.current.jwk());
        json!({ "keys": keys })
    }

    /// The name of the key that signs now.
    pub(super) fn kid(&self) -> &str {
        &self.current.kid
    }

    /// ES256 over `input`: R and S, 32 bytes each.
    pub(super) fn sign(&self, input: &[u8]) -> Vec<u8> {
        let signed = self.current.pair.sign(&SystemRandom::new(), input);
        signed.expect("the system gives random numbers").as_ref().to_vec()
    }
}

impl Key {
    fn make(random: &mut impl Rng) -> Key {
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new())
            .expect("the system gives random numbers");
        let pair = pair(pkcs8.as_ref()).expect("the key was made for this algorithm");
        Key {
            kid: format!("es.signature.sandbox.{:08x}", random.next_u32()),
            pkcs8: pkcs8.as_ref().to_vec(),
            pair: Arc::new(pair),
            replaced_at: None,
        }
    }

    fn is_published(&self, now: Timestamp) -> bool {
        self.replaced_at.is_none_or(|at| now < at.after(STAYS_PUBLISHED))
    }

    fn jwk(&self) -> Value {
        // An uncompressed point: 4, then x and y.
        let (x, y) = self.pair.public_key().as_ref()[1..].split_at(32);
        json!({
            "kty": "EC", "use": "sig", "crv": "P-256", "kid": self.kid, "alg": "ES256",
            "x": BASE64URL_NOPAD.encode(x), "y": BASE64URL_NOPAD.encode(y),
        })
    }
}
