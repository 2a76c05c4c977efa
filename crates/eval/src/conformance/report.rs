//! Which checks there are, and what came of them.

use std::fmt;

use super::Violation;

/// A promise that forecasters are held to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Check {
    /// An ordinary history can be learned from and forecast.
    Fits,
    /// Where a direction is claimed to be learned: on a sine without noise the error is less than half of naive's.
    SineIsLearned,
    /// The same seed gives the same bits, and so does asking twice.
    SameSeedSameBits,
    /// Where a seed is claimed to matter: another one gives other bits.
    OtherSeedOtherBits,
    /// Where a model can be kept: what is read back forecasts the same bits.
    SavedAndLoadedSameBits,
    /// A forecast among many has the bits of the same one alone.
    AloneAsInBatch,
    /// Days after the origin may be changed or taken away without changing a bit.
    NothingAfterTheOrigin,
    /// A cancelled fit ends as cancelled, within a batch, and gives no model.
    Cancellation,
    /// Absurd but valid prices give finite forecasts or an error. (A `History` cannot hold NaN.)
    ExtremePrices,
    /// Prices that stand still give finite forecasts or an error.
    ConstantPrices,
    /// A history that is too short is refused as that, and the number of sessions said to be needed is enough.
    ShortHistory,
    /// The forecast is dated to the exchange's next sessions, as many as the horizon, from the last close known.
    DatesAreSessions,
    /// Levels and prices of the quantiles rise, and the point lies in the middle 80 % of the distribution.
    QuantilesRise,
    /// Every price forecast is above zero.
    PricesArePositive,
    /// Where claimed: prices in another unit give the same forecasts in that unit.
    ScaleInvariance,
}

impl Check {
    /// All of them, in the order they are run.
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

    /// Returns its name, for messages.
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

/// A forecaster that keeps to everything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// What it was held to.
    pub passed: Vec<Check>,
    /// What it does not claim.
    pub not_claimed: Vec<Check>,
}

/// A check that failed.
#[derive(Debug)]
pub struct Failure {
    /// Which.
    pub check: Check,
    /// What was found.
    pub violation: Violation,
}

/// A forecaster that does not keep to everything.
#[derive(Debug)]
pub struct NonConformity {
    /// Name of the forecaster.
    pub name: String,
    /// Every check that failed; at least one.
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
