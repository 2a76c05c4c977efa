//! Which file of a crate imports which, as far as paths that begin with `crate`, `super` or `self` say it.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{TokenStream, TokenTree};

/// A module as the names on the way to it; the root of the crate is empty.
pub(crate) type Module = Vec<String>;

/// A file of a crate with its code outside of tests.
struct File {
    module: Module,
    paths: Vec<Import>,
}

/// A path of a `use` declaration.
struct Import {
    path: Vec<String>,
    is_reexport: bool,
}

/// Returns the modules that each module imports, of the crate whose sources lie under `folder`.
pub(crate) fn arrows(folder: &str, sources: &[(String, String)]) -> BTreeMap<Module, BTreeSet<Module>> {
    let files: Vec<File> = sources.iter().filter_map(|(path, text)| file(path.strip_prefix(folder)?, text)).collect();
    let modules: BTreeSet<&Module> = files.iter().map(|file| &file.module).collect();
    // Names that a module passes on from below: who imports such a name imports the file that defines it.
    let mut passed_on: BTreeMap<Module, Module> = BTreeMap::new();
    for file in &files {
        for import in file.paths.iter().filter(|import| import.is_reexport) {
            if let (Some(target), Some(name)) = (absolute(&file.module, &import.path), import.path.last()) {
                passed_on.insert([file.module.as_slice(), std::slice::from_ref(name)].concat(), target);
            }
        }
    }
    let mut arrows: BTreeMap<Module, BTreeSet<Module>> = BTreeMap::new();
    for file in &files {
        let imported = file.paths.iter().filter(|import| !import.is_reexport);
        let targets = imported.filter_map(|import| absolute(&file.module, &import.path));
        let targets = targets.filter_map(|target| defining(target, &modules, &passed_on));
        arrows.entry(file.module.clone()).or_default().extend(targets.filter(|target| *target != file.module));
    }
    arrows
}

/// Returns the groups of modules that import each other, directly or through others.
pub(crate) fn circles(arrows: &BTreeMap<Module, BTreeSet<Module>>) -> Vec<BTreeSet<Module>> {
    let reach = |start: &Module| {
        let (mut seen, mut open) = (BTreeSet::new(), vec![start]);
        while let Some(module) = open.pop() {
            for next in arrows.get(module).into_iter().flatten() {
                if seen.insert(next.clone()) {
                    open.push(next);
                }
            }
        }
        seen
    };
    let reached: BTreeMap<&Module, BTreeSet<Module>> = arrows.keys().map(|module| (module, reach(module))).collect();
    let within = |module: &Module| {
        let mutual = |other: &&Module| reached.get(other).is_some_and(|seen| seen.contains(module));
        let mut group: BTreeSet<Module> = reached[module].iter().filter(mutual).cloned().collect();
        group.insert(module.clone());
        group
    };
    let groups: BTreeSet<BTreeSet<Module>> = arrows.keys().map(within).filter(|group| group.len() > 1).collect();
    groups.into_iter().collect()
}

/// Returns the module of the file at `path`, relative to the sources of its crate; none for tests.
fn file(path: &str, text: &str) -> Option<File> {
    let name = path.strip_suffix(".rs")?;
    let module: Module = match name {
        "lib" | "main" => Vec::new(),
        name => name.split('/').map(str::to_owned).collect(),
    };
    let last = module.last().map_or("", String::as_str);
    if last.ends_with("_test") || module.iter().any(|part| part == "tests") || last.starts_with("test_") {
        return None;
    }
    let mut paths = Vec::new();
    collect(text.parse().ok()?, &mut paths);
    Some(File { module, paths })
}

/// Collects the paths of `use` declarations, leaving out modules of tests.
fn collect(tokens: TokenStream, paths: &mut Vec<Import>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut place = 0;
    while place < tokens.len() {
        match &tokens[place] {
            TokenTree::Ident(word) if *word == "mod" => {
                let is_tests = matches!(tokens.get(place + 1), Some(TokenTree::Ident(name)) if *name == "tests");
                place += if is_tests { 3 } else { 1 };
                continue;
            }
            TokenTree::Ident(word) if *word == "use" => {
                let end = tokens[place..].iter().position(is_semicolon).map_or(tokens.len(), |length| place + length);
                let is_reexport = is_public(&tokens[..place]);
                let mut found = Vec::new();
                tree(&tokens[place + 1..end], &[], &mut found);
                paths.extend(found.into_iter().map(|path| Import { path, is_reexport }));
                place = end;
            }
            TokenTree::Group(group) => collect(group.stream(), paths),
            _ => {}
        }
        place += 1;
    }
}

fn is_semicolon(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Punct(mark) if mark.as_char() == ';')
}

/// Returns whether the tokens end with `pub` or `pub(…)`.
fn is_public(before: &[TokenTree]) -> bool {
    let is_pub = |token: &TokenTree| matches!(token, TokenTree::Ident(word) if *word == "pub");
    match before {
        [.., last] if is_pub(last) => true,
        [.., word, TokenTree::Group(_)] => is_pub(word),
        _ => false,
    }
}

/// Writes every path of a tree of imports.
fn tree(tokens: &[TokenTree], prefix: &[String], found: &mut Vec<Vec<String>>) {
    let is_comma = |token: &TokenTree| matches!(token, TokenTree::Punct(mark) if mark.as_char() == ',');
    for part in tokens.split(is_comma).filter(|part| !part.is_empty()) {
        let mut path = prefix.to_vec();
        let mut is_group = false;
        for token in part {
            match token {
                TokenTree::Ident(word) if *word == "as" => break,
                TokenTree::Ident(word) => path.push(word.to_string()),
                TokenTree::Group(group) => {
                    let inner: Vec<TokenTree> = group.stream().into_iter().collect();
                    tree(&inner, &path, found);
                    is_group = true;
                }
                _ => {}
            }
        }
        if !is_group {
            if path.last().is_some_and(|last| last == "self") && path.len() > 1 {
                path.pop();
            }
            found.push(path);
        }
    }
}

/// Returns the path from the root of the crate; none for paths into other crates.
fn absolute(module: &Module, path: &[String]) -> Option<Module> {
    let first = path.first()?;
    match first.as_str() {
        "crate" => Some(path[1..].to_vec()),
        "self" => Some([module.as_slice(), &path[1..]].concat()),
        "super" => {
            let up = path.iter().take_while(|part| *part == "super").count();
            let base = module.get(..module.len().checked_sub(up)?)?;
            Some([base, &path[up..]].concat())
        }
        _ => None,
    }
}

/// Returns the module in which what `path` names is defined.
fn defining(mut path: Module, modules: &BTreeSet<&Module>, passed_on: &BTreeMap<Module, Module>) -> Option<Module> {
    // A name may be passed on several times; a path that leads to itself ends the search.
    for _ in 0..8 {
        let length = (0..=path.len()).rev().find(|&length| modules.contains(&path[..length].to_vec()))?;
        let Some(target) = path.get(..=length).and_then(|name| passed_on.get(name)) else {
            return Some(path[..length].to_vec());
        };
        let next = [target.as_slice(), &path[length + 1..]].concat();
        if next == path {
            return Some(path[..length].to_vec());
        }
        path = next;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn circles_of(sources: &[(&str, &str)]) -> Vec<Vec<String>> {
        let sources: Vec<_> = sources.iter().map(|&(path, text)| (format!("src/{path}"), text.to_owned())).collect();
        let name = |module: &Module| module.join("::");
        circles(&arrows("src/", &sources)).iter().map(|group| group.iter().map(name).collect()).collect()
    }

    #[test]
    fn files_that_import_each_other_are_a_circle() {
        assert_eq!(circles_of(&[("a.rs", "use crate::b::B;"), ("b.rs", "use super::a::A;")]), [["a", "b"]]);
        let three = [("a.rs", "use crate::b::B;"), ("b.rs", "use crate::c::{self, C};"), ("c.rs", "use crate::a;")];
        assert_eq!(circles_of(&three), [["a", "b", "c"]]);
        assert_eq!(circles_of(&three[..2]), Vec::<Vec<String>>::new());
    }

    #[test]
    fn name_counts_where_it_is_defined_when_a_parent_passes_it_on() {
        let parent = ("a.rs", "mod b; mod c; pub use self::b::B; use self::c::C;");
        assert_eq!(circles_of(&[parent, ("a/b.rs", ""), ("a/c.rs", "use super::B;")]), Vec::<Vec<String>>::new());
        let circle = [parent, ("a/b.rs", "use super::c::C;"), ("a/c.rs", "use crate::a::B;")];
        assert_eq!(circles_of(&circle), [["a::b", "a::c"]]);
    }

    #[test]
    fn imports_of_tests_do_not_count() {
        let test = "use crate::b::B; #[cfg(test)] mod tests { use super::*; }";
        assert_eq!(
            circles_of(&[("a.rs", test), ("b.rs", "mod tests { use crate::a::A; }")]),
            Vec::<Vec<String>>::new()
        );
    }
}
