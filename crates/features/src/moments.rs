//! Mean and variance of a stretch of numbers that can be joined with the next stretch.

/// Count, mean and sum of squared deviations, joined by the pairwise update of Chan, Golub and LeVeque (1983).
///
/// Joining never subtracts what left a window, so an outlier leaves no rounding error behind, as it does in running
/// sums.
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

    /// Returns the moments of both stretches together. An empty one changes nothing, to the bit.
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

    /// Returns the mean, 0 of nothing.
    pub(crate) fn mean(self) -> f64 {
        self.mean
    }

    /// Returns the variance with divisor n, 0 of nothing.
    pub(crate) fn population_variance(self) -> f64 {
        if self.count == 0.0 { 0.0 } else { self.squares / self.count }
    }

    /// Returns the variance with divisor n − 1; NaN of fewer than two numbers.
    pub(crate) fn sample_variance(self) -> f64 {
        if self.count < 2.0 { f64::NAN } else { self.squares / (self.count - 1.0) }
    }
}
