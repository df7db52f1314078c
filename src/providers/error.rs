//! What can go wrong with a provider, told apart by what the caller does next.

use super::PaymentId;
use std::fmt;
use std::time::Duration;

/// Why an outgoing call gave nothing. The sentences may be shown to operators; none holds a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// Not now: no whole answer, a timeout, 429 or 5xx. The request may have been received.
    #[error("{why}")]
    Retry {
        /// How long the provider asked us to wait, at most an hour.
        after: Option<Duration>,
        /// What happened.
        why: String,
    },
    /// Not now, and the request never left: refused connections, unknown names, handshakes that failed. It did nothing.
    #[error("{why}")]
    Unsent {
        /// What stood in the way.
        why: String,
    },
    /// The same call will be refused again until somebody changes something.
    #[error("{why}")]
    Refused {
        /// What was refused and what to look at.
        why: String,
    },
    /// The answer makes no sense: not JSON, too large, about another payment.
    #[error("{why}")]
    Invalid {
        /// What was expected and what came.
        why: String,
    },
}

impl CallError {
    /// True when the same call may succeed in a while.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        matches!(self, CallError::Retry { .. } | CallError::Unsent { .. })
    }

    /// How long the provider asked us to wait.
    #[must_use]
    pub fn after(&self) -> Option<Duration> {
        match self {
            CallError::Retry { after, .. } => *after,
            _ => None,
        }
    }

    /// True when the call can't have done anything.
    #[must_use]
    pub fn did_nothing(&self) -> bool {
        matches!(self, CallError::Refused { .. } | CallError::Unsent { .. })
    }
}

/// Why a callback gave nothing to settle.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallbackError {
    /// It can't be checked now. Answer 503 with `Retry-After`: the provider sends it again for a day.
    #[error("the provider's keys can't be had now: {why}")]
    KeysUnavailable {
        /// When it is worth trying again; whole seconds, at least one.
        retry_after: Duration,
        /// What stands in the way.
        why: String,
    },
    /// Not genuine, or not for us. Answer 401 and believe nothing in it.
    #[error("{check}: {why}")]
    Refused {
        /// The check that failed.
        check: Check,
        /// What was wrong.
        why: String,
        /// The payment the unproven body names, if that looks like a payment id: worth a details call, rate limited.
        payment_id_hint: Option<PaymentId>,
    },
    /// Signed by the provider and meant for us, but about something other than a payment, such as a refund. Answer
    /// it like one that settled; there is nothing to do.
    #[error("a genuine callback is not about a payment: {what}")]
    NotAPayment {
        /// What it is about.
        what: String,
    },
    /// Signed by the provider and meant for us, but not a payment we can read. Answer 503, so that it comes again
    /// while somebody looks; the payment list will find the payment meanwhile.
    #[error("a genuine callback can't be read: {why}")]
    Unreadable {
        /// What is missing.
        why: String,
    },
}

/// The checks of a callback, in the order they are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Check {
    /// There is a signature, in a form that can be read, and the body has a bearable size.
    Form,
    /// The algorithm is the one we insist on.
    Algorithm,
    /// Every header the signer marked critical is understood.
    Critical,
    /// All claims are there.
    Claims,
    /// The provider issued it.
    Issuer,
    /// It is meant for our profile.
    Subject,
    /// It is meant for our callback URL.
    Path,
    /// It does not come from the future.
    IssuedAt,
    /// The provider's key set has the key it names.
    Key,
    /// The signature fits the bytes.
    Signature,
}

impl Check {
    /// All, in order.
    pub const ALL: [Check; 10] = [
        Check::Form,
        Check::Algorithm,
        Check::Critical,
        Check::Claims,
        Check::Issuer,
        Check::Subject,
        Check::Path,
        Check::IssuedAt,
        Check::Key,
        Check::Signature,
    ];

    /// As printed, and as a metric's label.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Check::Form => "form",
            Check::Algorithm => "algorithm",
            Check::Critical => "critical",
            Check::Claims => "claims",
            Check::Issuer => "issuer",
            Check::Subject => "subject",
            Check::Path => "path",
            Check::IssuedAt => "issued-at",
            Check::Key => "key",
            Check::Signature => "signature",
        }
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why a code can't be printed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    /// The provider makes a payment for each top-up; there is nothing of its own to print.
    #[error("{0} has no code to print: our own page is printed instead")]
    NoPrintedCode(&'static str),
    /// There is no profile whose code could be printed.
    #[error(
        "the event has no Bancontact profile: its codes lead to our own top-up page, an address that ends in /t"
    )]
    NoProfile,
    /// The profile id is not one of this provider's.
    #[error("{0:?} is not a profile id: Bancontact's have 24 characters, 0-9 and a-f")]
    Profile(String),
    /// A text is empty, too long, or has a character that is not allowed.
    #[error("the {field} “{text}” {why}")]
    Text {
        /// `description` or `reference`.
        field: &'static str,
        /// The text, cut to a bearable length.
        text: String,
        /// What is wrong with it.
        why: String,
    },
    /// The amount can't stand in a code.
    #[error("{0} cents can't stand in a code: it takes 1 to 999999 (€ 9.999,99)")]
    Amount(i64),
    /// All parts are right, but together they are longer than a scanner of ours reads.
    #[error("the code would have {length} characters, more than {max}: shorten the description or the host")]
    TooLong {
        /// How long it would be.
        length: usize,
        /// The limit.
        max: usize,
    },
}
