//! Records of B3's history files, which have one length: a byte more or less makes them none.

use closecast_testkit::random::SplitMix64;

use crate::json::below;

/// Characters of a record.
const LENGTH: usize = 245;

/// First and last column of the fields that are read, counted from 1.
const FIELDS: [(usize, usize); 12] = [
    (1, 2),
    (3, 10),
    (11, 12),
    (13, 24),
    (25, 27),
    (57, 69),
    (70, 82),
    (83, 95),
    (109, 121),
    (153, 170),
    (211, 217),
    (32, 42),
];

/// Returns `data` with one of its records changed in a field, repeated, or taken away; `None` without a record to change, or
/// when it would not fit into `max` bytes.
#[must_use]
pub fn mutated(data: &[u8], max: usize, random: &mut SplitMix64) -> Option<Vec<u8>> {
    let mut records: Vec<Vec<u8>> = data.split(|&byte| byte == b'\n').map(<[u8]>::to_vec).collect();
    let at = below(random, records.len());
    match below(random, 8) {
        0 => {
            let copy = records.get(at)?.clone();
            records.insert(at, copy);
        }
        1 => drop(records.remove(at)),
        2 => records.get_mut(at)?.resize(LENGTH, b' '),
        _ => change_field(records.get_mut(at)?, random)?,
    }
    let bytes = records.join(&b'\n');
    (bytes.len() <= max).then_some(bytes)
}

fn change_field(record: &mut [u8], random: &mut SplitMix64) -> Option<()> {
    let (from, to) = FIELDS[below(random, FIELDS.len())];
    let field = record.get_mut(from - 1..to)?;
    match below(random, 5) {
        0 => field.fill(b'9'),
        1 => field.fill(b'0'),
        2 => field.fill(b' '),
        3 => field.iter_mut().for_each(|byte| *byte = b'0' + below(random, 10) as u8),
        _ => {
            let at = below(random, field.len());
            field[at] = [b'0' + below(random, 10) as u8, b'A' + below(random, 26) as u8, b' ', 0xe7][below(random, 4)];
        }
    }
    Some(())
}
