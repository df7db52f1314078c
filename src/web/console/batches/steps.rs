//! Steps of a batch's life that a person says, each on a page that says what it means.

use super::super::asked::Steps;
use super::super::at::AtFestival;
use super::super::form::Form;
use super::super::shell::Shell;
use super::{below, closed, named};
use crate::clock::Clock;
use crate::db::Store;
use crate::ids::BatchId;
use crate::media::Batch;
use crate::media::batch_life::{self, BatchStep};
use crate::web::caller::ManageEvents;
use crate::web::page::Sorry;
use crate::web::problem::Problem;
use askama::Template;
use axum::extract::State;
use axum::response::Response;

/// A step as it stands in addresses.
#[derive(Clone, Copy)]
enum Said {
    Printed,
    Active,
}

impl Said {
    fn of(word: &str) -> Result<Said, Problem> {
        match word {
            "printed" => Ok(Said::Printed),
            "active" => Ok(Said::Active),
            _ => Err(Problem::not_found()),
        }
    }

    fn title(self) -> &'static str {
        match self {
            Said::Printed => "It is printed",
            Said::Active => "Hand it out",
        }
    }

    fn consequence(self) -> &'static str {
        match self {
            Said::Printed => "You record that the printer is done with it. Nothing else changes.",
            Said::Active => {
                "You record that it is handed out from now on. Its pieces work whether or not that was said."
            }
        }
    }

    fn done(self) -> &'static str {
        match self {
            Said::Printed => "It is recorded as printed.",
            Said::Active => "It is recorded as handed out: it is active from now on.",
        }
    }
}

#[derive(Template)]
#[template(path = "web/console/batch_step.html")]
struct StepPage {
    shell: Shell,
    batch_path: String,
    title: &'static str,
    consequence: &'static str,
    form: Form,
}

type StepPath = Steps<(String, BatchId, String)>;

/// `GET /console/{event}/batches/{batch}/{step}`
pub(in crate::web::console) async fn get(
    at: AtFestival<ManageEvents>,
    State(store): State<Store>,
    Steps((_, id, word)): StepPath,
) -> Result<Response, Sorry> {
    let said = Said::of(&word)?;
    let batch = named(&store, &at.event, id).await?;
    if let Some(closed) = closed(&at, &batch, said.title()) {
        return Ok(closed);
    }
    Ok(show(&at, &batch, said, Form::default()))
}

/// `POST /console/{event}/batches/{batch}/{step}`
pub(in crate::web::console) async fn post(
    at: AtFestival<ManageEvents>,
    State(store): State<Store>,
    State(clock): State<Clock>,
    Steps((_, id, word)): StepPath,
    mut form: Form,
) -> Result<Response, Sorry> {
    let said = Said::of(&word)?;
    let batch = named(&store, &at.event, id).await?;
    if let Some(closed) = closed(&at, &batch, said.title()) {
        return Ok(closed);
    }
    let step = match said {
        Said::Printed => BatchStep::Printed,
        Said::Active => BatchStep::Active,
    };
    let (now, note) = (clock.now(), form.optional("note"));
    match batch_life::take_step(&store, now, &at.actor(), &batch, step, note.as_deref()).await? {
        Ok(_) => Ok(at.done(&at.path(&format!("/batches/{id}")), said.done())),
        Err(why) => {
            form.refused(why, "")?;
            Ok(show(&at, &batch, said, form))
        }
    }
}

fn show(at: &AtFestival<ManageEvents>, batch: &Batch, said: Said, form: Form) -> Response {
    let batch_path = at.path(&format!("/batches/{}", batch.id));
    let shell = below(at, batch);
    let status = form.status();
    let (title, consequence) = (said.title(), said.consequence());
    at.page(status, &StepPage { shell, batch_path, title, consequence, form })
}
