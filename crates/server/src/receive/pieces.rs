//! A form as it is handed to its reader: in small pieces, and no more of it than the reader gives out again. The reader keeps what
//! stands before the first part, and the head of each part, whole in memory, however long they are.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Poll, ready},
};

use axum::{BoxError, body::BodyDataStream};
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, stream};

/// Bytes of a form that are no content of a part.
pub(super) const MOST_AROUND: usize = 64 * 1024;

/// Bytes handed over at a time.
const PIECE: usize = 8 * 1024;

/// What the reader of a form has in hand.
#[derive(Clone, Debug, Default)]
pub(super) struct InHand(Arc<AtomicUsize>);

impl InHand {
    /// Counts content of a part that the reader gave out.
    pub(super) fn given(&self, bytes: usize) {
        self.0.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// Returns whether it was more than a form has around its parts.
    pub(super) fn is_too_much(&self) -> bool {
        self.0.load(Ordering::Relaxed) > MOST_AROUND
    }
}

/// Hands over a body until too much of it is in hand.
pub(super) fn in_pieces(
    mut body: BodyDataStream,
    in_hand: InHand,
) -> impl Stream<Item = Result<Bytes, BoxError>> + Send + 'static {
    let (mut rest, mut pause) = (Bytes::new(), false);
    stream::poll_fn(move |context| {
        // The reader takes what it can get before it gives anything out: after a piece there is nothing for a moment.
        if std::mem::take(&mut pause) {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        if in_hand.is_too_much() {
            return Poll::Ready(Some(Err("too much around the parts".into())));
        }
        if rest.is_empty() {
            match ready!(body.poll_next_unpin(context)) {
                Some(Ok(bytes)) => rest = bytes,
                Some(Err(error)) => return Poll::Ready(Some(Err(error.into()))),
                None => return Poll::Ready(None),
            }
        }
        let piece = rest.split_to(rest.len().min(PIECE));
        in_hand.0.fetch_add(piece.len(), Ordering::Relaxed);
        pause = true;
        Poll::Ready(Some(Ok(piece)))
    })
}
