//! `polsband callback check`: why a callback was accepted or refused. Needs no database and no network.

use super::failure::Usage;
use super::shell::{Shell, read_argument};
use crate::clock::{Clock, Timestamp};
use crate::providers::ProfileId;
use crate::providers::bancontact::{Evidence, explain, parse_profile_id};
use anyhow::bail;
use clap::{Args, Subcommand};
use serde::Serialize;
use std::path::PathBuf;

/// Longest file that is read; the checks themselves refuse what is longer than their own bounds.
const FILE_BYTES_MAX: u64 = 1024 * 1024;

#[derive(Subcommand)]
pub(super) enum CallbackCommand {
    /// Check a callback step by step, offline; exits with 0 when it is genuine and with 1 when it is not
    Check(Check),
}

#[derive(Args)]
pub(super) struct Check {
    /// The provider's key set, as it was served (JSON)
    #[arg(long, value_name = "FILE")]
    key_set: PathBuf,
    /// The callback's `signature` header
    #[arg(long, value_name = "FILE")]
    signature: PathBuf,
    /// The callback's body, byte for byte
    #[arg(long, value_name = "FILE")]
    body: PathBuf,
    /// The profile it should be for
    #[arg(long, value_name = "PPID", value_parser = profile_id)]
    profile_id: ProfileId,
    /// The callback URL, as it was given to the provider
    #[arg(long, value_name = "URL")]
    url: String,
    /// When it is judged, such as 2026-07-03T18:04:05Z [default: now]
    #[arg(long, value_name = "TIME")]
    at: Option<Timestamp>,
}

fn profile_id(text: &str) -> Result<ProfileId, String> {
    parse_profile_id(text).map_err(|error| error.to_string())
}

/// A check as it is printed.
#[derive(Serialize)]
struct View {
    check: &'static str,
    passed: bool,
    said: String,
}

pub(super) fn run(command: CallbackCommand, shell: &Shell) -> anyhow::Result<()> {
    let CallbackCommand::Check(check) = command;
    shell.takes_no_settings("a check judges by its own options alone (the callback URL is --url)")?;
    let key_set = read_argument("--key-set", &check.key_set, FILE_BYTES_MAX)?;
    let signature = read_argument("--signature", &check.signature, FILE_BYTES_MAX)?;
    let body = read_argument("--body", &check.body, FILE_BYTES_MAX)?;
    let signature =
        String::from_utf8(signature).map_err(|_| Usage("--signature: the file is not text".to_owned()))?;
    let evidence = Evidence {
        key_set: &key_set,
        signature: &signature,
        body: &body,
        profile: &check.profile_id,
        callback_url: &check.url,
        at: check.at.unwrap_or_else(|| Clock::System.now()),
    };
    let lines = explain(&evidence).into_iter();
    let views: Vec<View> = lines.map(|l| View { check: l.name, passed: l.passed, said: l.said }).collect();
    shell.out.list(&views, ["", "check", "finding"], |view| {
        let mark = if view.passed { "ok" } else { "WRONG" };
        [mark.to_owned(), view.check.to_owned(), view.said.clone()]
    })?;
    let failed: Vec<&str> = views.iter().filter(|view| !view.passed).map(|view| view.check).collect();
    if failed.is_empty() { Ok(()) } else { bail!("this callback is refused: {}", failed.join(", ")) }
}
