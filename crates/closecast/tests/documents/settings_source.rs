//! The settings as the sources define them: structs of fields with their documentation, and their defaults.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use crate::root;

/// A key of the settings file.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    pub(crate) name: String,
    /// Type, as written and without spaces.
    pub(crate) kind: String,
    /// Documentation, in one line.
    pub(crate) documentation: String,
    /// Text of the attributes beside the documentation.
    pub(crate) attributes: String,
}

/// Structs, defaults and enums of the sources that read settings.
#[derive(Default)]
pub(crate) struct Sources {
    /// Fields of each struct, in order.
    pub(crate) structs: BTreeMap<String, Vec<Field>>,
    /// Default of each field, as written and without spaces, by struct and field.
    pub(crate) defaults: BTreeMap<(String, String), String>,
    /// Default of each enum that derives one.
    pub(crate) enums: BTreeMap<String, String>,
}

impl Sources {
    /// Reads the sources of all crates that hold structs of the settings.
    pub(crate) fn read() -> Self {
        let mut sources = Self::default();
        for path in files() {
            let text = std::fs::read_to_string(&path).unwrap();
            let has_default_variant = text.contains("#[default]") && text.contains("Deserialize");
            if has_default_variant || text.contains("deny_unknown_fields") {
                let tokens = text.parse::<TokenStream>().unwrap_or_else(|error| panic!("{}: {error}", path.display()));
                sources.add(&tokens.into_iter().collect::<Vec<_>>());
            }
        }
        sources
    }

    fn add(&mut self, tokens: &[TokenTree]) {
        for start in 0..tokens.len() {
            let words: Vec<String> = tokens[start..].iter().take(4).map(word).collect();
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let body = |place: usize| match tokens.get(start + place) {
                Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => Some(group.stream()),
                _ => None,
            };
            match words[..] {
                ["struct", name, ..] => {
                    let fields = body(2).map(fields);
                    self.structs.extend(fields.map(|fields| (name.to_owned(), fields)));
                }
                ["enum", name, ..] => {
                    let default = body(2).and_then(default_variant);
                    self.enums.extend(default.map(|default| (name.to_owned(), default)));
                }
                ["impl", "Default", "for", name] => {
                    let values = body(4).map(values).unwrap_or_default();
                    self.defaults.extend(values.into_iter().map(|(field, value)| ((name.to_owned(), field), value)));
                }
                _ => {}
            }
        }
    }
}

/// Returns the names of the environment that the settings read beside the variables of the flags.
pub(crate) fn variables() -> Vec<String> {
    let mut variables: Vec<String> = files()
        .iter()
        .filter(|path| path.components().any(|part| part.as_os_str() == "config"))
        .flat_map(|path| {
            let text = std::fs::read_to_string(path).unwrap();
            let before_tests = text.split("#[cfg(test)]").next().unwrap().to_owned();
            let literals = before_tests.split(".get(\"").skip(1).filter_map(|rest| rest.split('"').next());
            literals.map(str::to_owned).collect::<Vec<_>>()
        })
        .filter(|name| name.chars().all(|letter| letter.is_ascii_uppercase() || "_0123456789".contains(letter)))
        .collect();
    variables.sort_unstable();
    variables.dedup();
    variables
}

/// Returns the Rust files of all crates but tests.
fn files() -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(root().join("crates")).unwrap() {
        collect(&entry.unwrap().path().join("src"), &mut files);
    }
    files.sort();
    files
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

fn word(token: &TokenTree) -> String {
    match token {
        TokenTree::Ident(ident) => ident.to_string(),
        TokenTree::Punct(punct) => punct.as_char().to_string(),
        TokenTree::Group(_) | TokenTree::Literal(_) => String::new(),
    }
}

/// Returns the parts of a list with commas between them. Commas in angle brackets separate nothing.
fn parts(stream: TokenStream) -> Vec<Vec<TokenTree>> {
    let (mut parts, mut depth) = (vec![Vec::new()], 0_i32);
    for token in stream {
        match word(&token).as_str() {
            "<" => depth += 1,
            ">" => depth -= 1,
            "," if depth == 0 => {
                parts.push(Vec::new());
                continue;
            }
            _ => {}
        }
        if let Some(part) = parts.last_mut() {
            part.push(token);
        }
    }
    parts.retain(|part| !part.is_empty());
    parts
}

fn fields(body: TokenStream) -> Vec<Field> {
    parts(body).iter().filter_map(|part| field(part)).collect()
}

/// Reads `/// text`, attributes, visibility, `name: type`.
fn field(part: &[TokenTree]) -> Option<Field> {
    let (documentation, attributes) = attributes(part);
    let colon = part.iter().position(|token| word(token) == ":")?;
    let name = part.get(colon.checked_sub(1)?).map(word)?;
    Some(Field { name, kind: written(&part[colon + 1..]), documentation, attributes })
}

/// Returns the documentation in one line, and the other attributes as they are written.
fn attributes(part: &[TokenTree]) -> (String, String) {
    let (mut documentation, mut others) = (Vec::new(), String::new());
    for pair in part.windows(2) {
        let (true, TokenTree::Group(group)) = (word(&pair[0]) == "#", &pair[1]) else { continue };
        let inside: Vec<TokenTree> = group.stream().into_iter().collect();
        match (inside.first().map(word).as_deref(), inside.last()) {
            (Some("doc"), Some(TokenTree::Literal(literal))) => {
                let text = literal.to_string();
                let text = text.trim_start_matches('r').trim_matches('#').trim_matches('"');
                documentation.push(text.replace("\\\"", "\"").trim().to_owned());
            }
            _ => others.push_str(&written(&inside)),
        }
    }
    (documentation.join(" "), others)
}

fn default_variant(body: TokenStream) -> Option<String> {
    let variants = parts(body);
    let variant = variants.iter().find(|part| attributes(part).1.contains("default"))?;
    variant.last().map(|token| word(token).to_lowercase())
}

/// Returns field and value of each part of the `Self { … }` in an `impl Default`.
fn values(body: TokenStream) -> Vec<(String, String)> {
    let tokens: Vec<TokenTree> = body.into_iter().collect();
    for pair in tokens.windows(2) {
        let TokenTree::Group(group) = &pair[1] else { continue };
        if group.delimiter() != Delimiter::Brace {
            continue;
        }
        let is_value = word(&pair[0]) == "Self" && tokens.len() == 2;
        if !is_value {
            let inner = values(group.stream());
            if !inner.is_empty() {
                return inner;
            }
            continue;
        }
        let named = parts(group.stream()).into_iter().filter(|part| part.get(1).map(word).as_deref() == Some(":"));
        return named.map(|part| (word(&part[0]), written(&part[2..]))).collect();
    }
    Vec::new()
}

/// Returns tokens as text without spaces.
fn written(tokens: &[TokenTree]) -> String {
    tokens.iter().map(|token| token.to_string().replace(' ', "")).collect()
}
