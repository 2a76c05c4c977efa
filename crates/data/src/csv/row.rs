//! A row whose date may be read in two ways.

use closecast_domain::{RawBar, Symbol};

use super::date::DateCell;

/// One bar whose date may still await the file's date order.
pub(super) struct Row {
    pub(super) line: usize,
    pub(super) date: DateCell,
    /// Its date is set once the order is known.
    pub(super) bar: RawBar,
}

/// The rows of one symbol.
pub(super) struct Rows {
    /// `None` when the file names no symbol.
    pub(super) symbol: Option<Symbol>,
    pub(super) rows: Vec<Row>,
    pub(super) last: Option<(DateCell, Option<(u8, u8)>)>,
}
