//! Determines the layout of a file from its beginning: separator, columns, dialect, decimal mark.

use super::{
    columns::{Columns, Group},
    date::{DateAndTime, DateOrder},
    detect::dialect_of,
    dialect::Dialect,
    label::{field_and_symbol_of, field_of},
    message,
    number::DecimalMark,
    record::{DELIMITERS, split},
    synonyms::Field,
};
use crate::import::{ImportError, RowProblem, excerpt};

/// Layout of a file.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    pub(super) delimiter: char,
    pub(super) columns: Columns,
    pub(super) dialect: Dialect,
    pub(super) decimal: DecimalMark,
    /// Usual order of day and month of writers of this header.
    pub(super) usual_date_order: Option<DateOrder>,
    /// Currency of the signs before prices.
    pub(super) currency: Option<&'static str>,
    /// Number of lines up to and including the header.
    pub(super) header_lines: usize,
}

/// Number of lines searched for a header; exports put a few title lines above it.
const HEADER_SEARCH: usize = 30;

impl Layout {
    /// Returns the layout of the file that begins with `text`.
    pub(super) fn of(text: &str, line_end: char) -> Result<Self, ImportError> {
        let lines: Vec<&str> = text.split(line_end).map(|line| line.trim_end_matches('\r')).collect();
        let (delimiter, main) = find_header(&lines).ok_or_else(|| {
            let first_line = lines.iter().find(|line| !line.trim().is_empty()).map_or("", |line| *line);
            ImportError::NoHeader { first_line: excerpt(first_line) }
        })?;
        let records = Records { lines: &lines, delimiter };
        let block = header_block(&records, main);
        let first_row = records.first_dated_from(block.end).ok_or_else(|| no_rows(&lines, block.end))?;
        let others = block.clone().filter(|&i| i != main).map(|i| records.cells(i)).collect();
        let first_row = records.cells(first_row);
        let columns = Columns::new(records.cells(main), others, &first_row)?;
        let sample: Vec<Vec<String>> =
            (block.end..lines.len()).map(|i| records.cells(i)).filter(|cells| columns.fit(cells)).collect();
        let offset = DateAndTime::parse(&first_row[columns.date]).is_some_and(|date| date.offset);
        let dialect = dialect_of(&columns, offset);
        Ok(Self {
            delimiter,
            dialect,
            usual_date_order: usual_date_order(&columns, dialect),
            decimal: decimal_mark(&columns, &sample),
            currency: currency(&columns, &sample),
            columns,
            header_lines: block.end,
        })
    }
}

/// Rejects content that is not a table.
pub(super) fn refuse_other_content(text: &str) -> Result<(), ImportError> {
    if let Some(position) = text.find('\0') {
        return Err(ImportError::Binary { position });
    }
    if text.trim().is_empty() {
        return Err(ImportError::Empty);
    }
    if let Some(message) = message::message_of(text) {
        return Err(ImportError::ProviderMessage { message });
    }
    if text.trim_start().starts_with(['{', '[']) {
        return Err(ImportError::Json);
    }
    Ok(())
}

/// The first lines, split on demand.
struct Records<'a> {
    lines: &'a [&'a str],
    delimiter: char,
}

impl Records<'_> {
    fn cells(&self, line: usize) -> Vec<String> {
        let mut cells = Vec::new();
        split(self.lines.get(line).copied().unwrap_or_default(), self.delimiter, &mut cells);
        cells
    }

    fn is_dated(&self, line: usize) -> bool {
        self.cells(line).iter().any(|cell| DateAndTime::parse(cell).is_some())
    }

    fn first_dated_from(&self, line: usize) -> Option<usize> {
        (line..self.lines.len()).find(|&i| self.is_dated(i))
    }
}

/// Returns the separator and the line with the most known fields, if one of them is a price.
fn find_header(lines: &[&str]) -> Option<(char, usize)> {
    let mut best = None;
    let mut most = 0;
    let mut cells = Vec::new();
    for (i, line) in lines.iter().take(HEADER_SEARCH).enumerate() {
        for delimiter in DELIMITERS {
            split(line, delimiter, &mut cells);
            let known = known_fields(&cells);
            if known > most && cells.len() > 1 {
                most = known;
                best = Some((delimiter, i));
            }
        }
    }
    best
}

/// Returns the number of distinct fields of the cells, 0 if none of them is a price.
fn known_fields(cells: &[String]) -> usize {
    let mut fields: Vec<Field> = Vec::new();
    for cell in cells {
        let field = field_of(cell).map(|(field, _)| field);
        let field = field.or_else(|| field_and_symbol_of(cell).map(|(field, ..)| field));
        if let Some(field) = field.filter(|field| *field != Field::Other && !fields.contains(field)) {
            fields.push(field);
        }
    }
    let price =
        |field: &Field| matches!(field, Field::Open | Field::High | Field::Low | Field::Close | Field::AdjClose);
    if fields.iter().any(price) { fields.len() } else { 0 }
}

/// Returns the header lines around line `main`: as wide as it, with neither a date nor a number.
fn header_block(records: &Records<'_>, main: usize) -> std::ops::Range<usize> {
    const ABOVE: usize = 2;
    const BELOW: usize = 3;
    let width = records.cells(main).len();
    let number = |cell: &String| matches!(DecimalMark::Point.parse(cell), Ok(Some(_)));
    let belongs = |i: &usize| {
        let cells = records.cells(*i);
        cells.len() == width && !records.is_dated(*i) && !cells.iter().any(number)
    };
    let above = (main.saturating_sub(ABOVE)..main).rev().take_while(belongs).count();
    let below = (main + 1..(main + 1 + BELOW).min(records.lines.len())).take_while(belongs).count();
    main - above..main + 1 + below
}

/// Returns why no row follows a header.
fn no_rows(lines: &[&str], from: usize) -> ImportError {
    let rest = lines.get(from..).unwrap_or_default();
    let Some(first) = rest.iter().position(|line| !line.trim().is_empty()) else { return ImportError::HeaderOnly };
    match message::message_of(&rest[first..].join("\n")) {
        Some(message) => ImportError::ProviderMessage { message },
        None => ImportError::NoUsableRow {
            rows: rest.iter().filter(|line| !line.trim().is_empty()).count(),
            line: from + first + 1,
            problem: RowProblem::Date,
            text: excerpt(rest[first]),
        },
    }
}

fn cells_of<'a>(
    sample: &'a [Vec<String>],
    columns: impl Fn(&Group) -> Vec<usize> + 'a,
    groups: &'a [Group],
) -> impl Iterator<Item = &'a str> {
    let wanted: Vec<usize> = groups.iter().flat_map(columns).collect();
    sample.iter().flat_map(move |cells| {
        let found: Vec<&str> = wanted.iter().filter_map(|&i| cells.get(i)).map(String::as_str).collect();
        found
    })
}

/// Returns the decimal mark of the rows. If every number is ambiguous, the language of the header decides, and then the
/// signs used: a comma in cells separated by semicolons is a decimal comma.
fn decimal_mark(columns: &Columns, sample: &[Vec<String>]) -> DecimalMark {
    let numbers = || cells_of(sample, |group| group.prices().chain(group.volume).collect(), &columns.groups);
    DecimalMark::decide(numbers()).unwrap_or_else(|| {
        const COMMA_LANGUAGES: [&str; 8] =
            ["último", "ultimo", "abertura", "fechamento", "cierre", "apertura", "schlusskurs", "eröffnung"];
        let labels = || columns.labels().map(str::to_lowercase);
        let comma_language = labels().any(|label| COMMA_LANGUAGES.contains(&label.as_str()));
        let only_commas = numbers().any(|cell| cell.contains(',')) && !numbers().any(|cell| cell.contains('.'));
        if comma_language || only_commas { DecimalMark::Comma } else { DecimalMark::Point }
    })
}

/// Returns the usual date order: month first in American exports, day first under headers in other languages.
fn usual_date_order(columns: &Columns, dialect: Dialect) -> Option<DateOrder> {
    let english = columns.label(columns.date).eq_ignore_ascii_case("date");
    match dialect {
        Dialect::Nasdaq => Some(DateOrder::MonthFirst),
        Dialect::Investing if english => Some(DateOrder::MonthFirst),
        _ => ["data", "fecha", "datum"]
            .iter()
            .any(|label| columns.label(columns.date).eq_ignore_ascii_case(label))
            .then_some(DateOrder::DayFirst),
    }
}

fn currency(columns: &Columns, sample: &[Vec<String>]) -> Option<&'static str> {
    const SIGNS: [(&str, &str); 4] = [("R$", "BRL"), ("$", "USD"), ("€", "EUR"), ("£", "GBP")];
    let first = cells_of(sample, |group| group.prices().collect(), &columns.groups)
        .find(|cell| SIGNS.iter().any(|(sign, _)| cell.starts_with(sign)))?;
    SIGNS.iter().find(|(sign, _)| first.starts_with(sign)).map(|(_, code)| *code)
}
