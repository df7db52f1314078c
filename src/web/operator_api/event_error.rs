//! What is answered where something about a festival is refused.

use crate::events::EventError;
use crate::web::problem::Problem;
use axum::http::StatusCode;

impl From<EventError> for Problem {
    fn from(error: EventError) -> Problem {
        let conflict = |name| Problem::new(StatusCode::CONFLICT, name, error.to_string());
        match error {
            EventError::Database(error) => error.into(),
            EventError::Invalid { field, why } => Problem::invalid(field, why),
            EventError::Code(error) => {
                Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid-request", error.to_string())
            }
            EventError::SlugTaken(_) => conflict("slug-taken"),
            EventError::ProfileTaken(_) => conflict("profile-taken"),
            EventError::PointOfSaleTaken(_)
            | EventError::PointOfSaleNameKept(_)
            | EventError::VendorTaken(_)
            | EventError::ProductTaken(_) => conflict("name-taken"),
            EventError::PointOfSaleUsed { .. } => conflict("point-of-sale-used"),
            EventError::PointOfSaleRetired(_) => conflict("point-of-sale-retired"),
            EventError::UnknownPointOfSale(_) => {
                Problem::new(StatusCode::NOT_FOUND, "unknown-point-of-sale", error.to_string())
            }
            EventError::UnknownVendor(_) => {
                Problem::new(StatusCode::NOT_FOUND, "unknown-vendor", error.to_string())
            }
            EventError::Closed(_) => conflict("event-closed"),
            EventError::UnknownProduct(_) => {
                Problem::new(StatusCode::NOT_FOUND, "unknown-product", error.to_string())
            }
            EventError::AccountTaken(_) | EventError::HasProfile(_) => conflict("provider-taken"),
            EventError::AccountUsed { .. } => conflict("provider-used"),
            EventError::AccountChanged(_) => conflict("provider-changed"),
            EventError::NoAccount(_) | EventError::CodesPrinted(_) => {
                Problem::new(StatusCode::NOT_FOUND, "unknown-provider", error.to_string())
            }
            EventError::NotTaken { .. } | EventError::NotNotified { .. } => {
                Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "provider-refuses", error.to_string())
            }
            EventError::NotAnswered { .. } => {
                Problem::new(StatusCode::BAD_GATEWAY, "provider-unavailable", error.to_string())
            }
            EventError::Unknown(_) => Problem::new(StatusCode::NOT_FOUND, "unknown-event", error.to_string()),
        }
    }
}
