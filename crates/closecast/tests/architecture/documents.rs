//! What stands beside the code.

use std::path::Path;

use crate::{breach::Breach, workspace::Workspace};

/// Most lines of ARCHITECTURE.md: it is read from beginning to end or not at all.
const MAX_LINES: usize = 200;

/// Returns a breach for every crate without a README, every row of the table without a crate, a long ARCHITECTURE.md, and every
/// link to a file that is not there.
pub(crate) fn check(workspace: &Workspace) -> Vec<Breach> {
    let readmes = workspace.readmes.iter().filter_map(|(name, text)| readme(name, text.as_deref()));
    let layers = workspace.layers();
    let packages: Vec<&str> = workspace.manifests.iter().map(|manifest| manifest.package.as_str()).collect();
    let rows = layers.packages().filter_map(|row| row_without_crate(row, &packages));
    let links = workspace.documents.iter().flat_map(|(path, text)| dead_links(path, text));
    readmes.chain(rows).chain(length(&workspace.architecture)).chain(links).collect()
}

/// Links in square and round brackets, relative to the folder of the document at `path`. Addresses and anchors are left alone.
fn dead_links(path: &Path, text: &str) -> Vec<Breach> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let files =
        targets.filter_map(|target| target.split('#').next()).filter(|file| !file.is_empty() && !file.contains("://"));
    let is_dead = |file: &&str| path.parent().is_none_or(|folder| !folder.join(file).exists());
    let place = || path.file_name().unwrap_or_default().to_string_lossy();
    files
        .filter(is_dead)
        .map(|file| {
            Breach::new(place(), format!("links to {file}, which is not there"), "Correct the link, or leave it out")
        })
        .collect()
}

fn readme(name: &str, text: Option<&str>) -> Option<Breach> {
    text.is_none_or(|text| text.trim().is_empty()).then(|| {
        let remedy =
            "Say what the crate is, what it must not know, and give a short example; lib.rs includes it as its page";
        Breach::new(format!("crates/{name}"), "has no README.md", remedy)
    })
}

fn row_without_crate(row: &str, packages: &[&str]) -> Option<Breach> {
    (!packages.contains(&row))
        .then(|| Breach::new("ARCHITECTURE.md", format!("has a row for {row}, which is not there"), "Delete it"))
}

fn length(architecture: &str) -> Option<Breach> {
    let lines = architecture.lines().count();
    let fault = || format!("has {lines} lines, more than {MAX_LINES}");
    (lines > MAX_LINES)
        .then(|| Breach::new("ARCHITECTURE.md", fault(), "Move the detail to the README of the crate it is about"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_or_empty_readme_is_named() {
        assert_eq!(readme("eval", Some("# closecast-eval")), None);
        for text in [None, Some(""), Some(" \n")] {
            assert!(readme("eval", text).unwrap().to_string().contains("crates/eval: has no README.md"));
        }
    }

    #[test]
    fn a_row_without_a_crate_is_named() {
        assert_eq!(row_without_crate("closecast", &["closecast"]), None);
        assert!(row_without_crate("closecast-gone", &["closecast"]).unwrap().to_string().contains("closecast-gone"));
    }

    #[test]
    fn a_dead_link_is_named() {
        let document = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
        let good = "[a](Cargo.toml) [b](src/main.rs#top) [c](https://example.org/x) [d](#below)";
        assert_eq!(dead_links(&document, good), []);
        let found = dead_links(&document, "see [this](src/nowhere.rs) and [that](Cargo.toml)");
        assert!(found.len() == 1 && found[0].to_string().contains("src/nowhere.rs"));
    }

    #[test]
    fn a_long_document_is_named() {
        assert_eq!(length(&"\n".repeat(MAX_LINES)), None);
        assert!(length(&"\n".repeat(MAX_LINES + 1)).is_some());
    }
}
