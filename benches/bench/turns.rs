//! Measuring several things in turns, and the median of what the turns came to.
//!
//! A shared machine may be half as fast a minute later. In turns of a few seconds all meet the same of it; ratios are
//! taken within each turn, so that what the machine does between two turns is in none of them.

use crate::load::{Outcome, Span};
use std::time::Duration;

/// How often each is measured; odd, so that a median is the figure of one turn.
const TURNS: u32 = 5;
/// Connections, and the requests, begin again with each turn.
const WARM_UP: Duration = Duration::from_millis(500);

/// Measures each of `N` in turns that together last as long as `measured`, another one first each time; what they came to,
/// turn by turn.
pub(crate) fn in_turns<T, const N: usize>(
    measured: Duration,
    mut measure: impl FnMut(usize, Span) -> anyhow::Result<T>,
) -> anyhow::Result<[Vec<T>; N]> {
    let turn = Span { warm_up: WARM_UP, measured: measured / TURNS };
    let mut turns: [Vec<T>; N] = std::array::from_fn(|_| Vec::new());
    let mut order: Vec<usize> = (0..N).collect();
    for _ in 0..TURNS {
        for &which in &order {
            turns[which].push(measure(which, turn)?);
        }
        order.rotate_left(1);
    }
    Ok(turns)
}

/// The median of a figure.
pub(crate) fn median<T>(turns: &[T], figure: impl Fn(&T) -> f64) -> f64 {
    middle(turns.iter().map(figure).collect())
}

/// The median of a figure's ratio to the same figure of another one in the same turn.
pub(crate) fn ratio<T>(turns: &[T], others: &[T], figure: impl Fn(&T) -> f64) -> f64 {
    middle(turns.iter().zip(others).map(|(turn, other)| figure(turn) / figure(other)).collect())
}

/// The answers of all turns together: a wait that is rare may be in few of them.
pub(crate) fn together<'a>(turns: impl IntoIterator<Item = &'a Outcome>) -> Outcome {
    let mut all = Outcome::new();
    turns.into_iter().for_each(|outcome| all.add(outcome));
    all
}

fn middle(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}
