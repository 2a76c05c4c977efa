"""Writes stocks.csv.gz and PROVENANCE.md, the bundled sample of closecast, from the Python package bokeh-sampledata.

    pip install bokeh-sampledata==2026.1
    python make_sample.py

The prices are not changed. The package dropped two columns of Quandl's WIKI table, the dividend and the split ratio of
each day; they are put back from the change of the adjustment factor, adjusted close / close, by Quandl's own rule:
factor[t] / factor[t - 1] = split ratio[t] * (1 + dividend[t] / close[t]).
"""

import gzip
import hashlib
import importlib.metadata
import pathlib

import bokeh_sampledata
import pandas

HERE = pathlib.Path(__file__).parent
SOURCE = pathlib.Path(bokeh_sampledata.__file__).parent / "_data" / "stocks.csv.gz"
# The adjusted close is rounded below, which shows as a change of the factor of at most 1e-6.
SMALLEST_DIVIDEND = 1e-4


def events(rows: pandas.DataFrame) -> pandas.DataFrame:
    """Returns the rows of one ticker with the columns Ex-Dividend and Split Ratio."""
    factor = rows["Adj Close"] / rows["Close"]
    change = (factor / factor.shift()).fillna(1.0)
    # No dividend of these shares comes near a half of the price, no split is below 2 for 1.
    split = change.round().where(change > 1.5, 1.0)
    dividend = (change / split - 1.0) * rows["Close"]
    dividend = dividend.where(dividend > SMALLEST_DIVIDEND * rows["Close"], 0.0)
    return rows.assign(**{"Ex-Dividend": dividend.round(4), "Split Ratio": split})


def main() -> None:
    table = pandas.read_csv(SOURCE)
    table = pandas.concat(events(rows) for _, rows in table.groupby("Ticker", sort=True))
    table["Adj Close"] = table["Adj Close"].round(6)
    columns = ["Ticker", "Date", "Open", "High", "Low", "Close", "Volume", "Ex-Dividend", "Split Ratio", "Adj Close"]
    text = table.to_csv(None, index=False, columns=columns, float_format="%.10g", lineterminator="\n")
    data = gzip.compress(text.encode(), compresslevel=9, mtime=0)
    (HERE / "stocks.csv.gz").write_bytes(data)

    lines = [f"| {ticker} | {len(rows)} | {rows.Date.min()} | {rows.Date.max()} | "
             f"{(rows['Split Ratio'] != 1).sum()} | {(rows['Ex-Dividend'] > 0).sum()} |"
             for ticker, rows in table.groupby("Ticker")]
    (HERE / "PROVENANCE.md").write_text(PROVENANCE.format(
        version=importlib.metadata.version("bokeh-sampledata"),
        pandas=pandas.__version__,
        source=hashlib.sha256(SOURCE.read_bytes()).hexdigest(),
        text=hashlib.sha256(text.encode()).hexdigest(),
        rows="\n".join(lines),
    ))


PROVENANCE = """\
# Where the sample comes from

Written by `make_sample.py` (pandas {pandas}); do not edit.

- Source: Python package `bokeh-sampledata` {version}, file `_data/stocks.csv.gz`,
  sha256 `{source}`.
- Origin: Quandl WIKI Prices. The package's `licenses/datasets.json` records the data as public domain
  ("source-verified"): Quandl's publisher page declared it public domain and permitted copying and distribution.
- `stocks.csv`, unpacked: sha256 `{text}`.
- Prices and volume: as traded, unchanged. `GOOG` is Google's share before 2014, which the source files under `GOOGL`.
- `Adj Close`: the source's, adjusted for splits and dividends up to the end of its archive in 2018, so that AAPL's
  stands at an eighth of its close in 2013. Rounded to 6 decimals.
- `Ex-Dividend`, `Split Ratio`: not in the package; computed from the change of `Adj Close / Close`, as
  `make_sample.py` says.

| ticker | rows | first | last | splits | dividends |
|---|---|---|---|---|---|
{rows}
"""

if __name__ == "__main__":
    main()
