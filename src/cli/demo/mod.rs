//! `polsband demo`: a festival, its bank and its bars in one process, to be tried in a browser and with curl.
//!
//! Nothing here is a stand-in for the program: the demo sets up an event with the same calls that the command line
//! makes, and then serves it. Only the bank is the sandbox.

mod bank;
mod festival;

use super::context::Context;
use super::failure::Usage;
use super::service::{Listeners, Service, stop_on_signal};
use super::settings::{Flags, ListenFlags, Settings, Sources};
use super::shell::Shell;
use anyhow::Context as _;
use clap::Args;
use serde::Serialize;
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use tokio_util::sync::CancellationToken;

/// Try everything: a festival with 24 wristbands, its bars and prices, and a simulated bank that pays
#[derive(Args)]
#[command(after_help = "\
Open the bank's page, choose a wristband, pay; the wallet holds the money when the page says so. No real money moves.\n\
Started again on the same folder it goes on where it was, with fresh credentials.")]
pub(super) struct Demo {
    /// Where to listen: on loopback, or on 0.0.0.0 inside a container
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    listen: String,
    /// Where everything of the demo is kept
    #[arg(long, value_name = "DIR", default_value = "polsband-data/demo")]
    data: PathBuf,
}

/// Every link and credential of a running demo.
#[derive(Serialize)]
struct Links {
    url: String,
    console_url: String,
    email: String,
    password: String,
    operator_token: String,
    terminal_token: String,
    #[serde(skip)]
    app_link: Option<String>,
    event: String,
    batch: String,
    sheet: String,
    sandbox_url: String,
}

pub(super) async fn run(demo: Demo, shell: &Shell) -> anyhow::Result<()> {
    shell.takes_no_settings("the demo keeps everything of its own in --data, and is served at --listen")?;
    check_listen(&demo.listen)?;
    std::fs::create_dir_all(&demo.data)
        .with_context(|| format!("--data: {} can't be made", demo.data.display()))?;
    let stop = stop_on_signal()?;
    let settings = settings(&demo)?;
    let listeners = Listeners::bind(&settings)?;
    let context = Context::open(settings.served_at(listeners.address()?)).await?;
    let bank = bank::open(&demo.data, listeners.address()?).await?;
    let festival = festival::set_up(&context, &bank, &demo.data).await?;
    let sandbox_url = bank.url().to_owned();
    // The bank outlives the service, which may be comparing with its list when it is to stop.
    let bank_stop = CancellationToken::new();
    let bank = tokio::spawn(bank.serve(bank_stop.clone()));
    let service = Service::start(&context, stop);
    let url = context.settings.public_url.to_string();
    let links = Links {
        console_url: format!("{url}/console"),
        url,
        email: festival.email,
        password: festival.password,
        operator_token: festival.operator_token,
        terminal_token: festival.terminal_token,
        app_link: festival.app_link,
        event: festival.event,
        batch: festival.batch,
        sheet: festival.sheet.display().to_string(),
        sandbox_url,
    };
    shell.out.one(&links, &links)?;
    service.serve(listeners).await;
    bank_stop.cancel();
    bank.await??;
    context.close().await;
    Ok(())
}

/// Nobody else is let in with an address of their own: links, callbacks and the bank's keys go over plain http, which is
/// for loopback only.
fn check_listen(listen: &str) -> anyhow::Result<()> {
    match listen.trim().parse::<SocketAddr>() {
        Ok(address) if !address.ip().is_loopback() && !address.ip().is_unspecified() => Err(Usage(format!(
            "--listen: {address} is an address that others reach, and the demo is for this machine: listen on \
             127.0.0.1:{0}, or on 0.0.0.0:{0} to publish it from a container",
            address.port()
        ))
        .into()),
        // What is no address at all the settings refuse.
        _ => Ok(()),
    }
}

/// The demo's own settings: no file and no environment, so that it never touches a real installation.
fn settings(demo: &Demo) -> anyhow::Result<Settings> {
    let within = |name: &str| demo.data.join(name).display().to_string();
    let flags = Flags {
        database_url: Some(format!("sqlite://{}", within("polsband.db"))),
        key_file: Some(within("secret.key")),
        listeners: ListenFlags { listen: Some(demo.listen.clone()), ..ListenFlags::default() },
        ..Flags::default()
    };
    let sources = Sources { file: None, env: &|_| None, flags: &flags };
    Settings::read(&sources).map_err(|mistakes| super::failure::WrongSettings(mistakes).into())
}

impl fmt::Display for Links {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sheet = Path::new(&self.sheet).display();
        writeln!(f, "A festival with 24 wristbands is open. No real money is anywhere near it.\n")?;
        writeln!(f, "  Pay a wristband      {}/", self.sandbox_url)?;
        writeln!(f, "  Printed wristbands   {sheet}")?;
        if let Some(link) = &self.app_link {
            writeln!(f, "  Sell at the bar      {link}")?;
        }
        writeln!(f, "  Console              {}", self.console_url)?;
        writeln!(f, "    sign in as         {}", self.email)?;
        writeln!(f, "    with password      {}", self.password)?;
        writeln!(f, "  API                  {}/api/v1/openapi.json", self.url)?;
        writeln!(f, "    operator token     {}", self.operator_token)?;
        writeln!(f, "    terminal token     {}", self.terminal_token)?;
        writeln!(f, "  Event, batch         {}, {}\n", self.event, self.batch)?;
        write!(f, "Ctrl-C stops it. Started again it goes on where it was, with fresh credentials.")
    }
}
