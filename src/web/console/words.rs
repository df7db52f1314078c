//! Words that several pages use.

pub(super) use crate::audit_log::who;
pub(super) use crate::plural::counted;

use super::form::Form;
use crate::language::Language;
use crate::media::{Medium, MediumKind, MediumStatus};
use crate::operators::Role;
use crate::payments::Suspended;
use crate::web::operator_api::Desk;
use crate::web::problem::Problem;

/// Languages as a choice.
pub(super) fn languages() -> Vec<(&'static str, &'static str)> {
    Language::ALL.iter().map(|language| (language.as_str(), language.own_name())).collect()
}

/// The same form with a medium's number in place of the code that was scanned for it: what was scanned needs no second
/// scan, though a pay code stands in no page. What names no medium stays as it was typed.
pub(super) async fn with_number(desk: &Desk, form: Form, field: &str) -> Result<Form, Problem> {
    match desk.found(form.text(field)).await {
        Ok(view) => Ok(form.instead(field, view.medium.serial.grouped())),
        Err(problem) if problem.status().is_client_error() => Ok(form),
        Err(problem) => Err(problem),
    }
}

/// Why money waits for a person, behind a colon. What is no reason for suspense was raised in words.
pub(super) fn waits_because(reason: &str) -> &str {
    match reason.parse() {
        Ok(Suspended::NoReference) => "names no wristband or card",
        Ok(Suspended::UnknownReference) => "names no wristband or card of this festival",
        Ok(Suspended::Revoked) => "paid onto a revoked wristband or card",
        Ok(Suspended::Spoiled) => "paid onto a misprint",
        Ok(Suspended::Quarantined) => "paid onto a wristband or card in quarantine",
        Ok(Suspended::EventClosed) => "came after the festival was closed",
        Ok(Suspended::PossibleCounterfeit) => {
            "the payer read another text than the printed one, maybe on a counterfeit code"
        }
        Ok(Suspended::NotActive) => "paid onto a wristband or card that is not active yet",
        Ok(Suspended::OverBalance) => "its wallet would hold more than it may",
        Ok(Suspended::RefundedAtProvider) => "money of it had gone back before it could be credited",
        Ok(Suspended::OtherAmount) => "another amount came in than was asked for",
        Err(_) => reason,
    }
}

/// The reason that reads so, as it is stored.
pub(super) fn reason_called(words: &str) -> &str {
    let reason = Suspended::ALL.iter().find(|reason| waits_because(reason.as_str()) == words);
    reason.map_or(words, |reason| reason.as_str())
}

/// A role, for people.
pub(super) fn role(role: Role) -> &'static str {
    match role {
        Role::HelpDesk => "help desk",
        role => role.as_str(),
    }
}

/// The class of a status's tag.
pub(super) fn tag(status: MediumStatus) -> &'static str {
    match status {
        MediumStatus::Active => "tag good",
        MediumStatus::Issued | MediumStatus::Spoiled | MediumStatus::Replaced => "tag",
        MediumStatus::Frozen | MediumStatus::Quarantined => "tag waiting",
        MediumStatus::Revoked => "tag bad",
    }
}

/// A kind as it begins a line.
pub(super) fn kind(kind: MediumKind) -> &'static str {
    match kind {
        MediumKind::Wristband => "Wristband",
        MediumKind::Card => "Card",
    }
}

/// `Wristband 4A4D-0JBH`.
pub(super) fn medium(medium: &Medium) -> String {
    format!("{} {}", kind(medium.kind), medium.serial.grouped())
}
