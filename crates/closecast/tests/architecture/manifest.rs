//! A Cargo.toml, reduced to what the rules look at.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::{Table, Value};

/// What a dependency is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Part of the crate.
    Build,
    /// For its tests, examples and benches.
    Tests,
}

/// One dependency, by the name of its package whatever it is called in the crate.
#[derive(Debug)]
pub(crate) struct Dependency {
    pub(crate) package: String,
    pub(crate) purpose: Purpose,
    pub(crate) optional: bool,
}

/// One crate's manifest.
#[derive(Debug)]
pub(crate) struct Manifest {
    pub(crate) package: String,
    pub(crate) dependencies: Vec<Dependency>,
    pub(crate) features: BTreeMap<String, Vec<String>>,
}

#[derive(Deserialize)]
struct Document {
    package: Package,
    #[serde(flatten)]
    tables: Tables,
    #[serde(default)]
    target: BTreeMap<String, Tables>,
    #[serde(default)]
    features: BTreeMap<String, Vec<String>>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Tables {
    #[serde(default)]
    dependencies: Table,
    #[serde(default)]
    build_dependencies: Table,
    #[serde(default)]
    dev_dependencies: Table,
}

impl Manifest {
    /// Reads the text of a Cargo.toml; `inherited` is the `[workspace.dependencies]` that `x.workspace = true` refers to.
    ///
    /// # Errors
    /// What TOML or the shape of the file is wrong.
    pub(crate) fn parse(text: &str, inherited: &Table) -> Result<Self, toml::de::Error> {
        let document: Document = toml::from_str(text)?;
        let dependencies = std::iter::once(&document.tables)
            .chain(document.target.values())
            .flat_map(|tables| {
                let parts = [
                    (&tables.dependencies, Purpose::Build),
                    (&tables.build_dependencies, Purpose::Build),
                    (&tables.dev_dependencies, Purpose::Tests),
                ];
                parts.into_iter().flat_map(|(table, purpose)| table.iter().map(move |entry| (entry, purpose)))
            })
            .map(|((name, value), purpose)| dependency(name, value, purpose, inherited))
            .collect();
        Ok(Self { package: document.package.name, dependencies, features: document.features })
    }
}

fn dependency(name: &str, value: &Value, purpose: Purpose, inherited: &Table) -> Dependency {
    let is_set = |key| value.get(key).and_then(Value::as_bool).unwrap_or(false);
    let source = if is_set("workspace") { inherited.get(name).unwrap_or(value) } else { value };
    let package = source.get("package").and_then(Value::as_str).unwrap_or(name).to_owned();
    Dependency { package, purpose, optional: is_set("optional") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_of_dependencies_is_read_under_the_name_of_the_package() {
        let inherited: Table = "web = { package = \"axum\", version = \"0.8\" }".parse().unwrap();
        let text = "
            [package]
            name = \"closecast-example\"
            [dependencies]
            web.workspace = true
            sql = { package = \"sea-orm\", version = \"2\", optional = true }
            [build-dependencies]
            flate2 = \"1\"
            [dev-dependencies]
            proptest.workspace = true
            [target.'cfg(unix)'.dependencies]
            libc = \"0.2\"
        ";
        let manifest = Manifest::parse(text, &inherited).unwrap();
        let found: Vec<_> = manifest.dependencies.iter().map(|d| (d.package.as_str(), d.purpose, d.optional)).collect();
        assert_eq!(
            found,
            [
                ("sea-orm", Purpose::Build, true),
                ("axum", Purpose::Build, false),
                ("flate2", Purpose::Build, false),
                ("proptest", Purpose::Tests, false),
                ("libc", Purpose::Build, false),
            ]
        );
    }

    #[test]
    fn what_is_not_a_manifest_is_an_error() {
        assert!(Manifest::parse("[dependencies]", &Table::new()).is_err());
    }
}
