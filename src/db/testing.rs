//! Runs a test's body on a fresh database of each engine.

use super::connect::{POSTGRES_READERS, Pools, SQLITE_READERS};
use super::{Engine, Store};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, Connection};
use url::Url;
use uuid::Uuid;

const SERVER: &str = "POLSBAND_TEST_POSTGRES";
/// The isolation level of transactions in PostgreSQL that ask for none. While it is set, PostgreSQL alone is tested:
/// `tests/support/postgres.sh serializable`.
pub(super) const ISOLATION: &str = "POLSBAND_TEST_ISOLATION";

impl Store {
    /// How many may read at a time; whoever comes next waits.
    pub(crate) fn readers_max(&self) -> u32 {
        match self.engine() {
            Engine::Sqlite => SQLITE_READERS,
            Engine::Postgres => POSTGRES_READERS,
        }
    }

    /// How to reach PostgreSQL past the pools.
    pub(super) fn postgres_options(&self) -> PgConnectOptions {
        match &self.0 {
            Pools::Postgres { writers, .. } => (*writers.connect_options()).clone(),
            Pools::Sqlite { .. } => panic!("this is SQLite"),
        }
    }
}

/// Runs `body` on an empty SQLite database and then on an empty PostgreSQL one.
///
/// # Panics
/// When the variable that names the PostgreSQL server is missing: no test is skipped in silence.
pub(crate) async fn on_both_engines(body: impl AsyncFn(Store)) {
    on_both_addresses(async |url| run(&url, &body).await).await;
}

/// Runs `body` on the addresses of two databases that nothing has been opened on: for tests that open several
/// stores on one database, as several processes do.
///
/// # Panics
/// As [`on_both_engines`].
pub(crate) async fn on_both_addresses(body: impl AsyncFn(String)) {
    if std::env::var_os(ISOLATION).is_none() {
        on_sqlite_address(&body).await;
    }
    on_postgres_address(body).await;
}

/// Runs `body` on the address of an empty SQLite database.
pub(crate) async fn on_sqlite_address(body: impl AsyncFn(String)) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("test.db");
    body(format!("sqlite://{}", file.display())).await;
}

/// Runs `body` on the address of an empty PostgreSQL database: for what only a server can do, such as losing a
/// connection. A failed test leaves its database; `tests/support/postgres.sh` drops those that killed runs left
/// as well.
///
/// # Panics
/// As [`on_both_engines`].
pub(crate) async fn on_postgres_address(body: impl AsyncFn(String)) {
    let server = std::env::var(SERVER).unwrap_or_else(|_| {
        panic!("{SERVER} is not set, so nothing can be tested on PostgreSQL: run the tests with `make test`")
    });
    let name = format!("polsband_test_{}", Uuid::now_v7().simple());
    on_server(&server, format!("CREATE DATABASE {name}")).await.expect("the server makes a database");
    if let Ok(level) = std::env::var(ISOLATION) {
        let isolated = format!("ALTER DATABASE {name} SET default_transaction_isolation = '{level}'");
        on_server(&server, isolated).await.expect("a level that the server knows");
    }
    let mut url = Url::parse(&server).unwrap_or_else(|error| panic!("{SERVER} is not a URL: {error}"));
    url.set_path(&name);
    body(url.to_string()).await;
    // What the body left open is cut off. That may not be done to the server's own vacuuming, which may be in there as
    // well: then a plain drop, which asks it to leave and waits.
    if on_server(&server, format!("DROP DATABASE {name} WITH (FORCE)")).await.is_err() {
        on_server(&server, format!("DROP DATABASE {name}")).await.expect("the server drops a database");
    }
}

async fn on_server(server: &str, statement: String) -> Result<(), sqlx::Error> {
    let mut connection = PgConnection::connect(server)
        .await
        .unwrap_or_else(|error| panic!("{SERVER}: the server can't be reached: {error}"));
    sqlx::query(AssertSqlSafe(statement)).execute(&mut connection).await.map(drop)
}

async fn run(url: &str, body: &impl AsyncFn(Store)) {
    let store = Store::open(url).await.expect("a fresh database opens");
    let engine = match store.engine() {
        Engine::Sqlite => "SQLite",
        Engine::Postgres => "PostgreSQL",
    };
    eprintln!("on {engine}:");
    body(store.clone()).await;
    store.close().await;
}
