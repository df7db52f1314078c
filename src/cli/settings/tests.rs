//! Which source counts, what is taken, and that every mistake is named at once.

use super::*;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

type Env<'a> = &'a [(&'a str, &'a str)];

fn read(toml: &str, env: Env<'_>, flags: &Flags) -> Result<Settings, Vec<String>> {
    let file = TomlFile { name: "polsband.toml".to_owned(), text: toml.to_owned() };
    let env = |name: &str| env.iter().find(|(key, _)| *key == name).map(|(_, value)| OsString::from(value));
    let sources = Sources { file: Some(&file), env: &env, flags };
    Settings::read(&sources).map_err(|mistakes| mistakes.iter().map(Mistake::to_string).collect())
}

fn of_env(env: Env<'_>) -> Settings {
    read("", env, &Flags::default()).unwrap()
}

fn mistakes(toml: &str, env: Env<'_>) -> Vec<String> {
    read(toml, env, &Flags::default()).unwrap_err()
}

#[test]
fn without_any_source_there_are_defaults() {
    let sources = Sources { file: None, env: &|_| None, flags: &Flags::default() };
    let settings = Settings::read(&sources).unwrap();
    assert_eq!(settings.database_url, "sqlite://polsband-data/polsband.db");
    assert_eq!(settings.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(settings.public_url.as_str(), "http://127.0.0.1:8080");
    assert!(!settings.public_url_is_given);
    assert_eq!(settings.key_file, PathBuf::from("polsband-data/secret.key"));
    assert!(settings.trusted_proxies.is_empty() && settings.metrics_allow.is_empty());
    assert_eq!((settings.console_listen, settings.visitor_listen), (None, None));
}

#[test]
fn a_flag_counts_before_the_environment_and_that_before_the_file() {
    let toml = "listen = '127.0.0.1:1'\nkey_file = 'a.key'\ndatabase_url = 'sqlite://a.db'\n";
    let env = [("POLSBAND_LISTEN", "127.0.0.1:2"), ("POLSBAND_KEY_FILE", "b.key")];
    let flags = Flags {
        listeners: ListenFlags { listen: Some("127.0.0.1:3".to_owned()), ..ListenFlags::default() },
        ..Flags::default()
    };
    let settings = read(toml, &env, &flags).unwrap();
    assert_eq!(settings.listen.port(), 3);
    assert_eq!(settings.key_file, PathBuf::from("b.key"));
    assert_eq!(settings.database_url, "sqlite://a.db");
}

#[test]
fn every_setting_may_stand_in_every_source() {
    let values = [
        (Setting::DatabaseUrl, "postgres://polsband@db.example/polsband"),
        (Setting::DatabasePooler, "transaction"),
        (Setting::Listen, "[::1]:9000"),
        (Setting::PublicUrl, "https://pay.festival.example/"),
        (Setting::TrustedProxies, "10.0.0.0/8, 192.168.1.7"),
        (Setting::MetricsAllow, "fd00::/8"),
        (Setting::ConsoleListen, "127.0.0.1:9001"),
        (Setting::VisitorListen, "127.0.0.1:9002"),
        (Setting::KeyFile, "other.key"),
    ];
    assert_eq!(values.map(|(setting, _)| setting), Setting::ALL);
    let toml: String = values.iter().map(|(s, value)| format!("{} = {value:?}\n", s.key())).collect();
    let env = values.map(|(setting, value)| (setting.name(), value));
    let value = |setting| values.iter().find(|(s, _)| *s == setting).map(|(_, value)| (*value).to_owned());
    let flags = Flags {
        database_url: value(Setting::DatabaseUrl),
        database_pooler: value(Setting::DatabasePooler),
        public_url: value(Setting::PublicUrl),
        key_file: value(Setting::KeyFile),
        listeners: ListenFlags {
            listen: value(Setting::Listen),
            trusted_proxies: value(Setting::TrustedProxies),
            metrics_allow: value(Setting::MetricsAllow),
            console_listen: value(Setting::ConsoleListen),
            visitor_listen: value(Setting::VisitorListen),
        },
    };
    let from_env = of_env(&env);
    assert_eq!(read(&toml, &[], &Flags::default()).unwrap(), from_env);
    assert_eq!(read("", &[], &flags).unwrap(), from_env);
    assert_eq!(from_env.public_url.as_str(), "https://pay.festival.example");
    let networks: Vec<String> = from_env.trusted_proxies.iter().map(ToString::to_string).collect();
    assert_eq!(networks, ["10.0.0.0/8", "192.168.1.7/32"]);
    assert!(from_env.warnings().is_empty());
}

#[test]
fn a_list_in_the_file_is_a_list_and_an_empty_variable_is_none() {
    let toml = "trusted_proxies = ['10.0.0.0/8', '::1']\n";
    assert_eq!(read(toml, &[], &Flags::default()).unwrap().trusted_proxies.len(), 2);
    let settings = of_env(&[("POLSBAND_TRUSTED_PROXIES", ""), ("POLSBAND_LISTEN", ""), ("DATABASE_URL", "")]);
    assert_eq!(settings, of_env(&[]));
}

#[test]
fn all_mistakes_are_named_together_with_what_each_setting_takes() {
    let toml = "listen = 8080\nlisten_adress = 'x'\nconsole_listen = 'localhost'\n[server]\nport = 1\n";
    let env = [
        ("DATABASE_URL", "mysql://root:hunter2@db/polsband"),
        ("POLSBAND_PUBLIC_URL", "http://pay.festival.example"),
        ("POLSBAND_DATABASE_POOLER", "statement"),
        ("POLSBAND_TRUSTED_PROXIES", "10.0.0.0/33,x"),
    ];
    let mistakes = mistakes(toml, &env);
    let begins = [
        "\"listen_adress\" in polsband.toml: there is no such setting; there are console_listen, database_pooler,",
        "\"server\" in polsband.toml: there is no such setting",
        "DATABASE_URL: this names no database we can use; it takes sqlite://",
        "POLSBAND_DATABASE_POOLER: \"statement\" is not a kind of pooler: it is one of none, transaction; it takes",
        "POLSBAND_LISTEN (as listen in polsband.toml): it is integer in the file, not a text in quotes; it takes an IP",
        "POLSBAND_PUBLIC_URL: \"http://pay.festival.example\"",
        "POLSBAND_TRUSTED_PROXIES: \"10.0.0.0/33\" is not a network; it takes networks",
        "POLSBAND_CONSOLE_LISTEN (as console_listen in polsband.toml): \"localhost\" is not an address; it takes an",
    ];
    assert_eq!(mistakes.len(), begins.len(), "{mistakes:#?}");
    for (mistake, begin) in mistakes.iter().zip(begins) {
        assert!(mistake.starts_with(begin), "{mistake}\nshould begin with\n{begin}");
        assert!(!mistake.contains("hunter2"), "{mistake}");
    }
}

#[test]
fn a_file_that_is_no_toml_is_one_mistake_beside_the_others() {
    let toml = "listen = '127.0.0.1:1'\ndatabase_url = 'postgres://u:hunter2@h\n";
    let mistakes = mistakes(toml, &[("POLSBAND_LISTEN", "x")]);
    assert_eq!(mistakes.len(), 2);
    assert!(mistakes[0].starts_with("polsband.toml: line 2 can't be read as TOML"), "{}", mistakes[0]);
    assert!(!mistakes[0].contains("hunter2"), "{}", mistakes[0]);
}

#[test]
fn a_variable_that_is_not_utf_8_is_a_mistake() {
    let env = |name: &str| (name == "POLSBAND_KEY_FILE").then(|| OsStr::from_bytes(b"\xff").to_owned());
    let mistakes = Settings::read(&Sources { file: None, env: &env, flags: &Flags::default() }).unwrap_err();
    assert_eq!(mistakes.len(), 1);
    assert!(mistakes[0].to_string().starts_with("POLSBAND_KEY_FILE: it is not UTF-8; it takes the path"));
}

#[test]
fn databases_we_can_not_use_are_refused_without_repeating_the_url() {
    for url in ["polsband.db", "sqlite::memory:", "sqlite://x?mode=memory", "postgres://", "mysql://h/secret"]
    {
        let mistakes = mistakes("", &[("DATABASE_URL", url)]);
        assert_eq!(mistakes.len(), 1, "{url}");
        assert!(
            !mistakes[0].contains("secret") && mistakes[0].contains("it takes sqlite://"),
            "{mistakes:?}"
        );
    }
    for url in
        ["sqlite:polsband.db", "sqlite:///var/lib/p.db?mode=rwc", "postgresql://u:p@h:5433/n?sslmode=require"]
    {
        assert_eq!(of_env(&[("DATABASE_URL", url)]).database_url, url);
    }
}

#[test]
fn the_public_url_follows_the_listener_where_that_is_this_machine() {
    let url = |listen| of_env(&[("POLSBAND_LISTEN", listen)]).public_url.as_str().to_owned();
    assert_eq!(url("127.0.0.2:81"), "http://127.0.0.2:81");
    assert_eq!(url("[::1]:81"), "http://[::1]:81");
    assert_eq!(url("0.0.0.0:81"), "http://127.0.0.1:81");
    assert_eq!(url("[::]:81"), "http://[::1]:81");
    let mistakes = mistakes("", &[("POLSBAND_LISTEN", "192.168.1.5:80")]);
    assert_eq!(mistakes.len(), 1);
    assert!(mistakes[0].starts_with("POLSBAND_PUBLIC_URL: is needed"), "{}", mistakes[0]);
}

#[test]
fn plain_http_is_warned_of_and_an_unprintable_address_refused() {
    assert!(of_env(&[]).warnings()[0].contains("POLSBAND_PUBLIC_URL is http://127.0.0.1:8080"));
    assert!(of_env(&[("POLSBAND_PUBLIC_URL", "http://localhost:9")]).public_url_is_given);
    for wrong in ["https://pay_here.festival.example", "https://[2001:db8::1]", "https://a.example/~x", "x"] {
        let mistakes = mistakes("", &[("POLSBAND_PUBLIC_URL", wrong)]);
        assert_eq!(mistakes.len(), 1, "{wrong}");
        assert!(mistakes[0].contains("it takes the https address"), "{}", mistakes[0]);
    }
}

#[test]
fn a_public_url_with_a_path_is_refused_because_nothing_is_served_there() {
    for wrong in ["https://a.example/base", "https://a.example/base/", "http://127.0.0.1:8080/x"] {
        let mistakes = mistakes("", &[("POLSBAND_PUBLIC_URL", wrong)]);
        assert_eq!(mistakes.len(), 1, "{wrong}");
        assert!(
            mistakes[0].contains("has a path") && mistakes[0].contains("leave the path out"),
            "{mistakes:?}"
        );
    }
    assert_eq!(
        of_env(&[("POLSBAND_PUBLIC_URL", "https://a.example/")]).public_url.as_str(),
        "https://a.example"
    );
}

#[test]
fn debug_shows_no_password_of_the_database() {
    let settings = of_env(&[("DATABASE_URL", "postgres://polsband:hunter2@db.example/polsband")]);
    let shown = format!("{settings:?}");
    assert!(shown.contains("127.0.0.1:8080") && !shown.contains("hunter2"), "{shown}");
}

#[test]
fn the_bound_port_takes_the_place_of_port_0() {
    let settings = of_env(&[("POLSBAND_LISTEN", "127.0.0.1:0")]);
    let served = settings.served_at("127.0.0.1:4321".parse().unwrap());
    assert_eq!(served.public_url.as_str(), "http://127.0.0.1:4321");
    let given = of_env(&[("POLSBAND_PUBLIC_URL", "https://a.example")]);
    assert_eq!(given.served_at("127.0.0.1:4321".parse().unwrap()).public_url.as_str(), "https://a.example");
}

#[test]
fn two_listeners_do_not_share_an_address() {
    let mistakes = mistakes(
        "",
        &[("POLSBAND_CONSOLE_LISTEN", "127.0.0.1:8080"), ("POLSBAND_VISITOR_LISTEN", "127.0.0.1:8080")],
    );
    assert_eq!(mistakes.len(), 2);
    assert!(mistakes[0].starts_with("POLSBAND_CONSOLE_LISTEN: 127.0.0.1:8080 is taken by POLSBAND_LISTEN"));
    let free = [("POLSBAND_LISTEN", "127.0.0.1:0"), ("POLSBAND_CONSOLE_LISTEN", "127.0.0.1:0")];
    assert!(of_env(&free).console_listen.is_some());
}
