//! `size`: what a browser downloads, in brotli, against the budget.

use crate::{build, command};
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};

/// The whole page: markup, styles, wasm, glue and editor.
const PAGE: usize = 700_000;
/// The embed view: the same without the editor.
const EMBED: usize = 500_000;

/// Folders whose files a view fetches only when somebody asks for one of them: counted apart.
const ON_DEMAND: [&str; 7] = ["gallery/", "tours/", "recordings/", "words/", "schema/", "examples/", "style/"];

/// Builds dist/ and holds it against the budget.
pub(crate) fn run(args: &[String]) -> Result<()> {
    if !args.iter().any(|a| a == "--no-build") {
        build::dist(&[])?;
    }
    let dist = command::root().join("dist");
    let mut files = Vec::new();
    collect(&dist, &mut files).context("dist/ cannot be read: `cargo xtask build` makes it")?;
    files.sort();
    let (mut page, mut embed, mut asked) = (0, 0, 0);
    println!("{:>9} {:>9}  file", "bytes", "brotli");
    for file in files {
        let name = file.strip_prefix(&dist).unwrap_or(&file).to_string_lossy().into_owned();
        // The demo and the element's script belong to other pages.
        if name.starts_with("demo/") || name == "embed.js" || Path::new(&name).extension().is_some_and(|e| e == "map") {
            continue;
        }
        let bytes = std::fs::read(&file).with_context(|| format!("{name} cannot be read"))?;
        let small = brotli_size(&bytes)?;
        if ON_DEMAND.iter().any(|folder| name.starts_with(folder)) {
            asked += small;
            continue;
        }
        println!("{:>9} {small:>9}  {name}", bytes.len());
        page += small;
        if !name.contains("editor") {
            embed += small;
        }
    }
    println!("whole page {page} of {PAGE}, embed view {embed} of {EMBED}; fetched only when asked for {asked} (brotli bytes)");
    if page > PAGE || embed > EMBED {
        bail!("over the size budget");
    }
    Ok(())
}

fn collect(dir: &Path, into: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_dir() { collect(&path, into)? } else { into.push(path) }
    }
    Ok(())
}

/// Size at the quality static hosts use for files they compress once.
pub(crate) fn brotli_size(bytes: &[u8]) -> Result<usize> {
    let mut out = Vec::new();
    let params = brotli::enc::BrotliEncoderParams { quality: 11, lgwin: 22, ..Default::default() };
    brotli::BrotliCompress(&mut &bytes[..], &mut out, &params).context("brotli failed")?;
    Ok(out.len())
}
