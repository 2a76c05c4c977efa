//! The messages of clap in one line.

use clap::Error;

/// Returns what clap tells in paragraphs as one line, without the usage.
pub(crate) fn in_one_line(error: &Error) -> String {
    let text = error.render().to_string();
    let is_usage = |paragraph: &&str| paragraph.starts_with("Usage:") || paragraph.starts_with("For more information");
    let paragraphs = text.split("\n\n").filter(|paragraph| !is_usage(paragraph));
    let lines: Vec<String> = paragraphs.map(|part| part.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    let line = lines.join("; ");
    line.strip_prefix("error: ").unwrap_or(&line).to_owned()
}
