//! Thresholds of a promotion.

/// Default number of sessions compared: a quarter of a year, recent enough to represent the current market.
pub const RECENT_SESSIONS: usize = 60;

/// Minimum number of sessions for a decision: about a month. The losses of single days vary about as much as their mean, so that
/// a mean of 20 has a standard error of about a fifth; with fewer, the ranking of two models is mostly noise.
pub const MIN_SESSIONS: usize = 20;

/// Maximum ratio of the challenger's mean absolute error to the champion's. The CRPS scores the whole distribution; this limit
/// excludes better intervals around a clearly worse point. Errors of good models differ from naive's, and so from each other, by
/// a percent or two by chance.
pub const MAE_TOLERANCE: f64 = 1.02;
