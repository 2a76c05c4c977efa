//! The settings reference, made from the sources of the settings and the help of the program.

use std::{collections::BTreeMap, fmt::Write as _, path::Path, process::Command};

use crate::settings_source::{Field, Sources};

/// The document, from the root of the repository.
pub(crate) const DOCUMENT: &str = "docs/SETTINGS.md";

/// Comments around the part that is made here.
const BEGIN: &str = "<!-- made from the code by crates/closecast/tests/documents.rs: begin -->\n";
const END: &str = "<!-- made from the code by crates/closecast/tests/documents.rs: end -->\n";

/// Commands whose flags set a key, with the section of the file.
const COMMANDS: [(&str, &str); 2] = [("serve", "server"), ("worker", "worker")];

/// A flag that can be given by the environment too.
#[derive(Clone, Debug)]
struct Flag {
    /// With its command, unless every command has it.
    shown: String,
    variable: String,
    description: String,
}

/// Returns the document with its generated part made anew.
pub(crate) fn document(current: &str) -> String {
    let missing = || panic!("{DOCUMENT} lacks a line {BEGIN:?} or {END:?}");
    let (before, rest) = current.split_once(BEGIN).unwrap_or_else(missing);
    let (_, after) = rest.split_once(END).unwrap_or_else(missing);
    format!("{before}{BEGIN}\n{}\n{END}{after}", tables().trim())
}

/// Returns the keys of each section: of the top level first, which is named "".
pub(crate) fn sections() -> Vec<(String, Vec<String>)> {
    let sources = Sources::read();
    let sections = tree(&sources);
    sections.into_iter().map(|(name, _, fields)| (name, fields.into_iter().map(|field| field.name).collect())).collect()
}

/// Returns the keys that the program names when a section has an unknown one.
pub(crate) fn known_keys(folder: &Path, section: &str) -> Vec<String> {
    let header = if section.is_empty() { String::new() } else { format!("[{section}]\n") };
    std::fs::write(folder.join("closecast.toml"), format!("{header}no_such_key = 1\n")).unwrap();
    let text = output(folder, &["jobs", "list"]);
    let (_, keys) = text.split_once("known keys: ").unwrap_or_else(|| panic!("section {section}: {text}"));
    keys.trim().split(", ").map(str::to_owned).collect()
}

/// Returns name, struct and fields of each section, the top level first.
fn tree(sources: &Sources) -> Vec<(String, String, Vec<Field>)> {
    let is_top = |fields: &[Field]| ["data_dir", "log"].iter().all(|key| fields.iter().any(|field| field.name == *key));
    let tops = sources.structs.iter().filter(|(name, fields)| is_top(fields) && is_complete(sources, name));
    let (top, _) = tops.max_by_key(|(_, fields)| fields.len()).unwrap_or_else(|| panic!("no struct has the settings"));
    let mut sections = Vec::new();
    walk(sources, "", top, &mut sections);
    sections
}

/// Returns whether a struct has defaults: flags and environment have none.
fn is_complete(sources: &Sources, name: &str) -> bool {
    sources.defaults.keys().any(|(of, _)| of == name)
}

fn walk(sources: &Sources, section: &str, name: &str, sections: &mut Vec<(String, String, Vec<Field>)>) {
    let fields = sources.structs[name].iter().filter(|field| !field.attributes.contains("serde(skip)"));
    let fields: Vec<Field> = fields.cloned().collect();
    sections.push((section.to_owned(), name.to_owned(), fields.clone()));
    for field in fields.iter().filter(|field| sources.structs.contains_key(&field.kind)) {
        walk(sources, format!("{section}.{}", field.name).trim_start_matches('.'), &field.kind, sections);
    }
}

fn tables() -> String {
    let sources = Sources::read();
    let mut flags = flags();
    let mut text = String::new();
    for (section, name, fields) in tree(&sources) {
        let title = if section.is_empty() { "Top level".to_owned() } else { format!("Section `[{section}]`") };
        writeln!(text, "## {title}\n\n| key | flag | environment | default | meaning |\n|---|---|---|---|---|")
            .unwrap();
        for field in fields.iter().filter(|field| !is_section(&sources, field)) {
            let key = format!("{section}.{}", field.name);
            let flag = flags.remove(key.trim_start_matches('.'));
            let (shown, variable) = flag.map_or_else(Default::default, |flag| (flag.shown, flag.variable));
            let default = default(&sources, &name, field);
            let meaning = field.documentation.trim_end_matches('.');
            writeln!(
                text,
                "| `{}` | {} | {} | {} | {meaning} |",
                field.name,
                code(&shown),
                code(&variable),
                code(&default)
            )
            .unwrap();
        }
        text.push('\n');
    }
    writeln!(text, "## Flags without a key\n\n| flag | environment | meaning |\n|---|---|---|").unwrap();
    for Flag { shown, variable, description } in flags.values() {
        writeln!(text, "| {} | {} | {description} |", code(shown), code(variable)).unwrap();
    }
    text.replace("|  |", "| |").replace("|  |", "| |")
}

/// Returns whether a key holds other keys: a section, or a list of them.
fn is_section(sources: &Sources, field: &Field) -> bool {
    let inner = field.kind.trim_start_matches("Vec<").trim_end_matches('>');
    sources.structs.contains_key(inner) || field.kind == "Vec<Schedule>"
}

fn code(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("`{text}`") }
}

/// Returns the default of a key as a user writes it; nothing for none, which the meaning explains.
fn default(sources: &Sources, name: &str, field: &Field) -> String {
    let written = sources.defaults.get(&(name.to_owned(), field.name.clone())).map_or("", String::as_str);
    let inside = |start: &str, end: &str| written.strip_prefix(start)?.strip_suffix(end).map(str::to_owned);
    let derived = || match field.kind.as_str() {
        "bool" => Some("false".to_owned()),
        kind if kind.starts_with("Option<") => Some(String::new()),
        _ => None,
    };
    match written {
        "None" => String::new(),
        "Vec::new()" => "[]".to_owned(),
        "IpAddr::V4(Ipv4Addr::LOCALHOST)" => "127.0.0.1".to_owned(),
        "" => derived().unwrap_or_else(|| panic!("{name}::{} has no default", field.name)),
        plain if plain == "true" || plain == "false" || plain.bytes().all(|byte| byte.is_ascii_digit()) => {
            plain.to_owned()
        }
        _ => inside("ByteSize::megabytes(", ")")
            .map(|size| format!("{size}MB"))
            .or_else(|| inside("PathBuf::from(\"", "\")"))
            .or_else(|| inside("\"", "\".to_owned()"))
            .or_else(|| sources.enums.get(written.strip_suffix("::default()")?).cloned())
            .unwrap_or_else(|| {
                panic!("the default {written} of {name}::{} cannot be shown: extend this function", field.name)
            }),
    }
}

/// Returns the flags with a variable, by the key that they set, or by the flag where they set none.
fn flags() -> BTreeMap<String, Flag> {
    let folder = tempfile::tempdir().unwrap();
    let keys: Vec<String> = sections()
        .into_iter()
        .flat_map(|(section, keys)| {
            keys.into_iter().map(move |key| format!("{section}.{key}").trim_start_matches('.').to_owned())
        })
        .collect();
    let mut flags = BTreeMap::new();
    let mut insert = |key: String, flag: Flag| {
        let key = if keys.contains(&key) { key } else { flag.shown.clone() };
        flags.insert(key, flag);
    };
    for flag in options(&output(folder.path(), &["--help"])) {
        let name = flag.shown.trim_start_matches('-').replace('-', "_");
        // `--artifacts-url` sets `url` in `[artifacts]`.
        let dotted = name.replacen('_', ".", 1);
        insert(if keys.contains(&name) { name } else { dotted }, flag);
    }
    for (command, section) in COMMANDS {
        let help = output(folder.path(), &[command, "--help"]);
        let own = help.split("Global options:").next().unwrap();
        for flag in options(own) {
            let name = flag.shown.trim_start_matches('-').replace('-', "_");
            insert(format!("{section}.{name}"), Flag { shown: format!("{command} {}", flag.shown), ..flag });
        }
    }
    flags
}

/// Returns the options of a help text that the environment can give.
fn options(help: &str) -> Vec<Flag> {
    let entries = help.split("\n      --").skip(1);
    let read = |entry: &str| {
        let name = entry.split([' ', '\n']).next()?;
        let (description, rest) = entry.split_once("[env: ")?;
        let variable = rest.split(['=', ']']).next()?;
        let lines = description.lines().skip(1).map(str::trim).take_while(|line| !line.starts_with("Possible values"));
        let description = lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ");
        Some(Flag { shown: format!("--{name}"), variable: variable.to_owned(), description })
    };
    entries.filter_map(read).collect()
}

/// Returns what the program prints, on standard output and standard error, in an empty environment.
fn output(folder: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_closecast"));
    let output = command.args(arguments).env_clear().env("COLUMNS", "100").current_dir(folder).output().unwrap();
    String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
}
