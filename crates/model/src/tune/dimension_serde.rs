//! Serde format of a [`Dimension`]: a single value, a list, or a table.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{
        Error, IntoDeserializer, MapAccess, SeqAccess, Visitor,
        value::{MapAccessDeserializer, SeqAccessDeserializer},
    },
};

use super::{
    dimension::{Dimension, Interval},
    one_or_more,
};

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Dimension<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Numeric(PhantomData))
    }
}

impl<T: Serialize> Serialize for Dimension<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::OneOf(values) => one_or_more::serialize(values, serializer),
            Self::Between(interval) => interval.serialize(serializer),
        }
    }
}

/// Reads a [`Dimension`]. Written by hand, because an untagged enum reports no details of an error.
struct Numeric<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Numeric<T> {
    type Value = Dimension<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a number, a list of numbers, or a table with from and to")
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Dimension::OneOf(vec![T::deserialize(value.into_deserializer())?]))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Dimension::OneOf(vec![T::deserialize(value.into_deserializer())?]))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Self::Value, E> {
        Ok(Dimension::OneOf(vec![T::deserialize(value.into_deserializer())?]))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, values: A) -> Result<Self::Value, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(values)).map(Dimension::OneOf)
    }

    fn visit_map<A: MapAccess<'de>>(self, table: A) -> Result<Self::Value, A::Error> {
        Interval::deserialize(MapAccessDeserializer::new(table)).map(Dimension::Between)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<T: for<'de> Deserialize<'de>>(json: &str) -> Result<Dimension<T>, String> {
        serde_json::from_str(json).map_err(|error| error.to_string())
    }

    #[test]
    fn value_list_and_table_round_trip() {
        let interval = Interval { or: Some(0.0), ..Interval::log(1e-5, 1e-1) };
        let cases = [
            ("0.5", Dimension::OneOf(vec![0.5])),
            ("[0.25,1.0]", Dimension::OneOf(vec![0.25, 1.0])),
            (r#"{"from":1e-5,"to":0.1,"log":true,"or":0.0}"#, Dimension::Between(interval)),
        ];
        for (text, dimension) in cases {
            assert_eq!(read(text), Ok(dimension.clone()));
            assert_eq!(read(&serde_json::to_string(&dimension).unwrap()), Ok(dimension));
        }
        assert_eq!(read("3"), Ok(Dimension::OneOf(vec![3_usize])));
        assert_eq!(read("3"), Ok(Dimension::OneOf(vec![3.0])), "a whole number is a number");
        assert_eq!(read(r#"{"from":1,"to":9}"#), Ok(Dimension::Between(Interval::<usize>::linear(1, 9))));
    }

    #[test]
    fn invalid_input_is_reported() {
        for (text, named) in [
            ("2.5", "expected usize"),
            ("-2", "expected usize"),
            ("[1, true]", "expected usize"),
            (r#""many""#, "a list of numbers"),
            (r#"{"from":1}"#, "missing field `to`"),
            (r#"{"from":1,"to":2,"step":1}"#, "unknown field `step`"),
        ] {
            let message = read::<usize>(text).unwrap_err();
            assert!(message.contains(named), "{message}");
        }
    }
}
