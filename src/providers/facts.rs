//! What is so of a provider whatever account is used there: one table for each, in its own folder.

use super::account::AccountRules;
use super::{ProviderName, Refunds, bancontact, multisafepay, wooshpay};
use crate::plural::listed;

/// What tells one provider from another before anything is asked of it.
pub(in crate::providers) struct Facts {
    /// As stored, and as it stands in callback addresses.
    pub(in crate::providers) word: &'static str,
    /// As it writes itself.
    pub(in crate::providers) title: &'static str,
    /// Its callbacks say that they are JSON.
    pub(in crate::providers) names_its_type: bool,
    /// It sends unsigned notifications, too, unless told otherwise.
    pub(in crate::providers) notifies_unsigned: bool,
    /// How often a payment can be refunded.
    pub(in crate::providers) refunds: Refunds,
    /// How an account is set up; `None` where codes are printed.
    pub(in crate::providers) account: Option<AccountRules>,
}

impl ProviderName {
    /// The list of tables.
    pub(in crate::providers) const fn facts(self) -> &'static Facts {
        match self {
            ProviderName::Bancontact => &bancontact::FACTS,
            ProviderName::MultiSafepay => &multisafepay::FACTS,
            ProviderName::WooshPay => &wooshpay::FACTS,
        }
    }

    /// As stored, and as it stands in callback paths.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.facts().word
    }

    /// As it writes itself.
    #[must_use]
    pub fn title(self) -> &'static str {
        self.facts().title
    }

    /// Its callbacks say that they are JSON; where they don't, they may say nothing.
    #[must_use]
    pub fn names_its_type(self) -> bool {
        self.facts().names_its_type
    }

    /// It sends unsigned notifications, too, unless told otherwise.
    #[must_use]
    pub fn notifies_unsigned(self) -> bool {
        self.facts().notifies_unsigned
    }

    /// How often a payment can be refunded.
    #[must_use]
    pub fn refunds(self) -> Refunds {
        self.facts().refunds
    }

    /// It refunds a payment once, and tells of each refund alone; the others tell the sum of what they sent of a payment.
    #[must_use]
    pub fn refunds_once(self) -> bool {
        self.facts().refunds == Refunds::Once
    }

    /// It makes a payment for each top-up, on an account that an event is given.
    #[must_use]
    pub fn has_accounts(self) -> bool {
        self.facts().account.is_some()
    }

    /// Of which events a webhook has to be made in its pages; `None` where it is told our address with each order.
    #[must_use]
    pub fn webhook_events(self) -> Option<&'static str> {
        self.facts().account.as_ref()?.webhook_events
    }

    /// Its list names the account of each payment, so that a wrong id can be told from the right one.
    #[must_use]
    pub fn list_names_account(self) -> bool {
        self.facts().account.as_ref().is_some_and(|rules| rules.list_names_it)
    }

    /// Those that have accounts.
    pub fn with_accounts() -> impl Iterator<Item = ProviderName> {
        ProviderName::ALL.into_iter().filter(|name| name.has_accounts())
    }

    /// Those that have accounts, in a sentence: with [`ProviderName::title`] and `or`, `MultiSafepay or WooshPay`.
    #[must_use]
    pub fn list_with_accounts(word: fn(ProviderName) -> &'static str, joint: &str) -> String {
        listed(&ProviderName::with_accounts().map(word).collect::<Vec<&str>>(), joint)
    }
}

/// What to enter for an account, in each provider's words: `MultiSafepay: the site id; WooshPay: the account id`.
pub struct AccountHints {
    /// Which id.
    pub profile_id: String,
    /// Which key.
    pub api_key: String,
    /// Where the webhook's secret is found, if there is one.
    pub webhook_secret: String,
    /// How old a signature may be unless the account says otherwise, in seconds.
    pub signature_window: String,
}

impl AccountHints {
    /// Of all that have accounts.
    #[must_use]
    pub fn of_all() -> AccountHints {
        AccountHints {
            profile_id: of_each(|rules| rules.profile_id_is.to_owned()),
            api_key: of_each(|rules| rules.api_key_is.to_owned()),
            webhook_secret: of_each(|rules| {
                let words = match rules.webhook_events {
                    Some(_) => "shown where the webhook is made",
                    None => "none, callbacks are signed with the API key",
                };
                words.to_owned()
            }),
            signature_window: of_each(|rules| rules.signature_window.as_secs().to_string()),
        }
    }
}

fn of_each(words: fn(&AccountRules) -> String) -> String {
    let each = ProviderName::ALL.into_iter().filter_map(|name| {
        let rules = name.facts().account.as_ref()?;
        Some(format!("{}: {}", name.title(), words(rules)))
    });
    each.collect::<Vec<String>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_provider_answers_from_its_own_table() {
        let answers = ProviderName::ALL.map(|name| {
            (name.has_accounts(), name.names_its_type(), name.notifies_unsigned(), name.refunds_once())
        });
        assert_eq!(
            answers,
            [(false, true, false, false), (true, false, true, false), (true, true, false, true)]
        );
    }

    #[test]
    fn what_to_enter_is_said_of_each_provider_that_has_accounts_and_of_no_other() {
        assert_eq!(ProviderName::list_with_accounts(ProviderName::title, "or"), "MultiSafepay or WooshPay");
        let AccountHints { profile_id, api_key, webhook_secret, signature_window } = AccountHints::of_all();
        assert_eq!(profile_id, "MultiSafepay: the site id; WooshPay: the account id");
        assert_eq!(signature_window, "MultiSafepay: 600; WooshPay: 300");
        assert!(api_key.ends_with("WooshPay: the secret key"), "{api_key}");
        assert!(webhook_secret.contains("WooshPay: shown where"), "{webhook_secret}");
    }
}
