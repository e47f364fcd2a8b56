//! The extension's brain, without IO.
