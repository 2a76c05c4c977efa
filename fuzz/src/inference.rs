//! Requests for inference as one text: the length of the header in the first line, then the body.

use closecast_testkit::random::SplitMix64;

use crate::json;

/// Returns the length of the header, `None` where the first line is empty or no text, and the body.
#[must_use]
pub fn split(data: &[u8]) -> (Option<&str>, &[u8]) {
    let end = data.iter().position(|&byte| byte == b'\n').unwrap_or(0);
    let (line, rest) = data.split_at(end);
    let length = std::str::from_utf8(line).ok().filter(|text| !text.is_empty());
    (length, rest.strip_prefix(b"\n").unwrap_or(rest))
}

/// Returns the request with its header of JSON changed and its length set right, in at most `max` bytes; `None` when that is no
/// JSON, or would not fit.
#[must_use]
pub fn mutated(data: &[u8], max: usize, random: &mut SplitMix64) -> Option<Vec<u8>> {
    let (length, body) = split(data);
    let Some(length) = length else {
        let header = json::mutated(body, max.checked_sub(1)?, random)?;
        return Some([b"\n", &header[..]].concat());
    };
    let (header, binary) = body.split_at_checked(length.trim().parse().ok()?)?;
    let header = json::mutated(header, max, random)?;
    let request = [header.len().to_string().as_bytes(), b"\n", &header, binary].concat();
    (request.len() <= max).then_some(request)
}
