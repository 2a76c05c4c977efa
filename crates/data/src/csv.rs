//! Price tables as text, in every dialect that is met in the wild.
//!
//! A file is read in two steps. From its first 64 KiB everything is decided that holds for the whole file: encoding,
//! separator, which column holds what, the [`Dialect`] and, with it, what the prices account for, and the decimal mark.
//! Then the lines are read one by one. Headers are matched by meaning, so that a file of an unknown writer is read as
//! well ([`Dialect::Generic`]) as long as it has a date and a closing price.

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
