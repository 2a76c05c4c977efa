//! Parses numbers in the notation of the file.

/// The decimal mark, determined once per file: in the Portuguese exports of Investing.com `115.592` is an index level
/// of a hundred thousand, which no single cell reveals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DecimalMark {
    /// `1,234.56`
    Point,
    /// `1.234,56`
    Comma,
}

/// Marks of missing numbers.
const MISSING: [&str; 12] = ["", "null", "nan", "none", "n/a", "#n/a", "na", "nil", "-", "--", "\\n", "n.a."];

/// Returns whether `text` marks a missing number.
pub(super) fn is_missing(text: &str) -> bool {
    MISSING.iter().any(|mark| text.eq_ignore_ascii_case(mark))
}

/// The text is neither a number nor a mark of a missing one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NotANumber;

impl DecimalMark {
    /// Parses a cell: `$1,234.50`, `18,86M`, `1e6`; `None` for a missing number.
    pub(super) fn parse(self, text: &str) -> Result<Option<f64>, NotANumber> {
        // Most cells start with a digit and are not missing.
        if !text.starts_with(|c: char| c.is_ascii_digit()) && is_missing(text) {
            return Ok(None);
        }
        let (digits, factor) = strip_unit(strip_currency(text));
        let value = match self.plain(digits) {
            Some(plain) => plain.parse::<f64>().map_err(|_| NotANumber)?,
            None if !grouped(digits, self.group()) => return Err(NotANumber),
            None => {
                let plain = digits.replace([self.group(), ' ', '\u{a0}'], "").replace(',', ".");
                plain.parse::<f64>().map_err(|_| NotANumber)?
            }
        };
        // 1e999 parses as infinity, and a unit can overflow.
        Some(value * factor).filter(|value| value.is_finite()).map(Some).ok_or(NotANumber)
    }

    /// Returns the decimal mark that most cells imply, or `None` if all are ambiguous.
    pub(super) fn decide<'a>(cells: impl Iterator<Item = &'a str>) -> Option<Self> {
        let (mut points, mut commas) = (0_usize, 0_usize);
        for cell in cells {
            match evidence(strip_unit(strip_currency(cell)).0) {
                Some(Self::Point) => points += 1,
                Some(Self::Comma) => commas += 1,
                None => {}
            }
        }
        match points.cmp(&commas) {
            std::cmp::Ordering::Greater => Some(Self::Point),
            std::cmp::Ordering::Less => Some(Self::Comma),
            std::cmp::Ordering::Equal => None,
        }
    }

    fn group(self) -> char {
        match self {
            Self::Point => ',',
            Self::Comma => '.',
        }
    }

    /// Returns `text` if Rust's parser reads it the same way. Letters other than an exponent are rejected: the parser
    /// accepts `inf` and `infinity`.
    fn plain(self, text: &str) -> Option<&str> {
        let sign = |b: u8| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'e' | b'E');
        let plain = text.bytes().all(|b| sign(b) || (b == b'.' && self == Self::Point));
        (plain && text.bytes().any(|b| b.is_ascii_digit())).then_some(text)
    }
}

fn strip_currency(text: &str) -> &str {
    text.trim_start_matches("R$").trim_start_matches(['$', '€', '£']).trim()
}

/// Splits off a unit of thousand (`K`), million, billion or trillion, as in Investing's volumes.
fn strip_unit(text: &str) -> (&str, f64) {
    let factor = match text.bytes().last() {
        Some(b'K' | b'k') => 1e3,
        Some(b'M' | b'm') => 1e6,
        Some(b'B' | b'b') => 1e9,
        Some(b'T' | b't') => 1e12,
        _ => return (text, 1.0),
    };
    (text[..text.len() - 1].trim_end(), factor)
}

/// Returns whether `text` is digits in groups of three separated by `group`, with decimals after the other mark.
fn grouped(text: &str, group: char) -> bool {
    let mark = if group == ',' { '.' } else { ',' };
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, decimals) = unsigned.split_once(mark).unwrap_or((unsigned, "0"));
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    let mut groups = whole.split([group, ' ', '\u{a0}']);
    let first = groups.next().unwrap_or_default();
    let mut rest = groups.peekable();
    let lone = rest.peek().is_none();
    digits(decimals)
        && digits(first)
        && (!first.is_empty() || (lone && !decimals.is_empty()))
        && (lone || first.len() <= 3)
        && rest.all(|part| part.len() == 3 && digits(part))
}

/// Returns the decimal mark that `text` implies, if unambiguous.
fn evidence(text: &str) -> Option<DecimalMark> {
    let text = text.strip_prefix(['-', '+']).unwrap_or(text);
    if !text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b',')) {
        return None;
    }
    match (text.rfind('.'), text.rfind(',')) {
        (Some(point), Some(comma)) if point > comma => Some(DecimalMark::Point),
        (Some(_), Some(_)) => Some(DecimalMark::Comma),
        (Some(at), None) => single_sign(text, at, DecimalMark::Point, DecimalMark::Comma),
        (None, Some(at)) => single_sign(text, at, DecimalMark::Comma, DecimalMark::Point),
        (None, None) => None,
    }
}

/// Returns the mark that a single separator implies: `decimal` if it is the decimal mark, `grouping` if it is a
/// thousands separator.
fn single_sign(text: &str, at: usize, decimal: DecimalMark, grouping: DecimalMark) -> Option<DecimalMark> {
    let sign = &text[at..=at];
    let (before, after) = (&text[..at], &text[at + 1..]);
    if before.contains(sign) {
        return Some(grouping);
    }
    // A group has three digits, and a number does not start with an empty or zero group.
    let could_be_group = after.len() == 3 && (1..=3).contains(&before.len()) && !before.starts_with('0');
    (!could_be_group).then_some(decimal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parse_accepts_both_notations() {
        for (text, value) in [
            ("1.5", 1.5),
            ("1,234.5", 1234.5),
            ("$75.09", 75.09),
            ("1,234,567", 1_234_567.0),
            ("9.50M", 9.5e6),
            ("1e6", 1e6),
            ("-.5", -0.5),
        ] {
            assert_eq!(DecimalMark::Point.parse(text), Ok(Some(value)), "{text}");
        }
        for (text, value) in [
            ("1,5", 1.5),
            ("1.234,5", 1234.5),
            ("R$ 75,09", 75.09),
            ("115.592", 115_592.0),
            ("18,86M", 18.86e6),
            ("7", 7.0),
        ] {
            assert_eq!(DecimalMark::Comma.parse(text), Ok(Some(value)), "{text}");
        }
    }

    #[test]
    fn parse_recognises_missing_values() {
        for text in ["", "null", "NaN", "None", "N/A", "-"] {
            assert_eq!(DecimalMark::Point.parse(text), Ok(None), "{text}");
        }
    }

    #[test]
    fn parse_rejects_invalid_numbers() {
        for text in [
            "abc", "inf", "infinity", "1.2.3", "1,23", "1,2345", "--5", "$", "M", "1 2", "0x10", ",", ".", "1,,000",
            "€", "1e999", "-1e999", "1e300T",
        ] {
            assert_eq!(DecimalMark::Point.parse(text), Err(NotANumber), "{text}");
        }
        for text in ["1.5", "1.23", "12,3,4"] {
            assert_eq!(DecimalMark::Comma.parse(text), Err(NotANumber), "{text}");
        }
    }

    #[test]
    fn decide_uses_unambiguous_cells() {
        use DecimalMark::{Comma, Point};
        let decide = |cells: &[&str]| DecimalMark::decide(cells.iter().copied());
        assert_eq!(decide(&["115.592", "116.000", "18,86M"]), Some(Comma));
        assert_eq!(decide(&["115.592", "115.59"]), Some(Point));
        assert_eq!(decide(&["115.592", "9.123"]), None);
        assert_eq!(decide(&["0.592"]), Some(Point));
        assert_eq!(decide(&["1,234,567"]), Some(Point));
        assert_eq!(decide(&["1.234,5"]), Some(Comma));
        assert_eq!(decide(&["12", "x"]), None);
    }
}
