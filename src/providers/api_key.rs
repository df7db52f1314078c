//! A provider's API key: read once, sent in a header, shown nowhere.

use data_encoding::BASE64;
use reqwest::header::HeaderValue;
use std::fmt;

const API_KEY_BYTES_MAX: usize = 256;

/// A key that speaks for us at a provider. `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey(String);

/// Why a text is not an API key. Does not repeat the text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is not an API key: {0}")]
pub struct NotAnApiKey(&'static str);

impl ApiKey {
    /// Reads a key as it comes from a file or a form; white space around it (a file's last newline) is dropped.
    ///
    /// # Errors
    /// When it is empty, longer than 256 bytes, or holds anything but visible ASCII characters.
    pub fn parse(text: &str) -> Result<ApiKey, NotAnApiKey> {
        let key = text.trim();
        if key.is_empty() {
            return Err(NotAnApiKey("it is empty"));
        }
        if key.len() > API_KEY_BYTES_MAX {
            return Err(NotAnApiKey("it is longer than 256 bytes: no provider has such keys"));
        }
        if !key.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(NotAnApiKey(
                "it holds a space or a character outside ASCII; give the bare key on one line",
            ));
        }
        Ok(ApiKey(key.to_owned()))
    }

    /// The key itself. Only for encrypting it at rest.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    pub(in crate::providers) fn bearer(&self) -> HeaderValue {
        sensitive(&format!("Bearer {}", self.0))
    }

    /// The bare key, for a header of the provider's own.
    pub(in crate::providers) fn bare(&self) -> HeaderValue {
        sensitive(&self.0)
    }

    /// HTTP Basic with the key as the user and no password.
    pub(in crate::providers) fn basic(&self) -> HeaderValue {
        sensitive(&format!("Basic {}", BASE64.encode(format!("{}:", self.0).as_bytes())))
    }
}

fn sensitive(text: &str) -> HeaderValue {
    let mut value = HeaderValue::from_str(text).expect("a key holds visible ASCII characters only");
    value.set_sensitive(true);
    value
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_trimmed_and_never_shown() {
        let key = ApiKey::parse(" 1b3d-secret\n").unwrap();
        assert_eq!(key.reveal(), "1b3d-secret");
        assert_eq!(format!("{key:?}"), "ApiKey(…)");
        for header in [key.bearer(), key.bare(), key.basic()] {
            assert_eq!(format!("{header:?}"), "Sensitive");
        }
        assert_eq!(key.basic(), "Basic MWIzZC1zZWNyZXQ6");
    }

    #[test]
    fn what_can_not_go_into_a_header_is_refused_without_repeating_it() {
        for wrong in ["", " \n", "two words", "line\nline", "é", &"x".repeat(257)] {
            let error = ApiKey::parse(wrong).unwrap_err().to_string();
            assert!(error.starts_with("this is not an API key"), "{error}");
            assert!(!error.contains("two words"));
        }
    }
}
