//! What was found about one component of the health.

use serde::{Deserialize, Serialize};

/// What is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Component {
    /// Defects of the prices.
    DataQuality,
    /// Whether the newest prices are there.
    DataFreshness,
    /// Whether the inputs are still like those of the training.
    FeatureDrift,
    /// Realised errors beside naive's.
    ErrorAgainstNaive,
    /// Whether forecasts lean to one side.
    Bias,
    /// Whether closes fall into the intervals as often as promised.
    IntervalCoverage,
    /// How long ago the model learned.
    ModelAge,
}

impl Component {
    /// All components.
    pub const ALL: [Self; 7] = [
        Self::DataQuality,
        Self::DataFreshness,
        Self::FeatureDrift,
        Self::ErrorAgainstNaive,
        Self::Bias,
        Self::IntervalCoverage,
        Self::ModelAge,
    ];

    /// Returns its part of the health, of 100 in all. What was realised counts for half: the rest can only foretell it.
    #[must_use]
    pub fn weight(self) -> f64 {
        match self {
            Self::ErrorAgainstNaive => 25.0,
            Self::DataQuality | Self::DataFreshness | Self::FeatureDrift | Self::IntervalCoverage => 15.0,
            Self::Bias => 10.0,
            Self::ModelAge => 5.0,
        }
    }

    /// Returns its name, such as `data_quality`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::DataQuality => "data_quality",
            Self::DataFreshness => "data_freshness",
            Self::FeatureDrift => "feature_drift",
            Self::ErrorAgainstNaive => "error_against_naive",
            Self::Bias => "bias",
            Self::IntervalCoverage => "interval_coverage",
            Self::ModelAge => "model_age",
        }
    }
}

/// How things stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// It cannot be judged yet.
    InsufficientData,
    /// Nothing to do.
    Healthy,
    /// Worth watching.
    Warning,
    /// A person should act.
    Critical,
}

impl Condition {
    /// Returns its name, such as `healthy`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::InsufficientData => "insufficient_data",
            Self::Healthy => "healthy",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}

/// A figure that a finding rests on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// What it is, such as `relative_mae`.
    pub name: &'static str,
    /// The figure.
    pub value: f64,
}

/// What was seen of one component.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// What was looked at.
    pub component: Component,
    /// From 0 to 100; `None` when it cannot be judged.
    pub score: Option<f64>,
    /// How it stands.
    pub condition: Condition,
    /// What was seen, in a sentence.
    pub summary: String,
    /// The figures, the deciding one first.
    pub evidence: Vec<Evidence>,
    /// Value of the deciding figure from which on this is critical, where there is one.
    pub critical_from: Option<f64>,
    /// What to do, unless all is well.
    pub recommendation: Option<&'static str>,
}

impl Finding {
    /// Returns that a component cannot be judged, and why.
    #[must_use]
    pub fn insufficient(component: Component, summary: String, evidence: Vec<Evidence>) -> Self {
        let (condition, score) = (Condition::InsufficientData, None);
        Self { component, score, condition, summary, evidence, critical_from: None, recommendation: None }
    }

    /// Returns what was seen; `recommendation` is for when it is not healthy.
    pub(super) fn judged(
        component: Component,
        (score, condition): (f64, Condition),
        summary: String,
        (evidence, critical_from): (Vec<Evidence>, Option<f64>),
        recommendation: &'static str,
    ) -> Self {
        let recommendation = (condition > Condition::Healthy).then_some(recommendation);
        let score = Some(score.clamp(0.0, 100.0));
        Self { component, score, condition, summary, evidence, critical_from, recommendation }
    }
}
