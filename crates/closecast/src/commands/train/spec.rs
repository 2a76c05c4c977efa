//! The description of a model on the command line.

use crate::error::CliError;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use closecast_model::{Architecture, BaseSpec, CheckedSpec, Recipe};
use closecast_nn::ScheduleSpec;

use super::headings::{DATA, NETWORK, TRAINING};
use closecast_app::model_spec::{PartialSpec, ScheduleForm};

/// The description of the model, as flags. A test holds their help to the defaults of the model.
#[derive(Debug, Args)]
pub(crate) struct SpecArguments {
    /// File with the description of a model, as `tune` writes it; flags go before it
    #[arg(long, help_heading = DATA, value_name = "FILE.toml")]
    spec: Option<PathBuf>,
    /// What the network sees and forecasts: volatility-scaled returns, or prices scaled to [0, 1] as most published work does
    /// [default: returns]
    #[arg(long, help_heading = DATA, value_enum)]
    recipe: Option<RecipeArgument>,
    /// Days in a window [default: 60]
    #[arg(long, help_heading = DATA, value_name = "DAYS")]
    lookback: Option<usize>,
    /// Sessions forecast [default: 1]
    #[arg(long, help_heading = DATA, visible_alias = "prediction-steps", value_name = "SESSIONS")]
    horizon: Option<usize>,
    /// Network: base is a stack of LSTM layers; improved runs them in both directions, with layer norm, residual connections
    /// and attention over the days [default: base]
    #[arg(long, help_heading = NETWORK, value_enum)]
    arch: Option<ArchArgument>,
    /// Units of an LSTM layer and direction [default: 50; improved 64]
    #[arg(long, help_heading = NETWORK, value_name = "UNITS")]
    hidden_size: Option<usize>,
    /// Stacked LSTM layers [default: 2; improved 3]
    #[arg(long, help_heading = NETWORK, value_name = "N")]
    layers: Option<usize>,
    /// Dropout between the layers [default: 0.2; improved 0.3]
    #[arg(long, help_heading = NETWORK, value_name = "SHARE")]
    dropout: Option<f32>,
    /// Most passes over the training windows [default: 50]
    #[arg(long, help_heading = TRAINING, value_name = "N")]
    epochs: Option<usize>,
    /// Windows of one step [default: 32]
    #[arg(long, help_heading = TRAINING, value_name = "N")]
    batch_size: Option<usize>,
    /// First learning rate of Adam [default: 0.001]
    #[arg(long, help_heading = TRAINING, value_name = "RATE")]
    learning_rate: Option<f64>,
    /// How the learning rate changes: halved when the validation loss stops improving, along a cosine after a warm-up, or not
    /// at all [default: plateau]
    #[arg(long, help_heading = TRAINING, value_enum)]
    schedule: Option<ScheduleArgument>,
    /// Weight decay; above 0 the optimiser is AdamW [default: 0]
    #[arg(long, help_heading = TRAINING, value_name = "RATE")]
    weight_decay: Option<f64>,
    /// Epochs without improvement before training stops [default: 10]
    #[arg(long, help_heading = TRAINING, value_name = "EPOCHS")]
    patience: Option<usize>,
    /// Seed of every random choice: the same seed and data give the same model [default: 42]
    #[arg(long, help_heading = TRAINING, value_name = "N")]
    seed: Option<u64>,
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

impl From<RecipeArgument> for Recipe {
    fn from(argument: RecipeArgument) -> Self {
        match argument {
            RecipeArgument::Returns => Self::Returns,
            RecipeArgument::MinMaxPrices => Self::MinMaxPrices,
        }
    }
}

impl From<ScheduleArgument> for ScheduleForm {
    fn from(argument: ScheduleArgument) -> Self {
        Self(match argument {
            ScheduleArgument::Plateau => ScheduleSpec::plateau(),
            ScheduleArgument::Cosine => ScheduleSpec::cosine(),
            ScheduleArgument::Constant => ScheduleSpec::Constant,
        })
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
    /// Returns the model of all symbols that the flags describe.
    pub(super) fn base_spec(&self) -> BaseSpec {
        // A week ahead costs the forecast of the next session next to nothing: docs/MODEL.md has the figures.
        let usual = BaseSpec { horizon: 5, ..BaseSpec::default() };
        BaseSpec {
            lookback: self.lookback.unwrap_or(usual.lookback),
            horizon: self.horizon.unwrap_or(usual.horizon),
            hidden_size: self.hidden_size.unwrap_or(usual.hidden_size),
            epochs: self.epochs.unwrap_or(usual.epochs),
            batch_size: self.batch_size.unwrap_or(usual.batch_size),
            learning_rate: self.learning_rate.unwrap_or(usual.learning_rate),
            weight_decay: self.weight_decay.unwrap_or(usual.weight_decay),
            seed: self.seed.unwrap_or(usual.seed),
            ..usual
        }
    }

    /// Returns what is to be trained: the flags, then the file, then the defaults.
    ///
    /// # Errors
    /// [`CliError::Usage`] when the file is wrong, [`CliError::UseCase`] when a flag is.
    pub(crate) fn checked(&self) -> Result<CheckedSpec, CliError> {
        let file = self.spec.as_deref().map(PartialSpec::read).transpose()?.unwrap_or_default();
        Ok(self.given().over(&file).check()?)
    }

    fn given(&self) -> PartialSpec {
        PartialSpec {
            arch: self.arch.map(Into::into),
            recipe: self.recipe.map(Into::into),
            lookback: self.lookback,
            horizon: self.horizon,
            hidden_size: self.hidden_size,
            layers: self.layers,
            dropout: self.dropout.map(f64::from),
            epochs: self.epochs,
            batch_size: self.batch_size,
            learning_rate: self.learning_rate,
            weight_decay: self.weight_decay,
            gradient_clip: None,
            patience: self.patience,
            seed: self.seed,
            schedule: self.schedule.map(Into::into),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};
    use closecast_model::ModelSpec;

    use super::*;

    #[derive(Parser)]
    struct Flags {
        #[command(flatten)]
        spec: SpecArguments,
    }

    fn spec(flags: &[&str]) -> ModelSpec {
        Flags::parse_from([&["train"], flags].concat()).spec.checked().unwrap().spec().clone()
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
    fn a_flag_goes_before_the_file_and_the_file_before_the_default() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("spec.toml");
        std::fs::write(&path, "layers = 1\nlookback = 20\nseed = 7\n").unwrap();
        let path = path.to_str().unwrap();
        let expected = ModelSpec { layers: 1, lookback: 20, seed: 7, ..ModelSpec::default() };
        assert_eq!(spec(&["--spec", path]), expected);
        assert_eq!(spec(&["--spec", path, "--lookback", "30"]), ModelSpec { lookback: 30, ..expected });
    }

    #[test]
    fn the_help_tells_the_defaults() {
        let help = Flags::command().term_width(0).render_help().to_string();
        let (base, improved) = (Architecture::Base.model(), Architecture::Improved.model());
        let stated = |flag: &str, default: String| {
            let line = help.lines().find(|line| line.contains(&format!("{flag} <"))).unwrap();
            assert!(line.contains(&format!("[default: {default}]")), "{line}");
        };
        stated("--hidden-size", format!("{}; improved {}", base.hidden_size, improved.hidden_size));
        stated("--layers", format!("{}; improved {}", base.layers, improved.layers));
        stated("--dropout", format!("{}; improved {}", base.dropout, improved.dropout));
        stated("--recipe", serde_json::to_string(&base.recipe).unwrap().replace('"', ""));
        stated("--lookback", base.lookback.to_string());
        stated("--horizon", base.horizon.to_string());
        stated("--arch", base.arch.name().to_owned());
        stated("--epochs", base.epochs.to_string());
        stated("--batch-size", base.batch_size.to_string());
        stated("--learning-rate", base.learning_rate.to_string());
        stated("--schedule", serde_json::to_string(&ScheduleForm(base.schedule)).unwrap().replace('"', ""));
        stated("--weight-decay", base.weight_decay.to_string());
        stated("--patience", base.patience.to_string());
        stated("--seed", base.seed.to_string());
    }
}
