//! The form's choices, and what is said of a mistake.

use crate::sandbox::{PrintedCode, SandboxError, Status};

/// An option of a list to choose from.
pub(super) struct Choice {
    pub(super) value: String,
    pub(super) label: String,
    pub(super) chosen: bool,
}

/// What is wrong with a form, and beside which field it is said.
pub(super) struct Mistake {
    pub(super) in_amount: bool,
    pub(super) text: String,
}

impl Mistake {
    pub(super) fn code(text: impl Into<String>) -> Mistake {
        Mistake { in_amount: false, text: text.into() }
    }

    pub(super) fn amount(text: impl Into<String>) -> Mistake {
        Mistake { in_amount: true, text: text.into() }
    }

    /// A refusal in the words of the form: its fields have other names than the JSON's.
    pub(super) fn of(error: &SandboxError) -> Mistake {
        match error {
            SandboxError::BadPayment(text) if text.starts_with("amount_cents is missing") => {
                Mistake::amount("Type an amount: this code has none of its own.")
            }
            SandboxError::BadPayment(text) if text.starts_with("amount_cents") => {
                Mistake::amount("Type an amount from € 0,01 to € 9.999,99.")
            }
            SandboxError::UnknownProfile(id) => {
                Mistake::code(format!("This code pays profile {id}, and no merchant has registered it here."))
            }
            other => Mistake::code(format!("This can't be paid: {other}.")),
        }
    }
}

pub(super) fn code_choices(codes: Vec<PrintedCode>, chosen: &str) -> Vec<Choice> {
    let choice = |PrintedCode { label, payload }| Choice { chosen: payload == chosen, value: payload, label };
    codes.into_iter().map(choice).collect()
}

pub(super) fn outcome_choices(chosen: &str) -> Vec<Choice> {
    let in_words = |status| match status {
        Status::Succeeded => "Paid",
        Status::Pending => "Not scanned yet",
        Status::Identified => "Only scanned",
        Status::Authorized => "Only authorised",
        Status::AuthorizationFailed => "Bank refused",
        Status::Failed => "Failed",
        Status::Cancelled => "Cancelled",
        Status::Expired => "Expired",
        Status::PendingMerchantAcknowledgement => "Merchant's turn",
        Status::Voided => "Voided",
    };
    let mut all = Status::ALL;
    all.sort_by_key(|status| *status != Status::Succeeded);
    let choice = |status: Status| Choice {
        value: status.as_str().to_owned(),
        label: in_words(status).to_owned(),
        chosen: status.as_str() == chosen,
    };
    all.into_iter().map(choice).collect()
}

pub(super) fn callback_choices(chosen: &str) -> Vec<Choice> {
    let all = [
        ("deliver", "On time"),
        ("delay:5000", "5 seconds late"),
        ("delay:60000", "A minute late"),
        ("twice", "Sent twice"),
        ("drop", "Lost"),
        ("bad-signature", "Broken signature"),
        ("wrong-subject", "Wrong merchant"),
    ];
    let choice = |(value, label): (&str, &str)| Choice {
        value: value.to_owned(),
        label: label.to_owned(),
        chosen: value == chosen,
    };
    all.into_iter().map(choice).collect()
}
