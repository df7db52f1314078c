//! What the machine does without us: a durable append to the disk, and PostgreSQL's own benchmark tool with a transfer of
//! plain statements or with the functions of a ledger that others publish.

use anyhow::{Context as _, ensure};
use hdrhistogram::Histogram;
use std::fs::OpenOptions;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// A page of a database.
const BLOCK: [u8; 4096] = [0x5a; 4096];
/// Written before the measurement, so that the file doesn't grow during it.
const BLOCKS: u64 = 8_192;

/// Appends a page and waits until the disk has it, again and again: how often a second, and how long each took.
pub(crate) fn durable_appends(folder: &Path, span: Duration) -> anyhow::Result<(f64, Histogram<u64>)> {
    let path = folder.join("appends");
    let file = OpenOptions::new().create(true).truncate(true).write(true).open(&path)?;
    for block in 0..BLOCKS {
        file.write_all_at(&BLOCK, block * BLOCK.len() as u64)?;
    }
    file.sync_all()?;
    let mut waits = Histogram::new_with_bounds(1, 60_000_000, 3)?;
    let began = Instant::now();
    while began.elapsed() < span {
        let at = Instant::now();
        file.write_all_at(&BLOCK, (waits.len() % BLOCKS) * BLOCK.len() as u64)?;
        file.sync_data()?;
        waits.saturating_record(u64::try_from(at.elapsed().as_micros())?);
    }
    let rate = waits.len() as f64 / began.elapsed().as_secs_f64();
    std::fs::remove_file(&path)?;
    Ok((rate, waits))
}

/// The tables and the transfer that `pgbench` runs: the same work as a charge (id checked, overdraft refused, a transfer
/// with two entries, two balances), one statement after another, against four vendors.
const TABLES: &str = "
CREATE TABLE account (id BIGINT PRIMARY KEY, balance BIGINT NOT NULL);
CREATE TABLE transfer (id BIGINT PRIMARY KEY, amount BIGINT NOT NULL, at TIMESTAMPTZ NOT NULL DEFAULT now());
CREATE TABLE entry (transfer_id BIGINT NOT NULL, account_id BIGINT NOT NULL, amount BIGINT NOT NULL,
    PRIMARY KEY (transfer_id, account_id));
INSERT INTO account SELECT n, 1000000000 FROM generate_series(1, 1004) AS n;
ANALYZE;
";
const TRANSFER: &str = r"
\set wallet random(1, 1000)
\set vendor random(1001, 1004)
\set id random(1, 9223372036854775807)
BEGIN;
SELECT id FROM transfer WHERE id = :id;
INSERT INTO transfer (id, amount) VALUES (:id, 1);
INSERT INTO entry (transfer_id, account_id, amount) VALUES (:id, :wallet, -1), (:id, :vendor, 1);
UPDATE account SET balance = balance - 1 WHERE id = :wallet AND balance >= 1;
UPDATE account SET balance = balance + 1 WHERE id = :vendor;
COMMIT;
";

/// The same accounts and the same transfer by pgledger's functions, from a wallet that can't be overdrawn. It has no
/// id of the caller's to check.
const PGLEDGER_ACCOUNTS: &str = "
SELECT count(*) FROM generate_series(1, 1000) AS n, pgledger_create_account('wallet-' || n, 'EUR', FALSE, TRUE);
SELECT count(*) FROM generate_series(1001, 1004) AS n, pgledger_create_account('vendor-' || n, 'EUR', FALSE, TRUE);
SELECT id FROM pgledger_create_account('bank', 'EUR', TRUE, TRUE);
UPDATE pgledger_accounts SET id = name;
SELECT count(*) FROM generate_series(1, 1000) AS n, pgledger_create_transfer('bank', 'wallet-' || n, 10000000);
ANALYZE;
";
const PGLEDGER_TRANSFER: &str = r"
\set wallet random(1, 1000)
\set vendor random(1001, 1004)
SELECT id FROM pgledger_create_transfer('wallet-' || :wallet, 'vendor-' || :vendor, 0.01);
";

/// Transfers a second by `pgbench` with that many clients, a statement after another.
pub(crate) fn statements(database: &str, clients: usize, span: Duration) -> anyhow::Result<f64> {
    let folder = tempfile::tempdir()?;
    let tables = folder.path().join("tables.sql");
    std::fs::write(&tables, TABLES)?;
    psql(database, &tables)?;
    pgbench(database, TRANSFER, clients, span)
}

/// The same by pgledger, whose own files make its functions.
pub(crate) fn pgledger(
    database: &str,
    files: &[PathBuf],
    clients: usize,
    span: Duration,
) -> anyhow::Result<f64> {
    let folder = tempfile::tempdir()?;
    let accounts = folder.path().join("accounts.sql");
    std::fs::write(&accounts, PGLEDGER_ACCOUNTS)?;
    for file in files.iter().chain([&accounts]) {
        psql(database, file)?;
    }
    pgbench(database, PGLEDGER_TRANSFER, clients, span)
}

fn psql(database: &str, file: &Path) -> anyhow::Result<()> {
    let ran =
        Command::new("psql").args(["-qX", "-v", "ON_ERROR_STOP=1", "-f"]).arg(file).arg(database).output();
    let ran = ran.context("psql is missing")?;
    ensure!(ran.status.success(), "{}: {}", file.display(), String::from_utf8_lossy(&ran.stderr));
    Ok(())
}

fn pgbench(database: &str, script: &str, clients: usize, span: Duration) -> anyhow::Result<f64> {
    let folder = tempfile::tempdir()?;
    let transfer = folder.path().join("transfer.sql");
    std::fs::write(&transfer, script)?;
    let (clients, seconds) = (clients.to_string(), span.as_secs().max(1).to_string());
    let args = ["-n", "-M", "prepared", "-c", &clients, "-j", "2", "-T", &seconds, "-f"];
    let ran = Command::new("pgbench").args(args).arg(&transfer).arg(database).output();
    let ran = ran.context("pgbench is missing")?;
    let said = String::from_utf8_lossy(&ran.stdout);
    let complaint = String::from_utf8_lossy(&ran.stderr);
    ensure!(ran.status.success(), "pgbench said: {said}{complaint}");
    let rate =
        said.lines().find_map(|line| line.strip_prefix("tps = ")).and_then(|line| line.split(' ').next());
    Ok(rate.with_context(|| format!("pgbench said: {said}{complaint}"))?.parse()?)
}
