//! What a search may see, and how it is cut into folds.

use std::ops::Range;

use closecast_domain::{DateRange, ForecastError, History};
use closecast_features::{Split, SplitSpec};

use super::{Dimension, TuneError, space::CheckedSpace};
use crate::{
    CheckedSpec, ModelSpec,
    dataset::{Dataset, chronological, origins, unsuitable},
};

/// Folds of a search.
const FOLDS: usize = 3;

/// Share of the origins of the known days that one fold is scored on.
const SCORED: f64 = 0.15;

/// Fewest origins before the first scored day: enough for some weights and for a choice of the epoch.
const LEAST_PAST: usize = 100;

/// The days that a search may see, in folds. Nothing later is in it.
#[derive(Clone, Debug)]
pub(super) struct Ground {
    pub(super) known: History,
    pub(super) folds: Vec<Fold>,
    /// The days whose prices no trial sees: those that a model of the space may be tested on.
    pub(super) held_out: DateRange,
}

/// One fold: models learn from what is before the scored days.
#[derive(Clone, Debug)]
pub(super) struct Fold {
    /// All days up to the last one whose close is needed.
    history: History,
    /// Origins whose forecasts are scored.
    scored: Range<usize>,
    split: SplitSpec,
}

impl Ground {
    /// Cuts the test days off `history` and the rest into folds.
    ///
    /// The test part of a model depends on its lookback; what is cut off is the longest test part in the space. The days that
    /// are scored are the same for every model, so that their errors can be compared.
    pub(super) fn new(space: &CheckedSpace, history: &History) -> Result<Self, TuneError> {
        let have = history.len();
        let layout = Layout::new(space, have).ok_or_else(|| {
            let need = (have..).find(|&days| Layout::new(space, days).is_some()).unwrap_or(usize::MAX);
            TuneError::TooShort { symbol: history.symbol().clone(), have, need, lookback: space.lookbacks().1.lookback }
        })?;
        let known = history.first_bars(layout.known).map_err(unsuitable)?;
        let held_out = DateRange { start: history.bars()[layout.known].date, end: history.last().date };
        let ModelSpec { horizon, split, .. } = *space.untuned();
        let fold = |scored: Range<usize>| {
            let history = known.first_bars(scored.end + horizon).map_err(unsuitable)?;
            Ok(Fold { history, scored, split })
        };
        let folds = layout.scored.into_iter().map(fold).collect::<Result<_, ForecastError>>()?;
        Ok(Self { known, folds, held_out })
    }
}

/// Where the parts of a search lie in a history. It depends on the number of days, not on their prices.
struct Layout {
    /// Days that a search may see.
    known: usize,
    /// Origins scored, by fold.
    scored: Vec<Range<usize>>,
}

impl Layout {
    /// Returns the parts of a history of `days` sessions; `None` when it is too short.
    fn new(space: &CheckedSpace, days: usize) -> Option<Self> {
        let (shortest, longest) = space.lookbacks();
        // Also models with the longest lookback must have all their parts.
        let _parts = chronological(&longest, days)?;
        // Targets of the last known origins reach up to the close of the first test origin, which is known by then.
        let known = chronological(&shortest, days)?.test.start + 1;
        let origins = origins(&longest, known);
        let days = ((origins.len() as f64 * SCORED).round() as usize).max(1);
        let gaps = 2 * (longest.horizon - 1);
        if origins.len() < LEAST_PAST + gaps + FOLDS * days {
            return None;
        }
        let start = |fold: usize| origins.end - (FOLDS - fold) * days;
        Some(Self { known, scored: (0..FOLDS).map(|fold| start(fold)..start(fold + 1)).collect() })
    }
}

impl Fold {
    /// Returns the days that the fold is scored on, each the session after its origin.
    pub(super) fn days(&self) -> DateRange {
        let bars = self.history.bars();
        DateRange { start: bars[self.scored.start + 1].date, end: bars[self.scored.end].date }
    }

    pub(super) fn history(&self) -> &History {
        &self.history
    }

    /// Prepares the fold for `spec`: its test part is what is scored; before it, with the gaps of a [`Split`], are validation
    /// and training in the proportion they have in a training.
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
    /// Returns a model with the shortest and one with the longest lookback of the space.
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
            let ground = Ground::new(&space, &history).unwrap();
            for lookback in lookbacks {
                let spec = ModelSpec { horizon, lookback, ..ModelSpec::default() }.check().unwrap();
                for (number, fold) in ground.folds.iter().enumerate() {
                    let Split { train, validation, test } = fold.dataset(&spec).unwrap().split;
                    assert_eq!(train.start, origins(spec.spec(), history.len()).start);
                    assert_eq!(train.end - 1 + horizon, validation.start);
                    assert_eq!(validation.end - 1 + horizon, test.start);
                    assert_eq!(test.end - 1 + horizon, fold.history().len() - 1, "nothing later is there");
                    let share = validation.len() as f64 / (train.len() + validation.len()) as f64;
                    assert!((share - 0.15 / 0.85).abs() < 0.03, "{share}");
                    if let Some(next) = ground.folds.get(number + 1) {
                        assert_eq!(test.end, next.scored.start);
                    }
                }
                let tested = chronological(spec.spec(), history.len()).unwrap().test.start;
                assert!(ground.known.len() - 1 <= tested, "the last close known is that of the first test origin");
            }
        }
    }
}
