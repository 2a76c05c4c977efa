//! The repository as the rules see it.

use std::{
    fs,
    path::{Path, PathBuf},
};

use toml::{Table, Value};

use crate::{layers::Layers, manifest::Manifest};

/// Manifests, sources and documents of the repository.
pub(crate) struct Workspace {
    pub(crate) manifests: Vec<Manifest>,
    /// Path relative to the root, and text, of every Rust file.
    pub(crate) sources: Vec<(String, String)>,
    /// Folder and README of every crate.
    pub(crate) readmes: Vec<(String, Option<String>)>,
    /// ARCHITECTURE.md.
    pub(crate) architecture: String,
    /// Path and text of every Markdown file in the root and in docs/.
    pub(crate) documents: Vec<(PathBuf, String)>,
}

impl Workspace {
    /// Reads the repository that this test was built from.
    pub(crate) fn read() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let workspace: Table = text(&root.join("Cargo.toml")).parse().unwrap();
        let inherited = workspace["workspace"]["dependencies"].as_table().unwrap();
        let folders: Vec<PathBuf> = entries(&root.join("crates")).into_iter().filter(|path| path.is_dir()).collect();
        assert_eq!(
            workspace["workspace"]["members"],
            Value::from(vec!["crates/*"]),
            "the rules look at crates/* alone"
        );

        let manifest = |folder: &PathBuf| {
            let path = folder.join("Cargo.toml");
            Manifest::parse(&text(&path), inherited).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
        };
        let mut sources = Vec::new();
        folders.iter().for_each(|folder| collect_sources(folder, &root, &mut sources));
        let readme = |folder: &PathBuf| {
            let name = folder.file_name().unwrap().to_string_lossy().into_owned();
            (name, fs::read_to_string(folder.join("README.md")).ok())
        };
        Self {
            manifests: folders.iter().map(manifest).collect(),
            sources,
            readmes: folders.iter().map(readme).collect(),
            architecture: text(&root.join("ARCHITECTURE.md")),
            documents: [entries(&root), entries(&root.join("docs"))]
                .concat()
                .into_iter()
                .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
                .map(|path| (path.clone(), text(&path)))
                .collect(),
        }
    }

    /// Returns the arrows that ARCHITECTURE.md allows.
    pub(crate) fn layers(&self) -> Layers {
        Layers::parse(&self.architecture).unwrap_or_else(|error| panic!("ARCHITECTURE.md: {error}"))
    }
}

fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn collect_sources(folder: &Path, root: &Path, sources: &mut Vec<(String, String)>) {
    for path in entries(folder) {
        if path.is_dir() && path.file_name().is_some_and(|name| name != "target") {
            collect_sources(&path, root, sources);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let relative = path.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
            sources.push((relative, text(&path)));
        }
    }
}
