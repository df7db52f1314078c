//! The printed words in the four languages.

use super::Language;

/// The fixed texts of a sheet.
pub(crate) struct Words {
    /// Above or under the top-up code.
    pub(crate) top_up: &'static str,
    /// What to do with it.
    pub(crate) top_up_do: &'static str,
    /// What a stranger with a photograph of it can do.
    pub(crate) top_up_safe: &'static str,
    /// Above or under the pay code.
    pub(crate) pay: &'static str,
    pub(crate) pay_do: &'static str,
    pub(crate) pay_safe: &'static str,
    merchant: (&'static str, &'static str),
}

impl Words {
    /// "Pay only to …": whoever pays elsewhere pays a counterfeit code.
    pub(crate) fn merchant_line(&self, merchant: &str) -> String {
        format!("{}{merchant}{}", self.merchant.0, self.merchant.1)
    }
}

/// The texts of one language.
pub(crate) fn words(language: Language) -> &'static Words {
    match language {
        Language::Dutch => &Words {
            top_up: "OPLADEN",
            top_up_do: "Scan om op te laden.",
            top_up_safe: "Hiermee komt er alleen geld bij.",
            pay: "BETALEN",
            pay_do: "Scan aan de bar om te betalen.",
            pay_safe: "Toon deze code aan niemand anders.",
            merchant: ("Betaal alleen aan ", ""),
        },
        Language::French => &Words {
            top_up: "RECHARGER",
            top_up_do: "Scannez pour recharger.",
            top_up_safe: "Ce code ne fait qu’ajouter de l’argent.",
            pay: "PAYER",
            pay_do: "À scanner au bar pour payer.",
            pay_safe: "Ne montrez ce code à personne d’autre.",
            merchant: ("Payez uniquement à ", ""),
        },
        Language::German => &Words {
            top_up: "AUFLADEN",
            top_up_do: "Scannen und aufladen.",
            top_up_safe: "Dieser Code fügt nur Geld hinzu.",
            pay: "BEZAHLEN",
            pay_do: "An der Bar scannen, um zu bezahlen.",
            pay_safe: "Zeigen Sie diesen Code sonst niemandem.",
            merchant: ("Nur an ", " zahlen"),
        },
        Language::English => &Words {
            top_up: "TOP UP",
            top_up_do: "Scan to top up.",
            top_up_safe: "It can only add money.",
            pay: "PAY",
            pay_do: "Scan at the bar to pay.",
            pay_safe: "Show this code to nobody else.",
            merchant: ("Pay only to ", ""),
        },
    }
}
