//! Addresses of a provider's services: https, or plain http on this machine.

use std::fmt;
use url::{Host, Url};

/// The base address of a service, without a slash at its end: `https://pay.bancontact.net`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ServiceUrl {
    text: String,
    plain_http: bool,
}

/// Why a text is not the address of a service.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} can't be used as an address: {why}")]
pub struct NotAServiceUrl {
    text: String,
    why: &'static str,
}

impl ServiceUrl {
    /// Longest address that is read.
    pub const BYTES_MAX: usize = 200;

    /// Reads an address. A path is kept, a slash at its end is not.
    ///
    /// # Errors
    /// Names what is wrong: no https (plain http is for loopback hosts only), a user or password, a query, a
    /// fragment.
    pub fn parse(text: &str) -> Result<ServiceUrl, NotAServiceUrl> {
        let wrong = |why| NotAServiceUrl { text: text.chars().take(80).collect(), why };
        if text.len() > ServiceUrl::BYTES_MAX {
            return Err(wrong("it is longer than 200 bytes"));
        }
        let url = Url::parse(text.trim())
            .map_err(|_| wrong("write it in full: https:// and the name of the host"))?;
        let plain_http = match url.scheme() {
            "https" => false,
            "http" if is_loopback(&url) => true,
            "http" => return Err(wrong("plain http is for loopback hosts only; use https")),
            _ => return Err(wrong("it must begin with https://")),
        };
        if url.host().is_none() {
            return Err(wrong("it names no host"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(wrong("it must not hold a user name or password"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(wrong("it must end before any ? or #"));
        }
        Ok(ServiceUrl { text: url.as_str().trim_end_matches('/').to_owned(), plain_http })
    }

    /// For the addresses written in this room.
    pub(in crate::providers) fn known(text: &'static str) -> ServiceUrl {
        ServiceUrl::parse(text).expect("the addresses in the table of environments are right")
    }

    /// The address, without a slash at its end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The address of a page of it; `path` starts with a slash.
    #[must_use]
    pub fn under(&self, path: &'static str) -> ServiceUrl {
        ServiceUrl { text: format!("{}{path}", self.text), plain_http: self.plain_http }
    }

    /// True for `http://` on loopback: a sandbox.
    #[must_use]
    pub fn is_plain_http(&self) -> bool {
        self.plain_http
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

impl fmt::Display for ServiceUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for ServiceUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ServiceUrl({})", self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn https_and_plain_http_on_loopback_are_taken_without_their_last_slash() {
        for (text, kept, plain) in [
            ("https://Pay.Bancontact.net/", "https://pay.bancontact.net", false),
            ("https://payconiq.com/certificates", "https://payconiq.com/certificates", false),
            ("http://127.0.0.1:8090", "http://127.0.0.1:8090", true),
            ("http://[::1]:8090/bank/", "http://[::1]:8090/bank", true),
            ("http://localhost:1", "http://localhost:1", true),
        ] {
            let url = ServiceUrl::parse(text).unwrap();
            assert_eq!((url.as_str(), url.is_plain_http()), (kept, plain));
        }
    }

    #[test]
    fn an_address_that_is_not_safe_or_not_whole_is_refused_with_its_reason() {
        for (text, reason) in [
            ("http://bank.example", "loopback"),
            ("http://127.0.0.1.example.com", "loopback"),
            ("http://localhost.example.com", "loopback"),
            ("pay.bancontact.net", "in full"),
            ("ftp://pay.bancontact.net", "https://"),
            ("https://user@pay.bancontact.net", "user name"),
            ("https://pay.bancontact.net/?a=1", "before any"),
            ("https://pay.bancontact.net/#a", "before any"),
            ("", "in full"),
        ] {
            let error = ServiceUrl::parse(text).unwrap_err().to_string();
            assert!(error.contains(reason), "{text}: {error}");
            let why = error.strip_prefix(&format!("{text:?}")).unwrap();
            assert!(!why.contains("bancontact"), "whose address it is is not known here: {error}");
        }
        assert!(ServiceUrl::parse(&format!("https://{}.net", "a".repeat(200))).is_err());
    }
}
