//! Drift of the inputs as it is told to people and programs.

use chrono::NaiveDate;
use closecast_domain::Symbol;
use closecast_eval::drift::{FALSE_DISCOVERY_RATE, FeatureDrift, NOTABLE_SHIFT};
use closecast_model::InputDrift;
use serde::Serialize;
use utoipa::ToSchema;

use super::JudgedModelView;
use closecast_app::{model_health::Drift, state::Subject};

/// How far the inputs of the models in service have moved from their training parts, a page at a time.
///
/// Each input is a return, a ratio or a share, never a price level. Its shift is the mean of the newest sessions less that of the
/// training part, in standard deviations of the training part; z is the shift over its standard error, which allows for
/// autocorrelation (the effective number of sessions of Bayley and Hammersley, 1946). An input has drifted when it is both sure,
/// corrected for the number of inputs (Benjamini and Hochberg, 1995), and large enough to matter.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DriftReport)]
pub struct DriftReportView {
    /// Newest sessions that are compared.
    days: usize,
    /// Corrected p-value up to which a shift counts as sure.
    false_discovery_rate: f64,
    /// Shift from which on it matters.
    notable_shift: f64,
    /// Models in service, one for each symbol that it serves.
    total: usize,
    offset: usize,
    reports: Vec<DriftView>,
}

/// How far the inputs of one model have moved.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Drift)]
pub struct DriftView {
    #[schema(value_type = String, example = "AAPL")]
    symbol: Symbol,
    /// Absent when the model could not be read.
    model: Option<JudgedModelView>,
    /// What is compared with; absent when there is nothing to compare with.
    reference: Option<&'static str>,
    /// Why there is nothing to compare.
    reason: Option<String>,
    /// First and last of the sessions compared.
    from: Option<NaiveDate>,
    to: Option<NaiveDate>,
    /// Inputs that have drifted.
    drifted: usize,
    features: Vec<FeatureDriftView>,
}

/// How far one input has moved.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FeatureDrift)]
struct FeatureDriftView {
    #[schema(example = "scaled_return")]
    feature: String,
    mean: f64,
    reference_mean: f64,
    reference_standard_deviation: f64,
    /// In standard deviations of the training part.
    shift: f64,
    /// Independent sessions that those compared are worth.
    effective_days: f64,
    z: f64,
    p_value: f64,
    /// p-value corrected for the number of inputs.
    adjusted_p_value: f64,
    drifted: bool,
}

impl DriftReportView {
    /// Returns a page of the `total` models in service.
    pub fn new(days: usize, (total, offset): (usize, usize), reports: Vec<DriftView>) -> Self {
        let (false_discovery_rate, notable_shift) = (FALSE_DISCOVERY_RATE, NOTABLE_SHIFT);
        Self { days, false_discovery_rate, notable_shift, total, offset, reports }
    }
}

impl DriftView {
    /// Returns a model whose inputs could not be compared, and why.
    pub fn not_judged(subject: Subject, reason: String) -> Self {
        let (model, reference, from, to) = (None, None, None, None);
        let reason = Some(reason);
        Self { symbol: subject.symbol, model, reference, reason, from, to, drifted: 0, features: Vec::new() }
    }
}

impl From<Drift> for DriftView {
    fn from(Drift { symbol, served, drift }: Drift) -> Self {
        let model = Some((&served.version).into());
        match drift {
            InputDrift::Compared { sessions: (from, to), report } => Self {
                symbol,
                model,
                reference: Some("mean and standard deviation of each input in the training part, kept in the artifact"),
                reason: None,
                from: Some(from),
                to: Some(to),
                drifted: report.drifted(),
                features: report.features.into_iter().map(Into::into).collect(),
            },
            InputDrift::NoReference { reason } => {
                let not_judged = Self::not_judged(Subject { symbol, model: None }, reason.to_owned());
                Self { model, ..not_judged }
            }
        }
    }
}

impl From<FeatureDrift> for FeatureDriftView {
    fn from(drift: FeatureDrift) -> Self {
        Self {
            feature: drift.feature,
            mean: drift.shift.mean,
            reference_mean: drift.reference.mean,
            reference_standard_deviation: drift.reference.standard_deviation,
            shift: drift.shift.shift,
            effective_days: drift.shift.effective_days,
            z: drift.shift.z,
            p_value: drift.shift.p_value,
            adjusted_p_value: drift.adjusted_p_value,
            drifted: drift.drifted,
        }
    }
}
