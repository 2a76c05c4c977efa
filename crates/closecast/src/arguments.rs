//! Reading and quoting arguments of the command line.

use chrono::NaiveDate;

/// Returns the command line as it can be given again in a POSIX shell.
pub(crate) fn command_line() -> String {
    let arguments = std::env::args_os().skip(1).map(|argument| quoted(&argument.to_string_lossy()));
    std::iter::once("closecast".to_owned()).chain(arguments).collect::<Vec<_>>().join(" ")
}

fn quoted(argument: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./,:=+%@".contains(c);
    if !argument.is_empty() && argument.chars().all(plain) {
        return argument.to_owned();
    }
    format!("'{}'", argument.replace('\'', r"'\''"))
}

/// Reads a date of an argument.
pub(crate) fn date(text: &str) -> Result<NaiveDate, String> {
    NaiveDate::parse_from_str(text, "%Y-%m-%d").map_err(|_| format!("{text:?} is not a date; write YYYY-MM-DD"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_argument_is_quoted_where_a_shell_would_read_it_otherwise() {
        let quoted = ["--from=2023-01-03", "naive,lstm", "my prices", "it's", ""].map(quoted);
        assert_eq!(quoted, ["--from=2023-01-03", "naive,lstm", "'my prices'", r"'it'\''s'", "''"]);
    }
}
