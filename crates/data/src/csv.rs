//! Reader for price tables in CSV, in all common dialects.
//!
//! A file is read in two steps. Its first 64 KiB determine the encoding, the separator, the columns, the [`Dialect`]
//! with its price basis, and the decimal mark. Then the lines are read one by one. Headers are matched by meaning, so
//! that a file of an unknown writer can be read too ([`Dialect::Generic`]) if it has a date and a closing price.

mod bad_rows;
mod bar;
mod columns;
mod date;
mod detect;
mod dialect;
mod label;
mod layout;
mod lines;
mod message;
mod number;
mod order;
mod read;
mod record;
mod row;
mod synonyms;
mod table;
mod time_of_day;

pub(crate) use self::read::read_after;
pub use self::{date::DateOrder, dialect::Dialect, read::read, time_of_day::is_time_of_day};
