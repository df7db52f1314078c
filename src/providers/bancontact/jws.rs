//! A detached JWS: `BASE64URL(header) ".." BASE64URL(signature)`, signed with ES256 over the raw body.
//!
//! The signing input is an ordinary JWS's, `BASE64URL(header) "." BASE64URL(body)`. Bancontact's guide links
//! RFC 7797, whose unencoded payload would be another input; real messages don't verify with it.

use super::key_set::VerifyingKey;
use data_encoding::BASE64URL_NOPAD;
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use serde_json::{Map, Value};

/// Real headers have about 550 characters.
const HEADER_CHARS_MAX: usize = 4096;

/// R and S of P-256, 32 bytes each.
const SIGNATURE_BYTES: usize = 64;

/// A signature header, taken apart. Nothing in it is proven yet.
#[derive(Debug)]
pub(super) struct DetachedJws<'a> {
    header_encoded: &'a str,
    header: Map<String, Value>,
    signature: [u8; SIGNATURE_BYTES],
}

impl<'a> DetachedJws<'a> {
    /// Takes a signature header apart.
    pub(super) fn parse(text: &'a str) -> Result<DetachedJws<'a>, String> {
        let parts: Vec<&str> = text.splitn(4, '.').collect();
        let [header_encoded, payload, signature] = parts[..] else {
            let least = if parts.len() == 4 { "more than 3".to_owned() } else { parts.len().to_string() };
            return Err(format!(
                "the signature has {least} parts between dots; it takes 3: header, nothing, signature"
            ));
        };
        if !payload.is_empty() {
            return Err(
                "the signature carries a payload between its dots; a detached one carries none".to_owned()
            );
        }
        if header_encoded.len() > HEADER_CHARS_MAX {
            return Err(format!("the signature's header is longer than {HEADER_CHARS_MAX} characters"));
        }
        let header = decode("header", header_encoded)?;
        let header = match serde_json::from_slice(&header) {
            Ok(Value::Object(fields)) => fields,
            _ => return Err("the signature's header is not a JSON object".to_owned()),
        };
        // 64 bytes are 86 characters; a DER signature has up to 72 bytes.
        if signature.len() > 2 * SIGNATURE_BYTES {
            return Err(format!("the signature itself has {} characters; 64 bytes are 86", signature.len()));
        }
        let signature = decode("signature", signature)?;
        let signature = signature.try_into().map_err(|wrong: Vec<u8>| {
            let der = if wrong.first() == Some(&0x30) { " (this looks like DER)" } else { "" };
            format!("the signature has {} bytes; ES256 has {SIGNATURE_BYTES}, R and S{der}", wrong.len())
        })?;
        Ok(DetachedJws { header_encoded, header, signature })
    }

    /// A field of the header.
    pub(super) fn field(&self, name: &str) -> Option<&Value> {
        self.header.get(name)
    }

    /// A field of the header that is a string.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.field(name).and_then(Value::as_str)
    }

    /// The bytes that were signed if `body` is what the signer saw.
    pub(super) fn signing_input(&self, body: &[u8]) -> Vec<u8> {
        let mut input =
            String::with_capacity(self.header_encoded.len() + 1 + BASE64URL_NOPAD.encode_len(body.len()));
        input.push_str(self.header_encoded);
        input.push('.');
        BASE64URL_NOPAD.encode_append(body, &mut input);
        input.into_bytes()
    }

    /// Whether the signature over `input` was made with the private half of `key`.
    pub(super) fn is_by(&self, key: &VerifyingKey, input: &[u8]) -> bool {
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, key.point()).verify(input, &self.signature).is_ok()
    }
}

fn decode(part: &str, text: &str) -> Result<Vec<u8>, String> {
    BASE64URL_NOPAD
        .decode(text.as_bytes())
        .map_err(|_| format!("the {part} part is not base64url without padding"))
}
