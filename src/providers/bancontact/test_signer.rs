//! A bank for tests: keys of its own, and messages signed the way Bancontact signs them. It shares no code with the
//! verifier.

use crate::clock::Timestamp;
use crate::providers::HeaderMap;
use data_encoding::BASE64URL_NOPAD;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};

pub(super) const PROFILE: &str = "5c18cbd1296e9a26d3278518";
pub(super) const CALLBACK_URL: &str = "https://wallet.example/callbacks/bancontact/summer";
pub(super) const BODY: &[u8] = br#"{"paymentId":"5bdb1685b93d1c000bde96f2","amount":1000,"createdAt":"2026-07-03T17:59:50.000Z","reference":"R1","status":"SUCCEEDED","currency":"EUR"}"#;

/// The instant the tests take place.
pub(super) fn now() -> Timestamp {
    "2026-07-03T18:00:00Z".parse().unwrap()
}

pub(super) struct Signer {
    pub(super) kid: &'static str,
    pair: EcdsaKeyPair,
    random: SystemRandom,
}

impl Signer {
    pub(super) fn new(kid: &'static str) -> Signer {
        let random = SystemRandom::new();
        let key = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, key.as_ref(), &random).unwrap();
        Signer { kid, pair, random }
    }

    /// The public half, as it stands in a key set.
    pub(super) fn jwk(&self) -> Value {
        let point = self.pair.public_key().as_ref();
        json!({
            "kty": "EC", "use": "sig", "crv": "P-256", "alg": "ES256", "kid": self.kid,
            "x": BASE64URL_NOPAD.encode(&point[1..33]), "y": BASE64URL_NOPAD.encode(&point[33..]),
        })
    }

    /// A header as real ones look.
    pub(super) fn header(&self) -> Value {
        json!({
            "typ": "JOSE+JSON", "kid": self.kid, "alg": "ES256",
            "https://payconiq.com/iat": "2026-07-03T17:59:58.883535Z",
            "https://payconiq.com/jti": "815281f733ec14f",
            "https://payconiq.com/path": CALLBACK_URL,
            "https://payconiq.com/iss": "Payconiq",
            "https://payconiq.com/sub": PROFILE,
            "crit": ["https://payconiq.com/iat", "https://payconiq.com/jti", "https://payconiq.com/path",
                     "https://payconiq.com/iss", "https://payconiq.com/sub"],
        })
    }

    /// Signs `body` under the usual header.
    pub(super) fn sign(&self, body: &[u8]) -> String {
        self.sign_under(&self.header().to_string(), body)
    }

    /// Signs `body` under a header with one field set to something else (`null` removes it).
    pub(super) fn sign_with(&self, name: &str, value: Value) -> String {
        let mut header = self.header();
        match value {
            Value::Null => drop(header.as_object_mut().unwrap().remove(name)),
            value => header[name] = value,
        }
        self.sign_under(&header.to_string(), BODY)
    }

    /// Signs `body` under a header given as text.
    pub(super) fn sign_under(&self, header: &str, body: &[u8]) -> String {
        let header = BASE64URL_NOPAD.encode(header.as_bytes());
        let signature = self.raw(format!("{header}.{}", BASE64URL_NOPAD.encode(body)).as_bytes());
        format!("{header}..{}", BASE64URL_NOPAD.encode(&signature))
    }

    /// The 64 bytes of a signature over any bytes.
    pub(super) fn raw(&self, input: &[u8]) -> Vec<u8> {
        self.pair.sign(&self.random, input).unwrap().as_ref().to_vec()
    }
}

/// A key set with these keys, and an RSA key, as the real one.
pub(super) fn key_set(signers: &[&Signer]) -> String {
    let mut keys =
        vec![json!({"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "rs", "n": "AQAB", "e": "AQAB"})];
    keys.extend(signers.iter().map(|signer| signer.jwk()));
    json!({ "keys": keys }).to_string()
}

pub(super) fn headers(signature: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert("signature", signature.parse().unwrap());
    headers
}
