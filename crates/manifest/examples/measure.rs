//! Reads every file below a folder: how long it takes, what is found. `measure FOLDER [PATTERN]`
#![allow(clippy::print_stdout, clippy::disallowed_methods, missing_docs)]

fn files(dir: &std::path::Path, out: &mut Vec<std::path::PathBuf>) {
    let mut all: Vec<_> = std::fs::read_dir(dir).into_iter().flatten().flatten().map(|e| e.path()).collect();
    all.sort();
    for p in all {
        if p.is_dir() {
            files(&p, out);
        } else if p.extension().is_some_and(|e| e == "yaml" || e == "yml" || e == "json") {
            out.push(p);
        }
    }
}

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let mut all = Vec::new();
    files(std::path::Path::new(args.get(1).map_or(".", String::as_str)), &mut all);
    let (mut documents, mut bytes, mut slowest) = (0, 0, (0u128, String::new()));
    let start = std::time::Instant::now();
    for path in &all {
        let text = String::from_utf8_lossy(&std::fs::read(path).unwrap_or_default()).into_owned();
        let one = std::time::Instant::now();
        let r = podglass_manifest::read(&text);
        let t = one.elapsed().as_micros();
        if t > slowest.0 {
            slowest = (t, path.display().to_string());
        }
        documents += r.documents.len();
        bytes += text.len();
        if args.get(2).is_some_and(|p| path.display().to_string().contains(p.as_str())) {
            for d in &r.diagnostics {
                let (l, c) = d.span.line_column(&text);
                println!(
                    "{}:{l}:{c}: {:?} [{}] {}{}",
                    path.display(),
                    d.severity,
                    d.code,
                    d.message,
                    d.help.as_ref().map(|h| format!(" — {h}")).unwrap_or_default()
                );
            }
        }
    }
    let t = start.elapsed();
    println!(
        "{} files, {documents} documents, {bytes} bytes in {t:?}: {:.0} documents/s; slowest {} µs {}",
        all.len(),
        documents as f64 / t.as_secs_f64(),
        slowest.0,
        slowest.1
    );
}
