//! No input makes the importer panic or hang, and exported files can be imported.

use chrono::NaiveDate;
use closecast_data::{
    csv, export,
    import::{self, ImportOptions, Limits},
};
use closecast_domain::{PriceBasis, RawBar, RawSeries};
use proptest::prelude::*;

use crate::{of, symbol};

/// Files to damage, one of each structure.
const FILES: [&str; 8] = [
    "Date,Open,High,Low,Close,Adj Close,Volume\n2020-01-02,1,2,0.5,1.5,1.4,100\n2020-01-03,null,null,null,null,null,null\n",
    "Price,Close,Open\nTicker,AAPL,AAPL\nDate,,\n2020-01-02,1.5,2.5\n",
    "\"Data\",\"Último\",\"Vol.\",\"Var%\"\n\"14.01.2020\",\"30,22\",\"18,86M\",\"0,40%\"\n",
    "Date,Close/Last,Volume\n01/17/2020,$318.73,N/A\n01/16/2020,$315.24,\"1,000\"\n",
    "Ticker,Date,Close,Split Ratio,Adj Close\nAAPL,2000-03-01,130.31,2/1,4.18\n",
    "Date;AAPL.Close;AAPL.Volume\n2 de jan. de 2020;1,5;100\n{\"error\":\"x\"}\n",
    "<TICKER>,<PER>,<DATE>,<CLOSE>\nAAPL.US,D,19840907,0.11\n",
    "00COTAHIST.2016BOVESPA 20160104\n012016010402PETR4       010PETROBRAS   PN           R$  \n99\n",
];

fn small_limits() -> ImportOptions {
    let limits = Limits { csv_bytes: 1 << 20, line_bytes: 300, ..Limits::default() };
    ImportOptions { limits, fallback_symbol: Some(symbol("X")), ..ImportOptions::default() }
}

/// Fragments that the importer recognises, so that random text passes the header.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("Date,Close\n".to_owned()),
        Just("\n".to_owned()),
        prop::sample::select(vec![
            ",",
            ";",
            "\"",
            "{",
            "<",
            "\r",
            "\t",
            " ",
            "-",
            "/",
            ".",
            "$",
            "R$",
            "é",
            "\u{feff}",
            "\0",
            "00COTAHIST."
        ])
        .prop_map(str::to_owned),
        "[0-9]{1,8}",
        "[0-9]{1,4}[-/.][0-9]{1,4}[-/.][0-9]{1,4}",
        "[A-Za-z.]{1,8}",
        ".{0,10}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn arbitrary_bytes_end_in_a_result(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        let _ = import::read(&bytes[..], &small_limits());
    }

    #[test]
    fn arbitrary_pieces_end_in_a_result(pieces in prop::collection::vec(piece(), 0..60)) {
        let text = pieces.concat();
        if let Ok(import) = import::read(text.as_bytes(), &small_limits()) {
            prop_assert!(import.rows() > 0, "an import without a bar is an error");
            prop_assert!(import.series.iter().all(|series| !series.bars.is_empty()));
        }
    }

    #[test]
    fn damaged_files_end_in_a_result(
        file in prop::sample::select(FILES.to_vec()),
        damages in prop::collection::vec((any::<prop::sample::Index>(), 0..3_u8, any::<u8>()), 1..12),
    ) {
        let mut bytes = file.as_bytes().to_vec();
        for (at, kind, byte) in damages {
            let at = at.index(bytes.len().max(1));
            match kind {
                0 if at < bytes.len() => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                _ if at < bytes.len() => { bytes.remove(at); }
                _ => {}
            }
        }
        let _ = import::read(&bytes[..], &small_limits());
    }

    #[test]
    fn a_cut_file_never_gives_other_bars(cut in any::<prop::sample::Index>()) {
        let rows: String = (1..=28).map(|day| format!("2020-02-{day:02},1.5,2.5,0.5,1.25,1.125,{day}00\n")).collect();
        let text = format!("Date,Open,High,Low,Close,Adj Close,Volume\n{rows}");
        let whole = csv::read(text.as_bytes(), &of("X")).unwrap().series.remove(0).bars;
        let cut = cut.index(text.len());
        if let Ok(import) = csv::read(&text.as_bytes()[..cut], &of("X")) {
            let bars = &import.series[0].bars;
            // The last number of the file may be truncated undetectably.
            let certain = bars.len() - 1;
            prop_assert_eq!(&bars[..certain], &whole[..certain]);
            prop_assert_eq!(bars[certain].close, whole[certain].close);
        }
    }

    #[test]
    fn what_is_written_is_read_back(rows in prop::collection::vec(row(), 1..60)) {
        let first = NaiveDate::from_ymd_opt(2000, 1, 3).unwrap();
        let bars: Vec<RawBar> = rows
            .into_iter()
            .enumerate()
            .map(|(i, (open, close, adj_close, volume))| RawBar {
                open, high: close, low: open, close, adj_close, volume,
                ..RawBar::empty(first + chrono::Days::new(i as u64))
            })
            .collect();
        let series = RawSeries {
            symbol: symbol("X"), basis: PriceBasis::SplitAdjusted, currency: None, source: "csv:yahoo".to_owned(), bars,
        };
        let mut text = Vec::new();
        export::write_series(&mut text, &series).unwrap();
        let import = csv::read(&text[..], &of("X")).unwrap();
        prop_assert_eq!(&import.series[0], &series);
    }
}

/// Numbers with six decimals, as written.
fn row() -> impl Strategy<Value = (Option<f64>, Option<f64>, Option<f64>, Option<f64>)> {
    let price = || prop::option::of((1_u64..10_000_000_000_000).prop_map(|millionths| millionths as f64 / 1e6));
    (price(), price(), price(), prop::option::of((0_u64..1 << 50).prop_map(|shares| shares as f64)))
}
