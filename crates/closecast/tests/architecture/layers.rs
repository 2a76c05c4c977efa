//! Which crate may depend on which: the table of crates in ARCHITECTURE.md, which is the only place it is written.

use std::collections::{BTreeMap, BTreeSet};

/// The prefix that the table leaves out.
pub(crate) const PREFIX: &str = "closecast-";

/// The arrows between our crates, by package name.
#[derive(Debug)]
pub(crate) struct Layers(BTreeMap<String, BTreeSet<String>>);

impl Layers {
    /// Reads the table whose first column holds crates in backquotes and whose third says what they may depend on: short
    /// names with commas between them, `none`, or `all`.
    ///
    /// # Errors
    /// The text of what is wrong with the table.
    pub(crate) fn parse(markdown: &str) -> Result<Self, String> {
        let rows: Vec<(String, &str)> = markdown.lines().filter_map(row).collect();
        let names: BTreeSet<String> = rows.iter().map(|(name, _)| name.clone()).collect();
        if names.len() != rows.len() || names.is_empty() {
            return Err(format!("the table of crates has {} rows for {} crates", rows.len(), names.len()));
        }
        let arrows = rows.iter().map(|(name, allowed)| Ok((name.clone(), targets(name, allowed, &names)?)));
        Ok(Self(arrows.collect::<Result<_, String>>()?))
    }

    /// Returns what `package` may depend on among our crates, or `None` when it is not in the table.
    pub(crate) fn allowed(&self, package: &str) -> Option<&BTreeSet<String>> {
        self.0.get(package)
    }

    /// Returns the crates of the table.
    pub(crate) fn packages(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

/// Returns the crate and the third cell when the line is a row of the table.
fn row(line: &str) -> Option<(String, &str)> {
    let mut cells = line.strip_prefix('|')?.split('|').map(str::trim);
    let name = cells.next()?.strip_prefix('`')?.split('`').next()?;
    let is_ours = name == "closecast" || name.starts_with(PREFIX);
    is_ours.then_some((name.to_owned(), cells.nth(1)?))
}

fn targets(name: &str, allowed: &str, names: &BTreeSet<String>) -> Result<BTreeSet<String>, String> {
    if allowed == "all" {
        return Ok(names.iter().filter(|other| *other != name).cloned().collect());
    }
    let listed =
        allowed.split(',').map(str::trim).filter(|short| *short != "none").map(|short| format!("{PREFIX}{short}"));
    listed
        .map(|target| {
            names.get(&target).cloned().ok_or_else(|| format!("{name} may depend on {target}, which has no row"))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "
| crate | what it is | may depend on |
|---|---|---|
| `closecast-domain` (`crates/domain`) | types | none |
| `closecast-nn` | network | none |
| `closecast-model` | training | domain, nn |
| `closecast` | program | all |
| other | table | with, words |
";

    #[test]
    fn the_table_is_read() {
        let layers = Layers::parse(TABLE).unwrap();
        assert_eq!(layers.packages().count(), 4);
        assert!(layers.allowed("closecast-domain").unwrap().is_empty());
        assert_eq!(Vec::from_iter(layers.allowed("closecast-model").unwrap()), ["closecast-domain", "closecast-nn"]);
        assert_eq!(layers.allowed("closecast").unwrap().len(), 3);
        assert_eq!(layers.allowed("closecast-other"), None);
    }

    #[test]
    fn a_table_that_is_missing_doubled_or_unknown_is_an_error() {
        assert!(Layers::parse("no table").is_err());
        assert!(Layers::parse(&TABLE.repeat(2)).is_err());
        assert!(
            Layers::parse(&TABLE.replace("domain, nn", "domain, network")).unwrap_err().contains("closecast-network")
        );
    }
}
