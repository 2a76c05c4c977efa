//! Health of a model in service, from 0 to 100.
//!
//! Each component has its own score, by a documented rule, and a summary. A component with insufficient data has no score;
//! the health is the weighted mean of the others.

mod finding;
mod inputs;
mod record;

use serde::Serialize;

pub use finding::{Component, Condition, Evidence, Finding};
pub use inputs::{data_freshness, data_quality, feature_drift, model_age};
pub use record::{bias, error_against_naive, interval_coverage};

/// Health of a model.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Health {
    /// Weighted mean of the components' scores; `None` if no component has a score.
    pub score: Option<f64>,
    /// Worst condition of a component.
    pub condition: Condition,
    /// Sum of the weights of the components with a score, at most 100.
    pub weight_judged: f64,
    /// The components.
    pub findings: Vec<Finding>,
}

impl Health {
    /// Combines `findings`, one per component.
    #[must_use]
    pub fn of(findings: Vec<Finding>) -> Self {
        let judged = || findings.iter().filter_map(|finding| Some((finding.component.weight(), finding.score?)));
        let weight_judged: f64 = judged().map(|(weight, _)| weight).sum();
        let score =
            (weight_judged > 0.0).then(|| judged().map(|(weight, score)| weight * score).sum::<f64>() / weight_judged);
        let condition = findings.iter().map(|finding| finding.condition).max().unwrap_or(Condition::InsufficientData);
        Self { score, condition, weight_judged, findings }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(component: Component, score: f64, condition: Condition) -> Finding {
        Finding::judged(component, (score, condition), String::new(), (Vec::new(), None), "act")
    }

    #[test]
    fn weights_sum_to_100() {
        assert_eq!(Component::ALL.iter().map(|component| component.weight()).sum::<f64>(), 100.0);
    }

    #[test]
    fn components_without_data_do_not_count() {
        let unknown = Finding::insufficient(Component::ErrorAgainstNaive, String::new(), Vec::new());
        let good = finding(Component::DataQuality, 90.0, Condition::Healthy);
        let bad = finding(Component::ModelAge, 10.0, Condition::Warning);
        assert_eq!((&good.recommendation, bad.recommendation), (&None, Some("act")));
        let health = Health::of(vec![unknown.clone(), good, bad]);
        assert_eq!((health.score, health.weight_judged), (Some((15.0 * 90.0 + 5.0 * 10.0) / 20.0), 20.0));
        assert_eq!(health.condition, Condition::Warning);
        let nothing = Health::of(vec![unknown]);
        assert_eq!((nothing.score, nothing.condition), (None, Condition::InsufficientData));
        assert_eq!(Health::of(Vec::new()).score, None);
    }
}
