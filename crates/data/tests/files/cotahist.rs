//! B3's fixed-width files, created from the published layout.

use closecast_data::{
    csv::Dialect,
    import::{self, Import, ImportError, ImportNote, ImportOptions},
};
use closecast_domain::PriceBasis;

use crate::{dates, of, symbol};

/// One `01` record: prices in cents for `factor` shares.
fn record(date: &str, ticker: &str, bdi: &str, market: &str, cents: [u64; 4], factor: u64) -> String {
    let [open, high, low, close] = cents;
    let record = format!(
        "01{date}{bdi}{ticker:<12}{market}PETROBRAS   PN        {term:<3}R$  \
         {open:013}{high:013}{low:013}{mean:013}{close:013}\
         {bid:013}{ask:013}{trades:05}{quantity:018}{turnover:018}{strike:013}\
         09999123{factor:>08}{points:013}BRPETRACNPR6{number:03}",
        term = "",
        mean = close,
        bid = close,
        ask = close,
        trades = 7,
        quantity = 1500,
        turnover = 999,
        strike = 0,
        points = 0,
        number = 123,
    );
    assert_eq!(record.len(), 245, "the layout's length");
    record + "\r\n"
}

fn file(records: &[String], stated: usize) -> String {
    let header = format!("{:<245}\r\n", "00COTAHIST.2016BOVESPA 20160104");
    let trailer = format!("{:<245}\r\n", format!("99COTAHIST.2016BOVESPA 20160104{stated:011}"));
    header + &records.concat() + &trailer
}

fn read(text: &str, options: &ImportOptions) -> Result<Import, ImportError> {
    import::read(text.as_bytes(), options)
}

fn records() -> Vec<String> {
    vec![
        record("20160104", "PETR4", "02", "010", [710, 725, 690, 702], 1),
        record("20160104", "PETR4F", "96", "020", [711, 726, 691, 703], 1),
        record("20160104", "VALE3", "02", "010", [1310, 1325, 1290, 1302], 1000),
        record("20160105", "PETR4", "02", "010", [702, 712, 680, 690], 1),
    ]
}

#[test]
fn cotahist_keeps_round_lots_of_cash_market() {
    let import = read(&file(&records(), 6), &ImportOptions::default()).unwrap();
    assert_eq!(import.dialect, Dialect::Cotahist);
    assert_eq!(import.notes, [ImportNote::OtherMarkets { count: 1 }]);
    let [petrobras, vale] = &import.series[..] else { panic!("{import:?}") };
    assert_eq!(petrobras.symbol, symbol("PETR4.SA"));
    assert_eq!((petrobras.basis, petrobras.currency.as_deref()), (PriceBasis::Unadjusted, Some("BRL")));
    assert_eq!(dates(petrobras), ["2016-01-04", "2016-01-05"]);
    let bar = &petrobras.bars[0];
    assert_eq!((bar.open, bar.high, bar.low, bar.close), (Some(7.10), Some(7.25), Some(6.90), Some(7.02)));
    assert_eq!((bar.volume, bar.adj_close), (Some(1500.0), None));
    assert_eq!(vale.bars[0].close, Some(0.01302), "a price for a thousand shares");
}

#[test]
fn cotahist_selects_wanted_symbol() {
    for name in ["PETR4", "PETR4.SA"] {
        let import = read(&file(&records(), 6), &of(name)).unwrap();
        assert_eq!((import.series.len(), import.rows(), &import.series[0].symbol), (1, 2, &symbol(name)));
    }
    let error = read(&file(&records(), 6), &of("ABEV3.SA")).unwrap_err();
    assert_eq!(error.to_string(), "ABEV3.SA is not in the file, which holds PETR4.SA, VALE3.SA");
}

#[test]
fn cotahist_notes_truncated_file() {
    let import = read(&file(&records(), 1745), &of("PETR4.SA")).unwrap();
    assert!(import.notes.contains(&ImportNote::TrailerCount { stated: 1745, found: 6 }));
    let whole = file(&records(), 6);
    let import = read(&whole[..whole.len() - 247], &of("PETR4.SA")).unwrap();
    assert!(import.notes.contains(&ImportNote::TrailerMissing));
    let import = read(&whole[..whole.len() - 247 - 100], &of("PETR4.SA")).unwrap();
    assert_eq!(import.rows(), 1, "a record cut in the middle is no bar");
    assert!(import.notes.iter().any(|note| matches!(note, ImportNote::RowSkipped { line: 5, .. })));
}

#[test]
fn cotahist_without_round_lots_is_an_error() {
    let error = read(&file(&records()[1..2], 3), &ImportOptions::default()).unwrap_err();
    assert!(matches!(error, ImportError::NoRoundLots { records: 3 }), "{error}");
}

#[test]
fn cotahist_columns_are_not_shifted_by_accents() {
    let text = file(&records(), 6).replace("PETROBRAS   ", "PETROBRÁS   ");
    let latin1: Vec<u8> = text.chars().map(|c| u8::try_from(c).unwrap()).collect();
    for bytes in [text.as_bytes(), &latin1] {
        let import = import::read(bytes, &of("PETR4.SA")).unwrap();
        assert_eq!(import.series[0].bars[0].close, Some(7.02));
    }
}
