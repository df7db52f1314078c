//! A layout as it is offered: what the codes would be on it.

use super::plan::{CodePlan, Listing};
use super::{Kind, Length};
use serde::Serialize;
use utoipa::ToSchema;

/// A layout with what some codes would be on it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = LayoutChoice)]
pub struct Choice {
    /// What is typed to choose it.
    pub name: String,
    /// One line for people.
    pub title: String,
    /// `label`, `card` or `band`.
    pub kind: &'static str,
    /// Pieces on a page.
    pub per_page: usize,
    /// QR version of the top-up code; null where the codes don't fit.
    pub top_up_version: Option<i16>,
    /// Its modules across, without the quiet zone.
    pub top_up_modules: Option<i64>,
    /// Size of its modules, such as `0.42 mm`.
    pub top_up_module: Option<String>,
    /// Its printed edge with the quiet zone.
    pub top_up_edge: Option<String>,
    /// Printer dots in its modules, where the resolution is known and they are whole.
    pub top_up_dots: Option<i64>,
    /// QR version of the pay code.
    pub pay_version: Option<i16>,
    /// Size of its modules.
    pub pay_module: Option<String>,
    /// Warnings; where the codes don't fit, why.
    pub remarks: Vec<String>,
}

impl Choice {
    /// Of what was worked out.
    #[must_use]
    pub fn of(listing: &Listing<'_>) -> Choice {
        let layout = listing.layout;
        let plan = listing.plan.as_ref().ok();
        let (top_up, pay) = (plan.map(|plan| &plan.top_up), plan.map(|plan| &plan.pay));
        let text = |length: Length| length.to_string();
        Choice {
            name: layout.name().to_owned(),
            title: layout.title().to_owned(),
            kind: match layout.kind() {
                Kind::Label => "label",
                Kind::Card => "card",
                Kind::Band => "band",
            },
            per_page: layout.per_page(),
            top_up_version: top_up.map(|code| code.version),
            top_up_modules: top_up.map(|code| code.modules),
            top_up_module: top_up.map(|code| text(code.module)),
            top_up_edge: top_up.map(|code| text(CodePlan::edge(code))),
            top_up_dots: top_up.and_then(|code| code.dots),
            pay_version: pay.map(|code| code.version),
            pay_module: pay.map(|code| text(code.module)),
            remarks: match &listing.plan {
                Ok(plan) => plan.warnings.clone(),
                Err(refusal) => vec![refusal.to_string()],
            },
        }
    }
}
