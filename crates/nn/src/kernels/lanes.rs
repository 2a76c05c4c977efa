//! The data type of the kernels and the blocking of its matrices.

/// Samples in a tile: one 512-bit register of `f32`, two of 256 bits, four of 128 bits.
pub(crate) const LANES: usize = 16;

/// One quantity of the [`LANES`] samples of a tile, aligned so that a load never crosses a cache line.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C, align(64))]
pub(crate) struct Lanes(pub(crate) [f32; LANES]);

impl Lanes {
    /// All samples zero.
    pub(crate) const ZERO: Self = Self([0.0; LANES]);

    /// Returns the values one after the other.
    #[inline(always)]
    #[expect(unsafe_code, reason = "the standard library flattens arrays and nothing that holds one")]
    pub(super) fn flatten(lanes: &[Self]) -> &[f32] {
        // SAFETY: a `Lanes` is `LANES` numbers without padding (`repr(C)`, whose alignment divides its size), and the slice that
        // is returned borrows the one that is given.
        unsafe { std::slice::from_raw_parts(lanes.as_ptr().cast(), lanes.len() * LANES) }
    }
}

/// Returns the columns, in [`Lanes`], that the `4·hidden` gate gradients of one sample fill (the last one padded).
pub(crate) fn gate_columns(hidden: usize) -> usize {
    (4 * hidden).div_ceil(LANES)
}

/// Splits `total` rows into the fewest blocks of at most `largest` rows with sizes that differ by at most one, as
/// `(first row, rows)`: a short last block would leave most registers idle.
pub(crate) fn balanced_blocks(total: usize, largest: usize) -> impl Iterator<Item = (usize, usize)> {
    let count = total.div_ceil(largest);
    (0..count).map(move |block| {
        let first = block * total / count;
        (first, (block + 1) * total / count - first)
    })
}

/// Borrows row `previous` for reading and row `current` for writing from a matrix of rows of `width`.
#[inline(always)]
pub(crate) fn row_pair<T>(matrix: &mut [T], width: usize, previous: usize, current: usize) -> (&[T], &mut [T]) {
    if previous < current {
        let (head, tail) = matrix.split_at_mut(current * width);
        (&head[previous * width..][..width], &mut tail[..width])
    } else {
        let (head, tail) = matrix.split_at_mut(previous * width);
        (&tail[..width], &mut head[current * width..][..width])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_cover_every_row_once_and_are_balanced() {
        for total in 1..200 {
            for largest in 1..25 {
                let blocks: Vec<_> = balanced_blocks(total, largest).collect();
                let mut next = 0;
                for &(first, rows) in &blocks {
                    assert_eq!(first, next);
                    assert!(rows >= 1 && rows <= largest);
                    next += rows;
                }
                assert_eq!(next, total);
                let sizes = blocks.iter().map(|block| block.1);
                assert!(sizes.clone().max().unwrap() - sizes.min().unwrap() <= 1);
            }
        }
    }

    #[test]
    fn row_pair_finds_both_orders() {
        let mut matrix = [0, 1, 10, 11, 20, 21];
        assert_eq!(row_pair(&mut matrix, 2, 0, 2), (&[0, 1][..], &mut [20, 21][..]));
        assert_eq!(row_pair(&mut matrix, 2, 2, 1), (&[20, 21][..], &mut [10, 11][..]));
    }
}
