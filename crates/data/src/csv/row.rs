//! Rows whose dates may be ambiguous.

use closecast_domain::{RawBar, Symbol};

use super::date::DateCell;

/// A bar whose date may depend on the file's date order.
pub(super) struct Row {
    pub(super) line: usize,
    pub(super) date: DateCell,
    /// The bar; its date is set once the order is known.
    pub(super) bar: RawBar,
}

/// The rows of one symbol.
pub(super) struct Rows {
    /// `None` if the file names no symbol.
    pub(super) symbol: Option<Symbol>,
    pub(super) rows: Vec<Row>,
    pub(super) last: Option<(DateCell, Option<(u8, u8)>)>,
}
