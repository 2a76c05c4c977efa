//! Folds of a backtest.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use closecast_domain::History;

/// Specification of a backtest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BacktestSpec {
    /// Number of test sessions, at least 1.
    pub test_days: usize,
    /// Sessions between refits, at least 1.
    pub refit_every: usize,
    /// First test session; the last `test_days` sessions if `None`. Later days are never read.
    pub from: Option<NaiveDate>,
    /// Sessions ahead to forecast from each origin.
    pub horizon: usize,
}

impl Default for BacktestSpec {
    /// One year, refitted quarterly, one session ahead.
    fn default() -> Self {
        Self { test_days: 252, refit_every: 63, from: None, horizon: 1 }
    }
}

/// Why a backtest cannot be planned.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// A setting is 0.
    #[error("{0} is 0: give at least 1")]
    Zero(&'static str),
    /// There is no history.
    #[error("there is no history to forecast")]
    NoHistory,
    /// The histories do not reach the first test day.
    #[error("no session lies on or after {from}: the histories end on {last}")]
    FromTooLate {
        /// Requested first day.
        from: NaiveDate,
        /// Newest session of all histories.
        last: NaiveDate,
    },
    /// No session is left to train on before the test days.
    #[error(
        "{sessions} sessions leave none to train on before {test_days} test days: use fewer test days, or longer histories"
    )]
    NothingToLearn {
        /// Sessions of all histories.
        sessions: usize,
        /// Requested test days.
        test_days: usize,
    },
}

/// Sessions that are forecast by models fitted once. Folds are defined by dates, not by shares of a history: no data of any
/// symbol dated on or after `first` is used for training, tuning or calibration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fold {
    /// First session forecast.
    pub first: NaiveDate,
    /// Last session forecast.
    pub last: NaiveDate,
}

/// The folds of a backtest, in order, without gaps or overlaps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Specification.
    pub spec: BacktestSpec,
    /// Folds, earliest first.
    pub folds: Vec<Fold>,
}

impl Plan {
    /// Computes the folds over the union of the sessions of all histories.
    ///
    /// # Errors
    /// [`PlanError`] when a setting is 0 or the histories are too short.
    pub fn new(spec: BacktestSpec, histories: &[History]) -> Result<Self, PlanError> {
        for (name, value) in
            [("test-days", spec.test_days), ("refit-every", spec.refit_every), ("the horizon", spec.horizon)]
        {
            if value == 0 {
                return Err(PlanError::Zero(name));
            }
        }
        let sessions: BTreeSet<NaiveDate> = histories.iter().flat_map(History::dates).collect();
        let sessions: Vec<NaiveDate> = sessions.into_iter().collect();
        let Some(&last) = sessions.last() else { return Err(PlanError::NoHistory) };
        let first = match spec.from {
            Some(from) => sessions.partition_point(|&date| date < from),
            None => sessions.len().saturating_sub(spec.test_days),
        };
        if let (Some(from), true) = (spec.from, first == sessions.len()) {
            return Err(PlanError::FromTooLate { from, last });
        }
        if first == 0 {
            return Err(PlanError::NothingToLearn { sessions: sessions.len(), test_days: spec.test_days });
        }
        let tested = &sessions[first..(first + spec.test_days).min(sessions.len())];
        let fold = |days: &[NaiveDate]| Fold { first: days[0], last: days[days.len() - 1] };
        Ok(Self { spec, folds: tested.chunks(spec.refit_every).map(fold).collect() })
    }

    /// Returns the last test session: later days are not read.
    #[must_use]
    pub fn last(&self) -> Option<NaiveDate> {
        self.folds.last().map(|fold| fold.last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use closecast_domain::{Bar, Symbol};

    fn day(n: usize) -> NaiveDate {
        NaiveDate::default() + chrono::Days::new(n as u64)
    }

    fn history(symbol: &str, days: std::ops::Range<usize>) -> History {
        let bar = |n| Bar { date: day(n), open: 1.0, high: 1.0, low: 1.0, close: 1.0, raw_close: 1.0, volume: 1.0 };
        History::from_checked(symbol.parse::<Symbol>().unwrap(), None, days.map(bar).collect()).unwrap()
    }

    #[test]
    fn folds_cover_the_test_days_once_and_in_order() {
        let histories = [history("A", 0..100), history("B", 50..103)];
        let plan = Plan::new(BacktestSpec { test_days: 10, refit_every: 4, ..Default::default() }, &histories).unwrap();
        let dates: Vec<_> = plan.folds.iter().map(|fold| (fold.first, fold.last)).collect();
        assert_eq!(dates, [(day(93), day(96)), (day(97), day(100)), (day(101), day(102))]);
        let from = BacktestSpec { from: Some(day(20)), test_days: 5, ..Default::default() };
        assert_eq!(Plan::new(from, &histories).unwrap().folds, [Fold { first: day(20), last: day(24) }]);
    }

    #[test]
    fn invalid_plans_are_refused() {
        let histories = [history("A", 5..20)];
        let with = |change: fn(&mut BacktestSpec)| {
            let mut spec = BacktestSpec::default();
            change(&mut spec);
            Plan::new(spec, &histories).unwrap_err()
        };
        assert_eq!(with(|spec| spec.refit_every = 0), PlanError::Zero("refit-every"));
        assert_eq!(with(|spec| spec.test_days = 15), PlanError::NothingToLearn { sessions: 15, test_days: 15 });
        assert_eq!(with(|spec| spec.from = Some(day(20))), PlanError::FromTooLate { from: day(20), last: day(19) });
        assert!(matches!(with(|spec| spec.from = Some(day(3))), PlanError::NothingToLearn { .. }));
        assert_eq!(Plan::new(BacktestSpec::default(), &[]), Err(PlanError::NoHistory));
    }
}
