//! The proof that something a provider said was checked.

/// Proof that an adapter checked where something comes from: a signature that verified, or an answer to a
/// request of ours on an authenticated connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified<T>(T);

impl<T> Verified<T> {
    /// For adapters only, after their checks.
    pub(in crate::providers) fn new(value: T) -> Verified<T> {
        Verified(value)
    }

    /// For tests of the rooms above, which have no provider at hand.
    #[cfg(test)]
    pub(crate) fn unchecked(value: T) -> Verified<T> {
        Verified(value)
    }

    /// What was verified.
    pub fn get(&self) -> &T {
        &self.0
    }

    /// What was verified, taken out of its proof.
    pub fn into_inner(self) -> T {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_gives_back_what_was_proven() {
        let proof = Verified::unchecked(7);
        assert_eq!(*proof.get(), 7);
        assert_eq!(proof.into_inner(), 7);
    }
}
