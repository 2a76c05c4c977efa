//! Ways to take one value of every field.

use super::{dimension::Dimension, dimension::Number, draw::Draws};

/// A way to take one value of every field; `usual` is that of an untuned model.
pub(super) trait Choose {
    /// Returns a number of a dimension, `usual` where the space leaves the field out; `None` when there is no such choice.
    fn number<T: Number>(&self, field: &'static str, dimension: Option<&Dimension<T>>, usual: T) -> Option<T>;

    /// Returns one of `names`; `None` when there is no such choice.
    fn name<T: Copy + PartialEq>(&self, field: &'static str, names: &[T], usual: T) -> Option<T>;
}

/// The usual value wherever there is something to choose, and what is fixed elsewhere.
pub(super) struct Untuned;

impl Choose for Untuned {
    fn number<T: Number>(&self, _field: &'static str, dimension: Option<&Dimension<T>>, usual: T) -> Option<T> {
        Some(dimension.and_then(Dimension::fixed).unwrap_or(usual))
    }

    fn name<T: Copy + PartialEq>(&self, _field: &'static str, names: &[T], usual: T) -> Option<T> {
        names.first().copied().filter(|first| names.iter().all(|name| name == first)).or(Some(usual))
    }
}

/// A proposal of the search.
impl Choose for Draws {
    fn number<T: Number>(&self, field: &'static str, dimension: Option<&Dimension<T>>, usual: T) -> Option<T> {
        dimension.map_or(Some(usual), |dimension| dimension.draw(field, self))
    }

    fn name<T: Copy + PartialEq>(&self, field: &'static str, names: &[T], _usual: T) -> Option<T> {
        names.get(self.below(field, names.len())).copied()
    }
}

/// One end of one field, or one of its names, and the untuned value of all others.
pub(super) struct End {
    pub(super) field: &'static str,
    /// Which of the ends, from 0; with too large a place there is no choice.
    pub(super) place: usize,
}

impl Choose for End {
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

/// The largest number of every field, and the names at one place.
pub(super) struct Largest {
    pub(super) place: usize,
}

impl Choose for Largest {
    fn number<T: Number>(&self, _field: &'static str, dimension: Option<&Dimension<T>>, usual: T) -> Option<T> {
        let larger = |a: T, b: T| if b > a { b } else { a };
        dimension.map_or(Some(usual), |dimension| dimension.extremes().into_iter().reduce(larger))
    }

    fn name<T: Copy + PartialEq>(&self, field: &'static str, names: &[T], usual: T) -> Option<T> {
        if field == "arch" { names.get(self.place).copied() } else { Untuned.name(field, names, usual) }
    }
}
