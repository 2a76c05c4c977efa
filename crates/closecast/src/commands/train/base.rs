//! `closecast train --base` and `--fine-tune`.

use crate::commands::services;
use crate::error::CliError;
use std::{path::PathBuf, process::ExitCode, sync::Arc};

use clap::{Args, ValueEnum};
use closecast_domain::{Cancel, Symbol};
use closecast_model::{BaseSpec, Head};

use super::{
    outcome::{Trained, show},
    spec::SpecArguments,
};
use crate::{
    commands::interrupt::cancelled_by_ctrl_c,
    config::Settings,
    terminal::{Terminal, progress::TrainingBar},
};
use closecast_app::use_cases::{
    task::Task,
    train_base::{self, BaseRequest},
};

/// Heading of the help.
const BASE: &str = "Model of all symbols";

/// What concerns the model of all symbols.
#[derive(Debug, Args)]
pub(crate) struct BaseArguments {
    /// Train BASE instead: one network over all the symbols named, which also forecasts symbols it never saw [defaults:
    /// lookback 30, horizon 5, one layer of 32 units, 3 epochs of AdamW along a cosine].
    #[arg(long, help_heading = BASE, conflicts_with_all = ["arch", "recipe", "layers", "dropout", "schedule", "patience", "spec", "model_name", "start_date", "end_date", "fine_tune"])]
    pub(super) base: bool,
    /// Train BASE on for this symbol, as far as that helps; the network is that of BASE.
    #[arg(long, help_heading = BASE, conflicts_with_all = ["arch", "recipe", "lookback", "horizon", "hidden_size", "layers", "dropout", "epochs", "batch_size", "learning_rate", "schedule", "weight_decay", "patience", "seed", "spec", "model_name", "start_date", "end_date", "data", "head", "members", "sources", "artifact_out"])]
    pub(super) fine_tune: bool,
    /// Folder of price files that BASE learns from, one symbol each; may be given more than once.
    #[arg(long, help_heading = BASE, value_name = "DIR", requires = "base")]
    data: Vec<PathBuf>,
    /// Distribution that BASE gives: a spread around the last close; Student's t with a direction; or quantiles.
    #[arg(long, help_heading = BASE, requires = "base", value_enum, default_value_t = HeadArgument::Spread)]
    head: HeadArgument,
    /// Networks of BASE from different seeds, whose quantiles are averaged.
    #[arg(long, help_heading = BASE, value_name = "N", requires = "base", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=32))]
    members: u8,
    /// Where the prices come from, kept in the card of BASE.
    #[arg(long, help_heading = BASE, value_name = "TEXT", requires = "base", default_value = "", hide_default_value = true)]
    sources: String,
    /// File to write BASE to, beside publishing it.
    #[arg(long, help_heading = BASE, value_name = "FILE", requires = "base")]
    artifact_out: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum HeadArgument {
    Spread,
    StudentT,
    Quantiles,
}

impl From<HeadArgument> for Head {
    fn from(argument: HeadArgument) -> Self {
        match argument {
            HeadArgument::Spread => Self::Spread,
            HeadArgument::StudentT => Self::StudentT,
            HeadArgument::Quantiles => Self::Quantiles,
        }
    }
}

/// Trains BASE and shows it.
pub(super) async fn train(
    symbols: Vec<Symbol>,
    (arguments, spec): (BaseArguments, &SpecArguments),
    settings: Settings,
    terminal: &Terminal,
) -> Result<ExitCode, CliError> {
    let spec =
        BaseSpec { members: arguments.members.into(), head: arguments.head.into(), ..spec.base_spec() }.check()?;
    let app = services::open(&settings).await?;
    let request = BaseRequest {
        symbols,
        leave_out_unusable: false,
        folders: arguments.data,
        spec,
        sources: arguments.sources,
        artifact_out: arguments.artifact_out,
    };
    let cancel = Cancel::new();
    let task = Task::of_command(Arc::new(TrainingBar::new(terminal.json())), cancel.clone());
    let version = cancelled_by_ctrl_c(train_base::train_base(&app, request, &task), cancel).await?;
    show(&Trained::new(&app, &version).await?, &version, terminal)?;
    terminal.line("\nForecast any stored symbol with `closecast predict SYMBOL`.")?;
    Ok(ExitCode::SUCCESS)
}

/// Trains BASE on for one symbol and shows what it gave.
pub(super) async fn fine_tune(symbol: &Symbol, settings: Settings, terminal: &Terminal) -> Result<ExitCode, CliError> {
    let app = services::open(&settings).await?;
    let cancel = Cancel::new();
    let task = Task::of_command(Arc::new(TrainingBar::new(terminal.json())), cancel.clone());
    let version = cancelled_by_ctrl_c(Box::pin(train_base::fine_tune(&app, symbol, &task)), cancel).await?;
    show(&Trained::new(&app, &version).await?, &version, terminal)?;
    terminal.line(format_args!("\nForecast with `closecast predict {symbol}`."))?;
    Ok(ExitCode::SUCCESS)
}
