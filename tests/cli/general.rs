//! What holds for every command: the manual, exit codes, pipes, settings, the key file.

use crate::desk::{Desk, PROFILE, finished};
use std::fs;
use std::os::unix::fs::PermissionsExt;

const COMMANDS: [&str; 15] = [
    "demo",
    "serve",
    "event",
    "point-of-sale",
    "media",
    "batch",
    "sheet",
    "reconcile",
    "callback",
    "ledger",
    "operator",
    "terminal",
    "backup",
    "migrate",
    "sandbox",
];

#[test]
fn help_is_a_manual_with_commands_settings_and_exit_codes() {
    let desk = Desk::with_sqlite();
    let manual = desk.does(&["--help"]);
    for command in COMMANDS {
        assert!(manual.contains(&format!("\n  {command} ")), "{command} is missing");
        assert!(desk.does(&[command, "--help"]).contains(&format!("Usage: polsband {command}")));
    }
    let sandbox = desk.does(&["sandbox", "--help"]);
    for part in [
        "/sandbox/orders/ORDER/refunds/finish",
        "/sandbox/notices/release",
        "charged-back",
        "answers_hang",
        "wrong-subject",
        "/sandbox/payments/ID/move",
        "currency (as USD)",
        "received_cents",
        "/sandbox/multisafepay/key",
    ] {
        assert!(sandbox.contains(part), "{part} is missing");
    }
    for part in ["First steps:", "DATABASE_URL", "POLSBAND_PUBLIC_URL", "POLSBAND_KEY_FILE", "Exit codes:"] {
        assert!(manual.contains(part), "{part} is missing");
    }
    assert!(manual.lines().all(|line| line.chars().count() <= 100), "a line is too long for a terminal");
    assert!(desk.does(&["--version"]).starts_with("polsband "));
    assert_eq!(fs::read_dir(desk.folder()).unwrap().count(), 0, "help opens nothing");
}

#[test]
fn what_is_no_command_is_bad_usage() {
    let desk = Desk::with_sqlite();
    for args in [&[][..], &["festival"], &["event"], &["event", "list", "--loud"], &["event", "show"]] {
        let ran = desk.run(args);
        assert_eq!(ran.code, 2, "{args:?}");
        assert!(ran.err.contains("Usage: polsband"), "{args:?}: {}", ran.err);
    }
}

#[test]
fn results_go_to_standard_output_and_nothing_else_does() {
    let desk = Desk::with_sqlite();
    desk.with_summer();
    let ran = desk.run(&["media", "issue", "summer", "--count", "3000", "--kind", "card"]);
    assert_eq!(ran.out.trim_end().len(), 36, "the id and nothing else: {}", ran.out);
    assert!(!ran.err.contains("3,000"), "no progress bar on a pipe: {}", ran.err);
    let empty = Desk::with_sqlite();
    assert_eq!(empty.prints(&["event", "list"]), serde_json::json!([]));
    assert_eq!(empty.does(&["event", "list"]), "");
}

#[test]
fn a_pipe_that_nobody_reads_ends_quietly() {
    let desk = Desk::with_sqlite();
    desk.with_summer();
    let mut child = desk.starts(&["event", "list"]);
    drop(child.stdout.take());
    let ran = finished(child);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
}

#[test]
fn all_mistakes_in_the_settings_are_said_at_once() {
    let desk = Desk::with_sqlite();
    fs::write(desk.path("polsband.toml"), "listen = 'here'\nlisten_on = 'there'\n").unwrap();
    let mut command = desk.command(&["event", "list", "--database-url", "mysql://root:hunter2@db/x"]);
    let output = command.env("POLSBAND_METRICS_ALLOW", "everybody").output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    for mistake in [
        "\"listen_on\" in polsband.toml: there is no such setting",
        "POLSBAND_LISTEN (as listen in polsband.toml): \"here\" is not an address; it takes an IP address and a port",
        "POLSBAND_METRICS_ALLOW: \"everybody\" is not a network; it takes",
        "DATABASE_URL (as --database-url): this names no database we can use; it takes sqlite://",
    ] {
        assert!(said.contains(mistake), "{mistake} is missing from\n{said}");
    }
    assert!(!said.contains("hunter2"), "{said}");
    assert!(!desk.path("polsband-data").exists(), "nothing is opened with wrong settings");
}

#[test]
fn settings_may_stand_in_a_file_of_another_name() {
    let desk = Desk::with_sqlite();
    fs::write(desk.path("other.toml"), "database_url = 'sqlite://other.db'\nkey_file = 'other.key'\n")
        .unwrap();
    desk.does(&["--config", "other.toml", "event", "list"]);
    assert!(desk.path("other.db").exists() && desk.path("other.key").exists());
    assert!(
        desk.rejects(&["--config", "missing.toml", "event", "list"]).contains("missing.toml can't be read")
    );
    fs::write(desk.path("binary.toml"), [0xff, 0xfe]).unwrap();
    assert!(desk.rejects(&["--config", "binary.toml", "event", "list"]).contains("it is not UTF-8"));
    fs::write(desk.path("huge.toml"), "#".repeat(70_000)).unwrap();
    assert!(desk.rejects(&["--config", "huge.toml", "event", "list"]).contains("longer than 65536 bytes"));
}

#[test]
fn the_first_command_makes_a_database_and_a_key_file_for_its_owner_alone() {
    let desk = Desk::with_sqlite();
    desk.does(&["event", "list"]);
    let mode = |name: &str| fs::metadata(desk.path(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode("polsband-data"), 0o700);
    assert_eq!(mode("polsband-data/secret.key"), 0o600);
    assert!(desk.path("polsband-data/polsband.db").exists());
}

#[test]
fn a_database_is_used_with_its_own_key_file_only() {
    let desk = Desk::with_sqlite();
    desk.with_summer().issues(3);
    let key = desk.path("polsband-data/secret.key");
    let kept = fs::read(&key).unwrap();
    fs::remove_file(&key).unwrap();
    assert!(desk.refuses(&["event", "list"]).contains("the key file of this database is missing"));
    assert!(!key.exists(), "none is made in its place");

    fs::write(&key, "ab".repeat(32)).unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    let said = desk.refuses(&["event", "list"]);
    assert!(said.contains("belongs to another database") && said.contains("POLSBAND_KEY_FILE"), "{said}");

    fs::write(&key, kept).unwrap();
    desk.does(&["event", "show", "summer"]);
}

#[test]
fn a_database_that_can_not_be_reached_is_said() {
    let desk = Desk::with_sqlite();
    let nobody = "postgres://polsband@127.0.0.1:1/polsband";
    let said = desk.refuses(&["event", "list", "--database-url", nobody]);
    assert!(said.contains("the database can't be opened"), "{said}");
    fs::write(desk.path("garbage.db"), "this is not a database, whatever its name says").unwrap();
    let said = desk.refuses(&["event", "list", "--database-url", "sqlite://garbage.db"]);
    assert!(said.contains("the database can't be opened"), "{said}");
}

#[test]
fn whoever_types_stands_in_the_audit_log() {
    let desk = Desk::with_sqlite();
    desk.with_summer();
    let actor = format!("command-line:{}", desk.user());
    assert_ne!(desk.user(), "tester", "the environment says so, and is not asked");
    assert_eq!(desk.audit_log(), [[actor.as_str(), "event created", "summer"].map(str::to_owned)]);
}

#[test]
fn tables_are_brought_up_to_date_alone_too() {
    crate::desk::on_both_engines(|desk| {
        assert!(desk.does(&["migrate"]).contains("up to date"));
        assert!(desk.prints(&["migrate"])["engine"].is_string());
        assert!(!desk.path("polsband-data/secret.key").exists(), "keys are not its business");
    });
    let desk = Desk::with_sqlite();
    desk.refuses(&["migrate", "--database-url", "postgres://polsband@127.0.0.1:1/polsband"]);
}

#[test]
fn a_setting_that_a_command_does_not_use_is_bad_usage() {
    let desk = Desk::with_sqlite();
    fs::write(desk.path("polsband.toml"), "").unwrap();
    for setting in [
        ["--database-url", "sqlite://other.db"],
        ["--public-url", "https://pay.festival.example"],
        ["--key-file", "other.key"],
        ["--config", "polsband.toml"],
    ] {
        let check =
            ["--key-set", "a", "--signature", "b", "--body", "c", "--url", "d", "--profile-id", PROFILE];
        for command in [&["demo"][..], &["sandbox"], &[&["callback", "check"][..], &check].concat()] {
            let said = desk.rejects(&[command, &setting].concat());
            assert!(said.contains(&format!("{}: ", setting[0])) && said.contains("leave it out"), "{said}");
        }
    }
    assert_eq!(fs::read_dir(desk.folder()).unwrap().count(), 1, "nothing is begun");
}

#[test]
fn the_demo_is_for_this_machine() {
    let desk = Desk::with_sqlite();
    let said = desk.rejects(&["demo", "--listen", "192.0.2.1:8080"]);
    assert!(said.contains("--listen") && said.contains("127.0.0.1:8080"), "{said}");
    assert!(desk.rejects(&["demo", "--listen", "localhost"]).contains("is not an address"));
}
