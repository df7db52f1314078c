//! Reads any text a scanner or a person brings: a bare code, the text of a top-up QR, a wallet link.

use super::CodeKind;
use crate::codes::{Code, Reference, SCAN_BYTES_MAX};
use crate::providers::bancontact::{self, ScanError};
use crate::providers::{ProfileId, ServiceUrl};
use crate::secrets::{CodeHash, KeyFile};

/// What a scanned text turned out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scanned {
    /// One of our codes, ready to be looked up.
    Code {
        /// For the directory.
        hash: CodeHash,
        /// Which of the three.
        kind: CodeKind,
        /// The profile a top-up code pays to. When it is not the event's own, the code is a counterfeit.
        profile: Option<ProfileId>,
    },
    /// In the shape of one of ours, with a wrong check character: a typing error, unknown by definition.
    Mistyped,
    /// Anything else, with a sentence for the person who scanned it. It is never followed or fetched.
    Foreign(&'static str),
}

/// Reads `text`. `hosts` are the addresses our own links and codes may start with: the public URL and the
/// event's payment address.
#[must_use]
pub fn scan(keys: &KeyFile, text: &str, hosts: &[ServiceUrl]) -> Scanned {
    if text.len() > SCAN_BYTES_MAX {
        return Scanned::Foreign("this code is too long to be one of ours");
    }
    let text = text.trim();
    if !text.contains("://") {
        return match Code::parse(text) {
            Some(code) => of_code(keys, &code, None),
            None => Scanned::Foreign("this is not a wristband's or card's code"),
        };
    }
    if let Some(code) = own_link(text, hosts) {
        return match (Code::parse(code.1), code.0) {
            (Some(code @ Code::Pay(_)), LinkKind::Wallet)
            | (Some(code @ Code::Reference(_)), LinkKind::TopUp) => of_code(keys, &code, None),
            (Some(Code::Mistyped), LinkKind::TopUp) => Scanned::Mistyped,
            _ => Scanned::Foreign("this link of ours holds no code"),
        };
    }
    match bancontact::scan(text, hosts) {
        Ok(scanned) => match scanned.reference.as_deref().map(Code::parse) {
            Some(Some(code @ Code::Reference(_))) => of_code(keys, &code, Some(scanned.profile)),
            Some(Some(Code::Mistyped)) => Scanned::Mistyped,
            _ => Scanned::Foreign("this payment code was not printed for a wristband or card"),
        },
        Err(ScanError::TooLong) => Scanned::Foreign("this code is too long to be one of ours"),
        Err(ScanError::Foreign) => Scanned::Foreign("this code leads elsewhere: it is not one of ours"),
        Err(ScanError::Malformed(_)) => Scanned::Foreign("this payment code is not in the shape of ours"),
    }
}

/// The hash under which the directory knows a reference.
#[must_use]
pub fn reference_hash(keys: &KeyFile, reference: &Reference) -> CodeHash {
    keys.code_hash(CodeKind::Reference.as_str(), reference.as_str())
}

fn of_code(keys: &KeyFile, code: &Code, profile: Option<ProfileId>) -> Scanned {
    let (kind, text) = match code {
        Code::Reference(reference) => (CodeKind::Reference, reference.as_str()),
        Code::Serial(serial) => (CodeKind::Serial, serial.as_str()),
        Code::Pay(pay_code) => (CodeKind::Pay, pay_code.reveal()),
        Code::Mistyped => return Scanned::Mistyped,
    };
    Scanned::Code { hash: keys.code_hash(kind.as_str(), text), kind, profile }
}

enum LinkKind {
    Wallet,
    TopUp,
}

/// The code at the end of `https://our-host/w/…` or `…/t/…`, in any case: printed links are in capitals.
fn own_link<'t>(text: &'t str, hosts: &[ServiceUrl]) -> Option<(LinkKind, &'t str)> {
    // One address may be the beginning of another: the page that is printed, and what it is a page of.
    hosts.iter().find_map(|host| {
        let base = host.as_str().trim_end_matches('/');
        let front = text.get(..base.len())?;
        let rest = front.eq_ignore_ascii_case(base).then(|| &text[base.len()..])?;
        match (rest.get(..3)?, rest.get(3..)?) {
            ("/w/" | "/W/", code) => Some((LinkKind::Wallet, code)),
            ("/t/" | "/T/", code) if !code.contains('/') => Some((LinkKind::TopUp, code)),
            _ => None,
        }
    })
}
