//! What was sold: the lines of a charge, and whether they add up to it.

use super::AmountProblem;
use crate::money::Cents;
use serde::{Deserialize, Serialize};

/// Most lines of one charge.
pub const LINES_MAX: usize = 100;
/// Longest product, in characters: it must fit a line of a receipt.
pub const PRODUCT_CHARS_MAX: usize = 60;

/// What the bar's app writes on a line by itself: a typed amount, what was still to be paid, and what somebody else pays.
pub const OTHER_AMOUNT: &str = "Other amount";
/// See [`OTHER_AMOUNT`].
pub const REST: &str = "Rest of a sale";
/// See [`OTHER_AMOUNT`].
pub const BY_ANOTHER: &str = "Paid by a second wristband";

/// One product of a sale.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// What was sold.
    pub product: String,
    /// How many.
    pub quantity: i64,
    /// The price of one. Below zero for what is given back, such as a cup's deposit.
    pub unit_cents: Cents,
}

/// What a purchase came to of which one wallet paid a part, and its products without the line that says so. Nothing of a sale
/// that was paid whole, and of what was left of a purchase: that line says so itself.
#[must_use]
pub fn part_of(lines: &[Line]) -> Option<(Cents, Vec<&Line>)> {
    let sold: Vec<&Line> = lines.iter().filter(|line| line.product != BY_ANOTHER).collect();
    if sold.len() == lines.len() || sold.iter().any(|line| line.product == REST) {
        return None;
    }
    let whole =
        sold.iter().try_fold(Cents::ZERO, |sum, line| sum.plus(line.unit_cents.times(line.quantity)?))?;
    Some((whole, sold))
}

/// As stored, and as compared when a charge comes again.
pub(super) fn written(lines: &[Line]) -> String {
    serde_json::to_string(lines).expect("texts and numbers can always be written")
}

/// Checks lines against the amount they explain. No lines explain every amount.
pub(super) fn check(lines: &[Line], amount: Cents) -> Result<(), AmountProblem> {
    if lines.len() > LINES_MAX {
        return Err(AmountProblem::TooManyLines);
    }
    let mut sum = Cents::ZERO;
    for line in lines {
        let product = line.product.trim();
        if product.is_empty() || line.product.chars().count() > PRODUCT_CHARS_MAX {
            return Err(AmountProblem::Product);
        }
        if line.quantity < 1 {
            return Err(AmountProblem::Quantity);
        }
        let price = line.unit_cents.times(line.quantity);
        sum = price.and_then(|price| sum.plus(price)).ok_or(AmountProblem::Sum)?;
    }
    if lines.is_empty() || sum == amount { Ok(()) } else { Err(AmountProblem::Sum) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(product: &str, quantity: i64, unit_cents: i64) -> Line {
        Line { product: product.to_owned(), quantity, unit_cents: Cents(unit_cents) }
    }

    #[test]
    fn lines_that_add_up_are_taken() {
        assert_eq!(check(&[], Cents(350)), Ok(()));
        assert_eq!(check(&[line("beer", 2, 350), line("cup back", 2, -100)], Cents(500)), Ok(()));
        assert_eq!(check(&vec![line("water", 1, 1); LINES_MAX], Cents(100)), Ok(()));
        assert_eq!(check(&[line(&"ü".repeat(60), 1, 5)], Cents(5)), Ok(()));
    }

    #[test]
    fn a_part_of_a_purchase_is_told_with_the_whole_of_it() {
        let part = [line("beer", 2, 350), line("cup back", 1, -100), line(BY_ANOTHER, 1, -250)];
        let (whole, sold) = part_of(&part).unwrap();
        assert_eq!((whole, sold), (Cents(600), part[..2].iter().collect()));
        assert_eq!(part_of(&part[..2]), None);
        assert_eq!(part_of(&[line(REST, 1, 250), line(BY_ANOTHER, 1, -50)]), None);
        assert_eq!(part_of(&[]), None);
    }

    #[test]
    fn lines_that_do_not_are_refused_with_the_reason() {
        for (lines, problem) in [
            (vec![line("beer", 2, 350)], AmountProblem::Sum),
            (vec![line("beer", i64::MAX, 2)], AmountProblem::Sum),
            (vec![line("a", 1, i64::MAX), line("b", 1, 1)], AmountProblem::Sum),
            (vec![line("beer", 0, 350)], AmountProblem::Quantity),
            (vec![line("beer", -1, -701)], AmountProblem::Quantity),
            (vec![line(" ", 1, 701)], AmountProblem::Product),
            (vec![line(&"x".repeat(61), 1, 701)], AmountProblem::Product),
            (vec![line("water", 1, 7); LINES_MAX + 1], AmountProblem::TooManyLines),
        ] {
            assert_eq!(check(&lines, Cents(701)), Err(problem), "{lines:?}");
        }
    }
}
