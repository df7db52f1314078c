//! What a contradiction consists of.

use super::MoneyBack;
use crate::money::Cents;
use std::fmt::{Display, Formatter, Result};

/// What a contradiction consists of: another one about the same payment is another matter.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Said {
    /// Money went back to the payer.
    MoneyBack(MoneyBack),
    /// A report of a settled payment names another amount, in euro.
    Differs {
        /// The amount.
        told: Cents,
        /// And the reference, where that is another one as well.
        reference: Option<String>,
    },
    /// So much is reserved at the provider to go back to the payer.
    Reserved(Cents),
    /// Anything else, in words; none for kinds that a payment has once at most.
    Words(String),
}

impl Said {
    /// As it is written in its row. Money that went back has columns of its own.
    pub(super) fn read(text: String) -> Said {
        differs(&text).or_else(|| reserved(&text)).unwrap_or(Said::Words(text))
    }

    /// True where a report of a settled payment names another amount, in euro or not; the same figure in another currency is none. Statements know it by the same word.
    pub(super) fn names_amount(&self) -> bool {
        match self {
            Said::Differs { .. } => true,
            Said::Words(words) => words.starts_with("amount "),
            Said::MoneyBack(_) | Said::Reserved(_) => false,
        }
    }
}

fn reserved(text: &str) -> Option<Said> {
    Some(Said::Reserved(Cents(text.strip_prefix("refund reserved ")?.parse().ok()?)))
}

fn differs(text: &str) -> Option<Said> {
    let text = text.strip_prefix("amount ")?;
    let (cents, reference) = match text.split_once(", reference ") {
        Some((cents, reference)) => (cents, Some(reference.to_owned())),
        None => (text, None),
    };
    Some(Said::Differs { told: Cents(cents.parse().ok()?), reference })
}

impl Display for Said {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Said::MoneyBack(back) => f.write_str(&back.key()),
            Said::Differs { told, reference: None } => write!(f, "amount {}", told.0),
            Said::Differs { told, reference: Some(reference) } => {
                write!(f, "amount {}, reference {reference}", told.0)
            }
            // Statements know it by these words.
            Said::Reserved(amount) => write!(f, "refund reserved {}", amount.0),
            Said::Words(words) => f.write_str(words),
        }
    }
}

impl From<MoneyBack> for Said {
    fn from(back: MoneyBack) -> Said {
        Said::MoneyBack(back)
    }
}

impl From<String> for Said {
    fn from(words: String) -> Said {
        Said::Words(words)
    }
}

impl From<&str> for Said {
    fn from(words: &str) -> Said {
        Said::Words(words.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_of_another_amount_is_read_as_that_and_nothing_else_is() {
        for (cents, reference, text) in [
            (400, None, "amount 400"),
            (-1, Some("K7"), "amount -1, reference K7"),
            (400, Some("a, reference b"), "amount 400, reference a, reference b"),
        ] {
            let said = Said::Differs { told: Cents(cents), reference: reference.map(str::to_owned) };
            assert_eq!(said.to_string(), text);
            assert_eq!(Said::read(text.to_owned()), said);
        }
        let said = Said::Reserved(Cents(400));
        assert_eq!((said.to_string().as_str(), Said::read(said.to_string())), ("refund reserved 400", said));
        for text in [
            "refund reserved x",
            "amount 400, currency USD",
            "amount 400, currency USD, reference K7",
            "currency USD",
            "reference K7",
            "amount x",
            "paid to 1001002",
            "",
        ] {
            let said = Said::Words(text.to_owned());
            assert_eq!((Said::read(text.to_owned()), said.to_string()), (said, text.to_owned()));
        }
    }
}
