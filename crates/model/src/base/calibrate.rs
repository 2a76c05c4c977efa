//! The calibration part: its sessions, and the conformal factors fitted on them.

use chrono::NaiveDate;
use closecast_domain::{DateRange, ForecastError, History, MeasuredCoverage};

use super::{
    calibration::{ConformalFactors, Outcome, measure_coverage},
    ensemble::Ensemble,
};
use crate::error::unsuitable;

/// Conformal factors and the days they were fitted on.
#[derive(Clone, Debug)]
pub(super) struct Calibrated {
    /// One for each session ahead.
    pub(super) factors: Vec<ConformalFactors>,
    pub(super) days: Option<DateRange>,
    pub(super) coverage: Option<MeasuredCoverage>,
}

/// Returns the first session of the calibration part: the newest `days` sessions of any history.
pub(super) fn calibration_start(histories: &[History], days: usize) -> Result<NaiveDate, ForecastError> {
    let newest = histories.iter().map(|history| history.last().date).max();
    let newest = newest.ok_or_else(|| unsuitable("there is no history to train on"))?;
    let after = || newest.succ_opt().ok_or_else(|| unsuitable("the newest session is the last date of the calendar"));
    if days == 0 {
        return after();
    }
    let newest_sessions = |history: &History| {
        let bars = history.bars();
        bars[bars.len().saturating_sub(days)..].iter().map(|bar| bar.date).collect::<Vec<_>>()
    };
    let mut sessions: Vec<NaiveDate> = histories.iter().flat_map(newest_sessions).collect();
    sessions.sort_unstable();
    sessions.dedup();
    sessions.get(sessions.len().saturating_sub(days)).copied().map_or_else(after, Ok)
}

/// Calibrates `ensemble` on the sessions of `histories` from `start` on.
pub(super) fn calibrate(
    ensemble: &Ensemble,
    histories: &[History],
    start: NaiveDate,
) -> Result<Calibrated, ForecastError> {
    let mut outcomes: Vec<Vec<Outcome>> = vec![Vec::new(); ensemble.horizon];
    for history in histories {
        collect(ensemble, history, start, &mut outcomes)?;
    }
    let factors = outcomes.iter().map(|outcomes| ConformalFactors::fit(&outcomes.iter())).collect();
    let next = outcomes.first().map_or(&[][..], Vec::as_slice);
    let first = next.iter().map(|outcome| outcome.date).min();
    let last = next.iter().map(|outcome| outcome.date).max();
    let days = first.zip(last).map(|(start, end)| DateRange { start, end });
    Ok(Calibrated { factors, days, coverage: measure_coverage(next) })
}

/// Appends the outcomes of one history to `outcomes`, by sessions ahead.
fn collect(
    ensemble: &Ensemble,
    history: &History,
    start: NaiveDate,
    outcomes: &mut [Vec<Outcome>],
) -> Result<(), ForecastError> {
    let bars = history.bars();
    let first = bars.partition_point(|bar| bar.date < start).saturating_sub(1).max(ensemble.need() - 1);
    if first + 1 >= bars.len() {
        return Ok(());
    }
    let origins = first..bars.len() - 1;
    for (origin, sessions) in origins.clone().zip(ensemble.quantiles(history, origins)?) {
        for (ahead, quantiles) in (1..).zip(sessions) {
            let Some(target) = bars.get(origin + ahead) else { break };
            let realised = (target.close / bars[origin].close).ln();
            outcomes[ahead - 1].push(Outcome { date: target.date, realised, quantiles });
        }
    }
    Ok(())
}
