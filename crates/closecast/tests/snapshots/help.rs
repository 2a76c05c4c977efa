//! The help of every command.

use std::{fmt::Write as _, path::Path};

use crate::{assert_unchanged, command::command};

#[test]
fn the_help_of_every_command() {
    let folder = tempfile::tempdir().unwrap();
    let mut text = String::new();
    write_help(folder.path(), &mut vec![], &mut text);
    assert!(text.contains("$ closecast models show --help"), "commands below commands are missing:\n{text}");
    assert_unchanged("help", &text);
}

#[test]
fn help_is_wrapped_at_the_width_of_the_terminal_but_at_110_at_most() {
    let folder = tempfile::tempdir().unwrap();
    let widest = |width: usize| {
        let help = help(folder.path(), &["train".to_owned()], width);
        help.lines().map(|line| line.chars().count()).max().unwrap()
    };
    assert!(widest(72) <= 72, "{}", widest(72));
    assert!((101..=110).contains(&widest(300)), "{}", widest(300));
}

/// Returns the help of the command at `path` on a terminal of `width` columns.
fn help(folder: &Path, path: &[String], width: usize) -> String {
    let mut command = command(folder);
    let output = command.args(path).arg("--help").env("COLUMNS", width.to_string()).output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{path:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// Appends the help of the command at `path`, and of the commands that it names.
fn write_help(folder: &Path, path: &mut Vec<String>, text: &mut String) {
    let help = help(folder, path, 100);
    let title: String = path.iter().flat_map(|name| [" ", name]).collect();
    writeln!(text, "$ closecast{title} --help\n{help}").unwrap();
    for name in names_below(&help) {
        path.push(name.to_owned());
        write_help(folder, path, text);
        path.pop();
    }
}

/// Returns the commands that a help text lists, without clap's own `help`.
fn names_below(help: &str) -> impl Iterator<Item = &str> {
    let list = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    // A name stands two columns in; the rest of a description that was wrapped stands further in.
    list.filter_map(|line| line.strip_prefix("  ").filter(|line| !line.starts_with(' ')))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
}
