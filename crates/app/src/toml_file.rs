//! A TOML file of the user's, and in one line what is wrong with it.

use std::{fmt::Display, path::Path};

use figment::{
    Figment,
    error::{Actual, Kind},
    providers::Serialized,
};
use serde::de::DeserializeOwned;
use toml::{
    Spanned, Table,
    de::{DeTable, DeValue},
};

use crate::bounded_file;

/// Most bytes of a file: a long one has some kilobytes.
const MOST_BYTES: u64 = 256 * 1024;

/// A file that is TOML, whatever its keys.
pub struct TomlFile {
    name: String,
    text: String,
    table: Table,
}

impl TomlFile {
    /// Reads the file at `path`, which is `what`: "the settings file".
    ///
    /// # Errors
    /// In one line: there is none, it cannot be read, or it is not TOML.
    pub fn read(what: &str, path: &Path) -> Result<Self, String> {
        let name = path.display().to_string();
        if !path.exists() {
            return Err(format!("{what} {name} does not exist"));
        }
        let text = bounded_file::read_text(path, MOST_BYTES)
            .map_err(|error| format!("{what} {name} cannot be read: {error}"))?;
        match text.parse() {
            Ok(table) => Ok(Self { name, text, table }),
            Err(error) => {
                let line = error.span().map(|span| line_at(&text, span.start));
                Err(format!("{}: {}", place(&name, line), one_line(error.message())))
            }
        }
    }

    /// Returns what the file sets, as a layer of settings.
    pub fn layer(&self) -> Serialized<&Table> {
        Serialized::defaults(&self.table)
    }

    /// Returns what the file says, as a value.
    ///
    /// # Errors
    /// In one line: the key that is not known or whose value cannot be, with its line.
    pub fn extract<T: DeserializeOwned>(&self) -> Result<T, String> {
        Figment::from(self.layer()).extract().map_err(|error| self.refused(&error))
    }

    /// Returns why a key or a value of the file is refused, with its line.
    pub fn refused(&self, error: &figment::Error) -> String {
        let place = place(&self.name, self.line_of(&error.path));
        // A place in a list is no key.
        let keys: Vec<&str> =
            error.path.iter().map(String::as_str).filter(|key| key.parse::<usize>().is_err()).collect();
        let key = keys.join(".");
        match &error.kind {
            Kind::UnknownField(_, known) => format!("{place}: unknown key {key:?}; known keys: {}", known.join(", ")),
            Kind::UnknownVariant(found, known) => {
                format!("{place}: {key} is {found:?}, but must be {}", known.join(" or "))
            }
            Kind::InvalidType(found, expected) | Kind::InvalidValue(found, expected) => {
                format!("{place}: {key} is {}, but must be {}", value(found), in_words(expected))
            }
            kind => format!("{place}: {key}: {}", one_line(&kind.to_string())),
        }
    }

    /// Returns the line of the key at `path`, counted from 1.
    fn line_of(&self, path: &[String]) -> Option<usize> {
        let document = DeTable::parse(&self.text).ok()?;
        let start = key_start(document.get_ref(), path)?;
        Some(line_at(&self.text, start))
    }
}

/// Returns the position of the key at `path`, in bytes. A number in the path is a place in a list.
fn key_start(table: &DeTable<'_>, path: &[String]) -> Option<usize> {
    let (first, below) = path.split_first()?;
    let (key, value): (&Spanned<_>, _) = table.iter().find(|(key, _)| key.get_ref() == first)?;
    if below.is_empty() { Some(key.span().start) } else { start_within(value, below) }
}

/// Returns the position of what stands at `path` in `value`; of `value` where the path leads no further.
fn start_within(value: &Spanned<DeValue<'_>>, path: &[String]) -> Option<usize> {
    match (value.get_ref(), path.split_first()) {
        (DeValue::Table(table), Some(_)) => key_start(table, path),
        (DeValue::Array(list), Some((place, below))) => start_within(list.get(place.parse::<usize>().ok()?)?, below),
        _ => Some(value.span().start),
    }
}

fn line_at(text: &str, position: usize) -> usize {
    1 + text.bytes().take(position).filter(|byte| *byte == b'\n').count()
}

fn place(name: &str, line: Option<usize>) -> String {
    line.map_or_else(|| name.to_owned(), |line| format!("{name}, line {line}"))
}

/// Returns a value as it stands in a file.
fn value(found: &Actual) -> String {
    let shown: &dyn Display = match found {
        Actual::Str(text) => return format!("{text:?}"),
        Actual::Seq => return "an array".to_owned(),
        Actual::Map => return "a table".to_owned(),
        Actual::Bool(value) => value,
        Actual::Unsigned(value) => value,
        Actual::Signed(value) => value,
        // With its point: 2.0 is not the whole number 2.
        Actual::Float(value) => return format!("{value:?}"),
        other => other,
    };
    shown.to_string()
}

/// Returns what is expected in the words of a person who need not know Rust.
fn in_words(expected: &str) -> String {
    match expected {
        "u16" => format!("a whole number from 0 to {}", u16::MAX),
        "u32" | "usize" => "a whole number above 0".to_owned(),
        "u64" => "a whole number".to_owned(),
        "f32" | "f64" => "a number".to_owned(),
        "a string" | "path string" => "text in quotes".to_owned(),
        expected if expected.starts_with("struct ") => "a table".to_owned(),
        expected => expected.to_owned(),
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The file is bounded, and so is what is made of it.
    #[test]
    fn file_takes_bounded_memory_whatever_stands_in_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.toml");
        let many = |piece: &str| piece.repeat(MOST_BYTES as usize / piece.len() - 8);
        for text in [
            format!("a = [{}0]", many("1,")),
            format!("a = [{}0]", many("[],")),
            format!("a = [{}0]", many("{},")),
            (0..16_000).map(|i| format!("k{i} = 1\n")).collect(),
            (0..10_000).map(|i| format!("[t{i}]\n")).collect(),
            format!("a = {}", many("[")),
            many("# note\n"),
        ] {
            std::fs::write(&path, &text).unwrap();
            let read = || drop(TomlFile::read("the settings file", &path));
            let taken = allocation_counter::measure(read);
            assert!(taken.bytes_max < 64_000_000, "{text:.20}: {}", taken.bytes_max);
        }
        std::fs::write(&path, many("# note\n").repeat(2)).unwrap();
        assert!(TomlFile::read("the settings file", &path).err().unwrap().contains("more than"));
    }

    #[test]
    fn a_key_is_found_on_its_line_in_a_table_of_its_own_or_inline() {
        let file = |text: &str| TomlFile {
            name: "closecast.toml".to_owned(),
            text: text.to_owned(),
            table: text.parse().unwrap(),
        };
        let path = |key: &str| key.split('.').map(str::to_owned).collect::<Vec<_>>();
        let sections = file("# settings\nlog = \"warn\"\n\n[server]\nhost = \"::1\"\nport = 1\n");
        for (key, line) in [("log", 2), ("server", 4), ("server.port", 6)] {
            assert_eq!(sections.line_of(&path(key)), Some(line), "{key}");
        }
        assert_eq!(file("\nserver.port = 1\n").line_of(&path("server.port")), Some(2));
        assert_eq!(file("server = { port = 1 }").line_of(&path("server.port")), Some(1));
        assert_eq!(sections.line_of(&path("server.colour")), None);
        let list = file("[[stop]]\nname = 1\n\n[[stop]]\nat = [\n  2,\n  3,\n]\n");
        for (key, line) in [("stop.0", 1), ("stop.0.name", 2), ("stop.1", 4), ("stop.1.at", 5), ("stop.1.at.1", 7)] {
            assert_eq!(list.line_of(&path(key)), Some(line), "{key}");
        }
        assert_eq!(list.line_of(&path("stop.2.at")), None);
    }
}
