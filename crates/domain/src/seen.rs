//! Which closes had a part in a model, so that it can be judged on others.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::{BaseCard, Card, DateRange, History, ModelCard};

/// The last sessions whose closes had a part in a model: all later ones are new to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// Last session that influenced the weights or the choice among them.
    pub weights: NaiveDate,
    /// Last session that influenced anything, be it the widths of the intervals alone. Never before `weights`.
    pub intervals: NaiveDate,
}

impl Card {
    /// Returns what the model has learned from. The sessions are counted in the one of `histories` that it was trained on, which may
    /// have grown since; when it is not among them, all that the training was given counts as learned from.
    #[must_use]
    pub fn seen(&self, histories: &[History]) -> Seen {
        match self {
            Self::Base(card) => card.seen(),
            Self::Symbol(card) => card.seen(histories.iter().find(|history| *history.symbol() == card.symbol)),
        }
    }
}

impl BaseCard {
    fn seen(&self) -> Seen {
        let end = |range: Option<DateRange>| range.map(|range| range.end);
        let weights = self.trained_on.end.max(end(self.passes_chosen_on).unwrap_or(self.trained_on.end));
        Seen { weights, intervals: weights.max(end(self.calibrated_on).unwrap_or(weights)) }
    }
}

impl ModelCard {
    /// The card tells the last session of the training part and how many days validation and test have; the validation chose the epoch
    /// and the widths of the intervals. Its last close is found from either end, and the later answer counts: rows that a source
    /// has added since then can only make the stretch that counts as learned from longer.
    fn seen(&self, history: Option<&History>) -> Seen {
        let all = self.data_range.end;
        let last = history.filter(|history| self.is_within(history)).and_then(|history| {
            let (validation, test) = (&self.evaluation.validation.model, &self.evaluation.test.model);
            let on = |position: usize| history.bars().get(position).map(|bar| bar.date);
            // The first validation origin is the last session of the training part, and forecasts reach `horizon` further.
            let from_front = on(position(history, self.trained_on.end)?
                .checked_add(validation.days)?
                .checked_add(self.horizon)?
                .checked_sub(1)?)?;
            // The last close of the validation is that of the first test origin.
            let from_back = on((position(history, all)? + 1).checked_sub(self.horizon)?.checked_sub(test.days)?)?;
            Some(from_front.max(from_back).min(all))
        });
        let weights = last.unwrap_or(all);
        Seen { weights, intervals: weights }
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
    /// Positions of the last close of the training part, and origins of validation and test, of 100 sessions: by the split of
    /// `closecast-features`, validation starts where the training part ends and the test where the validation's last close is.
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

    fn seen(histories: &[History]) -> Seen {
        Card::from(card()).seen(histories)
    }

    #[test]
    fn a_model_of_one_symbol_has_seen_its_validation_and_not_its_test() {
        let both = |date| Seen { weights: date, intervals: date };
        assert_eq!(seen(&[history(0..100)]), both(on(TEST_START)));
        assert_eq!(seen(&[history(0..140)]), both(on(TEST_START)), "sessions that came since change nothing");
        assert_eq!(seen(&[history(30..140)]), both(on(TEST_START)), "nor do oldest ones that were left out");
    }

    #[test]
    fn rows_that_a_source_adds_or_drops_make_no_seen_day_unseen() {
        // What was trained on lacked a session in the validation, or one in the test.
        for gap in [TRAIN_END + 4, TEST_START + 9] {
            let mut card = card();
            if gap < TEST_START {
                card.evaluation.validation.model.days -= 1;
            } else {
                card.evaluation.test.model.days -= 1;
            }
            let seen = Card::from(card).seen(&[history(0..100)]);
            assert!(seen.weights >= on(TEST_START) && seen.weights <= on(TEST_START + 1), "{gap}: {seen:?}");
        }
        for dropped in [TRAIN_END + 4, TEST_START + 9] {
            let seen = seen(&[history((0..100).filter(|position| *position != dropped))]);
            assert!(seen.weights >= on(TEST_START) && seen.weights <= on(TEST_START + 1), "{dropped}: {seen:?}");
        }
    }

    #[test]
    fn without_its_history_all_that_the_training_was_given_counts() {
        for histories in [vec![], vec![history(0..90)], vec![history(80..120)]] {
            assert_eq!(seen(&histories).weights, on(99));
        }
        let mut absurd = card();
        absurd.evaluation.validation.model.days = usize::MAX;
        absurd.horizon = usize::MAX;
        assert_eq!(Card::from(absurd).seen(&[history(0..100)]).weights, on(99));
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
    fn base_tells_weights_and_intervals_apart() {
        let seen = |card: BaseCard| Card::from(card).seen(&[]);
        let calibrated_on = Some(DateRange { start: on(51), end: on(70) });
        assert_eq!(seen(base_card()), Seen { weights: on(50), intervals: on(50) });
        let calibrated = BaseCard { calibrated_on, ..base_card() };
        assert_eq!(seen(calibrated.clone()), Seen { weights: on(50), intervals: on(70) });
        // Fine-tuned, and nothing of it kept: the choice of nothing was made on days too.
        let passes_chosen_on = Some(DateRange { start: on(60), end: on(80) });
        let tuned = BaseCard { passes_chosen_on, epochs: 0, ..calibrated };
        assert_eq!(seen(tuned), Seen { weights: on(80), intervals: on(80) });
    }
}
