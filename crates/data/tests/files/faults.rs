//! Other formats and damaged files: one clear error or a note, never a panic and never a partial import.

use std::{fs, io::Read, path::Path, time::Instant};

use closecast_data::{
    csv,
    import::{self, ImportError, ImportNote, ImportOptions, Limits, RowProblem},
};

use crate::{dates, of, read, single, symbol};

const HEADER: &str = "Date,Open,High,Low,Close,Adj Close,Volume\n";

#[test]
fn read_names_format_of_other_files() {
    let excel = "PK\u{3}\u{4}".to_owned() + &"x".repeat(100);
    for (text, message) in [
        ("", "the file is empty"),
        ("  \n\n", "the file is empty"),
        (HEADER, "a header and no rows"),
        (excel.as_str(), "Excel workbook"),
        ("GIF89a\0\0\0", "a binary file"),
        ("hello world\nthis is prose\n", "no header with a date and a price column"),
        ("1,2,3\n4,5,6\n", "no header with a date and a price column"),
        ("Date,Open\n2020-01-02,1\n", "no column for the closing price"),
        ("Date,Close\nmonday,1\ntuesday,2\n", "none of the 2 rows could be used; the first, line 2, has no date"),
        (r#"{"prices":[1,2,3]}"#, "a JSON document"),
        (r#"{"finance":{"error":{"description":"Invalid Crumb"}}}"#, "a message of the provider: \"Invalid Crumb\""),
        ("Too Many Requests\n", "\"Too Many Requests\""),
        ("Exceeded the daily hits limit", "\"Exceeded the daily hits limit\""),
        ("<!DOCTYPE html><html><body><h1>Will be right back...</h1></body></html>", "\"Will be right back...\""),
        ("Date,Close\nToo Many Requests\n", "\"Too Many Requests\""),
        ("Date,Close\n{\"Note\":\n \"5 calls per minute\"}\n", "\"5 calls per minute\""),
    ] {
        let error = read(text).unwrap_err().to_string();
        assert!(error.contains(message), "{text:?} gives {error:?}");
        assert!(!error.contains('\n'), "{error:?} is one line");
    }
    let gzip = read_bytes(b"\x1f\x8b\x08\0\0\0\0\0").unwrap_err().to_string();
    assert!(gzip.contains("gunzip"), "{gzip}");
}

fn read_bytes(bytes: &[u8]) -> Result<import::Import, ImportError> {
    import::read(bytes, &of("X"))
}

#[test]
fn error_body_between_rows_is_noted_and_rows_are_kept() {
    let row = |day: u32| format!("2020-01-{day:02},1,2,0.5,1.5,1.4,100\n");
    for (body, last_line, message) in [
        (
            "{\"finance\":{\"error\":{\"code\":\"Unauthorized\",\"description\":\"Invalid cookie\"}}}\n",
            4,
            "Invalid cookie",
        ),
        ("{\n \"finance\": {\"error\": {\n \"description\": \"Invalid cookie\"}}\n}\n", 7, "Invalid cookie"),
        ("Edge: Too Many Requests\n", 4, "Edge: Too Many Requests"),
        ("<html>\n<title>502 Bad Gateway</title>\n</html>\n", 6, "502 Bad Gateway"),
    ] {
        let (import, series) = single(&format!("{HEADER}{}{}{body}{}", row(2), row(3), row(6)));
        assert_eq!(dates(&series), ["2020-01-02", "2020-01-03", "2020-01-06"]);
        let expected = ImportNote::ErrorBody { first_line: 4, last_line, message: message.to_owned() };
        assert!(import.notes.contains(&expected), "{:?}", import.notes);
    }
}

#[test]
fn damaged_rows_are_noted_and_skipped() {
    let (import, series) = single(&format!(
        "{HEADER}2020-01-02,1,2,0.5,1.5,1.4,100\n\
         2020-01-03,1,2\n\
         2020-01-06,1,2,0.5,1,5,1.4,100\n\
         not a date,1,2,0.5,1.5,1.4,100\n\
         2020-01-08,a,b,c,d,e,f\n\
         2020-01-09,1,2,0.5,1.5x,1.4,100\n\
         {HEADER}\
         ,,,,,,\n\
         2020-01-10,1,2,0.5,1.5{{\"finance\":{{\"error\":{{\"description\":\"Invalid Crumb\"}}}}}}\n\
         2020-01-13,1,2,0.5,1.5,1.4,100"
    ));
    assert_eq!(dates(&series), ["2020-01-02", "2020-01-09", "2020-01-13"]);
    assert_eq!((series.bars[1].close, series.bars[1].high), (None, Some(2.0)));
    let skipped: Vec<_> = import
        .notes
        .iter()
        .filter_map(|note| match note {
            ImportNote::RowSkipped { line, problem, .. } => Some((*line, problem.clone())),
            _ => None,
        })
        .collect();
    let expected = [
        (3, RowProblem::CellCount { found: 3, expected: 7 }),
        (4, RowProblem::CellCount { found: 8, expected: 7 }),
        (5, RowProblem::Date),
        (6, RowProblem::Prices),
    ];
    assert_eq!(skipped, expected);
    let unreadable = ImportNote::CellUnreadable { line: 7, column: "Close".to_owned(), text: "1.5x".to_owned() };
    assert!(import.notes.contains(&unreadable));
    assert!(import.notes.contains(&ImportNote::HeaderRepeated { line: 8 }));
    let glued = ImportNote::ErrorBody { first_line: 10, last_line: 10, message: "Invalid Crumb".to_owned() };
    assert!(import.notes.contains(&glued), "{:?}", import.notes);
}

#[test]
fn read_requires_symbol_that_is_in_the_file() {
    let text = "Date,Close\n2020-01-02,1.5\n";
    let error = csv::read(text.as_bytes(), &ImportOptions::default()).unwrap_err();
    assert!(error.to_string().contains("--symbol"), "{error}");
    let long = "symbol,date,close\nPETR4,2020-01-02,1.5\nVALE3,2020-01-02,2.5\n";
    let import = csv::read(long.as_bytes(), &of("PETR4.SA")).unwrap();
    assert_eq!((import.series.len(), &import.series[0].symbol), (1, &symbol("PETR4.SA")));
    let prefixed = "Date,AAPL.Close\n2020-01-02,1.5\n";
    let error = csv::read(prefixed.as_bytes(), &of("MSFT")).unwrap_err();
    assert_eq!(error.to_string(), "MSFT is not in the file, which holds AAPL");
}

#[test]
fn symbol_without_price_is_an_error() {
    let text = "Price,Close,Close\nTicker,AAPL,MSFT\nDate,,\n2020-01-02,1.5,\n2020-01-03,2.5,\n";
    assert_eq!(read(text).unwrap().series.len(), 1);
    assert!(matches!(csv::read(text.as_bytes(), &of("MSFT")), Err(ImportError::NoPrices)));
}

#[test]
fn intraday_bars_are_rejected() {
    let rows: String = (0..7).map(|i| format!("2020-01-02 {:02}:30:00-05:00,1.5\n", 9 + i)).collect();
    assert!(matches!(read(&format!("Datetime,Close\n{rows}")), Err(ImportError::Intraday { .. })));
    let live =
        "Date,Close\n2020-01-02 00:00:00-05:00,1.5\n2020-01-03 00:00:00-05:00,1.5\n2020-01-03 15:31:07-05:00,1.5\n";
    assert_eq!(single(live).1.bars.len(), 3, "a live quote behind the last session is no intraday file");
}

#[test]
fn exceeded_limits_are_errors() {
    let text = format!("{HEADER}{}", "2020-01-02,1,2,0.5,1.5,1.4,100\n".repeat(4000));
    let with = |limits| csv::read(text.as_bytes(), &ImportOptions { limits, ..of("X") }).unwrap_err();
    assert!(matches!(with(Limits { rows: 3999, ..Limits::default() }), ImportError::TooManyRows { limit: 3999 }));
    assert!(matches!(with(Limits { csv_bytes: 100_000, ..Limits::default() }), ImportError::TooLarge { .. }));
    let long_line = format!("{text}{}", "x".repeat(200_000));
    assert!(matches!(read(&long_line), Err(ImportError::LineTooLong { line: 4002, .. })));
    let garbage = format!("{text}{}", "garbage\n".repeat(100));
    assert!(matches!(read(&garbage), Err(ImportError::TooManyBadRows { count: 100, line: 4101, .. })));
    let every_other = format!("{HEADER}{}", "2020-01-02,1,2,0.5,1.5,1.4,100\ngarbage\ngarbage\n".repeat(2000));
    assert!(matches!(read(&every_other), Err(ImportError::TooManyBadRows { .. })));
}

#[test]
fn large_garbage_fails_fast() {
    let size = 10_usize << 20;
    let mut state = 1_u32;
    let noise: Vec<u8> = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        ((state >> 24) as u8).max(1)
    })
    .take(size)
    .collect();
    let printable: Vec<u8> = noise.iter().map(|byte| if *byte < 4 { b'\n' } else { b' ' + byte % 95 }).collect();
    let started = Instant::now();
    for start in ["", "Date,Close\n2020-01-02,1.5\n", "00COTAHIST.2016BOVESPA 20160104\n"] {
        for garbage in [&noise, &printable] {
            assert!(import::read(start.as_bytes().chain(&garbage[..]), &of("X")).is_err());
        }
    }
    assert!(import::read(std::io::repeat(b'x'), &of("X")).is_err());
    assert!(import::read(std::io::repeat(0), &of("X")).is_err());
    assert!(
        import::read(
            "Date,Close\n2020-01-02,1.5\n".as_bytes().chain(std::io::repeat(b'\n')),
            &ImportOptions { limits: Limits { csv_bytes: 10 << 20, ..Limits::default() }, ..of("X") }
        )
        .is_err()
    );
    // Hundredths of a second in a release build; the limit catches quadratic behaviour.
    assert!(started.elapsed().as_secs() < 20, "took {:?}", started.elapsed());
}

#[test]
fn read_path_names_unreadable_paths() {
    let folder = tempfile::tempdir().unwrap();
    let message = |path: &Path| import::read_path(path, &of("X")).unwrap_err().to_string();
    let path = folder.path().join("missing.csv");
    assert_eq!(message(&path), format!("{}: no such file", path.display()));
    assert!(message(folder.path()).ends_with("is a directory; give one of the files in it"));
    let path = folder.path().join("empty.csv");
    fs::write(&path, "").unwrap();
    assert!(message(&path).ends_with("empty.csv: the file is empty"));
}

#[test]
fn symbol_from_file_name_strips_suffixes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("PETR4.SA_data.csv");
    fs::write(&path, "Date,Close\n2020-01-02,1.5\n").unwrap();
    let options = ImportOptions { fallback_symbol: import::symbol_from_file_name(&path), ..ImportOptions::default() };
    let import = import::read_path(&path, &options).unwrap();
    assert_eq!(import.series[0].symbol, symbol("PETR4.SA"));
    assert_eq!(import.notes, [ImportNote::SymbolAssumed { symbol: symbol("PETR4.SA") }]);
    for (name, expected) in [
        ("aapl_us_d.csv", Some("AAPL")),
        ("^spx_d.csv", Some("^SPX")),
        ("BRK-B.csv", Some("BRK-B")),
        ("my prices.csv", None),
    ] {
        assert_eq!(import::symbol_from_file_name(Path::new(name)), expected.map(symbol), "{name}");
    }
}

/// A stream that fails.
struct Broken;

impl Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
        Err(std::io::Error::other("connection reset"))
    }
}

#[test]
fn interrupted_stream_is_an_error() {
    let text = format!("{HEADER}{}", "2020-01-02,1,2,0.5,1.5,1.4,100\n".repeat(4000));
    let error = csv::read(text.as_bytes().chain(Broken), &of("X")).unwrap_err();
    assert_eq!(error.to_string(), "could not be read: connection reset");
}

#[test]
fn messages_are_short_and_printable_for_any_header() {
    let long = "x".repeat(500);
    let many: String = (0..3000).map(|column| format!(",label {column}")).collect();
    let error = read(&format!("Date,Open,{long}{many}\n2020-01-02,1\n")).unwrap_err().to_string();
    assert!(error.contains("has no column for the closing price") && error.len() < 300, "{error}");
    let import = single("Date,Close,\u{1b}[2J\n2020-01-02,1,\n").0;
    assert_eq!(import.notes[0].to_string(), "columns ignored: \u{fffd}[2J");
    let import = single(&format!("Date,Close,{long}{many}\n2020-01-02,1{}\n", ",".repeat(3001))).0;
    let notes: Vec<String> = import.notes.iter().map(ToString::to_string).collect();
    assert!(notes[0].ends_with("label 8 and 2991 more") && notes[0].len() < 600, "{}", notes[0]);
}

/// A quadratic search for symbols once took half an hour for a line of 60 KB.
#[test]
fn long_lines_are_read_in_linear_time() {
    let start = Instant::now();
    for piece in [
        "a.",
        "a ",
        "A_",
        "a|",
        "Close ",
        "1,",
        "1.",
        "1;",
        "\"",
        "\"\"",
        "{\"",
        "<html",
        "<p>",
        "2020-01-02 ",
        "é",
        "-",
    ] {
        let line = piece.repeat(60_000 / piece.len());
        for text in [line.clone(), format!("{line}\n").repeat(4), format!("Date,Close\n{line}\n2020-01-02,{line}\n")] {
            let _either = read(&text);
        }
    }
    assert!(start.elapsed().as_secs() < 60, "{:?}", start.elapsed());
}

/// A linear search per row once took minutes for a hundred thousand symbols.
#[test]
fn many_symbols_are_read_in_linear_time() {
    let rows: String = (0..100_000).map(|row| format!("S{row},2020-01-02,1\n")).collect();
    let start = Instant::now();
    let limits = Limits { symbols: 100_000, ..Limits::default() };
    let options = ImportOptions { limits, ..ImportOptions::default() };
    let import = csv::read(format!("Ticker,Date,Close\n{rows}").as_bytes(), &options).unwrap();
    assert_eq!(import.series.len(), 100_000);
    assert!(start.elapsed().as_secs() < 60, "{:?}", start.elapsed());
}
