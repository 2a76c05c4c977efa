//! The search space.

use closecast_nn::ScheduleSpec;
use serde::{Deserialize, Serialize};

use super::{
    dimension::{Dimension, Interval, Number},
    draw::Draws,
    one_or_more,
    sampler::{Bound, Maximum, Sampler, Untuned},
};
use crate::{Architecture, CheckedSpec, ModelSpec, Recipe, SpecError};

/// The models of a search, unchecked. An omitted field has the value of an untuned model. The crate's README has an example
/// file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SearchSpace {
    /// Network architectures.
    #[serde(with = "one_or_more")]
    pub arch: Vec<Architecture>,
    /// Days in a window.
    pub lookback: Option<Dimension<usize>>,
    /// Units per layer.
    pub hidden_size: Option<Dimension<usize>>,
    /// Stacked LSTM layers.
    pub layers: Option<Dimension<usize>>,
    /// Dropout between the layers.
    pub dropout: Option<Dimension<f64>>,
    /// Windows per training step.
    pub batch_size: Option<Dimension<usize>>,
    /// Initial learning rate.
    pub learning_rate: Option<Dimension<f64>>,
    /// Learning-rate schedules.
    #[serde(with = "one_or_more")]
    pub schedule: Vec<ScheduleName>,
    /// Decoupled weight decay.
    pub weight_decay: Option<Dimension<f64>>,
    /// Inputs and targets of all models.
    pub recipe: Recipe,
    /// Sessions that all models forecast in one pass.
    pub horizon: usize,
    /// Maximum number of epochs of a trial in the last rung.
    pub epochs: usize,
    /// Epochs without improvement before a training stops.
    pub patience: usize,
    /// Maximum global norm of the gradient of a step.
    pub gradient_clip: f64,
}

/// Fields that can be searched.
const SEARCHED: [&str; 9] =
    ["arch", "lookback", "hidden_size", "layers", "dropout", "batch_size", "learning_rate", "schedule", "weight_decay"];

/// A learning-rate schedule with default settings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ScheduleName {
    /// Halves the rate when the validation loss stops improving.
    #[default]
    Plateau,
    /// Cosine schedule with warm-up.
    Cosine,
    /// Constant learning rate.
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
    /// Returns the space of only the default model.
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
    /// Returns the default search space: the usual hyperparameters in ranges that suit daily prices of one symbol.
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

    /// Checks that every model of the space can be trained and that the space has more than one model.
    ///
    /// # Errors
    /// [`SpecError`] names the first field that is invalid or exceeds the range of [`ModelSpec::check`].
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

    /// Returns models that bound the space: the untuned one, each field at its bounds, and the largest networks. If they can be
    /// trained, so can every model of the space.
    fn corners(&self) -> Vec<ModelSpec> {
        let bounds = |field| (0..).map_while(move |place| self.model(&Bound { field, place }));
        let maximum = (0..).map_while(|place| self.model(&Maximum { place }));
        self.model(&Untuned).into_iter().chain(SEARCHED.into_iter().flat_map(bounds)).chain(maximum).collect()
    }

    /// Returns the model that `sampler` chooses from the space.
    fn model(&self, sampler: &impl Sampler) -> Option<ModelSpec> {
        let usual = sampler.name("arch", &self.arch, Architecture::default())?.model();
        let dropout = usual.dropout.to_string().parse().unwrap_or_default();
        Some(ModelSpec {
            lookback: sampler.number("lookback", self.lookback.as_ref(), usual.lookback)?,
            hidden_size: sampler.number("hidden_size", self.hidden_size.as_ref(), usual.hidden_size)?,
            layers: sampler.number("layers", self.layers.as_ref(), usual.layers)?,
            dropout: sampler.number("dropout", self.dropout.as_ref(), dropout)? as f32,
            batch_size: sampler.number("batch_size", self.batch_size.as_ref(), usual.batch_size)?,
            learning_rate: sampler.number("learning_rate", self.learning_rate.as_ref(), usual.learning_rate)?,
            schedule: sampler.name("schedule", &self.schedule, ScheduleName::default())?.into(),
            weight_decay: sampler.number("weight_decay", self.weight_decay.as_ref(), usual.weight_decay)?,
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

/// A [`SearchSpace`] whose models can all be trained.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckedSpace {
    space: SearchSpace,
    untuned: CheckedSpec,
}

/// Number of consecutive repeated proposals after which a space counts as exhausted.
const MAX_REPEATS: usize = 1_000;

impl CheckedSpace {
    /// Returns the checked space.
    #[must_use]
    pub fn space(&self) -> &SearchSpace {
        &self.space
    }

    /// Returns the default model with the values that the space fixes.
    #[must_use]
    pub fn untuned(&self) -> &ModelSpec {
        self.untuned.spec()
    }

    /// Returns `count` distinct models, fewer if the space is exhausted: first the untuned model, then random ones with
    /// independently drawn fields (Bergstra & Bengio 2012). Each depends only on `seed` and the models before it. All are
    /// trained with `seed`.
    ///
    /// # Errors
    /// [`SpecError`] if a model of a checked space cannot be trained, which is a bug of this crate.
    pub fn proposals(&self, seed: u64, count: usize) -> Result<Vec<CheckedSpec>, SpecError> {
        let seeded = |spec: ModelSpec| ModelSpec { seed, ..spec }.check();
        let mut proposals = vec![seeded(self.untuned().clone())?];
        for trial in 1..count {
            let mut attempts = (0..MAX_REPEATS).filter_map(|attempt| self.space.model(&Draws { seed, trial, attempt }));
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
