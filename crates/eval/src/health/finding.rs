//! Components of the health, and findings about them.

use serde::{Deserialize, Serialize};

/// A component of the health.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Component {
    /// Defects of the prices.
    DataQuality,
    /// Whether the newest prices are stored.
    DataFreshness,
    /// Drift of the inputs since the training.
    FeatureDrift,
    /// Realised errors relative to the naive forecast.
    ErrorAgainstNaive,
    /// Bias of the forecasts.
    Bias,
    /// Coverage of the prediction intervals.
    IntervalCoverage,
    /// Age of the training data.
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

    /// Returns its weight; all weights sum to 100. Realised results count for half, leading indicators for the rest.
    #[must_use]
    pub fn weight(self) -> f64 {
        match self {
            Self::ErrorAgainstNaive => 25.0,
            Self::DataQuality | Self::DataFreshness | Self::FeatureDrift | Self::IntervalCoverage => 15.0,
            Self::Bias => 10.0,
            Self::ModelAge => 5.0,
        }
    }

    /// Returns the name, such as `data_quality`.
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

/// Condition of a component.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// Insufficient data.
    InsufficientData,
    /// No action needed.
    Healthy,
    /// Needs attention.
    Warning,
    /// Needs action.
    Critical,
}

impl Condition {
    /// Returns the name, such as `healthy`.
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

/// A figure that a finding is based on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// Name, such as `relative_mae`.
    pub name: &'static str,
    /// Value.
    pub value: f64,
}

/// Finding about one component.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// Component.
    pub component: Component,
    /// Score from 0 to 100; `None` with insufficient data.
    pub score: Option<f64>,
    /// Condition.
    pub condition: Condition,
    /// Summary, a sentence.
    pub summary: String,
    /// Figures, the decisive one first.
    pub evidence: Vec<Evidence>,
    /// Threshold of the decisive figure for a critical condition, if any.
    pub critical_from: Option<f64>,
    /// Recommended action; `None` if healthy.
    pub recommendation: Option<&'static str>,
}

impl Finding {
    /// Returns a finding of insufficient data.
    #[must_use]
    pub fn insufficient(component: Component, summary: String, evidence: Vec<Evidence>) -> Self {
        let (condition, score) = (Condition::InsufficientData, None);
        Self { component, score, condition, summary, evidence, critical_from: None, recommendation: None }
    }

    /// Returns a finding with a score; `recommendation` is kept only if the condition is not healthy.
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
