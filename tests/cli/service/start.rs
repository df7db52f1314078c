//! Mistakes at the start: one clear line, an exit code, and nothing half begun.

use super::harness::{Program, Server};
use crate::desk::{Desk, on_both_engines};
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;

const SERVE: [&str; 3] = ["serve", "--listen", "127.0.0.1:0"];

/// What a command says when it ends by itself, with nothing on its standard output.
#[track_caller]
fn says(desk: &Desk, expected: i32, args: &[&str], environment: &[(&str, &str)]) -> String {
    let mut command = desk.command(args);
    command.envs(environment.iter().copied());
    let ran = Program::start(command).ended();
    assert_eq!((ran.code, ran.out.as_str()), (expected, ""), "{args:?}: {}", ran.err);
    assert!(ran.err.starts_with("polsband: "), "{args:?}: {}", ran.err);
    ran.err
}

/// A refusal (1), in one line.
#[track_caller]
fn refuses(desk: &Desk, args: &[&str], environment: &[(&str, &str)]) -> String {
    let said = says(desk, 1, args, environment);
    assert_eq!(said.lines().count(), 1, "{said}");
    said
}

/// Wrong settings (2), a line for each of them.
#[track_caller]
fn rejects(desk: &Desk, mistakes: usize, args: &[&str], environment: &[(&str, &str)]) -> String {
    let said = says(desk, 2, args, environment);
    assert_eq!(said.lines().filter(|line| line.starts_with("  ")).count(), mistakes, "{said}");
    said
}

#[test]
fn a_port_that_is_taken_is_named_with_its_setting() {
    on_both_engines(|desk| {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = taken.local_addr().unwrap().to_string();
        for (args, setting) in [
            (&["serve", "--listen", &address][..], "POLSBAND_LISTEN"),
            (&["demo", "--listen", &address], "POLSBAND_LISTEN"),
            (&["sandbox", "--listen", &address], "--listen"),
        ] {
            let said = refuses(desk, args, &[]);
            assert!(said.contains(&format!("{setting}: {address} can't be listened on")), "{said}");
            assert!(said.contains("in use"), "{said}");
        }
        for setting in ["POLSBAND_CONSOLE_LISTEN", "POLSBAND_VISITOR_LISTEN"] {
            let said = refuses(desk, &SERVE, &[(setting, &address)]);
            assert!(said.contains(&format!("{setting}: {address} can't be listened on")), "{said}");
        }
        assert!(!desk.path("polsband-data/polsband.db").exists(), "nothing was opened");
    });
}

#[test]
fn a_database_of_a_newer_version_is_left_alone() {
    on_both_engines(|desk| {
        desk.with_summer();
        desk.tampers(
            "INSERT INTO _sqlx_migrations (version, description, installed_on, success, checksum, execution_time)
             SELECT 9999, 'future', installed_on, success, checksum, execution_time FROM _sqlx_migrations
             WHERE version = 1",
        );
        for args in [&SERVE[..], &["migrate"], &["event", "list"]] {
            let said = refuses(desk, args, &[]);
            assert!(said.contains("tables are newer than this program (migration 9999"), "{said}");
        }
        desk.tampers("DELETE FROM _sqlx_migrations WHERE version = 9999");
        desk.does(&["event", "show", "summer"]);
    });
}

#[test]
fn a_service_starts_with_its_own_key_file_only() {
    on_both_engines(|desk| {
        desk.with_summer();
        let key = desk.path("polsband-data/secret.key");
        let kept = fs::read(&key).unwrap();
        let writes = |content: &[u8], mode: u32| {
            fs::write(&key, content).unwrap();
            fs::set_permissions(&key, fs::Permissions::from_mode(mode)).unwrap();
        };
        fs::remove_file(&key).unwrap();
        assert!(refuses(desk, &SERVE, &[]).contains("the key file of this database is missing"));
        assert!(!key.exists());
        for garbled in [&b""[..], b"not a key", &[0xff; 64], &kept[..kept.len() - 9]] {
            writes(garbled, 0o600);
            let said = refuses(desk, &SERVE, &[]);
            assert!(said.contains("is not a key file") && said.contains("64 hexadecimal digits"), "{said}");
        }
        writes("ab".repeat(32).as_bytes(), 0o600);
        let said = refuses(desk, &SERVE, &[]);
        assert!(said.contains("belongs to another database") && !said.contains("abab"), "{said}");
        writes(&kept, 0o644);
        assert!(refuses(desk, &SERVE, &[]).contains("run chmod 600 on it"));
        let elsewhere = [("POLSBAND_KEY_FILE", "no/such.key")];
        assert!(refuses(desk, &SERVE, &elsewhere).contains("looked for at no/such.key"));
        writes(&kept, 0o600);
        desk.does(&["event", "show", "summer"]);
    });
}

#[test]
fn a_database_that_can_not_be_had_is_named_without_its_password() {
    let desk = Desk::with_sqlite();
    for (url, server) in [
        ("postgres://anna:hunter2@127.0.0.1:1/festival", "127.0.0.1:1"),
        ("postgres://anna:hunter2@nowhere.invalid/festival", "nowhere.invalid:5432"),
    ] {
        let said = refuses(&desk, &SERVE, &[("DATABASE_URL", url)]);
        assert!(said.contains(&format!("the PostgreSQL server at {server} can't be used: ")), "{said}");
        assert!(!said.contains("hunter2") && !said.contains("pool"), "{said}");
    }
    for url in ["mysql://anna:hunter2@db/festival", "festival.db", "postgres://", "sqlite::memory:"] {
        let said = rejects(&desk, 1, &SERVE, &[("DATABASE_URL", url)]);
        assert!(
            said.contains("DATABASE_URL: this names no database we can use; it takes sqlite://"),
            "{said}"
        );
        assert!(!said.contains("hunter2"), "{said}");
    }
    fs::write(desk.path("garbage.db"), "this is not a database, whatever its name says").unwrap();
    fs::create_dir(desk.path("folder.db")).unwrap();
    for file in ["garbage.db", "folder.db", "/dev/null/festival.db"] {
        let said = refuses(&desk, &SERVE, &[("DATABASE_URL", &format!("sqlite://{file}"))]);
        assert!(said.contains("the database can't be opened"), "{said}");
    }
    assert!(!desk.path("polsband-data").exists());
}

#[test]
fn a_role_or_database_that_a_server_does_not_know_is_said() {
    on_both_engines(|desk| {
        let url = desk.database_url();
        if url.starts_with("postgres:") {
            let said = refuses(desk, &SERVE, &[("DATABASE_URL", &format!("{url}_not"))]);
            assert!(said.contains("can't be used: ") && said.contains("does not exist"), "{said}");
        }
    });
}

#[test]
fn settings_that_can_not_be_right_are_said_together_and_begin_nothing() {
    on_both_engines(|desk| {
        let config = |name: &str, content: &[u8]| fs::write(desk.path(name), content).unwrap();
        config("garbage.toml", b"listen = [");
        config("unknown.toml", b"listn = '127.0.0.1:0'\npublic_url = 5\n");
        config("binary.toml", &[0xff, 0xfe]);
        fs::create_dir(desk.path("folder.toml")).unwrap();
        let with = |file| ["--config", file, "serve"];
        assert!(
            rejects(desk, 1, &with("garbage.toml"), &[])
                .contains("garbage.toml: line 1 can't be read as TOML")
        );
        let said = rejects(desk, 2, &with("unknown.toml"), &[]);
        assert!(said.contains("\"listn\" in unknown.toml: there is no such setting"), "{said}");
        for unreadable in ["missing.toml", "folder.toml", "binary.toml"] {
            let said = rejects(desk, 0, &with(unreadable), &[]);
            assert!(said.contains(&format!("the settings file {unreadable} can't be read: ")), "{said}");
            assert_eq!(said.lines().count(), 1, "{said}");
        }
        // Others reach it, so how they do can't be guessed.
        let said = rejects(desk, 1, &["serve", "--listen", "192.0.2.1:8080"], &[]);
        assert!(said.contains("POLSBAND_PUBLIC_URL: is needed"), "{said}");
        let wrong = [("POLSBAND_TRUSTED_PROXIES", "everybody"), ("POLSBAND_PUBLIC_URL", "ftp://bar")];
        let said = rejects(desk, 3, &["serve", "--listen", "here"], &wrong);
        for setting in ["POLSBAND_LISTEN", "POLSBAND_TRUSTED_PROXIES", "POLSBAND_PUBLIC_URL"] {
            assert!(said.contains(&format!("\n  {setting}")), "{said}");
        }
        assert!(!desk.path("polsband-data").exists());
    });
}

#[test]
fn a_service_that_nobody_can_sign_in_to_says_how_the_first_admin_gets_in() {
    on_both_engines(|desk| {
        let server = Server::start(desk);
        let hint = format!("Nobody can sign in at {}/console yet.", server.url);
        let said = server.stopped().err;
        assert!(
            said.contains(&hint) && said.contains("polsband operator add ADDRESS --role admin"),
            "{said}"
        );
        desk.does(&["operator", "add", "boss@festival.example", "--role", "admin"]);
        let said = Server::start(desk).stopped().err;
        assert!(!said.contains("Nobody can sign in"), "{said}");
    });
}

#[test]
fn a_demo_without_a_folder_says_so() {
    let desk = Desk::with_sqlite();
    fs::write(desk.path("file"), "mine").unwrap();
    assert!(refuses(&desk, &["demo", "--data", "file"], &[]).contains("--data: file can't be made"));
    assert_eq!(fs::read(desk.path("file")).unwrap(), b"mine");
}
