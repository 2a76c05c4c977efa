//! What the outputs of the network mean.

use closecast_nn::{Loss, StudentT};
use serde::{Deserialize, Serialize};

use super::student::{LEVELS, unit_quantiles};

/// The distribution of a close that the network gives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Head {
    /// Student's t around the last close: scale and degrees of freedom are learned. A direction that is learned costs more in
    /// the next market than it gains, as far as anyone has shown.
    #[default]
    Spread,
    /// Student's t whose location is learned too.
    StudentT,
    /// Quantiles, each an output of its own, learned with the pinball loss.
    Quantiles,
}

impl Head {
    /// Returns its name, as `train --head` takes it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Spread => "spread",
            Self::StudentT => "student-t",
            Self::Quantiles => "quantiles",
        }
    }

    /// Returns what training makes small.
    pub(super) fn loss(self) -> Loss {
        match self {
            Self::Spread => Loss::CentredStudentT,
            Self::StudentT => Loss::StudentT,
            Self::Quantiles => Loss::Pinball { levels: LEVELS.map(|level| level as f32).to_vec() },
        }
    }

    /// Returns the quantiles at [`LEVELS`] that the outputs of one session stand for, in units of its volatility.
    pub(super) fn quantiles(self, outputs: &[f32]) -> [f64; LEVELS.len()] {
        let student = |location: f32, scale: f32, freedom: f32| {
            let t = StudentT::from_outputs([location, scale, freedom]);
            unit_quantiles(t.degrees_of_freedom).map(|quantile| t.location + t.scale * quantile)
        };
        match (self, outputs) {
            (Self::Spread, &[scale, freedom]) => student(0.0, scale, freedom),
            (Self::StudentT, &[location, scale, freedom]) => student(location, scale, freedom),
            (Self::Quantiles, outputs) if outputs.len() == LEVELS.len() => {
                let mut quantiles = std::array::from_fn(|at| f64::from(outputs[at]));
                // Outputs that were learned one by one may cross.
                quantiles.sort_unstable_by(f64::total_cmp);
                quantiles
            }
            _ => [f64::NAN; LEVELS.len()],
        }
    }
}
