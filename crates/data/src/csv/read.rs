//! Reads a price table: first the layout, then the lines.

use std::io::Read;

use closecast_domain::{PriceBasis, RawSeries};

use super::{
    layout::{Layout, refuse_other_content},
    lines::{LineReader, encoding_of, line_end_of},
    order,
    row::Rows,
    table::Table,
};
use crate::import::{Head, Import, ImportError, ImportNote, ImportOptions};

/// Returns the bars of a CSV stream.
///
/// ```
/// use closecast_data::{csv, import::ImportOptions};
/// let text = "Date,Close/Last,Volume,Open,High,Low\n01/17/2020,$318.73,34454120,$316.27,$318.74,$315.00\n";
/// let import = csv::read(text.as_bytes(), &ImportOptions::for_symbol("AAPL".parse()?))?;
/// assert_eq!(import.dialect, csv::Dialect::Nasdaq);
/// assert_eq!(import.series[0].bars[0].close, Some(318.73));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`ImportError`] when the stream is not a price table, or is interrupted.
pub fn read(mut reader: impl Read, options: &ImportOptions) -> Result<Import, ImportError> {
    let head = Head::read(&mut reader)?;
    read_after(head, &mut reader, options)
}

/// Reads the stream after its head.
pub(crate) fn read_after(head: Head, rest: &mut dyn Read, options: &ImportOptions) -> Result<Import, ImportError> {
    let encoding = encoding_of(&head.bytes, head.complete);
    let text = encoding.decode(&head.bytes).0;
    refuse_other_content(&text)?;
    let line_end = line_end_of(&text);
    let whole_lines = match text.rfind(line_end) {
        _ if head.complete => &*text,
        Some(end) => &text[..end],
        None => return Err(ImportError::LineTooLong { line: 1, limit: Head::LIMIT }),
    };
    let layout = Layout::of(whole_lines, line_end)?;
    drop(text);
    let limits = options.limits;
    let mut lines = LineReader::new(head.chain(rest), encoding, line_end, limits.line_bytes, limits.csv_bytes);
    let mut table = Table::new(&layout, options);
    while let Some((number, line)) = lines.next_line()? {
        if number > layout.header_lines {
            table.take(number, line)?;
        }
    }
    table.end()?;
    finish(table, &layout, options)
}

fn finish(mut table: Table<'_>, layout: &Layout, options: &ImportOptions) -> Result<Import, ImportError> {
    let mut notes = std::mem::take(&mut table.notes);
    let mut rows = std::mem::take(&mut table.series);
    rows.retain(|rows| !rows.rows.is_empty());
    if rows.is_empty() {
        return Err(ImportError::NoPrices);
    }
    order::set_dates(&mut rows, &table.dates, options.date_order, layout.usual_date_order)?;
    if rows.iter().any(|rows| rows.symbol.is_none()) {
        let symbol = options.fallback_symbol.clone().ok_or(ImportError::NoSymbol)?;
        notes.push(ImportNote::SymbolAssumed { symbol: symbol.clone() });
        rows.iter_mut().filter(|rows| rows.symbol.is_none()).for_each(|rows| rows.symbol = Some(symbol.clone()));
    }
    if rows.iter_mut().map(oldest_first).fold(false, |any, reversed| any | reversed) {
        notes.push(ImportNote::NewestFirst);
    }
    let basis = options.basis.unwrap_or_else(|| basis(layout));
    let series = rows.into_iter().filter_map(|mut rows| {
        // Growing doubled their capacity.
        rows.rows.shrink_to_fit();
        Some(RawSeries {
            symbol: rows.symbol?,
            basis,
            currency: layout.currency.map(str::to_owned),
            source: format!("csv:{}", layout.dialect),
            bars: rows.rows.into_iter().map(|row| row.bar).collect(),
        })
    });
    Ok(Import { dialect: layout.dialect, series: series.collect(), notes: notes.finish() })
}

/// Returns the price basis. Adjusted closes without plain ones are fully adjusted in any dialect.
fn basis(layout: &Layout) -> PriceBasis {
    let groups = &layout.columns.groups;
    if groups.iter().all(|group| group.close.is_none()) {
        return PriceBasis::FullyAdjusted;
    }
    layout.dialect.basis(groups.iter().any(|group| group.adj_close.is_some()))
}

/// Reverses a series that is written newest first, and returns whether it did. An unordered series is not changed; the
/// quality check reports it.
fn oldest_first(rows: &mut Rows) -> bool {
    let dates = || rows.rows.iter().map(|row| row.bar.date);
    let newest_first = dates().rev().is_sorted() && !dates().is_sorted();
    if newest_first {
        rows.rows.reverse();
    }
    newest_first
}
