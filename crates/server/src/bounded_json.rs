//! JSON of any shape, in bounded memory.

use serde_json::Value;

/// Memory that a value may take for each byte of its text, and what it may take in any case.
const FACTOR: usize = 16;
const AT_LEAST: usize = 24 << 20;

/// What a value, an array and an object take at most: the place in the vector around it, which grows by doubling; the first places of
/// its own; a node of a map with its keys.
const VALUE: usize = 96;
const ARRAY: usize = 128;
const OBJECT: usize = 720;

/// Reads JSON whose value takes at most 24 MiB, or sixteen times the text where that is more.
///
/// # Errors
/// What is wrong: it is not JSON, or its value would be larger, of which nothing has been read then.
pub(super) fn read(text: &[u8]) -> Result<Value, String> {
    let most = AT_LEAST.max(FACTOR.saturating_mul(text.len()));
    // `{},` takes the most memory for its length: three bytes.
    if text.len() / 3 * (VALUE + OBJECT) > most && estimate(text) > most {
        return Err(format!("has too many values: as JSON they would take more than {most} bytes of memory"));
    }
    serde_json::from_slice(text).map_err(|error| error.to_string())
}

/// Returns about how much memory the value of a text takes at most.
fn estimate(text: &[u8]) -> usize {
    let (mut bytes, mut quoted, mut escaped) = (text.len() + VALUE, false, false);
    for &byte in text {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b',' => bytes += VALUE,
            b'[' => bytes += ARRAY + VALUE,
            b'{' => bytes += OBJECT + VALUE,
            _ => {}
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    /// | text | bytes of memory for each byte of text |
    /// |---|---|
    /// | numbers of one digit | 16 to 32, no more than 24 MiB in all |
    /// | arrays, objects, nested ones | refused beyond 24 MiB |
    #[test]
    fn value_takes_bounded_memory_whatever_the_text() {
        let repeated = |piece: &str| format!("[{}0]", piece.repeat(1_000_000 / piece.len()));
        let nested = format!("{}{}", "[".repeat(120), "]".repeat(120));
        for text in [
            repeated("1,"),
            repeated("[],"),
            repeated("[1],"),
            repeated("{},"),
            repeated("{\"\":0},"),
            repeated("{\"a\":0,\"b\":1},"),
            repeated("\"\","),
            repeated("\"a\","),
            repeated("1234.5678,"),
            repeated(&format!("{nested},")),
            format!("{{{}\"z\":0}}", (0..90_000).map(|i| format!("\"{i}\":0,")).collect::<String>()),
            format!("[\"{}\"]", "\\u0041,[{".repeat(100_000)),
        ] {
            let taken = allocation_counter::measure(|| drop(read(text.as_bytes())));
            let most = (AT_LEAST + 2 * text.len()) as u64;
            assert!(taken.bytes_max <= most, "{:.20}: {} for {}", text, taken.bytes_max, text.len());
        }
    }

    #[test]
    fn ordinary_bodies_are_read() {
        let prices = format!("[{}1.5]", "123.45,".repeat(19_999));
        assert_eq!(read(prices.as_bytes()).unwrap().as_array().unwrap().len(), 20_000);
        let day = "{\"date\":\"2024-01-31\",\"close\":10.25},";
        let days = format!("[{}{{}}]", day.repeat(20_000));
        assert_eq!(read(days.as_bytes()).unwrap().as_array().unwrap().len(), 20_001);
        let text = format!("[{}0]", "{},".repeat(100_000));
        assert!(read(text.as_bytes()).unwrap_err().contains("too many values"));
        assert!(read(b"[1,").unwrap_err().contains("EOF"));
    }
}
