//! Thread-local buffer pool for forecasts.
//!
//! The operating system zeroes new memory page by page, which would cost a batch of forecasts several per cent of its time.

use std::cell::RefCell;
use std::ops::{Deref, DerefMut};

use crate::kernels::{LANES, Lanes};

/// Maximum memory that a thread keeps, in [`Lanes`]: 2 MiB.
const MAX_KEPT: usize = (2 << 20) / size_of::<Lanes>();

/// Maximum number of buffers that a thread keeps: more than a forecast uses.
const MAX_PIECES: usize = 32;

thread_local! {
    static KEPT: RefCell<Vec<Vec<Lanes>>> = const { RefCell::new(Vec::new()) };
}

/// A buffer that returns to the pool of its thread when it is dropped.
///
/// Its contents are unspecified and must be written before they are read. With debug assertions they are NaN.
#[derive(Debug, Default)]
pub(crate) struct Buffer(Vec<Lanes>);

impl Buffer {
    /// Takes a buffer of `len` values from the pool, or allocates one.
    pub(crate) fn new(len: usize) -> Self {
        let mut values = KEPT.try_with(|kept| take(&mut kept.borrow_mut(), len)).unwrap_or_default();
        values.resize(len, Lanes::ZERO);
        if cfg!(debug_assertions) {
            values.fill(Lanes([f32::NAN; LANES]));
        }
        Self(values)
    }

    /// Changes the length to `len`; the contents are lost if it differs.
    pub(crate) fn fit(&mut self, len: usize) {
        if self.0.len() != len {
            // Returned first, so that it may be reused.
            drop(std::mem::take(self));
            *self = Self::new(len);
        }
    }
}

/// Takes the smallest pooled buffer that is large enough but not far too large.
fn take(kept: &mut Vec<Vec<Lanes>>, len: usize) -> Vec<Lanes> {
    let fitting = kept.iter().enumerate().filter(|(_, values)| (len..=2 * len).contains(&values.capacity()));
    match fitting.min_by_key(|(_, values)| values.capacity()) {
        Some((index, _)) => kept.remove(index),
        None => Vec::with_capacity(len),
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let values = std::mem::take(&mut self.0);
        // A thread that is exiting keeps nothing.
        let _ = KEPT.try_with(|kept| keep(&mut kept.borrow_mut(), values));
    }
}

/// Returns a buffer to the pool; frees the oldest buffers above the limits.
fn keep(kept: &mut Vec<Vec<Lanes>>, values: Vec<Lanes>) {
    if values.capacity() == 0 || values.capacity() > MAX_KEPT {
        return;
    }
    kept.push(values);
    while kept.len() > MAX_PIECES || kept.iter().map(Vec::capacity).sum::<usize>() > MAX_KEPT {
        kept.remove(0);
    }
}

impl Deref for Buffer {
    type Target = [Lanes];

    fn deref(&self) -> &[Lanes] {
        &self.0
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut [Lanes] {
        &mut self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buffer_is_reused_if_it_fits() {
        let first = Buffer::new(1000);
        let place = first.as_ptr();
        drop(first);
        assert_ne!(Buffer::new(400).as_ptr(), place, "far too large");
        let again = Buffer::new(900);
        assert_eq!((again.as_ptr(), again.len()), (place, 900));
        assert_ne!(Buffer::new(900).as_ptr(), place, "in use");
    }

    #[test]
    fn smallest_buffer_is_reused() {
        let first = Buffer::new(1);
        let place = first.as_ptr();
        drop(first);
        assert_eq!(Buffer::new(1).as_ptr(), place);
    }

    #[test]
    fn pool_of_a_thread_is_bounded() {
        drop(Buffer::new(MAX_KEPT + 1));
        assert!(KEPT.with_borrow(Vec::is_empty));
        let many: Vec<Buffer> = (1..20).map(|i| Buffer::new(MAX_KEPT / 10 + i)).collect();
        drop(many);
        assert!(KEPT.with_borrow(|kept| kept.iter().map(Vec::capacity).sum::<usize>() <= MAX_KEPT && kept.len() > 5));
        drop((0..100).map(|_| Buffer::new(1)).collect::<Vec<_>>());
        assert!(KEPT.with_borrow(|kept| kept.len() <= MAX_PIECES));
    }
}
