//! Splits rows into chunks for INSERT statements.

/// Maximum rows of a chunk: rows have at most 12 columns, and SQLite accepts 32,766 parameters.
const MAX_ROWS: usize = 128;

/// Splits `rows` into chunks whose sizes are powers of two up to 128.
///
/// Each size is one prepared statement, which a connection caches. A statement for a thousand rows takes most of a
/// megabyte, so arbitrary sizes would grow the cache of a busy server by hundreds of megabytes.
pub(crate) fn insert_chunks<T>(rows: &[T]) -> impl Iterator<Item = &[T]> {
    let mut rest = rows;
    std::iter::from_fn(move || {
        let size = MAX_ROWS.min(1 << rest.len().checked_ilog2()?);
        let (chunk, after) = rest.split_at(size);
        rest = after;
        Some(chunk)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn insert_chunks_cover_all_rows_with_few_sizes() {
        for rows in 0..1000 {
            let all: Vec<usize> = (0..rows).collect();
            assert_eq!(insert_chunks(&all).collect::<Vec<_>>().concat(), all);
            assert!(
                insert_chunks(&all).all(|chunk| chunk.len().is_power_of_two() && chunk.len() <= MAX_ROWS),
                "{rows}"
            );
        }
        let sizes = |rows: usize| insert_chunks(&vec![(); rows]).map(<[()]>::len).collect::<Vec<_>>();
        assert_eq!(sizes(300), [128, 128, 32, 8, 4]);
    }
}
