//! Frames of HTTP/2 as bytes: what a client library would refuse to send must be sent too.

/// What a client sends before anything else.
pub(crate) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const WINDOW_UPDATE: u8 = 8;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
const INITIAL_WINDOW_SIZE: u16 = 4;
const CANCEL: u32 = 8;

/// Returns a SETTINGS frame with the window of new streams.
pub(crate) fn settings(window: u32) -> Vec<u8> {
    frame(SETTINGS, 0, 0, &[&INITIAL_WINDOW_SIZE.to_be_bytes()[..], &window.to_be_bytes()].concat())
}

/// Returns a WINDOW_UPDATE frame.
pub(crate) fn window_update(stream: u32, by: u32) -> Vec<u8> {
    frame(WINDOW_UPDATE, 0, stream, &by.to_be_bytes())
}

/// Returns a RST_STREAM frame.
pub(crate) fn reset(stream: u32) -> Vec<u8> {
    frame(RST_STREAM, 0, stream, &CANCEL.to_be_bytes())
}

/// Returns the HEADERS frame of a request. One with `is_whole` has no body.
pub(crate) fn request(stream: u32, method: &str, path: &str, headers: &[(&str, &str)], is_whole: bool) -> Vec<u8> {
    // Indices of the static table of HPACK: 6 is `:scheme http`, 1 to 4 name `:authority`, `:method` and `:path`.
    let mut block = vec![0x86];
    for (index, value) in [(2, method), (4, path), (1, "localhost")] {
        block.push(index);
        push_text(&mut block, value);
    }
    for (name, value) in headers {
        block.push(0);
        push_text(&mut block, &name.to_ascii_lowercase());
        push_text(&mut block, value);
    }
    frame(HEADERS, END_HEADERS | if is_whole { END_STREAM } else { 0 }, stream, &block)
}

fn push_text(block: &mut Vec<u8>, text: &str) {
    const MOST: usize = 127;
    if text.len() < MOST {
        block.push(text.len() as u8);
    } else {
        block.push(MOST as u8);
        let mut left = text.len() - MOST;
        while left >= 128 {
            block.push((left % 128) as u8 | 0x80);
            left /= 128;
        }
        block.push(left as u8);
    }
    block.extend_from_slice(text.as_bytes());
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = (payload.len() as u32).to_be_bytes();
    let mut frame = vec![length[1], length[2], length[3], kind, flags];
    frame.extend_from_slice(&stream.to_be_bytes());
    frame.extend_from_slice(payload);
    frame
}

#[test]
fn long_text_has_its_length_in_several_bytes() {
    let mut block = Vec::new();
    push_text(&mut block, &"a".repeat(127 + 1337));
    assert_eq!(&block[..4], [0x7f, 0xb9, 0x0a, b'a'], "RFC 7541, C.1.2: 1337 after a full prefix");
}
