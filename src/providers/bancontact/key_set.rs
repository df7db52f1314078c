//! The provider's public keys, as its key set lists them.

use data_encoding::BASE64URL_NOPAD;
use serde_json::Value;

/// A key set of three keys with their certificates has about 20 kB.
pub(super) const KEY_SET_BYTES_MAX: usize = 256 * 1024;

const KEYS_MAX: usize = 64;
const KEY_ID_BYTES_MAX: usize = 256;
const COORDINATE_BYTES: usize = 32;
const POINT_BYTES: usize = 1 + 2 * COORDINATE_BYTES;

/// A P-256 key that may have signed a callback.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct VerifyingKey {
    id: String,
    point: [u8; POINT_BYTES],
}

impl VerifyingKey {
    /// The point, uncompressed. Whether it lies on the curve is found out when it is used.
    pub(super) fn point(&self) -> &[u8] {
        &self.point
    }
}

/// The keys of a set that can verify an ES256 signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct KeySet {
    keys: Vec<VerifyingKey>,
    others: usize,
}

impl KeySet {
    /// Reads `{"keys": […]}`. Keys of other kinds (the real set holds RSA keys too) and broken ones are left out.
    pub(super) fn parse(json: &[u8]) -> Result<KeySet, String> {
        if json.len() > KEY_SET_BYTES_MAX {
            return Err(format!("the key set is larger than {KEY_SET_BYTES_MAX} bytes"));
        }
        let set: Value = serde_json::from_slice(json).map_err(|e| format!("the key set is not JSON: {e}"))?;
        let listed = set.get("keys").and_then(Value::as_array);
        let listed = listed.ok_or("the key set is not an object with a list of keys")?;
        let keys: Vec<VerifyingKey> = listed.iter().filter_map(usable).take(KEYS_MAX).collect();
        if keys.is_empty() {
            return Err(format!("none of the {} keys in the key set is for ES256", listed.len()));
        }
        let others = listed.len() - keys.len();
        Ok(KeySet { keys, others })
    }

    /// The keys of that name. One, unless the provider gave a name twice.
    pub(super) fn named<'a>(&'a self, id: &'a str) -> impl Iterator<Item = &'a VerifyingKey> {
        self.keys.iter().filter(move |key| key.id == id)
    }

    /// The names of all usable keys, for people.
    pub(super) fn names(&self) -> String {
        let names: Vec<&str> = self.keys.iter().map(|key| key.id.as_str()).collect();
        match self.others {
            0 => names.join(", "),
            others => format!("{} (and {others} of other kinds)", names.join(", ")),
        }
    }
}

fn usable(key: &Value) -> Option<VerifyingKey> {
    let text = |name: &str| key.get(name).and_then(Value::as_str);
    let absent_or = |name: &str, wanted: &str| match key.get(name) {
        None | Some(Value::Null) => true,
        Some(value) => value.as_str() == Some(wanted),
    };
    let fits = text("kty") == Some("EC")
        && text("crv") == Some("P-256")
        && absent_or("alg", "ES256")
        && absent_or("use", "sig");
    let id = text("kid").filter(|id| fits && !id.is_empty() && id.len() <= KEY_ID_BYTES_MAX)?;
    let mut point = [0x04; POINT_BYTES];
    for (name, place) in ["x", "y"].into_iter().zip(point[1..].chunks_exact_mut(COORDINATE_BYTES)) {
        let coordinate = BASE64URL_NOPAD.decode(text(name)?.as_bytes()).ok()?;
        place.copy_from_slice(coordinate.get(..).filter(|c| c.len() == COORDINATE_BYTES)?);
    }
    Some(VerifyingKey { id: id.to_owned(), point })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn coordinate(fill: u8) -> String {
        BASE64URL_NOPAD.encode(&[fill; 32])
    }

    fn set(keys: Value) -> Result<KeySet, String> {
        KeySet::parse(json!({ "keys": keys }).to_string().as_bytes())
    }

    #[test]
    fn keys_of_other_kinds_and_broken_ones_are_left_out() {
        let good = json!({"kty": "EC", "crv": "P-256", "kid": "a", "x": coordinate(1), "y": coordinate(2)});
        let but = |name: &str, value: Value| {
            let mut key = good.clone();
            key["kid"] = json!("b");
            key[name] = value;
            key
        };
        let set = set(json!([
            good,
            {"kty": "RSA", "kid": "b", "alg": "RS256", "n": "AQAB", "e": "AQAB"},
            but("crv", json!("P-384")),
            but("alg", json!("ES384")),
            but("use", json!("enc")),
            but("kid", json!("")),
            but("kid", json!(7)),
            but("x", json!("short")),
            but("y", json!(format!("{}=", coordinate(2)))),
            but("y", Value::Null),
            "not an object",
        ]))
        .unwrap();
        assert_eq!(set.names(), "a (and 10 of other kinds)");
        assert_eq!(set.named("b").count(), 0);
        let key = set.named("a").next().unwrap();
        assert_eq!((key.point()[0], key.point()[1], key.point()[64]), (4, 1, 2));
    }

    #[test]
    fn a_key_set_without_a_usable_key_is_an_error_that_says_so() {
        assert!(set(json!([])).unwrap_err().contains("none of the 0 keys"));
        assert!(KeySet::parse(b"<html>").unwrap_err().contains("not JSON"));
        assert!(KeySet::parse(b"[]").unwrap_err().contains("list of keys"));
        assert!(KeySet::parse(&vec![b' '; KEY_SET_BYTES_MAX + 1]).unwrap_err().contains("larger"));
    }
}
