//! Instruction sets of this processor.

use std::fmt;
use std::str::FromStr;

use crate::error::NnError;
use crate::kernels::Isa;

/// An instruction set of this processor that the kernels can use: `avx512`, `avx2`, `neon` or `portable`.
///
/// A network runs on the best one by default; results differ only by rounding.
#[derive(Clone, Copy)]
pub struct InstructionSet(pub(crate) Isa);

impl InstructionSet {
    /// Returns the fastest instruction set of this processor.
    pub fn best() -> Self {
        Self(Isa::best())
    }

    /// Returns all, fastest first.
    pub fn available() -> impl Iterator<Item = Self> {
        Isa::available().map(Self)
    }

    /// Returns the name.
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
    /// [`NnError::OutOfRange`] lists the available ones.
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
    fn names_are_parsed_and_unknown_ones_refused_with_the_list() {
        for set in InstructionSet::available() {
            assert_eq!(set.name().parse::<InstructionSet>().unwrap().name(), set.name());
        }
        let message = "sse9".parse::<InstructionSet>().unwrap_err().to_string();
        assert!(message.contains("portable") || message.contains("neon"), "{message}");
    }
}
