//! What people said is to become of a matter that takes two of them. None of their words is changed: whoever thinks otherwise
//! says another, and of each person the latest counts.

pub(super) mod store;

use store::Proposed;

/// Adds a word to the latest ones: it takes the place of what the same person said before.
pub(super) fn say(words: &mut Vec<Proposed>, word: Proposed) {
    words.retain(|other| other.person != word.person);
    words.push(word);
}
