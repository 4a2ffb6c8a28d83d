//! `explain`: what the API says of a kind or a field, as kubectl's `plaintext` template writes it.

mod plaintext_v2;

use crate::flags::Flags;
use crate::json::Look;
use crate::openapi::{Documents, Field};
use crate::resource::Resource;
use crate::session::{Failure, Session};

pub(super) const FLAGS: &str = "api-version: max-depth:i output,o: recursive,R?";

pub(super) fn run(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    let Some(asked) = flags.args.first() else {
        return Err(Failure::error(
            "You must specify the type of resource to explain. Use \"kubectl api-resources\" for a complete list of supported resources.",
        ));
    };
    if flags.args.len() > 1 {
        return Err(Failure::error("We accept only this format: explain RESOURCE"));
    }
    let depth = flags.int("max-depth").unwrap_or(0);
    let recursive = flags.truth("recursive");
    if depth > 0 && !recursive {
        return Err(Failure::error("--max-depth requires --recursive"));
    }
    if depth < 0 {
        return Err(Failure::error("--max-depth must be non-negative"));
    }
    let asked = asked.strip_suffix('.').unwrap_or(asked);
    let (word, rest) = asked.split_once(['.', '[']).unwrap_or((asked, ""));
    if word == "ev" {
        session.complain("Warning: short name \"ev\" could also match lower priority resource events.events.k8s.io\n");
    }
    let resource = session.resource(word).map_err(|f| Failure::plain(f.text.trim_start_matches("error: ")))?;
    let rest = asked.strip_prefix(resource.plural_group().as_str()).unwrap_or(rest).trim_start_matches('.');
    let path: Vec<&str> = rest.split('.').filter(|p| !p.is_empty()).collect();
    if path.iter().any(|p| p.contains('[')) {
        return Err(Failure::error("invalid jsonpath syntax, all nodes must be field nodes"));
    }
    let (mut group, mut version) = (resource.group.as_str(), resource.version.as_str());
    if let Some(given) = flags.get("api-version").filter(|v| !v.is_empty()) {
        (group, version) = given.split_once('/').unwrap_or(("", given));
    }
    let mut documents = documents(session, &resource, group, version)?;
    let output = flags.get("output").unwrap_or("plaintext");
    let known = resource.custom && resource.group == group || documents.serves(group, version);
    if !known && output != "plaintext-openapiv2" {
        return Err(Failure::error(format!("couldn't find resource for \"{group}/{version}, Resource={}\"", resource.plural)));
    }
    let shape = if resource.custom { custom(session, &resource, version, &mut documents) } else { documents.kind(group, version, &resource.kind) };
    if output == "plaintext-openapiv2" {
        let Some(shape) = shape else {
            return Err(Failure::error(format!("couldn't find resource for \"{group}/{version}, Kind={}\"", resource.kind)));
        };
        let place = if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") };
        let text = plaintext_v2::page(&documents, &shape, &path, &resource.kind, &place, recursive, depth)?;
        session.print(text);
        return Ok(());
    }
    if output != "plaintext" {
        return Err(Failure::error(format!("unrecognized format: {output}")));
    }
    let Some(shape) = shape else {
        let place = if group.is_empty() { format!("/{version}") } else { format!("{group}/{version}") };
        return Err(Failure::error(format!("GVR ({place}, Resource={}) not found in OpenAPI schema", resource.plural)));
    };
    if !group.is_empty() {
        session.print(format!("GROUP:      {group}\n"));
    }
    session.print(format!("KIND:       {}\nVERSION:    {version}\n\n", resource.kind));
    let root = Field { shape, ..Field::default() };
    let Some(field) = follow(&documents, &root, &path) else {
        return Err(Failure::error(format!("field {:?} does not exist", path.last().unwrap_or(&""))));
    };
    let mut text = String::new();
    if let Some(name) = path.last() {
        text.push_str(&format!("FIELD: {name} <{}>\n", type_name(&documents, &field.shape)));
        if !field.values.is_empty() {
            text.push_str("ENUM:");
            for value in &field.values {
                text.push_str("\n    ");
                text.push_str(shown(value));
            }
        }
        text.push_str("\n\n");
    }
    let mut description = String::new();
    describe(&documents, &field.doc, &field.shape, &mut description);
    if description.is_empty() {
        description.push_str("<empty>");
    }
    text.push_str("DESCRIPTION:\n");
    indented(&mut text, &wrapped(&description, 76), 4);
    text.push('\n');
    let mut list = String::new();
    Fields { documents: &documents, recursive, depth: depth as usize }.write(&field.shape, 1, &mut Vec::new(), &mut list);
    if !list.is_empty() {
        text.push_str("FIELDS:\n");
        text.push_str(&list);
    }
    text.push('\n');
    session.print(text);
    Ok(())
}

/// The files that document a group; those of kinds that are rarely met are only asked for where one is.
fn documents(session: &mut Session<'_>, resource: &Resource, group: &str, version: &str) -> Result<Documents, Failure> {
    let first = session.reference("openapi")?;
    let documents = Documents::new(vec![first.clone()]);
    if resource.custom || documents.kind(group, version, &resource.kind).is_some() {
        return Ok(documents);
    }
    Ok(Documents::new(vec![first, session.reference("openapi-more")?]))
}

/// The shape of a custom resource.
fn custom(session: &mut Session<'_>, resource: &Resource, version: &str, documents: &mut Documents) -> Option<String> {
    let definitions = session.objects("customresourcedefinitions", "");
    let definition = definitions.iter().find(|d| d.text("spec.group") == resource.group && d.text("spec.names.plural") == resource.plural)?;
    let found = definition.list("spec.versions").iter().find(|v| v.text("name") == version)?;
    Some(documents.custom(found.at("schema.openAPIV3Schema")))
}

/// What a shape is of once lists and maps are left aside.
fn element(shape: &str) -> &str {
    shape.trim_start_matches(['[', ']', '{', '}'])
}

/// The field at the end of a path.
fn follow(documents: &Documents, from: &Field, path: &[&str]) -> Option<Field> {
    let mut at = from.clone();
    // The kind's own words stand in its definition.
    for name in path {
        let definition = documents.definition(element(&at.shape).strip_prefix('#')?)?;
        at = definition.fields.into_iter().find(|f| f.name == **name)?;
    }
    Some(at)
}

/// A field's words and those of what it holds (the template `description`).
fn describe(documents: &Documents, doc: &str, shape: &str, into: &mut String) {
    if !doc.is_empty() {
        into.push_str(doc);
        into.push('\n');
    }
    if let Some(definition) = element(shape).strip_prefix('#').and_then(|name| documents.definition(name)) {
        describe(documents, &definition.doc, "", into);
    }
}

/// `[]Container`, `map[string]string` (the template `typeGuess`).
fn type_name(documents: &Documents, shape: &str) -> String {
    for (mark, words) in [("[]", "[]"), ("{}", "map[string]")] {
        if let Some(inner) = shape.strip_prefix(mark) {
            return format!("{words}{}", type_name(documents, inner));
        }
    }
    match shape.strip_prefix('#') {
        Some(name) => {
            let primitive = documents.definition(name).map(|d| d.primitive).unwrap_or_default();
            match primitive.as_str() {
                "" | "object" if name.starts_with('~') => "Object".to_owned(),
                "" | "object" => name.rsplit('.').next().unwrap_or(name).to_owned(),
                _ => primitive,
            }
        }
        None if matches!(shape, "" | "object") => "Object".to_owned(),
        None => shape.to_owned(),
    }
}

/// A value of an enumeration.
fn shown(value: &str) -> &str {
    if value.is_empty() { "\"\"" } else { value }
}

/// Writes lists of fields (the templates `fieldList` and `fieldDetail`).
struct Fields<'a> {
    documents: &'a Documents,
    recursive: bool,
    depth: usize,
}

impl Fields<'_> {
    fn write(&self, shape: &str, level: usize, above: &mut Vec<String>, text: &mut String) {
        let Some(name) = element(shape).strip_prefix('#') else { return };
        if above.iter().any(|a| a == name) {
            return;
        }
        let Some(definition) = self.documents.definition(name) else { return };
        above.push(name.to_owned());
        let indent = level * 2;
        for field in &definition.fields {
            text.push_str(&" ".repeat(indent));
            text.push_str(&format!("{}\t<{}>{}", field.name, type_name(self.documents, &field.shape), if field.required { " -required-" } else { "" }));
            for (at, value) in field.values.iter().take(4).enumerate() {
                if at == 0 {
                    text.push_str(&format!("\n{}enum: ", " ".repeat(indent)));
                } else {
                    text.push_str(", ");
                }
                text.push_str(shown(value));
            }
            if field.values.len() > 4 {
                text.push_str(", ....");
            }
            text.push('\n');
            if !self.recursive {
                let doc = if field.doc.is_empty() { "<no description>" } else { &field.doc };
                indented(text, &wrapped(doc, 78 - indent), indent + 2);
                text.push_str("\n\n");
            } else if self.depth == 0 || level < self.depth {
                self.write(&field.shape, level + 1, above, text);
            }
        }
        above.pop();
    }
}

fn indented(text: &mut String, what: &str, by: usize) {
    let pad = " ".repeat(by);
    text.push_str(&pad);
    text.push_str(&what.replace('\n', &format!("\n{pad}")));
}

/// Wraps at white space as go-wordwrap does: a word that is longer than the line stays whole.
fn wrapped(text: &str, limit: usize) -> String {
    let (mut out, mut word, mut space) = (String::new(), String::new(), String::new());
    let (mut current, mut word_length) = (0, 0);
    for c in text.chars() {
        if c.is_whitespace() {
            if c == '\n' {
                if word.is_empty() && current + space.len() > limit {
                    space.clear();
                }
            } else if word.is_empty() && !space.is_empty() {
                space.push(c);
                continue;
            }
            current += space.len() + word_length;
            out.push_str(&space);
            out.push_str(&word);
            space.clear();
            word.clear();
            word_length = 0;
            if c == '\n' {
                out.push(c);
                current = 0;
            } else {
                space.push(c);
            }
        } else {
            word.push(c);
            word_length += 1;
            if current + word_length + space.len() > limit && word_length < limit {
                out.push('\n');
                current = 0;
                space.clear();
            }
        }
    }
    if !word.is_empty() || current + space.len() <= limit {
        out.push_str(&space);
    }
    out.push_str(&word);
    out
}
