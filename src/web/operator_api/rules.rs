//! The rules of a festival, changed while it runs.

use super::events::EventAnswer;
use crate::clock::Clock;
use crate::db::Store;
use crate::events::{self, Activation, Counterfeit, OrNone, OverBalance, RuleChanges, top_up_limits};
use crate::language::Language;
use crate::money::Cents;
use crate::secrets::KeyFile;
use crate::web::app::PublicUrl;
use crate::web::body::Json;
use crate::web::caller::{Allowed, ManageEvents};
use crate::web::in_path::EventInPath;
use crate::web::openapi::schemas;
use crate::web::problem::Problem;
use axum::extract::State;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use std::sync::Arc;
use utoipa::ToSchema;

/// Rules that become others. What is left out stays as it is; null stands only where it says something.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::web) struct RulesBody {
    /// What happens to money whose description is not the printed one.
    #[serde(default, deserialize_with = "given")]
    #[schema(schema_with = schemas::counterfeit, required = false)]
    counterfeit: Option<Counterfeit>,
    /// What makes a medium active.
    #[serde(default, deserialize_with = "given")]
    #[schema(schema_with = schemas::activation, required = false)]
    activation: Option<Activation>,
    /// The most a wallet should hold, 100000000 at most; null: no limit.
    #[serde(default, deserialize_with = "or_null")]
    #[schema(value_type = Option<i64>)]
    balance_max_cents: Option<OrNone<Cents>>,
    /// What happens to a top-up that leads over it.
    #[serde(default, deserialize_with = "given")]
    #[schema(schema_with = schemas::over_balance, required = false)]
    over_balance: Option<OverBalance>,
    /// Smallest charge.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = i64, required = false)]
    charge_min_cents: Option<Cents>,
    /// Largest charge, 999999 at most.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = i64, required = false)]
    charge_max_cents: Option<Cents>,
    /// Largest charge where top-up codes pay.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = i64, required = false)]
    single_charge_max_cents: Option<Cents>,
    /// Most a wallet spends in ten minutes where top-up codes pay.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = i64, required = false)]
    single_window_max_cents: Option<Cents>,
    /// From this amount on, moving parked money takes two people.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = i64, required = false)]
    second_person_cents: Option<Cents>,
    /// At what hour of the next date a day of the books ends, in Belgium: 0 to 23.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = i8, required = false)]
    day_cut_hour: Option<i8>,
    /// Of a visitor's page where the browser asks for none of ours.
    #[serde(default, deserialize_with = "given")]
    #[schema(schema_with = schemas::language, required = false)]
    visitor_language: Option<Language>,
    /// In which a device begins that becomes a terminal; null: in its own.
    #[serde(default, deserialize_with = "or_null")]
    #[schema(schema_with = schemas::language_or_null, required = false)]
    till_language: Option<OrNone<Language>>,
}

/// What is left out is nothing; null is refused.
pub(super) fn given<'de, D, T>(value: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    let given: Option<T> = Option::deserialize(value)?;
    given
        .map(Some)
        .ok_or_else(|| D::Error::custom("null says nothing here: give a value or leave the field out"))
}

/// What is left out is nothing; null is something.
fn or_null<'de, D, T>(value: D) -> Result<Option<OrNone<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    OrNone::deserialize(value).map(Some)
}

impl From<RulesBody> for RuleChanges {
    fn from(body: RulesBody) -> RuleChanges {
        RuleChanges {
            counterfeit: body.counterfeit,
            activation: body.activation,
            balance_max: body.balance_max_cents,
            over_balance: body.over_balance,
            charge_min: body.charge_min_cents,
            charge_max: body.charge_max_cents,
            single_charge_max: body.single_charge_max_cents,
            single_window_max: body.single_window_max_cents,
            second_person: body.second_person_cents,
            day_cut_hour: body.day_cut_hour,
            visitor_language: body.visitor_language,
            till_language: body.till_language,
        }
    }
}

/// Changes the rules of a festival, but for those that stand in printed codes.
#[utoipa::path(
    patch, path = "/api/v1/events/{event}/rules", tag = "Events", operation_id = "change_rules",
    security(("operator" = [])), params(("event" = String, Path, description = "The festival's slug")),
    request_body = RulesBody,
    responses(
        (status = 200, description = "The festival", body = EventAnswer),
        (status = 404, description = "`unknown-event`"),
        (status = 409, description = "`event-closed`"),
        (status = 422, description = "`invalid-request` {field}, also of a null that says nothing and of amounts that \
            contradict each other; `invalid-amount` {field} where that is `amount_cents`, which can't be changed"),
    )
)]
pub(in crate::web) async fn patch(
    caller: Allowed<ManageEvents>,
    State(store): State<Store>,
    State(keys): State<Arc<KeyFile>>,
    State(clock): State<Clock>,
    State(public_url): State<PublicUrl>,
    EventInPath(event): EventInPath,
    Json(body): Json<RulesBody>,
) -> Result<Json<EventAnswer>, Problem> {
    let slug = event.slug.as_str();
    let event = events::change_rules(&store, &caller.actor(), clock.now(), slug, &body.into()).await?;
    let mut session = store.read().await?;
    let warning = top_up_limits::of(&mut session, &event).await?.above_balance(&event.rules);
    let mut answer = EventAnswer::of(&mut session, &keys, &public_url, event).await?;
    answer.warning = warning;
    Ok(Json(answer))
}
