//! What the service is set up with.

use crate::clock::Clock;
use crate::db::Store;
use crate::ledger::LaneHandle;
use crate::payments::Adapters;
use crate::payments::reconcile::Reconciler;
use crate::providers::ServiceUrl;
use crate::secrets::KeyFile;
use ipnet::IpNet;
use std::sync::Arc;

/// All that [`App`](super::App) is made of.
pub struct Setup {
    /// The database.
    pub store: Store,
    /// The keys of this installation.
    pub keys: Arc<KeyFile>,
    /// Where money moves.
    pub lane: LaneHandle,
    /// The time.
    pub clock: Clock,
    /// Who checks callbacks and is asked for payments.
    pub adapters: Adapters,
    /// Compares with the providers' lists.
    pub reconciler: Reconciler,
    /// Where we are reached from outside; callbacks are signed for it, links start with it.
    pub public_url: ServiceUrl,
    /// Whose forwarding header is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Who besides this machine reads `/metrics`.
    pub metrics_allow: Vec<IpNet>,
}
