//! Makes the seeds that are not written by hand: models of every kind, as small as they get, and a COTAHIST file.
//!
//! ```text
//! cargo run --manifest-path fuzz/Cargo.toml --example make_seeds -- fuzz/seeds
//! ```

use std::{error::Error, fmt::Write as _, fs, path::Path};

use closecast_domain::{Cancel, Forecaster, History, Silent};
use closecast_model::{Architecture, BaseForecaster, BaseSpec, Head, LstmForecaster, ModelSpec, Recipe, with_markets};
use closecast_testkit::histories::random_walk;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).ok_or("name the folder of the seeds")?;
    let folder = Path::new(&folder);
    write(folder, "cotahist/round-lots", cotahist()?.as_bytes())?;
    for (name, recipe, arch) in [
        ("returns", Recipe::Returns, Architecture::Base),
        ("prices", Recipe::MinMaxPrices, Architecture::Base),
        ("improved", Recipe::MinMaxPrices, Architecture::Improved),
    ] {
        let small = ModelSpec { lookback: 4, horizon: 2, hidden_size: 1, layers: 2, epochs: 1, ..ModelSpec::default() };
        let spec = ModelSpec { recipe, arch, ..small }.check()?;
        let forecaster = LstmForecaster::new("SEED", spec).threads(Some(1));
        let mut model = forecaster.fit(&random_walk("AAPL", 400, 1), &Cancel::new(), &Silent)?;
        write(folder, &format!("artifact/lstm-{name}"), &model.to_bytes()?)?;
    }
    let symbols: Vec<History> = (0..8).map(|seed| random_walk(&format!("AA{seed}"), 400, seed)).collect();
    for (name, head, members, histories) in [
        ("spread", Head::Spread, 2, with_markets(symbols.clone())),
        ("student-t", Head::StudentT, 1, symbols[..1].to_vec()),
        ("quantiles", Head::Quantiles, 1, with_markets(symbols)),
    ] {
        let spec = BaseSpec {
            lookback: 4,
            horizon: 2,
            hidden_size: 1,
            epochs: 1,
            calibration_days: 60,
            head,
            members,
            ..BaseSpec::default()
        };
        let forecaster = BaseForecaster::new(spec.check()?).threads(Some(1));
        let mut model = forecaster.fit_base(&histories, &Cancel::new(), &Silent)?;
        write(folder, &format!("artifact/base-{name}"), &model.to_bytes()?)?;
    }
    Ok(())
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> Result<(), Box<dyn Error>> {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap_or(folder))?;
    fs::write(&path, bytes)?;
    println!("{} has {} bytes", path.display(), bytes.len());
    Ok(())
}

/// Header, quotes of three tickers and one of another market, trailer, after B3's published layout.
fn cotahist() -> Result<String, Box<dyn Error>> {
    let mut text = format!("{:<245}\r\n", "00COTAHIST.2016BOVESPA 20160104");
    for (date, ticker, bdi, market, price, shares) in [
        (20160104, "PETR4", "02", "010", 710, 1),
        (20160104, "PETR4F", "96", "020", 711, 1),
        (20160104, "VALE3", "02", "010", 1310, 1000),
        (20160105, "PETR4", "02", "010", 702, 1),
        (20160105, "ITSA4", "02", "010", 702, 1),
    ] {
        let (high, low) = (price + 9, price - 9);
        write!(
            text,
            "01{date}{bdi}{ticker:<12}{market}COMPANY     PN           R$  \
             {price:013}{high:013}{low:013}{price:013}{price:013}{price:013}{price:013}\
             {trades:05}{quantity:018}{turnover:018}{strike:013}09999123{shares:>08}{points:013}BRCOMPACNPR6123\r\n",
            trades = 7,
            quantity = 1500,
            turnover = 999,
            strike = 0,
            points = 0
        )?;
    }
    writeln!(text, "{:<245}\r", "99COTAHIST.2016BOVESPA 2016010400000000007")?;
    Ok(text)
}
