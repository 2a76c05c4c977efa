//! `closecast check-data`.

use crate::commands::services;
use crate::error::CliError;
use std::process::ExitCode;

use clap::Args;
use closecast_domain::{DefectKind, QualityReport, Severity, Symbol};

use crate::{config::Settings, terminal::Terminal};
use closecast_app::{plural::counted, use_cases};

/// Arguments of `closecast check-data`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Symbols whose stored prices are checked.
    #[arg(required = true)]
    symbols: Vec<Symbol>,
}

/// Checks the stored prices and says every defect; fails while one of error level remains.
pub(crate) async fn run(arguments: Arguments, settings: Settings, terminal: &Terminal) -> Result<ExitCode, CliError> {
    let app = services::open(&settings).await?;
    let mut reports = Vec::new();
    for symbol in arguments.symbols {
        let loaded = use_cases::history::load(&app, &symbol).await?;
        let report = loaded.report;
        terminal.line(format_args!(
            "{symbol}: {} of {} kept, source {}, quality {:.1} of 100",
            report.rows_kept,
            counted(report.rows_delivered, "row"),
            loaded.series.source,
            report.score
        ))?;
        for defect in &report.defects {
            let until = if defect.end_date == defect.date { String::new() } else { format!("..{}", defect.end_date) };
            terminal.line(format_args!(
                "  {:<8} {}{until}  {}: {} ({})",
                defect.severity.to_string(),
                defect.date,
                defect.kind.title(),
                defect.detail,
                defect.action
            ))?;
        }
        reports.push((symbol, report));
    }
    let objects: Vec<_> =
        reports.iter().map(|(symbol, report)| serde_json::json!({ "symbol": symbol, "report": report })).collect();
    terminal.object(&serde_json::json!({ "symbols": objects }))?;
    let broken = reports.iter().any(|(_, report)| report.has_errors());
    Ok(if broken { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Shows how many defects of each kind there are, the worst first.
pub(crate) fn show_summary(report: &QualityReport, terminal: &Terminal) -> Result<(), CliError> {
    for severity in [Severity::Error, Severity::Warning, Severity::Info] {
        for kind in DefectKind::ALL {
            let mut found = report.defects.iter().filter(|defect| defect.kind == kind && defect.severity == severity);
            let Some(first) = found.next() else { continue };
            let count = 1 + found.count();
            terminal.line(format_args!(
                "  {severity:<8} {count:>4} × {} (first on {}: {})",
                kind.title(),
                first.date,
                first.detail
            ))?;
        }
    }
    terminal.line(format_args!("  data quality {:.1} of 100", report.score))
}
