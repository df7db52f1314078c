//! Shows a balance: whatever was scanned, for a terminal or an operator.

use super::{Refusal, Terminal, Till, TillError, store};
use crate::clock::Timestamp;
use crate::codes::{Reference, Serial};
use crate::db::Error;
use crate::events::{self, Codes, Slug};
use crate::media::{CodeKind, Found, MediumKind, MediumStatus, Scanned};
use crate::money::Cents;

/// A medium and what is on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Balance {
    /// In its top-up QR.
    pub reference: Reference,
    /// Printed for people.
    pub serial: Serial,
    /// What it is.
    pub kind: MediumKind,
    /// Where in its life it is.
    pub status: MediumStatus,
    /// Its event, in addresses.
    pub event: Slug,
    /// What its wallet holds.
    pub balance: Cents,
    /// True when the code that was scanned can be charged now.
    pub can_spend: bool,
    /// When that was so.
    pub as_of: Timestamp,
}

impl Balance {
    /// The currency of every wallet.
    pub const CURRENCY: &str = "EUR";
}

impl Till {
    /// Looks a scanned text up for a terminal: media of its own event.
    ///
    /// # Errors
    /// [`TillError`]. A refusal is not an error but an answer.
    pub async fn look_up(
        &self,
        terminal: &Terminal,
        now: Timestamp,
        text: &str,
    ) -> Result<Result<Balance, Refusal>, TillError> {
        let refusal = match self.scanner.scan(Some(terminal.event_id), text).await? {
            Scanned::Code { hash, kind, .. } => {
                let mut session = self.store.read_at_bar().await?;
                let found = store::look_up(&mut session, terminal.event_id, terminal.id, hash).await?;
                return Ok(of_terminal(terminal, now, kind, found));
            }
            Scanned::Mistyped => Refusal::UnknownMedium,
            Scanned::Foreign(why) => Refusal::ForeignCode(why),
        };
        let live = self.is_live(terminal).await?;
        Ok(Err(if live { refusal } else { Refusal::TerminalRevoked }))
    }

    /// Looks a scanned text up for an operator: media of every event.
    ///
    /// # Errors
    /// [`TillError`]. A refusal is not an error but an answer.
    pub async fn look_up_anywhere(
        &self,
        now: Timestamp,
        text: &str,
    ) -> Result<Result<Balance, Refusal>, TillError> {
        let view = match self.scanner.find(text).await? {
            Found::Medium(view) => *view,
            Found::Unknown => return Ok(Err(Refusal::UnknownMedium)),
            Found::Foreign(why) => return Ok(Err(Refusal::ForeignCode(why))),
        };
        let mut session = self.store.read().await?;
        let event = events::store::by_ids(&mut session, [view.medium.event_id]).await?.pop();
        let event = event.ok_or_else(|| Error::Corrupt("a medium without its event".to_owned()))?;
        let medium = view.medium;
        Ok(Ok(Balance {
            can_spend: can_spend(event.is_open(), event.rules.codes, medium.status, view.code_kind),
            reference: medium.reference,
            serial: medium.serial,
            kind: medium.kind,
            status: medium.status,
            event: event.slug,
            balance: view.balance,
            as_of: now,
        }))
    }
}

fn of_terminal(
    terminal: &Terminal,
    now: Timestamp,
    code: CodeKind,
    found: Option<store::LookedUp>,
) -> Result<Balance, Refusal> {
    let found = found.filter(|found| found.live).ok_or(Refusal::TerminalRevoked)?;
    let (reference, serial, kind, status, balance) = found.medium.ok_or(Refusal::UnknownMedium)?;
    Ok(Balance {
        reference,
        serial,
        kind,
        status,
        event: terminal.event.clone(),
        balance,
        can_spend: can_spend(found.open, found.codes, status, code),
        as_of: now,
    })
}

fn can_spend(open: bool, codes: Codes, status: MediumStatus, code: CodeKind) -> bool {
    let pays = match code {
        CodeKind::Pay => true,
        CodeKind::Reference => codes == Codes::Single,
        CodeKind::Serial => false,
    };
    open && pays && status == MediumStatus::Active
}
