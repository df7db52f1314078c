//! How many processes meet at the same wallets, as far as one of them can tell: by the races it lost.
//!
//! Batches written in turn hold all who came while they waited, where they would else be formed before they wait for the
//! same wallets. Alone a turn costs a statement for nothing, and processes that meet at no wallet need not wait for each
//! other. So who lost a race takes turns for a while, and who loses one again soon after that takes turns for longer:
//! whatever was read and decided for a batch that lost is read and decided anew.

/// So many batches are written in turn after a lost race.
const STAY_MIN: u32 = 64;
/// And so many where each stay ended in another lost race: some ten seconds of a busy bar.
const STAY_MAX: u32 = 1_024;

/// What one lane knows of the others.
#[derive(Default)]
pub(super) struct Crowd {
    /// Batches to come that are written in turn.
    left: u32,
    /// How many they were when the last race was lost.
    stay: u32,
    /// Batches written without a turn since.
    apart: u32,
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
        let is_soon = self.stay > 0 && self.apart < self.stay;
        // A batch that loses several times, or in its turn, tells no more than the first time.
        if self.left == 0 {
            self.stay = if is_soon { (self.stay * 2).min(STAY_MAX) } else { STAY_MIN };
        }
        (self.left, self.apart) = (self.stay, 0);
    }

    pub(super) fn committed(&mut self) {
        match self.left {
            0 => self.apart = self.apart.saturating_add(1),
            _ => self.left -= 1,
        }
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
    fn who_loses_a_race_again_soon_takes_turns_for_longer() {
        let mut crowd = Crowd::default();
        assert_eq!(stay(&mut crowd), 0, "who met nobody takes no turn");
        for expected in [64, 128, 256, 512, 1_024, 1_024] {
            crowd.lost_race();
            crowd.lost_race();
            assert_eq!(stay(&mut crowd), expected);
            (0..10).for_each(|_| crowd.committed());
        }
        (0..1_024).for_each(|_| crowd.committed());
        crowd.lost_race();
        assert_eq!(stay(&mut crowd), 64, "it was long ago");
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
