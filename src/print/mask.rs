//! Scoring the eight masked forms of a symbol, with a row or column of modules in one machine word.
//!
//! The rules are those of the QR standard as `qrcode` applies them, so that both choose the same mask (a
//! test compares them); a module at a time they take 95% of encoding, a word at a time a few microseconds.
//! The leftmost (or topmost) module is the highest of a word's `width` bits.

/// Penalty of a symbol given as rows and as columns; lower is better.
pub(crate) fn penalty(rows: &[u64], columns: &[u64]) -> u32 {
    let width = rows.len();
    let lines: u32 = rows.iter().chain(columns).map(|line| runs(*line, width) + finders(*line, width)).sum();
    lines + blocks(rows) + balance(rows)
}

fn low_bits(count: usize) -> u64 {
    (1 << count) - 1
}

/// Neighbours of equal colour: bit i is set where modules i and i + 1 are alike.
fn alike(line: u64, width: usize) -> u64 {
    !(line ^ (line >> 1)) & low_bits(width - 1)
}

/// A run of n ≥ 5 equal modules costs n − 2.
fn runs(line: u64, width: usize) -> u32 {
    let alike = alike(line, width);
    let fives = alike & (alike >> 1) & (alike >> 2) & (alike >> 3);
    let starts = fives & !(fives << 1);
    fives.count_ones() + 2 * starts.count_ones()
}

/// Dark-light-dark×3-light-dark with four light modules (or the edge) on a side costs 40.
fn finders(line: u64, width: usize) -> u32 {
    let v = line;
    let found = v & !(v >> 1) & (v >> 2) & (v >> 3) & (v >> 4) & !(v >> 5) & (v >> 6) & low_bits(width - 6);
    let dark_below = (v << 1) | (v << 2) | (v << 3) | (v << 4);
    let dark_above = (v >> 7) | (v >> 8) | (v >> 9) | (v >> 10);
    40 * (found & !(dark_below & dark_above)).count_ones()
}

/// Each 2 × 2 block of one colour costs 3.
fn blocks(rows: &[u64]) -> u32 {
    let width = rows.len();
    let count = |pair: &[u64]| {
        let same = !(pair[0] ^ pair[1]);
        (same & (same >> 1) & alike(pair[0], width)).count_ones()
    };
    3 * rows.windows(2).map(count).sum::<u32>()
}

/// Twice the distance of the dark share from one half, in percent.
fn balance(rows: &[u64]) -> u32 {
    let dark: u32 = rows.iter().map(|row| row.count_ones()).sum();
    let all = u32::try_from(rows.len() * rows.len()).expect("at most 61 × 61 modules");
    (dark * 200 / all).abs_diff(100)
}
