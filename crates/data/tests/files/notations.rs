//! Encodings, separators, decimal marks, date orders and header variants.

use closecast_data::{
    csv::{self, DateOrder},
    import::{ImportError, ImportOptions},
};

use crate::{dates, of, read, single};

#[test]
fn encodings() {
    let text = "Date,Open,Close\n2020-01-02,1.5,2.5\n2020-01-03,1.25,2.25\n";
    let bom = format!("\u{feff}{text}");
    let utf16 = |to_bytes: fn(u16) -> [u8; 2]| bom.encode_utf16().flat_map(to_bytes).collect::<Vec<u8>>();
    let expected = single(text).1.bars;
    for bytes in
        [bom.clone().into_bytes(), utf16(u16::to_le_bytes), utf16(u16::to_be_bytes), text.replace('\n', "\r").into()]
    {
        assert_eq!(csv::read(&bytes[..], &of("X")).unwrap().series[0].bars, expected);
    }
}

#[test]
fn separators_and_decimal_commas() {
    let expected = single("Date,Open,Close,Volume\n2020-01-02,1.5,1234.5,100\n").1.bars;
    for text in [
        "Date;Open;Close;Volume\n2020-01-02;1,5;1234,5;100\n",
        "Date;Open;Close;Volume\n2020-01-02;1,50;1.234,50;100\n",
        "Date\tOpen\tClose\tVolume\n2020-01-02\t1.5\t1234.5\t100\n",
        "Date|Open|Close|Volume\n2020-01-02|1.5|1234.5|100\n",
        "Date,Open,Close,Volume\n2020-01-02,\"1,5\",\"1234,5\",100\n",
        "Date, Open, Close, Volume,\n2020-01-02, 1.5, 1234.5, 100,\n",
    ] {
        assert_eq!(single(text).1.bars, expected, "{text}");
    }
}

#[test]
fn index_columns_without_a_name() {
    for text in [
        ",Open,Close\n2020-01-02,1.5,2.5\n",
        "Unnamed: 0,Open,Close\n2020-01-02,1.5,2.5\n",
        ",Date,Open,Close\n0,2020-01-02,1.5,2.5\n",
        "Open,Close\n2020-01-02,1.5,2.5\n",
        "Date,Open,Close\n1,2020-01-02,1.5,2.5\n",
    ] {
        let (_, series) = single(text);
        assert_eq!((series.bars[0].open, series.bars[0].close), (Some(1.5), Some(2.5)), "{text}");
    }
}

#[test]
fn marks_for_missing_numbers() {
    let (_, series) = single("Date,Open,High,Low,Close\n2020-01-02,null,NaN,None,1.5\n2020-01-03,,N/A,-,2.5\n");
    assert!(series.bars.iter().all(|bar| (bar.open, bar.high, bar.low) == (None, None, None) && bar.close.is_some()));
}

fn with_dates(rows: &[&str]) -> Result<Vec<String>, ImportError> {
    let rows: String = rows.iter().map(|date| format!("{date},1.5\n")).collect();
    Ok(dates(&read(&format!("Date,Close\n{rows}"))?.series[0]))
}

#[test]
fn date_order_by_impossible_dates() {
    assert_eq!(with_dates(&["03/04/2020", "13/04/2020"]).unwrap(), ["2020-04-03", "2020-04-13"]);
    assert_eq!(with_dates(&["03/04/2020", "03/16/2020"]).unwrap(), ["2020-03-04", "2020-03-16"]);
}

#[test]
fn date_order_by_sequence_and_by_weekend() {
    // Sorted when read day first, unordered when read month first.
    let sorted = with_dates(&["09/01/2020", "03/02/2020", "04/02/2020"]).unwrap();
    assert_eq!(sorted, ["2020-01-09", "2020-02-03", "2020-02-04"]);
    // 2020-04-03 is a Friday and 2020-03-04 a Wednesday: both are possible.
    assert!(matches!(with_dates(&["03/04/2020"]), Err(ImportError::AmbiguousDates { line: 2, .. })));
    // 2020-01-02 is a Thursday, 2020-02-01 a Saturday.
    assert_eq!(with_dates(&["01/02/2020"]).unwrap(), ["2020-01-02"]);
}

#[test]
fn date_order_by_the_caller() {
    let text = "Date,Close\n03/04/2020,1.5\n";
    let read = |order| {
        let options = ImportOptions { date_order: Some(order), ..of("X") };
        dates(&csv::read(text.as_bytes(), &options).unwrap().series[0])
    };
    assert_eq!(read(DateOrder::DayFirst), ["2020-04-03"]);
    assert_eq!(read(DateOrder::MonthFirst), ["2020-03-04"]);
    let options = ImportOptions { date_order: Some(DateOrder::MonthFirst), ..of("X") };
    let error = csv::read(&b"Date,Close\n13/04/2020,1.5\n"[..], &options).unwrap_err();
    assert!(error.to_string().contains("13/04/2020") && error.to_string().contains("line 2"), "{error}");
}

#[test]
fn date_orders_that_contradict_each_other() {
    let error = with_dates(&["13/04/2020", "04/14/2020"]).unwrap_err();
    assert!(matches!(error, ImportError::MixedDateOrders { day_first: 2, month_first: 3 }), "{error}");
}

#[test]
fn date_order_may_be_decided_by_the_last_row() {
    let mut rows = vec!["03/04/2020"; 9000];
    rows.push("13/04/2020");
    assert_eq!(with_dates(&rows).unwrap()[0], "2020-04-03", "the deciding row is far behind the first 64 KiB");
}

#[test]
fn date_order_is_the_same_for_one_symbol_and_for_all_of_the_file() {
    // Only A's date determines the order, which is not the usual one of the header.
    let text = "Ticker,Data,Close\nA,01/13/2020,1\nB,03/04/2020,2\nB,04/04/2020,3\n";
    let all = csv::read(text.as_bytes(), &ImportOptions::default()).unwrap();
    assert_eq!(dates(&all.series[1]), ["2020-03-04", "2020-04-04"]);
    assert_eq!(csv::read(text.as_bytes(), &of("B")).unwrap().series, all.series[1..]);
}
