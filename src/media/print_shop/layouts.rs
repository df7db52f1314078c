//! Layouts of one's own beside those that come with the program.

use super::{OWN_MAX, ShopError, check_name, shown, store};
use crate::audit_log::{self, Actor, Entry};
use crate::clock::Timestamp;
use crate::db::Store;
use crate::print::{self, Layout};

/// A layout somebody added, as it was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnLayout {
    /// What is typed to choose it.
    pub name: String,
    /// The TOML.
    pub definition: String,
}

/// All layouts: those that come with the program, then one's own by name.
///
/// # Errors
/// The database's.
pub async fn layouts_known(db: &Store) -> Result<Vec<Layout>, ShopError> {
    let own = store::layouts(&mut *db.read().await?).await?;
    let own: Result<Vec<Layout>, _> = own.iter().map(|layout| Layout::parse(&layout.definition)).collect();
    Ok(print::layouts().iter().cloned().chain(own?).collect())
}

/// The layout of this name.
///
/// # Errors
/// [`ShopError::Unknown`] naming those there are.
pub async fn layout_named(db: &Store, name: &str) -> Result<Layout, ShopError> {
    let layouts = layouts_known(db).await?;
    let known = || layouts.iter().map(Layout::name).collect::<Vec<_>>().join(", ");
    let found = layouts.iter().find(|layout| layout.name() == name).cloned();
    found.ok_or_else(|| ShopError::Unknown { what: "layout", name: shown(name), known: known() })
}

/// The file of the layout of this name.
///
/// # Errors
/// [`ShopError::Unknown`] naming those there are.
pub async fn layout_file(db: &Store, name: &str) -> Result<String, ShopError> {
    if let Some(source) = print::layout_source(name) {
        return Ok(source.to_owned());
    }
    layout_named(db, name).await?;
    let own = store::layouts(&mut *db.read().await?).await?.into_iter().find(|layout| layout.name == name);
    own.map(|own| own.definition).ok_or_else(|| ShopError::Unknown {
        what: "layout",
        name: shown(name),
        known: "removed a moment ago".to_owned(),
    })
}

/// Checks a layout and remembers it, in place of one's own of that name.
///
/// # Errors
/// What is wrong with it, by key and number; why the usual codes don't fit; the name of one that comes with the program.
pub async fn add_layout(
    db: &Store,
    actor: &Actor,
    now: Timestamp,
    definition: &str,
) -> Result<Layout, ShopError> {
    let layout = Layout::parse(definition)?;
    check_name(layout.name())?;
    if print::layouts().iter().any(|known| known.name() == layout.name()) {
        return Err(ShopError::BuiltIn(layout.name().to_owned()));
    }
    for listing in print::list_usual([&layout]) {
        listing.plan?;
    }
    let own = OwnLayout { name: layout.name().to_owned(), definition: definition.to_owned() };
    let entry = Entry::new(actor, "layout added", format!("layout:{}", own.name));
    db.transact(|tx| {
        let (own, entry) = (own.clone(), entry.clone());
        Box::pin(async move {
            store::put_layout(tx, &own).await?;
            if store::layouts(tx).await?.len() > OWN_MAX {
                return Err(ShopError::TooMany(OWN_MAX));
            }
            Ok(audit_log::store::write(tx, now, &entry).await?)
        })
    })
    .await?;
    Ok(layout)
}

/// Forgets a layout of one's own. Sheets that were printed on it stay what they are.
///
/// # Errors
/// [`ShopError::Unknown`], [`ShopError::BuiltIn`].
pub async fn remove_layout(db: &Store, actor: &Actor, now: Timestamp, name: &str) -> Result<(), ShopError> {
    layout_named(db, name).await?;
    if print::layouts().iter().any(|known| known.name() == name) {
        return Err(ShopError::BuiltIn(name.to_owned()));
    }
    let entry = Entry::new(actor, "layout removed", format!("layout:{name}"));
    db.transact(|tx| {
        let (name, entry) = (name.to_owned(), entry.clone());
        Box::pin(async move {
            store::delete_layout(tx, &name).await?;
            Ok(audit_log::store::write(tx, now, &entry).await?)
        })
    })
    .await
}
