//! Unreadable rows, and provider messages between rows.

use super::message;
use crate::import::{ImportError, ImportNote, Notes, RowProblem, excerpt};

/// An unreadable row.
pub(super) struct BadRow<'a> {
    pub(super) line: usize,
    pub(super) problem: RowProblem,
    pub(super) text: &'a str,
}

/// The unreadable rows so far.
#[derive(Default)]
pub(super) struct BadRows {
    total: usize,
    in_a_row: usize,
    first: Option<(usize, RowProblem, String)>,
    body: Option<ErrorBody>,
    message: Option<String>,
}

/// An error body that may span several lines.
struct ErrorBody {
    first_line: usize,
    last_line: usize,
    text: String,
}

impl BadRows {
    /// Above this number of unreadable rows, there must be [`BadRows::GOOD_PER_BAD`] good ones for each.
    const SHARE_COUNTS_FROM: usize = 1000;
    const GOOD_PER_BAD: usize = 4;
    /// Number of bytes of an error body that are kept.
    const BODY_LENGTH: usize = 4096;

    /// Records an unreadable row. `good` is the number of good rows so far, `limit` that of consecutive unreadable
    /// ones.
    pub(super) fn take(
        &mut self,
        row: BadRow<'_>,
        good: usize,
        limit: usize,
        notes: &mut Notes,
    ) -> Result<(), ImportError> {
        let BadRow { line, problem, text } = row;
        self.total += 1;
        self.in_a_row += 1;
        if self.first.is_none() {
            self.first = Some((line, problem.clone(), excerpt(text)));
        }
        if self.in_a_row >= limit || (self.total > Self::SHARE_COUNTS_FROM && self.total > good / Self::GOOD_PER_BAD) {
            return Err(ImportError::TooManyBadRows { count: self.total, line, problem, text: excerpt(text) });
        }
        match &mut self.body {
            Some(body) => {
                body.last_line = line;
                if body.text.len() < Self::BODY_LENGTH {
                    body.text.push('\n');
                    body.text.push_str(text);
                }
            }
            None if message::may_start(text) => {
                self.body = Some(ErrorBody { first_line: line, last_line: line, text: text.to_owned() });
            }
            None => match message::glued_message(text) {
                Some(message) => self.note(line, line, message, notes),
                None => notes.push(ImportNote::RowSkipped { line, problem, text: excerpt(text) }),
            },
        }
        Ok(())
    }

    /// Ends a run of unreadable rows, at a good row or at the end of the file.
    pub(super) fn end_run(&mut self, notes: &mut Notes) {
        self.in_a_row = 0;
        if let Some(ErrorBody { first_line, last_line, text }) = self.body.take() {
            let message = message::message_of(&text).unwrap_or_else(|| excerpt(&text));
            self.note(first_line, last_line, message, notes);
        }
    }

    /// Returns the error of a file without good rows.
    pub(super) fn into_error(self) -> ImportError {
        match (self.message, self.first) {
            (Some(message), _) => ImportError::ProviderMessage { message },
            (None, Some((line, problem, text))) => ImportError::NoUsableRow { rows: self.total, line, problem, text },
            (None, None) => ImportError::HeaderOnly,
        }
    }

    fn note(&mut self, first_line: usize, last_line: usize, message: String, notes: &mut Notes) {
        self.message.get_or_insert_with(|| message.clone());
        notes.push(ImportNote::ErrorBody { first_line, last_line, message });
    }
}
