//! The instruction sets this processor has.

use std::fmt;
use std::str::FromStr;

use crate::error::NnError;
use crate::kernels::Isa;

/// An instruction set of this processor that the kernels can use: `avx512`, `avx2`, `neon` or `portable`.
///
/// A network runs on the best one unless told otherwise; results differ between them by rounding alone.
#[derive(Clone, Copy)]
pub struct InstructionSet(pub(crate) Isa);

impl InstructionSet {
    /// Returns the best one.
    pub fn best() -> Self {
        Self(Isa::best())
    }

    /// Returns all, the best first.
    pub fn available() -> impl Iterator<Item = Self> {
        Isa::available().map(Self)
    }

    /// Returns its name.
    pub fn name(self) -> &'static str {
        self.0.name()
    }
}

impl fmt::Display for InstructionSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Debug for InstructionSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for InstructionSet {
    type Err = NnError;

    /// # Errors
    /// [`NnError::OutOfRange`] lists what this processor has.
    fn from_str(name: &str) -> Result<Self, NnError> {
        Self::available().find(|set| set.name() == name).ok_or_else(|| NnError::OutOfRange {
            field: "the instruction set",
            value: name.to_owned(),
            allowed: format!(
                "one this processor has: {}",
                Self::available().map(Self::name).collect::<Vec<_>>().join(", ")
            ),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back_and_others_refused_with_the_list() {
        for set in InstructionSet::available() {
            assert_eq!(set.name().parse::<InstructionSet>().unwrap().name(), set.name());
        }
        let message = "sse9".parse::<InstructionSet>().unwrap_err().to_string();
        assert!(message.contains("portable") || message.contains("neon"), "{message}");
    }
}
