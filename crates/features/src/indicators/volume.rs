//! Unusual volume.
//!
//! A session without volume (an index, a source without volumes, a day without trades) is left out of the means, and its
//! value is 0.

use crate::{moments::Moments, rolling::rolling};

/// Returns the log volume minus its mean over the last `period` days, including that day. First value on
/// day `period − 1`.
#[must_use]
pub fn volume_surprise(volumes: &[f64], period: usize) -> Vec<f64> {
    against_past(volumes, period, |log_volume, past| log_volume - past.mean())
}

/// Returns [`volume_surprise`] in units of the standard deviation (divisor n − 1) of the log volumes of those days; 0
/// if they are constant. First value on day `period − 1`.
#[must_use]
pub fn volume_z_score(volumes: &[f64], period: usize) -> Vec<f64> {
    against_past(volumes, period, |log_volume, past| {
        let deviation = past.sample_variance().sqrt();
        if deviation > NO_VARIATION { (log_volume - past.mean()) / deviation } else { 0.0 }
    })
}

/// Returns the mean log volume of the last `short` days minus that of the last `long` days, 0 on a day without volume. First
/// value on day `long − 1`.
#[must_use]
pub fn volume_trend(volumes: &[f64], short: usize, long: usize) -> Vec<f64> {
    let (against_short, against_long) = (volume_surprise(volumes, short), volume_surprise(volumes, long));
    against_long.into_iter().zip(against_short).map(|(long, short)| long - short).collect()
}

/// Standard deviation of log volumes below which they count as constant.
const NO_VARIATION: f64 = 1e-9;

fn against_past(volumes: &[f64], period: usize, compare: impl Fn(f64, Moments) -> f64) -> Vec<f64> {
    let traded = |volume: f64| volume > 0.0;
    let each: Vec<Moments> = volumes
        .iter()
        .map(|&volume| if traded(volume) { Moments::of(volume.ln()) } else { Moments::default() })
        .collect();
    let day = |(past, &volume): (Option<Moments>, &f64)| match past {
        None => f64::NAN,
        Some(past) if traded(volume) => compare(volume.ln(), past),
        Some(_) => 0.0,
    };
    rolling(&each, period, Moments::join).into_iter().zip(volumes).map(day).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trend_is_the_difference_of_two_means() {
        let volumes: Vec<f64> = (1..=8).map(|day| f64::from(1 << day)).collect();
        let trend = volume_trend(&volumes, 2, 4);
        assert!(trend[..3].iter().all(|value| value.is_nan()));
        // Log₂ means of 7.5 and 6.5 on the last day.
        assert!((trend[7] - 2.0_f64.ln()).abs() < 1e-12);
        assert_eq!(volume_trend(&[5.0, 5.0, 5.0, 0.0], 1, 2)[3], 0.0);
    }

    #[test]
    fn sessions_without_volume_are_ignored() {
        let volumes = [100.0, 0.0, 100.0, 200.0, 0.0, 0.0, 0.0, 50.0];
        let surprise = volume_surprise(&volumes, 3);
        assert!(surprise[..2].iter().all(|value| value.is_nan()));
        assert!((surprise[3] - 0.5 * 2.0_f64.ln()).abs() < 1e-12);
        assert_eq!(surprise[2], 0.0);
        assert_eq!(surprise[4..], [0.0; 4]);
        assert_eq!(volume_z_score(&[0.0; 6], 3)[2..], [0.0; 4]);
        assert_eq!(volume_z_score(&[7.0; 6], 3)[2..], [0.0; 4]);
        assert_eq!(volume_z_score(&volumes, 3)[7], 0.0);
    }
}
