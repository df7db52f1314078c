//! What a command has once the database is open.

use super::settings::Settings;
use crate::audit_log::Actor;
use crate::clock::{Clock, Timestamp};
use crate::db::{self, Store};
use crate::events::{self, Event, Slug};
use crate::media::TopUpCodes;
use crate::secrets::KeyFile;
use anyhow::{Context as _, anyhow, bail};
use std::fs;
use std::sync::Arc;
use tokio::net::UnixStream;

/// Longest user name that goes into the audit log, in characters.
const USER_CHARS_MAX: usize = 64;

/// An open database with its keys.
pub(super) struct Context {
    /// The database, its tables up to date.
    pub(super) store: Store,
    /// The key file this database belongs to.
    pub(super) keys: Arc<KeyFile>,
    /// The machine's clock.
    pub(super) clock: Clock,
    /// As read.
    pub(super) settings: Settings,
    /// Whoever typed the command.
    pub(super) actor: Actor,
}

impl Context {
    /// Opens the database, brings its tables up to date, and opens its key file or makes one for a new database.
    ///
    /// # Errors
    /// A database that can't be opened; a key file that is missing, damaged, or another database's.
    pub(super) async fn open(settings: Settings) -> anyhow::Result<Context> {
        let store = Store::open_behind(&settings.database_url, settings.database_pooler).await;
        Context::with(settings, store.context("the database can't be opened")?).await
    }

    /// The same of a database that is there and has tables of ours: makes neither.
    ///
    /// # Errors
    /// The same, and where there is none.
    pub(super) async fn open_existing(settings: Settings) -> anyhow::Result<Context> {
        let store = Store::open_existing(&settings.database_url, settings.database_pooler).await;
        let Some(store) = store.context("the database can't be opened")? else {
            bail!(
                "there is no database of Polsband here: the one that DATABASE_URL names has none of its tables"
            );
        };
        Context::with(settings, store).await
    }

    async fn with(settings: Settings, store: Store) -> anyhow::Result<Context> {
        let known = db::known_key_fingerprint(&mut *store.read().await?).await?;
        let keys = KeyFile::open_or_create(&settings.key_file, known.is_none())?;
        let clock = Clock::System;
        let (fingerprint, now) = (keys.fingerprint(), clock.now());
        let is_ours = store
            .transact(|tx| Box::pin(async move { db::check_key_fingerprint(tx, fingerprint, now).await }))
            .await?;
        if !is_ours {
            bail!(
                "the key file {} belongs to another database: nothing in this one could be read with it; name the \
                 right one with POLSBAND_KEY_FILE, or put it back from where the backups are",
                settings.key_file.display()
            );
        }
        Ok(Context { store, keys: Arc::new(keys), clock, settings, actor: Actor::CommandLine(user()) })
    }

    /// The time.
    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The event of this slug.
    ///
    /// # Errors
    /// When there is none.
    pub(super) async fn event(&self, slug: &str) -> anyhow::Result<Event> {
        let event = events::store::by_slug(&mut *self.store.read().await?, slug).await?;
        let shown: String = slug.chars().take(Slug::CHARS_MAX).collect();
        event.ok_or_else(|| anyhow!("there is no event {shown:?}: `polsband event list` shows them"))
    }

    /// How the top-up codes of an event are made.
    pub(super) async fn codes(&self, event: &Event) -> anyhow::Result<TopUpCodes> {
        Ok(TopUpCodes::of(&mut *self.store.read().await?, &self.keys, event.id).await?)
    }

    /// Where Bancontact sends an event's callbacks; what the organiser tells it.
    pub(super) fn callback_url(&self, event: &Event) -> String {
        format!("{}/callbacks/bancontact/{}", self.settings.public_url, event.slug)
    }

    /// Closes the database, so that SQLite leaves one tidy file.
    pub(super) async fn close(self) {
        self.store.close().await;
    }
}

/// The name of the account this runs as, for the audit log. From the system: what the environment says of it, whoever
/// types can choose.
fn user() -> String {
    // A socket to oneself knows its maker, on every system and without unsafe code.
    let uid = UnixStream::pair().and_then(|(one, _)| one.peer_cred()).map(|maker| maker.uid());
    match uid {
        Ok(uid) => named(uid, &fs::read_to_string("/etc/passwd").unwrap_or_default()),
        Err(_) => "unknown".to_owned(),
    }
}

/// What the system's table of accounts calls `uid`; its number where it is not there.
fn named(uid: u32, accounts: &str) -> String {
    let name = accounts.lines().find_map(|line| {
        let mut fields = line.split(':');
        let (name, number) = (fields.next()?, fields.nth(1)?);
        (number.parse() == Ok(uid) && !name.is_empty()).then_some(name)
    });
    let name = name.map_or_else(|| format!("uid {uid}"), str::to_owned);
    name.chars().filter(|c| !c.is_control()).take(USER_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_called_what_the_system_calls_it_or_by_its_number() {
        let accounts = "root:x:0:0:root:/root:/bin/bash\nodd line\n:x:7::\nanna:x:1000:1000::/:/bin/sh\n";
        assert_eq!(named(0, accounts), "root");
        assert_eq!(named(1000, accounts), "anna");
        assert_eq!(named(7, accounts), "uid 7");
        assert_eq!(named(1, ""), "uid 1");
    }
}
