//! The card of a published model of any kind.

use serde::{Deserialize, Serialize};

use crate::{BaseCard, DateRange, Evaluation, ModelCard, Symbol};

/// Card of a published model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Card {
    /// A model of all symbols, or one fine-tuned from it.
    Base(Box<BaseCard>),
    /// A model trained on one symbol.
    Symbol(Box<ModelCard>),
}

impl From<BaseCard> for Card {
    fn from(card: BaseCard) -> Self {
        Self::Base(Box::new(card))
    }
}

impl From<ModelCard> for Card {
    fn from(card: ModelCard) -> Self {
        Self::Symbol(Box::new(card))
    }
}

impl Card {
    /// Returns the name in the registry.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Base(card) => &card.name,
            Self::Symbol(card) => &card.name,
        }
    }

    /// Returns the symbol of the model; `None` for a model of all symbols.
    #[must_use]
    pub fn symbol(&self) -> Option<&Symbol> {
        match self {
            Self::Base(card) => card.fine_tuned_for.as_ref(),
            Self::Symbol(card) => Some(&card.symbol),
        }
    }

    /// Returns the errors of the point forecasts beside naive's; `None` for a model whose point forecast is naive's by
    /// design.
    #[must_use]
    pub fn evaluation(&self) -> Option<&Evaluation> {
        match self {
            Self::Base(_) => None,
            Self::Symbol(card) => Some(&card.evaluation),
        }
    }

    /// Returns the training sessions.
    #[must_use]
    pub fn trained_on(&self) -> DateRange {
        match self {
            Self::Base(card) => card.trained_on,
            Self::Symbol(card) => card.trained_on,
        }
    }

    /// Returns the fingerprint of the training prices.
    #[must_use]
    pub fn data_fingerprint(&self) -> &str {
        match self {
            Self::Base(card) => &card.data_fingerprint,
            Self::Symbol(card) => &card.data_fingerprint,
        }
    }

    /// Returns the level of the primary interval, and its empirical coverage on days not used for fitting, if measured.
    #[must_use]
    pub fn interval(&self) -> (f64, Option<f64>) {
        match self {
            Self::Base(card) => (0.9, card.coverage.as_ref().and_then(|coverage| coverage.at(0.9))),
            Self::Symbol(card) => (card.interval_level, Some(card.interval_coverage)),
        }
    }
}
