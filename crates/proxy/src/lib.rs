//! Makes the Open Payments calls for the extension.
