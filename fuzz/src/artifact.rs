//! Changes to a model file that keep the outer structure: 8 bytes of length, a JSON header, tensors. The description of the
//! model is a JSON document in a string of the header, and nothing gets there by chance.

use closecast_testkit::random::SplitMix64;
use serde_json::Value;

use crate::json::{self, below};

/// Returns `data` with its description, its header or its weights changed, in at most `max` bytes; `None` when it is no such
/// file, or would not fit.
#[must_use]
pub fn mutated(data: &[u8], max: usize, random: &mut SplitMix64) -> Option<Vec<u8>> {
    let (header, tensors) = split(data)?;
    let mut header: Value = serde_json::from_slice(header).ok()?;
    let mut tensors = tensors.to_vec();
    match below(random, 8) {
        0 => json::change(&mut header, random),
        1 => change_weight(&mut tensors, random),
        2 => drop(resize(&mut header, &mut tensors, random)),
        _ => change_description(&mut header, random)?,
    }
    let bytes = joined(&header, &tensors)?;
    (bytes.len() <= max).then_some(bytes)
}

fn split(data: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = data.split_at_checked(8)?;
    let length = usize::try_from(u64::from_le_bytes(length.try_into().ok()?)).ok()?;
    rest.split_at_checked(length)
}

fn joined(header: &Value, tensors: &[u8]) -> Option<Vec<u8>> {
    let mut text = serde_json::to_vec(header).ok()?;
    text.resize(text.len().next_multiple_of(8), b' ');
    Some([&(text.len() as u64).to_le_bytes()[..], &text, tensors].concat())
}

fn change_description(header: &mut Value, random: &mut SplitMix64) -> Option<()> {
    let metadata = header.get_mut("__metadata__")?;
    if below(random, 16) == 0 {
        json::change(metadata, random);
        return Some(());
    }
    let text = metadata.get_mut("closecast")?;
    let changed = json::mutated(text.as_str()?.as_bytes(), usize::MAX, random)?;
    *text = Value::String(String::from_utf8(changed).ok()?);
    Some(())
}

fn change_weight(tensors: &mut [u8], random: &mut SplitMix64) {
    let odd = [f32::NAN, f32::INFINITY, f32::MAX, f32::MIN, f32::MIN_POSITIVE, 1e20, -1e20, 0.0, 1.0];
    let weights = tensors.as_chunks_mut::<4>().0;
    let (at, value) = (below(random, weights.len()), odd[below(random, odd.len())]);
    let all = below(random, 8) == 0;
    weights.iter_mut().skip(at).take(if all { usize::MAX } else { 1 }).for_each(|weight| *weight = value.to_le_bytes());
}

/// Makes a tensor one row longer, and moves those behind it.
fn resize(header: &mut Value, tensors: &mut Vec<u8>, random: &mut SplitMix64) -> Option<()> {
    let names: Vec<String> = header.as_object()?.keys().filter(|name| *name != "__metadata__").cloned().collect();
    let name = names.get(below(random, names.len()))?;
    let shape: Vec<usize> =
        header[name]["shape"].as_array()?.iter().map(|n| n.as_u64().unwrap_or(0) as usize).collect();
    let row = 4 * shape.iter().skip(1).fold(1_usize, |all, &n| all.saturating_mul(n)).min(1 << 16);
    let end = header[name]["data_offsets"][1].as_u64()? as usize;
    if end > tensors.len() {
        return None;
    }
    tensors.splice(end..end, std::iter::repeat_n(0, row));
    header[name]["shape"][0] = Value::from(shape.first()?.checked_add(1)?);
    header[name]["data_offsets"][1] = Value::from(end + row);
    for other in names.iter().filter(|other| *other != name) {
        for at in 0..2 {
            let offset = header[other]["data_offsets"][at].as_u64()? as usize;
            if offset >= end && header[other]["data_offsets"][1].as_u64()? as usize > end {
                header[other]["data_offsets"][at] = Value::from(offset.checked_add(row)?);
            }
        }
    }
    Some(())
}
