//! The table of lifecycle moves.

pub mod store;

use super::MediumStatus;

/// What can be asked of a medium's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LifecycleMove {
    /// In use from now on: the first top-up, or an operator where the event wants that.
    Activate,
    /// Lost or doubtful: no spending.
    Freeze,
    /// Found again.
    Unfreeze,
    /// Its wallet goes to another medium.
    Replace,
    /// Ended without a successor.
    Revoke,
    /// A misprint, never handed out.
    Spoil,
    /// Lost or stolen before it was handed out.
    Quarantine,
    /// Back from quarantine, unused as before.
    Release,
}

/// A move this status does not allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a wristband or card that is {0} can't do that")]
pub struct NotAllowedFrom(pub MediumStatus);

impl LifecycleMove {
    /// As written in the audit log.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            LifecycleMove::Activate => "medium activated",
            LifecycleMove::Freeze => "medium frozen",
            LifecycleMove::Unfreeze => "medium unfrozen",
            LifecycleMove::Replace => "medium replaced",
            LifecycleMove::Revoke => "medium revoked",
            LifecycleMove::Spoil => "medium spoiled",
            LifecycleMove::Quarantine => "medium quarantined",
            LifecycleMove::Release => "medium released",
        }
    }

    /// Whether it can still be made of an event that is closed. Nothing is handed out or sold then, but what is left on a
    /// wallet is somebody's: a lost medium is frozen or revoked before a stranger asks for its money, and replaced, so that
    /// whoever it belongs to can show one.
    #[must_use]
    pub fn outlasts_event(self) -> bool {
        use LifecycleMove::{Activate, Freeze, Quarantine, Release, Replace, Revoke, Spoil, Unfreeze};
        match self {
            Freeze | Unfreeze | Replace | Revoke => true,
            Activate | Spoil | Quarantine | Release => false,
        }
    }
}

impl MediumStatus {
    /// The status after `asked`, or the refusal. This table is the only one.
    ///
    /// # Errors
    /// [`NotAllowedFrom`] with the status it is in.
    pub fn after(self, asked: LifecycleMove) -> Result<MediumStatus, NotAllowedFrom> {
        use LifecycleMove::{Activate, Freeze, Quarantine, Release, Replace, Revoke, Spoil, Unfreeze};
        use MediumStatus::{Active, Frozen, Issued, Quarantined, Replaced, Revoked, Spoiled};
        match (self, asked) {
            (Issued, Activate) | (Frozen, Unfreeze) => Ok(Active),
            (Active, Freeze) => Ok(Frozen),
            (Issued | Active | Frozen, Replace) => Ok(Replaced),
            (Issued | Active | Frozen | Quarantined, Revoke) => Ok(Revoked),
            (Issued | Quarantined, Spoil) => Ok(Spoiled),
            (Issued, Quarantine) => Ok(Quarantined),
            (Quarantined, Release) => Ok(Issued),
            _ => Err(NotAllowedFrom(self)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ended_media_never_move_again() {
        use LifecycleMove::{Activate, Freeze, Quarantine, Release, Replace, Revoke, Spoil, Unfreeze};
        for ended in [MediumStatus::Replaced, MediumStatus::Revoked, MediumStatus::Spoiled] {
            for asked in [Activate, Freeze, Unfreeze, Replace, Revoke, Spoil, Quarantine, Release] {
                assert_eq!(ended.after(asked), Err(NotAllowedFrom(ended)));
            }
        }
    }

    #[test]
    fn a_frozen_medium_comes_back_or_ends() {
        assert_eq!(MediumStatus::Frozen.after(LifecycleMove::Unfreeze), Ok(MediumStatus::Active));
        assert_eq!(MediumStatus::Frozen.after(LifecycleMove::Replace), Ok(MediumStatus::Replaced));
        assert!(MediumStatus::Frozen.after(LifecycleMove::Freeze).is_err());
        assert!(MediumStatus::Active.after(LifecycleMove::Spoil).is_err());
    }

    #[test]
    fn only_an_unused_medium_is_quarantined_and_from_there_it_comes_back_unused_or_ends() {
        use LifecycleMove::{Activate, Freeze, Quarantine, Release, Replace, Revoke, Spoil, Unfreeze};
        use MediumStatus::{Active, Frozen, Issued, Quarantined, Revoked, Spoiled};
        assert_eq!(Issued.after(Quarantine), Ok(Quarantined));
        for used in [Active, Frozen] {
            assert_eq!(used.after(Quarantine), Err(NotAllowedFrom(used)));
            assert_eq!(used.after(Release), Err(NotAllowedFrom(used)));
        }
        assert_eq!(Quarantined.after(Release), Ok(Issued));
        assert_eq!(Quarantined.after(Spoil), Ok(Spoiled));
        assert_eq!(Quarantined.after(Revoke), Ok(Revoked));
        for asked in [Activate, Freeze, Unfreeze, Replace, Quarantine] {
            assert_eq!(Quarantined.after(asked), Err(NotAllowedFrom(Quarantined)));
        }
    }
}
