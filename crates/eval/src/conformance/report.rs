//! Checks and their results.

use std::fmt;

use super::Violation;

/// A property that forecasters must have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Check {
    /// An ordinary history can be fitted and forecast.
    Fits,
    /// If a direction is claimed to be learned: on a noiseless sine the error is less than half of naive's.
    SineIsLearned,
    /// The same seed gives the same bits, and so do repeated forecasts.
    SameSeedSameBits,
    /// If a seed is claimed to matter: another seed gives other bits.
    OtherSeedOtherBits,
    /// If a model can be saved: a loaded model forecasts the same bits.
    SavedAndLoadedSameBits,
    /// A forecast in a batch is bit-identical to the single forecast.
    AloneAsInBatch,
    /// Changing or removing days after the origin changes no bit.
    NothingAfterTheOrigin,
    /// A cancelled fit ends as cancelled, within a batch, without a model.
    Cancellation,
    /// Extreme but valid prices give finite forecasts or an error. (A `History` cannot contain NaN.)
    ExtremePrices,
    /// Constant prices give finite forecasts or an error.
    ConstantPrices,
    /// A history that is too short is refused as such, and the reported number of sessions is sufficient.
    ShortHistory,
    /// The forecast covers the exchange's next `horizon` sessions after the last known close.
    DatesAreSessions,
    /// Levels and prices of the quantiles are ascending, and the point is in the middle 80 % of the distribution.
    QuantilesRise,
    /// Every forecast price is positive.
    PricesArePositive,
    /// If claimed: prices in another unit give the same forecasts in that unit.
    ScaleInvariance,
}

impl Check {
    /// All checks, in the order they are run.
    pub const ALL: [Self; 15] = [
        Self::Fits,
        Self::SineIsLearned,
        Self::SameSeedSameBits,
        Self::OtherSeedOtherBits,
        Self::SavedAndLoadedSameBits,
        Self::AloneAsInBatch,
        Self::NothingAfterTheOrigin,
        Self::Cancellation,
        Self::ExtremePrices,
        Self::ConstantPrices,
        Self::ShortHistory,
        Self::DatesAreSessions,
        Self::QuantilesRise,
        Self::PricesArePositive,
        Self::ScaleInvariance,
    ];

    /// Returns the name for messages.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Fits => "fits",
            Self::SineIsLearned => "sine is learned",
            Self::SameSeedSameBits => "same seed, same bits",
            Self::OtherSeedOtherBits => "other seed, other bits",
            Self::SavedAndLoadedSameBits => "saved and loaded, same bits",
            Self::AloneAsInBatch => "alone as in a batch",
            Self::NothingAfterTheOrigin => "nothing after the origin",
            Self::Cancellation => "cancellation",
            Self::ExtremePrices => "extreme prices",
            Self::ConstantPrices => "constant prices",
            Self::ShortHistory => "short history",
            Self::DatesAreSessions => "dates are sessions",
            Self::QuantilesRise => "quantiles rise",
            Self::PricesArePositive => "prices are positive",
            Self::ScaleInvariance => "scale invariance",
        }
    }
}

/// Result of a conforming forecaster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Passed checks.
    pub passed: Vec<Check>,
    /// Checks that the forecaster does not claim.
    pub not_claimed: Vec<Check>,
}

/// A check that failed.
#[derive(Debug)]
pub struct Failure {
    /// Check.
    pub check: Check,
    /// Violation.
    pub violation: Violation,
}

/// Result of a forecaster that violates at least one check.
#[derive(Debug)]
pub struct NonConformity {
    /// Name of the forecaster.
    pub name: String,
    /// Failed checks; at least one.
    pub failures: Vec<Failure>,
}

impl fmt::Display for NonConformity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} fails {} of the checks", self.name, self.failures.len())?;
        self.failures
            .iter()
            .try_for_each(|failure| write!(formatter, "\n  {}: {}", failure.check.name(), failure.violation))
    }
}

impl std::error::Error for NonConformity {}
