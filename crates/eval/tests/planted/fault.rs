//! What can be planted.

use closecast_eval::conformance::Check;

/// A fault of the forecaster, named by what it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Planted {
    NeverFits,
    ForecastsTheLastClose,
    CountsItsFits,
    ForgetsItsSeed,
    RoundsWhatItKeeps,
    CannotBeReadBack,
    CountsWithinABatch,
    PredictsApart,
    PeepsAtTomorrow,
    NeverHearsCancel,
    HearsCancelBeforeTheFirstBatchOnly,
    LetsNanThrough,
    PanicsAtWhatIsNotFinite,
    DividesByNoVariance,
    PanicsWithoutVariance,
    PanicsWhenShort,
    NeedsMoreThanItSays,
    CallsShortNonFinite,
    ForecastsOnWeekends,
    ForecastsOneSessionMore,
    SwapsTwoQuantiles,
    RepeatsALevel,
    PutsThePointOutside,
    FallsBelowZero,
    AddsACent,
}

impl Planted {
    pub(crate) const ALL: [Self; 25] = [
        Self::NeverFits,
        Self::ForecastsTheLastClose,
        Self::CountsItsFits,
        Self::ForgetsItsSeed,
        Self::RoundsWhatItKeeps,
        Self::CannotBeReadBack,
        Self::CountsWithinABatch,
        Self::PredictsApart,
        Self::PeepsAtTomorrow,
        Self::NeverHearsCancel,
        Self::HearsCancelBeforeTheFirstBatchOnly,
        Self::LetsNanThrough,
        Self::PanicsAtWhatIsNotFinite,
        Self::DividesByNoVariance,
        Self::PanicsWithoutVariance,
        Self::PanicsWhenShort,
        Self::NeedsMoreThanItSays,
        Self::CallsShortNonFinite,
        Self::ForecastsOnWeekends,
        Self::ForecastsOneSessionMore,
        Self::SwapsTwoQuantiles,
        Self::RepeatsALevel,
        Self::PutsThePointOutside,
        Self::FallsBelowZero,
        Self::AddsACent,
    ];

    /// The one check that must fail, and a part of what it must say.
    fn expected(self) -> (Check, &'static str) {
        match self {
            Self::NeverFits => (Check::Fits, "fitting an ordinary history: no"),
            Self::ForecastsTheLastClose => (Check::SineIsLearned, "relative to naive"),
            Self::CountsItsFits => (Check::SameSeedSameBits, "two fits with the same seed differ"),
            Self::ForgetsItsSeed => (Check::OtherSeedOtherBits, "do not differ in a single bit"),
            Self::RoundsWhatItKeeps => (Check::SavedAndLoadedSameBits, "read back of it differ"),
            Self::CannotBeReadBack => (Check::SavedAndLoadedSameBits, "reading the model"),
            Self::CountsWithinABatch => (Check::AloneAsInBatch, "of each alone differ"),
            Self::PredictsApart => (Check::AloneAsInBatch, "predict and predict_each"),
            Self::PeepsAtTomorrow => (Check::NothingAfterTheOrigin, "two futures differ"),
            Self::NeverHearsCancel => (Check::Cancellation, "cancelled before it began gave a model"),
            Self::HearsCancelBeforeTheFirstBatchOnly => (Check::Cancellation, "batches after a cancellation"),
            Self::LetsNanThrough => (Check::ExtremePrices, "finite, or there must be an error"),
            Self::PanicsAtWhatIsNotFinite => (Check::ExtremePrices, "it panicked: not finite"),
            Self::DividesByNoVariance => (Check::ConstantPrices, "constant prices is NaN"),
            Self::PanicsWithoutVariance => (Check::ConstantPrices, "it panicked: no variance"),
            Self::PanicsWhenShort => (Check::ShortHistory, "it panicked: short"),
            Self::NeedsMoreThanItSays => (Check::ShortHistory, "reported after fitting 1 sessions"),
            Self::CallsShortNonFinite => (Check::ShortHistory, "instead of the error of a short history"),
            Self::ForecastsOnWeekends => (Check::DatesAreSessions, "the list of dates"),
            Self::ForecastsOneSessionMore => (Check::DatesAreSessions, "the list of dates"),
            Self::SwapsTwoQuantiles => (Check::QuantilesRise, "the list of quantiles"),
            Self::RepeatsALevel => (Check::QuantilesRise, "the list of levels"),
            Self::PutsThePointOutside => (Check::QuantilesRise, "the middle 80 %"),
            Self::FallsBelowZero => (Check::PricesArePositive, "above zero"),
            Self::AddsACent => (Check::ScaleInvariance, "1024 times"),
        }
    }

    pub(crate) fn fails(self) -> Check {
        self.expected().0
    }

    pub(crate) fn message(self) -> &'static str {
        self.expected().1
    }
}
