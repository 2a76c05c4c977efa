//! Windows over a matrix of features, as views.

use crate::error::NnError;
use crate::kernels::{LANES, Lanes};
use crate::spec::{CheckedNetworkSpec, within};

/// Maximum window length in rows.
pub const MAX_LOOKBACK: usize = 4096;

/// Windows over a matrix of features: the window of origin `t` is the rows `t − lookback + 1 ..= t`.
///
/// The matrix may contain NaN or infinity (a moving average has no value on its first days): using a window with such a row
/// is an error.
#[derive(Clone, Debug)]
pub struct WindowSource<'a> {
    features: &'a [f32],
    inputs: usize,
    lookback: usize,
    /// Number of non-finite rows before each row; empty if all are finite.
    non_finite_before: Vec<u32>,
}

impl<'a> WindowSource<'a> {
    /// Takes `features` as `[row, inputs]`, row by row.
    ///
    /// # Errors
    /// [`NnError::OutOfRange`] for `inputs` of 0 or `lookback` outside `1..=`[`MAX_LOOKBACK`], [`NnError::Length`] if the
    /// features do not fill complete rows.
    pub fn new(features: &'a [f32], inputs: usize, lookback: usize) -> Result<Self, NnError> {
        within("inputs", inputs, 1, 4096)?;
        within("lookback", lookback, 1, MAX_LOOKBACK)?;
        if !features.len().is_multiple_of(inputs) {
            return Err(NnError::Length {
                what: "features",
                found: features.len(),
                expected: features.len().next_multiple_of(inputs),
                why: "rows × inputs",
            });
        }
        let non_finite_before = if features.iter().all(|value| value.is_finite()) {
            Vec::new()
        } else {
            let non_finite = features.chunks_exact(inputs).map(|row| row.iter().any(|value| !value.is_finite()));
            std::iter::once(0)
                .chain(non_finite.scan(0, |count, non_finite| {
                    *count += u32::from(non_finite);
                    Some(*count)
                }))
                .collect()
        };
        Ok(Self { features, inputs, lookback, non_finite_before })
    }

    /// Returns the number of rows.
    pub fn rows(&self) -> usize {
        self.features.len() / self.inputs
    }

    /// Returns the number of columns.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// Returns the number of rows of a window.
    pub fn lookback(&self) -> usize {
        self.lookback
    }

    /// Refuses an origin whose window exceeds the matrix or contains a non-finite value.
    pub(crate) fn check(&self, origin: usize) -> Result<(), NnError> {
        let (first, rows) = (self.lookback - 1, self.rows());
        if origin < first || origin >= rows {
            let last = rows.saturating_sub(1);
            return Err(NnError::Origin { origin, lookback: self.lookback, first, last });
        }
        let start = origin - first;
        if self.non_finite_before.is_empty() || self.non_finite_before[start] == self.non_finite_before[origin + 1] {
            return Ok(());
        }
        let window = &self.features[start * self.inputs..(origin + 1) * self.inputs];
        match window.iter().position(|value| !value.is_finite()) {
            None => Ok(()),
            Some(at) => Err(NnError::NonFiniteInput {
                what: "features",
                row: start + at / self.inputs,
                column: at % self.inputs,
                value: window[at],
            }),
        }
    }

    /// Returns the window of a checked origin, `[step][input]`.
    pub(crate) fn window(&self, origin: usize) -> &'a [f32] {
        &self.features[(origin + 1 - self.lookback) * self.inputs..(origin + 1) * self.inputs]
    }

    /// Writes the windows of up to [`LANES`] checked origins as `[step][input][lane]`, or only their last steps if `out` is
    /// shorter; lanes without an origin are zero.
    pub(crate) fn gather(&self, origins: &[usize], out: &mut [Lanes]) {
        let steps = out.len() / self.inputs;
        for (step, row) in out.chunks_exact_mut(self.inputs).enumerate() {
            for lane in 0..LANES {
                match origins.get(lane) {
                    Some(&origin) => {
                        let start = (origin + 1 + step - steps) * self.inputs;
                        let values = &self.features[start..start + self.inputs];
                        for (to, &value) in row.iter_mut().zip(values) {
                            to.0[lane] = value;
                        }
                    }
                    None => row.iter_mut().for_each(|to| to.0[lane] = 0.0),
                }
            }
        }
    }

    /// Writes the rows from `first` to `last` as `[16 rows][input][row]`; the rest is zero.
    pub(crate) fn gather_rows(&self, first: usize, last: usize, out: &mut [Lanes]) {
        out.fill(Lanes::ZERO);
        let rows = self.features[first * self.inputs..(last + 1) * self.inputs].chunks_exact(self.inputs);
        for (index, row) in rows.enumerate() {
            let start = index / LANES * self.inputs;
            for (to, &value) in out[start..].iter_mut().zip(row) {
                to.0[index % LANES] = value;
            }
        }
    }
}

/// Refuses a source with the wrong number of inputs and origins with unusable windows.
pub(crate) fn check_source(
    spec: &CheckedNetworkSpec,
    source: &WindowSource<'_>,
    origins: &[usize],
) -> Result<(), NnError> {
    if source.inputs() != spec.inputs {
        return Err(NnError::Length {
            what: "a row of features",
            found: source.inputs(),
            expected: spec.inputs,
            why: "the network's inputs",
        });
    }
    origins.iter().try_for_each(|&origin| source.check(origin))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn window_ends_at_its_origin() {
        let features: Vec<f32> = (0..12).map(|i| i as f32).collect();
        let source = WindowSource::new(&features, 2, 3).unwrap();
        let mut out = vec![Lanes([9.0; LANES]); 6];
        source.gather(&[2, 5], &mut out);
        let lane = |lane: usize| out.iter().map(|l| l.0[lane]).collect::<Vec<_>>();
        assert_eq!(lane(0), [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
        assert_eq!(lane(1), [6.0, 7.0, 8.0, 9.0, 10.0, 11.0]);
        assert_eq!(lane(2), [0.0; 6]);
        assert!(source.check(1).is_err() && source.check(2).is_ok() && source.check(5).is_ok());
        let message = source.check(6).unwrap_err().to_string();
        assert_eq!(message, "a window of 3 rows cannot end at row 6: origins may lie in 2..=5");
    }

    #[test]
    fn non_finite_rows_affect_only_windows_that_contain_them() {
        let mut features = vec![1.0; 20];
        features[7] = f32::NAN;
        let source = WindowSource::new(&features, 2, 3).unwrap();
        let usable: Vec<usize> = (0..10).filter(|&origin| source.check(origin).is_ok()).collect();
        assert_eq!(usable, [2, 6, 7, 8, 9]);
        let message = source.check(4).unwrap_err().to_string();
        assert!(message.starts_with("features holds NaN at row 3, column 1"), "{message}");
    }

    #[test]
    fn refuses_ragged_and_empty_shapes() {
        assert!(WindowSource::new(&[1.0; 5], 2, 1).is_err());
        assert!(WindowSource::new(&[1.0; 4], 0, 1).is_err());
        assert!(WindowSource::new(&[1.0; 4], 2, 0).is_err());
        assert!(WindowSource::new(&[], 2, 3).unwrap().check(0).is_err());
    }
}
