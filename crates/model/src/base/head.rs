//! Loss and quantiles of each [`Head`].

use closecast_domain::Head;
use closecast_nn::{Loss, StudentT};

use super::student::{LEVELS, unit_quantiles};

/// Returns the loss that the network is trained with.
pub(super) fn loss(head: Head) -> Loss {
    match head {
        Head::Spread => Loss::CentredStudentT,
        Head::StudentT => Loss::StudentT,
        Head::Quantiles => Loss::Pinball { levels: LEVELS.map(|level| level as f32).to_vec() },
    }
}

/// Converts the outputs of one session to quantiles at [`LEVELS`], in units of its volatility.
pub(super) fn quantiles(head: Head, outputs: &[f32]) -> [f64; LEVELS.len()] {
    let student = |location: f32, scale: f32, freedom: f32| {
        let t = StudentT::from_outputs([location, scale, freedom]);
        unit_quantiles(t.degrees_of_freedom).map(|quantile| t.location + t.scale * quantile)
    };
    match (head, outputs) {
        (Head::Spread, &[scale, freedom]) => student(0.0, scale, freedom),
        (Head::StudentT, &[location, scale, freedom]) => student(location, scale, freedom),
        (Head::Quantiles, outputs) if outputs.len() == LEVELS.len() => {
            let mut quantiles = std::array::from_fn(|at| f64::from(outputs[at]));
            // Separately learned quantiles may cross.
            quantiles.sort_unstable_by(f64::total_cmp);
            quantiles
        }
        _ => [f64::NAN; LEVELS.len()],
    }
}
