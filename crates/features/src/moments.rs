//! Mean and variance of a range of numbers, which can be merged with those of the next range.

/// Count, mean and sum of squared deviations, merged by the pairwise update of Chan, Golub and LeVeque (1983).
///
/// Merging never subtracts values that left a window, so an outlier leaves no rounding error, unlike in running sums.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Moments {
    count: f64,
    mean: f64,
    squares: f64,
}

impl Moments {
    /// Returns the moments of one number.
    pub(crate) fn of(value: f64) -> Self {
        Self { count: 1.0, mean: value, squares: 0.0 }
    }

    /// Returns the moments of both ranges together. Merging an empty one changes no bit.
    pub(crate) fn join(self, other: Self) -> Self {
        if self.count == 0.0 {
            return other;
        }
        if other.count == 0.0 {
            return self;
        }
        let count = self.count + other.count;
        let delta = other.mean - self.mean;
        Self {
            count,
            mean: self.mean + delta * other.count / count,
            squares: self.squares + other.squares + delta * delta * self.count * other.count / count,
        }
    }

    /// Returns the mean; 0 if empty.
    pub(crate) fn mean(self) -> f64 {
        self.mean
    }

    /// Returns the variance with divisor n; 0 if empty.
    pub(crate) fn population_variance(self) -> f64 {
        if self.count == 0.0 { 0.0 } else { self.squares / self.count }
    }

    /// Returns the variance with divisor n − 1; NaN for fewer than two numbers.
    pub(crate) fn sample_variance(self) -> f64 {
        if self.count < 2.0 { f64::NAN } else { self.squares / (self.count - 1.0) }
    }
}
