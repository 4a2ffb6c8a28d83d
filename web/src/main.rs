//! Starts the page.

fn main() {
    podglass_web::start();
}
