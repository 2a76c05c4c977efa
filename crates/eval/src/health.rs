//! How a model in service is doing, from 0 to 100, and what that is made of.
//!
//! Each component looks at one thing, gives a score of its own by a rule that stands at it, and says what it saw. What cannot be
//! judged yet has no score and does not count: the health is the mean of the others by weight.

mod finding;
mod inputs;
mod record;

use serde::Serialize;

pub use finding::{Component, Condition, Evidence, Finding};
pub use inputs::{data_freshness, data_quality, feature_drift, model_age};
pub use record::{bias, error_against_naive, interval_coverage};

/// How a model is doing.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Health {
    /// Mean of the components' scores by weight; `None` when none could be judged.
    pub score: Option<f64>,
    /// The worst condition of a component.
    pub condition: Condition,
    /// Weights of the components that could be judged, of 100.
    pub weight_judged: f64,
    /// The components.
    pub findings: Vec<Finding>,
}

impl Health {
    /// Returns the health that `findings` make up, one a component.
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
    fn the_weights_are_of_100() {
        assert_eq!(Component::ALL.iter().map(|component| component.weight()).sum::<f64>(), 100.0);
    }

    #[test]
    fn what_cannot_be_judged_does_not_count() {
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
