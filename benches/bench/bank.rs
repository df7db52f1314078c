//! The bank: serves the key that callbacks are signed with, and signs them.

use crate::load;
use anyhow::Context as _;
use data_encoding::BASE64URL_NOPAD;
use rand::RngExt as _;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::json;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

const KEY_ID: &str = "bench.signature";

/// Whom a payment is for.
#[derive(Clone)]
pub(crate) struct Payee {
    /// The festival's slug.
    pub(crate) event: String,
    /// Its profile at the bank.
    pub(crate) profile: String,
}

impl Payee {
    /// The festival that is measured.
    pub(crate) fn live() -> Payee {
        Payee { event: "bench".to_owned(), profile: "be9cbe9cbe9cbe9cbe9cbe9c".to_owned() }
    }
}

/// Cheap to clone. Its key set is served until the program ends.
#[derive(Clone)]
pub(crate) struct Bank {
    key: Arc<EcdsaKeyPair>,
    address: SocketAddr,
}

impl Bank {
    pub(crate) fn open() -> anyhow::Result<Bank> {
        let random = SystemRandom::new();
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let drawn = EcdsaKeyPair::generate_pkcs8(algorithm, &random).ok().context("no key can be drawn")?;
        let key =
            EcdsaKeyPair::from_pkcs8(algorithm, drawn.as_ref(), &random).ok().context("a key just drawn")?;
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let bank = Bank { key: Arc::new(key), address: listener.local_addr()? };
        let answer = bank.key_set();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (mut stream, mut request) = (stream, [0; 4096]);
                // Whoever hangs up early asks again.
                let _ = stream.read(&mut request).and_then(|_| stream.write_all(answer.as_bytes()));
            }
        });
        Ok(bank)
    }

    pub(crate) fn key_set_url(&self) -> String {
        format!("http://{}/", self.address)
    }

    fn key_set(&self) -> String {
        let point = self.key.public_key().as_ref();
        let coordinate = |bytes: &[u8]| BASE64URL_NOPAD.encode(bytes);
        let body = json!({ "keys": [{
            "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": KEY_ID,
            "x": coordinate(&point[1..33]), "y": coordinate(&point[33..65]),
        }] });
        let body = body.to_string();
        format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )
    }

    /// A request that reports a succeeded payment onto a medium, signed for the callback address of `url`.
    pub(crate) fn callback(
        &self,
        url: &str,
        payee: &Payee,
        reference: &str,
        serial: &str,
        cents: i64,
    ) -> Vec<u8> {
        let path = &format!("/callbacks/bancontact/{}", payee.event);
        let payment: [u8; 12] = rand::rng().random();
        let now = jiff::Timestamp::now();
        let body = json!({
            "paymentId": hex(&payment), "amount": cents, "createdAt": now.to_string(), "expireAt": now.to_string(),
            "succeededAt": now.to_string(), "status": "SUCCEEDED", "description": serial, "reference": reference,
            "debtor": { "name": "Noor", "iban": "*************24680" }, "currency": "EUR",
        });
        let body = body.to_string();
        let claim = |name: &str| format!("https://payconiq.com/{name}");
        let claims = ["iat", "jti", "path", "iss", "sub"].map(claim);
        let header = json!({
            "typ": "jose+json", "kid": KEY_ID, "alg": "ES256", &claims[0]: now.to_string(),
            &claims[1]: hex(&payment[..8]), &claims[2]: format!("{url}{path}"), &claims[3]: "Payconiq",
            &claims[4]: payee.profile, "crit": claims,
        });
        let header = BASE64URL_NOPAD.encode(header.to_string().as_bytes());
        let signed = format!("{header}.{}", BASE64URL_NOPAD.encode(body.as_bytes()));
        let signature = self.key.sign(&SystemRandom::new(), signed.as_bytes()).expect("a good key signs");
        let signature = format!("{header}..{}", BASE64URL_NOPAD.encode(signature.as_ref()));
        load::post_signed(path, &signature, &body)
    }
}

fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}
