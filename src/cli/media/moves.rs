//! `polsband media activate`, `freeze`, `unfreeze`, `replace`, `revoke`, `spoil`.

use super::find;
use super::show::View;
use crate::cli::context::Context;
use crate::cli::failure::Usage;
use crate::cli::service::start_lane;
use crate::cli::shell::Shell;
use crate::helpdesk::{self, Asked, MediumState, Move, Refusal};
use crate::ids::MoveId;
use crate::media::store::MediumView;
use anyhow::{Context as _, anyhow};

/// What is asked for, as typed.
pub(super) enum Step {
    Activate,
    Freeze,
    Unfreeze,
    Replace { with: String },
    Revoke,
    Spoil,
}

/// Makes a lifecycle move, and prints the medium as it is then.
pub(super) async fn run(
    context: &Context,
    shell: &Shell,
    step: Step,
    code: &str,
    reason: Option<String>,
) -> anyhow::Result<()> {
    let MediumView { medium, code_kind, .. } = find(context, code).await?;
    let asked = match step {
        Step::Activate => Asked::Activate,
        Step::Freeze => Asked::Freeze,
        Step::Unfreeze => Asked::Unfreeze,
        Step::Replace { with } => {
            Asked::Replace { with: find(context, &with).await.context("--with")?.medium.id }
        }
        Step::Revoke => Asked::Revoke,
        Step::Spoil => Asked::Spoil,
    };
    let order = Move {
        event: medium.event_id,
        medium: medium.id,
        id: MoveId::new(),
        asked,
        actor: context.actor.clone(),
        reason,
    };
    let MediumState { medium, balance } = moved(context, order).await?;
    let view = View::of(context, MediumView { medium, balance, code_kind }).await?;
    shell.out.one(&view, format_args!("{} is {}", view.grouped(), view.status()))
}

/// Every move goes through a lane, this process's own as well: no charge decided before it commits after it.
async fn moved(context: &Context, order: Move) -> anyhow::Result<MediumState> {
    let (lane, ended) = start_lane(context);
    let answer = helpdesk::move_medium(&lane, order).await;
    drop(lane);
    ended.await?;
    answer?.map_err(|refusal| match refusal {
        Refusal::Reason(why) => Usage(format!("--reason: {why}")).into(),
        other => anyhow!(other.sentence()),
    })
}
