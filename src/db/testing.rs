//! Runs a test's body on a fresh database of each engine.

use super::connect::{POSTGRES_READERS, Pools, SQLITE_READERS};
use super::{Engine, Store};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, Connection};
use tempfile::TempDir;
use tokio::sync::OnceCell;
use url::Url;
use uuid::Uuid;

const SERVER: &str = "POLSBAND_TEST_POSTGRES";
/// The isolation level of transactions in PostgreSQL that ask for none. While it is set, PostgreSQL alone is tested:
/// `tests/support/postgres.sh serializable`.
pub(super) const ISOLATION: &str = "POLSBAND_TEST_ISOLATION";
const FILE: &str = "test.db";

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

/// A SQLite database with all tables and nothing in them; migrated once, and copied for each test.
static SQLITE_TABLES: OnceCell<Vec<u8>> = OnceCell::const_new();
/// The name of one on the PostgreSQL server.
static POSTGRES_TABLES: OnceCell<String> = OnceCell::const_new();

/// Runs `body` on a SQLite database with nothing in it and then on such a PostgreSQL one.
///
/// # Panics
/// When the variable that names the PostgreSQL server is missing: no test is skipped in silence.
pub(crate) async fn on_both_engines(body: impl AsyncFn(Store)) {
    if std::env::var_os(ISOLATION).is_none() {
        let tables = SQLITE_TABLES.get_or_init(sqlite_tables).await;
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::write(folder.path().join(FILE), tables).expect("a copy of the tables");
        run(&sqlite_url(&folder), &body).await;
    }
    let name = POSTGRES_TABLES.get_or_init(postgres_tables).await;
    on_copy_of(name, async |url| run(&url, &body).await).await;
}

async fn sqlite_tables() -> Vec<u8> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = Store::open(&sqlite_url(&folder)).await.expect("a fresh database opens");
    store.close().await;
    std::fs::read(folder.path().join(FILE)).expect("closing leaves nothing beside the file")
}

/// Left to whoever starts the server next: `tests/support/postgres.sh` drops it with what killed runs left.
async fn postgres_tables() -> String {
    let (name, url) = create_from("template1").await;
    let store = Store::open(&url).await.expect("a fresh database opens");
    store.close().await;
    name
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
    body(sqlite_url(&folder)).await;
}

fn sqlite_url(folder: &TempDir) -> String {
    format!("sqlite://{}", folder.path().join(FILE).display())
}

/// Runs `body` on the address of an empty PostgreSQL database: for what only a server can do, such as losing a
/// connection. A failed test leaves its database; `tests/support/postgres.sh` drops those that killed runs left
/// as well.
///
/// # Panics
/// As [`on_both_engines`].
pub(crate) async fn on_postgres_address(body: impl AsyncFn(String)) {
    on_copy_of("template1", body).await;
}

async fn on_copy_of(template: &str, body: impl AsyncFn(String)) {
    let (name, url) = create_from(template).await;
    if let Ok(level) = std::env::var(ISOLATION) {
        let isolated = format!("ALTER DATABASE {name} SET default_transaction_isolation = '{level}'");
        on_server(isolated).await.expect("a level that the server knows");
    }
    body(url).await;
    // What the body left open is cut off. That may not be done to the server's own vacuuming, which may be in there as
    // well: then a plain drop, which asks it to leave and waits.
    if on_server(format!("DROP DATABASE {name} WITH (FORCE)")).await.is_err() {
        on_server(format!("DROP DATABASE {name}")).await.expect("the server drops a database");
    }
}

/// Copies a database that nobody is in; the copy's name and address.
async fn create_from(template: &str) -> (String, String) {
    let name = format!("polsband_test_{}", Uuid::now_v7().simple());
    on_server(format!("CREATE DATABASE {name} TEMPLATE {template}"))
        .await
        .expect("the server copies a database");
    let mut url = Url::parse(&server()).unwrap_or_else(|error| panic!("{SERVER} is not a URL: {error}"));
    url.set_path(&name);
    (name, url.to_string())
}

fn server() -> String {
    std::env::var(SERVER).unwrap_or_else(|_| {
        panic!("{SERVER} is not set, so nothing can be tested on PostgreSQL: run the tests with `make test`")
    })
}

async fn on_server(statement: String) -> Result<(), sqlx::Error> {
    let mut connection = PgConnection::connect(&server())
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
