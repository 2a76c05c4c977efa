//! The rules of ARCHITECTURE.md, held by tests. Each breach names the place, what is wrong there, and what to do.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "architecture/breach.rs"]
mod breach;
#[path = "architecture/documents.rs"]
mod documents;
#[path = "architecture/imports.rs"]
mod imports;
#[path = "architecture/layers.rs"]
mod layers;
#[path = "architecture/manifest.rs"]
mod manifest;
#[path = "architecture/manifest_rules.rs"]
mod manifest_rules;
#[path = "architecture/source_rules.rs"]
mod source_rules;
#[path = "architecture/workspace.rs"]
mod workspace;

use breach::Breach;
use workspace::Workspace;

/// Fails with one line for each breach.
fn expect_none(breaches: &[Breach]) {
    let lines: Vec<String> = breaches.iter().map(|breach| format!("- {breach}")).collect();
    assert!(breaches.is_empty(), "{} breaches of ARCHITECTURE.md:\n{}", breaches.len(), lines.join("\n"));
}

#[test]
fn crates_depend_only_along_the_arrows_and_know_only_what_they_may() {
    let workspace = Workspace::read();
    let layers = workspace.layers();
    let breaches: Vec<Breach> =
        workspace.manifests.iter().flat_map(|manifest| manifest_rules::check(manifest, &layers)).collect();
    expect_none(&breaches);
}

#[test]
fn sources_follow_the_rules() {
    let workspace = Workspace::read();
    assert!(
        workspace.sources.len() > 50,
        "only {} sources were found: the test looks in the wrong folder",
        workspace.sources.len()
    );
    let breaches: Vec<Breach> =
        workspace.sources.iter().flat_map(|(path, text)| source_rules::check(path, text)).collect();
    expect_none(&breaches);
}

#[test]
fn every_crate_is_described() {
    let workspace = Workspace::read();
    expect_none(&documents::check(&workspace));
}

#[test]
fn no_files_of_a_crate_import_each_other() {
    let workspace = Workspace::read();
    let mut breaches = Vec::new();
    for (folder, _) in &workspace.readmes {
        let arrows = imports::arrows(&format!("crates/{folder}/src/"), &workspace.sources);
        assert!(!arrows.is_empty(), "crates/{folder} has no sources");
        for circle in imports::circles(&arrows) {
            let names: Vec<String> = circle.iter().map(|module| module.join("::")).collect();
            let remedy = "Move what both need into a file below both, or pass it in from above";
            let fault = format!("has files that import each other: {}", names.join(", "));
            breaches.push(Breach::new(format!("crates/{folder}"), fault, remedy));
        }
    }
    expect_none(&breaches);
}
