//! An amount of memory as people write it: `"256MB"`, `"1.5GiB"`, or a number of bytes.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Units by their names, in bytes.
const UNITS: [(&str, u64); 8] = [
    ("B", 1),
    ("KB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("KIB", 1 << 10),
    ("MIB", 1 << 20),
    ("GIB", 1 << 30),
    ("", 1),
];

/// An amount of memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ByteSize(u64);

impl ByteSize {
    /// Returns so many millions of bytes.
    pub const fn megabytes(count: u32) -> Self {
        Self(count as u64 * 1_000_000)
    }

    /// Returns so many bytes.
    pub const fn of(bytes: u64) -> Self {
        Self(bytes)
    }

    /// Reads the value of an argument.
    ///
    /// # Errors
    /// What was given, and what is accepted.
    pub fn argument(text: &str) -> Result<Self, String> {
        text.parse()
            .map_err(|()| format!("{text:?} is not an amount of memory; write 512MB, 1.5GiB or a number of bytes"))
    }

    /// Returns the number of bytes.
    pub fn bytes(self) -> u64 {
        self.0
    }
}

impl FromStr for ByteSize {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let text = text.trim();
        let (number, unit) = text.split_at(text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len()));
        let unit = unit.to_ascii_uppercase();
        let (_, factor) = UNITS.into_iter().find(|(name, _)| *name == unit).ok_or(())?;
        let number = number.trim_end();
        let is_number = number.starts_with(|c: char| c.is_ascii_digit())
            && number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        let bytes = number.parse::<f64>().map_err(|_| ())? * factor as f64;
        // Beyond this a floating-point number no longer counts single bytes.
        if is_number && bytes < (1_u64 << 53) as f64 { Ok(Self(bytes.round() as u64)) } else { Err(()) }
    }
}

impl Serialize for ByteSize {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for ByteSize {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextOrNumber)
    }
}

struct TextOrNumber;

impl de::Visitor<'_> for TextOrNumber {
    type Value = ByteSize;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an amount of memory such as \"256MB\" or \"1GiB\"")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<ByteSize, E> {
        text.parse().map_err(|()| E::invalid_value(de::Unexpected::Str(text), &self))
    }

    fn visit_u64<E: de::Error>(self, bytes: u64) -> Result<ByteSize, E> {
        Ok(ByteSize(bytes))
    }

    fn visit_i64<E: de::Error>(self, bytes: i64) -> Result<ByteSize, E> {
        u64::try_from(bytes).map(ByteSize).map_err(|_| E::invalid_value(de::Unexpected::Signed(bytes), &self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_in_decimal_and_binary_units() {
        for (text, bytes) in [
            ("256MB", 256_000_000),
            ("256 mb", 256_000_000),
            ("1.5GiB", 1_610_612_736),
            ("64KiB", 65_536),
            ("2KB", 2_000),
            ("1GB", 1_000_000_000),
            ("12B", 12),
            ("12", 12),
            ("0", 0),
        ] {
            assert_eq!(text.parse(), Ok(ByteSize(bytes)), "{text}");
        }
        for text in ["", "MB", "-1MB", "1TB", "1.2.3MB", "1e3MB", "infB", "NaN", ".5GB", "99999999GB", "1 M B"] {
            assert_eq!(text.parse::<ByteSize>(), Err(()), "{text}");
        }
    }
}
