//! Parameters of GARCH(1,1).

/// Parameters of GARCH(1,1) with Student-t innovations, for log returns in percent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GarchParameters {
    /// Mean return `μ`, percent a session.
    pub mean: f64,
    /// Constant `ω` of the variance, percent squared.
    pub omega: f64,
    /// Weight `α` of yesterday's squared residual.
    pub alpha: f64,
    /// Weight `β` of yesterday's variance.
    pub beta: f64,
    /// Degrees of freedom `ν`.
    pub degrees_of_freedom: f64,
}
