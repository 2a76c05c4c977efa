//! The health of models as it is told to people and programs.

mod distribution;
mod drift;
mod quality;

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use closecast_domain::Symbol;
use closecast_eval::health::{Component, Condition, Finding};
use closecast_store::ModelVersion;
use serde::Serialize;
use utoipa::ToSchema;

pub use self::{
    distribution::DistributionView,
    drift::{DriftReportView, DriftView},
    quality::{QualityPage, QualityView},
};
use super::figures::DateRangeView;
use closecast_app::state::{Health, Subject};

/// The model that is judged.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = JudgedModel)]
pub struct JudgedModelView {
    name: String,
    /// 0 for the model that ships with the program.
    version: u64,
    sha256: String,
    /// Sessions that the weights were fitted on.
    trained_on: DateRangeView,
}

/// How things stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = HealthStatus)]
pub enum StatusView {
    /// It cannot be judged yet, and does not count.
    InsufficientData,
    /// Nothing to do.
    Healthy,
    /// Worth watching.
    Warning,
    /// A person should act.
    Critical,
}

/// How a model is doing for a symbol, from 0 to 100, and what that is made of: the mean of the components' scores by weight, those
/// left out that cannot be judged.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ModelHealth)]
pub struct HealthView {
    #[schema(value_type = String, example = "AAPL")]
    symbol: Symbol,
    model: JudgedModelView,
    /// Last session stored.
    as_of: NaiveDate,
    /// Absent when no component can be judged.
    #[schema(minimum = 0, maximum = 100)]
    score: Option<f64>,
    /// The worst status of a component.
    status: StatusView,
    /// Weights of the components that could be judged, of 100.
    #[schema(minimum = 0, maximum = 100)]
    weight_judged: f64,
    components: Vec<ComponentView>,
    /// What to do, the most urgent first.
    recommendations: Vec<&'static str>,
    examined_at: DateTime<Utc>,
}

/// What was seen of one component.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HealthComponent)]
pub struct ComponentView {
    #[schema(example = "error_against_naive")]
    component: &'static str,
    /// Part of the score, of 100.
    #[schema(minimum = 0, maximum = 100)]
    weight: f64,
    /// Absent when it cannot be judged.
    #[schema(minimum = 0, maximum = 100)]
    score: Option<f64>,
    status: StatusView,
    /// What was seen, in a sentence.
    summary: String,
    /// The figures it rests on.
    evidence: BTreeMap<&'static str, f64>,
    recommendation: Option<&'static str>,
}

/// The models in service, a page at a time.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HealthOverview)]
pub struct OverviewView {
    /// Models in service, one for each symbol that it serves.
    total: usize,
    offset: usize,
    /// How many of this page are of each status.
    by_status: BTreeMap<StatusView, usize>,
    models: Vec<OverviewEntry>,
}

/// A model in service, in short.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HealthOverviewEntry)]
pub struct OverviewEntry {
    #[schema(value_type = String, example = "AAPL")]
    symbol: Symbol,
    /// Absent when it could not be judged at all.
    model: Option<JudgedModelView>,
    #[schema(minimum = 0, maximum = 100)]
    score: Option<f64>,
    status: StatusView,
    /// Status of each component.
    components: BTreeMap<&'static str, StatusView>,
    /// What is wrong, the worst first; or why it could not be judged.
    findings: Vec<String>,
}

impl From<&ModelVersion> for JudgedModelView {
    fn from(version: &ModelVersion) -> Self {
        Self {
            name: version.name.clone(),
            version: version.version,
            sha256: version.sha256.clone(),
            trained_on: version.card.trained_on().into(),
        }
    }
}

impl From<Condition> for StatusView {
    fn from(condition: Condition) -> Self {
        match condition {
            Condition::InsufficientData => Self::InsufficientData,
            Condition::Healthy => Self::Healthy,
            Condition::Warning => Self::Warning,
            Condition::Critical => Self::Critical,
        }
    }
}

impl From<&Health> for HealthView {
    fn from(health: &Health) -> Self {
        let found = &health.health;
        Self {
            symbol: health.symbol.clone(),
            model: (&health.served.version).into(),
            as_of: health.as_of,
            score: found.score,
            status: found.condition.into(),
            weight_judged: found.weight_judged,
            components: found.findings.iter().map(Into::into).collect(),
            recommendations: worst_first(&found.findings).filter_map(|finding| finding.recommendation).collect(),
            examined_at: health.examined_at,
        }
    }
}

impl From<&Finding> for ComponentView {
    fn from(finding: &Finding) -> Self {
        let component: Component = finding.component;
        Self {
            component: component.name(),
            weight: component.weight(),
            score: finding.score,
            status: finding.condition.into(),
            summary: finding.summary.clone(),
            evidence: finding.evidence.iter().map(|evidence| (evidence.name, evidence.value)).collect(),
            recommendation: finding.recommendation,
        }
    }
}

impl OverviewView {
    /// Returns a page of the `total` models in service.
    pub fn new(total: usize, offset: usize, models: Vec<OverviewEntry>) -> Self {
        let mut by_status = BTreeMap::new();
        for model in &models {
            *by_status.entry(model.status).or_default() += 1;
        }
        Self { total, offset, by_status, models }
    }
}

impl OverviewEntry {
    /// Returns a model that was judged.
    pub fn judged(health: &Health) -> Self {
        let found = &health.health;
        let wrong = worst_first(&found.findings).filter(|finding| finding.condition > Condition::Healthy);
        Self {
            symbol: health.symbol.clone(),
            model: Some((&health.served.version).into()),
            score: found.score,
            status: found.condition.into(),
            components: found.findings.iter().map(|f| (f.component.name(), f.condition.into())).collect(),
            findings: wrong.map(|finding| finding.summary.clone()).collect(),
        }
    }

    /// Returns a model that could not be judged, and why.
    pub fn not_judged(subject: Subject, reason: String) -> Self {
        let (model, score, components) = (None, None, BTreeMap::new());
        let status = StatusView::InsufficientData;
        Self { symbol: subject.symbol, model, score, status, components, findings: vec![reason] }
    }
}

fn worst_first(findings: &[Finding]) -> impl Iterator<Item = &Finding> {
    let mut ordered: Vec<&Finding> = findings.iter().collect();
    ordered.sort_by_key(|finding| std::cmp::Reverse(finding.condition));
    ordered.into_iter()
}
