//! `serve` and `build`: the page through Trunk.

use crate::command::{command, run};
use crate::tools;
use anyhow::Result;

/// Serves the page on 127.0.0.1:8080 (`Trunk.toml` says so) and rebuilds it when a file changes.
pub(crate) fn serve(args: &[String]) -> Result<()> {
    tools::for_page()?;
    println!("building the page; then it is at http://127.0.0.1:8080 (Ctrl+C ends it)");
    run(command("trunk").args(["serve", "--release", "--offline"]).args(args).env_remove("NO_COLOR"))
}

/// Builds the static site into dist/.
pub(crate) fn dist(args: &[String]) -> Result<()> {
    tools::for_page()?;
    // Trunk reads NO_COLOR as a boolean and stumbles over "1".
    run(command("trunk").args(["build", "--release", "--offline"]).args(args).env_remove("NO_COLOR"))?;
    println!("dist/ holds the site: any static web server can serve it.");
    Ok(())
}

/// Draws the gallery's pictures from the examples.
pub(crate) fn gallery(_args: &[String]) -> Result<()> {
    run(command("cargo").args(["run", "--quiet", "--package", "podglass-playground", "--example", "gallery", "--", "static/gallery"]))?;
    println!("static/gallery/ holds a picture of every example.");
    Ok(())
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
