//! A desk: an empty folder with a database of its own, at which somebody types commands.

use serde_json::Value;
use sqlx::postgres::PgConnection;
use sqlx::sqlite::SqliteConnection;
use sqlx::{AssertSqlSafe, Connection};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use tempfile::TempDir;
use url::Url;
use uuid::Uuid;

pub(crate) const PROFILE: &str = "5a5b5c5d5e5f606162636465";
const SERVER: &str = "POLSBAND_TEST_POSTGRES";
/// Set while only PostgreSQL is of interest, as in the library's tests.
const ISOLATION: &str = "POLSBAND_TEST_ISOLATION";

pub(crate) struct Desk {
    folder: TempDir,
    database: Database,
}

enum Database {
    Sqlite,
    Postgres { server: String, name: String, url: String },
}

/// What a command printed.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// Runs `body` at a desk with SQLite and then at one with PostgreSQL.
pub(crate) fn on_both_engines(body: impl Fn(&Desk)) {
    if std::env::var_os(ISOLATION).is_none() {
        body(&Desk::with_sqlite());
    }
    on_postgres(body);
}

/// Runs `body` at a desk with PostgreSQL.
pub(crate) fn on_postgres(body: impl FnOnce(&Desk)) {
    let desk = Desk::with_postgres();
    body(&desk);
    desk.drop_database();
}

/// Runs `body` at a desk with SQLite, or with PostgreSQL where that alone is tested: for what is seen in a browser, whose
/// pages the library's tests have asked for on both.
pub(crate) fn on_one_engine(body: impl FnOnce(&Desk)) {
    if std::env::var_os(ISOLATION).is_none() { body(&Desk::with_sqlite()) } else { on_postgres(body) }
}

impl Desk {
    pub(crate) fn with_sqlite() -> Desk {
        Desk { folder: tempfile::tempdir().unwrap(), database: Database::Sqlite }
    }

    fn with_postgres() -> Desk {
        let server = std::env::var(SERVER).unwrap_or_else(|_| {
            panic!(
                "{SERVER} is not set, so nothing can be tested on PostgreSQL: run the tests with `make test`"
            )
        });
        let name = format!("polsband_test_{}", Uuid::now_v7().simple());
        on_server(&server, format!("CREATE DATABASE {name}"));
        if let Ok(level) = std::env::var(ISOLATION) {
            on_server(
                &server,
                format!("ALTER DATABASE {name} SET default_transaction_isolation = '{level}'"),
            );
        }
        let mut url = Url::parse(&server).unwrap();
        url.set_path(&name);
        let database = Database::Postgres { server, name, url: url.to_string() };
        Desk { folder: tempfile::tempdir().unwrap(), database }
    }

    /// A failed test leaves its database to be looked at.
    fn drop_database(&self) {
        if let Database::Postgres { server, name, .. } = &self.database {
            // As in the library's tests: what is still open is cut off, but the server's own vacuuming must be asked.
            try_on_server(server, format!("DROP DATABASE {name} WITH (FORCE)"))
                .or_else(|_| try_on_server(server, format!("DROP DATABASE {name}")))
                .expect("the database goes");
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn database_url(&self) -> String {
        match &self.database {
            Database::Sqlite => format!("sqlite://{}", self.path("polsband-data/polsband.db").display()),
            Database::Postgres { url, .. } => url.clone(),
        }
    }

    /// Who types here, as the system calls them.
    pub(crate) fn user(&self) -> String {
        let output = Command::new("id").arg("-un").output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// The command, not yet started. Nothing of this process's environment reaches it.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_polsband"));
        command.args(args).current_dir(self.folder.path()).env_clear().env("USER", "tester");
        if let Database::Postgres { url, .. } = &self.database {
            command.env("DATABASE_URL", url);
        }
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        ran(self.command(args).stdin(Stdio::null()).output().unwrap())
    }

    /// Runs a command that succeeds; what it printed, without the last newline.
    pub(crate) fn does(&self, args: &[&str]) -> String {
        let Ran { code, out, err } = self.run(args);
        assert_eq!(code, 0, "{args:?} failed: {err}");
        out.trim_end().to_owned()
    }

    /// The same with `--json`.
    pub(crate) fn prints(&self, args: &[&str]) -> Value {
        let out = self.does(&[args, &["--json"]].concat());
        assert_eq!(out.lines().count(), 1, "{args:?} printed more than one line:\n{out}");
        serde_json::from_str(&out).unwrap_or_else(|error| panic!("{args:?}: {error}:\n{out}"))
    }

    /// Runs a command that is refused (1) and prints no result; the reason.
    pub(crate) fn refuses(&self, args: &[&str]) -> String {
        self.fails(1, args)
    }

    /// Runs a command that is bad usage (2); what was wrong with it.
    pub(crate) fn rejects(&self, args: &[&str]) -> String {
        self.fails(2, args)
    }

    fn fails(&self, expected: i32, args: &[&str]) -> String {
        let Ran { code, out, err } = self.run(args);
        assert_eq!((code, out.as_str()), (expected, ""), "{args:?}: {err}");
        assert!(!err.is_empty(), "{args:?} says nothing");
        err
    }

    /// Starts a command with pipes on its outputs.
    pub(crate) fn starts(&self, args: &[&str]) -> Child {
        let mut command = self.command(args);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// An event `summer` with Bancontact's usual settings.
    pub(crate) fn with_summer(&self) -> &Desk {
        self.does(&["event", "create", "summer", "--name", "Summer Festival", "--profile-id", PROFILE]);
        self
    }

    /// The id of a new batch of wristbands of `summer`.
    pub(crate) fn issues(&self, count: u32) -> String {
        let count = count.to_string();
        self.does(&["media", "issue", "summer", "--count", &count, "--kind", "wristband"])
    }

    /// The rows of a batch's CSV, by column.
    pub(crate) fn codes(&self, batch: &str) -> Vec<Codes> {
        self.does(&["sheet", batch, "--csv", "codes.csv"]);
        codes_in(&std::fs::read(self.path("codes.csv")).unwrap(), batch)
    }

    /// Does something to the database behind the program's back.
    pub(crate) fn tampers(&self, statement: &'static str) {
        match &self.database {
            Database::Sqlite => block_on(async {
                let mut connection = SqliteConnection::connect(&self.database_url()).await.unwrap();
                sqlx::query(statement).execute(&mut connection).await.unwrap();
                connection.close().await.unwrap();
            }),
            Database::Postgres { url, .. } => on_server(url, statement.to_owned()),
        }
    }

    /// The audit log, oldest first: actor, action, subject.
    pub(crate) fn audit_log(&self) -> Vec<[String; 3]> {
        block_on(async {
            let store = polsband::db::Store::open(&self.database_url()).await.unwrap();
            let mut session = store.read().await.unwrap();
            let page = polsband::audit_log::store::page(&mut session, None, None, 200).await.unwrap();
            drop(session);
            store.close().await;
            page.into_iter().rev().map(|entry| [entry.actor, entry.action, entry.subject]).collect()
        })
    }
}

/// What is printed on one medium.
#[derive(Clone, Debug)]
pub(crate) struct Codes {
    pub(crate) sequence: u32,
    pub(crate) serial: String,
    pub(crate) reference: String,
    pub(crate) qr_text: String,
    pub(crate) pay_code: String,
    pub(crate) pay_qr_text: String,
}

/// The rows of a batch's CSV, by column.
pub(crate) fn codes_in(csv: &[u8], batch: &str) -> Vec<Codes> {
    let mut rows = csv::Reader::from_reader(csv);
    assert_eq!(
        rows.headers().unwrap(),
        vec!["sequence", "serial", "reference", "qr_text", "pay_code", "pay_qr_text", "batch"]
    );
    let field = |row: &csv::StringRecord, index: usize| row[index].to_owned();
    let codes = rows.records().map(|row| {
        let row = row.unwrap();
        assert_eq!(&row[6], batch);
        Codes {
            sequence: row[0].parse().unwrap(),
            serial: field(&row, 1),
            reference: field(&row, 2),
            qr_text: field(&row, 3),
            pay_code: field(&row, 4),
            pay_qr_text: field(&row, 5),
        }
    });
    codes.collect()
}

fn ran(output: Output) -> Ran {
    Ran {
        code: output.status.code().expect("it exited by itself"),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Waits for a started command.
pub(crate) fn finished(child: Child) -> Ran {
    ran(child.wait_with_output().unwrap())
}

pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

fn on_server(server: &str, statement: String) {
    try_on_server(server, statement).expect("the statement runs");
}

fn try_on_server(server: &str, statement: String) -> Result<(), sqlx::Error> {
    block_on(async {
        let mut connection = PgConnection::connect(server).await.expect("the PostgreSQL server answers");
        sqlx::query(AssertSqlSafe(statement)).execute(&mut connection).await.map(drop)
    })
}
