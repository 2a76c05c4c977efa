//! What an import brought, as machines read it.

use chrono::NaiveDate;
use closecast_domain::{Defect, DefectKind, QualityReport, Severity, Symbol};
use closecast_store::SeriesInfo;
use serde::Serialize;
use utoipa::ToSchema;

use closecast_app::use_cases::import::{Imported, ImportedSeries};

/// What a file brought.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Imported)]
pub struct ImportView {
    /// Who wrote the file, as far as its header tells.
    dialect: String,
    /// What is worth telling about the reading.
    notes: Vec<String>,
    series: Vec<ImportedSeriesView>,
}

/// What a file brought of one symbol.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ImportedSeries)]
struct ImportedSeriesView {
    #[schema(value_type = String, example = "AAPL")]
    symbol: Symbol,
    /// Sessions that can be used.
    rows: usize,
    first_date: NaiveDate,
    last_date: NaiveDate,
    report: QualityReportView,
    /// What was stored before, and is gone.
    replaced: Option<ReplacedView>,
}

/// What was stored before.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReplacedSeries)]
struct ReplacedView {
    first_date: NaiveDate,
    last_date: NaiveDate,
    rows: u64,
}

/// Everything found in a series, and what is left of it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = QualityReport)]
pub struct QualityReportView {
    rows_delivered: usize,
    rows_kept: usize,
    /// In order of date.
    defects: Vec<DefectView>,
    /// From 0, unusable, to 100, nothing found.
    score: f64,
}

/// One finding.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Defect)]
struct DefectView {
    /// What is wrong.
    #[schema(value_type = String, example = "duplicate_date")]
    kind: DefectKind,
    /// `info`, `warning` or `error`.
    #[schema(value_type = String, example = "warning")]
    severity: Severity,
    /// First session concerned.
    date: NaiveDate,
    /// Last session concerned.
    end_date: NaiveDate,
    /// Figures that show it.
    detail: String,
    /// What was done about it.
    action: String,
}

impl From<&Imported> for ImportView {
    fn from(imported: &Imported) -> Self {
        Self {
            dialect: imported.dialect.clone(),
            notes: imported.notes.iter().map(ToString::to_string).collect(),
            series: imported.series.iter().map(ImportedSeriesView::from).collect(),
        }
    }
}

impl From<&ImportedSeries> for ImportedSeriesView {
    fn from(series: &ImportedSeries) -> Self {
        Self {
            symbol: series.symbol.clone(),
            rows: series.report.rows_kept,
            first_date: series.first_date,
            last_date: series.last_date,
            report: QualityReportView::from(&series.report),
            replaced: series.replaced.as_ref().map(ReplacedView::from),
        }
    }
}

impl From<&SeriesInfo> for ReplacedView {
    fn from(stored: &SeriesInfo) -> Self {
        Self { first_date: stored.first_date, last_date: stored.last_date, rows: stored.rows }
    }
}

impl From<&QualityReport> for QualityReportView {
    fn from(report: &QualityReport) -> Self {
        Self {
            rows_delivered: report.rows_delivered,
            rows_kept: report.rows_kept,
            defects: report.defects.iter().map(DefectView::from).collect(),
            score: report.score,
        }
    }
}

impl From<&Defect> for DefectView {
    fn from(defect: &Defect) -> Self {
        Self {
            kind: defect.kind,
            severity: defect.severity,
            date: defect.date,
            end_date: defect.end_date,
            detail: defect.detail.clone(),
            action: defect.action.clone(),
        }
    }
}
