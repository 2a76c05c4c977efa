//! Kinds of defects.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Kind of a defect. Its `Display` is the [code](Self::code), the same as its serialised name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DefectKind {
    /// The exchange traded, the source has no bar.
    MissingSession,
    /// Two bars of the same date.
    DuplicateDate,
    /// A bar dated before the one in front of it.
    Unordered,
    /// High below low.
    HighBelowLow,
    /// Close outside [low, high].
    CloseOutsideRange,
    /// Open outside [low, high].
    OpenOutsideRange,
    /// A session without a trade.
    ZeroVolume,
    /// A negative volume.
    NegativeVolume,
    /// Several sessions with the same open, high, low and close: a price that is not updated.
    StaleFlatRun,
    /// Prices 100 times those of their neighbours (cents for units), or a hundredth of them.
    HundredfoldPrice,
    /// A jump by the ratio of a split that is not recorded.
    SplitJump,
    /// A price that is missing, NaN or infinite.
    NonFinite,
    /// A price of zero or below.
    NonPositive,
    /// The bar of a session that was still trading.
    LiveBar,
    /// A bar dated on a Saturday or Sunday.
    WeekendRow,
    /// A bar dated on a holiday of the exchange.
    HolidayRow,
    /// A bar dated in the future.
    FutureRow,
    /// An impossible dividend or split.
    InvalidEvent,
    /// A recorded dividend that the adjusted close does not reflect.
    UnadjustedDividend,
}

impl DefectKind {
    /// Every kind, in the order of their definition.
    pub const ALL: [Self; 19] = [
        Self::MissingSession,
        Self::DuplicateDate,
        Self::Unordered,
        Self::HighBelowLow,
        Self::CloseOutsideRange,
        Self::OpenOutsideRange,
        Self::ZeroVolume,
        Self::NegativeVolume,
        Self::StaleFlatRun,
        Self::HundredfoldPrice,
        Self::SplitJump,
        Self::NonFinite,
        Self::NonPositive,
        Self::LiveBar,
        Self::WeekendRow,
        Self::HolidayRow,
        Self::FutureRow,
        Self::InvalidEvent,
        Self::UnadjustedDividend,
    ];

    /// Returns the machine-readable name, for example `missing_session`.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.names().0
    }

    /// Returns the human-readable name, for example `Missing session`.
    #[must_use]
    pub fn title(self) -> &'static str {
        self.names().1
    }

    fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::MissingSession => ("missing_session", "Missing session"),
            Self::DuplicateDate => ("duplicate_date", "Date delivered twice"),
            Self::Unordered => ("unordered", "Rows out of order"),
            Self::HighBelowLow => ("high_below_low", "High below low"),
            Self::CloseOutsideRange => ("close_outside_range", "Close outside low and high"),
            Self::OpenOutsideRange => ("open_outside_range", "Open outside low and high"),
            Self::ZeroVolume => ("zero_volume", "No volume"),
            Self::NegativeVolume => ("negative_volume", "Negative volume"),
            Self::StaleFlatRun => ("stale_flat_run", "Price not updated"),
            Self::HundredfoldPrice => ("hundredfold_price", "Price 100 times too high or low"),
            Self::SplitJump => ("split_jump", "Jump like a split"),
            Self::NonFinite => ("non_finite", "Price missing or not a number"),
            Self::NonPositive => ("non_positive", "Price of zero or below"),
            Self::LiveBar => ("live_bar", "Session not over"),
            Self::WeekendRow => ("weekend_row", "Row on a weekend"),
            Self::HolidayRow => ("holiday_row", "Row on a holiday"),
            Self::FutureRow => ("future_row", "Row in the future"),
            Self::InvalidEvent => ("invalid_event", "Impossible dividend or split"),
            Self::UnadjustedDividend => ("unadjusted_dividend", "Dividend not adjusted for"),
        }
    }
}

impl fmt::Display for DefectKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_lists_each_kind_once_with_its_serialised_name() {
        let codes: std::collections::BTreeSet<_> = DefectKind::ALL.iter().map(|kind| kind.code()).collect();
        assert_eq!(codes.len(), DefectKind::ALL.len());
        for kind in DefectKind::ALL {
            let camel_case: String = kind.code().split('_').map(|word| word[..1].to_uppercase() + &word[1..]).collect();
            assert_eq!(format!("{kind:?}"), camel_case, "the code is the name that serde derives");
            assert_eq!(format!("{kind:>20}").trim(), kind.code());
        }
    }
}
