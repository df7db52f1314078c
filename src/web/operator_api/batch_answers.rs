//! Lives of batches as they are sent and answered.

use super::batches::BatchAnswer;
use crate::clock::Timestamp;
use crate::events::Event;
use crate::ids::BatchId;
use crate::media::batch_life::{BatchStep, Counts, Life, Received, Sample, StepRefusal};
use crate::media::{Batch, ReissueError};
use crate::web::openapi::schemas;
use crate::web::problem::Problem;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a person says of a step.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::web) struct NoteBody {
    /// For whoever asks later; at most 500 characters.
    pub(super) note: Option<String>,
}

/// Why pieces are reissued.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::web) struct ReissueBody {
    /// Goes into the audit log and stays with the new batch; at most 500 characters, `misprints` unless given.
    pub(super) reason: Option<String>,
}

/// Samples of a delivered roll.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::web) struct ReceiveBody {
    /// Texts of top-up codes or pay codes as scanned, or serials as typed: of five different pieces at the least, 200
    /// texts at most.
    pub(super) codes: Vec<String>,
}

/// A step that was recorded.
#[derive(Serialize, ToSchema)]
pub(in crate::web) struct StepAnswer {
    #[schema(schema_with = schemas::batch_step)]
    step: BatchStep,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// Who said so.
    actor: String,
    /// What they said, or what was made or scanned.
    note: String,
}

/// A batch that stands in for spoiled pieces.
#[derive(Serialize, ToSchema)]
pub(in crate::web) struct ReprintAnswer {
    #[schema(value_type = Uuid)]
    batch: BatchId,
    count: i64,
}

/// A batch with its life.
#[derive(Serialize, ToSchema)]
#[schema(as = BatchLife)]
pub(in crate::web) struct LifeAnswer {
    #[serde(flatten)]
    batch: BatchAnswer,
    /// Where it is: the last step recorded, or active once one of its media was used; null when it was only issued.
    #[schema(schema_with = schemas::batch_step)]
    step: Option<BatchStep>,
    /// What was recorded, in order.
    steps: Vec<StepAnswer>,
    /// Steps before that one that nobody recorded.
    #[schema(value_type = Vec<String>)]
    never_recorded: Vec<BatchStep>,
    /// One of its media was used.
    in_use: bool,
    /// How many of its media are in each status; those of none are left out.
    #[schema(value_type = std::collections::HashMap<String, i64>)]
    media: Counts,
    /// Spoiled pieces that no other batch stands in for yet.
    to_reissue: i64,
    /// Why it was issued in place of another's spoiled pieces; null where it was not, or nobody was asked.
    reprint_reason: Option<String>,
    /// The batches that stand in for spoiled pieces of this one.
    reprints: Vec<ReprintAnswer>,
}

impl LifeAnswer {
    pub(super) fn of(batch: &Batch, event: &Event, life: Life) -> LifeAnswer {
        let (step, never_recorded) = (life.step(), life.never_recorded());
        let (in_use, to_reissue) = (life.is_in_use(), life.to_reissue());
        let steps = life.steps.into_iter().map(|taken| StepAnswer {
            step: taken.step,
            at: taken.at,
            actor: taken.actor,
            note: taken.note,
        });
        let reprints = life.reprints.iter().map(|r| ReprintAnswer { batch: r.batch, count: r.count });
        LifeAnswer {
            batch: BatchAnswer::of(batch, event.slug.as_str(), life.reprint_of),
            step,
            steps: steps.collect(),
            never_recorded,
            in_use,
            media: life.media,
            to_reissue,
            reprint_reason: life.reprint_reason,
            reprints: reprints.collect(),
        }
    }
}

/// What a sample turned out to be.
#[derive(Serialize, ToSchema)]
pub(in crate::web) struct SampleAnswer {
    /// `piece`, `twice`, `misprint`, `other-batch`, `unknown`, `counterfeit` or `foreign`.
    found: &'static str,
    /// The same in words.
    detail: String,
    /// The number of the piece, where it is one of this batch.
    number: Option<i64>,
    /// The serial of the piece, be it of another batch.
    serial: Option<String>,
}

impl SampleAnswer {
    fn of(sample: &Sample) -> SampleAnswer {
        SampleAnswer {
            found: sample.name(),
            detail: sample.sentence(),
            number: sample.number(),
            serial: sample.serial.clone(),
        }
    }
}

/// What was received.
#[derive(Serialize, ToSchema)]
#[schema(as = Received)]
pub(in crate::web) struct ReceivedAnswer {
    /// In the order they came.
    samples: Vec<SampleAnswer>,
    /// Different pieces of the batch among them.
    pieces: i64,
    /// How many there must be.
    needed: i64,
}

impl ReceivedAnswer {
    pub(super) fn of(received: &Received) -> ReceivedAnswer {
        let Received { samples, pieces, needed } = received;
        ReceivedAnswer {
            samples: samples.iter().map(SampleAnswer::of).collect(),
            pieces: *pieces,
            needed: *needed,
        }
    }
}

impl From<StepRefusal> for Problem {
    fn from(refusal: StepRefusal) -> Problem {
        let (name, why) = (refusal.name(), refusal.sentence());
        let problem = Problem::new(StatusCode::CONFLICT, name, why);
        match refusal {
            StepRefusal::Unfinished | StepRefusal::EventClosed => problem,
            StepRefusal::Further(step) => problem.with("step", step),
            StepRefusal::Note(_) => Problem::invalid("note", refusal.sentence()),
            StepRefusal::Samples(_, Received { samples, pieces, needed }) => {
                let samples: Vec<SampleAnswer> = samples.iter().map(SampleAnswer::of).collect();
                problem.with("samples", samples).with("pieces", pieces).with("needed", needed)
            }
        }
    }
}

impl From<ReissueError> for Problem {
    fn from(error: ReissueError) -> Problem {
        let why = error.to_string();
        let name = match error {
            ReissueError::Issue(error) => return error.into(),
            ReissueError::Database(error) => return error.into(),
            ReissueError::Reason(_) => return Problem::invalid("reason", why),
            ReissueError::Unfinished => "batch-not-printable",
            ReissueError::NothingSpoiled | ReissueError::AllReissued(_) | ReissueError::Meanwhile => {
                "nothing-to-reissue"
            }
        };
        Problem::new(StatusCode::CONFLICT, name, why)
    }
}
