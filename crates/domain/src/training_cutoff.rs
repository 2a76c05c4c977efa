//! The last sessions that influenced a model, so that it can be judged on later ones.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::{BaseCard, Card, DateRange, History, ModelCard};

/// The last sessions that influenced a model: all later ones are unseen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrainingCutoff {
    /// Last session that influenced the weights or their selection.
    pub weights: NaiveDate,
    /// Last session that influenced anything, including the interval widths. Never before `weights`.
    pub intervals: NaiveDate,
}

impl Card {
    /// Returns the training cutoff. Sessions are counted in the one of `histories` on which the model was trained,
    /// which may have grown since; without it, all of the training data counts.
    #[must_use]
    pub fn training_cutoff(&self, histories: &[History]) -> TrainingCutoff {
        match self {
            Self::Base(card) => card.training_cutoff(),
            Self::Symbol(card) => {
                card.training_cutoff(histories.iter().find(|history| *history.symbol() == card.symbol))
            }
        }
    }
}

impl BaseCard {
    fn training_cutoff(&self) -> TrainingCutoff {
        let end = |range: Option<DateRange>| range.map(|range| range.end);
        let weights = self.trained_on.end.max(end(self.passes_chosen_on).unwrap_or(self.trained_on.end));
        TrainingCutoff { weights, intervals: weights.max(end(self.calibrated_on).unwrap_or(weights)) }
    }
}

impl ModelCard {
    /// The card records the last training session and the number of validation and test days; validation selected the
    /// epoch and the interval widths. The last validation close is located from either end, and the later date counts:
    /// rows that a source has added since can only extend the seen period.
    fn training_cutoff(&self, history: Option<&History>) -> TrainingCutoff {
        let all = self.data_range.end;
        let last = history.filter(|history| self.is_within(history)).and_then(|history| {
            let (validation, test) = (&self.evaluation.validation.model, &self.evaluation.test.model);
            let on = |position: usize| history.bars().get(position).map(|bar| bar.date);
            // The first validation origin is the last training session, and forecasts reach `horizon` further.
            let from_front = on(position(history, self.trained_on.end)?
                .checked_add(validation.days)?
                .checked_add(self.horizon)?
                .checked_sub(1)?)?;
            // The last validation close is that of the first test origin.
            let from_back = on((position(history, all)? + 1).checked_sub(self.horizon)?.checked_sub(test.days)?)?;
            Some(from_front.max(from_back).min(all))
        });
        let weights = last.unwrap_or(all);
        TrainingCutoff { weights, intervals: weights }
    }

    /// Returns whether validation and test lie within `history`.
    fn is_within(&self, history: &History) -> bool {
        history.bars()[0].date <= self.trained_on.end && self.data_range.end <= history.last().date
    }
}

/// Returns the position of the last session not after `date`.
fn position(history: &History, date: NaiveDate) -> Option<usize> {
    history.bars().partition_point(|bar| bar.date <= date).checked_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Bar, ErrorMetrics, Evaluation, Exchange, Head, PartEvaluation, Symbol};

    const HORIZON: usize = 3;
    /// Last training position and numbers of validation and test origins in 100 sessions: in the split of `closecast-features`,
    /// validation starts at the last training session and test at the last validation close.
    const TRAIN_END: usize = 60;
    const VALIDATION: usize = 10;
    const TEST_START: usize = TRAIN_END + VALIDATION - 1 + HORIZON;
    const TEST: usize = 100 - HORIZON - TEST_START;

    fn history(positions: impl Iterator<Item = usize>) -> History {
        let date = |position: usize| NaiveDate::default() + chrono::Days::new(position as u64);
        let bar = |position| Bar {
            date: date(position),
            open: 1.0,
            high: 1.0,
            low: 1.0,
            close: 1.0,
            raw_close: 1.0,
            volume: 1.0,
        };
        let symbol = Symbol::new("BTC-USD").unwrap();
        History::from_checked(symbol, None, positions.map(bar).collect()).unwrap()
    }

    fn on(position: usize) -> NaiveDate {
        history(position..=position).last().date
    }

    fn card() -> ModelCard {
        let part = |days| {
            let figures = ErrorMetrics {
                days,
                mae: 1.0,
                rmse: 1.0,
                mape: None,
                r2: None,
                r2_naive: None,
                directional_accuracy: None,
                rel_mae_naive: None,
                dm_p_value: None,
            };
            PartEvaluation { model: figures, naive: figures }
        };
        ModelCard {
            name: "BTC-USD".to_owned(),
            symbol: Symbol::new("BTC-USD").unwrap(),
            architecture: "base".to_owned(),
            lookback: 10,
            horizon: HORIZON,
            features: Vec::new(),
            exchange: Exchange::EveryDay,
            trained_on: DateRange { start: on(0), end: on(TRAIN_END) },
            data_range: DateRange { start: on(0), end: on(99) },
            data_fingerprint: String::new(),
            seed: 1,
            epochs_run: 1,
            best_epoch: 1,
            parameters: 1,
            evaluation: Evaluation { train: part(40), validation: part(VALIDATION), test: part(TEST) },
            interval_level: 0.9,
            interval_coverage: 0.9,
            code_version: String::new(),
        }
    }

    fn cutoff(histories: &[History]) -> TrainingCutoff {
        Card::from(card()).training_cutoff(histories)
    }

    #[test]
    fn symbol_model_cutoff_includes_validation_and_excludes_test() {
        let both = |date| TrainingCutoff { weights: date, intervals: date };
        assert_eq!(cutoff(&[history(0..100)]), both(on(TEST_START)));
        assert_eq!(cutoff(&[history(0..140)]), both(on(TEST_START)), "sessions that came since change nothing");
        assert_eq!(cutoff(&[history(30..140)]), both(on(TEST_START)), "nor do oldest ones that were left out");
    }

    #[test]
    fn added_or_dropped_rows_never_move_cutoff_back() {
        // The training data lacked a session in validation or test.
        for gap in [TRAIN_END + 4, TEST_START + 9] {
            let mut card = card();
            if gap < TEST_START {
                card.evaluation.validation.model.days -= 1;
            } else {
                card.evaluation.test.model.days -= 1;
            }
            let cutoff = Card::from(card).training_cutoff(&[history(0..100)]);
            assert!(cutoff.weights >= on(TEST_START) && cutoff.weights <= on(TEST_START + 1), "{gap}: {cutoff:?}");
        }
        for dropped in [TRAIN_END + 4, TEST_START + 9] {
            let cutoff = cutoff(&[history((0..100).filter(|position| *position != dropped))]);
            assert!(cutoff.weights >= on(TEST_START) && cutoff.weights <= on(TEST_START + 1), "{dropped}: {cutoff:?}");
        }
    }

    #[test]
    fn cutoff_without_history_is_end_of_training_data() {
        for histories in [vec![], vec![history(0..90)], vec![history(80..120)]] {
            assert_eq!(cutoff(&histories).weights, on(99));
        }
        let mut absurd = card();
        absurd.evaluation.validation.model.days = usize::MAX;
        absurd.horizon = usize::MAX;
        assert_eq!(Card::from(absurd).training_cutoff(&[history(0..100)]).weights, on(99));
    }

    fn base_card() -> BaseCard {
        BaseCard {
            name: "BASE".to_owned(),
            fine_tuned_for: None,
            head: Head::Spread,
            lookback: 30,
            horizon: 1,
            features: Vec::new(),
            market_features: Vec::new(),
            symbols: 2,
            trained_on: DateRange { start: on(0), end: on(50) },
            passes_chosen_on: None,
            calibrated_on: None,
            coverage: None,
            data_fingerprint: String::new(),
            seed: 1,
            members: 1,
            parameters: 1,
            epochs: 1,
            sources: String::new(),
            code_version: String::new(),
        }
    }

    #[test]
    fn base_card_cutoff_distinguishes_weights_and_intervals() {
        let cutoff = |card: BaseCard| Card::from(card).training_cutoff(&[]);
        let calibrated_on = Some(DateRange { start: on(51), end: on(70) });
        assert_eq!(cutoff(base_card()), TrainingCutoff { weights: on(50), intervals: on(50) });
        let calibrated = BaseCard { calibrated_on, ..base_card() };
        assert_eq!(cutoff(calibrated.clone()), TrainingCutoff { weights: on(50), intervals: on(70) });
        // Fine-tuned without improvement: the decision still used these days.
        let passes_chosen_on = Some(DateRange { start: on(60), end: on(80) });
        let tuned = BaseCard { passes_chosen_on, epochs: 0, ..calibrated };
        assert_eq!(cutoff(tuned), TrainingCutoff { weights: on(80), intervals: on(80) });
    }
}
