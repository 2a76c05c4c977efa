//! What happens to a file or an installation that is there already.

/// What becomes of what is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// It is kept, and nothing is done.
    Keep,
    /// It is replaced.
    Replace,
}
