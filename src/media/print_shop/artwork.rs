//! What an event's sheets are dressed with: its logo and its colour.

use super::{ShopError, store};
use crate::audit_log::{self, Actor, Entry};
use crate::clock::Timestamp;
use crate::db::Store;
use crate::events::store::hold_open;
use crate::events::{Behaviour, Codes, Event};
use crate::ids::EventId;
use crate::money::Cents;
use crate::print::{Colour, Language, Logo, SheetText};
use crate::secrets::sha256_hex;
use std::sync::Arc;

/// An event's logo and colour.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Artwork {
    /// The file as it was given: SVG or PNG.
    pub logo: Option<Vec<u8>>,
    /// Of bars and rules.
    pub colour: Option<Colour>,
}

/// What is to change; `None` stays, `Some(None)` goes.
#[derive(Clone, Debug, Default)]
pub struct ArtworkChange {
    /// A file, or none any more.
    pub logo: Option<Option<Vec<u8>>>,
    /// A colour as typed, or none any more.
    pub colour: Option<Option<String>>,
}

impl Artwork {
    /// What a sheet of `event` has of its own; `amount` is what its codes carry.
    ///
    /// # Errors
    /// A logo that can't be printed (any more).
    pub fn sheet_text(
        &self,
        event: &Event,
        language: Language,
        amount: Option<Cents>,
    ) -> Result<SheetText, ShopError> {
        let logo = self.logo.as_deref().map(Logo::read).transpose()?;
        Ok(SheetText {
            event_name: event.name.clone(),
            merchant: event.merchant.clone(),
            language,
            fixed_amount: amount.filter(|_| event.rules.behaviour == Behaviour::Fixed),
            spends: event.rules.codes == Codes::Single,
            logo: logo.map(Arc::new),
            colour: self.colour,
        })
    }

    /// Whether it is the same, and its colour typed the same way.
    #[must_use]
    pub fn is_just(&self, other: &Artwork) -> bool {
        let typed = |artwork: &Artwork| artwork.colour.map(Colour::typed);
        self == other && typed(self) == typed(other)
    }

    /// What differs from what was before, in words: `logo replaced, colour none → #E4002B`.
    fn differs(&self, before: &Artwork) -> String {
        let logo = match (&before.logo, &self.logo) {
            (was, is) if was == is => None,
            (None, _) => Some("logo added".to_owned()),
            (_, None) => Some("logo removed".to_owned()),
            _ => Some("logo replaced".to_owned()),
        };
        let [was, is] = [before, self].map(|of| of.colour.map_or_else(|| "none".to_owned(), Colour::typed));
        let colour = (was != is).then(|| format!("colour {was} → {is}"));
        logo.into_iter().chain(colour).collect::<Vec<_>>().join(", ")
    }

    /// SHA-256 of the logo's file.
    #[must_use]
    pub fn logo_hash(&self) -> Option<String> {
        self.logo.as_deref().map(sha256_hex)
    }
}

/// What an event's sheets are dressed with; nothing unless something was given.
///
/// # Errors
/// The database's.
pub async fn artwork(db: &Store, event: EventId) -> Result<Artwork, ShopError> {
    Ok(store::artwork(&mut *db.read().await?, event).await?)
}

/// Checks a logo and a colour of an open event and remembers them: every sheet printed from now on has them. What changes
/// nothing leaves no entry in the audit log.
///
/// # Errors
/// What in the logo can't be printed; what a colour looks like; [`ShopError::EventClosed`].
pub async fn change_artwork(
    db: &Store,
    actor: &Actor,
    now: Timestamp,
    event: EventId,
    change: ArtworkChange,
) -> Result<Artwork, ShopError> {
    if let Some(Some(logo)) = &change.logo {
        Logo::read(logo)?;
    }
    let colour = match change.colour {
        None => None,
        Some(None) => Some(None),
        Some(Some(text)) => Some(Some(Colour::parse(&text).map_err(ShopError::Colour)?)),
    };
    db.transact(|tx| {
        let (actor, logo) = (actor.clone(), change.logo.clone());
        Box::pin(async move {
            if !hold_open(tx, event).await? {
                return Err(ShopError::EventClosed);
            }
            let before = store::artwork(tx, event).await?;
            let artwork = Artwork {
                logo: logo.unwrap_or_else(|| before.logo.clone()),
                colour: colour.unwrap_or(before.colour),
            };
            if artwork.is_just(&before) {
                return Ok(artwork);
            }
            store::put_artwork(tx, event, &artwork).await?;
            let entry = Entry {
                event: Some(event),
                detail: Some(artwork.differs(&before)),
                ..Entry::new(&actor, "artwork changed", format!("event:{event}"))
            };
            audit_log::store::write(tx, now, &entry).await?;
            Ok(artwork)
        })
    })
    .await
}
