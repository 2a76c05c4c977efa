//! Reader for B3's history files (`COTAHIST_A2024.TXT`): fixed width, 245 characters per record, Latin-1.
//!
//! It keeps the records of the cash market in round lots (CODBDI 02, TPMERC 010). Prices are as traded: the file
//! adjusts for neither splits nor dividends and does not name them. They are quoted for FATCOT shares (1 or 1000) with
//! two implied decimals. A ticker `PETR4` becomes the symbol `PETR4.SA`.

use std::{
    collections::HashMap,
    io::{BufRead, BufReader, Read},
};

use chrono::NaiveDate;
use closecast_domain::{RawBar, RawSeries, Symbol};

use crate::{
    csv::Dialect,
    import::{
        Head, Import, ImportError, ImportNote, ImportOptions, Notes, RowProblem, SymbolsFound, excerpt, same_symbol,
    },
};

/// Characters per record.
const RECORD_LENGTH: usize = 245;

/// Returns whether a file that starts with `head` is a COTAHIST file, by its first record.
#[must_use]
pub fn recognises(head: &[u8]) -> bool {
    head.starts_with(b"00COTAHIST.")
}

/// Returns the round-lot bars of a COTAHIST stream, one series per symbol.
///
/// # Errors
/// [`ImportError`] when the stream is interrupted, is not a COTAHIST file, or has no bar of the wanted symbol.
pub fn read(mut reader: impl Read, options: &ImportOptions) -> Result<Import, ImportError> {
    let head = Head::read(&mut reader)?;
    read_after(head, &mut reader, options)
}

/// Reads the stream after its head.
pub(crate) fn read_after(head: Head, rest: &mut dyn Read, options: &ImportOptions) -> Result<Import, ImportError> {
    let mut file = Cotahist::new(options);
    let mut reader = BufReader::with_capacity(1 << 20, head.chain(rest).take(options.limits.cotahist_bytes + 1));
    let mut bytes = 0_u64;
    let mut line = Vec::with_capacity(RECORD_LENGTH + 2);
    for number in 1.. {
        line.clear();
        let limit = options.limits.line_bytes;
        let length = (&mut reader).take(limit as u64 + 1).read_until(b'\n', &mut line).map_err(ImportError::Read)?;
        if length == 0 {
            break;
        }
        if length > limit {
            return Err(ImportError::LineTooLong { line: number, limit });
        }
        bytes += length as u64;
        if bytes > options.limits.cotahist_bytes {
            return Err(ImportError::TooLarge { limit: options.limits.cotahist_bytes });
        }
        file.take(number, line.trim_ascii_end())?;
    }
    file.finish()
}

/// Kinds of records.
enum Record {
    Header,
    /// Round lot of the cash market.
    Bar(Symbol, RawBar),
    /// Any other market.
    Other,
    Trailer {
        records: Option<u64>,
    },
}

/// Collects the bars of a file record by record.
struct Cotahist<'a> {
    options: &'a ImportOptions,
    series: Vec<RawSeries>,
    places: HashMap<Symbol, Option<usize>>,
    seen: SymbolsFound,
    notes: Notes,
    records: u64,
    bars: usize,
    other_markets: usize,
    bad_in_a_row: usize,
    bad: usize,
    stated: Option<Option<u64>>,
}

impl<'a> Cotahist<'a> {
    fn new(options: &'a ImportOptions) -> Self {
        Self {
            options,
            series: Vec::new(),
            places: HashMap::new(),
            seen: SymbolsFound::default(),
            notes: Notes::default(),
            records: 0,
            bars: 0,
            other_markets: 0,
            bad_in_a_row: 0,
            bad: 0,
            stated: None,
        }
    }

    fn take(&mut self, line: usize, bytes: &[u8]) -> Result<(), ImportError> {
        if bytes.is_empty() {
            return Ok(());
        }
        let Some(record) = parse(&one_byte_a_character(bytes)) else {
            return self.bad_record(line, bytes);
        };
        self.bad_in_a_row = 0;
        self.records += 1;
        match record {
            Record::Header => {}
            Record::Other => self.other_markets += 1,
            Record::Trailer { records } => self.stated = Some(records),
            Record::Bar(symbol, bar) => self.keep(symbol, bar)?,
        }
        Ok(())
    }

    fn keep(&mut self, symbol: Symbol, bar: RawBar) -> Result<(), ImportError> {
        let wanted = self.options.symbol.as_ref();
        let place = match self.places.get(&symbol) {
            Some(place) => *place,
            None => {
                self.seen.insert(&symbol);
                let place = wanted.is_none_or(|wanted| same_symbol(wanted, &symbol)).then_some(self.series.len());
                if place.is_some() {
                    self.series.push(RawSeries {
                        symbol: wanted.unwrap_or(&symbol).clone(),
                        basis: self.options.basis.unwrap_or_else(|| Dialect::Cotahist.basis(false)),
                        currency: Some("BRL".to_owned()),
                        source: Dialect::Cotahist.name().to_owned(),
                        bars: Vec::new(),
                    });
                }
                self.places.insert(symbol, place);
                self.options.limits.check_symbols(self.series.len(), self.places.len())?;
                place
            }
        };
        if let Some(series) = place.and_then(|place| self.series.get_mut(place)) {
            series.bars.push(bar);
            self.bars += 1;
        }
        match self.options.limits.rows {
            limit if self.bars > limit => Err(ImportError::TooManyRows { limit }),
            _ => Ok(()),
        }
    }

    fn bad_record(&mut self, line: usize, bytes: &[u8]) -> Result<(), ImportError> {
        self.bad += 1;
        self.bad_in_a_row += 1;
        let text = excerpt(&String::from_utf8_lossy(bytes));
        let problem = RowProblem::Record;
        if self.bad_in_a_row >= self.options.limits.bad_rows_in_a_row {
            return Err(ImportError::TooManyBadRows { count: self.bad, line, problem, text });
        }
        self.notes.push(ImportNote::RowSkipped { line, problem, text });
        Ok(())
    }

    fn finish(mut self) -> Result<Import, ImportError> {
        if self.seen.is_empty() {
            return Err(ImportError::NoRoundLots { records: self.records });
        }
        if let Some(wanted) = self.options.symbol.as_ref().filter(|_| self.series.is_empty()) {
            return Err(self.seen.missing(wanted));
        }
        if self.other_markets > 0 {
            self.notes.push(ImportNote::OtherMarkets { count: self.other_markets });
        }
        // The trailer counts every record, including itself and the header.
        let found = self.records + self.bad as u64;
        match self.stated {
            None => self.notes.push(ImportNote::TrailerMissing),
            Some(Some(stated)) if stated != found => self.notes.push(ImportNote::TrailerCount { stated, found }),
            Some(_) => {}
        }
        Ok(Import { dialect: Dialect::Cotahist, series: self.series, notes: self.notes.finish() })
    }
}

/// Returns the record with one byte per character. The files are Latin-1; a copy in UTF-8 has longer records, whose
/// columns each accent would shift.
fn one_byte_a_character(bytes: &[u8]) -> Vec<u8> {
    match std::str::from_utf8(bytes) {
        Ok(text) if bytes.len() > RECORD_LENGTH => text.chars().map(|c| u8::try_from(c).unwrap_or(b'?')).collect(),
        _ => bytes.to_vec(),
    }
}

/// Returns the record in `bytes`, or `None` if it does not follow the layout.
fn parse(bytes: &[u8]) -> Option<Record> {
    match bytes.get(..2)? {
        b"00" => Some(Record::Header),
        b"99" => Some(Record::Trailer { records: number(bytes, 32, 42) }),
        b"01" if bytes.len() == RECORD_LENGTH => quote(bytes),
        _ => None,
    }
}

fn quote(bytes: &[u8]) -> Option<Record> {
    if field(bytes, 11, 12)? != "02" || field(bytes, 25, 27)? != "010" {
        return Some(Record::Other);
    }
    let symbol = Symbol::new(&format!("{}.SA", field(bytes, 13, 24)?)).ok()?;
    let date = NaiveDate::parse_from_str(field(bytes, 3, 10)?, "%Y%m%d").ok()?;
    let shares = number(bytes, 211, 217).filter(|shares| *shares > 0)? as f64;
    let price = |from, to| Some(number(bytes, from, to)? as f64 / 100.0 / shares);
    let bar = RawBar {
        open: Some(price(57, 69)?),
        high: Some(price(70, 82)?),
        low: Some(price(83, 95)?),
        close: Some(price(109, 121)?),
        volume: Some(number(bytes, 153, 170)? as f64),
        ..RawBar::empty(date)
    };
    Some(Record::Bar(symbol, bar))
}

/// Returns the text of the columns `from` to `to`, inclusive and counted from 1 as in the layout.
fn field(bytes: &[u8], from: usize, to: usize) -> Option<&str> {
    std::str::from_utf8(bytes.get(from - 1..to)?).ok().map(str::trim)
}

fn number(bytes: &[u8], from: usize, to: usize) -> Option<u64> {
    let text = field(bytes, from, to)?;
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}
