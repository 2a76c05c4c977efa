//! The quality of stored prices as it is told to people and programs.

use chrono::NaiveDate;
use closecast_domain::{Defect, Severity, Symbol};
use serde::Serialize;
use utoipa::ToSchema;

use closecast_app::use_cases::history::LoadedHistory;

/// The quality of stored prices, a page at a time.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DataQualityPage)]
pub struct QualityPage {
    /// Symbols with stored prices.
    pub total: usize,
    pub offset: usize,
    pub symbols: Vec<QualityView>,
}

/// The quality of the prices of one symbol.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DataQuality)]
pub struct QualityView {
    #[schema(value_type = String, example = "AAPL")]
    symbol: Symbol,
    /// 0 (unusable) to 100 (nothing found); absent when no history could be made of the prices.
    #[schema(minimum = 0, maximum = 100)]
    score: Option<f64>,
    /// Why no history could be made of the prices.
    reason: Option<String>,
    rows_delivered: usize,
    rows_kept: usize,
    last_date: Option<NaiveDate>,
    /// A session has been settled since.
    stale: bool,
    /// Defects by severity.
    errors: usize,
    warnings: usize,
    remarks: usize,
    /// The gravest defects, newest first among equals.
    defects: Vec<DefectView>,
    /// Defects that are not listed.
    left_out: usize,
}

/// One defect.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PriceDefect)]
struct DefectView {
    #[schema(example = "missing_session")]
    kind: String,
    #[schema(example = "warning")]
    severity: String,
    /// First and last session concerned.
    date: NaiveDate,
    end_date: NaiveDate,
    /// Figures that show it.
    detail: String,
    /// What was done about it.
    action: String,
}

impl QualityView {
    /// Returns the quality of a stored series, with at most `most` of its defects.
    pub fn new(loaded: &LoadedHistory, most: usize) -> Self {
        let report = &loaded.report;
        let mut defects: Vec<&Defect> = report.defects.iter().collect();
        defects.sort_by_key(|defect| std::cmp::Reverse((defect.severity, defect.date)));
        Self {
            symbol: loaded.history.symbol().clone(),
            score: Some(report.score),
            reason: None,
            rows_delivered: report.rows_delivered,
            rows_kept: report.rows_kept,
            last_date: Some(loaded.history.last().date),
            stale: loaded.stale,
            errors: report.count(Severity::Error),
            warnings: report.count(Severity::Warning),
            remarks: report.count(Severity::Info),
            left_out: defects.len().saturating_sub(most),
            defects: defects.into_iter().take(most).map(Into::into).collect(),
        }
    }

    /// Returns prices that no history could be made of, and why.
    pub fn unusable(symbol: Symbol, rows_delivered: usize, reason: String) -> Self {
        Self {
            symbol,
            score: None,
            reason: Some(reason),
            rows_delivered,
            rows_kept: 0,
            last_date: None,
            stale: false,
            errors: 0,
            warnings: 0,
            remarks: 0,
            defects: Vec::new(),
            left_out: 0,
        }
    }
}

impl From<&Defect> for DefectView {
    fn from(defect: &Defect) -> Self {
        Self {
            kind: defect.kind.to_string(),
            severity: defect.severity.to_string(),
            date: defect.date,
            end_date: defect.end_date,
            detail: defect.detail.clone(),
            action: defect.action.clone(),
        }
    }
}
