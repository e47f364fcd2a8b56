//! Open Payments types, replies, errors, interaction hash and intervals.
