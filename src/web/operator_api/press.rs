//! What issues batches, in the API and on the console's pages. Goes on to its end even when the caller hangs up.

use crate::audit_log::Actor;
use crate::clock::Clock;
use crate::db::Store;
use crate::events::Event;
use crate::ids::BatchId;
use crate::media::{self, Batch, BatchOptions, IssueError, MediumKind, NewBatch, TopUpCodes};
use crate::providers::ServiceUrl;
use crate::secrets::KeyFile;
use crate::web::app::{App, PublicUrl};
use crate::web::problem::Problem;
use axum::extract::FromRef;
use std::sync::Arc;
use tokio_util::task::TaskTracker;

/// Most media that are issued at once, so that the answer comes while somebody is still waiting for it. The command line
/// issues more.
pub(in crate::web) const COUNT_MAX: i64 = 200_000;

/// What issuing takes.
#[derive(Clone)]
pub(in crate::web) struct Press {
    store: Store,
    keys: Arc<KeyFile>,
    clock: Clock,
    public_url: ServiceUrl,
    background: TaskTracker,
}

impl FromRef<App> for Press {
    fn from_ref(app: &App) -> Press {
        Press {
            store: Store::from_ref(app),
            keys: Arc::from_ref(app),
            clock: Clock::from_ref(app),
            public_url: PublicUrl::from_ref(app).0,
            background: TaskTracker::from_ref(app),
        }
    }
}

impl Press {
    /// A batch as it would be issued today; codes begin with `pay_url`, or with the event's own address.
    pub(in crate::web) async fn order(
        &self,
        event: &Event,
        count: i64,
        kind: MediumKind,
        pay_url: Option<ServiceUrl>,
        options: BatchOptions,
    ) -> Result<NewBatch, Problem> {
        let pay_url = match pay_url {
            Some(url) => url,
            None => self.pay_url(event).await?,
        };
        Ok(NewBatch {
            id: BatchId::new(),
            count,
            kind,
            pay_url,
            public_url: self.public_url.clone(),
            options,
        })
    }

    /// Issues a batch.
    pub(in crate::web) async fn issue(
        &self,
        actor: Actor,
        event: Event,
        new: NewBatch,
    ) -> Result<Batch, Problem> {
        if !(1..=COUNT_MAX).contains(&new.count) {
            return Err(IssueError::Count(new.count).into());
        }
        let Press { store, keys, clock, .. } = self.clone();
        let issuing = self
            .background
            .spawn(async move { media::issue(&store, &keys, &actor, &clock, &event, &new, |_| ()).await });
        Ok(issuing.await.map_err(Problem::internal)??)
    }

    /// Issues a batch in place of the misprints of an old one, and writes down why.
    pub(in crate::web) async fn reissue(
        &self,
        actor: Actor,
        event: Event,
        old: Batch,
        reason: Option<String>,
    ) -> Result<Batch, Problem> {
        let pay_url = self.pay_url(&event).await?;
        let Press { store, keys, clock, public_url, .. } = self.clone();
        let issuing = self.background.spawn(async move {
            let today = (&pay_url, &public_url);
            let why = reason.as_deref();
            media::reissue(&store, &keys, &actor, &clock, &event, &old, today, why, |_| ()).await
        });
        Ok(issuing.await.map_err(Problem::internal)??)
    }

    async fn pay_url(&self, event: &Event) -> Result<ServiceUrl, Problem> {
        let codes = TopUpCodes::of(&mut *self.store.read().await?, &self.keys, event.id).await?;
        Ok(codes.address(&self.public_url))
    }
}
