//! Who did what to what, when and why. Every action of a person that changes money, a medium, a right or a
//! setting writes one entry in the transaction of the change itself, so that neither exists without the other.
//!
//! Entries are never changed and never deleted. They hold no secrets and no payer's data.

pub mod store;

pub use store::{Search, Written};

use crate::ids::{EventId, OperatorId, TerminalId};
use std::fmt;

/// The jobs of the program that write entries as [`Actor::System`].
pub const JOBS: [&str; 2] = ["purge", "sign-in"];

/// Who acts. `Display` is the stored form: `operator:anna@bar.example`, `terminal:<id>`,
/// `command-line:root`, `system:reconcile`, `visitor`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// A person who signed in or used an API token.
    Operator {
        /// Their id.
        id: OperatorId,
        /// Their e-mail address, which names them in the log.
        email: String,
    },
    /// A bar's device.
    Terminal(TerminalId),
    /// Somebody at the server's own command line, by the name of their account on it.
    CommandLine(String),
    /// The program itself, by the job that acts.
    System(&'static str),
    /// Whoever holds a medium's pay code.
    Visitor,
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Actor::Operator { email, .. } => write!(f, "operator:{email}"),
            Actor::Terminal(id) => write!(f, "terminal:{id}"),
            Actor::CommandLine(user) => write!(f, "command-line:{user}"),
            Actor::System(job) => write!(f, "system:{job}"),
            Actor::Visitor => f.write_str("visitor"),
        }
    }
}

/// Who acted, for people: what the log writes as `operator:anna@bar.example`.
#[must_use]
pub fn who(actor: &str) -> String {
    match actor.split_once(':') {
        Some(("operator", email)) => email.to_owned(),
        Some(("command-line", user)) => format!("{user}, at the server"),
        Some(("system", _)) => "Polsband itself".to_owned(),
        Some(("terminal", id)) => format!("terminal {id}"),
        _ if actor == "visitor" => "its visitor".to_owned(),
        _ => actor.to_owned(),
    }
}

/// What is written down.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The event it belongs to; none for what concerns the whole installation.
    pub event: Option<EventId>,
    /// Who did it.
    pub actor: Actor,
    /// What was done: thing and verb, `medium frozen`.
    pub action: &'static str,
    /// To what: an id, an e-mail address, a reference. Never a pay code or a token.
    pub subject: String,
    /// Why, in the actor's words.
    pub reason: Option<String>,
    /// What else a reader needs to understand it.
    pub detail: Option<String>,
}

impl Entry {
    /// An entry of the whole installation without a reason; set the other fields as needed.
    #[must_use]
    pub fn new(actor: &Actor, action: &'static str, subject: impl Into<String>) -> Entry {
        let subject = subject.into();
        Entry { event: None, actor: actor.clone(), action, subject, reason: None, detail: None }
    }
}
