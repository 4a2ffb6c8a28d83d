//! What several programs share and what needs no kernel.

pub mod clock;
pub mod regex;
pub mod text;
pub mod zone;
