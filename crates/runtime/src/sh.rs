//! The body of `podglass sh`.
