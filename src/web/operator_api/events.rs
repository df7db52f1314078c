//! Festivals: set up, listed, shown, closed.

use super::parked::{PageQuery, page_limit, page_of};
use super::providers::AccountAnswer;
use super::rules::given;
use crate::audit_log::Actor;
use crate::clock::{Clock, Timestamp};
use crate::db::{Session, Store};
use crate::events::{
    self, Activation, Behaviour, Codes, Counterfeit, Event, NewEvent, NewProfile, OverBalance, Profile, Rules,
};
use crate::ids::EventId;
use crate::language::Language;
use crate::media::print_shop::check_names;
use crate::money::Cents;
use crate::payments::Adapters;
use crate::secrets::KeyFile;
use crate::web::app::PublicUrl;
use crate::web::body::{Json, Query};
use crate::web::caller::{Allowed, LookUp, ManageEvents};
use crate::web::in_path::EventInPath;
use crate::web::openapi::schemas;
use crate::web::problem::Problem;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;

/// A festival to be set up. What is left out takes its default, and so does a null where one may stand.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::web) struct NewEventBody {
    /// In addresses: 1 to 63 lower-case letters, digits and dashes.
    slug: String,
    /// As printed and shown.
    name: String,
    /// Whom the printed line says to pay; the name unless given.
    merchant: Option<String>,
    /// Bancontact's id of the profile that takes the money and whose codes are printed. Without one, codes lead to our
    /// own top-up page, and an account at another provider (`add_provider`) takes the money.
    #[schema(example = "5c18cbd1296e9a26d3278518")]
    profile_id: Option<String>,
    /// `production` unless said otherwise, or `preprod`.
    environment: Option<String>,
    /// For details, the list and reconciliation; callbacks work without. Tried before it is kept, encrypted; never shown again.
    api_key: Option<String>,
    /// In place of the environment's own.
    api_url: Option<String>,
    /// In place of the environment's own.
    key_set_url: Option<String>,
    /// In place of the environment's own; what printed codes start with.
    pay_url: Option<String>,
    /// What a payer may do with the amount. Default `defined`.
    #[serde(default, deserialize_with = "given")]
    #[schema(schema_with = schemas::behaviour, required = false)]
    behaviour: Option<Behaviour>,
    /// The amount printed in codes; needed with `modifiable` and `fixed`.
    #[schema(value_type = Option<i64>)]
    amount_cents: Option<Cents>,
    /// Which printed code spends. Default `separate`.
    #[serde(default, deserialize_with = "given")]
    #[schema(schema_with = schemas::codes, required = false)]
    codes: Option<Codes>,
    /// What happens to money whose description is not the printed one. Default `flag`.
    #[serde(default, deserialize_with = "given")]
    #[schema(schema_with = schemas::counterfeit, required = false)]
    counterfeit: Option<Counterfeit>,
    /// What makes a medium active. Default `first-top-up`.
    #[serde(default, deserialize_with = "given")]
    #[schema(schema_with = schemas::activation, required = false)]
    activation: Option<Activation>,
    /// The most a wallet should hold, 100000000 at most. None by default.
    #[schema(value_type = Option<i64>)]
    balance_max_cents: Option<Cents>,
    /// What happens to a top-up that leads over it. Default `credit`.
    #[serde(default, deserialize_with = "given")]
    #[schema(schema_with = schemas::over_balance, required = false)]
    over_balance: Option<OverBalance>,
    /// Smallest charge. Default 1.
    #[schema(value_type = Option<i64>)]
    charge_min_cents: Option<Cents>,
    /// Largest charge, 999999 at most. Default 50000.
    #[schema(value_type = Option<i64>)]
    charge_max_cents: Option<Cents>,
    /// Largest charge where top-up codes pay. Default 2500.
    #[schema(value_type = Option<i64>)]
    single_charge_max_cents: Option<Cents>,
    /// Most a wallet spends in ten minutes where top-up codes pay. Default 5000.
    #[schema(value_type = Option<i64>)]
    single_window_max_cents: Option<Cents>,
    /// From this amount on, moving parked money takes two people. Default 50000.
    #[schema(value_type = Option<i64>)]
    second_person_cents: Option<Cents>,
    /// At what hour of the next date a day of the books ends, in Belgium: 0 to 23. Default 6.
    day_cut_hour: Option<i8>,
    /// Of a visitor's page where the browser asks for none of ours. Default `nl`.
    #[serde(default, deserialize_with = "given")]
    #[schema(schema_with = schemas::language, required = false)]
    visitor_language: Option<Language>,
    /// In which a device begins that becomes a terminal; its own unless given.
    #[schema(schema_with = schemas::language_or_null, required = false)]
    till_language: Option<Language>,
}

impl NewEventBody {
    /// The profile, where there is one; whatever else is said of one needs its id.
    fn profile(&mut self) -> Result<Option<NewProfile>, Problem> {
        let [environment, api_url, key_set_url, pay_url, api_key] = [
            self.environment.take(),
            self.api_url.take(),
            self.key_set_url.take(),
            self.pay_url.take(),
            self.api_key.take(),
        ];
        let is_described =
            [&environment, &api_url, &key_set_url, &pay_url, &api_key].into_iter().any(Option::is_some);
        match self.profile_id.take() {
            Some(profile_id) => {
                Ok(Some(NewProfile { profile_id, environment, api_url, key_set_url, pay_url, api_key }))
            }
            None if is_described => Err(Problem::invalid(
                "profile_id",
                "the environment, the key and the addresses are those of a Bancontact profile: say which one",
            )),
            None => Ok(None),
        }
    }

    fn into_new(mut self) -> Result<NewEvent, Problem> {
        let (profile, default) = (self.profile()?, Rules::default());
        Ok(NewEvent {
            slug: self.slug,
            name: self.name,
            merchant: self.merchant,
            rules: Rules {
                behaviour: self.behaviour.unwrap_or(default.behaviour),
                amount: self.amount_cents,
                codes: self.codes.unwrap_or(default.codes),
                counterfeit: self.counterfeit.unwrap_or(default.counterfeit),
                activation: self.activation.unwrap_or(default.activation),
                balance_max: self.balance_max_cents,
                over_balance: self.over_balance.unwrap_or(default.over_balance),
                charge_min: self.charge_min_cents.unwrap_or(default.charge_min),
                charge_max: self.charge_max_cents.unwrap_or(default.charge_max),
                single_charge_max: self.single_charge_max_cents.unwrap_or(default.single_charge_max),
                single_window_max: self.single_window_max_cents.unwrap_or(default.single_window_max),
                second_person: self.second_person_cents.unwrap_or(default.second_person),
                day_cut_hour: self.day_cut_hour.unwrap_or(default.day_cut_hour),
                visitor_language: self.visitor_language.unwrap_or(default.visitor_language),
                till_language: self.till_language,
            },
            profile,
        })
    }
}

/// A festival.
#[derive(Serialize, ToSchema)]
#[schema(as = Event)]
pub(in crate::web) struct EventAnswer {
    #[schema(value_type = Uuid)]
    id: EventId,
    slug: String,
    name: String,
    merchant: String,
    /// `open`, or `closed`: nothing is charged any more.
    status: &'static str,
    #[schema(schema_with = schemas::behaviour)]
    behaviour: Behaviour,
    #[schema(value_type = Option<i64>)]
    amount_cents: Option<Cents>,
    #[schema(schema_with = schemas::codes)]
    codes: Codes,
    #[schema(schema_with = schemas::counterfeit)]
    counterfeit: Counterfeit,
    #[schema(schema_with = schemas::activation)]
    activation: Activation,
    #[schema(value_type = Option<i64>)]
    balance_max_cents: Option<Cents>,
    #[schema(schema_with = schemas::over_balance)]
    over_balance: OverBalance,
    #[schema(value_type = i64)]
    charge_min_cents: Cents,
    #[schema(value_type = i64)]
    charge_max_cents: Cents,
    #[schema(value_type = i64)]
    single_charge_max_cents: Cents,
    #[schema(value_type = i64)]
    single_window_max_cents: Cents,
    #[schema(value_type = i64)]
    second_person_cents: Cents,
    /// At what hour of the next date a day of the books ends, in Belgium.
    day_cut_hour: i8,
    /// Of a visitor's page where the browser asks for none of ours.
    #[schema(schema_with = schemas::language)]
    visitor_language: Language,
    /// In which a device begins that becomes a terminal; null: in its own.
    #[schema(schema_with = schemas::language_or_null)]
    till_language: Option<Language>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    closed_at: Option<Timestamp>,
    /// The Bancontact profile whose codes are printed; none where codes lead to our own top-up page.
    profiles: Vec<ProfileAnswer>,
    /// Its accounts at other providers, in the order in which they are asked for a payment.
    accounts: Vec<AccountAnswer>,
    /// Only in the answer to setting it up or to another key: why the API key that is kept has not been seen to work; and to
    /// other rules: that the top-up page can't offer what it is set to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) warning: Option<String>,
}

/// A provider's profile that serves an event.
#[derive(Serialize, ToSchema)]
#[schema(as = Profile)]
pub(in crate::web) struct ProfileAnswer {
    provider: &'static str,
    profile_id: String,
    environment: &'static str,
    api_url: String,
    key_set_url: String,
    pay_url: String,
    /// Whether details, list and reconciliation work.
    has_api_key: bool,
    /// What the provider must be given, to the letter: callbacks are signed for it.
    callback_url: String,
}

impl ProfileAnswer {
    fn of(profile: &Profile, event: &Event, public_url: &PublicUrl) -> ProfileAnswer {
        let provider = profile.provider.as_str();
        ProfileAnswer {
            provider,
            profile_id: profile.profile_id.0.clone(),
            environment: profile.environment.as_str(),
            api_url: profile.endpoints.api.as_str().to_owned(),
            key_set_url: profile.endpoints.key_set.as_str().to_owned(),
            pay_url: profile.endpoints.pay.as_str().to_owned(),
            has_api_key: profile.api_key.is_some(),
            callback_url: format!("{}/callbacks/{provider}/{}", public_url.0, event.slug),
        }
    }
}

impl EventAnswer {
    pub(super) async fn of(
        session: &mut Session,
        keys: &KeyFile,
        public_url: &PublicUrl,
        event: Event,
    ) -> Result<EventAnswer, Problem> {
        let profiles = events::store::profiles(session, keys, event.id).await?;
        let profiles = profiles.iter().map(|profile| ProfileAnswer::of(profile, &event, public_url));
        let accounts = events::accounts::store::all(session, keys, event.id).await?;
        let accounts = accounts.iter().map(|account| AccountAnswer::of(account, &event, public_url));
        Ok(EventAnswer {
            profiles: profiles.collect(),
            accounts: accounts.collect(),
            id: event.id,
            slug: event.slug.to_string(),
            name: event.name,
            merchant: event.merchant,
            status: if event.closed_at.is_none() { "open" } else { "closed" },
            behaviour: event.rules.behaviour,
            amount_cents: event.rules.amount,
            codes: event.rules.codes,
            counterfeit: event.rules.counterfeit,
            activation: event.rules.activation,
            balance_max_cents: event.rules.balance_max,
            over_balance: event.rules.over_balance,
            charge_min_cents: event.rules.charge_min,
            charge_max_cents: event.rules.charge_max,
            single_charge_max_cents: event.rules.single_charge_max,
            single_window_max_cents: event.rules.single_window_max,
            second_person_cents: event.rules.second_person,
            day_cut_hour: event.rules.day_cut_hour,
            visitor_language: event.rules.visitor_language,
            till_language: event.rules.till_language,
            created_at: event.created_at,
            closed_at: event.closed_at,
            warning: None,
        })
    }
}

/// Sets a festival up.
#[utoipa::path(
    post, path = "/api/v1/events", tag = "Events", operation_id = "create_event", security(("operator" = [])),
    request_body = NewEventBody,
    responses(
        (status = 201, description = "The festival", body = EventAnswer),
        (status = 409, description = "`slug-taken`, `profile-taken`"),
        (status = 422, description = "`invalid-request` {field}, also of a null that says nothing and of amounts that \
            contradict each other; `invalid-amount` {field} where that is `amount_cents`; `provider-refuses`: Bancontact \
            does not take the key"),
    )
)]
pub(in crate::web) async fn post(
    caller: Allowed<ManageEvents>,
    State(store): State<Store>,
    State(keys): State<Arc<KeyFile>>,
    State(clock): State<Clock>,
    State(public_url): State<PublicUrl>,
    State(adapters): State<Adapters>,
    Json(body): Json<NewEventBody>,
) -> Result<Response, Problem> {
    let new = body.into_new()?;
    check_names(&new)?;
    let trial = new.try_key(adapters.connections(), clock.now()).await?;
    let event = events::create(&store, &keys, &caller.actor(), clock.now(), &new).await?;
    let location = format!("/api/v1/events/{}", event.slug);
    let mut answer = EventAnswer::of(&mut *store.read().await?, &keys, &public_url, event).await?;
    answer.warning = trial.doubt();
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], Json(answer)).into_response())
}

/// A page of festivals.
#[derive(Serialize, ToSchema)]
pub(in crate::web) struct EventList {
    /// The newest first.
    events: Vec<EventAnswer>,
    /// What `after` takes for the next page; null at the end.
    #[schema(value_type = Option<Uuid>)]
    next: Option<EventId>,
}

/// Lists the festivals.
#[utoipa::path(
    get, path = "/api/v1/events", tag = "Events", operation_id = "list_events", security(("operator" = [])),
    params(PageQuery),
    responses(
        (status = 200, description = "Festivals, the newest first", body = EventList),
        (status = 422, description = "`invalid-request` {field}"),
    )
)]
pub(in crate::web) async fn list(
    _: Allowed<LookUp>,
    State(store): State<Store>,
    State(keys): State<Arc<KeyFile>>,
    State(public_url): State<PublicUrl>,
    Query(query): Query<PageQuery>,
) -> Result<Json<EventList>, Problem> {
    let limit = page_limit(query.limit)?;
    let mut session = store.read().await?;
    let found = events::store::list(&mut session, query.after.map(EventId), limit + 1).await?;
    let (found, more) = page_of(found, limit);
    let next = found.last().filter(|_| more).map(|last| last.id);
    let mut events = Vec::with_capacity(found.len());
    for event in found {
        events.push(EventAnswer::of(&mut session, &keys, &public_url, event).await?);
    }
    Ok(Json(EventList { events, next }))
}

/// Shows a festival.
#[utoipa::path(
    get, path = "/api/v1/events/{event}", tag = "Events", operation_id = "show_event", security(("operator" = [])),
    params(("event" = String, Path, description = "Its slug")),
    responses(
        (status = 200, description = "The festival", body = EventAnswer),
        (status = 404, description = "`unknown-event`"),
    )
)]
pub(in crate::web) async fn get(
    _: Allowed<LookUp>,
    State(store): State<Store>,
    State(keys): State<Arc<KeyFile>>,
    State(public_url): State<PublicUrl>,
    EventInPath(event): EventInPath,
) -> Result<Json<EventAnswer>, Problem> {
    EventAnswer::of(&mut *store.read().await?, &keys, &public_url, event).await.map(Json)
}

/// Closes a festival: from the moment this answers nothing is charged any more.
#[utoipa::path(
    post, path = "/api/v1/events/{event}/close", tag = "Events", operation_id = "close_event",
    security(("operator" = [])), params(("event" = String, Path, description = "Its slug")),
    responses(
        (status = 200, description = "The festival, closed", body = EventAnswer),
        (status = 404, description = "`unknown-event`"),
        (status = 409, description = "`event-closed`"),
    )
)]
pub(in crate::web) async fn close(
    caller: Allowed<ManageEvents>,
    State(store): State<Store>,
    State(keys): State<Arc<KeyFile>>,
    State(clock): State<Clock>,
    State(public_url): State<PublicUrl>,
    EventInPath(event): EventInPath,
) -> Result<Json<EventAnswer>, Problem> {
    let actor: Actor = caller.actor();
    let event = events::close(&store, &actor, clock.now(), event.slug.as_str()).await?;
    EventAnswer::of(&mut *store.read().await?, &keys, &public_url, event).await.map(Json)
}
