//! The description of a model as a file: what `tune` writes and `train --spec` reads.

use std::{fmt, path::Path};

use closecast_model::{Architecture, ModelSpec, Recipe, tune::ScheduleName};
use closecast_nn::ScheduleSpec;
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error, IntoDeserializer, MapAccess, Visitor, value::MapAccessDeserializer},
};

use crate::error::AppError;
use crate::toml_file::TomlFile;

/// The description of a model, in which fields may be left out. The shares of the split are always the usual ones.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PartialSpec {
    /// Architecture.
    pub arch: Option<Architecture>,
    /// Features and target.
    pub recipe: Option<Recipe>,
    /// Days of the window.
    pub lookback: Option<usize>,
    /// Sessions forecast.
    pub horizon: Option<usize>,
    /// Units of each layer.
    pub hidden_size: Option<usize>,
    /// LSTM layers.
    pub layers: Option<usize>,
    /// Share of units dropped in training, from 0 to below 1.
    pub dropout: Option<f64>,
    /// Epochs at most.
    pub epochs: Option<usize>,
    /// Windows of a batch.
    pub batch_size: Option<usize>,
    /// Learning rate of the optimiser.
    pub learning_rate: Option<f64>,
    /// Decoupled weight decay.
    pub weight_decay: Option<f64>,
    /// Norm to which gradients are clipped.
    pub gradient_clip: Option<f64>,
    /// Epochs without improvement before the training stops.
    pub patience: Option<usize>,
    /// Seed of every random choice.
    pub seed: Option<u64>,
    /// Last, since it may be a table, and TOML has tables after values.
    pub schedule: Option<ScheduleForm>,
}

impl PartialSpec {
    /// Reads the file at `path`, and checks that what it says can be trained.
    ///
    /// # Errors
    /// [`AppError::Usage`] in one line, with the field.
    pub fn read(path: &Path) -> Result<Self, AppError> {
        let file = TomlFile::read("the model description", path).map_err(AppError::Usage)?;
        let spec: Self = file.extract().map_err(AppError::Usage)?;
        let checked = spec.over(&Self::default()).check();
        checked.map_err(|error| AppError::Usage(format!("{}: {error}", path.display())))?;
        Ok(spec)
    }

    /// Returns the description with these fields, then with those of `below`, then with the usual ones of the network.
    pub fn over(&self, below: &Self) -> ModelSpec {
        let usual = self.arch.or(below.arch).unwrap_or_default().model();
        let dropout = self.dropout.or(below.dropout).map_or(usual.dropout, |dropout| dropout as f32);
        ModelSpec {
            recipe: self.recipe.or(below.recipe).unwrap_or(usual.recipe),
            lookback: self.lookback.or(below.lookback).unwrap_or(usual.lookback),
            horizon: self.horizon.or(below.horizon).unwrap_or(usual.horizon),
            hidden_size: self.hidden_size.or(below.hidden_size).unwrap_or(usual.hidden_size),
            layers: self.layers.or(below.layers).unwrap_or(usual.layers),
            dropout,
            epochs: self.epochs.or(below.epochs).unwrap_or(usual.epochs),
            batch_size: self.batch_size.or(below.batch_size).unwrap_or(usual.batch_size),
            learning_rate: self.learning_rate.or(below.learning_rate).unwrap_or(usual.learning_rate),
            schedule: self.schedule.or(below.schedule).map_or(usual.schedule, |ScheduleForm(schedule)| schedule),
            weight_decay: self.weight_decay.or(below.weight_decay).unwrap_or(usual.weight_decay),
            gradient_clip: self.gradient_clip.or(below.gradient_clip).unwrap_or(usual.gradient_clip),
            patience: self.patience.or(below.patience).unwrap_or(usual.patience),
            seed: self.seed.or(below.seed).unwrap_or(usual.seed),
            ..usual
        }
    }
}

impl From<&ModelSpec> for PartialSpec {
    fn from(spec: &ModelSpec) -> Self {
        Self {
            arch: Some(spec.arch),
            recipe: Some(spec.recipe),
            lookback: Some(spec.lookback),
            horizon: Some(spec.horizon),
            hidden_size: Some(spec.hidden_size),
            layers: Some(spec.layers),
            // The shortest number that is the same in single precision: 0.2 and not 0.20000000298.
            dropout: Some(spec.dropout.to_string().parse().unwrap_or_else(|_| f64::from(spec.dropout))),
            epochs: Some(spec.epochs),
            batch_size: Some(spec.batch_size),
            learning_rate: Some(spec.learning_rate),
            weight_decay: Some(spec.weight_decay),
            gradient_clip: Some(spec.gradient_clip),
            patience: Some(spec.patience),
            seed: Some(spec.seed),
            schedule: Some(ScheduleForm(spec.schedule)),
        }
    }
}

/// A schedule as the name of its usual setting, or as a table with every number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ScheduleForm(pub ScheduleSpec);

impl ScheduleForm {
    /// Returns the name of the schedule; `None` when its numbers are not the usual ones.
    pub fn name(self) -> Option<ScheduleName> {
        let names = [ScheduleName::Plateau, ScheduleName::Cosine, ScheduleName::Constant];
        names.into_iter().find(|name| ScheduleSpec::from(*name) == self.0)
    }
}

impl Serialize for ScheduleForm {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.name() {
            Some(name) => name.serialize(serializer),
            None => self.0.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for ScheduleForm {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NameOrTable)
    }
}

struct NameOrTable;

impl<'de> Visitor<'de> for NameOrTable {
    type Value = ScheduleForm;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the name of a schedule, or a table with its numbers")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
        Ok(ScheduleForm(ScheduleName::deserialize(name.into_deserializer())?.into()))
    }

    fn visit_map<A: MapAccess<'de>>(self, table: A) -> Result<Self::Value, A::Error> {
        ScheduleSpec::deserialize(MapAccessDeserializer::new(table)).map(ScheduleForm)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<PartialSpec, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("spec.toml");
        std::fs::write(&path, text).unwrap();
        let place = format!("{}/", folder.path().display());
        PartialSpec::read(&path).map_err(|failure| failure.to_string().replace(&place, ""))
    }

    #[test]
    fn what_is_written_is_read_back() {
        let schedule = ScheduleSpec::Plateau { patience: 2, factor: 0.3, floor: 0.0 };
        let unusual = ModelSpec { schedule, dropout: 0.123, learning_rate: 1.23e-3, ..Architecture::Improved.model() };
        for spec in [ModelSpec::default(), Architecture::Improved.model(), unusual] {
            let text = toml::to_string(&PartialSpec::from(&spec)).unwrap();
            assert_eq!(read(&text).unwrap().over(&PartialSpec::default()), spec, "{text}");
            assert!(!text.contains("00000"), "{text}");
        }
    }

    #[test]
    fn what_stands_above_goes_before_what_stands_below_and_both_before_the_usual() {
        let above = PartialSpec { layers: Some(1), ..PartialSpec::default() };
        let below = read("arch = \"improved\"\nlayers = 4\nschedule = \"cosine\"").unwrap();
        let expected = ModelSpec { layers: 1, schedule: ScheduleSpec::cosine(), ..Architecture::Improved.model() };
        assert_eq!(above.over(&below), expected);
    }

    #[test]
    fn a_wrong_file_is_told_in_one_line_with_the_field() {
        let cases = [
            ("lookback = 1", "spec.toml: lookback is 1, but must be from 2 to 1000"),
            ("\nlookback = \"many\"", "spec.toml, line 2: lookback is \"many\", but must be a whole number above 0"),
            ("lookback = -1", "spec.toml, line 1: lookback is -1, but must be a whole number above 0"),
            ("dropout = true", "spec.toml, line 1: dropout is true, but must be a number"),
            ("learning_rate = nan", "spec.toml: learning_rate is NaN, but must be from"),
            ("arch = \"best\"", "spec.toml, line 1: arch is \"best\", but must be base or improved"),
            (
                "schedule = \"fast\"",
                "spec.toml, line 1: schedule is \"fast\", but must be plateau or cosine or constant",
            ),
            ("schedule = 1", "spec.toml, line 1: schedule is 1, but must be the name of a schedule, or a table"),
            ("units = 3", "spec.toml, line 1: unknown key \"units\"; known keys: arch, recipe, "),
            ("lookback = ", "spec.toml, line 1: "),
        ];
        for (text, start) in cases {
            let message = read(text).unwrap_err();
            assert!(message.starts_with(start) && message.lines().count() == 1, "{message}");
        }
        assert_eq!(
            PartialSpec::read(Path::new("none.toml")).unwrap_err().to_string(),
            "the model description none.toml does not exist"
        );
    }
}
