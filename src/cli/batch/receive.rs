//! `polsband batch receive`: samples of a delivery, from the arguments or as a scanner types them.

use super::found;
use crate::cli::context::Context;
use crate::cli::failure::Usage;
use crate::cli::out::note;
use crate::cli::shell::Shell;
use crate::ids::BatchId;
use crate::media::Scanner;
use crate::media::batch_life::{self, Received, Sample, StepRefusal};
use anyhow::{Context as _, anyhow};
use serde::Serialize;
use std::io::{self, Read};

/// Longest input that is read: more samples than are taken.
const INPUT_BYTES_MAX: u64 = 1024 * 1024;

/// What is printed of a delivery.
#[derive(Serialize)]
struct Printed {
    batch: BatchId,
    samples: Vec<SampleView>,
    pieces: i64,
}

#[derive(Serialize)]
struct SampleView {
    found: &'static str,
    detail: String,
    number: Option<i64>,
    serial: Option<String>,
}

impl SampleView {
    fn of(sample: &Sample) -> SampleView {
        let serial = sample.serial.clone();
        SampleView { found: sample.name(), detail: sample.sentence(), number: sample.number(), serial }
    }
}

pub(super) async fn run(
    context: &Context,
    shell: &Shell,
    id: BatchId,
    codes: Vec<String>,
) -> anyhow::Result<()> {
    let codes = if codes == ["-"] { typed()? } else { codes };
    let (batch, _) = found(context, id).await?;
    let Context { store, keys, settings, actor, .. } = context;
    let scanner = Scanner::new(store.clone(), keys.clone(), settings.public_url.clone());
    let received = batch_life::receive(store, keys, &scanner, context.now(), actor, &batch, &codes).await?;
    let received = received.map_err(|refusal| {
        if let StepRefusal::Samples(_, scanned) = &refusal {
            lines(scanned).for_each(note);
        }
        anyhow!(refusal.sentence())
    })?;
    let text: Vec<String> = lines(&received).collect();
    let printed = Printed {
        batch: id,
        samples: received.samples.iter().map(SampleView::of).collect(),
        pieces: received.pieces,
    };
    shell.out.one(&printed, format_args!("{}\n{id} is received", text.join("\n")))
}

/// A line for each sample. What was scanned is not repeated: it may be a pay code.
fn lines(received: &Received) -> impl Iterator<Item = String> {
    received.samples.iter().zip(1..).map(|(sample, number)| format!("{number}: {}", sample.with_serial()))
}

/// One code a line, until the input ends.
fn typed() -> anyhow::Result<Vec<String>> {
    let mut bytes = Vec::new();
    io::stdin()
        .take(INPUT_BYTES_MAX + 1)
        .read_to_end(&mut bytes)
        .context("the codes can't be read from standard input")?;
    if bytes.len() as u64 > INPUT_BYTES_MAX {
        return Err(Usage(format!("standard input: it is longer than {INPUT_BYTES_MAX} bytes")).into());
    }
    let text = String::from_utf8_lossy(&bytes);
    Ok(text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect())
}
