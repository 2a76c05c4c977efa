//! How much is compared, and what decides.

/// Sessions that are compared unless asked otherwise: a quarter of a year, new enough to be the market that the champion serves in.
pub const RECENT_SESSIONS: usize = 60;

/// Fewest sessions on which anything is decided: about a month. The losses of single days scatter about as much as they are large, so
/// that the mean of 20 is known to about a fifth; of fewer, the order of two models says little but luck.
pub const MIN_SESSIONS: usize = 20;

/// How much larger the challenger's absolute error may be than the champion's. The CRPS judges the whole forecast, points
/// included; this forbids better intervals around a plainly worse point. Points of good models lie within a percent or two of naive's,
/// and so of each other, for no reason but chance.
pub const MAE_TOLERANCE: f64 = 1.02;
