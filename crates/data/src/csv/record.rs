//! Splits a line into cells.

/// Supported separators, the most likely first.
pub(super) const DELIMITERS: [char; 4] = [',', ';', '\t', '|'];

/// Splits `line` at `delimiter` into `cells`, trimmed and unquoted.
///
/// One line is one record: price files have no line breaks in cells, and an unclosed quote must not consume the rest of
/// the file.
pub(super) fn split(line: &str, delimiter: char, cells: &mut Vec<String>) {
    let mut used = 0;
    let mut quoted = false;
    let mut characters = line.chars().peekable();
    next_cell(cells, &mut used);
    while let Some(c) = characters.next() {
        let cell = &mut cells[used - 1];
        match c {
            '"' if quoted && characters.peek() == Some(&'"') => {
                characters.next();
                cell.push('"');
            }
            '"' if quoted => quoted = false,
            '"' if cell.trim().is_empty() => {
                cell.clear();
                quoted = true;
            }
            _ if c == delimiter && !quoted => next_cell(cells, &mut used),
            _ => cell.push(c),
        }
    }
    cells.truncate(used);
    for cell in cells {
        trim(cell);
    }
}

fn next_cell(cells: &mut Vec<String>, used: &mut usize) {
    match cells.get_mut(*used) {
        Some(cell) => cell.clear(),
        None => cells.push(String::new()),
    }
    *used += 1;
}

fn trim(cell: &mut String) {
    let trimmed = cell.trim();
    if trimmed.len() != cell.len() {
        *cell = trimmed.to_owned();
    }
}

/// Splits off the decimal digits that `text` begins with; `None` when there are none.
pub(super) fn digits(text: &str) -> Option<(&str, &str)> {
    let length = text.bytes().take_while(u8::is_ascii_digit).count();
    (length > 0).then(|| text.split_at(length))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(line: &str, delimiter: char) -> Vec<String> {
        let mut cells = vec!["left over".to_owned(); 3];
        split(line, delimiter, &mut cells);
        cells
    }

    #[test]
    fn split_handles_quotes() {
        assert_eq!(cells("a, b ,c", ','), ["a", "b", "c"]);
        assert_eq!(cells("", ','), [""]);
        assert_eq!(cells("a,,", ','), ["a", "", ""]);
        assert_eq!(cells("\"1,5\",\"say \"\"x\"\"\"", ','), ["1,5", "say \"x\""]);
        assert_eq!(cells("a;1,5", ';'), ["a", "1,5"]);
    }

    #[test]
    fn split_ends_open_quote_at_line_end() {
        assert_eq!(cells("a,\"b,c", ','), ["a", "b,c"]);
        assert_eq!(cells("5\" disk,b", ','), ["5\" disk", "b"]);
    }
}
