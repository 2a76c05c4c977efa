//! Samplers: how a value of each field of the search space is chosen.

use super::{
    dimension::{Dimension, Number},
    draw::Draws,
};

/// Chooses a value of every field; `usual` is the default of an untuned model.
pub(super) trait Sampler {
    /// Returns a value of a dimension, `usual` if the space omits the field; `None` if the sampler is exhausted.
    fn number<T: Number>(&self, field: &'static str, dimension: Option<&Dimension<T>>, usual: T) -> Option<T>;

    /// Returns one of `names`; `None` if the sampler is exhausted.
    fn name<T: Copy + PartialEq>(&self, field: &'static str, names: &[T], usual: T) -> Option<T>;
}

/// Takes the value that the space fixes, otherwise the default.
pub(super) struct Untuned;

impl Sampler for Untuned {
    fn number<T: Number>(&self, _field: &'static str, dimension: Option<&Dimension<T>>, usual: T) -> Option<T> {
        Some(dimension.and_then(Dimension::fixed).unwrap_or(usual))
    }

    fn name<T: Copy + PartialEq>(&self, _field: &'static str, names: &[T], usual: T) -> Option<T> {
        names.first().copied().filter(|first| names.iter().all(|name| name == first)).or(Some(usual))
    }
}

/// Draws values at random.
impl Sampler for Draws {
    fn number<T: Number>(&self, field: &'static str, dimension: Option<&Dimension<T>>, usual: T) -> Option<T> {
        dimension.map_or(Some(usual), |dimension| dimension.draw(field, self))
    }

    fn name<T: Copy + PartialEq>(&self, field: &'static str, names: &[T], _usual: T) -> Option<T> {
        names.get(self.below(field, names.len())).copied()
    }
}

/// Takes one bound, or one name, of one field and the untuned value of all other fields.
pub(super) struct Bound {
    pub(super) field: &'static str,
    /// Index of the bound or name, from 0.
    pub(super) place: usize,
}

impl Sampler for Bound {
    fn number<T: Number>(&self, field: &'static str, dimension: Option<&Dimension<T>>, usual: T) -> Option<T> {
        if field == self.field {
            dimension?.extremes().get(self.place).copied()
        } else {
            Untuned.number(field, dimension, usual)
        }
    }

    fn name<T: Copy + PartialEq>(&self, field: &'static str, names: &[T], usual: T) -> Option<T> {
        if field == self.field { names.get(self.place).copied() } else { Untuned.name(field, names, usual) }
    }
}

/// Takes the largest number of every field and one architecture.
pub(super) struct Maximum {
    pub(super) place: usize,
}

impl Sampler for Maximum {
    fn number<T: Number>(&self, _field: &'static str, dimension: Option<&Dimension<T>>, usual: T) -> Option<T> {
        let larger = |a: T, b: T| if b > a { b } else { a };
        dimension.map_or(Some(usual), |dimension| dimension.extremes().into_iter().reduce(larger))
    }

    fn name<T: Copy + PartialEq>(&self, field: &'static str, names: &[T], usual: T) -> Option<T> {
        if field == "arch" { names.get(self.place).copied() } else { Untuned.name(field, names, usual) }
    }
}
