//! How each statement of the program finds its rows, as the engines themselves plan it.
//!
//! Statements are taken from the sources, so that none is forgotten: every text in `src/db` and in the `store.rs` files
//! is explained on both engines. A table grows unless [`SMALL`] names it. On a growing table a statement finds its rows
//! by key, or walks an index in its own order up to a limit, without passing over rows that it doesn't want. SQLite
//! plans by its schema alone; PostgreSQL by what is in the tables, so they are filled with a few festivals first, and
//! each statement is planned as readers run it and as writers do.

#[path = "../../../tests/support/source.rs"]
#[allow(dead_code, reason = "shared with the house rules, which use more of it")]
mod source;

mod postgres;
mod sqlite;

use crate::db::testing::on_both_engines;
use crate::db::{Engine, Rows, Store, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// Tables with dozens of rows, whatever is sold: what an installation is set up with, and what jobs clear away.
const SMALL: [&str; 26] = [
    "_sqlx_migrations",
    "batch_directory",
    "batch_moves",
    "batches",
    "enrolment_codes",
    "event_artwork",
    "events",
    "gates",
    "installation",
    "lanes",
    "leases",
    "operators",
    "operator_factors",
    "operator_links",
    "operator_recovery_codes",
    "operator_sessions",
    "operator_tokens",
    "points_of_sale",
    "print_layouts",
    "printers",
    "products",
    "profile_claims",
    "provider_profiles",
    "retired_hosts",
    "top_up_limits",
    "vendors",
];

/// Columns that name something with a handful of rows in any table: a wallet's transfers, a medium's moves, what was paid
/// onto a reference, what waits because of a payment, what people said of a matter; and ids, which are drawn once for all
/// events.
const FEW: [&str; 7] = ["id", "medium_id", "parked_id", "payment", "reference", "subject", "wallet_id"];

/// Statements that read more, on purpose: what stands in them, and why.
const DELIBERATE: [(&str, &str); 12] = [
    ("status NOT IN ('SUCCEEDED'", "a day of payments, once a minute"),
    ("DESC LIMIT 1000) AS newest", "the newest thousand of an event and a provider, whatever they are"),
    ("SELECT MAX(done_to_at) FROM reconcile_runs", "the last entry of an index"),
    ("SELECT payment_id FROM payment_directory", "an account's payments, when somebody looks at it"),
    ("SELECT DISTINCT k.payment", "an event's matters, when somebody looks for one by its name"),
    ("SUBSTR(subject, 1, LENGTH(", "an event's open matters, at the same moment"),
    ("SELECT parked_id FROM proposals WHERE event_id", "what people said of an event's large amounts"),
    ("SELECT id, device_name FROM terminals", "an event's terminals, when a bar of it is retired"),
    ("AND p.amount_cents > COALESCE(", "what people resolved at an event, in that order"),
    ("t.enrolled_at IS NOT NULL AND t.revoked_at IS NULL", "an event's terminals, of which most sell"),
    ("UPDATE reconcile_runs SET state = $2, finished_at = $3", "runs under way: one of them, or two"),
    (
        "DELETE FROM reconcile_runs WHERE event_id = $1 AND finished_at < $2",
        "what it finds is gone afterwards",
    ),
];

/// A statement of the program.
struct Statement {
    place: String,
    text: String,
}

/// What a statement does with a growing table that takes longer the more is in it.
type Finding = String;

fn statements() -> Vec<Statement> {
    let mut found = Vec::new();
    for file in source::tree() {
        if !file.path.starts_with("src/db/") && !file.path.ends_with("/store.rs") {
            continue;
        }
        for inside in &file.literals {
            let text = &file.text[inside.clone()];
            let verb = text.split_whitespace().next().unwrap_or_default();
            let is_whole = text.trim().contains(char::is_whitespace) && !text.contains('\\');
            if is_whole && ["SELECT", "INSERT", "UPDATE", "DELETE", "WITH"].contains(&verb) {
                let place = format!("{}:{}", file.path, file.line(inside.start));
                found.push(Statement { place, text: text.to_owned() });
            }
        }
    }
    found
}

impl Statement {
    /// The names of the columns of its set of rows, in the order of their first use.
    fn row_columns(&self) -> Vec<&'static str> {
        let mut names: Vec<&'static str> = Vec::new();
        for (at, _) in self.text.match_indices("r.") {
            let before = self.text[..at].chars().next_back();
            let name: String = self.text[at + 2..].chars().take_while(|c| source::is_word(*c)).collect();
            if !before.is_some_and(source::is_word) && !name.is_empty() && !names.contains(&name.as_str()) {
                names.push(Box::leak(name.into_boxed_str()));
            }
        }
        names
    }

    /// The text as an engine gets it, with rows of these types.
    fn spliced(&self, engine: Engine, types: &[Value]) -> String {
        match self.text.contains("{rows}") {
            true => Rows::of_one(self.row_columns().into_iter().zip(types.iter().cloned()))
                .splice(&self.text, engine, 0),
            false => self.text.clone(),
        }
    }

    /// Tables by the names they have in the text.
    fn tables(&self, known: &BTreeSet<String>) -> BTreeMap<String, String> {
        let words: Vec<&str> =
            self.text.split(|c: char| !source::is_word(c)).filter(|word| !word.is_empty()).collect();
        let mut tables = BTreeMap::new();
        for (index, word) in words.iter().enumerate().skip(1) {
            if known.contains(*word) && ["FROM", "JOIN", "UPDATE", "INTO"].contains(&words[index - 1]) {
                let alias = words.get(index + 1).filter(|next| next.chars().all(|c| c.is_ascii_lowercase()));
                tables.insert((*word).to_owned(), (*word).to_owned());
                if let Some(alias) = alias {
                    tables.insert((*alias).to_owned(), (*word).to_owned());
                }
            }
        }
        tables
    }

    fn is_deliberate(&self) -> bool {
        DELIBERATE.iter().any(|(part, _)| self.text.contains(part))
    }

    /// Only one engine is asked to run it.
    fn is_for(&self, engine: Engine) -> bool {
        engine == Engine::Postgres
            || !["FOR UPDATE", "FOR KEY SHARE"].iter().any(|lock| self.text.contains(lock))
    }
}

fn grows(table: &str) -> bool {
    !SMALL.contains(&table)
}

/// How rows of a table are found: columns and what they are compared by, as the engine names them.
struct Access<'p> {
    table: &'p str,
    conditions: Vec<(&'p str, &'p str)>,
    /// More is asked of the rows that are found.
    has_filter: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Cost {
    /// One row, or a handful.
    Few,
    /// As many as the statement asks for: up to its limit, or of the window it names.
    Asked,
    /// Whatever is there.
    All,
}

impl Access<'_> {
    fn cost(&self, unique: &[Vec<String>], has_limit: bool) -> Cost {
        let by = |signs: &[&str]| -> BTreeSet<&str> {
            self.conditions
                .iter()
                .filter(|(_, sign)| signs.contains(sign))
                .map(|(column, _)| *column)
                .collect()
        };
        let equal = by(&["="]);
        let is_key = unique.iter().any(|key| key.iter().all(|column| equal.contains(column.as_str())));
        if is_key || equal.iter().any(|column| FEW.contains(column)) {
            return Cost::Few;
        }
        let (above, below) = (by(&[">", ">="]), by(&["<", "<="]));
        let is_narrow = self.conditions.iter().any(|(column, _)| *column != "event_id");
        let is_window = above.intersection(&below).next().is_some();
        if is_window || has_limit && is_narrow && !self.has_filter { Cost::Asked } else { Cost::All }
    }
}

/// Statements that must be found out.
const WRONG: [&str; 5] = [
    "SELECT id FROM transfers WHERE fact_id = $1",
    "SELECT id FROM payments WHERE event_id = $1 AND source = 'list' ORDER BY id LIMIT 10",
    "SELECT id FROM wallets WHERE event_id = $1 ORDER BY balance_cents LIMIT 10",
    "SELECT w.id FROM {rows} JOIN wallets w ON w.event_id = r.event_id AND w.holder_id = r.holder_id",
    "SELECT CAST(SUM(balance_cents) AS BIGINT) FROM wallets WHERE event_id = $1",
];

#[tokio::test]
async fn no_statement_reads_a_growing_table_from_one_end_to_the_other() {
    let mut statements = statements();
    assert!(statements.len() > 100, "the statements are where they were: {}", statements.len());
    let wrong = |text: &&str| Statement { place: "sample".to_owned(), text: (*text).to_owned() };
    statements.extend(WRONG.iter().map(wrong));
    on_both_engines(async |store: Store| {
        let mut report = String::new();
        let engine = store.engine();
        let findings = match engine {
            Engine::Sqlite => sqlite::findings(&store, &statements).await,
            Engine::Postgres => postgres::findings(&store, &statements).await,
        };
        let found: BTreeSet<&str> = findings.iter().map(|(statement, _)| statement.text.as_str()).collect();
        assert!(WRONG.iter().all(|text| found.contains(text)), "{engine:?} lets one pass: {found:?}");
        for (statement, finding) in findings.into_iter().filter(|(statement, _)| statement.place != "sample")
        {
            if !statement.is_deliberate() {
                writeln!(report, "{}: {finding}\n{}", statement.place, statement.text).unwrap();
            }
        }
        assert!(report.is_empty(), "on {engine:?}:\n{report}");
    })
    .await;
}
