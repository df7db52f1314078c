//! Where a page's content puts its codes, and in which ink: the little of PDF's graphics state that says so.

use super::Flaw;
use crate::print::length::Length;
use crate::print::{MODULE_LEAST, QUIET_MODULES};
use rust_decimal::Decimal;

/// `x' = a x + c y + e`, `y' = b x + d y + f`.
type Matrix = [Decimal; 6];

/// Corners of a page in points: left, bottom, right, top.
pub(super) type Corners = [Decimal; 4];

/// Deepest nesting of states that is followed; ours is three.
const DEPTH_MAX: usize = 64;
/// Sides that differ by less are equal, in points: a thousandth of a millimetre.
const SAME: Decimal = Decimal::from_parts(28, 0, 0, false, 4);

#[derive(Clone)]
struct State {
    matrix: Matrix,
    /// Cyan, magenta, yellow, black; none for an ink of another kind.
    ink: Option<[Decimal; 4]>,
}

/// Follows a page's content up to each of its codes.
pub(super) struct Follower {
    state: State,
    outer: Vec<State>,
    page: Corners,
}

impl Follower {
    pub(super) fn new(page: Corners) -> Follower {
        let one = Decimal::ONE;
        let zero = Decimal::ZERO;
        // A page starts in black.
        let state = State { matrix: [one, zero, zero, one, zero, zero], ink: Some([zero, zero, zero, one]) };
        Follower { state, outer: Vec::new(), page }
    }

    /// Reads what stands before a code.
    pub(super) fn reads(&mut self, content: &[u8]) {
        let mut operands: Vec<Decimal> = Vec::new();
        for token in String::from_utf8_lossy(content).split_ascii_whitespace() {
            if let Ok(number) = token.parse() {
                operands.push(number);
                continue;
            }
            match token {
                "q" if self.outer.len() < DEPTH_MAX => self.outer.push(self.state.clone()),
                "Q" => self.state = self.outer.pop().unwrap_or_else(|| self.state.clone()),
                "cm" => self.state.matrix = times(last(&operands), &self.state.matrix),
                "k" => self.state.ink = last(&operands),
                "g" | "rg" | "cs" | "sc" | "scn" => self.state.ink = None,
                _ => {}
            }
            operands.clear();
        }
    }

    /// What is wrong with a code of so many modules that is drawn into the unit square now.
    pub(super) fn flaw(&self, modules: usize) -> Option<Flaw> {
        let one = Decimal::ONE;
        let zero = Decimal::ZERO;
        if self.state.ink != Some([zero, zero, zero, one]) {
            return Some(Flaw::Ink);
        }
        let [a, b, c, d, e, f] = self.state.matrix;
        let is = |one: Decimal, other: Decimal| (one - other).abs() <= SAME;
        let upright = is(b, zero) && is(c, zero) && is(a, d);
        let turned = is(a, zero) && is(d, zero) && is(b, -c);
        // Turned by a half counts as well; a mirrored code has one side against the other.
        if !(upright || turned) {
            return Some(Flaw::Shape);
        }
        let modules = Decimal::from(modules);
        let module = a.abs().max(b.abs()) / modules;
        let length = millimetres(module);
        if length + Length::um(1) < MODULE_LEAST {
            return Some(Flaw::Small(length));
        }
        let quiet = module * Decimal::from(QUIET_MODULES) - SAME;
        let (x, y) = ([e, e + a + c], [f, f + b + d]);
        let [left, bottom, right, top] = self.page;
        let within = |ends: [Decimal; 2], least, most| {
            ends[0].min(ends[1]) - quiet >= least && ends[0].max(ends[1]) + quiet <= most
        };
        (!within(x, left, right) || !within(y, bottom, top)).then_some(Flaw::OffPage)
    }
}

fn millimetres(points: Decimal) -> Length {
    let text = (points * Decimal::from(254) / Decimal::from(720)).round_dp(6).to_string();
    Length::parse_mm(&text).unwrap_or(Length::ZERO)
}

/// The last operands, where there are as many.
fn last<const N: usize>(operands: &[Decimal]) -> Option<[Decimal; N]> {
    operands.get(operands.len().checked_sub(N)?..)?.try_into().ok()
}

/// What is drawn through `inner` first and `outer` then. Numbers that are no matrix draw nothing that can be judged.
fn times(inner: Option<Matrix>, outer: &Matrix) -> Matrix {
    let product = || {
        let [a, b, c, d, e, f] = inner?;
        let [oa, ob, oc, od, oe, of] = *outer;
        let sum = |x: Decimal, m: Decimal, y: Decimal, n: Decimal, more: Decimal| {
            let sum = x.checked_mul(m)?.checked_add(y.checked_mul(n)?)?.checked_add(more)?;
            Some(sum.round_dp(8))
        };
        let zero = Decimal::ZERO;
        Some([
            sum(a, oa, b, oc, zero)?,
            sum(a, ob, b, od, zero)?,
            sum(c, oa, d, oc, zero)?,
            sum(c, ob, d, od, zero)?,
            sum(e, oa, f, oc, oe)?,
            sum(e, ob, f, od, of)?,
        ])
    };
    product().unwrap_or([Decimal::ZERO; 6])
}
