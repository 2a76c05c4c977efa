//! What a source file may hold. Code is looked at as tokens, so that strings and comments do not count as code.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use crate::breach::Breach;

/// Most lines of a file.
const MAX_LINES: usize = 600;
/// Folders and files that may hold `unsafe`.
const UNSAFE_HOME: &str = "crates/nn/src/kernels";
/// Files that may read the environment: the settings, and what tells tests which servers run.
const ENVIRONMENT_HOMES: [&str; 2] = ["crates/closecast/src/config", "crates/testkit/src/services"];
/// Names that say nothing and gather everything.
const MAGNETS: &[&str] = &["utils", "util", "common", "helpers", "helper", "misc"];
/// Marks of unfinished work. Written in two parts, or this line would break its own rule.
const MARKS: &[&str] = &[concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];

/// Returns every breach of the file at `path`, which is relative to the root of the repository, with `/` in it.
pub(crate) fn check(path: &str, text: &str) -> Vec<Breach> {
    let mut breaches: Vec<Breach> =
        length(path, text).into_iter().chain(file_name(path)).chain(marks(path, text)).collect();
    match text.parse::<TokenStream>() {
        Ok(tokens) => TokenRules { path, breaches: &mut breaches }.visit(tokens),
        Err(error) => breaches.push(Breach::new(path, format!("is not Rust: {error}"), "Make it compile")),
    }
    breaches
}

fn length(path: &str, text: &str) -> Option<Breach> {
    let lines = text.lines().count();
    let remedy = "One idea a file: split it by what its parts are about";
    (lines > MAX_LINES).then(|| Breach::new(path, format!("has {lines} lines, more than {MAX_LINES}"), remedy))
}

fn file_name(path: &str) -> Option<Breach> {
    let name = path.rsplit('/').next()?;
    (name == "mod.rs").then(|| Breach::new(path, "is a mod.rs", "Name it after its folder, beside it: foo.rs and foo/"))
}

fn marks<'a>(path: &'a str, text: &'a str) -> impl Iterator<Item = Breach> {
    let remedy = "Finish it now, or open an issue and leave the mark out";
    text.lines().enumerate().filter_map(move |(index, line)| {
        let mark = MARKS.iter().find(|mark| line.split(|c: char| !c.is_alphanumeric()).any(|word| word == **mark))?;
        Some(Breach::new(format!("{path}:{}", index + 1), format!("holds the mark {mark}"), remedy))
    })
}

struct TokenRules<'a> {
    path: &'a str,
    breaches: &'a mut Vec<Breach>,
}

impl TokenRules<'_> {
    fn visit(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        for rest in (0..tokens.len()).map(|start| &tokens[start..]) {
            let words: Vec<String> = rest.iter().take(4).map(word).collect();
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            self.check(&words, rest);
        }
        for token in tokens {
            if let TokenTree::Group(group) = token {
                self.visit(group.stream());
            }
        }
    }

    fn check(&mut self, words: &[&str], rest: &[TokenTree]) {
        let is_in =
            |home: &str| self.path.strip_prefix(home).is_some_and(|rest| rest.starts_with('/') || rest == ".rs");
        let (fault, remedy) = match words {
            ["unsafe", ..] if !is_in(UNSAFE_HOME) => (
                "unsafe code outside the kernels".to_owned(),
                "Write it safely, or move the kernel to crates/nn/src/kernels",
            ),
            [kind @ ("mod" | "fn"), name, ..] if MAGNETS.contains(name) => {
                (format!("`{kind} {name}` says nothing"), "Name it after what it does, and put it beside its callers")
            }
            ["env", ":", ":", "var" | "vars" | "var_os" | "vars_os"]
                if !self.may_read_environment(ENVIRONMENT_HOMES.into_iter().any(is_in)) =>
            {
                (
                    "reads the environment".to_owned(),
                    "Add a setting to crates/closecast/src/config.rs and pass its value in",
                )
            }
            [name @ ("todo" | "unimplemented"), "!", ..] => {
                (format!("{name}!() is unfinished work"), "Finish it, or leave it out")
            }
            ["#", attribute, ..] if is_ignore(attribute, rest) => (
                "an ignored test".to_owned(),
                "Make it fast, offline and sure, or delete it: a test that does not run shows nothing",
            ),
            _ => return,
        };
        let line = rest.first().map_or(0, |token| token.span().start().line);
        self.breaches.push(Breach::new(format!("{}:{line}", self.path), fault, remedy));
    }

    /// A build script has no other way to learn what Cargo tells it.
    fn may_read_environment(&self, is_settings: bool) -> bool {
        is_settings || self.path.ends_with("/build.rs")
    }
}

/// Returns an identifier or a punctuation mark as text, and nothing for literals and groups but their opening bracket.
fn word(token: &TokenTree) -> String {
    match token {
        TokenTree::Ident(ident) => ident.to_string(),
        TokenTree::Punct(punct) => punct.as_char().to_string(),
        TokenTree::Group(group) if group.delimiter() == Delimiter::Bracket => "[".to_owned(),
        TokenTree::Group(_) | TokenTree::Literal(_) => String::new(),
    }
}

/// Returns whether the token after `#` is `[ignore]`, `[ignore = ".."]` or a `cfg_attr` that gives it.
fn is_ignore(bracket: &str, rest: &[TokenTree]) -> bool {
    let Some(TokenTree::Group(group)) = rest.get(1) else { return false };
    let words: Vec<String> = group.stream().into_iter().map(|token| word(&token)).collect();
    let in_condition = || {
        let parts = group.stream().into_iter().filter_map(|token| match token {
            TokenTree::Group(arguments) => Some(arguments.stream()),
            _ => None,
        });
        parts.flatten().any(|token| word(&token) == "ignore")
    };
    let first = words.first().map(String::as_str);
    bracket == "[" && (first == Some("ignore") || (first == Some("cfg_attr") && in_condition()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: &str = "crates/data/src/csv.rs";

    fn assert_breach(path: &str, text: &str, named: &str) {
        let found = check(path, text);
        assert!(
            found.len() == 1 && found[0].to_string().contains(named),
            "{text:?} gives {found:?}, expected {named:?}"
        );
    }

    #[test]
    fn a_good_file_passes() {
        let text = r##"
            //! unsafe, env::var, #[ignore] and mod utils in a comment are no code.
            #![expect(unsafe_code, reason = "as is the name of a lint")]
            const TEXT: &str = "todo!() unsafe #[ignore] env::var(1) mod common;";
            fn common_days<'a>(text: &'a str) -> char { let _ = env!("OUT_DIR"); '"' }
        "##;
        assert_eq!(check(PLACE, text), []);
    }

    #[test]
    fn long_files_and_mod_files_are_named() {
        assert_eq!(check(PLACE, &"\n".repeat(MAX_LINES)), []);
        assert_breach(PLACE, &"\n".repeat(MAX_LINES + 1), "601 lines");
        assert_breach("crates/data/src/csv/mod.rs", "", "mod.rs");
    }

    #[test]
    fn unsafe_code_stays_in_the_kernels() {
        let text = "fn add() { if true { unsafe { intrinsic() } } }";
        assert_breach(PLACE, text, "unsafe code");
        assert_breach("crates/nn/src/kernels_too.rs", text, "unsafe code");
        assert_breach("crates/data/src/csv.rs", "unsafe impl Send for Row {}", "unsafe code");
        assert_eq!(check("crates/nn/src/kernels/avx2.rs", text), []);
        assert_eq!(check("crates/nn/src/kernels.rs", text), []);
    }

    #[test]
    fn names_that_say_nothing_are_named() {
        for text in ["mod utils;", "pub(crate) mod common { }", "fn helpers() {}", "mod tests { fn util() {} }"] {
            assert_breach(PLACE, text, "says nothing");
        }
    }

    #[test]
    fn only_the_settings_read_the_environment() {
        for text in ["fn f() { std::env::var(\"X\"); }", "fn f() { env::vars_os(); }", "use std::env::var;"] {
            assert_breach(PLACE, text, "environment");
            assert_eq!(check("crates/closecast/src/config.rs", text), []);
            assert_eq!(check("crates/closecast/src/config/server.rs", text), []);
            assert_eq!(check("crates/testkit/src/services.rs", text), []);
            assert_eq!(check("crates/closecast/build.rs", text), []);
        }
    }

    #[test]
    fn unfinished_work_is_named_with_its_line() {
        for mark in MARKS {
            assert_breach(PLACE, &format!("fn f() {{}}\n// {mark}: later"), "csv.rs:2");
        }
        assert_breach(PLACE, "fn f() { todo!() }", "todo!()");
        assert_breach(PLACE, "fn f() { unimplemented!(\"later\") }", "unimplemented!()");
    }

    #[test]
    fn ignored_tests_are_named() {
        for attribute in ["#[ignore]", "#[ignore = \"slow\"]", "#[cfg_attr(windows, ignore)]"] {
            assert_breach(
                PLACE,
                &format!("mod tests {{\n#[test]\n{attribute} fn f() {{}} }}"),
                "csv.rs:3: an ignored test",
            );
        }
    }

    #[test]
    fn what_is_not_rust_is_named() {
        assert_breach(PLACE, "fn f( {", "is not Rust");
    }
}
