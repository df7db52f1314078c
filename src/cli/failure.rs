//! Why a command failed, and the exit code that says so.

use super::out::{OutputClosed, note};
use super::settings::Mistake;
use std::fmt;
use std::process::ExitCode;

/// Arguments that can't be right, beyond what clap checks.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Usage(pub(super) String);

/// Settings that can't be right.
#[derive(Debug, thiserror::Error)]
pub(super) struct WrongSettings(pub(super) Vec<Mistake>);

impl fmt::Display for WrongSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the settings can't be used:")?;
        self.0.iter().try_for_each(|mistake| write!(f, "\n  {mistake}"))
    }
}

/// Says what went wrong, once, and answers the exit code.
pub(super) fn report(error: &anyhow::Error) -> ExitCode {
    if error.is::<OutputClosed>() {
        return ExitCode::SUCCESS;
    }
    note(format_args!("polsband: {}", sentence(error)));
    let is_usage = error.is::<Usage>() || error.is::<WrongSettings>();
    ExitCode::from(if is_usage { 2 } else { 1 })
}

/// The error and its causes; a cause that an outer message repeats is left out.
fn sentence(error: &anyhow::Error) -> String {
    let mut sentence = error.to_string();
    for cause in error.chain().skip(1).map(ToString::to_string) {
        if !sentence.contains(&cause) {
            sentence.push_str(": ");
            sentence.push_str(&cause);
        }
    }
    sentence
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;

    #[test]
    fn a_cause_is_said_once() {
        let cause = io::Error::other("the disk is full");
        let error = anyhow::Error::new(cause).context("the sheet can't be written");
        assert_eq!(sentence(&error), "the sheet can't be written: the disk is full");
        let repeated = crate::db::Error::Url("no database".to_owned());
        assert_eq!(sentence(&anyhow::Error::new(repeated).context("no database here")), "no database here");
    }

    #[test]
    fn usage_exits_with_2_and_refusals_with_1() {
        let code = |error: anyhow::Error| format!("{:?}", report(&error));
        assert_eq!(code(Usage("no".to_owned()).into()), format!("{:?}", ExitCode::from(2)));
        assert_eq!(code(WrongSettings(Vec::new()).into()), format!("{:?}", ExitCode::from(2)));
        assert_eq!(code(anyhow::anyhow!("no")), format!("{:?}", ExitCode::from(1)));
        assert_eq!(code(OutputClosed.into()), format!("{:?}", ExitCode::SUCCESS));
    }
}
