//! `serve` and `build`: the page through Trunk.

use crate::command::{command, run};
use crate::tools;
use anyhow::Result;

/// Serves the page on 127.0.0.1:8080 (`Trunk.toml` says so) and rebuilds it when a file changes.
pub(crate) fn serve(args: &[String]) -> Result<()> {
    tools::for_page()?;
    packages(false)?;
    println!("building the page; then it is at http://127.0.0.1:8080 (Ctrl+C ends it)");
    run(command("trunk").args(["serve", "--release", "--offline"]).args(args).env_remove("NO_COLOR"))
}

/// Builds the static site into dist/.
pub(crate) fn dist(args: &[String]) -> Result<()> {
    tools::for_page()?;
    // Trunk reads NO_COLOR as a boolean and stumbles over "1".
    let small = tools::library_source();
    packages(small)?;
    let mut trunk = command("trunk");
    trunk.args(["build", "--release", "--offline"]).args(args).env_remove("NO_COLOR");
    if small {
        small_library(&mut trunk);
    }
    run(&mut trunk)?;
    println!("dist/ holds the site: any static web server can serve it.");
    Ok(())
}

/// Draws the gallery's pictures from the examples.
pub(crate) fn gallery(_args: &[String]) -> Result<()> {
    run(command("cargo").args(["run", "--quiet", "--package", "podglass-playground", "--example", "gallery", "--", "static/gallery"]))?;
    println!("static/gallery/ holds a picture of every example.");
    Ok(())
}

/// Fetches the crates of the page, and those of the standard library where that is compiled too: Trunk, which must not
/// look for tools of its own, hands its `--offline` on to cargo.
fn packages(library: bool) -> Result<()> {
    run(command("cargo").args(["fetch", "--quiet"]))?;
    if library {
        let mut fetch = command("cargo");
        fetch.args(["fetch", "--quiet", "--target", "wasm32-unknown-unknown"]);
        small_library(&mut fetch);
        run(&mut fetch)?;
    }
    Ok(())
}

/// Compiles the standard library with the page, for size: its ready-made form is made for speed (sorting,
/// formatting and maps alone cost 200 KB brotli more) and keeps the place of every possible panic in
/// the binary, where a share link that replays the run says more. `shallow` leaves the contents of derived
/// `Debug` out, which no text of the page uses; strings and numbers in `{:?}` print as ever.
///
/// These are flags of cargo and rustc that are not stable yet; the toolchain is pinned, and without them
/// the page is the same, only larger.
fn small_library(cargo: &mut std::process::Command) {
    cargo
        .env("RUSTC_BOOTSTRAP", "1")
        .env("CARGO_UNSTABLE_BUILD_STD", "std,panic_abort")
        .env("CARGO_UNSTABLE_BUILD_STD_FEATURES", "optimize_for_size")
        .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", "-Zlocation-detail=none -Zfmt-debug=shallow");
}

/// Photographs the page: docs/page.png for the README, every size and theme in target/photos.
pub(crate) fn photos(args: &[String]) -> Result<()> {
    if !args.iter().any(|a| a == "--no-build") {
        dist(&[])?;
    }
    tools::for_browser()?;
    let mut c = command("npm");
    c.args(["run", "--silent", "photos"]);
    if let Some(browser) = tools::chromium() {
        c.env("CHROMIUM", browser);
    }
    run(&mut c)
}
