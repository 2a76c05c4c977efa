//! The bounds, read out of the table under the heading "Bounds" of docs/SECURITY.md.

use crate::usage::Usage;

/// Heading of the section that has the table.
const HEADING: &str = "## Bounds";

/// Whose use a bound limits: a column of the table.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Scope {
    /// One address.
    Caller,
    /// All addresses together.
    All,
}

impl Scope {
    fn column(self) -> &'static str {
        match self {
            Self::Caller => "per caller",
            Self::All => "in all",
        }
    }
}

/// Returns the bounds of a scope, above what an idle server takes.
pub(crate) fn bounds(document: &str, scope: Scope) -> Usage {
    let rows = rows(document);
    let (header, rows) = rows.split_first().unwrap_or_else(|| panic!("there is no table under {HEADING:?}"));
    let place = |name: &str| {
        let is_named = |cell: &String| cell.to_lowercase().contains(name);
        header.iter().position(is_named).unwrap_or_else(|| panic!("the table has no column {name:?}: {header:?}"))
    };
    let (resource, bound) = (place("resource"), place(scope.column()));
    let of = |name: &str| {
        let row = rows.iter().find(|row| row[resource].to_lowercase().starts_with(name));
        let row = row.unwrap_or_else(|| panic!("the table has no row {name:?}"));
        number(&row[bound]).unwrap_or_else(|| panic!("{name}: {:?} has no number", row[bound]))
    };
    Usage { memory: of("memory"), disk: of("disk"), threads: of("threads"), descriptors: of("descriptors") }
}

/// Returns the cells of each row of the first table of the section, header first.
fn rows(document: &str) -> Vec<Vec<String>> {
    let section = document.split_once(&format!("\n{HEADING}\n")).map_or("", |(_, rest)| rest);
    let section = section.split("\n## ").next().unwrap_or_default();
    let lines = section.lines().skip_while(|line| !line.starts_with('|')).take_while(|line| line.starts_with('|'));
    let cells = |line: &str| line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect();
    lines.filter(|line| !line.starts_with("|-")).map(cells).collect()
}

/// Returns the first number of a cell, in bytes where a unit follows: `8,192`, `64 MB`, `10 MB a minute`.
fn number(cell: &str) -> Option<u64> {
    let start = cell.find(|letter: char| letter.is_ascii_digit())?;
    let rest = &cell[start..];
    let end = rest.find(|letter: char| !letter.is_ascii_digit() && letter != ',').unwrap_or(rest.len());
    let digits: u64 = rest[..end].replace(',', "").parse().ok()?;
    let unit = rest[end..].trim_start();
    let factor =
        [("KB", 1_000), ("MB", 1_000_000), ("GB", 1_000_000_000)].iter().find(|(name, _)| unit.starts_with(name));
    Some(digits * factor.map_or(1, |(_, factor)| *factor))
}

#[test]
fn table_gives_numbers_with_their_units() {
    let document = "# Security\n\n## Bounds\n\nText.\n\n| resource | bound per caller | bound in all | test |\n|---|---|---|---|\n\
                    | memory | 32 MB | 1 GB | a |\n| disk (logs) | 500 KB a minute | 10 MB a minute | a |\n\
                    | threads | 4 | 40 | a |\n| descriptors | 256 | up to 8,192 | a |\n\n## After\n\n| resource |\n";
    let all = Usage { memory: 1_000_000_000, disk: 10_000_000, threads: 40, descriptors: 8192 };
    assert_eq!(bounds(document, Scope::All), all);
    let one = Usage { memory: 32_000_000, disk: 500_000, threads: 4, descriptors: 256 };
    assert_eq!(bounds(document, Scope::Caller), one);
}
