//! An event's accounts at providers that make a payment for each top-up.

use crate::clock::Timestamp;
use crate::db::{self, Session, Store};
use crate::events::Event;
use crate::events::accounts::{self, AccountChange, callback_url};
use crate::payments::orders::Orders;
use crate::providers::{Account, NewAccount, ProviderName};
use crate::secrets::KeyFile;
use crate::web::app::PublicUrl;
use crate::web::body::Json;
use crate::web::caller::{Allowed, LookUp, ManageEvents};
use crate::web::in_path::{EventInPath, ProviderInPath};
use crate::web::problem::Problem;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;

/// An account to be added.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::web) struct NewAccountBody {
    /// `multisafepay` or `wooshpay`.
    provider: String,
    /// MultiSafepay's site id, WooshPay's account id.
    profile_id: String,
    /// `live` (unless given) or `test`: the same for all that takes money for the festival.
    environment: Option<String>,
    /// In place of the environment's own API. Then it counts neither as live nor as test.
    api_url: Option<String>,
    /// Tried before it is kept, encrypted; never shown again.
    api_key: String,
    /// WooshPay's, as it was shown where the webhook was made, which leads to `/callbacks/wooshpay/` and the festival's slug
    /// here; never shown again.
    webhook_secret: Option<String>,
    /// How old a callback's signature may be: 60 to 273600.
    signature_window_seconds: Option<i64>,
}

/// What is to change about an account; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::web) struct AccountKeysBody {
    /// Its right id, where another one was entered: any, while nothing of the festival hangs on the account, and then the one
    /// under which the list that the key opens has the festival's orders.
    profile_id: Option<String>,
    /// Tried before it is kept.
    api_key: Option<String>,
    /// WooshPay's.
    webhook_secret: Option<String>,
    /// How old a callback's signature may be: 60 to 273600.
    signature_window_seconds: Option<i64>,
}

/// An account. Its secrets are never shown.
#[derive(Serialize, ToSchema)]
#[schema(as = ProviderAccount)]
pub(in crate::web) struct AccountAnswer {
    /// `multisafepay` or `wooshpay`.
    provider: &'static str,
    /// Its id at the provider.
    profile_id: String,
    /// The id that was entered, where it was corrected after the first order: payments and books name it.
    #[serde(skip_serializing_if = "Option::is_none")]
    entered_as: Option<String>,
    /// `live` or `test`.
    environment: &'static str,
    api_url: String,
    /// Of WooshPay, which signs its callbacks with it.
    has_webhook_secret: bool,
    signature_window_seconds: u64,
    /// Nothing new is made there.
    is_paused: bool,
    /// Where the provider reaches us. MultiSafepay is told with each order, WooshPay's webhook has to be made.
    callback_url: String,
    /// Only in the answer to a change: that its id is wrong, and which is right.
    #[serde(skip_serializing_if = "Option::is_none")]
    warning: Option<String>,
    /// Only in the list of accounts: why the last comparison with this one's payment list failed, until one succeeds or the
    /// account is tried and answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
    /// When that was.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    problem_at: Option<Timestamp>,
}

impl AccountAnswer {
    pub(super) fn of(account: &Account, event: &Event, public_url: &PublicUrl) -> AccountAnswer {
        AccountAnswer {
            provider: account.provider.as_str(),
            profile_id: account.id_there().0.clone(),
            entered_as: account.entered_as().map(ToString::to_string),
            environment: account.environment.in_words(),
            api_url: account.api.to_string(),
            has_webhook_secret: account.webhook_secret.is_some(),
            signature_window_seconds: account.signature_window.as_secs(),
            is_paused: account.is_paused,
            callback_url: callback_url(public_url.0.as_str(), account.provider, event),
            warning: None,
            problem: None,
            problem_at: None,
        }
    }
}

/// Gives a festival an account at a provider that makes a payment for each top-up.
#[utoipa::path(
    post, path = "/api/v1/events/{event}/providers", tag = "Events", operation_id = "add_provider",
    security(("operator" = [])), params(("event" = String, Path, description = "The festival's slug")),
    request_body = NewAccountBody,
    responses(
        (status = 201, description = "The account", body = AccountAnswer),
        (status = 404, description = "`unknown-event`"),
        (status = 409, description = "`provider-taken`, `profile-taken`, `event-closed`"),
        (status = 502, description = "`provider-unavailable`: it can't be asked now"),
        (status = 422, description = "`invalid-request` {field}, `api_key` also where another open festival has the key, \
            `environment` where it is test money beside live money, or the other way round; `provider-refuses`, also where \
            the provider notifies no such address as this service's"),
    )
)]
pub(in crate::web) async fn post(
    caller: Allowed<ManageEvents>,
    State(orders): State<Orders>,
    State(public_url): State<PublicUrl>,
    EventInPath(event): EventInPath,
    Json(body): Json<NewAccountBody>,
) -> Result<(StatusCode, Json<AccountAnswer>), Problem> {
    let provider: ProviderName =
        body.provider.parse().map_err(|why: String| Problem::invalid("provider", why))?;
    let new = NewAccount {
        profile_id: body.profile_id,
        environment: body.environment,
        api_url: body.api_url,
        api_key: body.api_key,
        webhook_secret: body.webhook_secret,
        signature_window_seconds: body.signature_window_seconds,
    };
    let Orders { store, keys, adapters, clock, .. } = orders;
    let (actor, now) = (caller.actor(), clock.now());
    let (by, what) = ((&actor, now), (provider, &new));
    let (url, connections) = (public_url.0.as_str(), adapters.connections());
    let account = accounts::add(&store, &keys, connections, url, by, &event, what).await?;
    adapters.forget(event.id);
    Ok((StatusCode::CREATED, Json(AccountAnswer::of(&account, &event, &public_url))))
}

/// All accounts of a festival beside the profile whose codes are printed.
#[derive(Serialize, ToSchema)]
pub(in crate::web) struct AccountList {
    /// One of each provider at most, in the order in which they are asked for a payment.
    providers: Vec<AccountAnswer>,
}

impl AccountList {
    async fn of(
        session: &mut Session,
        accounts: &[Account],
        event: &Event,
        public_url: &PublicUrl,
    ) -> Result<AccountList, db::Error> {
        let mut providers = Vec::with_capacity(accounts.len());
        for account in accounts {
            let trouble = accounts::store::trouble(session, event.id, account.provider).await?;
            let (problem, problem_at) = trouble.map(|trouble| (trouble.why, trouble.at)).unzip();
            let answer = AccountAnswer::of(account, event, public_url);
            providers.push(AccountAnswer { problem, problem_at, ..answer });
        }
        Ok(AccountList { providers })
    }
}

/// Lists a festival's accounts.
#[utoipa::path(
    get, path = "/api/v1/events/{event}/providers", tag = "Events", operation_id = "list_providers",
    security(("operator" = [])), params(("event" = String, Path, description = "The festival's slug")),
    responses(
        (status = 200, description = "The accounts", body = AccountList),
        (status = 404, description = "`unknown-event`"),
    )
)]
pub(in crate::web) async fn list(
    _: Allowed<LookUp>,
    State(store): State<Store>,
    State(keys): State<Arc<KeyFile>>,
    State(public_url): State<PublicUrl>,
    EventInPath(event): EventInPath,
) -> Result<Json<AccountList>, Problem> {
    let mut session = store.read().await?;
    let found = accounts::store::all(&mut session, &keys, event.id).await?;
    Ok(Json(AccountList::of(&mut session, &found, &event, &public_url).await?))
}

/// Gives an account another key or secret, or its right id: while an order, payment or open matter of the festival hangs on it,
/// only the one under which the list that the key opens has the festival's orders.
#[utoipa::path(
    post, path = "/api/v1/events/{event}/providers/{provider}/keys", tag = "Events",
    operation_id = "change_provider_keys", security(("operator" = [])),
    params(
        ("event" = String, Path, description = "The festival's slug"),
        ("provider" = String, Path, description = "Which, as the list of accounts names it"),
    ),
    request_body = AccountKeysBody,
    responses(
        (status = 200, description = "The account", body = AccountAnswer),
        (status = 404, description = "`unknown-event`, `unknown-provider`; Bancontact's key is `change_event_key`'s"),
        (status = 409, description = "`provider-changed`: somebody else changed it while the provider was asked. Of another id: `provider-used`, the detail names what of the festival hangs on the \
            account, and the id that is proven; `profile-taken`"),
        (status = 502, description = "`provider-unavailable`: it can't be asked now"),
        (status = 422, description = "`invalid-request` {field}, `api_key` also where another open festival has the key; \
            `provider-refuses`, also where the provider notifies no such address as this service's"),
    )
)]
pub(in crate::web) async fn keys(
    caller: Allowed<ManageEvents>,
    State(orders): State<Orders>,
    State(public_url): State<PublicUrl>,
    EventInPath(event): EventInPath,
    ProviderInPath(provider): ProviderInPath,
    Json(body): Json<AccountKeysBody>,
) -> Result<Json<AccountAnswer>, Problem> {
    if !provider.has_accounts() {
        let why = format!(
            "{}'s codes are printed, and its key belongs to the event: POST it to /api/v1/events/{}/key",
            provider.title(),
            event.slug
        );
        return Err(Problem::new(StatusCode::NOT_FOUND, "unknown-provider", why));
    }
    let change = AccountChange {
        profile_id: body.profile_id,
        api_key: body.api_key,
        webhook_secret: body.webhook_secret,
        signature_window_seconds: body.signature_window_seconds,
    };
    if change.is_empty() {
        let why = "nothing is to be changed: api_key, webhook_secret, signature_window_seconds or profile_id is needed";
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid-request", why));
    }
    let Orders { store, keys, adapters, clock, .. } = orders;
    let (actor, now) = (caller.actor(), clock.now());
    let (by, what) = ((&actor, now), (provider, &change));
    let (url, connections) = (public_url.0.as_str(), adapters.connections());
    let changed = accounts::change(&store, &keys, connections, url, by, &event, what).await?;
    adapters.forget(event.id);
    let answer = AccountAnswer::of(&changed.account, &event, &public_url);
    Ok(Json(AccountAnswer { warning: changed.warning(), ..answer }))
}

/// Has an account asked for each payment before the festival's others, which follow where it refuses or can't be reached.
#[utoipa::path(
    post, path = "/api/v1/events/{event}/providers/{provider}/first", tag = "Events",
    operation_id = "put_provider_first", security(("operator" = [])),
    params(
        ("event" = String, Path, description = "The festival's slug"),
        ("provider" = String, Path, description = "Which, as the list of accounts names it"),
    ),
    responses(
        (status = 200, description = "The accounts, in their new order", body = AccountList),
        (status = 404, description = "`unknown-event`, `unknown-provider`"),
        (status = 409, description = "`event-closed`"),
    )
)]
pub(in crate::web) async fn put_first(
    caller: Allowed<ManageEvents>,
    State(orders): State<Orders>,
    State(public_url): State<PublicUrl>,
    EventInPath(event): EventInPath,
    ProviderInPath(provider): ProviderInPath,
) -> Result<Json<AccountList>, Problem> {
    let Orders { store, keys, adapters, clock, .. } = orders;
    let (actor, now) = (caller.actor(), clock.now());
    let accounts = accounts::put_first(&store, &keys, (&actor, now), &event, provider).await?;
    adapters.forget(event.id);
    Ok(Json(AccountList::of(&mut *store.read().await?, &accounts, &event, &public_url).await?))
}

/// Has nothing new made at an account; what was made there is still heard of, looked up and refunded.
#[utoipa::path(
    post, path = "/api/v1/events/{event}/providers/{provider}/pause", tag = "Events",
    operation_id = "pause_provider", security(("operator" = [])),
    params(
        ("event" = String, Path, description = "The festival's slug"),
        ("provider" = String, Path, description = "Which, as the list of accounts names it"),
    ),
    responses(
        (status = 200, description = "The account", body = AccountAnswer),
        (status = 404, description = "`unknown-event`, `unknown-provider`"),
        (status = 409, description = "`event-closed`"),
    )
)]
pub(in crate::web) async fn pause(
    caller: Allowed<ManageEvents>,
    State(orders): State<Orders>,
    State(public_url): State<PublicUrl>,
    EventInPath(event): EventInPath,
    ProviderInPath(provider): ProviderInPath,
) -> Result<Json<AccountAnswer>, Problem> {
    set_paused(&caller, orders, &public_url, &event, (provider, true)).await
}

/// Has payments made at an account again.
#[utoipa::path(
    post, path = "/api/v1/events/{event}/providers/{provider}/resume", tag = "Events",
    operation_id = "resume_provider", security(("operator" = [])),
    params(
        ("event" = String, Path, description = "The festival's slug"),
        ("provider" = String, Path, description = "Which, as the list of accounts names it"),
    ),
    responses(
        (status = 200, description = "The account", body = AccountAnswer),
        (status = 404, description = "`unknown-event`, `unknown-provider`"),
        (status = 409, description = "`event-closed`"),
    )
)]
pub(in crate::web) async fn resume(
    caller: Allowed<ManageEvents>,
    State(orders): State<Orders>,
    State(public_url): State<PublicUrl>,
    EventInPath(event): EventInPath,
    ProviderInPath(provider): ProviderInPath,
) -> Result<Json<AccountAnswer>, Problem> {
    set_paused(&caller, orders, &public_url, &event, (provider, false)).await
}

async fn set_paused(
    caller: &Allowed<ManageEvents>,
    orders: Orders,
    public_url: &PublicUrl,
    event: &Event,
    what: (ProviderName, bool),
) -> Result<Json<AccountAnswer>, Problem> {
    let Orders { store, keys, adapters, clock, .. } = orders;
    let account = accounts::pause(&store, &keys, (&caller.actor(), clock.now()), event, what).await?;
    adapters.forget(event.id);
    Ok(Json(AccountAnswer::of(&account, event, public_url)))
}

/// Takes an account away on which nothing of the festival hangs: no order, payment or open matter.
#[utoipa::path(
    delete, path = "/api/v1/events/{event}/providers/{provider}", tag = "Events", operation_id = "remove_provider",
    security(("operator" = [])),
    params(
        ("event" = String, Path, description = "The festival's slug"),
        ("provider" = String, Path, description = "Which, as the list of accounts names it"),
    ),
    responses(
        (status = 204, description = "It is gone"),
        (status = 404, description = "`unknown-event`, `unknown-provider`"),
        (status = 409, description = "`provider-used`: the detail names what of the festival hangs on it"),
    )
)]
pub(in crate::web) async fn remove(
    caller: Allowed<ManageEvents>,
    State(orders): State<Orders>,
    EventInPath(event): EventInPath,
    ProviderInPath(provider): ProviderInPath,
) -> Result<StatusCode, Problem> {
    let Orders { store, keys, adapters, clock, .. } = orders;
    accounts::remove(&store, &keys, (&caller.actor(), clock.now()), &event, provider).await?;
    adapters.forget(event.id);
    Ok(StatusCode::NO_CONTENT)
}
