//! Runs the examples of README.md and docs/: every command block in a folder of its own, against the built program, a price source on
//! this machine, and no network. The settings reference is compared with the code.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking, in its helpers too")]
// The examples are commands of a POSIX shell.
#![cfg(unix)]

#[path = "documents/block.rs"]
mod block;
#[path = "documents/output.rs"]
mod output;
#[path = "documents/price_source.rs"]
mod price_source;
#[path = "documents/reference.rs"]
mod reference;
#[path = "documents/session.rs"]
mod session;
#[path = "documents/settings_source.rs"]
mod settings_source;

use std::path::{Path, PathBuf};

use block::{Block, Language};
use price_source::PriceSource;
use session::Session;

/// Blocks that do not run here, by document and first line. Each has its reason in the comment before it.
const NOT_RUN: &[(&str, &str)] = &[
    ("README.md", "cargo test --workspace"),
    (
        "docs/MODEL.md",
        "closecast backtest --data universe_2020_2023 --also-train universe_2012_2017 --from 2023-01-03 \\",
    ),
    ("docs/WEBSOCKET.md", "$ websocat ws://127.0.0.1:8000/ws"),
];

/// Returns the root of the repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Returns README.md and the documents of docs/, by their paths from the root, with their text.
fn documents() -> Vec<(String, String)> {
    let entries = std::fs::read_dir(root().join("docs")).unwrap().map(|entry| entry.unwrap().file_name());
    let names = entries.map(|name| format!("docs/{}", name.to_str().unwrap()));
    let mut names: Vec<String> = names.filter(|name| name.ends_with(".md")).chain(["README.md".to_owned()]).collect();
    names.sort_unstable();
    names.into_iter().map(|name| (name.clone(), std::fs::read_to_string(root().join(name)).unwrap())).collect()
}

/// Returns the blocks of all documents.
fn blocks() -> Vec<Block> {
    let all = documents().into_iter().flat_map(|(name, text)| block::blocks(&name, &text).unwrap());
    let all: Vec<Block> = all.collect();
    assert!(all.len() > 20, "only {} blocks were found", all.len());
    all
}

/// Runs the command blocks of a document in order, in one shell, as a reader does.
fn run(source: &PriceSource, blocks: &[&Block]) -> Result<(), String> {
    let mut session = Session::new(source);
    blocks.iter().try_for_each(|block| session.run(block))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_block_succeeds_and_prints_what_it_shows() {
    let source = PriceSource::start().await;
    let test = move || {
        let all = blocks();
        let commands = all.iter().filter(|block| block.language.is_commands() && block.not_run.is_none());
        let commands: Vec<&Block> = commands.collect();
        let documents: Vec<&[&Block]> = commands.chunk_by(|one, other| one.document == other.document).collect();
        let source = &source;
        let failures: Vec<String> = std::thread::scope(|scope| {
            let started: Vec<_> = documents.iter().map(|blocks| scope.spawn(move || run(source, blocks))).collect();
            started.into_iter().filter_map(|thread| thread.join().unwrap().err()).collect()
        });
        assert!(failures.is_empty(), "{}", failures.join("\n\n"));
    };
    tokio::task::spawn_blocking(test).await.unwrap();
}

#[test]
fn blocks_that_do_not_run_are_listed_with_their_reasons() {
    let all = blocks();
    let skipped: Vec<&Block> = all.iter().filter(|block| block.not_run.is_some()).collect();
    let found: Vec<(&str, &str)> =
        skipped.iter().map(|block| (block.document.as_str(), block.text.lines().next().unwrap())).collect();
    assert_eq!(found, NOT_RUN, "left: blocks after a comment `not run`; right: the list of this test");
    for block in skipped {
        assert!(block.not_run.as_ref().unwrap().split_whitespace().count() > 2, "{}: give a reason", block.place());
    }
}

#[test]
fn json_blocks_are_json() {
    for block in blocks().iter().filter(|block| block.language == Language::Json) {
        let read = serde_json::from_str::<serde_json::Value>(&block.text);
        read.unwrap_or_else(|error| panic!("{}: {error}", block.place()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn toml_blocks_are_settings() {
    let source = PriceSource::start().await;
    let test = move || {
        for block in blocks().iter().filter(|block| block.language == Language::Toml) {
            let mut session = Session::new(&source);
            std::fs::write(session.folder().join("closecast.toml"), &block.text).unwrap();
            let commands = Block { text: "closecast --data-dir data jobs list".to_owned(), ..block.clone() };
            session.run(&commands).unwrap_or_else(|failure| panic!("{failure}"));
        }
    };
    tokio::task::spawn_blocking(test).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn broken_block_is_reported_with_its_place() {
    let source = PriceSource::start().await;
    let test = move || {
        let text = "# A\n\n```sh\nclosecast jobs list\n```\n\n```sh\nclosecast predict NOPE\n```\n\n```console\n$ closecast keys list\nno such line\n```\n";
        let blocks = block::blocks("A.md", text).unwrap();
        let mut session = Session::new(&source);
        assert_eq!(session.run(&blocks[0]), Ok(()));
        let failure = session.run(&blocks[1]).unwrap_err();
        assert!(failure.contains("A.md:7") && failure.contains("NOPE"), "{failure}");
        let failure = Session::new(&source).run(&blocks[2]).unwrap_err();
        assert!(failure.contains("A.md:11") && failure.contains("no such line"), "{failure}");
    };
    tokio::task::spawn_blocking(test).await.unwrap();
}

#[test]
fn settings_reference_is_current() {
    let current = std::fs::read_to_string(root().join(reference::DOCUMENT)).unwrap();
    let expected = reference::document(&current);
    if current != expected {
        let new = Path::new(env!("CARGO_TARGET_TMPDIR")).join("SETTINGS.md");
        std::fs::write(&new, expected).unwrap();
        panic!("{} is out of date: copy {} over it", reference::DOCUMENT, new.display());
    }
}

#[test]
fn settings_reference_names_every_key_that_the_program_knows() {
    let folder = tempfile::tempdir().unwrap();
    let sections = reference::sections();
    for (section, keys) in &sections {
        let known = reference::known_keys(folder.path(), section);
        assert_eq!(known, *keys, "left: the program; right: the structs of the settings, section {section:?}");
    }
    let schedules = std::fs::read_to_string(root().join("docs/SCHEDULES.md")).unwrap();
    for key in reference::known_keys(folder.path(), "[schedule]") {
        assert!(schedules.contains(&format!("\n{key} = ")), "docs/SCHEDULES.md does not show the key {key}");
    }
}

#[test]
fn settings_reference_names_every_variable_of_the_environment() {
    let text = std::fs::read_to_string(root().join(reference::DOCUMENT)).unwrap();
    let variables = settings_source::variables();
    assert!(variables.contains(&"DATABASE_URL".to_owned()), "{variables:?}");
    for variable in variables {
        assert!(text.contains(&format!("`{variable}`")), "{} does not name {variable}", reference::DOCUMENT);
    }
}
