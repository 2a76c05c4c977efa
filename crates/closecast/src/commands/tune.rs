//! `closecast tune`.

use crate::commands::services;
use crate::error::CliError;
use closecast_app::services::Services;
use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use chrono::NaiveDate;
use clap::{Args, value_parser};
use closecast_domain::{Cancel, Symbol};
use closecast_model::{
    ModelSpec,
    tune::{CheckedSpace, SearchSpace, Tuning},
};
use serde::Serialize;

use crate::{
    commands::{
        interrupt::cancelled_by_ctrl_c,
        render::tune as shown,
        train::{self, Trained},
    },
    config::Settings,
    terminal::{Terminal, progress::TuneBar},
};
use closecast_api::tune::TuningView;
use closecast_app::{
    model_spec::PartialSpec,
    toml_file::TomlFile,
    use_cases::{
        output_file::OutputFile,
        train::TrainRequest,
        tune::{self, TuneRequest},
    },
};

/// The standard space as a file to begin from; a test holds it to [`SearchSpace::standard`].
const STANDARD_SPACE: &str = include_str!("tune/space.toml");

/// Arguments of `closecast tune`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Symbol whose stored prices are learned from.
    #[arg(required_unless_present = "print_space")]
    symbol: Option<Symbol>,
    /// Models to try; a longer search goes on from a shorter one.
    #[arg(long, value_name = "N", default_value_t = 30)]
    trials: usize,
    /// File that says which models may be tried [default: what --print-space prints]
    #[arg(long, value_name = "FILE.toml")]
    space: Option<PathBuf>,
    /// Print the standard space, as a file to begin from, and do nothing else.
    #[arg(long)]
    print_space: bool,
    /// Seed of the models drawn and of their training.
    #[arg(long, value_name = "N", default_value_t = ModelSpec::default().seed, value_parser = value_parser!(u64).range(..=LARGEST_SEED))]
    seed: u64,
    /// First session used, YYYY-MM-DD.
    #[arg(long, value_name = "DATE", value_parser = crate::arguments::date)]
    start_date: Option<NaiveDate>,
    /// Last session used, YYYY-MM-DD.
    #[arg(long, value_name = "DATE", value_parser = crate::arguments::date)]
    end_date: Option<NaiveDate>,
    /// File to write the best model's description to, for `train --spec` [default: SYMBOL_spec.toml]
    #[arg(long, value_name = "FILE.toml")]
    out: Option<PathBuf>,
    /// Train the best model as `train` does, and evaluate it on the test days.
    #[arg(long)]
    train: bool,
    /// Begin from scratch instead of going on with an interrupted search of the same prices, space and seed.
    #[arg(long)]
    restart: bool,
}

/// The largest integer of a TOML file.
const LARGEST_SEED: u64 = i64::MAX as u64;

/// A search as `--json` prints it.
#[derive(Serialize)]
struct Report {
    #[serde(flatten)]
    tuning: TuningView,
    /// Where the best model's description is.
    file: PathBuf,
    /// The best model trained and evaluated, where that was asked for.
    trained: Option<Trained>,
}

/// Searches, writes the best model's description, and shows what was found.
pub(crate) async fn run(arguments: Arguments, settings: Settings, terminal: &Terminal) -> Result<ExitCode, CliError> {
    let Some(symbol) = arguments.symbol.clone().filter(|_| !arguments.print_space) else {
        terminal.object(&SearchSpace::standard())?;
        terminal.line(STANDARD_SPACE.trim_end())?;
        return Ok(ExitCode::SUCCESS);
    };
    let space = read_space(arguments.space.as_deref())?;
    closecast_app::use_cases::train::check_dates(arguments.start_date, arguments.end_date)?;
    let file = arguments.out.clone().unwrap_or_else(|| PathBuf::from(format!("{symbol}_spec.toml")));
    check_writable(&file)?;
    let app = services::open(&settings).await?;
    let request = TuneRequest {
        symbol: symbol.clone(),
        space,
        trials: arguments.trials,
        seed: arguments.seed,
        start_date: arguments.start_date,
        end_date: arguments.end_date,
        restart: arguments.restart,
    };
    let tuning = watched(&app, request, terminal).await?;
    write(&file, &symbol, &tuning)?;
    show(&arguments, (&symbol, &file), &tuning, terminal)?;
    let trained =
        if arguments.train { Some(train_best(&app, &arguments, &symbol, &tuning, terminal).await?) } else { None };
    terminal.object(&Report { tuning: TuningView::new(symbol, arguments.seed, &tuning), file, trained })?;
    Ok(ExitCode::SUCCESS)
}

fn read_space(path: Option<&Path>) -> Result<CheckedSpace, CliError> {
    let Some(path) = path else { return Ok(SearchSpace::standard().check()?) };
    let file = TomlFile::read("the space", path).map_err(CliError::Usage)?;
    let space: SearchSpace = file.extract().map_err(CliError::Usage)?;
    space.check().map_err(|error| CliError::Usage(format!("{}: {error}", path.display())))
}

/// Refuses before the search what could not be written after it.
fn check_writable(file: &Path) -> Result<(), CliError> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    match folder {
        Some(folder) if !folder.is_dir() => Err(CliError::Usage(format!(
            "{} cannot be written: there is no folder {}",
            file.display(),
            folder.display()
        ))),
        _ if file.is_dir() => Err(CliError::Usage(format!("{} cannot be written: it is a folder", file.display()))),
        _ => Ok(()),
    }
}

/// Searches with a progress bar; Ctrl-C stops after the batches in hand.
async fn watched(app: &Services, request: TuneRequest, terminal: &Terminal) -> Result<Tuning, CliError> {
    let cancel = Cancel::new();
    let work = tune::tune(app, request, TuneBar::new(terminal.json()), cancel.clone());
    Ok(cancelled_by_ctrl_c(work, cancel).await?)
}

fn write(file: &Path, symbol: &Symbol, tuning: &Tuning) -> Result<(), CliError> {
    let best = tuning.best();
    let spec =
        toml::to_string(&PartialSpec::from(&best.spec)).map_err(|error| CliError::Internal(error.to_string()))?;
    let text = format!(
        "# The best of {} models that `closecast tune {symbol}` tried on {} to {}: mean absolute error {:.4} of naive's.\n\
         # For `closecast train {symbol} --spec FILE`.\n{spec}",
        tuning.trials.len(),
        tuning.known.start,
        tuning.known.end,
        best.loss()
    );
    Ok(OutputFile::replace(file, text.as_bytes())?)
}

fn show(
    arguments: &Arguments,
    (symbol, file): (&Symbol, &Path),
    tuning: &Tuning,
    terminal: &Terminal,
) -> Result<(), CliError> {
    terminal.line(shown::head(symbol.as_str(), tuning))?;
    if tuning.trials.len() < arguments.trials {
        terminal.line("The space has no more models.")?;
    }
    terminal.line("")?;
    terminal.line(shown::table(tuning))?;
    terminal.line("")?;
    terminal.line(shown::verdict(tuning))?;
    if arguments.train {
        return terminal.line(format_args!("\nIts description is in {}.\n", file.display()));
    }
    terminal.line(format_args!(
        "\nIts description is in {0}. `closecast train {symbol} --spec {0}` trains it and tells its error on the test days.",
        file.display()
    ))
}

/// Trains the best model as `closecast train --spec` would, on the same dates.
async fn train_best(
    app: &Services,
    arguments: &Arguments,
    symbol: &Symbol,
    tuning: &Tuning,
    terminal: &Terminal,
) -> Result<Trained, CliError> {
    let request = TrainRequest {
        symbol: symbol.clone(),
        model_name: None,
        spec: tuning.best().spec.clone().check()?,
        start_date: arguments.start_date,
        end_date: arguments.end_date,
    };
    let version = train::train_watched(app, request, terminal).await?;
    let trained = Trained::new(app, &version).await?;
    train::show_training(&version, terminal)?;
    train::show_challenge(&trained, terminal)?;
    Ok(trained)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_space_that_is_printed_is_the_one_that_is_searched() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("space.toml");
        std::fs::write(&path, STANDARD_SPACE).unwrap();
        assert_eq!(*read_space(Some(&path)).unwrap().space(), SearchSpace::standard());
        assert_eq!(*read_space(None).unwrap().space(), SearchSpace::standard());
    }

    #[test]
    fn a_wrong_space_is_told_in_one_line_with_the_field() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("space.toml");
        let place = format!("{}/", folder.path().display());
        let cases = [
            ("", "space.toml: the space is a single model, but must be a list or an interval in one field at least"),
            ("units = [1, 2]", "space.toml, line 1: unknown key \"units\"; known keys: arch, lookback, "),
            (
                "layers = \"many\"",
                "space.toml, line 1: layers is \"many\", but must be a number, a list of numbers, or a table",
            ),
            ("layers = [1, 2.5]", "space.toml, line 1: layers is 2.5, but must be a whole number above 0"),
            ("layers = []", "space.toml: layers is an empty list"),
            ("layers = [1, 20]", "space.toml: layers is 20, but must be from 1 to 8"),
            ("layers = { from = 1 }", "space.toml, line 1: layers: missing field `to`"),
            (
                "layers = { from = 1, to = 2, by = 1 }",
                "space.toml, line 1: unknown key \"layers.by\"; known keys: from, to, log, or",
            ),
            ("layers = { from = 3, to = 2 }", "space.toml: layers is from 3 to 2"),
            ("dropout = { from = \"a\", to = 2 }", "space.toml, line 1: dropout.from is \"a\", but must be a number"),
            (
                "learning_rate = { from = 0, to = 1, log = true }",
                "space.toml: learning_rate is from 0 to 1 on a logarithmic",
            ),
            ("arch = [\"base\", \"best\"]", "space.toml, line 1: arch is \"best\", but must be base or improved"),
            ("arch = 3", "space.toml, line 1: arch is 3, but must be a name or a list of names"),
            ("layers = [", "space.toml, line "),
        ];
        for (text, start) in cases {
            std::fs::write(&path, text).unwrap();
            let message = read_space(Some(&path)).unwrap_err().to_string().replace(&place, "");
            assert!(message.starts_with(start) && message.lines().count() == 1, "{message}");
        }
        let message = read_space(Some(Path::new("none.toml"))).unwrap_err().to_string();
        assert_eq!(message, "the space none.toml does not exist");
    }
}
