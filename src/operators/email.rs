//! E-mail addresses, as names of people. Nothing is ever sent to them.

use serde::Serialize;
use std::fmt;
use std::str::FromStr;

/// Longest address and longest part before the `@`, in bytes: what mail systems take.
const EMAIL_BYTES_MAX: usize = 254;
const LOCAL_BYTES_MAX: usize = 64;

/// An e-mail address in lower case, so that `Anna@Bar.example` and `anna@bar.example` are one person.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Email(String);

/// Why a text is not an e-mail address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an e-mail address: write it like anna@festival.example")]
pub struct NotAnEmail(String);

impl Email {
    /// The address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// An address read back from our own database, where only checked ones are written.
    pub(super) fn from_stored(text: String) -> Email {
        Email(text)
    }
}

impl FromStr for Email {
    type Err = NotAnEmail;

    fn from_str(text: &str) -> Result<Email, NotAnEmail> {
        let wrong = || NotAnEmail(text.chars().take(60).collect());
        let trimmed = text.trim();
        let (local, domain) = trimmed.rsplit_once('@').ok_or_else(wrong)?;
        let local_fits = (1..=LOCAL_BYTES_MAX).contains(&local.len())
            && local.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~.".contains(&b));
        let label_fits = |label: &str| {
            !label.is_empty()
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        };
        if trimmed.len() > EMAIL_BYTES_MAX || !local_fits || !domain.split('.').all(label_fits) {
            return Err(wrong());
        }
        Ok(Email(trimmed.to_ascii_lowercase()))
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_kept_in_lower_case() {
        let email: Email = " Anna.De-Wit+bar@Festival.Example ".parse().unwrap();
        assert_eq!(email.as_str(), "anna.de-wit+bar@festival.example");
        assert_eq!("root@localhost".parse::<Email>().unwrap().to_string(), "root@localhost");
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let long = format!("{}@festival.example", "a".repeat(65));
        let longer = format!("anna@{}.example", "a".repeat(250));
        for wrong in [
            "",
            "anna",
            "@festival.example",
            "anna@",
            "anna@festival..example",
            "anna@-festival.example",
            "anna bar@festival.example",
            "anna@festival.example\nbcc: x",
            "<anna@festival.example>",
            "a@b@festival.example",
            "ann\u{e4}@festival.example",
            &long,
            &longer,
        ] {
            let error = wrong.parse::<Email>().unwrap_err().to_string();
            assert!(error.contains("write it like anna@festival.example"), "{error}");
            assert!(error.len() < 200, "{error}");
        }
    }
}
