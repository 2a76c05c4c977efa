//! Fenced blocks of a Markdown document.

/// What a block holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    /// Commands of a shell.
    Sh,
    /// Commands after `$ `, with the output that follows them.
    Console,
    Json,
    Toml,
    /// Not checked: plain text, or the language of a client.
    Other,
}

impl Language {
    /// Returns whether the block is run.
    pub(crate) fn is_commands(self) -> bool {
        matches!(self, Self::Sh | Self::Console)
    }

    fn parse(name: &str) -> Option<Self> {
        match name {
            "sh" => Some(Self::Sh),
            "console" => Some(Self::Console),
            "json" => Some(Self::Json),
            "toml" => Some(Self::Toml),
            "js" | "text" => Some(Self::Other),
            _ => None,
        }
    }
}

/// A fenced block.
#[derive(Clone, Debug)]
pub(crate) struct Block {
    pub(crate) document: String,
    /// Line of the opening fence, from 1.
    pub(crate) line: usize,
    pub(crate) language: Language,
    pub(crate) text: String,
    /// Reason why the block is not run, from a comment `<!-- not run: REASON -->` before it.
    pub(crate) not_run: Option<String>,
}

impl Block {
    /// Returns document and line.
    pub(crate) fn place(&self) -> String {
        format!("{}:{}", self.document, self.line)
    }
}

/// Returns the blocks of a document.
///
/// # Errors
/// The place of a block whose language is missing or unknown, or that does not end.
pub(crate) fn blocks(document: &str, text: &str) -> Result<Vec<Block>, String> {
    let (mut blocks, mut reason) = (Vec::new(), None);
    let mut lines = text.lines().enumerate();
    while let Some((index, line)) = lines.next() {
        let place = || format!("{document}:{}", index + 1);
        let Some(name) = line.trim_start().strip_prefix("```") else {
            reason = line.strip_prefix("<!-- not run: ").and_then(|rest| rest.strip_suffix(" -->")).map(str::to_owned);
            continue;
        };
        let language = Language::parse(name).ok_or_else(|| {
            format!("{}: {name:?} is not the language of a block: write sh, console, json, toml, js or text", place())
        })?;
        let (mut text, mut is_closed) = (String::new(), false);
        for (_, line) in lines.by_ref() {
            is_closed = line.trim_start().starts_with("```");
            if is_closed {
                break;
            }
            text.push_str(line);
            text.push('\n');
        }
        if !is_closed {
            return Err(format!("{}: the block does not end", place()));
        }
        blocks.push(Block { document: document.to_owned(), line: index + 1, language, text, not_run: reason.take() });
    }
    Ok(blocks)
}

#[test]
fn blocks_are_found_with_language_place_and_reason() {
    let text = "a\n```sh\none\ntwo\n```\n<!-- not run: needs a moon -->\n```console\n$ three\n```\n```json\n{}\n```\n";
    let found = blocks("A.md", text).unwrap();
    let seen: Vec<_> = found.iter().map(|block| (block.line, block.language, block.text.as_str())).collect();
    let expected = [(2, Language::Sh, "one\ntwo\n"), (7, Language::Console, "$ three\n"), (10, Language::Json, "{}\n")];
    assert_eq!(seen, expected);
    assert_eq!(found[1].not_run.as_deref(), Some("needs a moon"));
    assert!(found[0].not_run.is_none() && found[2].not_run.is_none());
}

#[test]
fn block_without_language_or_end_is_refused() {
    assert!(blocks("A.md", "a\n\n```\nx\n```\n").unwrap_err().starts_with("A.md:3"));
    assert!(blocks("A.md", "```sh\nx\n").unwrap_err().contains("does not end"));
}
