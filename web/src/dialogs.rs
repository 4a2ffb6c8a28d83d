//! What lies over the page.

mod embed;
mod help;
mod palette;
mod share;

pub use embed::EmbedDialog;
pub use help::HelpDialog;
pub use palette::Palette;
pub use share::ShareDialog;
