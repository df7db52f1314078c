//! How many processes meet at the same wallets, as far as one of them can tell: by the races it lost.
//!
//! Batches written in turn hold all who came while they waited, where they would else be formed before they wait for the
//! same wallets. Alone a turn costs a statement for nothing, and processes that meet at no wallet need not wait for each
//! other. So who lost a race takes turns for a while: whatever was read and decided for a batch that lost is read and
//! decided anew.

/// So many batches are written in turn after a lost race: some ten seconds of busy bars, and of quiet ones longer, where a
/// statement more is not felt.
const TURNS: u32 = 1_024;

/// What one lane knows of the others.
#[derive(Default)]
pub(super) struct Crowd {
    /// Batches to come that are written in turn.
    left: u32,
    /// The database knows no turns.
    turnless: bool,
}

impl Crowd {
    /// Other processes were at the same wallets lately.
    pub(super) fn is_met(&self) -> bool {
        self.left > 0
    }

    /// The next batch waits for its turn.
    pub(super) fn takes_turns(&self) -> bool {
        self.left > 0 && !self.turnless
    }

    /// Others are met, and there are no turns to take.
    pub(super) fn is_turnless(&self) -> bool {
        self.left > 0 && self.turnless
    }

    pub(super) fn has_no_turns(&mut self) {
        self.turnless = true;
    }

    /// A turn that doesn't come isn't waited for again before the next lost race.
    pub(super) fn gives_up(&mut self) {
        self.left = 0;
    }

    pub(super) fn lost_race(&mut self) {
        self.left = TURNS;
    }

    pub(super) fn committed(&mut self) {
        self.left = self.left.saturating_sub(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Batches written in turn until the lane goes without.
    fn stay(crowd: &mut Crowd) -> u32 {
        let mut batches = 0;
        while crowd.takes_turns() {
            crowd.committed();
            batches += 1;
        }
        batches
    }

    #[test]
    fn who_lost_a_race_takes_turns_for_a_while() {
        let mut crowd = Crowd::default();
        assert_eq!(stay(&mut crowd), 0, "who met nobody takes no turn");
        for _ in 0..2 {
            crowd.lost_race();
            crowd.committed();
            crowd.lost_race();
            assert_eq!(stay(&mut crowd), TURNS);
        }
    }

    #[test]
    fn a_turn_that_never_comes_is_given_up_until_the_next_lost_race() {
        let mut crowd = Crowd::default();
        crowd.lost_race();
        crowd.gives_up();
        assert_eq!(stay(&mut crowd), 0);
        crowd.has_no_turns();
        crowd.lost_race();
        assert!(crowd.is_met() && crowd.is_turnless() && !crowd.takes_turns());
    }
}
