//! Dockerfiles among the documents: their mistakes, and the images they define.

use crate::documents::Tab;
use crate::scenario::Text;
use podglass_cluster::manifest::{Diagnostic, Reading, Severity, Span};
use podglass_cluster::runtime::catalogue::Catalogue;
use podglass_cluster::runtime::dockerfile::{self, Context, Gravity};
use std::rc::Rc;

pub use podglass_cluster::runtime::dockerfile::is_dockerfile;

/// What a new Dockerfile begins with.
pub const BEGINNING: &str = "# image: my-app\nFROM ubuntu\nCOPY hello.sh /\nCMD [\"/hello.sh\"]\n\n# file: hello.sh\n#!/bin/sh\necho Hello\n";

/// What there is to say of a Dockerfile, what happened while it was built included.
pub fn reading(name: &str, text: &str) -> Reading {
    let file = dockerfile::read(text);
    let built = dockerfile::build(&Catalogue::shared(), &file, &Context::new(), &[]);
    let mut diagnostics: Vec<Diagnostic> = built
        .notes
        .into_iter()
        .map(|n| Diagnostic {
            code: "dockerfile",
            severity: match n.gravity {
                Gravity::Advice => Severity::Advice,
                Gravity::Warning => Severity::Warning,
                Gravity::Error => Severity::Error,
            },
            message: n.message,
            span: Span { start: n.start, end: n.end },
            path: String::new(),
            related: Vec::new(),
            help: n.help.map(str::to_owned),
            fix: None,
        })
        .collect();
    if built.image.is_some() && dockerfile::image_name(name, &file).is_none() {
        let end = file.instructions.first().map_or(0, |i| i.end);
        diagnostics.push(Diagnostic {
            code: "dockerfile",
            severity: Severity::Advice,
            message: "this image has no name yet".into(),
            span: Span { start: 0, end },
            path: String::new(),
            related: Vec::new(),
            help: Some("Write `# image: NAME` into the first line, or build it in the terminal: docker build -t NAME .".into()),
            fix: None,
        });
    }
    Reading { documents: Vec::new(), diagnostics }
}

/// Documents as files of a build.
pub fn context(texts: &[Text]) -> Context {
    texts.iter().map(|t| (t.name.clone(), t.text.clone().into_bytes())).collect()
}

/// The built-in images and those that the documents define.
pub fn catalogue(texts: &[Text]) -> Rc<Catalogue> {
    let mut catalogue = Catalogue::shared();
    for t in texts.iter().filter(|t| is_dockerfile(&t.name, &t.text)) {
        let file = dockerfile::read(&t.text);
        let Some(name) = dockerfile::image_name(&t.name, &file) else { continue };
        // One may stand on another that comes before it.
        if let Some(image) = dockerfile::build(&catalogue, &file, &Context::new(), &[]).image {
            Rc::make_mut(&mut catalogue).define(&name, image);
        }
    }
    catalogue
}

/// The command that applies a changed Dockerfile; `None` where its image has no name.
pub fn build_line(name: &str, text: &str) -> Option<String> {
    let image = dockerfile::image_name(name, &dockerfile::read(text))?;
    Some(format!("docker build -q -t {image} -f \"{name}\" ."))
}

/// A file name for a new Dockerfile that no tab has.
pub fn free_name(tabs: &[Tab]) -> String {
    let name = |n: usize| if n == 1 { "Dockerfile".to_owned() } else { format!("Dockerfile-{n}") };
    name((1..1000).find(|n| tabs.iter().all(|t| t.name != name(*n))).unwrap_or(1000))
}
