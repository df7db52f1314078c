//! The bank: signs callbacks, which the load sends, and lists the payments made at it, which is what the sandbox does.

use crate::load;
use crate::service::Band;
use anyhow::Context as _;
use axum::Json;
use axum::routing::get;
use data_encoding::BASE64URL_NOPAD;
use futures_util::FutureExt as _;
use polsband::sandbox::{CallbackMode, NewProfile, Options, PayRequest, Sandbox, Status};
use rand::RngExt as _;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::{Value, json};
use std::net::TcpListener;
use std::sync::Arc;

const KEY_ID: &str = "bench.signature";
/// Beside the sandbox's own paths, whose keys sign nothing here.
const KEY_SET_PATH: &str = "/bench/key-set";

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

    fn callback_path(&self) -> String {
        format!("/callbacks/bancontact/{}", self.event)
    }
}

/// Cheap to clone. Its key set and its list are served until the program ends.
#[derive(Clone)]
pub(crate) struct Bank {
    key: Arc<EcdsaKeyPair>,
    sandbox: Sandbox,
}

impl Bank {
    pub(crate) fn open() -> anyhow::Result<Bank> {
        let random = SystemRandom::new();
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let drawn = EcdsaKeyPair::generate_pkcs8(algorithm, &random).ok().context("no key can be drawn")?;
        let key =
            EcdsaKeyPair::from_pkcs8(algorithm, drawn.as_ref(), &random).ok().context("a key just drawn")?;
        let listener = TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        let base_url = format!("http://{}", listener.local_addr()?);
        let sandbox = Sandbox::open(Options { base_url, ..Options::default() })?;
        let bank = Bank { key: Arc::new(key), sandbox };
        let key_set = Json(bank.key_set());
        let router = bank.sandbox.router().route(KEY_SET_PATH, get(move || async move { key_set }));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        std::thread::spawn(move || {
            runtime.block_on(async move {
                let listener = tokio::net::TcpListener::from_std(listener)?;
                axum::serve(listener, router).await
            })
        });
        Ok(bank)
    }

    /// Where its list of payments is.
    pub(crate) fn api_url(&self) -> &str {
        self.sandbox.api_url()
    }

    pub(crate) fn key_set_url(&self) -> String {
        format!("{}{KEY_SET_PATH}", self.api_url())
    }

    fn key_set(&self) -> Value {
        let point = self.key.public_key().as_ref();
        let coordinate = |bytes: &[u8]| BASE64URL_NOPAD.encode(bytes);
        json!({ "keys": [{
            "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": KEY_ID,
            "x": coordinate(&point[1..33]), "y": coordinate(&point[33..65]),
        }] })
    }

    /// Opens an account for a payee whose festival is served at `url`; the key that its payments are listed with.
    pub(crate) fn api_key(&self, url: &str, payee: &Payee) -> anyhow::Result<String> {
        let profile = NewProfile {
            profile_id: payee.profile.clone(),
            callback_url: format!("{url}{}", payee.callback_path()),
            api_key: None,
            merchant_name: None,
        };
        Ok(self.sandbox.register_profile(profile)?)
    }

    /// Somebody pays onto a wristband: the payment is listed from now on. Its id, with which it can be reported.
    pub(crate) fn pays(&self, payee: &Payee, band: &Band, cents: i64) -> anyhow::Result<String> {
        let Band { serial, reference, .. } = band;
        let request = PayRequest {
            payload: format!("https://pay.bancontact.net/t/1/{}?D={serial}&R={reference}", payee.profile),
            amount_cents: Some(cents),
            outcome: Status::Succeeded,
            callback: CallbackMode::Drop,
            description: None,
            debtor: None,
        };
        let paid = self.sandbox.pay(request).now_or_never();
        Ok(paid.context("a payment that is not called back waits for nobody")??.payment_id)
    }

    /// A request that reports a succeeded payment onto a wristband, signed for the callback address of `url`.
    pub(crate) fn callback(
        &self,
        url: &str,
        payee: &Payee,
        payment: &str,
        band: &Band,
        cents: i64,
    ) -> Vec<u8> {
        let path = &payee.callback_path();
        let now = jiff::Timestamp::now();
        let body = json!({
            "paymentId": payment, "amount": cents, "createdAt": now.to_string(), "expireAt": now.to_string(),
            "succeededAt": now.to_string(), "status": "SUCCEEDED", "description": band.serial,
            "reference": band.reference, "debtor": { "name": "Noor", "iban": "*************24680" }, "currency": "EUR",
        });
        let body = body.to_string();
        let claim = |name: &str| format!("https://payconiq.com/{name}");
        let claims = ["iat", "jti", "path", "iss", "sub"].map(claim);
        let header = json!({
            "typ": "jose+json", "kid": KEY_ID, "alg": "ES256", &claims[0]: now.to_string(),
            &claims[1]: drawn::<8>(), &claims[2]: format!("{url}{path}"), &claims[3]: "Payconiq",
            &claims[4]: payee.profile, "crit": claims,
        });
        let header = BASE64URL_NOPAD.encode(header.to_string().as_bytes());
        let signed = format!("{header}.{}", BASE64URL_NOPAD.encode(body.as_bytes()));
        let signature = self.key.sign(&SystemRandom::new(), signed.as_bytes()).expect("a good key signs");
        let signature = format!("{header}..{}", BASE64URL_NOPAD.encode(signature.as_ref()));
        load::post_signed(path, &signature, &body)
    }
}

/// The id of a payment that stands in no list.
pub(crate) fn new_payment() -> String {
    drawn::<12>()
}

/// So many random bytes in hexadecimal.
fn drawn<const BYTES: usize>() -> String {
    data_encoding::HEXLOWER.encode(&rand::rng().random::<[u8; BYTES]>())
}
