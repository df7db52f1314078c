//! What the machine does without us: a durable append to the disk, and PostgreSQL's own benchmark tool.

use anyhow::{Context as _, ensure};
use hdrhistogram::Histogram;
use std::fs::OpenOptions;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
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

/// Transfers a second by `pgbench` with that many clients.
pub(crate) fn pgbench(database: &str, clients: usize, span: Duration) -> anyhow::Result<f64> {
    let folder = tempfile::tempdir()?;
    let (tables, transfer) = (folder.path().join("tables.sql"), folder.path().join("transfer.sql"));
    std::fs::write(&tables, TABLES)?;
    std::fs::write(&transfer, TRANSFER)?;
    let made =
        Command::new("psql").args(["-qX", "-v", "ON_ERROR_STOP=1", "-f"]).arg(&tables).arg(database).output();
    ensure!(made.context("psql is missing")?.status.success(), "the tables of pgbench could not be made");
    let (clients, seconds) = (clients.to_string(), span.as_secs().max(1).to_string());
    let args = ["-n", "-M", "prepared", "-c", &clients, "-j", "2", "-T", &seconds, "-f"];
    let ran = Command::new("pgbench").args(args).arg(&transfer).arg(database).output();
    let ran = ran.context("pgbench is missing")?;
    let said = String::from_utf8_lossy(&ran.stdout);
    let rate =
        said.lines().find_map(|line| line.strip_prefix("tps = ")).and_then(|line| line.split(' ').next());
    let rate =
        rate.with_context(|| format!("pgbench said: {said}{}", String::from_utf8_lossy(&ran.stderr)))?;
    Ok(rate.parse()?)
}
