//! Tells a terminal the outcome of a charge whose answer it never got.

use super::page::{Key, TillPage};
use super::sale::Taken;
use super::{Charged, Refusal, Terminal, Till, TillError};
use crate::ids::ChargeId;
use crate::ledger::{Book, Request, Touches};
use std::sync::Arc;

impl Till {
    /// A charge of this terminal; nothing when it never happened, or was another's.
    ///
    /// It waits behind the charges that this process has accepted, so that "never happened" stays true of them. One
    /// that was sent to another process may still be under way there: who wants to be sure sends it again under its
    /// id.
    ///
    /// # Errors
    /// [`TillError`].
    pub async fn read_back(
        &self,
        terminal: &Arc<Terminal>,
        id: ChargeId,
    ) -> Result<Result<Option<Charged>, Refusal>, TillError> {
        Ok(self.lane.submit(ReadBack { terminal: Arc::clone(terminal), id }).await?)
    }
}

struct ReadBack {
    terminal: Arc<Terminal>,
    id: ChargeId,
}

impl Request for ReadBack {
    type Answer = Result<Option<Charged>, Refusal>;

    fn touches(&self, touches: &mut Touches) {
        touches.page::<TillPage>(Key {
            event: self.terminal.event_id,
            charge: self.id,
            terminal: Some(self.terminal.id),
            spent_by: None,
        });
    }

    fn decide(&self, book: &mut Book) -> Result<Option<Charged>, Refusal> {
        let page = book.page::<TillPage>();
        if !page.is_live(self.terminal.event_id, self.terminal.id) {
            return Err(Refusal::TerminalRevoked);
        }
        Ok(match page.taken(self.terminal.event_id, self.id) {
            Some(Taken::Sale(sale)) if sale.terminal_id == self.terminal.id => {
                Some(Charged::of(self.id, sale, true))
            }
            _ => None,
        })
    }
}
