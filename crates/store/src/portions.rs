//! Rows in portions of few different sizes, each of which is one statement.

/// Most rows of a portion: of 12 columns at most, and SQLite takes 32,766 parameters.
const MOST: usize = 128;

/// Returns `rows` in portions of a power of two, at most 128. A connection keeps the statements it has prepared, and one that inserts a
/// thousand rows has the better part of a megabyte: were each number of rows a statement of its own, a server that stores prices all day
/// would grow by hundreds of megabytes.
pub(crate) fn portions<T>(rows: &[T]) -> impl Iterator<Item = &[T]> {
    let mut rest = rows;
    std::iter::from_fn(move || {
        let size = MOST.min(1 << rest.len().checked_ilog2()?);
        let (portion, after) = rest.split_at(size);
        rest = after;
        Some(portion)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_rows_are_in_a_portion_and_sizes_are_few() {
        for rows in 0..1000 {
            let all: Vec<usize> = (0..rows).collect();
            assert_eq!(portions(&all).collect::<Vec<_>>().concat(), all);
            assert!(portions(&all).all(|portion| portion.len().is_power_of_two() && portion.len() <= MOST), "{rows}");
        }
        let sizes = |rows: usize| portions(&vec![(); rows]).map(<[()]>::len).collect::<Vec<_>>();
        assert_eq!(sizes(300), [128, 128, 32, 8, 4]);
    }
}
