//! Layout of the gates when units are in the lanes instead of samples.

use super::lanes::LANES;

/// Layout of the gates of every hidden unit in columns of [`LANES`].
///
/// Sixteen units take four columns, one per gate, so that their gates end in registers. Up to eight remaining units share one
/// or two columns, `[gate][4 or 8 units]`, which are processed together with the four before them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct UnitColumns {
    units: usize,
    /// Blocks of four columns.
    full: usize,
    /// Columns of the remaining units: 0, 1 or 2.
    rest: usize,
}

impl UnitColumns {
    /// Lays `units` units out.
    pub(crate) fn new(units: usize) -> Self {
        let (full, rest) = match units % LANES {
            0 => (units / LANES, 0),
            1..=4 => (units / LANES, 1),
            5..=8 => (units / LANES, 2),
            _ => (units / LANES + 1, 0),
        };
        Self { units, full, rest }
    }

    /// Returns the number of columns.
    pub(crate) fn count(self) -> usize {
        4 * self.full + self.rest
    }

    /// Returns column and lane of a gate.
    pub(crate) fn place(self, gate: usize, unit: usize) -> (usize, usize) {
        if unit < self.full * LANES {
            return (4 * (unit / LANES) + gate, unit % LANES);
        }
        let place = gate * 4 * self.rest + unit % LANES;
        (4 * self.full + place / LANES, place % LANES)
    }

    /// Returns the blocks that are processed together, as (first column, columns).
    pub(crate) fn blocks(self) -> impl ExactSizeIterator<Item = (usize, usize)> {
        (0..self.full.max(1)).map(move |block| self.block(block))
    }

    /// Returns one of the blocks.
    pub(super) fn block(self, block: usize) -> (usize, usize) {
        let end = if block + 1 == self.full.max(1) { self.count() } else { 4 * block + 4 };
        (4 * block, end - 4 * block)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_gate_has_its_own_position_in_the_fewest_columns() {
        for units in 1..100 {
            let columns = UnitColumns::new(units);
            let mut taken = vec![false; columns.count() * LANES];
            for gate in 0..4 {
                for unit in 0..units {
                    let (column, lane) = columns.place(gate, unit);
                    assert!(!std::mem::replace(&mut taken[column * LANES + lane], true), "{units}: {gate} {unit}");
                }
            }
            let blocks: Vec<_> = columns.blocks().collect();
            assert_eq!(blocks.iter().map(|block| block.1).sum::<usize>(), columns.count());
            assert!(blocks.iter().all(|block| [1, 2, 4, 5, 6].contains(&block.1)), "{units}: {blocks:?}");
        }
        assert_eq!(UnitColumns::new(50).count(), 13);
    }
}
