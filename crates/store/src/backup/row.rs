//! Rows as JSON, independent of the kind of database.

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IdenStatic, Iterable, ModelTrait, Value, sea_query::ColumnType,
};
use serde_json::{Map, Value as Json};

/// Returns the row as an object of column names and values.
///
/// # Errors
/// Names a column whose type is not supported.
pub(super) fn to_json<E: EntityTrait>(row: &E::Model) -> Result<Json, String> {
    let column = |column: E::Column| {
        let name = column.as_str();
        let value = value_to_json(row.get(column)).ok_or_else(|| format!("the column {name} cannot be backed up"))?;
        Ok((name.to_owned(), value))
    };
    E::Column::iter().map(column).collect::<Result<Map<_, _>, _>>().map(Json::Object)
}

/// Returns the row of an object of column names and values.
///
/// # Errors
/// Describes what is wrong with the object.
pub(super) fn from_json<E: EntityTrait>(line: &str) -> Result<E::ActiveModel, String> {
    let mut object: Map<String, Json> = serde_json::from_str(line).map_err(|error| error.to_string())?;
    let mut row = <E::ActiveModel as ActiveModelTrait>::default();
    for column in E::Column::iter() {
        let name = column.as_str();
        let json = object.remove(name).ok_or_else(|| format!("the column {name} is missing"))?;
        // The value is not shown: it may be the hash of a key.
        let unfit = || format!("the value of the column {name} has the wrong type");
        let value = value_from_json(column.def().get_column_type(), &json).ok_or_else(unfit)?;
        row.try_set(column, value).map_err(|_| unfit())?;
    }
    match object.keys().next() {
        Some(unknown) => Err(format!("there is no column {unknown}")),
        None => Ok(row),
    }
}

fn value_to_json(value: Value) -> Option<Json> {
    Some(match value {
        Value::Bool(value) => value.into(),
        Value::BigInt(value) => value.into(),
        Value::String(value) => value.into(),
        // JSON cannot represent these; PostgreSQL can.
        Value::Double(Some(value)) if !value.is_finite() => value.to_string().into(),
        Value::Double(value) => value.into(),
        Value::ChronoDate(value) => value.map(|date| date.to_string()).into(),
        Value::ChronoDateTimeUtc(value) => value.map(|time| time.to_rfc3339()).into(),
        _ => return None,
    })
}

/// Returns a value of the column's type; null is a typed null.
fn value_from_json(column: &ColumnType, json: &Json) -> Option<Value> {
    if json.is_null() {
        return Some(match column {
            ColumnType::Boolean => Value::Bool(None),
            ColumnType::BigInteger => Value::BigInt(None),
            ColumnType::Double => Value::Double(None),
            ColumnType::Date => Value::ChronoDate(None),
            ColumnType::TimestampWithTimeZone => Value::ChronoDateTimeUtc(None),
            ColumnType::String(_) | ColumnType::Text => Value::String(None),
            _ => return None,
        });
    }
    Some(match column {
        ColumnType::Boolean => json.as_bool()?.into(),
        ColumnType::BigInteger => json.as_i64()?.into(),
        ColumnType::Double => json.as_f64().or_else(|| not_finite(json.as_str()?))?.into(),
        ColumnType::Date => json.as_str()?.parse::<NaiveDate>().ok()?.into(),
        ColumnType::TimestampWithTimeZone => json.as_str()?.parse::<DateTime<Utc>>().ok()?.into(),
        ColumnType::String(_) | ColumnType::Text => json.as_str()?.into(),
        _ => return None,
    })
}

fn not_finite(text: &str) -> Option<f64> {
    text.parse().ok().filter(|value: &f64| !value.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entity::bar;

    fn row() -> bar::Model {
        bar::Model {
            symbol: "A \"quoted\" name\nof two lines".into(),
            position: i64::MAX,
            date: NaiveDate::from_ymd_opt(2024, 2, 29).unwrap(),
            open: Some(0.1 + 0.2),
            high: Some(f64::INFINITY),
            low: Some(f64::MIN_POSITIVE),
            close: Some(-0.0),
            adj_close: None,
            volume: Some(1e300),
            dividend: 5e-324,
            split: 1.0,
            live: true,
        }
    }

    #[test]
    fn row_round_trips_bit_for_bit() {
        let line = to_json::<bar::Entity>(&row()).unwrap().to_string();
        assert!(!line.contains('\n'));
        let read = from_json::<bar::Entity>(&line).unwrap();
        assert_eq!(sea_orm::TryIntoModel::try_into_model(read).unwrap(), row());
        let unknown = to_json::<bar::Entity>(&bar::Model { open: Some(f64::NAN), ..row() }).unwrap().to_string();
        let read: bar::Model =
            sea_orm::TryIntoModel::try_into_model(from_json::<bar::Entity>(&unknown).unwrap()).unwrap();
        assert!(read.open.unwrap().is_nan());
    }

    #[test]
    fn from_json_names_the_column_that_does_not_match() {
        let row = to_json::<bar::Entity>(&row()).unwrap();
        let changed = |column: &str, value: Option<Json>| {
            let mut row = row.as_object().unwrap().clone();
            match value {
                Some(value) => row.insert(column.to_owned(), value),
                None => row.remove(column),
            };
            from_json::<bar::Entity>(&Json::Object(row).to_string()).unwrap_err()
        };
        for (column, value) in [
            ("date", Some("2024-02-30".into())),
            ("position", Some("3".into())),
            ("split", Some(Json::Null)),
            ("open", Some("12".into())),
            ("live", None),
            ("colour", Some("red".into())),
        ] {
            assert!(changed(column, value).contains(column), "{column}");
        }
        assert!(from_json::<bar::Entity>("{").is_err());
    }
}
