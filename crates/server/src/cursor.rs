//! Where a page of past forecasts ended, as a text that clients hand back and do not look into.

use chrono::DateTime;
use closecast_store::Cursor;

/// Returns the text of a cursor.
pub(super) fn to_text(cursor: Cursor) -> String {
    let at = cursor.created_at;
    format!("{:x}-{:x}-{:x}", at.timestamp(), at.timestamp_subsec_nanos(), cursor.id)
}

/// Returns the cursor of a text; `None` for a text that none has.
pub(super) fn from_text(text: &str) -> Option<Cursor> {
    let mut parts = text.splitn(3, '-');
    let seconds = i64::from_str_radix(parts.next()?, 16).ok().filter(|&seconds| seconds >= 0)?;
    let nanos = u32::from_str_radix(parts.next()?, 16).ok()?;
    let id = i64::from_str_radix(parts.next()?, 16).ok()?;
    let created_at = DateTime::from_timestamp(seconds, nanos).filter(|at| chrono::Datelike::year(at) < 10_000)?;
    Some(Cursor { created_at, id })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_cursor_comes_back(seconds in 0..10_000_000_000_i64, nanos in 0..1_000_000_000_u32, id in 0..i64::MAX) {
            let cursor = Cursor { created_at: DateTime::from_timestamp(seconds, nanos).unwrap(), id };
            prop_assert_eq!(from_text(&to_text(cursor)), Some(cursor));
        }

        #[test]
        fn no_text_panics(text in "[0-9a-f-]{0,40}|.{0,20}") {
            let _either = from_text(&text);
        }
    }

    #[test]
    fn what_is_none_is_refused() {
        for text in
            ["", "x", "1-2", "1-2-x", "-1-2-3", "ffffffffffffffff-0-1", "7fffffffffffffff-0-1", "1-3b9aca00-1-1"]
        {
            assert_eq!(from_text(text), None, "{text}");
        }
    }
}
