//! Deserialises parts of a response without keeping the rest: a list of a million empty charts is three megabytes of
//! text, and would take hundreds in memory.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, SeqAccess, Visitor},
};

/// Deserialises a list and keeps its first element; null is `None`.
pub(super) fn first<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<Vec<T>>, D::Error> {
    deserializer.deserialize_option(FirstElementVisitor(PhantomData))
}

struct FirstElementVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for FirstElementVisitor<T> {
    type Value = Option<Vec<T>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_none<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_seq(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let first = list.next_element()?;
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Some(Vec::from_iter(first)))
    }
}

/// Contents of an `error`: an object with texts under `code` and `description`, or a text. Anything else is empty.
#[derive(Debug, Default)]
pub(super) struct ReportedError {
    pub(super) code: String,
    pub(super) description: String,
}

impl<'de> Deserialize<'de> for ReportedError {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ReportedErrorVisitor)
    }
}

/// A text; empty for any other value.
struct Text(String);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ReportedErrorVisitor).map(|error| Self(error.description))
    }
}

struct ReportedErrorVisitor;

impl<'de> Visitor<'de> for ReportedErrorVisitor {
    type Value = ReportedError;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an error")
    }

    fn visit_str<E>(self, text: &str) -> Result<ReportedError, E> {
        Ok(ReportedError { description: text.to_owned(), ..ReportedError::default() })
    }

    fn visit_bool<E>(self, _: bool) -> Result<ReportedError, E> {
        Ok(ReportedError::default())
    }

    fn visit_i64<E>(self, _: i64) -> Result<ReportedError, E> {
        Ok(ReportedError::default())
    }

    fn visit_u64<E>(self, _: u64) -> Result<ReportedError, E> {
        Ok(ReportedError::default())
    }

    fn visit_f64<E>(self, _: f64) -> Result<ReportedError, E> {
        Ok(ReportedError::default())
    }

    fn visit_unit<E>(self) -> Result<ReportedError, E> {
        Ok(ReportedError::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<ReportedError, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(ReportedError::default())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<ReportedError, A::Error> {
        let mut error = ReportedError::default();
        while let Some(name) = fields.next_key::<String>()? {
            match name.as_str() {
                "code" => error.code = fields.next_value::<Text>()?.0,
                "description" => error.description = fields.next_value::<Text>()?.0,
                _ => _ = fields.next_value::<IgnoredAny>()?,
            }
        }
        Ok(error)
    }
}
