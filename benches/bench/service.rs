//! The program under test: a festival on one of the engines, set up through the command line, served, and watched.

use crate::bank::{Bank, Payee};
use crate::watch::{self, Usage};
use crate::{crowd, load};
use anyhow::{Context as _, bail, ensure};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use std::fmt;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Names the PostgreSQL server to use; `make bench` starts one that writes durably.
const SERVER: &str = "POLSBAND_TEST_POSTGRES";
const PROGRAM: &str = env!("CARGO_BIN_EXE_polsband");
const BARS: [&str; 4] = ["Main bar", "Cocktails", "Fries", "Coffee"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Engine {
    Sqlite,
    Postgres,
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Engine::Sqlite => "SQLite",
            Engine::Postgres => "PostgreSQL",
        })
    }
}

/// A wristband as it is printed.
#[derive(Clone, Debug)]
pub(crate) struct Band {
    pub(crate) serial: String,
    pub(crate) reference: String,
    pub(crate) pay_code: String,
}

/// A festival with everything in place, and one process that serves it.
pub(crate) struct Service {
    pub(crate) address: SocketAddr,
    pub(crate) url: String,
    pub(crate) bank: Bank,
    pub(crate) bands: Arc<[Band]>,
    /// Wristbands with next to nothing on them, for the realistic mix of charges.
    pub(crate) poor: Arc<[Band]>,
    /// Tokens of terminals, at all bars in turn.
    pub(crate) terminals: Vec<String>,
    server: Child,
    /// The process of PostgreSQL that all its others are children of.
    postmaster: Option<u32>,
    pub(crate) place: Place,
}

/// Where a festival is kept.
pub(crate) struct Place {
    folder: TempDir,
    database: String,
    engine: Engine,
}

impl Place {
    /// An empty database, on the disk that the program was built on.
    pub(crate) fn new(engine: Engine) -> anyhow::Result<Place> {
        let beside = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
        let folder = TempDir::new_in(&beside)?;
        let database = match engine {
            Engine::Sqlite => format!("sqlite://{}", folder.path().join("bench.db").display()),
            Engine::Postgres => {
                let name = format!("polsband_test_{}", uuid::Uuid::now_v7().simple());
                let mut url = url::Url::parse(&postgres()?)?;
                on_postgres(url.as_str(), &format!("CREATE DATABASE {name}"))?;
                url.set_path(&name);
                url.to_string()
            }
        };
        Ok(Place { folder, database, engine })
    }

    /// Where its tables are, as a URL.
    pub(crate) fn database(&self) -> &str {
        &self.database
    }

    /// The built program, run where the festival is kept.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command.args(args).current_dir(self.folder.path()).env_clear();
        command.env("DATABASE_URL", &self.database).env("POLSBAND_KEY_FILE", "secret.key");
        command
    }

    /// A file beside the database.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs a command to its end; what it prints as JSON.
    pub(crate) fn does(&self, args: &[&str]) -> anyhow::Result<Value> {
        let ran = self.command(args).arg("--json").stdin(Stdio::null()).output()?;
        let said = String::from_utf8_lossy(&ran.stderr);
        ensure!(ran.status.success(), "`polsband {}` failed: {said}", args.join(" "));
        Ok(serde_json::from_slice(&ran.stdout).unwrap_or_default())
    }

    /// Opens the event and its bars.
    pub(crate) fn open_event(&self, bank: &Bank, payee: &Payee) -> anyhow::Result<()> {
        let key_set = bank.key_set_url();
        let event = ["event", "create", &payee.event, "--name", "Bench", "--profile-id", &payee.profile];
        let at_bank = ["--api-url", bank.api_url(), "--key-set-url", &key_set];
        self.does(&[&event[..], &at_bank].concat())?;
        for bar in BARS {
            self.does(&["point-of-sale", "add", &payee.event, bar, "--vendor", bar])?;
        }
        Ok(())
    }

    /// Issues a batch of wristbands; its id.
    pub(crate) fn issue(&self, event: &str, count: u32) -> anyhow::Result<String> {
        let issued =
            self.does(&["media", "issue", event, "--count", &count.to_string(), "--kind", "wristband"])?;
        Ok(issued["id"].as_str().context("a batch without an id")?.to_owned())
    }

    pub(crate) fn bands(&self, batch: &str) -> anyhow::Result<Vec<Band>> {
        self.does(&["sheet", batch, "--csv", "codes.csv"])?;
        let mut codes = csv::Reader::from_path(self.folder.path().join("codes.csv"))?;
        let band = |row: csv::StringRecord| Band {
            serial: row[1].to_owned(),
            reference: row[2].to_owned(),
            pay_code: row[4].to_owned(),
        };
        codes.records().map(|row| Ok(band(row?))).collect()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let (Engine::Postgres, Ok(server)) = (self.engine, postgres()) {
            let name = self.database.rsplit('/').next().unwrap_or_default();
            // One that can't be dropped now is dropped before the next run.
            let _ = on_postgres(&server, &format!("DROP DATABASE {name} WITH (FORCE)"));
        }
    }
}

impl Service {
    /// A festival with `media` wristbands, the first `bands` of which are known to the load, and `terminals` terminals.
    pub(crate) fn open(engine: Engine, media: u32, bands: u32, terminals: usize) -> anyhow::Result<Service> {
        let (place, bank) = (Place::new(engine)?, Bank::open()?);
        let live = Payee::live();
        place.open_event(&bank, &live)?;
        let known = place.issue(&live.event, bands)?;
        if media > bands {
            place.issue(&live.event, media - bands)?;
        }
        let bands = place.bands(&known)?.into();
        let postmaster = match engine {
            Engine::Sqlite => None,
            Engine::Postgres => Some(watch::postmaster(&place.database)?),
        };
        let (server, address) = serve(&place, &[])?;
        let url = format!("http://{address}");
        let (poor, none) = (Arc::default(), Vec::new());
        let mut service =
            Service { address, url, bank, bands, poor, terminals: none, server, postmaster, place };
        for number in 0..terminals {
            let terminal = service.enrol(&live.event, number)?;
            service.terminals.push(terminal);
        }
        Ok(service)
    }

    /// Issues more wristbands, known to the load from now on.
    pub(crate) fn issue(&mut self, count: u32) -> anyhow::Result<()> {
        let batch = self.place.issue(&Payee::live().event, count)?;
        self.bands = self.bands.iter().cloned().chain(self.place.bands(&batch)?).collect();
        Ok(())
    }

    /// Issues so many wristbands beside those that are known, and pays next to nothing onto each.
    pub(crate) fn issue_poor(&mut self, count: u32, cents: i64) -> anyhow::Result<()> {
        let batch = self.place.issue(&Payee::live().event, count)?;
        self.poor = self.place.bands(&batch)?.into();
        self.pay_onto(&self.poor, 0, cents)
    }

    /// Gives the event the key to the bank's list: from now on the service compares it with its payments.
    pub(crate) fn take_api_key(&self) -> anyhow::Result<()> {
        let (live, file) = (Payee::live(), "api.key");
        std::fs::write(self.place.path(file), self.bank.api_key(&self.url, &live)?)?;
        self.place.does(&["event", "set-key", &live.event, "--api-key-file", file])?;
        Ok(())
    }

    /// An API token of somebody who may see payments, and not who paid.
    pub(crate) fn organiser(&self) -> anyhow::Result<String> {
        let organiser = "bench@festival.example";
        self.place.does(&["operator", "add", organiser, "--role", "organiser"])?;
        let made = self.place.does(&["operator", "token", organiser])?;
        Ok(made["token"].as_str().context("no token was made")?.to_owned())
    }

    /// What the API answers an operator who asks for `path`.
    pub(crate) fn shows<T: DeserializeOwned>(&self, token: &str, path: &str) -> anyhow::Result<T> {
        let request = format!(
            "GET {path} HTTP/1.1\r\nhost: bench\r\nconnection: close\r\nauthorization: Bearer {token}\r\n\r\n"
        );
        let answer = ask(self.address, request.as_bytes())?;
        let (_, body) = answer.split_once("\r\n\r\n").context("an answer without a body")?;
        serde_json::from_str(body).with_context(|| format!("{path} answered {answer}"))
    }

    /// A device of an event at one of its bars; its token.
    pub(crate) fn enrol(&self, event: &str, number: usize) -> anyhow::Result<String> {
        let bar = BARS[number % BARS.len()];
        let added = self.place.does(&["terminal", "add", event, "--point-of-sale", bar])?;
        let body = json!({ "code": added["code"], "device_name": format!("Till {number}") }).to_string();
        // Enrolments are limited by address; the proxy that the service trusts has many clients.
        let request = format!(
            "POST /api/v1/terminals/enrol HTTP/1.1\r\nhost: bench\r\nconnection: close\r\nx-forwarded-for: 10.0.0.{}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            number % 250,
            body.len()
        );
        let answer = ask(self.address, request.as_bytes())?;
        let (_, body) = answer.split_once("\r\n\r\n").context("an answer without a body")?;
        let enrolled: Value = serde_json::from_str(body)?;
        let token = enrolled["token"].as_str();
        Ok(token.with_context(|| format!("not enrolled: {answer}"))?.to_owned())
    }

    /// Pays onto each known wristband.
    pub(crate) fn fund(&self, cents: i64) -> anyhow::Result<()> {
        self.fund_from(0, cents)
    }

    /// Pays onto each known wristband but the first so many.
    pub(crate) fn fund_from(&self, first: usize, cents: i64) -> anyhow::Result<()> {
        self.pay_onto(&self.bands, first, cents)
    }

    fn pay_onto(&self, bands: &Arc<[Band]>, first: usize, cents: i64) -> anyhow::Result<()> {
        let span = load::Span { warm_up: Duration::ZERO, measured: Duration::from_secs(3600) };
        let callers = crowd::payers(self, &Payee::live(), bands, first, (cents, 64));
        let outcome = load::run(self.address, span, callers)?;
        ensure!(outcome.requests() == (bands.len() - first) as u64, "not every wristband was paid");
        Ok(())
    }

    /// Starts another process on the same database; where it listens. It is stopped when it is dropped.
    pub(crate) fn another(&self) -> anyhow::Result<Another> {
        let (server, address) = serve(&self.place, &["--public-url", &self.url])?;
        Ok(Another { server, address })
    }

    /// Ends the process that serves and starts another one on the same festival.
    pub(crate) fn restart(&mut self) -> anyhow::Result<()> {
        self.server.kill()?;
        self.server.wait()?;
        (self.server, self.address) = serve(&self.place, &[])?;
        self.url = format!("http://{}", self.address);
        Ok(())
    }

    /// The memory the service has at this moment, in bytes.
    pub(crate) fn memory_now(&self) -> anyhow::Result<u64> {
        watch::memory(self.server.id(), "VmRSS:")
    }

    /// What the service, and PostgreSQL behind it, used up to now.
    pub(crate) fn usage(&self) -> anyhow::Result<Usage> {
        Usage::of(self.server.id(), self.postmaster)
    }

    /// Stops the service and audits its books; how long that took.
    pub(crate) fn close(mut self) -> anyhow::Result<String> {
        self.server.kill()?;
        self.server.wait()?;
        let audit = watch::to_its_end(self.place.command(&["ledger", "audit"]))?;
        let (took, megabytes) = (audit.took.as_secs_f64(), audit.memory_max as f64 / 1e6);
        Ok(format!("audit: {}, in {took:.1} s and {megabytes:.0} MB", audit.said.trim()))
    }
}

/// One more process that serves a festival.
pub(crate) struct Another {
    server: Child,
    pub(crate) address: SocketAddr,
}

impl Drop for Another {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // It has ended already where `close` was called.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// Starts a process that serves; where it listens.
fn serve(place: &Place, args: &[&str]) -> anyhow::Result<(Child, SocketAddr)> {
    let mut command = place.command(&[&["serve", "--listen", "127.0.0.1:0"], args].concat());
    command.env("POLSBAND_TRUSTED_PROXIES", "127.0.0.1").env("POLSBAND_LOG", "warn,polsband=info");
    let mut server = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
    let mut log = BufReader::new(server.stderr.take().context("no log")?);
    let began = Instant::now();
    let mut line = String::new();
    while began.elapsed() < Duration::from_secs(60) && log.read_line(&mut line)? > 0 {
        let entry: Value = serde_json::from_str(&line).unwrap_or_default();
        if let Some(address) = entry["fields"]["listen"].as_str() {
            let address = address.parse()?;
            std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
            return Ok((server, address));
        }
        eprint!("{line}");
        line.clear();
    }
    bail!("the service did not start")
}

/// Sends a request on a connection of its own; the answer.
pub(crate) fn ask(address: SocketAddr, request: &[u8]) -> anyhow::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.write_all(request)?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

fn postgres() -> anyhow::Result<String> {
    std::env::var(SERVER).with_context(|| format!("{SERVER} is not set: run this as `make bench`"))
}

fn on_postgres(server: &str, statement: &str) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut connection = PgConnection::connect(server).await?;
        sqlx::query(AssertSqlSafe(statement.to_owned())).execute(&mut connection).await?;
        Ok(())
    })
}
