//! Whether a model is worth more than repeating the last close.

use closecast_domain::{BaseCard, Card, Head};
use closecast_eval::{SIGNIFICANCE_LEVEL, Verdict};

/// Whether a model is worth more than repeating the last close.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelVerdict {
    /// For programs, such as `no_better_than_naive`.
    pub code: &'static str,
    /// For people.
    pub sentence: String,
}

impl ModelVerdict {
    /// Returns the verdict on the test days of the model with that card.
    pub fn of(card: &Card) -> Self {
        match card {
            Card::Symbol(card) => {
                let verdict = Verdict::of(&card.evaluation.test, SIGNIFICANCE_LEVEL);
                Self { code: verdict.code(), sentence: verdict.sentence(&card.evaluation.test) }
            }
            Card::Base(card) if card.head == Head::Spread => {
                let what = "This model forecasts how far the close may move, not which way: its point is the last close, as naive's.";
                Self { code: "spread_only", sentence: format!("{what}{}", held(card)) }
            }
            Card::Base(card) => {
                let what = "This model forecasts the distribution of the close; `closecast backtest` measures such models beside naive.";
                Self { code: "distribution", sentence: format!("{what}{}", held(card)) }
            }
        }
    }
}

/// Says how often the 90 % interval held on days after the training.
fn held(card: &BaseCard) -> String {
    let measured = card.coverage.as_ref().and_then(|coverage| Some((coverage.at(0.9)?, coverage)));
    measured.map_or(String::new(), |(share, coverage)| {
        let (share, days, forecasts) = (share * 100.0, coverage.days, coverage.forecasts);
        format!(" On {days} sessions after its training the 90 % interval held {share:.1} % of {forecasts} closes.")
    })
}
