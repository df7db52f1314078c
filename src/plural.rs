//! How many there are of something, in English.

use std::fmt::Display;

/// `1 piece`, `12 pieces`.
pub(crate) fn counted(count: impl Display, one: impl Display) -> String {
    let count = count.to_string();
    let ending = if count == "1" { "" } else { "s" };
    format!("{count} {one}{ending}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_told_apart_from_none_and_many() {
        assert_eq!(
            [0, 1, 2, 11].map(|n| counted(n, "piece")),
            ["0 pieces", "1 piece", "2 pieces", "11 pieces"]
        );
    }
}
