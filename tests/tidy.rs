//! The house rules, held by a test: who may import whom, where SQL and third-party crates live, sizes, words.
//!
//! A rule is a function from one file to its findings. Each test first shows its rule samples, in which it must
//! find exactly the lines marked `//~`, and then runs it over the tree. Code under `#[cfg(test)]`, files called
//! `tests.rs`, `*_tests.rs`, `test_*.rs` and folders called `tests` are tests: the rules about live code leave them alone.

#[path = "support/source.rs"]
mod source;

use source::{Source, heads, is_word, item_bytes, names, tree};
use std::fmt::Write as _;
use std::io::Write as _;

/// The rooms by floor. A room imports only rooms on lower floors.
const FLOORS: [&[&str]; 8] = [
    &["money", "ids", "clock", "codes", "one_line", "plural"],
    &["db", "audit_log", "language", "secrets", "providers"],
    &["events", "operators", "print"],
    &["media"],
    &["ledger"],
    &["payments", "terminals", "helpdesk", "refunds"],
    &["web", "sandbox", "jobs"],
    &["main", "cli"],
];

/// Imports along one floor: an audit entry is written inside the transaction of what it tells of.
const SIDEWAYS: [(&str, &str); 1] = [("audit_log", "db")];

/// Third-party crates, and how the paths of the files they may appear in begin or end.
const HOMES: [(&str, &[&str]); 9] = [
    ("sqlx", &["src/db/", "/store.rs"]),
    ("axum", &["src/web/", "src/sandbox/"]),
    ("askama", &["src/web/", "src/sandbox/"]),
    ("reqwest", &["src/providers/", "src/sandbox/"]),
    ("printpdf", &["src/print/"]),
    ("qrcode", &["src/print/"]),
    ("lopdf", &["src/print/"]),
    ("clap", &["src/cli/", "src/main.rs"]),
    ("ring", &["src/secrets/", "src/providers/", "src/sandbox/"]),
];

const FILE_LINES_MAX: usize = 400;
const FILE_LINES_WARN: usize = 300;
const FILE_LINES_MEDIAN_MAX: usize = 150;
const FUNCTION_LINES_MAX: usize = 70;

/// A broken rule: at which byte of the file, and why.
type Finding = (usize, String);
type Rule = fn(&Source) -> Vec<Finding>;

fn imports_lower_floors_only(source: &Source) -> Vec<Finding> {
    let floor = |room: &str| FLOORS.iter().position(|rooms| rooms.contains(&room));
    let Some(room) = source.room() else {
        return Vec::new();
    };
    let Some(own) = floor(room) else {
        return vec![(0, format!("`{room}` is on no floor: give it one in tests/tidy.rs"))];
    };
    let mut findings = Vec::new();
    for (at, name) in rooms_named(source) {
        let allowed = name == room || SIDEWAYS.contains(&(room, name));
        if let Some(other) = floor(name).filter(|other| *other >= own && !allowed) {
            let reason = format!("`{room}` (floor {own}) imports `{name}` (floor {other}), not below it");
            findings.push((at, reason));
        }
    }
    findings
}

/// The names a file takes from the crate's root, through `crate::` or the `super::`s that lead there.
fn rooms_named(source: &Source) -> Vec<(usize, &str)> {
    let inside = source.path.trim_start_matches("src/").trim_end_matches("/mod.rs");
    let up = "super::".repeat(inside.split('/').count());
    let mut found = Vec::new();
    for (word, root) in [("crate", "crate::"), ("super", up.as_str())] {
        for at in names(&source.live, word).filter(|at| source.live[*at..].starts_with(root)) {
            found.extend(heads(&source.live, at + root.len()));
        }
    }
    found
}

fn third_party_crates_are_at_home(source: &Source) -> Vec<Finding> {
    let is_home = |place: &&str| source.path.starts_with(*place) || source.path.ends_with(*place);
    let mut findings = Vec::new();
    for (name, places) in HOMES.iter().filter(|(_, places)| !places.iter().any(is_home)) {
        for at in names(&source.live, name) {
            let (before, after) = (&source.live[..at], &source.live[at + name.len()..]);
            if after.starts_with("::") || before.ends_with("use ") && after.starts_with([';', ' ']) {
                findings.push((at, format!("`{name}` lives in {} only", places.join(" and "))));
            }
        }
    }
    findings
}

fn sql_is_in_stores(source: &Source) -> Vec<Finding> {
    if source.path.starts_with("src/db/") || source.path.ends_with("/store.rs") {
        return Vec::new();
    }
    let speaks_sql = |text: &str| {
        let mut words = text.split(|c| !is_word(c)).filter(|word| !word.is_empty());
        let has_verb = words.any(|word| ["SELECT", "INSERT", "UPDATE", "DELETE"].contains(&word));
        // One word alone is a name (of an HTTP method, say), not a statement.
        text.trim_start().starts_with("BEGIN") || has_verb && text.trim().contains(char::is_whitespace)
    };
    let found = source.literals.iter().filter(|inside| speaks_sql(&source.text[(*inside).clone()]));
    found.map(|inside| (inside.start, "SQL lives in src/db and in store.rs files only".to_owned())).collect()
}

fn files_are_short(source: &Source) -> Vec<Finding> {
    match source.live_lines() {
        0..=FILE_LINES_MAX => Vec::new(),
        lines => {
            vec![(0, format!("{lines} lines without tests, {FILE_LINES_MAX} at most: what can move out?"))]
        }
    }
}

fn functions_are_short(source: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    for at in names(&source.live, "fn").filter(|at| source.live[*at..].starts_with("fn ")) {
        let item = &source.live[at..];
        let lines = item[..item_bytes(item)].lines().count();
        if lines > FUNCTION_LINES_MAX {
            findings.push((at, format!("a function of {lines} lines, {FUNCTION_LINES_MAX} at most")));
        }
    }
    findings
}

fn begins_with_its_purpose(source: &Source) -> Vec<Finding> {
    let purpose = source.text.lines().next().and_then(|line| line.strip_prefix("//! "));
    match purpose {
        Some(words) if !words.trim().is_empty() => Vec::new(),
        _ => vec![(0, "the first line is `//! ` and what the file is for".to_owned())],
    }
}

fn forbidden(text: &str, words: &[&str], reason: &str) -> Vec<Finding> {
    let found = words.iter().flat_map(|word| text.match_indices(word));
    found.map(|(at, word)| (at, format!("`{word}`: {reason}"))).collect()
}

fn invariants_are_named(source: &Source) -> Vec<Finding> {
    forbidden(&source.live, &[".unwrap()", ".unwrap_err()"], "outside tests, `expect` what always holds")
}

fn ids_are_ordered_in_time(source: &Source) -> Vec<Finding> {
    forbidden(&source.live, &["Uuid::new_v4"], "random ids scatter over every index; see src/ids.rs")
}

fn everything_is_finished(source: &Source) -> Vec<Finding> {
    let words = ["todo!", "unimplemented!", "dbg!", "#[ignore"];
    forbidden(&source.code, &words, "finish it or leave it out; every test runs")
}

/// A provider is told from another by its table in `src/providers`. Comments may name it, and so may Bancontact's printed
/// codes; code, its texts and pages don't.
fn providers_are_told_apart_in_their_room(source: &Source) -> Vec<Finding> {
    // The sandbox's help says what it stands in for.
    const HOMES: [&str; 3] = ["src/providers/", "src/sandbox/", "src/cli/sandbox.rs"];
    const NAMES: [&str; 2] = ["multisafepay", "wooshpay"];
    if HOMES.iter().any(|home| source.path.starts_with(home)) {
        return Vec::new();
    }
    let texts = source.literals.iter().map(|inside| (inside.start, &source.text[inside.clone()]));
    let parts = texts.chain([(0, source.live.as_str())]);
    let findings = parts.flat_map(|(start, part)| {
        let found = forbidden(&part.to_ascii_lowercase(), &NAMES, "ask its table in src/providers");
        found.into_iter().map(move |(at, reason)| (start + at, reason))
    });
    findings.collect()
}

/// This file names what it forbids; licences and Cargo.lock are not in our words.
fn quotes(source: &Source) -> bool {
    source.path == "tests/tidy.rs" || source.path == "Cargo.lock" || source.path.starts_with("LICENSE")
}

fn paths_fit_every_machine(source: &Source) -> Vec<Finding> {
    let inside_a_longer_path = |c: char| is_word(c) || "./-}*".contains(c);
    let mut findings = forbidden(&source.text, &["/work/", "/root/", "/home/"], "that is one machine's path");
    findings.retain(|(at, _)| !source.text[..*at].ends_with(inside_a_longer_path));
    findings
}

#[rustfmt::skip]
fn words_fit_every_reader(source: &Source) -> Vec<Finding> {
    const MAKING: [&str; 12] = [
        "coding session", "earlier session", "previous session", "next session", "subagent", "language model",
        "ai assistant", "co-authored-by", "generated by ai", "see issue", "issue #", "issues #",
    ];
    const ELSEWHERE: [&str; 7] = [
        "architecture.md", "interface.md", "performance.md", "printing.md", "product.md", "providers.md", "style.md",
    ];
    const REGISTRIES: [&str; 5] =
        ["crates.io", "deb.debian.org", "pypi.org", "registry.npmjs.org", "proxy.golang.org"];
    let text = source.text.to_ascii_lowercase();
    let mut findings = forbidden(&text, &MAKING, "the project says what it does, not how it was made");
    findings.extend(forbidden(&text, &ELSEWHERE, "readers don't have this file; say what it says"));
    findings.extend(forbidden(&text, &REGISTRIES, "no package registry is named here"));
    findings
}

/// The names of an engine's migrations.
fn migrations<'a>(sources: &'a [Source], engine: &str) -> Vec<&'a str> {
    let folder = format!("migrations/{engine}/");
    sources.iter().filter_map(|source| source.path.strip_prefix(&folder)).collect()
}

fn median(mut numbers: Vec<usize>) -> usize {
    numbers.sort_unstable();
    numbers[numbers.len() / 2]
}

/// Asserts that in a sample the rule finds the lines marked `//~` and no other.
fn sample(rule: Rule, path: &str, text: &str) {
    let source = Source::new(path, text.trim_start());
    let mut found: Vec<usize> = rule(&source).iter().map(|(at, _)| source.line(*at)).collect();
    found.sort_unstable();
    let lines = source.text.lines().zip(1..);
    let marked: Vec<usize> = lines.filter(|(line, _)| line.contains("//~")).map(|(_, n)| n).collect();
    assert_eq!(found, marked, "found and marked lines differ in {path}:\n{}", source.text);
}

/// Fails with every place in the tree that breaks the rule.
fn holds(rule: Rule, applies: fn(&Source) -> bool) {
    let mut report = String::new();
    for source in tree().iter().filter(|source| applies(source)) {
        for (at, reason) in rule(source) {
            writeln!(report, "{}:{}: {reason}", source.path, source.line(at)).expect("a string takes all");
        }
    }
    assert!(report.is_empty(), "\n{report}");
}

#[test]
fn rooms_import_only_lower_floors() {
    let lane = "
use crate::media::Medium;
use crate::payments::settle; //~
use crate::{
    money::{Cents, web},
    web::Page, //~
};
use super::Account;
use super::super::helpdesk; //~
// crate::web
const A: &str = \"crate::web\";
fn f() {
    crate::jobs::step(); //~
}
#[cfg(test)]
mod tests {
    use crate::web::App;
}
";
    let rule = imports_lower_floors_only;
    sample(rule, "src/ledger/lane.rs", lane);
    sample(rule, "src/ledger/mod.rs", "use super::web::Page; //~\nuse crate::ledger::lane;\n");
    sample(rule, "src/payments/mod.rs", "use crate::terminals::Terminal; //~\n");
    sample(rule, "src/audit_log/store.rs", "use crate::db::Tx;\n");
    sample(rule, "src/db/mod.rs", "use crate::audit_log::Entry; //~\n");
    sample(rule, "src/attic/mod.rs", "//! A room without a floor. //~\n");
    holds(rule, Source::is_ours);
}

#[test]
fn third_party_crates_stay_in_their_homes() {
    let elsewhere = "
use sqlx::Row; //~
use qrcode; //~
use crate::print::qrcode::encode;
#[derive(clap::Parser)] //~
fn f(e: axum::Error) -> string::Text { axum_like::g() } //~
#[cfg(test)]
use reqwest::Client;
";
    let rule = third_party_crates_are_at_home;
    sample(rule, "src/jobs/mod.rs", elsewhere);
    sample(rule, "src/media/store.rs", "use sqlx::Row;\nuse ring::hmac; //~\n");
    sample(rule, "src/web/health.rs", "use axum::Router;\nuse sqlx::Row; //~\n");
    holds(rule, Source::is_ours);
}

#[test]
fn sql_is_written_in_stores_only() {
    let elsewhere = r##"
run("SELECT 1"); //~
run(r#" UPDATE t SET a = 1 "#); //~
run("BEGIN IMMEDIATE"); //~
say("-----BEGIN PUBLIC KEY-----", "Select one", "DELETE");
// "SELECT 1"
#[cfg(test)]
const A: &str = "SELECT 1";
"##;
    sample(sql_is_in_stores, "src/ledger/lane.rs", elsewhere);
    sample(sql_is_in_stores, "src/ledger/store.rs", "run(\"DELETE FROM t\");\n");
    holds(sql_is_in_stores, Source::is_ours);
}

#[test]
fn files_are_short_enough_to_read() {
    let lines = "let a = 1;\n".repeat(FILE_LINES_MAX);
    sample(files_are_short, "src/web/a.rs", &format!("use a; //~\n{lines}"));
    sample(files_are_short, "src/web/a.rs", &format!("{lines}#[cfg(test)]\nmod tests {{\n{lines}}}\n"));
    holds(files_are_short, Source::is_ours);

    let sources: Vec<Source> = tree().into_iter().filter(Source::is_ours).collect();
    let half = median(sources.iter().map(Source::live_lines).collect());
    assert_eq!(median(vec![3, 900, 1]), 3);
    assert!(half <= FILE_LINES_MEDIAN_MAX, "half of the files have {half} lines or more");
    for source in sources.iter().filter(|source| source.live_lines() > FILE_LINES_WARN) {
        let lines = source.live_lines();
        // Straight to the terminal: what a passing test prints otherwise is not shown.
        writeln!(std::io::stderr(), "warning: {} has {lines} lines without tests", source.path)
            .expect("a test can write to its terminal");
    }
}

#[test]
fn functions_are_short_enough_to_read() {
    let lines = "let a = 1;\n".repeat(FUNCTION_LINES_MAX - 1);
    sample(functions_are_short, "src/web/a.rs", &format!("pub fn a(b: [u8; 2]) {{ //~\n{lines}}}\n"));
    sample(functions_are_short, "src/web/a.rs", &format!("trait T {{\nfn a();\n{lines}\n{lines}}}\n"));
    holds(functions_are_short, Source::is_ours);
}

#[test]
fn every_file_begins_with_its_purpose() {
    sample(begins_with_its_purpose, "src/money.rs", "use std::fmt; //~\n");
    sample(begins_with_its_purpose, "src/money.rs", "//!//~\n");
    sample(begins_with_its_purpose, "src/money.rs", "//! Amounts.\n");
    holds(begins_with_its_purpose, |source| source.path.ends_with(".rs"));
}

#[test]
fn live_code_neither_unwraps_nor_draws_random_ids() {
    let unwraps = "a.unwrap(); //~\na.unwrap_or(b);\n#[cfg(test)]\nmod tests { fn f() { a.unwrap(); } }\n";
    let draws =
        "Uuid::new_v4(); //~\nUuid::now_v7();\n#[cfg(test)]\nmod tests { fn f() { Uuid::new_v4(); } }\n";
    sample(invariants_are_named, "src/money.rs", unwraps);
    sample(ids_are_ordered_in_time, "src/money.rs", draws);
    holds(invariants_are_named, Source::is_ours);
    holds(ids_are_ordered_in_time, Source::is_ours);
}

#[test]
fn no_room_and_no_page_tells_providers_apart_by_name() {
    let elsewhere = "
//! Accounts at WooshPay.
if name == ProviderName::WooshPay {} //~
say(\"give it an account at MultiSafepay\"); //~
say(\"Bancontact's code is printed\");
#[cfg(test)]
const A: ProviderName = ProviderName::WooshPay;
";
    let rule = providers_are_told_apart_in_their_room;
    sample(rule, "src/web/console/a.rs", elsewhere);
    sample(rule, "src/providers/a.rs", "const TITLE: &str = \"WooshPay\";\n");
    sample(rule, "templates/a.html", "<p>MultiSafepay's id //~\n<p>{{ title }}'s id\n");
    holds(rule, |source| {
        source.is_ours() || source.path.starts_with("templates/") || source.path.starts_with("assets/")
    });
}

#[test]
fn everything_is_finished_and_every_test_runs() {
    let unfinished = "
todo!(); //~
// dbg!
#[cfg(test)]
mod tests {
    #[test]
    #[ignore = \"slow\"] //~
    fn f() { dbg!(1); } //~
}
";
    sample(everything_is_finished, "src/money.rs", unfinished);
    sample(everything_is_finished, "tests/suite/main.rs", "fn f() { unimplemented!() } //~\n");
    holds(everything_is_finished, |source| source.path.ends_with(".rs"));
}

#[test]
fn words_fit_every_machine_and_every_reader() {
    let paths = "cd /root/polsband //~\n`/work/x` //~\nhttps://a.example/home/\nProtectHome=/home\n";
    let words =
        "See issue 4. //~\nissue 24 wristbands\nas PRODUCT.md says //~\nfrom crates.io //~\nsign out\n";
    sample(paths_fit_every_machine, "README.md", paths);
    sample(words_fit_every_reader, "README.md", words);
    holds(paths_fit_every_machine, |source| !quotes(source));
    holds(words_fit_every_reader, |source| !quotes(source));
}

#[test]
fn both_engines_have_the_same_migrations() {
    let sources =
        ["migrations/sqlite/0001_a.sql", "migrations/postgres/0001_b.sql"].map(|p| Source::new(p, ""));
    assert_ne!(migrations(&sources, "sqlite"), migrations(&sources, "postgres"));
    let tree = tree();
    assert_eq!(
        migrations(&tree, "sqlite"),
        migrations(&tree, "postgres"),
        "one engine lacks what the other has"
    );
}
