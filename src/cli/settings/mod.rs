//! Settings: defaults < `polsband.toml` (or `--config FILE`) < environment < flags.
//!
//! [`Settings::read`] is a function of those texts alone. It reports all mistakes together, each with the setting's
//! name and what it takes, so that nobody repairs a configuration one start at a time.

mod sources;
#[cfg(test)]
mod tests;

pub use sources::{Flags, ListenFlags, Mistake, Setting, Sources, TomlFile};

use crate::db::Pooler;
use crate::providers::ServiceUrl;
use ipnet::IpNet;
use sources::{Layers, shown};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use url::Url;

/// What the program is told by whoever runs it.
#[derive(Clone, PartialEq, Eq)]
pub struct Settings {
    /// `sqlite://file` or `postgres://…`.
    pub database_url: String,
    /// What stands before a PostgreSQL server.
    pub database_pooler: Pooler,
    /// Where everything is served that has no listener of its own.
    pub listen: SocketAddr,
    /// What the world calls this service, without a slash at the end: the callbacks' signed path and the printed links
    /// begin with it.
    pub public_url: ServiceUrl,
    /// Whether [`Settings::public_url`] was given; otherwise it follows from the listening address.
    pub public_url_is_given: bool,
    /// Peers whose forwarding header is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Who may read the metrics besides this machine.
    pub metrics_allow: Vec<IpNet>,
    /// Set: the console is served there and nowhere else.
    pub console_listen: Option<SocketAddr>,
    /// Set: visitors' pages are served there and nowhere else.
    pub visitor_listen: Option<SocketAddr>,
    /// The key file.
    pub key_file: PathBuf,
}

/// Without the database's address, which may hold a password.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("database_pooler", &self.database_pooler)
            .field("listen", &self.listen)
            .field("public_url", &self.public_url)
            .field("public_url_is_given", &self.public_url_is_given)
            .field("trusted_proxies", &self.trusted_proxies)
            .field("metrics_allow", &self.metrics_allow)
            .field("console_listen", &self.console_listen)
            .field("visitor_listen", &self.visitor_listen)
            .field("key_file", &self.key_file)
            .finish_non_exhaustive()
    }
}

impl Settings {
    /// Works the settings out of their sources.
    ///
    /// # Errors
    /// Every mistake there is.
    pub fn read(sources: &Sources<'_>) -> Result<Settings, Vec<Mistake>> {
        let mut layers = Layers::of(sources);
        let database_url = layers.take(Setting::DatabaseUrl, database_url);
        let database_pooler = layers.take(Setting::DatabasePooler, |text| text.trim().parse::<Pooler>());
        let listen = layers.take(Setting::Listen, address);
        let public_url = layers.take(Setting::PublicUrl, public_url);
        let trusted_proxies = layers.take(Setting::TrustedProxies, networks);
        let metrics_allow = layers.take(Setting::MetricsAllow, networks);
        let console_listen = layers.take(Setting::ConsoleListen, address);
        let visitor_listen = layers.take(Setting::VisitorListen, address);
        let key_file = layers.take(Setting::KeyFile, |text| Ok(PathBuf::from(text)));
        let listen = listen.unwrap_or(SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)));
        check_listeners(listen, console_listen, visitor_listen, &mut layers);
        let public_url_is_given = layers.gives(Setting::PublicUrl);
        let public_url = match url_of(listen) {
            _ if public_url_is_given => public_url,
            Ok(url) => Some(url),
            Err(why) => {
                layers.mistake(Setting::PublicUrl, why);
                None
            }
        };
        match (public_url, layers.into_mistakes()) {
            (Some(public_url), mistakes) if mistakes.is_empty() => Ok(Settings {
                database_url: database_url.unwrap_or_else(|| "sqlite://polsband-data/polsband.db".to_owned()),
                database_pooler: database_pooler.unwrap_or(Pooler::None),
                listen,
                public_url,
                public_url_is_given,
                trusted_proxies: trusted_proxies.unwrap_or_default(),
                metrics_allow: metrics_allow.unwrap_or_default(),
                console_listen,
                visitor_listen,
                key_file: key_file.unwrap_or_else(|| PathBuf::from("polsband-data/secret.key")),
            }),
            (_, mistakes) => Err(mistakes),
        }
    }

    /// These settings with the address that was really bound in place of one with port 0, and the public URL that
    /// follows from it unless one was given.
    #[must_use]
    pub fn served_at(&self, listen: SocketAddr) -> Settings {
        let mut served = Settings { listen, ..self.clone() };
        if let (false, Ok(url)) = (self.public_url_is_given, url_of(listen)) {
            served.public_url = url;
        }
        served
    }

    /// What is allowed but no good for a festival, one sentence each.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        let plain = self.public_url.is_plain_http().then(|| {
            format!(
                "POLSBAND_PUBLIC_URL is {}: fine for trying things out on this machine; for a festival set the https \
                 address that Bancontact and visitors reach, because callbacks and printed codes carry it",
                self.public_url
            )
        });
        plain.into_iter().collect()
    }
}

fn check_listeners(
    main: SocketAddr,
    console: Option<SocketAddr>,
    visitors: Option<SocketAddr>,
    layers: &mut Layers<'_>,
) {
    let all = [
        (Setting::Listen, Some(main)),
        (Setting::ConsoleListen, console),
        (Setting::VisitorListen, visitors),
    ];
    for (index, (setting, address)) in all.iter().enumerate() {
        // Any number of listeners may ask for a free port.
        let Some(address) = address.filter(|address| address.port() != 0) else { continue };
        if let Some((other, _)) = all[..index].iter().find(|(_, taken)| *taken == Some(address)) {
            let why =
                format!("{address} is taken by {} already; give each an address of its own", other.name());
            layers.mistake(*setting, why);
        }
    }
}

/// The address of a listener as seen from this machine; one that listens everywhere is reached on loopback.
pub(super) fn local_url(listen: SocketAddr) -> String {
    let host = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    format!("http://{}", SocketAddr::new(host, listen.port()))
}

fn url_of(listen: SocketAddr) -> Result<ServiceUrl, String> {
    ServiceUrl::parse(&local_url(listen)).map_err(|_| {
        format!("is needed, because POLSBAND_LISTEN is {listen}, which others reach: give the https address they use")
    })
}

fn database_url(text: &str) -> Result<String, String> {
    // The text may hold a password: a mistake never repeats it.
    let is_postgres = ["postgres://", "postgresql://"].iter().any(|scheme| text.starts_with(scheme));
    let is_sqlite =
        text.starts_with("sqlite:") && !text.contains(":memory:") && !text.contains("mode=memory");
    let names_a_host =
        || Url::parse(text).is_ok_and(|url| url.host_str().is_some_and(|host| !host.is_empty()));
    if is_sqlite || is_postgres && names_a_host() {
        Ok(text.to_owned())
    } else {
        Err("this names no database we can use".to_owned())
    }
}

fn address(text: &str) -> Result<SocketAddr, String> {
    text.trim().parse().map_err(|_| format!("{:?} is not an address", shown(text)))
}

/// Networks, or single addresses, separated by commas.
fn networks(text: &str) -> Result<Vec<IpNet>, String> {
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    parts
        .map(|part| {
            let single = part.parse::<IpAddr>().map(IpNet::from);
            part.parse().or(single).map_err(|_| format!("{:?} is not a network", shown(part)))
        })
        .collect()
}

fn public_url(text: &str) -> Result<ServiceUrl, String> {
    let url = ServiceUrl::parse(text).map_err(|error| error.to_string())?;
    if Url::parse(url.as_str()).is_ok_and(|url| url.path() != "/") {
        return Err(format!(
            "{:?} has a path, and everything is served at the root of a host: leave the path out, and give the \
             service a name of its own",
            shown(text)
        ));
    }
    // A pay code's QR holds the link in capitals, in a mode that has few other characters.
    let is_printable = |b: u8| b.is_ascii_alphanumeric() || b"-./:".contains(&b);
    if !url.is_plain_http() && !url.as_str().bytes().all(is_printable) {
        return Err(format!(
            "{:?} can't be printed: links can hold letters, digits and -./: only",
            shown(text)
        ));
    }
    Ok(url)
}
