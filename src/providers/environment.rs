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

    /// As MultiSafepay and WooshPay call it, and people.
    #[must_use]
    pub fn in_words(self) -> &'static str {
        match self {
            Environment::Production => "live",
            Environment::Preprod => "test",
        }
    }
}

impl FromStr for Environment {
    type Err = String;

    fn from_str(text: &str) -> Result<Environment, String> {
        match text {
            "production" => Ok(Environment::Production),
            "preprod" => Ok(Environment::Preprod),
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
    fn an_environment_is_known_by_its_name_only() {
        for environment in [Environment::Production, Environment::Preprod] {
            assert_eq!(environment.as_str().parse(), Ok(environment));
        }
        assert!("test".parse::<Environment>().unwrap_err().contains("production or preprod"));
    }
}
