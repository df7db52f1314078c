//! Real money or test money: the two worlds that every provider keeps apart.

use std::fmt;
use std::str::FromStr;

/// A provider's two environments. Keys, profiles and codes of one mean nothing in the other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Environment {
    /// Real money; MultiSafepay and WooshPay call it live.
    #[default]
    Production,
    /// Test money; MultiSafepay and WooshPay call it test. Bancontact's access is by mail to its developer support.
    Preprod,
}

impl Environment {
    /// As stored and typed.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Environment::Production => "production",
            Environment::Preprod => "preprod",
        }
    }
}

/// Takes the words of all providers for the two.
impl FromStr for Environment {
    type Err = String;

    fn from_str(text: &str) -> Result<Environment, String> {
        match text {
            "production" | "live" => Ok(Environment::Production),
            "preprod" | "test" => Ok(Environment::Preprod),
            other => Err(format!("{other:?} is not an environment: choose production or preprod")),
        }
    }
}

impl fmt::Display for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_providers_word_for_an_environment_is_understood_and_no_other() {
        for (word, environment) in [
            ("production", Environment::Production),
            ("live", Environment::Production),
            ("preprod", Environment::Preprod),
            ("test", Environment::Preprod),
        ] {
            assert_eq!(word.parse(), Ok(environment));
        }
        assert!("sandbox".parse::<Environment>().unwrap_err().contains("production or preprod"));
    }
}
