//! Events and batches as they are printed.

use crate::cli::context::Context;
use crate::cli::out::details;
use crate::clock::Timestamp;
use crate::events::{Activation, Behaviour, Codes, Counterfeit, Event, OverBalance, Profile};
use crate::ids::{BatchId, EventId};
use crate::media::{Batch, MediumKind};
use crate::money::Cents;
use serde::Serialize;

/// An event as it is printed.
#[derive(Serialize)]
pub(super) struct EventView {
    id: EventId,
    pub(super) slug: String,
    pub(super) name: String,
    merchant: String,
    behaviour: Behaviour,
    amount_cents: Option<Cents>,
    codes: Codes,
    counterfeit: Counterfeit,
    activation: Activation,
    balance_max_cents: Option<Cents>,
    over_balance: OverBalance,
    charge_min_cents: Cents,
    charge_max_cents: Cents,
    single_charge_max_cents: Cents,
    single_window_max_cents: Cents,
    second_person_cents: Cents,
    provider: &'static str,
    pub(super) profile_id: String,
    environment: &'static str,
    api_url: String,
    key_set_url: String,
    pay_url: String,
    pub(super) has_api_key: bool,
    pub(super) callback_url: String,
    pub(super) created_at: Timestamp,
    pub(super) closed_at: Option<Timestamp>,
}

pub(super) async fn view(context: &Context, event: Event) -> anyhow::Result<EventView> {
    let Profile { provider, profile_id, environment, endpoints, api_key, .. } =
        context.profile(&event).await?;
    let callback_url = context.callback_url(&event);
    let Event { id, slug, name, merchant, rules, created_at, closed_at } = event;
    Ok(EventView {
        id,
        slug: slug.to_string(),
        name,
        merchant,
        behaviour: rules.behaviour,
        amount_cents: rules.amount,
        codes: rules.codes,
        counterfeit: rules.counterfeit,
        activation: rules.activation,
        balance_max_cents: rules.balance_max,
        over_balance: rules.over_balance,
        charge_min_cents: rules.charge_min,
        charge_max_cents: rules.charge_max,
        single_charge_max_cents: rules.single_charge_max,
        single_window_max_cents: rules.single_window_max,
        second_person_cents: rules.second_person,
        provider: provider.as_str(),
        profile_id: profile_id.0,
        environment: environment.as_str(),
        api_url: endpoints.api.to_string(),
        key_set_url: endpoints.key_set.to_string(),
        pay_url: endpoints.pay.to_string(),
        has_api_key: api_key.is_some(),
        callback_url,
        created_at,
        closed_at,
    })
}

/// One event with what hangs on it.
#[derive(Serialize)]
pub(super) struct ShownEvent {
    #[serde(flatten)]
    pub(super) event: EventView,
    pub(super) batches: Vec<BatchView>,
}

/// A batch as it is printed.
#[derive(Serialize)]
pub(in crate::cli) struct BatchView {
    pub(in crate::cli) id: BatchId,
    kind: MediumKind,
    pub(in crate::cli) count: i64,
    created_at: Timestamp,
    issued_at: Option<Timestamp>,
}

impl BatchView {
    pub(in crate::cli) fn of(batch: Batch) -> BatchView {
        let Batch { id, kind, count, created_at, issued_at, .. } = batch;
        BatchView { id, kind, count, created_at, issued_at }
    }

    pub(in crate::cli) fn kind(&self) -> MediumKind {
        self.kind
    }

    pub(in crate::cli) fn created_at(&self) -> Timestamp {
        self.created_at
    }

    /// Issuing it was not interrupted.
    pub(in crate::cli) fn is_finished(&self) -> bool {
        self.issued_at.is_some()
    }
}

impl ShownEvent {
    pub(super) fn text(&self) -> String {
        let event = &self.event;
        let some = |cents: Option<Cents>| cents.map_or(String::new(), |cents| cents.to_string());
        let mut lines = vec![
            ("event", event.slug.clone()),
            ("name", event.name.clone()),
            ("merchant", event.merchant.clone()),
            ("created", event.created_at.to_string()),
            ("closed", event.closed_at.map_or(String::new(), |at| at.to_string())),
            ("behaviour", event.behaviour.to_string()),
            ("printed amount", some(event.amount_cents)),
            ("codes", event.codes.to_string()),
            ("counterfeit", event.counterfeit.to_string()),
            ("activation", event.activation.to_string()),
            ("largest balance", some(event.balance_max_cents)),
            ("charges", format!("{} to {}", event.charge_min_cents, event.charge_max_cents)),
            ("two people from", event.second_person_cents.to_string()),
            ("profile", format!("{} ({}, {})", event.profile_id, event.provider, event.environment)),
            ("API key", if event.has_api_key { "kept, encrypted" } else { "none" }.to_owned()),
            ("API", event.api_url.clone()),
            ("key set", event.key_set_url.clone()),
            ("printed codes", event.pay_url.clone()),
            ("callback URL", event.callback_url.clone()),
        ];
        lines.extend(self.batches.iter().map(|batch| {
            let state = if batch.issued_at.is_some() { "" } else { ", unfinished" };
            ("batch", format!("{}  {} {}s{state}", batch.id, batch.count, batch.kind))
        }));
        details(lines)
    }
}
