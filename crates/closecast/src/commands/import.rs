//! `closecast import`.

use crate::commands::services;
use crate::error::CliError;
use std::{path::PathBuf, process::ExitCode};

use clap::{Args, ValueEnum};
use closecast_data::{
    csv::DateOrder,
    import::{ImportOptions, symbol_from_file_name},
};
use closecast_domain::Symbol;

use crate::{commands::check_data, config::Settings, terminal::Terminal};
use closecast_api::import::ImportView;
use closecast_app::{
    plural::counted,
    use_cases::{self, import::StoredDays},
};

/// Series and notes shown in full; the rest is counted.
const SHOWN: usize = 10;

/// Arguments of `closecast import`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// CSV in any common layout, or B3 COTAHIST.
    file: PathBuf,
    /// Symbol of the prices; of a file of several symbols, the one to take [default: what the file or its name says]
    #[arg(long)]
    symbol: Option<Symbol>,
    /// Order of day and month in dates such as 03/04/2020, for a file that does not give it away.
    #[arg(long, value_enum)]
    date_order: Option<DateOrderArgument>,
    /// Discard stored days that the file does not cover; without it such a file is refused.
    #[arg(long)]
    replace: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum DateOrderArgument {
    DayFirst,
    MonthFirst,
}

/// Imports a file whole, or refuses it with one line and exit code 2.
pub(crate) async fn run(arguments: Arguments, settings: Settings, terminal: &Terminal) -> Result<ExitCode, CliError> {
    let options = ImportOptions {
        fallback_symbol: symbol_from_file_name(&arguments.file),
        symbol: arguments.symbol,
        date_order: arguments.date_order.map(|order| match order {
            DateOrderArgument::DayFirst => DateOrder::DayFirst,
            DateOrderArgument::MonthFirst => DateOrder::MonthFirst,
        }),
        ..ImportOptions::default()
    };
    let app = services::open(&settings).await?;
    let days = if arguments.replace { StoredDays::Discard } else { StoredDays::Keep };
    let imported = use_cases::import::import(&app, arguments.file, options, days).await?;
    let notes: Vec<String> = imported.notes.iter().map(ToString::to_string).collect();
    terminal.object(&ImportView::from(&imported))?;
    terminal.line(format_args!("Read as {}.", imported.dialect))?;
    for note in notes.iter().take(SHOWN) {
        terminal.line(format_args!("note: {note}"))?;
    }
    if notes.len() > SHOWN {
        terminal.line(format_args!("… and {}", counted(notes.len() - SHOWN, "more note")))?;
    }
    for series in imported.series.iter().take(SHOWN) {
        let (symbol, report) = (&series.symbol, &series.report);
        terminal.line(format_args!(
            "{symbol}: {}, {} to {}",
            counted(report.rows_kept, "session"),
            series.first_date,
            series.last_date
        ))?;
        if let Some(stored) = &series.replaced {
            let (rows, first, last) = (counted(stored.rows, "row"), stored.first_date, stored.last_date);
            terminal.line(format_args!("  in place of {rows}, {first} to {last}, that were stored"))?;
        }
        check_data::show_summary(report, terminal)?;
    }
    if imported.series.len() > SHOWN {
        terminal.line(format_args!("… and {}", counted(imported.series.len() - SHOWN, "more symbol")))?;
    }
    Ok(ExitCode::SUCCESS)
}
