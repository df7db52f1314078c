//! What each role may do: one table.

use crate::words;

words! {
    /// What a person is to the festival.
    Role, "a role" {
        /// Everything, and the only one who says who may do what.
        Admin = "admin",
        /// Sets events up, prints, watches the money.
        Organiser = "organiser",
        /// Helps visitors with lost wristbands and wrong charges.
        HelpDesk = "help-desk",
        /// Closes the books.
        Finance = "finance",
        /// Looks, and changes nothing.
        Viewer = "viewer",
    }
}

/// Something that only some roles may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Right {
    /// Look at events, points of sale, terminals and media, with their balances.
    LookUp,
    /// Freeze, unfreeze, replace, revoke and activate media; put rolls in quarantine and release them.
    MoveMedia,
    /// Take a charge back, however old.
    VoidCharges,
    /// Make and close events, points of sale and terminals; issue media.
    ManageEvents,
    /// Sheets and lists of codes: whoever has them can spend.
    Print,
    /// Statements, and payments without their payers.
    SeeMoney,
    /// Compare with the provider's list.
    Reconcile,
    /// Decide what happens to money that belongs to no wallet.
    ResolveParked,
    /// Who paid: names and masked account numbers.
    SeePayers,
    /// Say who may do what, and give out API tokens.
    ManageOperators,
}

impl Right {
    /// Every one of them.
    pub const ALL: [Right; 10] = [
        Right::LookUp,
        Right::MoveMedia,
        Right::VoidCharges,
        Right::ManageEvents,
        Right::Print,
        Right::SeeMoney,
        Right::Reconcile,
        Right::ResolveParked,
        Right::SeePayers,
        Right::ManageOperators,
    ];

    /// The end of the sentence "your role may not …".
    #[must_use]
    pub fn as_sentence(self) -> &'static str {
        match self {
            Right::LookUp => "look anything up",
            Right::MoveMedia => "freeze, replace or revoke media",
            Right::VoidCharges => "void charges",
            Right::ManageEvents => "set up events, points of sale, terminals or media",
            Right::Print => "print sheets or lists of codes",
            Right::SeeMoney => "see statements and payments",
            Right::Reconcile => "reconcile",
            Right::ResolveParked => "resolve parked money",
            Right::SeePayers => "see who paid",
            Right::ManageOperators => "manage operators",
        }
    }
}

impl Role {
    /// The table. Whatever is not listed is not allowed.
    #[must_use]
    pub fn may(self, right: Right) -> bool {
        use Role::{Admin, Finance, HelpDesk, Organiser, Viewer};
        let roles: &[Role] = match right {
            Right::LookUp => &[Admin, Organiser, HelpDesk, Finance, Viewer],
            Right::MoveMedia | Right::VoidCharges => &[Admin, Organiser, HelpDesk],
            Right::ManageEvents | Right::Print => &[Admin, Organiser],
            Right::SeeMoney | Right::Reconcile | Right::ResolveParked => &[Admin, Organiser, Finance],
            Right::SeePayers => &[Admin, Finance],
            Right::ManageOperators => &[Admin],
        };
        roles.contains(&self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_has_exactly_these_rights() {
        let rights =
            |role: Role| -> Vec<Right> { Right::ALL.into_iter().filter(|right| role.may(*right)).collect() };
        use Right::*;
        assert_eq!(rights(Role::Admin), Right::ALL);
        assert_eq!(
            rights(Role::Organiser),
            [LookUp, MoveMedia, VoidCharges, ManageEvents, Print, SeeMoney, Reconcile, ResolveParked]
        );
        assert_eq!(rights(Role::HelpDesk), [LookUp, MoveMedia, VoidCharges]);
        assert_eq!(rights(Role::Finance), [LookUp, SeeMoney, Reconcile, ResolveParked, SeePayers]);
        assert_eq!(rights(Role::Viewer), [LookUp]);
    }

    #[test]
    fn a_role_is_one_of_five_words() {
        for role in Role::ALL {
            assert_eq!(role.as_str().parse(), Ok(*role));
        }
        let error = "boss".parse::<Role>().unwrap_err();
        assert_eq!(
            error,
            "\"boss\" is not a role: it is one of admin, organiser, help-desk, finance, viewer"
        );
        assert!("Admin".parse::<Role>().is_err());
    }
}
