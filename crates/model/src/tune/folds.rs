//! The sessions available to a search, split into folds.

use std::ops::Range;

use closecast_domain::{DateRange, ForecastError, History};
use closecast_features::{Split, SplitSpec};

use super::{dimension::Dimension, error::TuneError, space::CheckedSpace};
use crate::{
    CheckedSpec, ModelSpec,
    dataset::{Dataset, chronological, origins},
    error::into_forecast_error,
};

/// Number of folds.
const FOLDS: usize = 3;

/// Share of the known origins that each fold is scored on.
const SCORED: f64 = 0.15;

/// Minimum number of origins before the first scored day, for training and validation.
const MIN_PAST_ORIGINS: usize = 100;

/// The sessions available to a search, in folds. It contains no later session.
#[derive(Clone, Debug)]
pub(super) struct SearchData {
    pub(super) known: History,
    pub(super) folds: Vec<Fold>,
    /// The held-out days: the test days of all models of the space.
    pub(super) held_out: DateRange,
}

/// One fold: models are trained on the days before the scored days.
#[derive(Clone, Debug)]
pub(super) struct Fold {
    /// All days up to the last close needed.
    history: History,
    /// Origins whose forecasts are scored.
    scored: Range<usize>,
    split: SplitSpec,
}

impl SearchData {
    /// Removes the test days from `history` and splits the rest into folds.
    ///
    /// The test part of a model depends on its lookback; the longest test part of the space is removed. The scored days are
    /// the same for every model, so that errors are comparable.
    pub(super) fn new(space: &CheckedSpace, history: &History) -> Result<Self, TuneError> {
        let have = history.len();
        let layout = Layout::new(space, have).ok_or_else(|| {
            let need = (have..).find(|&days| Layout::new(space, days).is_some()).unwrap_or(usize::MAX);
            TuneError::TooShort { symbol: history.symbol().clone(), have, need, lookback: space.lookbacks().1.lookback }
        })?;
        let known = history.first_bars(layout.known).map_err(into_forecast_error)?;
        let held_out = DateRange { start: history.bars()[layout.known].date, end: history.last().date };
        let ModelSpec { horizon, split, .. } = *space.untuned();
        let fold = |scored: Range<usize>| {
            let history = known.first_bars(scored.end + horizon).map_err(into_forecast_error)?;
            Ok(Fold { history, scored, split })
        };
        let folds = layout.scored.into_iter().map(fold).collect::<Result<_, ForecastError>>()?;
        Ok(Self { known, folds, held_out })
    }
}

/// Positions of the parts of a search in a history. They depend on the number of days, not on the prices.
struct Layout {
    /// Number of days available to the search.
    known: usize,
    /// Scored origins of each fold.
    scored: Vec<Range<usize>>,
}

impl Layout {
    /// Returns the layout of a history of `days` sessions; `None` when it is too short.
    fn new(space: &CheckedSpace, days: usize) -> Option<Self> {
        let (shortest, longest) = space.lookbacks();
        // Models with the longest lookback must have all parts too.
        let _parts = chronological(&longest, days)?;
        // Targets of the last known origins extend to the close of the first test origin, which is known at that time.
        let known = chronological(&shortest, days)?.test.start + 1;
        let origins = origins(&longest, known);
        let days = ((origins.len() as f64 * SCORED).round() as usize).max(1);
        let gaps = 2 * (longest.horizon - 1);
        if origins.len() < MIN_PAST_ORIGINS + gaps + FOLDS * days {
            return None;
        }
        let start = |fold: usize| origins.end - (FOLDS - fold) * days;
        Some(Self { known, scored: (0..FOLDS).map(|fold| start(fold)..start(fold + 1)).collect() })
    }
}

impl Fold {
    /// Returns the scored days, each the session after its origin.
    pub(super) fn days(&self) -> DateRange {
        let bars = self.history.bars();
        DateRange { start: bars[self.scored.start + 1].date, end: bars[self.scored.end].date }
    }

    pub(super) fn history(&self) -> &History {
        &self.history
    }

    /// Prepares the fold for `spec`: its test part is the scored part, preceded by validation and training parts in the usual
    /// proportion, with the gaps of a [`Split`].
    pub(super) fn dataset(&self, spec: &CheckedSpec) -> Result<Dataset, ForecastError> {
        let first = origins(spec.spec(), self.history.len()).start;
        let gap = spec.spec().horizon - 1;
        let end = self.scored.start.saturating_sub(gap);
        let past = end.saturating_sub(gap + first);
        let share = self.split.validation / (self.split.train + self.split.validation);
        let validation = end - ((past as f64 * share).round() as usize).max(1)..end;
        let train = first..validation.start - gap;
        Dataset::with_split(spec, &self.history, Split { train, validation, test: self.scored.clone() })
    }
}

impl CheckedSpace {
    /// Returns models with the shortest and the longest lookback of the space.
    fn lookbacks(&self) -> (ModelSpec, ModelSpec) {
        let untuned = self.untuned();
        let ends = self.space().lookback.as_ref().map(Dimension::extremes).unwrap_or_default();
        let all = || ends.iter().copied().chain([untuned.lookback]);
        let with =
            |lookback: Option<usize>| ModelSpec { lookback: lookback.unwrap_or(untuned.lookback), ..untuned.clone() };
        (with(all().min()), with(all().max()))
    }
}

#[cfg(test)]
mod tests {
    use closecast_testkit::histories::random_walk;

    use super::*;
    use crate::tune::SearchSpace;

    /// With a horizon of H, the last target of a part is the close of the first origin of the next.
    #[test]
    fn parts_of_a_fold_follow_each_other_and_share_no_target() {
        let history = random_walk("AAPL", 700, 1);
        for (horizon, lookbacks) in [(1, vec![5, 60]), (5, vec![30, 90]), (20, vec![60, 61])] {
            let lookback = Some(Dimension::OneOf(lookbacks.clone()));
            let space = SearchSpace { horizon, lookback, ..SearchSpace::default() }.check().unwrap();
            let data = SearchData::new(&space, &history).unwrap();
            for lookback in lookbacks {
                let spec = ModelSpec { horizon, lookback, ..ModelSpec::default() }.check().unwrap();
                for (number, fold) in data.folds.iter().enumerate() {
                    let Split { train, validation, test } = fold.dataset(&spec).unwrap().split;
                    assert_eq!(train.start, origins(spec.spec(), history.len()).start);
                    assert_eq!(train.end - 1 + horizon, validation.start);
                    assert_eq!(validation.end - 1 + horizon, test.start);
                    assert_eq!(test.end - 1 + horizon, fold.history().len() - 1, "nothing later is there");
                    let share = validation.len() as f64 / (train.len() + validation.len()) as f64;
                    assert!((share - 0.15 / 0.85).abs() < 0.03, "{share}");
                    if let Some(next) = data.folds.get(number + 1) {
                        assert_eq!(test.end, next.scored.start);
                    }
                }
                let tested = chronological(spec.spec(), history.len()).unwrap().test.start;
                assert!(data.known.len() - 1 <= tested, "the last close known is that of the first test origin");
            }
        }
    }
}
