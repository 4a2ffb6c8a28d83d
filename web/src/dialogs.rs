//! What lies over the page.

mod embed;
mod gallery;
mod help;
mod palette;
mod recordings;
mod share;

pub use embed::EmbedDialog;
pub use gallery::{Gallery, TourEntry, tours};
pub use help::HelpDialog;
pub use palette::Palette;
pub use recordings::recordings;
pub use share::ShareDialog;
