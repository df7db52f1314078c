//! What every command has before a database is open.

use super::context::Context;
use super::failure::{Usage, WrongSettings};
use super::out::Out;
use super::settings::{Flags, ListenFlags, Settings, Sources, TomlFile};
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

/// The settings file that is read without being asked for.
const SETTINGS_FILE: &str = "polsband.toml";
/// Longest settings file that is read; a full one has under a kilobyte.
const SETTINGS_BYTES_MAX: u64 = 64 * 1024;

/// The arguments all commands share.
pub(super) struct Shell {
    /// Where results go.
    pub(super) out: Out,
    config: Option<PathBuf>,
    flags: Flags,
}

impl Shell {
    pub(super) fn new(config: Option<PathBuf>, json: bool, flags: Flags) -> Shell {
        Shell { out: Out::new(json), config, flags }
    }

    /// The same for a command that listens.
    pub(super) fn listening(mut self, listeners: ListenFlags) -> Shell {
        self.flags.listeners = listeners;
        self
    }

    /// Refuses settings for a command that uses none: whoever gave one expects it to count.
    ///
    /// # Errors
    /// Bad usage, naming them and `why` they don't count.
    pub(super) fn takes_no_settings(&self, why: &str) -> anyhow::Result<()> {
        let mut given = self.flags.given();
        given.extend(self.config.as_ref().map(|_| "--config".to_owned()));
        match given.as_slice() {
            [] => Ok(()),
            given => Err(Usage(format!("{}: {why}; leave it out", given.join(", "))).into()),
        }
    }

    /// The settings.
    ///
    /// # Errors
    /// All mistakes in them, together.
    pub(super) fn settings(&self) -> anyhow::Result<Settings> {
        let file = self.settings_file()?;
        let sources =
            Sources { file: file.as_ref(), env: &|name| std::env::var_os(name), flags: &self.flags };
        Settings::read(&sources).map_err(|mistakes| WrongSettings(mistakes).into())
    }

    /// Opens the database and the key file.
    ///
    /// # Errors
    /// Wrong settings, a database or key file that can't be used.
    pub(super) async fn open(&self) -> anyhow::Result<Context> {
        Context::open(self.settings()?).await
    }

    /// The same, and makes neither: for what would say that all is well of a database that somebody made by a slip.
    ///
    /// # Errors
    /// The same, and where there is no database.
    pub(super) async fn open_existing(&self) -> anyhow::Result<Context> {
        Context::open_existing(self.settings()?).await
    }

    fn settings_file(&self) -> anyhow::Result<Option<TomlFile>> {
        let path = self.config.as_deref().unwrap_or(Path::new(SETTINGS_FILE));
        let name = path.display().to_string();
        match read_text(path, SETTINGS_BYTES_MAX) {
            Ok(text) => Ok(Some(TomlFile { name, text })),
            Err(error) if error.kind() == ErrorKind::NotFound && self.config.is_none() => Ok(None),
            Err(error) => Err(Usage(format!("the settings file {name} can't be read: {error}")).into()),
        }
    }
}

/// Reads a file that is refused when it is longer than anything right could be.
pub(super) fn read_bytes(path: &Path, bytes_max: u64) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(bytes_max + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > bytes_max {
        return Err(std::io::Error::other(format!("it is longer than {bytes_max} bytes")));
    }
    Ok(bytes)
}

/// The same for a text.
pub(super) fn read_text(path: &Path, bytes_max: u64) -> std::io::Result<String> {
    let bytes = read_bytes(path, bytes_max)?;
    String::from_utf8(bytes).map_err(|_| std::io::Error::other("it is not UTF-8"))
}

/// The same for a file that an argument names.
pub(super) fn read_argument(flag: &str, path: &Path, bytes_max: u64) -> anyhow::Result<Vec<u8>> {
    let read = read_bytes(path, bytes_max);
    read.map_err(|error| Usage(format!("{flag}: {} can't be read: {error}", path.display())).into())
}
