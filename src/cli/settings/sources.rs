//! Where settings come from, which of several values counts, and what is said of a wrong one.

use clap::Args;
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fmt;

/// Longest text that is repeated in a mistake, in characters.
const SHOWN_CHARS_MAX: usize = 60;

/// One setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    /// The database.
    DatabaseUrl,
    /// What stands before it.
    DatabasePooler,
    /// The main listener.
    Listen,
    /// The service's address to the world.
    PublicUrl,
    /// Believed forwarders.
    TrustedProxies,
    /// Readers of the metrics.
    MetricsAllow,
    /// The console's own listener.
    ConsoleListen,
    /// The visitors' own listener.
    VisitorListen,
    /// The key file.
    KeyFile,
}

impl Setting {
    /// All of them, as they are listed to people.
    pub const ALL: [Setting; 9] = [
        Setting::DatabaseUrl,
        Setting::DatabasePooler,
        Setting::Listen,
        Setting::PublicUrl,
        Setting::TrustedProxies,
        Setting::MetricsAllow,
        Setting::ConsoleListen,
        Setting::VisitorListen,
        Setting::KeyFile,
    ];

    /// In the environment, and what it is called in messages.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Setting::DatabaseUrl => "DATABASE_URL",
            Setting::DatabasePooler => "POLSBAND_DATABASE_POOLER",
            Setting::Listen => "POLSBAND_LISTEN",
            Setting::PublicUrl => "POLSBAND_PUBLIC_URL",
            Setting::TrustedProxies => "POLSBAND_TRUSTED_PROXIES",
            Setting::MetricsAllow => "POLSBAND_METRICS_ALLOW",
            Setting::ConsoleListen => "POLSBAND_CONSOLE_LISTEN",
            Setting::VisitorListen => "POLSBAND_VISITOR_LISTEN",
            Setting::KeyFile => "POLSBAND_KEY_FILE",
        }
    }

    /// In the file; as a flag with dashes.
    #[must_use]
    pub fn key(self) -> String {
        self.name().trim_start_matches("POLSBAND_").to_ascii_lowercase()
    }

    /// On the command line.
    fn flag(self) -> String {
        format!("--{}", self.key().replace('_', "-"))
    }

    fn takes(self) -> &'static str {
        match self {
            Setting::DatabaseUrl => {
                "sqlite://polsband-data/polsband.db, or postgres://user:password@host/name"
            }
            Setting::DatabasePooler => {
                "none, or transaction where a pooler lends connections to PostgreSQL for one transaction each"
            }
            Setting::Listen | Setting::ConsoleListen | Setting::VisitorListen => {
                "an IP address and a port, such as 127.0.0.1:8080"
            }
            Setting::PublicUrl => {
                "the https address the world reaches this service at, such as https://pay.festival.example, or http on \
                 loopback"
            }
            Setting::TrustedProxies | Setting::MetricsAllow => {
                "networks or addresses separated by commas, such as 10.0.0.0/8,192.168.1.7"
            }
            Setting::KeyFile => "the path of a file, such as polsband-data/secret.key",
        }
    }
}

/// What is wrong with one setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Its name, and where the wrong value stands.
    pub setting: String,
    /// What is wrong, and what would be right.
    pub problem: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.setting, self.problem)
    }
}

/// The text of a settings file. It has no `Debug`, because it may hold the database's password.
#[derive(Clone)]
pub struct TomlFile {
    /// What it is called in messages.
    pub name: String,
    /// All of it.
    pub text: String,
}

/// Settings given on the command line. They count before all others. No `Debug`, because one may hold a password.
#[derive(Args, Clone, Default)]
#[command(next_help_heading = crate::cli::manual::SETTINGS)]
pub struct Flags {
    /// The database: sqlite://FILE, made if missing, or postgres://USER:PASSWORD@HOST/NAME
    /// [DATABASE_URL; default: sqlite://polsband-data/polsband.db]
    #[arg(long, value_name = "URL", global = true, hide_short_help = true)]
    pub database_url: Option<String>,
    /// What stands before PostgreSQL: none (also for a pooler in session mode), or transaction for one in transaction mode
    /// [POLSBAND_DATABASE_POOLER; default: none]
    #[arg(long, value_name = "MODE", global = true, hide_short_help = true)]
    pub database_pooler: Option<String>,
    /// The address the world reaches this service at, which callbacks and printed links carry
    /// [POLSBAND_PUBLIC_URL; default: http:// and the listening address]
    #[arg(long, value_name = "URL", global = true, hide_short_help = true)]
    pub public_url: Option<String>,
    /// The key file, made on the first start; keep a copy beside every backup
    /// [POLSBAND_KEY_FILE; default: polsband-data/secret.key]
    #[arg(long, value_name = "FILE", global = true, hide_short_help = true)]
    pub key_file: Option<String>,
    /// What only a command that listens takes.
    #[arg(skip)]
    pub listeners: ListenFlags,
}

/// Settings given to a command that listens.
#[derive(Args, Clone, Debug, Default)]
pub struct ListenFlags {
    /// Where to listen [POLSBAND_LISTEN; default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS")]
    pub listen: Option<String>,
    /// Networks of proxies whose forwarding header is believed [POLSBAND_TRUSTED_PROXIES; default: none]
    #[arg(long, value_name = "NETWORKS")]
    pub trusted_proxies: Option<String>,
    /// Networks that may read /metrics, besides this machine [POLSBAND_METRICS_ALLOW; default: none]
    #[arg(long, value_name = "NETWORKS")]
    pub metrics_allow: Option<String>,
    /// Serve the console there and nowhere else [POLSBAND_CONSOLE_LISTEN; default: on the main address]
    #[arg(long, value_name = "ADDRESS")]
    pub console_listen: Option<String>,
    /// Serve visitors' pages there and nowhere else [POLSBAND_VISITOR_LISTEN; default: on the main address]
    #[arg(long, value_name = "ADDRESS")]
    pub visitor_listen: Option<String>,
}

impl Flags {
    /// The settings that were given as flags, as they were typed.
    pub(in crate::cli) fn given(&self) -> Vec<String> {
        let given = Setting::ALL.into_iter().filter(|setting| self.get(*setting).is_some());
        given.map(Setting::flag).collect()
    }

    fn get(&self, setting: Setting) -> Option<&str> {
        let listeners = &self.listeners;
        match setting {
            Setting::DatabaseUrl => &self.database_url,
            Setting::DatabasePooler => &self.database_pooler,
            Setting::Listen => &listeners.listen,
            Setting::PublicUrl => &self.public_url,
            Setting::TrustedProxies => &listeners.trusted_proxies,
            Setting::MetricsAllow => &listeners.metrics_allow,
            Setting::ConsoleListen => &listeners.console_listen,
            Setting::VisitorListen => &listeners.visitor_listen,
            Setting::KeyFile => &self.key_file,
        }
        .as_deref()
    }
}

/// Everything settings are worked out of.
pub struct Sources<'a> {
    /// The settings file, where there is one.
    pub file: Option<&'a TomlFile>,
    /// Looks a variable of the environment up. An empty one counts as not set.
    pub env: &'a dyn Fn(&str) -> Option<OsString>,
    /// The command line.
    pub flags: &'a Flags,
}

/// The sources while settings are taken out of them, and the mistakes found so far.
pub(super) struct Layers<'a> {
    sources: &'a Sources<'a>,
    table: toml::Table,
    mistakes: Vec<Mistake>,
}

impl<'a> Layers<'a> {
    pub(super) fn of(sources: &'a Sources<'a>) -> Layers<'a> {
        let mut layers = Layers { sources, table: toml::Table::new(), mistakes: Vec::new() };
        if let Some(file) = sources.file {
            match file.text.parse::<toml::Table>() {
                Ok(table) => layers.table = table,
                Err(error) => {
                    // The error's own text shows the line, which may hold the database's password.
                    let before = error.span().and_then(|span| file.text.get(..span.start)).unwrap_or("");
                    let line = before.matches('\n').count() + 1;
                    let problem = format!("line {line} can't be read as TOML: {}", error.message());
                    layers.mistakes.push(Mistake { setting: file.name.clone(), problem });
                }
            }
            layers.name_unknown_keys(file);
        }
        layers
    }

    /// The value of the last source that gives one; none where none does, or where it is wrong.
    pub(super) fn take<T>(
        &mut self,
        setting: Setting,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Option<T> {
        let (place, text) = self.last(setting)?;
        let value = text.and_then(|text| parse(&text));
        value.map_err(|why| self.add(place, why, setting)).ok()
    }

    /// Adds a mistake about a value that is right by itself.
    pub(super) fn mistake(&mut self, setting: Setting, why: String) {
        let place = self.last(setting).map_or_else(|| setting.name().to_owned(), |(place, _)| place);
        self.mistakes.push(Mistake { setting: place, problem: why });
    }

    /// Whether any source gives it, right or wrong.
    pub(super) fn gives(&self, setting: Setting) -> bool {
        self.last(setting).is_some()
    }

    /// Every mistake found.
    pub(super) fn into_mistakes(self) -> Vec<Mistake> {
        self.mistakes
    }

    fn add(&mut self, place: String, why: String, setting: Setting) {
        let problem = format!("{why}; it takes {}", setting.takes());
        self.mistakes.push(Mistake { setting: place, problem });
    }

    /// The name of the place that counts, and what stands there.
    fn last(&self, setting: Setting) -> Option<(String, Result<String, String>)> {
        let name = setting.name();
        if let Some(text) = self.sources.flags.get(setting) {
            return Some((format!("{name} (as {})", setting.flag()), Ok(text.to_owned())));
        }
        if let Some(text) = (self.sources.env)(name).filter(|text| !text.is_empty()) {
            let text = text.into_string().map_err(|_| "it is not UTF-8".to_owned());
            return Some((name.to_owned(), text));
        }
        let value = self.table.get(&setting.key())?;
        let file = self.sources.file.map_or("", |file| &file.name);
        Some((format!("{name} (as {} in {file})", setting.key()), text_of(value)))
    }

    fn name_unknown_keys(&mut self, file: &TomlFile) {
        let known: BTreeSet<String> = Setting::ALL.into_iter().map(Setting::key).collect();
        for key in self.table.keys().filter(|key| !known.contains(*key)) {
            let known: Vec<&str> = known.iter().map(String::as_str).collect();
            let problem = format!("there is no such setting; there are {}", known.join(", "));
            self.mistakes.push(Mistake { setting: format!("{:?} in {}", shown(key), file.name), problem });
        }
    }
}

/// A text, or a list of texts, which stands for the same with commas.
fn text_of(value: &toml::Value) -> Result<String, String> {
    let wrong = || format!("it is {} in the file, not a text in quotes", value.type_str());
    match value {
        toml::Value::String(text) => Ok(text.clone()),
        toml::Value::Array(values) => {
            let texts: Option<Vec<&str>> = values.iter().map(toml::Value::as_str).collect();
            Ok(texts.ok_or_else(wrong)?.join(","))
        }
        _ => Err(wrong()),
    }
}

/// As much of a wrong text as a message repeats.
pub(super) fn shown(text: &str) -> String {
    text.chars().take(SHOWN_CHARS_MAX).collect()
}
