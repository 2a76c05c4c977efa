//! `closecast train`.

use std::{process::ExitCode, sync::Arc};

use chrono::NaiveDate;
use clap::{Args, ValueEnum};
use closecast_domain::{Cancel, Symbol};
use closecast_model::{Architecture, ModelSpec, Recipe};
use closecast_nn::ScheduleSpec;
use closecast_store::ModelVersion;
use serde::Serialize;

use crate::{
    app::App,
    config::Settings,
    failure::Failure,
    ops::{self, train::TrainRequest},
    terminal::{Terminal, counted, evaluation, progress::TrainingBar},
    views::forecast::{ModelView, PartsView, VerdictView, model_view, parts, verdict},
};

/// Headings of the help, in their order there.
const DATA: &str = "Data";
const NETWORK: &str = "Network";
const TRAINING: &str = "Training";

/// Arguments of `closecast train`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Symbol whose stored prices are trained on.
    pub(crate) symbol: Symbol,
    /// First session used, YYYY-MM-DD.
    #[arg(long, help_heading = DATA, value_name = "DATE", value_parser = crate::cli::date)]
    pub(crate) start_date: Option<NaiveDate>,
    /// Last session used, YYYY-MM-DD.
    #[arg(long, help_heading = DATA, value_name = "DATE", value_parser = crate::cli::date)]
    pub(crate) end_date: Option<NaiveDate>,
    #[command(flatten)]
    pub(crate) spec: SpecArguments,
    /// Name to publish the model under [default: the symbol]
    #[arg(long, help_heading = "Output", value_name = "NAME")]
    pub(crate) model_name: Option<String>,
}

/// The description of the model, as flags.
#[derive(Debug, Args)]
pub(crate) struct SpecArguments {
    /// What the network sees and forecasts: volatility-scaled returns, or prices scaled to [0, 1] as most published work does.
    #[arg(long, help_heading = DATA, value_enum, default_value_t = RecipeArgument::Returns)]
    recipe: RecipeArgument,
    /// Days in a window.
    #[arg(long, help_heading = DATA, default_value_t = ModelSpec::default().lookback, value_name = "DAYS")]
    lookback: usize,
    /// Sessions forecast.
    #[arg(long, help_heading = DATA, visible_alias = "prediction-steps", default_value_t = ModelSpec::default().horizon, value_name = "SESSIONS")]
    horizon: usize,
    /// Network: base is a stack of LSTM layers; improved runs them in both directions, with layer norm, residual connections
    /// and attention over the days.
    #[arg(long, help_heading = NETWORK, value_enum, default_value_t = ArchArgument::Base)]
    arch: ArchArgument,
    /// Units of an LSTM layer and direction [default: 50; improved 64]
    #[arg(long, help_heading = NETWORK, value_name = "UNITS")]
    hidden_size: Option<usize>,
    /// Stacked LSTM layers [default: 2; improved 3]
    #[arg(long, help_heading = NETWORK, value_name = "N")]
    layers: Option<usize>,
    /// Dropout between the layers [default: 0.2; improved 0.3]
    #[arg(long, help_heading = NETWORK, value_name = "SHARE")]
    dropout: Option<f32>,
    /// Most passes over the training windows.
    #[arg(long, help_heading = TRAINING, default_value_t = ModelSpec::default().epochs, value_name = "N")]
    epochs: usize,
    /// Windows of one step.
    #[arg(long, help_heading = TRAINING, default_value_t = ModelSpec::default().batch_size, value_name = "N")]
    batch_size: usize,
    /// First learning rate of Adam.
    #[arg(long, help_heading = TRAINING, default_value_t = ModelSpec::default().learning_rate, value_name = "RATE")]
    learning_rate: f64,
    /// How the learning rate changes: halved when the validation loss stops improving, along a cosine after a warm-up, or not
    /// at all.
    #[arg(long, help_heading = TRAINING, value_enum, default_value_t = ScheduleArgument::Plateau)]
    schedule: ScheduleArgument,
    /// Weight decay; above 0 the optimiser is AdamW.
    #[arg(long, help_heading = TRAINING, default_value_t = ModelSpec::default().weight_decay, value_name = "RATE")]
    weight_decay: f64,
    /// Epochs without improvement before training stops.
    #[arg(long, help_heading = TRAINING, default_value_t = ModelSpec::default().patience, value_name = "EPOCHS")]
    patience: usize,
    /// Seed of every random choice: the same seed and data give the same model.
    #[arg(long, help_heading = TRAINING, default_value_t = ModelSpec::default().seed, value_name = "N")]
    seed: u64,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum RecipeArgument {
    Returns,
    MinMaxPrices,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum ArchArgument {
    Base,
    Improved,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum ScheduleArgument {
    Plateau,
    Cosine,
    Constant,
}

impl From<ScheduleArgument> for ScheduleSpec {
    fn from(argument: ScheduleArgument) -> Self {
        match argument {
            ScheduleArgument::Plateau => Self::plateau(),
            ScheduleArgument::Cosine => Self::cosine(),
            ScheduleArgument::Constant => Self::Constant,
        }
    }
}

impl From<ArchArgument> for Architecture {
    fn from(argument: ArchArgument) -> Self {
        match argument {
            ArchArgument::Base => Self::Base,
            ArchArgument::Improved => Self::Improved,
        }
    }
}

impl SpecArguments {
    fn spec(&self) -> ModelSpec {
        let usual = Architecture::from(self.arch).model();
        ModelSpec {
            recipe: match self.recipe {
                RecipeArgument::Returns => Recipe::Returns,
                RecipeArgument::MinMaxPrices => Recipe::MinMaxPrices,
            },
            lookback: self.lookback,
            horizon: self.horizon,
            hidden_size: self.hidden_size.unwrap_or(usual.hidden_size),
            layers: self.layers.unwrap_or(usual.layers),
            dropout: self.dropout.unwrap_or(usual.dropout),
            epochs: self.epochs,
            batch_size: self.batch_size,
            learning_rate: self.learning_rate,
            schedule: self.schedule.into(),
            weight_decay: self.weight_decay,
            patience: self.patience,
            seed: self.seed,
            ..usual
        }
    }
}

/// A trained model as `--json` prints it.
#[derive(Serialize)]
struct Trained {
    symbol: Symbol,
    model: ModelView,
    metrics: PartsView,
    naive: PartsView,
    verdict: VerdictView,
}

/// Trains a model and shows it beside naive.
pub(crate) async fn run(arguments: Arguments, settings: Settings, terminal: &Terminal) -> Result<ExitCode, Failure> {
    let spec = arguments.spec.spec().check()?;
    if let (Some(start), Some(end)) = (arguments.start_date, arguments.end_date)
        && start >= end
    {
        return Err(Failure::Usage(format!("start-date {start} is not before end-date {end}")));
    }
    let app = App::open(settings).await?;
    let request = TrainRequest {
        symbol: arguments.symbol.clone(),
        model_name: arguments.model_name,
        spec,
        start_date: arguments.start_date,
        end_date: arguments.end_date,
    };
    let version = train_watched(&app, request, terminal).await?;
    show(&arguments.symbol, &version, terminal)?;
    Ok(ExitCode::SUCCESS)
}

/// Trains with a progress bar; Ctrl-C cancels after the batch in hand.
pub(crate) async fn train_watched(
    app: &App,
    request: TrainRequest,
    terminal: &Terminal,
) -> Result<ModelVersion, Failure> {
    let cancel = Cancel::new();
    let work = ops::train::train(app, request, Arc::new(TrainingBar::new(terminal.json())), cancel.clone());
    tokio::pin!(work);
    tokio::select! {
        done = &mut work => done,
        _signal = tokio::signal::ctrl_c() => {
            cancel.cancel();
            work.await
        }
    }
}

fn show(symbol: &Symbol, version: &ModelVersion, terminal: &Terminal) -> Result<(), Failure> {
    let card = &version.card;
    let evaluation_of = &card.evaluation;
    terminal.object(&Trained {
        symbol: symbol.clone(),
        model: model_view(version),
        metrics: parts(evaluation_of, |part| part.model),
        naive: parts(evaluation_of, |part| part.naive),
        verdict: verdict(evaluation_of),
    })?;
    show_training(version, terminal)?;
    terminal.line(format_args!("\nForecast with `closecast predict {symbol}`."))
}

/// Shows what was trained and the table beside naive.
pub(crate) fn show_training(version: &ModelVersion, terminal: &Terminal) -> Result<(), Failure> {
    let card = &version.card;
    terminal.line(format_args!(
        "Model {} version {}: {} weights, {} (the best was {}), trained on {} to {}",
        version.name,
        version.version,
        card.parameters,
        counted(card.epochs_run, "epoch"),
        card.best_epoch,
        card.trained_on.start,
        card.trained_on.end
    ))?;
    terminal.line("")?;
    terminal.line(evaluation::table(&card.evaluation))?;
    terminal.line("")?;
    terminal.line(verdict(&card.evaluation).sentence)?;
    terminal.line(format_args!(
        "The {:.0} % interval held the close on {:.1} % of the test days.",
        card.interval_level * 100.0,
        card.interval_coverage * 100.0
    ))
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    use super::*;

    #[derive(Parser)]
    struct Flags {
        #[command(flatten)]
        spec: SpecArguments,
    }

    fn spec(flags: &[&str]) -> ModelSpec {
        Flags::parse_from([&["train"], flags].concat()).spec.spec()
    }

    #[test]
    fn a_flag_left_out_is_what_the_architecture_gives() {
        assert_eq!(spec(&[]), ModelSpec::default());
        assert_eq!(spec(&["--arch", "base"]), Architecture::Base.model());
        let usual = Architecture::Improved.model();
        assert_eq!(spec(&["--arch", "improved"]), usual);
        assert_eq!(spec(&["--arch", "improved", "--layers", "1"]), ModelSpec { layers: 1, ..usual.clone() });
        assert_eq!(spec(&["--hidden-size", "7", "--arch", "improved"]), ModelSpec { hidden_size: 7, ..usual.clone() });
        assert_eq!(spec(&["--arch", "improved", "--dropout", "0"]), ModelSpec { dropout: 0.0, ..usual });
    }

    #[test]
    fn the_help_tells_what_both_architectures_give() {
        let help = Flags::command().term_width(0).render_help().to_string();
        let (base, improved) = (Architecture::Base.model(), Architecture::Improved.model());
        let told = |flag: &str, default: String| {
            let line = help.lines().find(|line| line.contains(flag)).unwrap();
            assert!(line.ends_with(&default), "{line}");
        };
        told("--hidden-size", format!("[default: {}; improved {}]", base.hidden_size, improved.hidden_size));
        told("--layers", format!("[default: {}; improved {}]", base.layers, improved.layers));
        told("--dropout", format!("[default: {}; improved {}]", base.dropout, improved.dropout));
    }
}
