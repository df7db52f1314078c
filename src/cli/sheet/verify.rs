//! `polsband sheet --verify`: does a PDF hold what it should?

use super::write::not_prepared;
use crate::cli::context::Context;
use crate::cli::failure::Usage;
use crate::cli::shell::{Shell, read_argument};
use crate::ids::BatchId;
use crate::media::{self, Verified};
use crate::plural::counted;
use anyhow::bail;
use std::path::Path;

/// Largest PDF that is read: that of a million wristbands has 310 MB.
const PDF_BYTES_MAX: u64 = 1 << 30;

pub(super) async fn run(context: &Context, batch: BatchId, file: &Path, shell: &Shell) -> anyhow::Result<()> {
    let pdf = read_argument("--verify", file, PDF_BYTES_MAX)?;
    let verified = media::verify(&context.store, &context.keys, batch, pdf).await.map_err(not_prepared)?;
    let verified = verified.map_err(|error| Usage(format!("--verify: {}: {error}", file.display())))?;
    let Verified { pages, codes, pieces, right, faults, wrong } = &verified;
    let (pieces, codes, pages) = (counted(pieces, "piece"), counted(codes, "code"), counted(pages, "page"));
    let mut lines = vec![format!("{right} of {pieces} right: {codes} on {pages}")];
    lines.extend(faults.iter().map(ToString::to_string));
    if *wrong > faults.len() as u64 {
        lines.push(format!("and {} more", wrong - faults.len() as u64));
    }
    shell.out.one(&verified, lines.join("\n"))?;
    if *wrong > 0 {
        bail!("{} is not as this batch should be: don't print it", file.display());
    }
    Ok(())
}
