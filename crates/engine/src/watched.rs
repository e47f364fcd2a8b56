use std::ops::{Deref, DerefMut};

/// A value that counts how often somebody got it to change it. What follows from it need not be
/// worked out again as long as nobody did; and nobody can change it and forget to say so.
#[derive(Default)]
pub(crate) struct Watched<T> {
    value: T,
    revision: u64,
}

impl<T> Watched<T> {
    /// Another one, if it may have changed.
    pub(crate) fn revision(&self) -> u64 {
        self.revision
    }
}

impl<T> Deref for Watched<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> DerefMut for Watched<T> {
    fn deref_mut(&mut self) -> &mut T {
        self.revision += 1;
        &mut self.value
    }
}
