//! Every dialect: detected, with the right numbers in the right fields and the right price basis.

use closecast_data::{
    csv::{self, Dialect},
    import::ImportNote,
};
use closecast_domain::PriceBasis::{FullyAdjusted, SplitAdjusted, Unadjusted};

use crate::{dates, of, read, single, symbol};

#[test]
fn yahoo_classic_is_read() {
    let (import, series) = single(
        "Date,Open,High,Low,Close,Adj Close,Volume\n\
         2000-01-03,5.875000,5.975000,5.775000,5.800000,4.050183,35389440000\n\
         2000-01-04,null,null,null,null,null,null\n\
         2000-01-05,5.494000,5.494000,5.494000,5.494000,3.787526,43033600000\n",
    );
    assert_eq!((import.dialect, series.basis), (Dialect::Yahoo, SplitAdjusted));
    assert_eq!(series.source, "csv:yahoo");
    let bar = &series.bars[0];
    assert_eq!((bar.open, bar.high, bar.low, bar.close), (Some(5.875), Some(5.975), Some(5.775), Some(5.8)));
    assert_eq!(
        (bar.adj_close, bar.volume, bar.dividend, bar.split),
        (Some(4.050183), Some(35_389_440_000.0), 0.0, 1.0)
    );
    assert_eq!(dates(&series), ["2000-01-03", "2000-01-04", "2000-01-05"]);
    assert_eq!((series.bars[1].close, series.bars[1].volume), (None, None), "a null row is delivered");
    assert!(import.notes.contains(&ImportNote::NullRows { count: 1, first_line: 3 }));
}

#[test]
fn yfinance_download_in_both_column_orders() {
    for (fields, row) in [
        ("Close,High,Low,Open,Volume", "72.7,72.8,71.4,71.7,135480400"),
        ("Open,High,Low,Close,Volume", "71.7,72.8,71.4,72.7,135480400"),
    ] {
        let text = format!("Price,{fields}\nTicker,AAPL,AAPL,AAPL,AAPL,AAPL\nDate,,,,,\n2020-01-02,{row}\n");
        let (import, series) = single(&text);
        assert_eq!((import.dialect, series.basis), (Dialect::YfinanceDownload, FullyAdjusted));
        assert_eq!(series.symbol, symbol("AAPL"));
        let bar = &series.bars[0];
        assert_eq!((bar.open, bar.high, bar.low, bar.close), (Some(71.7), Some(72.8), Some(71.4), Some(72.7)));
        assert_eq!((bar.volume, bar.adj_close), (Some(135_480_400.0), None));
    }
}

#[test]
fn yfinance_download_of_several_symbols_side_by_side() {
    let text = "Price,Close,Close,Open,Open,Adj Close,Adj Close\n\
                Ticker,LOW,PETR4.SA,LOW,PETR4.SA,LOW,PETR4.SA\n\
                Date,,,,,,\n\
                2020-01-01,,30.5,,30.1,,20.5\n\
                2020-01-02,120.1,30.7,119.5,30.5,110.0,20.7\n";
    let import = read(text).unwrap();
    assert_eq!(import.dialect, Dialect::YfinanceDownload);
    let [lowes, petrobras] = &import.series[..] else { panic!("{import:?}") };
    assert_eq!((lowes.symbol.as_str(), petrobras.symbol.as_str()), ("LOW", "PETR4.SA"));
    assert_eq!(lowes.basis, SplitAdjusted, "with Adj Close the prices were not auto-adjusted");
    assert_eq!(dates(lowes), ["2020-01-02"], "no bar where only the other symbol traded");
    assert_eq!(dates(petrobras), ["2020-01-01", "2020-01-02"]);
    assert_eq!((petrobras.bars[1].open, petrobras.bars[1].adj_close), (Some(30.5), Some(20.7)));

    let one = csv::read(text.as_bytes(), &of("LOW")).unwrap();
    assert_eq!(one.series.len(), 1);
    assert_eq!(one.series[0].symbol, symbol("LOW"));
}

#[test]
fn yfinance_download_grouped_by_ticker_and_reset_index() {
    let grouped = "Ticker,MSFT,MSFT\nPrice,Open,Close\nDate,,\n2020-01-02,1.5,2.5\n";
    let reset = "Date,Open,Close\n,MSFT,MSFT\n2020-01-02,1.5,2.5\n";
    let old = ",Open,Close\n,MSFT,MSFT\nDate,,\n2020-01-02,1.5,2.5\n";
    let tuples = "Date,\"('Open', 'MSFT')\",\"('Close', 'MSFT')\"\n2020-01-02,1.5,2.5\n";
    for text in [grouped, reset, old, tuples] {
        let (import, series) = single(text);
        assert_eq!((import.dialect, series.symbol.as_str()), (Dialect::YfinanceDownload, "MSFT"), "{text}");
        assert_eq!((series.bars[0].open, series.bars[0].close), (Some(1.5), Some(2.5)), "{text}");
    }
}

#[test]
fn yfinance_history_keeps_events_beside_adjusted_prices() {
    let (import, series) = single(
        "Date,Open,High,Low,Close,Volume,Dividends,Stock Splits,Capital Gains,Repaired?\n\
         2024-01-02 00:00:00-05:00,1,2,0.5,1.5,100,0.0,0.0,0.0,False\n\
         2024-07-02 00:00:00-04:00,1,2,0.5,1.5,100,0.24,4.0,0.0,False\n",
    );
    assert_eq!((import.dialect, series.basis), (Dialect::YfinanceHistory, FullyAdjusted));
    assert_eq!(dates(&series), ["2024-01-02", "2024-07-02"]);
    assert_eq!((series.bars[0].dividend, series.bars[0].split), (0.0, 1.0));
    assert_eq!((series.bars[1].dividend, series.bars[1].split), (0.24, 4.0));
    assert!(!import.notes.iter().any(|note| matches!(note, ImportNote::ColumnsIgnored { .. })), "{:?}", import.notes);

    let (import, series) = single(
        "Date,Open,High,Low,Close,Adj Close,Volume,Dividends,Stock Splits\n2023-04-14 00:00:00+09:00,1,2,0.5,1.5,1.4,100,0,0\n",
    );
    assert_eq!((import.dialect, series.basis), (Dialect::YfinanceHistory, SplitAdjusted));
}

#[test]
fn lower_case_exports_of_yfinance() {
    let (import, series) = single(
        "date,symbol,asset_type,open,high,low,close,volume,adj_close\n\
         2024-07-01 00:00:00-03:00,PETR4.SA,stocks,30.0,30.4,29.9,30.3,24963500,29.3\n",
    );
    assert_eq!(
        (import.dialect, series.basis, series.symbol.as_str()),
        (Dialect::YfinanceHistory, SplitAdjusted, "PETR4.SA")
    );
    assert_eq!((series.bars[0].close, series.bars[0].adj_close), (Some(30.3), Some(29.3)));

    let (import, series) = single(
        "date,open,high,low,close,volume,dividends,stock_splits\n2020-08-31,444.6,500.1,440.1,498.3,118374400,0.0,5.0\n",
    );
    assert_eq!((import.dialect, series.basis, series.bars[0].split), (Dialect::YfinanceHistory, FullyAdjusted, 5.0));
}

#[test]
fn stooq_web() {
    let (import, series) = single("Date,Open,High,Low,Close,Volume\r\n2005-02-25,11.4,11.47,11.23,11.37,2493805\r\n");
    assert_eq!((import.dialect, series.basis), (Dialect::Stooq, FullyAdjusted));
    let (import, series) = single(
        "Data,Otwarcie,Najwyzszy,Najnizszy,Zamkniecie,Wolumen\r\n2000-05-01,1452.43,1481.51,1452.42,1468.25,536833333.0\r\n",
    );
    assert_eq!(import.dialect, Dialect::Stooq);
    let bar = &series.bars[0];
    assert_eq!((bar.open, bar.high, bar.low, bar.close), (Some(1452.43), Some(1481.51), Some(1452.42), Some(1468.25)));
    assert_eq!(bar.volume, Some(536_833_333.0));
    let (import, series) = single("Date,Open,High,Low,Close\n2016-12-27,1,2,0.5,1.5\n");
    assert_eq!((import.dialect, series.bars[0].volume), (Dialect::Stooq, None));
}

#[test]
fn stooq_bulk() {
    let (import, series) = single(
        "<TICKER>,<PER>,<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>,<OPENINT>\n\
         AAPL.US,D,19840907,000000,0.1,0.12,0.09,0.11,98811715,0\n\
         AAPL.US,D,19840910,000000,0.11,0.12,0.10,0.11,77092900,0\n",
    );
    assert_eq!((import.dialect, series.basis, series.symbol.as_str()), (Dialect::StooqBulk, FullyAdjusted, "AAPL"));
    assert_eq!(dates(&series), ["1984-09-07", "1984-09-10"]);
    assert_eq!(series.bars[0].volume, Some(98_811_715.0));
}

#[test]
fn alpha_vantage_is_turned_round() {
    let (import, series) =
        single("timestamp,open,high,low,close,volume\n2024-01-03,3,3,3,3,300\n2024-01-02,2,2,2,2,200\n");
    assert_eq!((import.dialect, series.basis), (Dialect::AlphaVantage, Unadjusted));
    assert_eq!(dates(&series), ["2024-01-02", "2024-01-03"]);
    assert!(import.notes.contains(&ImportNote::NewestFirst));

    let (import, series) = single(
        "timestamp,open,high,low,close,adjusted_close,volume,dividend_amount,split_coefficient\n\
         2020-08-31,127.58,131.0,126.0,129.04,126.7,225702700,0.0,4.0\n\
         2020-08-07,452.82,454.7,441.17,444.45,109.1,49453300,0.82,1.0\n",
    );
    assert_eq!((import.dialect, series.basis), (Dialect::AlphaVantageAdjusted, Unadjusted));
    assert_eq!((series.bars[0].dividend, series.bars[0].split, series.bars[0].adj_close), (0.82, 1.0, Some(109.1)));
    assert_eq!(series.bars[1].split, 4.0);
}

#[test]
fn nasdaq_in_both_forms() {
    let plain = "Date,Close/Last,Volume,Open,High,Low\n\
                 01/17/2020,$318.73,34454120,$316.27,$318.74,$315.00\n\
                 01/16/2020,$315.24,N/A,$313.59,$315.70,$312.09\n";
    let quoted = "\"Date\",\"Close/Last\",\"Volume\",\"Open\",\"High\",\"Low\"\n\
                  \"01/17/2020\",\"$318.73\",\"34,454,120\",\"$316.27\",\"$318.74\",\"$315.00\"\n\
                  \"01/16/2020\",\"$315.24\",\"N/A\",\"$313.59\",\"$315.70\",\"$312.09\"\n";
    for text in [plain, quoted] {
        let (import, series) = single(text);
        assert_eq!((import.dialect, series.basis), (Dialect::Nasdaq, SplitAdjusted));
        assert_eq!(series.currency.as_deref(), Some("USD"));
        assert_eq!(dates(&series), ["2020-01-16", "2020-01-17"]);
        assert_eq!((series.bars[0].volume, series.bars[1].volume), (None, Some(34_454_120.0)));
        assert_eq!((series.bars[1].open, series.bars[1].close), (Some(316.27), Some(318.73)));
    }
}

#[test]
fn investing_in_portuguese() {
    let share = "\"Data\",\"Último\",\"Abertura\",\"Máxima\",\"Mínima\",\"Vol.\",\"Var%\"\n\
                 \"14.01.2020\",\"30,22\",\"30,10\",\"30,50\",\"29,98\",\"18,86M\",\"0,40%\"\n\
                 \"13.01.2020\",\"30,10\",\"30,00\",\"30,25\",\"29,90\",\"-\",\"-1,20%\"\n";
    let (import, series) = single(share);
    assert_eq!((import.dialect, series.basis), (Dialect::Investing, SplitAdjusted));
    assert_eq!(dates(&series), ["2020-01-13", "2020-01-14"]);
    let bar = &series.bars[1];
    assert_eq!((bar.open, bar.high, bar.low, bar.close), (Some(30.1), Some(30.5), Some(29.98), Some(30.22)));
    assert_eq!((bar.volume, series.bars[0].volume), (Some(18.86e6), None));

    let index = "\"Data\",\"Último\",\"Abertura\",\"Máxima\",\"Mínima\",\"Vol.\",\"Var%\"\n\
                 \"02/01/2020\",\"115.592\",\"115.600\",\"116.000\",\"115.000\",\"\",\"0,40%\"\n";
    let (_, series) = single(index);
    assert_eq!(series.bars[0].close, Some(115_592.0), "a point groups thousands, though no other cell shows it");
    assert_eq!(dates(&series), ["2020-01-02"]);

    let latin1: Vec<u8> = share.chars().map(|c| u8::try_from(c).unwrap()).collect();
    assert_eq!(csv::read(&latin1[..], &of("X")).unwrap().series[0].bars.len(), 2);
}

#[test]
fn investing_in_english() {
    let (import, series) = single(
        "\"Date\",\"Price\",\"Open\",\"High\",\"Low\",\"Vol.\",\"Change %\"\n\
         \"01/03/2020\",\"3,234.85\",\"3,226.36\",\"3,246.15\",\"3,222.34\",\"1.25B\",\"-0.71%\"\n\
         \"01/02/2020\",\"3,257.85\",\"3,244.67\",\"3,258.14\",\"3,235.53\",\"\",\"0.84%\"\n",
    );
    assert_eq!(import.dialect, Dialect::Investing);
    assert_eq!(dates(&series), ["2020-01-02", "2020-01-03"]);
    assert_eq!((series.bars[1].close, series.bars[1].volume), (Some(3234.85), Some(1.25e9)));
}

#[test]
fn quandl_wiki_long() {
    let (import, series) = single(
        "Ticker,Date,Open,High,Low,Close,Volume,Adj Close\nAAPL,2000-03-01,118.56,132.06,118.5,130.31,9616100,4.186662803811\n",
    );
    assert_eq!((import.dialect, series.basis, series.symbol.as_str()), (Dialect::QuandlWiki, Unadjusted, "AAPL"));
    assert_eq!(series.bars[0].adj_close, Some(4.186_662_803_811));
}

#[test]
fn kaggle_long() {
    let text = "date,open,high,low,close,volume,Name\n\
                2013-02-08,15.07,15.12,14.63,14.75,8407500,AAL\n\
                2013-02-11,14.89,15.01,14.26,14.46,8882000,AAL\n\
                2013-02-08,67.71,68.40,66.89,67.85,158168416,BRK.B\n";
    let import = read(text).unwrap();
    assert_eq!(import.dialect, Dialect::KaggleLong);
    let [first, second] = &import.series[..] else { panic!("{import:?}") };
    assert_eq!((first.symbol.as_str(), first.bars.len(), first.basis), ("AAL", 2, SplitAdjusted));
    assert_eq!((second.symbol.as_str(), second.bars.len()), ("BRK-B", 1));

    let one = csv::read(text.as_bytes(), &of("BRK-B")).unwrap();
    assert_eq!((one.series.len(), one.rows()), (1, 1));
    let error = csv::read(text.as_bytes(), &of("MSFT")).unwrap_err();
    assert_eq!(error.to_string(), "MSFT is not in the file, which holds AAL, BRK-B");
}

#[test]
fn quantmod_prefixes() {
    let (import, series) = single(
        "Date,AAPL.Open,AAPL.High,AAPL.Low,AAPL.Close,AAPL.Volume,AAPL.Adjusted,dn,mavg,up,direction\n\
         2015-02-17,127.48,128.88,126.91,127.83,63152400,122.90,106.7,117.9,129.1,Increasing\n",
    );
    assert_eq!((import.dialect, series.basis, series.symbol.as_str()), (Dialect::Quantmod, SplitAdjusted, "AAPL"));
    assert_eq!((series.bars[0].close, series.bars[0].adj_close), (Some(127.83), Some(122.9)));
    let names = ["dn", "mavg", "up", "direction"].map(str::to_owned).to_vec();
    assert!(import.notes.contains(&ImportNote::ColumnsIgnored { names }));
}

#[test]
fn tiingo_and_unknown_writers() {
    let (import, series) = single(
        "date,close,high,low,open,volume,adjClose,adjHigh,adjLow,adjOpen,adjVolume,divCash,splitFactor\n\
         2020-08-31,129.04,131,126,127.58,225702700,126.7,128,124,125,225702700,0.0,4.0\n",
    );
    assert_eq!((import.dialect, series.basis, series.bars[0].split), (Dialect::Tiingo, Unadjusted, 4.0));

    let (import, series) = single("Session Report\nmade by hand\n\nfecha;cierre\n2020-01-02;1,5\n2020-01-03;1,25\n");
    assert_eq!((import.dialect, series.basis), (Dialect::Generic, SplitAdjusted));
    assert_eq!((series.bars[0].open, series.bars[1].close), (None, Some(1.25)));

    let (_, series) = single("Date,Adj Close\n2020-01-02,1.5\n");
    assert_eq!((series.bars[0].close, series.bars[0].adj_close, series.basis), (Some(1.5), None, FullyAdjusted));
}
