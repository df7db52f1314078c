//! What needs a person: listed, and resolved.

use crate::clock::Timestamp;
use crate::codes::{PAY_CODE_IN_TEXT, Reference, holds_pay_code};
use crate::db::Store;
use crate::helpdesk::REASON_CHARS_MAX;
use crate::ids::ParkedId;
use crate::ledger::LaneHandle;
use crate::media::reference_hash;
use crate::money::Cents;
use crate::payments::parked::store::ParkedView;
use crate::payments::parked::{self, Closing, ParkedKind, Resolution, Resolve, Resolved};
use crate::secrets::KeyFile;
use crate::web::body::{Json, Query};
use crate::web::caller::{Allowed, ResolveParked, SeeMoney};
use crate::web::in_path::{EventInPath, InPath};
use crate::web::problem::Problem;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// Most matters of one page.
const PAGE_MAX: i64 = 200;

/// Which page.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::web) struct PageQuery {
    /// `next` of the page before.
    pub(super) after: Option<Uuid>,
    /// 1 to 200; 200 unless given.
    pub(super) limit: Option<i64>,
}

/// A page's length as asked for.
pub(super) fn page_limit(limit: Option<i64>) -> Result<i64, Problem> {
    match limit.unwrap_or(PAGE_MAX) {
        limit @ 1..=PAGE_MAX => Ok(limit),
        other => Err(Problem::invalid("limit", format!("{other} is not 1 to {PAGE_MAX}"))),
    }
}

/// Of one row more than a page takes: the page, and whether there is more behind it.
pub(super) fn page_of<T>(mut rows: Vec<T>, limit: i64) -> (Vec<T>, bool) {
    let more = i64::try_from(rows.len()).is_ok_and(|len| len > limit);
    if more {
        rows.pop();
    }
    (rows, more)
}

/// Something that needs a person.
#[derive(Serialize, ToSchema)]
#[schema(as = Parked)]
pub(in crate::web) struct ParkedAnswer {
    #[schema(value_type = Uuid)]
    id: ParkedId,
    /// `suspense`, `needs-review`, `counterfeit` or `mismatch`.
    kind: String,
    /// In a few words.
    reason: String,
    /// Its story; of a contradiction with what closing it does in the books.
    detail: String,
    /// The payment it is about: provider, profile and the provider's id.
    payment: String,
    /// The money it is about; of a contradiction its payment's, as it was settled.
    amount_cents: Option<i64>,
    /// Of a contradiction that tells of money which went back to its payer, how: `refund` or `chargeback`.
    went_back_by: Option<String>,
    /// And how much of the payment.
    went_back_cents: Option<i64>,
    #[schema(value_type = String, format = DateTime)]
    opened_at: Timestamp,
    /// What was proposed last, waiting for a second person: `to REFERENCE` or `return`, which closes a `mismatch`.
    proposal: Option<String>,
    /// Who proposed it.
    proposed_by: Option<String>,
}

impl ParkedAnswer {
    fn of(view: ParkedView, closing: Closing) -> ParkedAnswer {
        let detail = match closing.words() {
            words if words.is_empty() => view.detail,
            words => format!("{} {words}", view.detail),
        };
        ParkedAnswer {
            id: view.id,
            kind: view.kind,
            reason: view.reason,
            detail,
            payment: view.payment,
            amount_cents: view.amount_cents,
            went_back_by: view.went_back_by,
            went_back_cents: view.went_back_cents,
            opened_at: view.opened_at,
            proposal: view.proposal,
            proposed_by: view.proposed_by,
        }
    }
}

/// A page of open matters.
#[derive(Serialize, ToSchema)]
pub(in crate::web) struct ParkedList {
    /// The oldest first.
    parked: Vec<ParkedAnswer>,
    /// What `after` takes for the next page; null at the end.
    #[schema(value_type = Option<Uuid>)]
    next: Option<ParkedId>,
}

/// Lists what needs a person.
#[utoipa::path(
    get, path = "/api/v1/events/{event}/parked", tag = "Money", operation_id = "list_parked",
    security(("operator" = [])), params(("event" = String, Path, description = "The festival's slug"), PageQuery),
    responses(
        (status = 200, description = "The open matters, the oldest first", body = ParkedList),
        (status = 404, description = "`unknown-event`"),
        (status = 422, description = "`invalid-request` {field}"),
    )
)]
pub(in crate::web) async fn list(
    _: Allowed<SeeMoney>,
    State(store): State<Store>,
    EventInPath(event): EventInPath,
    Query(page): Query<PageQuery>,
) -> Result<Json<ParkedList>, Problem> {
    let limit = page_limit(page.limit)?;
    let after = page.after.unwrap_or_default();
    let mut session = store.read().await?;
    let open = parked::store::open(&mut session, event.id, after, limit + 1).await?;
    let (open, more) = page_of(open, limit);
    let next = open.last().filter(|_| more).map(|last| last.id);
    let contradictions = open.iter().filter(|view| view.kind == ParkedKind::Mismatch.as_str());
    let contradictions: Vec<_> = contradictions.map(|view| (event.id, view.id)).collect();
    let found = parked::store::by_ids(&mut session, &contradictions).await?;
    let closing: HashMap<ParkedId, Closing> = found.iter().map(|one| (one.id, one.closing())).collect();
    let told = |view: ParkedView| {
        let closing = closing.get(&view.id).copied().unwrap_or(Closing::Nothing);
        ParkedAnswer::of(view, closing)
    };
    Ok(Json(ParkedList { parked: open.into_iter().map(told).collect(), next }))
}

/// What is to be done: money goes `to` a wallet, or is to `return` to whoever paid it. A matter that no money is decided on, such
/// as a chargeback, is closed by `return`, and nothing is sent.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::web) struct ResolveBody {
    /// The reference of the wallet the money belongs to: of `suspense` the one that is credited, of a `counterfeit` the one that
    /// was paid and keeps it.
    to: Option<String>,
    /// True. The money of a `suspense` or a `counterfeit` is marked for return to whoever paid it. A `mismatch` or a
    /// `needs-review` is closed, and no money is sent: a chargeback is no return, and what closing it books, its `detail` says.
    /// A payment whose amount is reported later is settled all the same.
    r#return: Option<bool>,
    /// Why, for whoever asks later.
    reason: String,
}

impl ResolveBody {
    fn resolution(&self, keys: &KeyFile) -> Result<Resolution, Problem> {
        match (&self.to, self.r#return) {
            (Some(typed), None | Some(false)) => {
                let wrong = || {
                    Problem::invalid(
                        "to",
                        "this is not a reference: 15 characters, as printed in the top-up code",
                    )
                };
                let reference = Reference::parse(typed).ok_or_else(wrong)?;
                let hash = reference_hash(keys, &reference);
                Ok(Resolution::To { reference, hash })
            }
            (None, Some(true)) => Ok(Resolution::Return),
            _ => Err(Problem::invalid(
                "to",
                "say either to, with a reference, or return: true, which closes a mismatch or a needs-review",
            )),
        }
    }
}

/// A reason as typed, which can't be left out.
pub(in crate::web) fn checked_reason(typed: &str) -> Result<String, Problem> {
    let reason = typed.trim();
    if reason.is_empty() || reason.chars().count() > REASON_CHARS_MAX {
        return Err(Problem::invalid("reason", format!("1 to {REASON_CHARS_MAX} characters are needed")));
    }
    if holds_pay_code(reason) {
        return Err(Problem::invalid("reason", PAY_CODE_IN_TEXT));
    }
    Ok(reason.to_owned())
}

/// What became of a matter.
#[derive(Serialize, ToSchema)]
pub(in crate::web) struct ResolvedAnswer {
    #[schema(value_type = Uuid)]
    id: ParkedId,
    /// `resolved`, or `awaits-second-person`.
    status: &'static str,
    /// What the wallet holds now, where one was credited by this call.
    #[schema(value_type = Option<i64>)]
    balance_cents: Option<Cents>,
}

/// Resolves a matter. Above the festival's limit it takes two people saying the same: the latest word of each counts. A
/// wallet is credited also where it then holds more than the festival's wallets may.
#[utoipa::path(
    post, path = "/api/v1/events/{event}/parked/{id}/resolve", tag = "Money", operation_id = "resolve_parked",
    security(("operator" = [])),
    params(("event" = String, Path, description = "The festival's slug"), ("id" = Uuid, Path, description = "The matter")),
    request_body = ResolveBody,
    responses(
        (status = 200, description = "Resolved, now or before in the same way", body = ResolvedAnswer),
        (status = 202, description = "Proposed: a second person has to say the same", body = ResolvedAnswer),
        (status = 402, description = "`insufficient-funds` {balance_cents}"),
        (status = 404, description = "`unknown-event`, `unknown-parked`, `unknown-medium`"),
        (status = 409, description = "`already-resolved`, `medium-not-usable` {medium_status}, `not-that-way`"),
    )
)]
pub(in crate::web) async fn resolve(
    caller: Allowed<ResolveParked>,
    State(keys): State<Arc<KeyFile>>,
    State(lane): State<LaneHandle>,
    EventInPath(event): EventInPath,
    InPath(id): InPath<ParkedId>,
    Json(body): Json<ResolveBody>,
) -> Result<Response, Problem> {
    let (resolution, reason) = (body.resolution(&keys)?, checked_reason(&body.reason)?);
    let actor = caller.actor();
    let request = Resolve { event: event.id, parked: id, resolution, actor, reason, up_to: None };
    let (status, answer) = answer_of(id, lane.submit(request).await?)?;
    Ok((status, Json(answer)).into_response())
}

/// What became of it in words, or why nothing did.
pub(in crate::web) fn answer_of(
    id: ParkedId,
    resolved: Resolved,
) -> Result<(StatusCode, ResolvedAnswer), Problem> {
    let conflict = |name, detail: &str| Err(Problem::new(StatusCode::CONFLICT, name, detail));
    let unknown = |name, detail: &str| Err(Problem::new(StatusCode::NOT_FOUND, name, detail));
    match resolved {
        Resolved::Done { balance } => {
            Ok((StatusCode::OK, ResolvedAnswer { id, status: "resolved", balance_cents: balance }))
        }
        Resolved::AwaitsSecondPerson => {
            let status = "awaits-second-person";
            Ok((StatusCode::ACCEPTED, ResolvedAnswer { id, status, balance_cents: None }))
        }
        Resolved::Unknown => unknown("unknown-parked", "this event has no such matter"),
        Resolved::UnknownReference => {
            unknown("unknown-medium", "this event has no medium with this reference")
        }
        Resolved::AlreadyResolved => {
            conflict("already-resolved", "this matter was resolved before, otherwise")
        }
        Resolved::NotThatWay(how) => conflict("not-that-way", how),
        // Said to forms alone: a call sets no amount.
        Resolved::Exceeds { .. } => conflict("not-that-way", "it would lead over what a wallet may hold"),
        Resolved::NotUsable(status) => {
            let detail = format!("the medium is {status}: its wallet can't be credited any more");
            Err(Problem::new(StatusCode::CONFLICT, "medium-not-usable", detail).with("medium_status", status))
        }
        Resolved::Insufficient { balance } => {
            let detail = format!("the wallet holds {balance}, which is less than is to be returned");
            let problem = Problem::new(StatusCode::PAYMENT_REQUIRED, "insufficient-funds", detail);
            Err(problem.with("balance_cents", balance))
        }
    }
}
