//! What no validator checks and people get wrong.

use crate::read::Reading;

/// Adds advice to a reading.
pub fn add(text: &str, reading: &mut Reading) {
    let _ = (text, reading);
}
