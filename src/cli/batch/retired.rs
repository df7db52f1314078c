//! `polsband batch retired`: the media on retired addresses, written while they are read. Their pay codes are nobody's
//! to see.

use crate::cli::context::Context;
use crate::cli::out::{note, sent, streamed};
use crate::cli::shell::Shell;
use crate::ids::BatchId;
use crate::media::hosts::{MATTERING, batches_on_retired};
use crate::media::store::media_of_batch;
use crate::media::{Medium, MediumStatus};
use csv::{QuoteStyle, Terminator, WriterBuilder};
use serde::Serialize;
use std::io::{self, Write};

/// Media read at once.
const MEDIA_PER_READ: i64 = 2_000;

#[derive(Serialize)]
struct Row<'a> {
    serial: String,
    status: MediumStatus,
    batch: BatchId,
    number: i64,
    hosts: &'a [String],
}

/// In which form the rows are written.
enum Form {
    Text,
    Json { is_first: bool },
    Csv,
}

pub(super) async fn list(context: &Context, shell: &Shell, event: &str, csv: bool) -> anyhow::Result<()> {
    let event = context.event(event).await?;
    let concerned = batches_on_retired(&context.store, event.id, &context.settings.public_url).await?;
    let mut form = match csv {
        true => Form::Csv,
        false if shell.out.is_json() => Form::Json { is_first: true },
        false => Form::Text,
    };
    let (mut out, mut rows) = (streamed(), 0_u64);
    sent(form.begin(&mut out))?;
    for (batch, hosts) in &concerned {
        let mut after = 0;
        loop {
            let page =
                media_of_batch(&mut *context.store.read().await?, batch, after, MEDIA_PER_READ).await?;
            let Some(last) = page.last() else { break };
            after = last.sequence;
            for medium in page.iter().filter(|medium| MATTERING.contains(&medium.status)) {
                sent(form.row(&mut out, &Row::of(medium, hosts)))?;
                rows += 1;
            }
        }
    }
    sent(form.end(&mut out))?;
    if rows == 0 && !shell.out.is_json() {
        note("(none)");
    }
    Ok(())
}

impl<'a> Row<'a> {
    fn of(medium: &Medium, hosts: &'a [String]) -> Row<'a> {
        let serial = medium.serial.as_str().to_owned();
        Row { serial, status: medium.status, batch: medium.batch_id, number: medium.sequence, hosts }
    }
}

impl Form {
    fn begin(&self, out: &mut impl Write) -> io::Result<()> {
        match self {
            Form::Text => Ok(()),
            Form::Json { .. } => out.write_all(b"["),
            Form::Csv => fields(out, ["serial", "status", "batch", "number", "hosts"]),
        }
    }

    fn row(&mut self, out: &mut impl Write, row: &Row<'_>) -> io::Result<()> {
        let Row { serial, status, batch, number, hosts } = row;
        match self {
            Form::Text => writeln!(out, "{serial}  {status:<11}  {batch}  {number:>7}  {}", hosts.join(" ")),
            Form::Csv => {
                let (batch, number) = (batch.to_string(), number.to_string());
                fields(out, [serial.as_str(), status.as_str(), &batch, &number, &hosts.join(" ")])
            }
            Form::Json { is_first } => {
                if !std::mem::take(is_first) {
                    out.write_all(b",")?;
                }
                serde_json::to_writer(out, row).map_err(io::Error::from)
            }
        }
    }

    fn end(&self, out: &mut impl Write) -> io::Result<()> {
        if matches!(self, Form::Json { .. }) {
            out.write_all(b"]\n")?;
        }
        out.flush()
    }
}

/// Every field quoted, the line ended by CR LF, as in the lists for print shops.
fn fields(out: &mut impl Write, fields: [&str; 5]) -> io::Result<()> {
    let mut csv =
        WriterBuilder::new().quote_style(QuoteStyle::Always).terminator(Terminator::CRLF).from_writer(out);
    csv.write_record(fields)?;
    csv.flush()
}
