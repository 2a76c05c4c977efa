//! A folder of price files, one symbol each.

use std::path::Path;

use closecast_data::import::{self, ImportOptions, symbol_from_file_name};
use closecast_domain::History;

use crate::failure::Failure;

/// Reads every price file of a folder; the file's name is the symbol. One that cannot be read ends the work: a backtest on
/// whatever happened to be readable would not be the one asked for.
pub(crate) fn read(folder: &Path) -> Result<Vec<History>, Failure> {
    let refused = |error: std::io::Error| Failure::Usage(format!("{}: {error}", folder.display()));
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(refused)? {
        let path = entry.map_err(refused)?.path();
        if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv")) {
            paths.push(path);
        }
    }
    paths.sort();
    if paths.is_empty() {
        return Err(Failure::Usage(format!("{} holds no .csv file", folder.display())));
    }
    let mut histories = Vec::with_capacity(paths.len());
    for path in paths.iter().filter(|path| path.file_stem().is_none_or(|stem| stem != "MANIFEST")) {
        let options = ImportOptions { fallback_symbol: symbol_from_file_name(path), ..ImportOptions::default() };
        for series in import::read_path(path, &options)?.series {
            let (history, _report) =
                History::check(series, None).map_err(|error| Failure::Usage(format!("{}: {error}", path.display())))?;
            histories.push(history);
        }
    }
    histories.sort_by(|a, b| a.symbol().cmp(b.symbol()));
    match histories.windows(2).find(|pair| pair[0].symbol() == pair[1].symbol()) {
        Some(pair) => {
            let symbol = pair[0].symbol();
            Err(Failure::Usage(format!("{} holds {symbol} twice: keep one file a symbol", folder.display())))
        }
        None => Ok(histories),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(models: &[&str], reference: Option<&str>) -> BacktestRequest {
        BacktestRequest {
            source: Source::Symbols(Vec::new()),
            also_train: Vec::new(),
            spec: BacktestSpec::default(),
            models: models.iter().map(|&name| name.to_owned()).collect(),
            reference: reference.map(str::to_owned),
            restart: false,
            forecasts_out: None,
        }
    }

    #[test]
    fn every_model_that_is_named_can_take_part() {
        for (name, _) in MODELS {
            assert_eq!(contender(name, 2, 1).unwrap().name, name);
        }
        assert!(DEFAULT_MODELS.iter().all(|name| contender(name, 1, 1).is_ok()));
        let unknown = contender("oracle", 1, 1).map(drop).unwrap_err();
        assert!(unknown.to_string().contains("\"oracle\": choose from naive, "), "{unknown}");
    }

    #[test]
    fn the_reference_is_one_of_those_that_take_part() {
        let of = |models: &[&str], named: Option<&str>| reference(&request(models, named)).unwrap();
        assert_eq!(of(&["base", "naive", "ewma-t"], None), "ewma-t");
        assert_eq!(of(&["base", "naive"], None), "naive");
        assert_eq!(of(&["har", "base"], None), "har");
        assert_eq!(of(&["base", "naive", "ewma-t"], Some("base")), "base");
        let refused = |models: &[&str], named| reference(&request(models, named)).unwrap_err().to_string();
        assert!(refused(&["naive"], Some("base")).contains("add it to --models"));
        assert!(refused(&["naive", "har", "naive"], None).contains("\"naive\" is given twice"));
        assert!(refused(&[], None).contains("--models"));
    }
}
