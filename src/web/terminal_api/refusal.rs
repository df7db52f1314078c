//! What a till refuses, as a problem.

use crate::media::MediumStatus;
use crate::terminals::{AmountProblem, EnrolRefusal, Refusal, TillError};
use crate::web::caller::unauthorized;
use crate::web::problem::Problem;
use axum::http::StatusCode;

impl From<TillError> for Problem {
    fn from(error: TillError) -> Problem {
        match error {
            TillError::Lane(error) => error.into(),
            TillError::Database(error) => error.into(),
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Problem {
        let status = match &refusal {
            Refusal::TerminalRevoked => return unauthorized(&refusal.sentence()),
            Refusal::ReasonTooLong => return Problem::invalid("reason", refusal.sentence()),
            Refusal::InsufficientFunds { .. } => StatusCode::PAYMENT_REQUIRED,
            Refusal::SerialCannotPay | Refusal::TopUpCodeCannotPay => StatusCode::FORBIDDEN,
            Refusal::UnknownMedium | Refusal::UnknownCharge => StatusCode::NOT_FOUND,
            Refusal::InvalidAmount(_) | Refusal::ForeignCode(_) | Refusal::BatchTooLarge => {
                StatusCode::UNPROCESSABLE_ENTITY
            }
            Refusal::IdReused { .. }
            | Refusal::EventClosed
            | Refusal::MediumNotActive(_)
            | Refusal::FrozenByVisitor
            | Refusal::AmbiguousCharge
            | Refusal::TooLateToVoid
            | Refusal::WalletFull => StatusCode::CONFLICT,
        };
        let problem = Problem::new(status, refusal.name(), refusal.sentence());
        match refusal {
            Refusal::IdReused { field } => problem.with("field", field),
            Refusal::MediumNotActive(status) => problem.with("medium_status", status),
            Refusal::FrozenByVisitor => {
                problem.with("medium_status", MediumStatus::Frozen).with("frozen_by", "visitor")
            }
            Refusal::InsufficientFunds { balance, missing } => {
                problem.with("balance_cents", balance).with("missing_cents", missing)
            }
            Refusal::InvalidAmount(amount) => with_bounds(problem, amount),
            _ => problem,
        }
    }
}

fn with_bounds(problem: Problem, amount: AmountProblem) -> Problem {
    match amount {
        AmountProblem::OutOfBounds { min, max } => {
            problem.with("field", "amount_cents").with("min_cents", min).with("max_cents", max)
        }
        AmountProblem::OverChargeCap { max } | AmountProblem::OverWindowCap { left: max } => {
            problem.with("field", "amount_cents").with("max_cents", max)
        }
        AmountProblem::TooManyLines
        | AmountProblem::Product
        | AmountProblem::Quantity
        | AmountProblem::Sum => problem.with("field", "lines"),
    }
}

impl From<EnrolRefusal> for Problem {
    fn from(refusal: EnrolRefusal) -> Problem {
        match refusal {
            EnrolRefusal::Code => Problem::new(StatusCode::FORBIDDEN, refusal.name(), refusal.sentence()),
            EnrolRefusal::DeviceName => Problem::invalid("device_name", refusal.sentence()),
        }
    }
}
