//! The command line: commands without logic of their own.
//!
//! A command reads its arguments strictly, opens what it needs, asks a room below, and prints the answer. Results go to
//! standard output, as text for people or with `--json` as one JSON value; logs, notes and progress go to standard
//! error, so that a pipe carries results and nothing else.
//!
//! | exit code | means |
//! |---|---|
//! | 0 | done |
//! | 1 | refused, or found wrong; the reason is on standard error |
//! | 2 | bad usage: arguments or settings that can't be right |
//!
//! One file or folder holds one command. `Shell` is what all of them share before a database is open, `Context` what
//! they share after; a command that listens takes `settings::ListenFlags` as well.

mod backup;
mod batch;
mod callback;
mod context;
mod demo;
mod event;
mod failure;
mod layout;
mod ledger;
mod logging;
mod manual;
mod media;
mod migrate;
mod operator;
mod out;
mod output_file;
mod point_of_sale;
mod printer;
mod product;
mod progress;
mod reconcile;
mod sandbox;
mod serve;
mod service;
pub mod settings;
mod sheet;
mod shell;
mod terminal;
mod words;

use clap::{Arg, CommandFactory, FromArgMatches, Parser, Subcommand};
use shell::Shell;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// How long what nobody waits for any more may hold the end up: a host's name is looked up as long as the system likes.
const LEFTOVERS_TIME_MAX: Duration = Duration::from_secs(1);

/// Closed-loop wallets for festivals: printed Bancontact top-up codes, bar terminals, double-entry books.
#[derive(Parser)]
#[command(name = "polsband", version, max_term_width = 110, propagate_version = true)]
#[command(long_about = manual::ABOUT, after_help = manual::AFTER_SHORT, after_long_help = manual::AFTER)]
struct Cli {
    /// Read settings from FILE; without it from polsband.toml, if that is there
    #[arg(long, value_name = "FILE", global = true, hide_short_help = true)]
    #[arg(help_heading = manual::SETTINGS)]
    config: Option<PathBuf>,
    /// Print the result as JSON: an object for one thing, an array for a listing
    #[arg(long, global = true)]
    json: bool,
    #[command(flatten)]
    flags: settings::Flags,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Demo(demo::Demo),
    Serve(serve::Serve),
    /// Festivals: make, list, show, close
    #[command(subcommand)]
    Event(event::EventCommand),
    /// Bars, and the vendors who are owed what they take
    #[command(subcommand)]
    PointOfSale(point_of_sale::PointOfSaleCommand),
    /// What bars sell, and for how much
    #[command(subcommand)]
    Product(product::ProductCommand),
    /// Wristbands and cards: issue, look up, freeze, replace, revoke, quarantine
    #[command(subcommand)]
    Media(media::MediaCommand),
    /// The life of batches: printed, received, handed out, reissued; printed addresses
    #[command(subcommand)]
    Batch(batch::BatchCommand),
    /// Print a batch: PDF sheets, a CSV or a ZIP for a print shop, a calibration page
    Sheet(sheet::Sheet),
    /// What can be printed on: list, check and add layouts
    #[command(subcommand)]
    Layout(layout::LayoutCommand),
    /// Printers, with what each needs for its print to fall where the layout says
    #[command(subcommand)]
    Printer(printer::PrinterCommand),
    Reconcile(reconcile::Reconcile),
    /// Why a provider's callback was accepted or refused
    #[command(subcommand)]
    Callback(callback::CallbackCommand),
    /// The books: audit them, print an event's statement
    #[command(subcommand)]
    Ledger(ledger::LedgerCommand),
    /// People, their roles and their API tokens
    #[command(subcommand)]
    Operator(operator::OperatorCommand),
    /// Terminals at the bars: add, list, revoke
    #[command(subcommand)]
    Terminal(terminal::TerminalCommand),
    /// Copy the database to a file, while others go on using it
    Backup(backup::Backup),
    /// Bring the database's tables up to date, and nothing else
    Migrate,
    /// The payment provider's simulator alone; no real money is anywhere near it
    Sandbox(sandbox::SandboxCommand),
}

impl Command {
    /// What is logged unless `POLSBAND_LOG` says otherwise: a command speaks through its result, a service through its
    /// log.
    fn log_level(&self) -> &'static str {
        match self {
            Command::Serve(_) | Command::Sandbox(_) => "info",
            _ => "warn",
        }
    }
}

/// The arguments of all commands. The demo keeps everything of its own: its help has no settings, and it says so to whoever
/// gives one all the same.
fn arguments() -> clap::Command {
    let all = Cli::command();
    let is_setting = |arg: &&Arg| arg.get_help_heading() == Some(manual::SETTINGS);
    let hidden: Vec<Arg> = all.get_arguments().filter(is_setting).map(|arg| arg.clone().hide(true)).collect();
    all.mut_subcommand("demo", |demo| demo.args(hidden))
}

/// What this process was asked; it ends here when that makes no sense.
fn asked() -> Cli {
    let mut matches = arguments().get_matches();
    Cli::from_arg_matches_mut(&mut matches).unwrap_or_else(|error| error.format(&mut arguments()).exit())
}

/// Runs the program with the arguments of this process.
#[must_use]
pub fn main() -> ExitCode {
    let Cli { config, json, flags, command } = asked();
    let shell = Shell::new(config, json, flags);
    logging::start(command.log_level());
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            return failure::report(&anyhow::Error::new(error).context("no threads can be started"));
        }
    };
    let done = runtime.block_on(run(command, shell));
    runtime.shutdown_timeout(LEFTOVERS_TIME_MAX);
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failure::report(&error),
    }
}

async fn run(command: Command, shell: Shell) -> anyhow::Result<()> {
    match command {
        Command::Demo(demo) => demo::run(demo, &shell).await,
        Command::Serve(serve) => serve::run(serve, shell).await,
        Command::Event(command) => event::run(command, &shell).await,
        Command::PointOfSale(command) => point_of_sale::run(command, &shell).await,
        Command::Product(command) => product::run(command, &shell).await,
        Command::Media(command) => media::run(command, &shell).await,
        Command::Batch(command) => batch::run(command, &shell).await,
        Command::Sheet(command) => sheet::run(command, &shell).await,
        Command::Layout(command) => layout::run(command, &shell).await,
        Command::Printer(command) => printer::run(command, &shell).await,
        Command::Reconcile(command) => reconcile::run(command, &shell).await,
        Command::Callback(command) => callback::run(command, &shell),
        Command::Ledger(command) => ledger::run(command, &shell).await,
        Command::Operator(command) => operator::run(command, &shell).await,
        Command::Terminal(command) => terminal::run(command, &shell).await,
        Command::Backup(command) => backup::run(command, &shell).await,
        Command::Migrate => migrate::run(&shell).await,
        Command::Sandbox(command) => sandbox::run(command, &shell).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_of_all_commands_fit_together() {
        arguments().debug_assert();
    }

    #[test]
    fn the_demo_lists_no_settings_and_hears_of_one_that_is_given() {
        let mut all = arguments();
        all.build();
        let mut help = |name: &str| all.find_subcommand_mut(name).unwrap().render_long_help().to_string();
        let (demo, serve) = (help("demo"), help("serve"));
        for setting in ["--config", "--database-url", "DATABASE_URL", "--key-file", "Settings:"] {
            assert!(!demo.contains(setting), "{setting} is in {demo}");
            assert!(serve.contains(setting), "{setting} is not in {serve}");
        }
        assert!(demo.contains("--data") && demo.contains("--json"), "{demo}");
        let given = ["polsband", "demo", "--database-url", "sqlite://x.db", "--config", "x.toml"];
        let mut matches = arguments().try_get_matches_from(given).unwrap();
        let heard = Cli::from_arg_matches_mut(&mut matches).unwrap();
        assert_eq!(heard.flags.database_url.as_deref(), Some("sqlite://x.db"));
        assert_eq!(heard.config, Some(PathBuf::from("x.toml")));
    }
}
