//! What the machine does without us: a durable append to the disk, and PostgreSQL's own benchmark tool with a transfer of
//! plain statements or with the functions of ledgers that others publish.

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

/// A transfer that `pgbench` runs again and again, from one of a thousand wallets to one of four vendors.
pub(crate) struct Ledger {
    pub(crate) name: &'static str,
    /// Published by others, whose SQL files make its tables.
    pub(crate) is_others: bool,
    /// Makes the accounts, with money in the wallets.
    accounts: &'static str,
    transfer: &'static str,
    /// Settings of the connections.
    settings: &'static str,
}

/// The same work as a charge (id checked, overdraft refused, a transfer with two entries, two balances), one statement
/// after another.
pub(crate) const STATEMENTS: Ledger = Ledger {
    name: "a transfer by plain statements",
    is_others: false,
    accounts: "
CREATE TABLE account (id BIGINT PRIMARY KEY, balance BIGINT NOT NULL);
CREATE TABLE transfer (id BIGINT PRIMARY KEY, amount BIGINT NOT NULL, at TIMESTAMPTZ NOT NULL DEFAULT now());
CREATE TABLE entry (transfer_id BIGINT NOT NULL, account_id BIGINT NOT NULL, amount BIGINT NOT NULL,
    PRIMARY KEY (transfer_id, account_id));
INSERT INTO account SELECT n, 1000000000 FROM generate_series(1, 1004) AS n;
VACUUM (ANALYZE) account, transfer, entry;
",
    transfer: r"
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
",
    settings: "",
};

/// By pgledger's functions, from a wallet that can't be overdrawn. It has no id of the caller's to check. It locks accounts
/// in the order of their ids; these let it come to the vendor, whom others want too, last.
pub(crate) const PGLEDGER: Ledger = Ledger {
    name: "a transfer by pgledger",
    is_others: true,
    accounts: "
SELECT count(*) FROM generate_series(1, 1000) AS n, pgledger_create_account('band-' || n, 'EUR', FALSE, TRUE);
SELECT count(*) FROM generate_series(1001, 1004) AS n, pgledger_create_account('vendor-' || n, 'EUR', FALSE, TRUE);
SELECT id FROM pgledger_create_account('bank', 'EUR', TRUE, TRUE);
UPDATE pgledger_accounts SET id = name;
SELECT count(*) FROM generate_series(1, 1000) AS n, pgledger_create_transfer('bank', 'band-' || n, '10000000');
VACUUM (ANALYZE) pgledger_accounts, pgledger_transfers, pgledger_entries;
",
    transfer: r"
\set wallet random(1, 1000)
\set vendor random(1001, 1004)
SELECT id FROM pgledger_create_transfer('band-' || :wallet, 'vendor-' || :vendor, '0.01');
",
    settings: "",
};

/// A sale by StuStaPay's tables, triggers and booking function: the balance looked at, the order under an id of its own, the
/// booking onto two accounts; in one call, where the service itself makes one call for each, and without the order's items. It
/// is serialisable, as there, and `pgbench` tries it again as often as the service does.
pub(crate) const STUSTAPAY: Ledger = Ledger {
    name: "a sale by StuStaPay's booking",
    is_others: true,
    accounts: "
INSERT INTO usr (login, password) VALUES ('bar', '-');
INSERT INTO till_layout (name) VALUES ('bar');
INSERT INTO till_profile (name, layout_id) SELECT 'bar', id FROM till_layout;
INSERT INTO till (id, name, session_uuid, active_profile_id) OVERRIDING SYSTEM VALUE
    SELECT 1001, 'bar', gen_random_uuid(), id FROM till_profile;
INSERT INTO user_tag (uid) SELECT n FROM generate_series(1001, 2000) AS n;
INSERT INTO account (id, type, user_tag_uid, balance) OVERRIDING SYSTEM VALUE
    SELECT n, 'private', n, 10000000 FROM generate_series(1001, 2000) AS n;
INSERT INTO account (id, type) OVERRIDING SYSTEM VALUE SELECT n, 'virtual' FROM generate_series(2001, 2004) AS n;
VACUUM (ANALYZE) usr, till, user_tag, account, ordr, transaction, bon;
",
    transfer: r"
\set wallet random(1001, 2000)
\set vendor random(2001, 2004)
WITH sale AS (
    INSERT INTO ordr (uuid, payment_method, order_type, cashier_id, till_id, customer_account_id)
    SELECT gen_random_uuid(), 'tag', 'sale', (SELECT id FROM usr WHERE login = 'bar'), 1001, id
    FROM account WHERE id = :wallet AND balance >= 0.01 RETURNING id
)
SELECT book_transaction(id, NULL, :wallet, :vendor, 0.01, 0) FROM sale;
",
    settings: "-c default_transaction_isolation=serializable",
};

/// How often `pgbench` tries a transfer that the database refused because of another one: StuStaPay's own bound.
const TRIES_MAX: &str = "--max-tries=10";

/// Transfers a second with that many clients, in a database made for it, and how many of the clients met an error that ended
/// them early. What was given up is not counted.
pub(crate) fn transfers(
    ledger: &Ledger,
    database: &str,
    files: &[PathBuf],
    clients: usize,
    span: Duration,
) -> anyhow::Result<(f64, usize)> {
    let folder = tempfile::tempdir()?;
    let accounts = folder.path().join("accounts.sql");
    std::fs::write(&accounts, ledger.accounts)?;
    for file in files.iter().chain([&accounts]) {
        psql(database, file)?;
    }
    let transfer = folder.path().join("transfer.sql");
    std::fs::write(&transfer, ledger.transfer)?;
    let (count, seconds) = (clients.to_string(), span.as_secs().max(1).to_string());
    let args = ["-n", "-M", "prepared", TRIES_MAX, "-c", &count, "-j", "2", "-T", &seconds, "-f"];
    let mut pgbench = Command::new("pgbench");
    pgbench.args(args).arg(&transfer).arg(database).env("PGOPTIONS", ledger.settings);
    let ran = pgbench.output().context("pgbench is missing")?;
    let said = String::from_utf8_lossy(&ran.stdout);
    let complaint = String::from_utf8_lossy(&ran.stderr);
    let ended = complaint.matches(" aborted in command ").count();
    ensure!(ran.status.success() || (1..clients).contains(&ended), "pgbench said: {said}{complaint}");
    let rate =
        said.lines().find_map(|line| line.strip_prefix("tps = ")).and_then(|line| line.split(' ').next());
    Ok((rate.with_context(|| format!("pgbench said: {said}{complaint}"))?.parse()?, ended))
}

fn psql(database: &str, file: &Path) -> anyhow::Result<()> {
    let ran =
        Command::new("psql").args(["-qX", "-v", "ON_ERROR_STOP=1", "-f"]).arg(file).arg(database).output();
    let ran = ran.context("psql is missing")?;
    ensure!(ran.status.success(), "{}: {}", file.display(), String::from_utf8_lossy(&ran.stderr));
    Ok(())
}
