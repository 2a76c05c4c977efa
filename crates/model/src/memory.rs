//! Memory of a model besides its weights.

use serde::Serialize;

/// Memory of a description per byte of its JSON: names and lists are larger in memory, and a model holds some of them twice.
/// Measured: 1.7 for BASE.
const MEMORY_PER_BYTE_OF_TEXT: usize = 2;

/// Returns the memory of a description in bytes.
pub(crate) fn description_bytes(description: &impl Serialize) -> usize {
    serde_json::to_string(description).map_or(0, |text| MEMORY_PER_BYTE_OF_TEXT * text.len())
}
