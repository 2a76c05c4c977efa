//! Models and their versions as they are told to programs.

use chrono::{DateTime, Utc};
use closecast_domain::{Card, DateRange, Symbol};
use closecast_store::{Alias, ModelVersion, RegistryEvent};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{
    figures::DateRangeView,
    forecast::{ModelView, PartsView, VerdictView, model_view, parts, verdict},
};
use closecast_app::use_cases::promote::Challenge;

/// A version of a model, its errors beside naive's.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ModelVersion)]
pub struct VersionView {
    pub model: ModelView,
    /// `champion` for the version in service, `challenger` for one that wants to be.
    #[schema(example = "champion")]
    alias: Option<&'static str>,
    /// Symbol it was trained for; none for the model of all symbols.
    #[schema(value_type = Option<String>, example = "AAPL")]
    symbol: Option<Symbol>,
    /// Size of the artifact.
    size_bytes: u64,
    /// Run that made it: `GET /api/runs/{id}`.
    run_id: Option<String>,
    features: Vec<String>,
    /// Days that it has learned from or was measured on.
    data_range: DateRangeView,
    data_fingerprint: String,
    /// The model's errors; none for a model whose points are naive's by design.
    metrics: Option<PartsView>,
    /// Naive's errors on the same days.
    naive: Option<PartsView>,
    verdict: VerdictView,
}

/// A model: the versions that one name stands for.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = NamedModel)]
pub struct NamedModelView {
    #[schema(example = "AAPL")]
    pub name: String,
    /// Number of the version in service.
    pub champion: u64,
    /// Number of the version that wants to be.
    pub challenger: Option<u64>,
    /// The version in service.
    pub in_service: VersionView,
}

/// A line of the registry's book.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = RegistryEvent)]
pub struct EventView {
    /// Number of the line; later ones have greater numbers.
    pub id: i64,
    /// `publish`, `promote` or `rollback`.
    #[schema(value_type = String, example = "promote")]
    action: closecast_store::RegistryAction,
    /// Version published, or in service from then on.
    version: u64,
    /// Version in service before.
    previous: Option<u64>,
    /// Whether it was done against the evidence, or without any.
    forced: bool,
    /// On what evidence.
    #[schema(value_type = Option<Object>)]
    evidence: Option<Value>,
    /// Who asked for it.
    actor: Option<String>,
    at: DateTime<Utc>,
}

/// What came of setting a challenger beside the champion.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Challenge)]
pub struct ChallengeView {
    name: String,
    /// Version in service before.
    champion: u64,
    challenger: u64,
    /// Whether the challenger is in service now.
    promoted: bool,
    /// Whether that was against the evidence, or without any.
    forced: bool,
    /// Both models and naive on the same days.
    #[schema(value_type = Option<Object>)]
    evidence: Option<Value>,
}

/// What came of going back.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Rollback)]
pub struct RollbackView {
    pub name: String,
    /// Version in service before.
    pub previous: u64,
    /// Version in service now.
    pub champion: u64,
}

impl VersionView {
    /// Returns the view of a version that plays the role `alias`.
    pub fn new(version: &ModelVersion, alias: Option<Alias>) -> Self {
        let (features, data_range, fingerprint) = data(&version.card);
        let evaluation = version.card.evaluation();
        Self {
            model: model_view(version),
            alias: alias.map(Alias::name),
            symbol: version.card.symbol().cloned(),
            size_bytes: version.size_bytes,
            run_id: version.run_id.clone(),
            features: features.to_vec(),
            data_range: data_range.into(),
            data_fingerprint: fingerprint.to_owned(),
            metrics: evaluation.map(|evaluation| parts(evaluation, |part| part.model)),
            naive: evaluation.map(|evaluation| parts(evaluation, |part| part.naive)),
            verdict: verdict(&version.card),
        }
    }
}

/// Returns features, days and fingerprint of what a model knows.
fn data(card: &Card) -> (&[String], DateRange, &str) {
    match card {
        Card::Symbol(card) => (&card.features, card.data_range, &card.data_fingerprint),
        Card::Base(card) => {
            let calibrated = card.calibrated_on.map_or(card.trained_on, |calibrated| DateRange {
                start: card.trained_on.start,
                end: calibrated.end.max(card.trained_on.end),
            });
            (&card.features, calibrated, &card.data_fingerprint)
        }
    }
}

impl From<RegistryEvent> for EventView {
    fn from(event: RegistryEvent) -> Self {
        Self {
            id: event.id,
            action: event.action,
            version: event.version,
            previous: event.previous,
            forced: event.forced,
            evidence: event.evidence,
            actor: event.actor,
            at: event.at,
        }
    }
}

impl From<Challenge> for ChallengeView {
    fn from(challenge: Challenge) -> Self {
        Self {
            name: challenge.name,
            champion: challenge.champion,
            challenger: challenge.challenger,
            promoted: challenge.promoted,
            forced: challenge.forced,
            // Plain data can always be written down.
            evidence: challenge.evidence.and_then(|evidence| serde_json::to_value(evidence).ok()),
        }
    }
}
