//! The languages of visitors' pages, of the bar's app and of printed texts.

use crate::words;

words! {
    /// One of the languages that are spoken here.
    Language, "a language" {
        /// Nederlands
        Dutch = "nl",
        /// Français
        French = "fr",
        /// Deutsch
        German = "de",
        /// English
        English = "en",
    }
}

impl Language {
    /// As its speakers call it.
    #[must_use]
    pub const fn own_name(self) -> &'static str {
        match self {
            Language::Dutch => "Nederlands",
            Language::French => "Français",
            Language::German => "Deutsch",
            Language::English => "English",
        }
    }
}
