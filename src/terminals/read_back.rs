//! Tells a terminal the outcome of a charge whose answer it never got.

use super::page::Taken;
use super::{Charged, Refusal, Terminal, Till, TillError, store};
use crate::ids::ChargeId;

impl Till {
    /// A charge of this terminal; nothing when it never happened, or was another's.
    ///
    /// # Errors
    /// [`TillError`].
    pub async fn read_back(
        &self,
        terminal: &Terminal,
        id: ChargeId,
    ) -> Result<Result<Option<Charged>, Refusal>, TillError> {
        let mut session = self.store.read().await?;
        if !store::is_live(&mut session, terminal.event_id, terminal.id).await? {
            return Ok(Err(Refusal::TerminalRevoked));
        }
        let taken = store::taken(&mut session, [(terminal.event_id, id)]).await?;
        let own = taken.into_iter().find_map(|(_, taken)| match taken {
            Taken::Sale(sale) if sale.terminal_id == terminal.id => Some(Charged::of(id, &sale, true)),
            _ => None,
        });
        Ok(Ok(own))
    }
}
