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

/// Appends the help of the command at `path`, and of the commands that it names.
fn write_help(folder: &Path, path: &mut Vec<String>, text: &mut String) {
    // The width of the terminal, should the program ever ask for it.
    let output = command(folder).args(path.iter()).arg("--help").env("COLUMNS", "100").output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{path:?}");
    let help = String::from_utf8(output.stdout).unwrap();
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
