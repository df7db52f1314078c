//! The printed words in the four languages.

use super::Language;
use crate::money::Cents;

/// The fixed texts of a sheet.
pub(crate) struct Words {
    /// Above or under the top-up code.
    pub(crate) top_up: &'static str,
    /// What to do with it.
    top_up_do: &'static str,
    /// The same where the amount is fixed: before it and after it.
    top_up_fixed: (&'static str, &'static str),
    /// What a stranger with a photograph of it can do.
    top_up_safe: &'static str,
    /// The same where the top-up code pays as well.
    top_up_spends: &'static str,
    /// Above or under the pay code.
    pub(crate) pay: &'static str,
    pub(crate) pay_do: &'static str,
    pub(crate) pay_safe: &'static str,
    merchant: (&'static str, &'static str),
}

impl Words {
    /// What to do with the top-up code, with the amount that a scan costs where that is fixed.
    pub(crate) fn top_up_do(&self, amount: Option<Cents>) -> String {
        let (before, after) = self.top_up_fixed;
        amount.map_or(self.top_up_do.to_owned(), |amount| format!("{before}{amount}{after}"))
    }

    /// What it can do in a stranger's hands.
    pub(crate) fn top_up_safe(&self, spends: bool) -> &'static str {
        if spends { self.top_up_spends } else { self.top_up_safe }
    }

    /// "Pay only to …": whoever pays elsewhere pays a counterfeit code.
    pub(crate) fn merchant_line(&self, merchant: &str) -> String {
        let (before, after) = self.merchant;
        // One full stop after "N.V." is enough.
        let after = if after == "." && merchant.ends_with('.') { "" } else { after };
        format!("{before}{merchant}{after}")
    }
}

/// The texts of one language.
pub(crate) fn words(language: Language) -> &'static Words {
    match language {
        Language::Dutch => &Words {
            top_up: "OPLADEN",
            top_up_do: "Scan om op te laden.",
            top_up_fixed: ("Scan om ", " op te laden."),
            top_up_safe: "Hiermee komt er alleen geld bij.",
            top_up_spends: "Betaalt ook: hou deze code bedekt.",
            pay: "BETALEN",
            pay_do: "Scan aan de bar om te betalen.",
            pay_safe: "Toon deze code aan niemand anders.",
            merchant: ("Betaal alleen aan ", "."),
        },
        Language::French => &Words {
            top_up: "RECHARGER",
            top_up_do: "Scannez pour recharger.",
            top_up_fixed: ("Scannez pour recharger ", "."),
            top_up_safe: "Ce code ne fait qu’ajouter de l’argent.",
            top_up_spends: "Il paie aussi : gardez-le couvert.",
            pay: "PAYER",
            pay_do: "À scanner au bar pour payer.",
            pay_safe: "Ne montrez ce code à personne d’autre.",
            merchant: ("Payez uniquement à ", "."),
        },
        Language::German => &Words {
            top_up: "AUFLADEN",
            top_up_do: "Scannen und aufladen.",
            top_up_fixed: ("Scannen und ", " aufladen."),
            top_up_safe: "Dieser Code fügt nur Geld hinzu.",
            top_up_spends: "Er bezahlt auch: halten Sie ihn bedeckt.",
            pay: "BEZAHLEN",
            pay_do: "An der Bar scannen, um zu bezahlen.",
            pay_safe: "Zeigen Sie diesen Code sonst niemandem.",
            merchant: ("Nur an ", " zahlen."),
        },
        Language::English => &Words {
            top_up: "TOP UP",
            top_up_do: "Scan to top up.",
            top_up_fixed: ("Scan to top up ", "."),
            top_up_safe: "It can only add money.",
            top_up_spends: "It pays as well: keep it covered.",
            pay: "PAY",
            pay_do: "Scan at the bar to pay.",
            pay_safe: "Show this code to nobody else.",
            merchant: ("Pay only to ", "."),
        },
    }
}
