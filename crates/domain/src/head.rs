//! The distribution that a model of many symbols forecasts.

use serde::{Deserialize, Serialize};

/// What the outputs of the network stand for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Head {
    /// Student's t around the last close: scale and degrees of freedom are learned. A learned direction costs more on later
    /// days than it gains.
    #[default]
    Spread,
    /// Student's t with a learned location.
    StudentT,
    /// Quantiles, each an output of its own, trained with the pinball loss.
    Quantiles,
}

impl Head {
    /// Returns its name, as in JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Spread => "spread",
            Self::StudentT => "student-t",
            Self::Quantiles => "quantiles",
        }
    }
}
