//! A form with a file in it.

use axum::{
    body::Body,
    extract::{
        FromRequest, Multipart, Request,
        multipart::{Field, MultipartError},
    },
    http::StatusCode,
};
use futures_util::StreamExt as _;

use super::{
    Received, Room, keep,
    pieces::{InHand, MOST_AROUND, in_pieces},
};
use crate::problem::Problem;

/// Name of the field of a form that has the file.
const FIELD: &str = "file";

/// Bytes that are kept of a field beside the file. No accepted value is longer; of longer ones this is enough to refuse them.
const LONGEST_FIELD: usize = 4096;

/// Takes the name and the text of a field, or refuses it.
pub(crate) type TakeField<'a> = &'a mut (dyn FnMut(&str, &str) -> Result<(), Problem> + Send);

/// What a form may have.
pub(crate) enum FormContent<'a> {
    /// The file alone.
    File,
    /// A file in a field of any name, and fields of text beside it.
    FileAndFields(TakeField<'a>),
}

/// Receives the file of a form, and the fields beside it.
pub(super) async fn receive(request: Request, room: &Room, mut content: FormContent<'_>) -> Result<Received, Problem> {
    let in_hand = InHand::default();
    let pieces = |body: Body| Body::from_stream(in_pieces(body.into_data_stream(), in_hand.clone()));
    let form = Multipart::from_request(request.map(pieces), &()).await;
    let mut form = form.map_err(|error| match content {
        FormContent::File => Problem::new(StatusCode::BAD_REQUEST, error.body_text()),
        FormContent::FileAndFields(_) => Problem::invalid(format!("body: {}", error.body_text())),
    })?;
    let (mut received, mut text_bytes) = (None, 0);
    while let Some(field) = form.next_field().await.map_err(|error| broken(&error, &in_hand))? {
        let name = field.file_name().map(str::to_owned);
        let field_name = field.name().unwrap_or_default().to_owned();
        match &mut content {
            FormContent::FileAndFields(take) if name.is_none() => {
                take(&field_name, &text(field, &in_hand, &mut text_bytes, room).await?)?;
                continue;
            }
            FormContent::File if name.is_none() && field_name != FIELD => {
                let detail = format!(
                    "the form has the field {field_name:?}: send the file alone, as `{FIELD}`, and the rest after ? of the address"
                );
                return Err(Problem::invalid(detail));
            }
            _ => {}
        }
        if received.is_some() {
            return Err(Problem::invalid(format!("{FIELD}: the form has several files: send one at a time")));
        }
        let pieces = field.map(|piece| match piece {
            Ok(piece) => {
                in_hand.given(piece.len());
                Ok(piece)
            }
            Err(error) => Err(broken(&error, &in_hand)),
        });
        received = Some((keep(pieces, room).await?, name));
    }
    let (file, name) = received
        .ok_or_else(|| Problem::invalid(format!("{FIELD}: the form has no file: send it as the field `{FIELD}`")))?;
    Ok(Received { file, name })
}

/// Returns the beginning of a field of text. `seen` counts the bytes of all of them, which are bounded like a file.
async fn text(field: Field<'_>, in_hand: &InHand, seen: &mut u64, room: &Room) -> Result<String, Problem> {
    let (mut field, mut value) = (field, Vec::new());
    while let Some(piece) = field.chunk().await.map_err(|error| broken(&error, in_hand))? {
        in_hand.given(piece.len());
        *seen += piece.len() as u64;
        if *seen > room.bytes {
            let detail = format!("the fields of the form have more than {} bytes", room.bytes);
            return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail));
        }
        let left = LONGEST_FIELD - value.len();
        value.extend_from_slice(&piece[..piece.len().min(left)]);
    }
    Ok(String::from_utf8_lossy(&value).into_owned())
}

fn broken(error: &MultipartError, in_hand: &InHand) -> Problem {
    if in_hand.is_too_much() {
        let detail =
            format!("the form has more than {MOST_AROUND} bytes around the file: send the file alone, as `{FIELD}`");
        return Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail);
    }
    let (reason, is_cut) = (error.body_text(), error.status() != StatusCode::BAD_REQUEST);
    // A form that is whole and has a wrong head of a part is wrong; one that ends early breaks off.
    let is_wrong = !is_cut && ["failed to read headers", "failed to decode"].iter().any(|text| reason.contains(text));
    let status = if is_wrong { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::BAD_REQUEST };
    Problem::new(status, format!("the form cannot be read: {reason}"))
}
