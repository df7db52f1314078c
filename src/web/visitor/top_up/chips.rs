//! Amounts to tap: round ones, whatever the limits of an event are.

use crate::events::top_up_limits::TopUpLimits;
use crate::money::Cents;

/// What coins and notes are worth, and what ten and a hundred of them are.
const ROUND: [i64; 18] = [
    1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 200_000,
    500_000,
];
/// The least that people usually add.
const USUAL: i64 = 1_000;
/// Most of them: two rows of two.
const CHIPS_MAX: usize = 4;

/// Round amounts that may be paid: what people usually add, and else the nearest to it. Where none is round, the smallest and
/// the largest.
pub(super) fn chips(allowed: TopUpLimits) -> Vec<Cents> {
    let round: Vec<i64> = ROUND.into_iter().filter(|cents| allowed.allow(Cents(*cents))).collect();
    let small = round.iter().filter(|cents| **cents < USUAL).count();
    let first = small.min(round.len().saturating_sub(CHIPS_MAX));
    let mut chips: Vec<Cents> = round[first..].iter().take(CHIPS_MAX).map(|cents| Cents(*cents)).collect();
    if chips.is_empty() && allowed.min <= allowed.max {
        chips = vec![allowed.min, allowed.max];
        chips.dedup();
    }
    chips
}

#[cfg(test)]
mod tests {
    use super::*;

    fn within(min: i64, max: i64) -> Vec<i64> {
        chips(TopUpLimits { min: Cents(min), max: Cents(max) }).into_iter().map(|chip| chip.0).collect()
    }

    #[test]
    fn round_amounts_are_offered_within_any_limits_and_the_ends_where_there_is_none() {
        for (min, max, offered) in [
            (1, 25_000, &[1_000, 2_000, 5_000, 10_000][..]),
            (1, 999_999, &[1_000, 2_000, 5_000, 10_000]),
            (500, 5_000, &[500, 1_000, 2_000, 5_000]),
            (1, 999, &[50, 100, 200, 500]),
            (1, 1_500, &[100, 200, 500, 1_000]),
            (1, 3, &[1, 2]),
            (15_000, 999_999, &[20_000, 50_000, 100_000, 200_000]),
            (1_500, 4_000, &[2_000]),
            (1_250, 1_750, &[1_250, 1_750]),
            (750, 750, &[750]),
            (1_000, 900, &[]),
        ] {
            assert_eq!(within(min, max), offered, "{min} to {max}");
        }
    }

    #[test]
    fn no_more_than_four_are_offered_and_none_that_may_not_be_paid() {
        for min in ROUND.into_iter().flat_map(|cents| [cents - 1, cents, cents + 1]).filter(|min| *min > 0) {
            for max in
                ROUND.into_iter().flat_map(|cents| [cents - 1, cents, cents + 1]).filter(|max| *max >= min)
            {
                let offered = within(min, max);
                assert!((1..=CHIPS_MAX).contains(&offered.len()), "{min} to {max}: {offered:?}");
                assert!(offered.iter().all(|chip| (min..=max).contains(chip)), "{min} to {max}: {offered:?}");
                assert!(offered.is_sorted(), "{min} to {max}: {offered:?}");
            }
        }
    }
}
