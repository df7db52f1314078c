//! How many there are of something, and which, in English.

use std::fmt::Display;

/// `1 piece`, `12 pieces`.
pub(crate) fn counted(count: impl Display, one: impl Display) -> String {
    let count = count.to_string();
    let ending = if count == "1" { "" } else { "s" };
    format!("{} {one}{ending}", grouped(count))
}

/// `10.000`: from five digits on in threes, as in amounts of money.
pub(crate) fn grouped(count: impl Display) -> String {
    let count = count.to_string();
    if count.len() < 5 || !count.bytes().all(|digit| digit.is_ascii_digit()) {
        return count;
    }
    let digits = count.chars().enumerate();
    digits.fold(String::new(), |mut grouped, (at, digit)| {
        if at > 0 && (count.len() - at).is_multiple_of(3) {
            grouped.push('.');
        }
        grouped.push(digit);
        grouped
    })
}

/// `orders, payments and open matters`; `joint` stands before the last.
pub(crate) fn listed(words: &[&str], joint: &str) -> String {
    match words {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [first @ .., last] => format!("{} {joint} {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_of_a_list_is_joined_with_a_word() {
        let words = ["orders", "payments", "open matters"];
        let told = ["", "orders", "orders and payments", "orders, payments and open matters"];
        assert_eq!([0, 1, 2, 3].map(|count| listed(&words[..count], "and")), told);
    }

    #[test]
    fn one_is_told_apart_from_none_and_many() {
        assert_eq!(
            [0, 1, 2, 11].map(|n| counted(n, "piece")),
            ["0 pieces", "1 piece", "2 pieces", "11 pieces"]
        );
        assert_eq!(
            [9_999, 10_000, 200_000, 1_000_000].map(|n| counted(n, "piece")),
            ["9999 pieces", "10.000 pieces", "200.000 pieces", "1.000.000 pieces"]
        );
    }
}
