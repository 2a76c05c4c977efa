//! Which models a search may try.

use closecast_nn::ScheduleSpec;
use serde::{Deserialize, Serialize};

use super::{
    choice::{Choose, End, Largest, Untuned},
    dimension::{Dimension, Interval, Number, one_or_more},
    draw::Draws,
};
use crate::{Architecture, CheckedSpec, ModelSpec, Recipe, SpecError};

/// Which models a search may try, unchecked. A field left out is that of an untuned model. The crate's README has an example of
/// a file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SearchSpace {
    /// Networks.
    #[serde(with = "one_or_more")]
    pub arch: Vec<Architecture>,
    /// Days in a window.
    pub lookback: Option<Dimension<usize>>,
    /// Units of a layer.
    pub hidden_size: Option<Dimension<usize>>,
    /// Stacked LSTM layers.
    pub layers: Option<Dimension<usize>>,
    /// Dropout between the layers.
    pub dropout: Option<Dimension<f64>>,
    /// Windows of one step.
    pub batch_size: Option<Dimension<usize>>,
    /// First learning rate.
    pub learning_rate: Option<Dimension<f64>>,
    /// How it changes.
    #[serde(with = "one_or_more")]
    pub schedule: Vec<ScheduleName>,
    /// Decoupled weight decay.
    pub weight_decay: Option<Dimension<f64>>,
    /// What all of them see and forecast.
    pub recipe: Recipe,
    /// Sessions that all of them forecast in one pass.
    pub horizon: usize,
    /// Most passes over the training windows, of a trial that is seen through to the end.
    pub epochs: usize,
    /// Epochs without improvement before a training stops.
    pub patience: usize,
    /// Largest global norm of a step's gradient.
    pub gradient_clip: f64,
}

/// Fields in which models of a space can differ.
const SEARCHED: [&str; 9] =
    ["arch", "lookback", "hidden_size", "layers", "dropout", "batch_size", "learning_rate", "schedule", "weight_decay"];

/// A learning-rate schedule in its usual setting.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ScheduleName {
    /// Halved when the validation loss stops improving.
    #[default]
    Plateau,
    /// Along a cosine after a warm-up.
    Cosine,
    /// Not changed at all.
    Constant,
}

impl From<ScheduleName> for ScheduleSpec {
    fn from(name: ScheduleName) -> Self {
        match name {
            ScheduleName::Plateau => Self::plateau(),
            ScheduleName::Cosine => Self::cosine(),
            ScheduleName::Constant => Self::Constant,
        }
    }
}

impl Default for SearchSpace {
    /// Returns the space of the default model alone.
    fn default() -> Self {
        let ModelSpec { arch, recipe, horizon, epochs, patience, gradient_clip, .. } = ModelSpec::default();
        Self {
            arch: vec![arch],
            lookback: None,
            hidden_size: None,
            layers: None,
            dropout: None,
            batch_size: None,
            learning_rate: None,
            schedule: vec![ScheduleName::default()],
            weight_decay: None,
            recipe,
            horizon,
            epochs,
            patience,
            gradient_clip,
        }
    }
}

impl SearchSpace {
    /// Returns the space that is searched unless another is given: all that is usually tuned, within what is usual for daily
    /// prices of one symbol.
    #[must_use]
    pub fn standard() -> Self {
        Self {
            arch: vec![Architecture::Base, Architecture::Improved],
            lookback: Some(Dimension::Between(Interval::log(10, 120))),
            hidden_size: Some(Dimension::OneOf(vec![16, 32, 50, 64])),
            layers: Some(Dimension::OneOf(vec![1, 2, 3])),
            dropout: Some(Dimension::Between(Interval::linear(0.0, 0.5))),
            batch_size: Some(Dimension::OneOf(vec![16, 32, 64, 128])),
            learning_rate: Some(Dimension::Between(Interval::log(1e-4, 1e-2))),
            schedule: vec![ScheduleName::Plateau, ScheduleName::Cosine],
            weight_decay: Some(Dimension::Between(Interval { or: Some(0.0), ..Interval::log(1e-5, 1e-1) })),
            ..Self::default()
        }
    }

    /// Checks that every model of the space can be trained, and that there is more than one.
    ///
    /// # Errors
    /// [`SpecError`] names the first field that is not a range, or reaches out of what [`ModelSpec::check`] allows.
    pub fn check(self) -> Result<CheckedSpace, SpecError> {
        check_names("arch", &self.arch)?;
        check_names("schedule", &self.schedule)?;
        check_numbers("lookback", self.lookback.as_ref())?;
        check_numbers("hidden_size", self.hidden_size.as_ref())?;
        check_numbers("layers", self.layers.as_ref())?;
        check_numbers("dropout", self.dropout.as_ref())?;
        check_numbers("batch_size", self.batch_size.as_ref())?;
        check_numbers("learning_rate", self.learning_rate.as_ref())?;
        check_numbers("weight_decay", self.weight_decay.as_ref())?;
        let corners = self.corners();
        corners.iter().try_for_each(|spec| spec.clone().check().map(drop))?;
        if corners.windows(2).all(|pair| pair[0] == pair[1]) {
            let (value, allowed) =
                ("a single model".to_owned(), "a list or an interval in one field at least".to_owned());
            return Err(SpecError { field: "the space", value, allowed });
        }
        let untuned = self.model(&Untuned).unwrap_or_default().check()?;
        Ok(CheckedSpace { space: self, untuned })
    }

    /// Returns models that can be trained only if every model of the space can: the untuned one, each field at its ends, and the
    /// largest networks.
    fn corners(&self) -> Vec<ModelSpec> {
        let ends = |field| (0..).map_while(move |place| self.model(&End { field, place }));
        let largest = (0..).map_while(|place| self.model(&Largest { place }));
        self.model(&Untuned).into_iter().chain(SEARCHED.into_iter().flat_map(ends)).chain(largest).collect()
    }

    /// Returns the model that `choose` makes of the space.
    fn model(&self, choose: &impl Choose) -> Option<ModelSpec> {
        let usual = choose.name("arch", &self.arch, Architecture::default())?.model();
        let dropout = usual.dropout.to_string().parse().unwrap_or_default();
        Some(ModelSpec {
            lookback: choose.number("lookback", self.lookback.as_ref(), usual.lookback)?,
            hidden_size: choose.number("hidden_size", self.hidden_size.as_ref(), usual.hidden_size)?,
            layers: choose.number("layers", self.layers.as_ref(), usual.layers)?,
            dropout: choose.number("dropout", self.dropout.as_ref(), dropout)? as f32,
            batch_size: choose.number("batch_size", self.batch_size.as_ref(), usual.batch_size)?,
            learning_rate: choose.number("learning_rate", self.learning_rate.as_ref(), usual.learning_rate)?,
            schedule: choose.name("schedule", &self.schedule, ScheduleName::default())?.into(),
            weight_decay: choose.number("weight_decay", self.weight_decay.as_ref(), usual.weight_decay)?,
            recipe: self.recipe,
            horizon: self.horizon,
            epochs: self.epochs,
            patience: self.patience,
            gradient_clip: self.gradient_clip,
            ..usual
        })
    }
}

fn check_numbers<T: Number>(field: &'static str, dimension: Option<&Dimension<T>>) -> Result<(), SpecError> {
    dimension.map_or(Ok(()), |dimension| dimension.check(field))
}

fn check_names<T>(field: &'static str, names: &[T]) -> Result<(), SpecError> {
    if names.is_empty() {
        return Err(SpecError { field, value: "an empty list".to_owned(), allowed: "a list of names".to_owned() });
    }
    Ok(())
}

/// A [`SearchSpace`] each of whose models can be trained.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckedSpace {
    space: SearchSpace,
    untuned: CheckedSpec,
}

/// Proposals in a row that were there before, after which a space counts as searched through.
const MOST_REPEATS: usize = 1_000;

impl CheckedSpace {
    /// Returns the description that was checked.
    #[must_use]
    pub fn space(&self) -> &SearchSpace {
        &self.space
    }

    /// Returns the default model with what the space fixes.
    #[must_use]
    pub fn untuned(&self) -> &ModelSpec {
        self.untuned.spec()
    }

    /// Returns `count` different models, fewer when the space has no more: first the default model with what the space fixes,
    /// then models drawn at random, each field on its own (Bergstra & Bengio 2012). The model of a number depends on `seed` and
    /// on those before it alone. All are trained with `seed` too.
    ///
    /// # Errors
    /// [`SpecError`] if a model of a checked space cannot be trained, which is an error of this crate.
    pub fn proposals(&self, seed: u64, count: usize) -> Result<Vec<CheckedSpec>, SpecError> {
        let seeded = |spec: ModelSpec| ModelSpec { seed, ..spec }.check();
        let mut proposals = vec![seeded(self.untuned().clone())?];
        for trial in 1..count {
            let mut attempts =
                (0..MOST_REPEATS).filter_map(|attempt| self.space.model(&Draws { seed, trial, attempt }));
            let is_new = |drawn: &ModelSpec| {
                let same = |other: &CheckedSpec| ModelSpec { seed, ..drawn.clone() } == *other.spec();
                !proposals.iter().any(same)
            };
            match attempts.find(is_new) {
                Some(drawn) => proposals.push(seeded(drawn)?),
                None => break,
            }
        }
        Ok(proposals)
    }
}
