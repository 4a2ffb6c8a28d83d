//! The documentation of the API: the lines of static/schema/openapi-1.37.txt, and the schemas of CustomResourceDefinitions.
//!
//! `cargo xtask schema` writes the file and says what its lines are. It is no part of the program: [`Files::reference`]
//! gives it where there is one. A shape is a primitive, `#definition`, `[]shape` or `{}shape` (a map).
//!
//! [`Files::reference`]: crate::Files::reference

use crate::json::Look;
use serde_json::Value;
use std::rc::Rc;

/// A type.
#[derive(Clone, Default)]
pub(crate) struct Definition {
    /// What it is where it is no object: `string`; empty where it may be several things.
    pub(crate) primitive: String,
    /// Words.
    pub(crate) doc: String,
    /// Its fields, by name.
    pub(crate) fields: Vec<Field>,
}

/// A field of a type.
#[derive(Clone, Default)]
pub(crate) struct Field {
    /// Its name.
    pub(crate) name: String,
    /// Whether it must be there.
    pub(crate) required: bool,
    /// Its shape.
    pub(crate) shape: String,
    /// The values it may have.
    pub(crate) values: Vec<String>,
    /// Words.
    pub(crate) doc: String,
}

/// All that is documented.
#[derive(Default)]
pub(crate) struct Documents {
    texts: Vec<Rc<str>>,
    /// Definitions without a name of their own: `#~0`, `#~1`, …
    nameless: Vec<Definition>,
}

impl Documents {
    /// These files.
    pub(crate) fn new(texts: Vec<Rc<str>>) -> Documents {
        Documents { texts, nameless: Vec::new() }
    }

    /// Whether the server has kinds of this group and version.
    pub(crate) fn serves(&self, group: &str, version: &str) -> bool {
        self.texts.iter().any(|t| t.contains(&format!("\t{group}/{version}/")))
    }

    /// The shape of a built-in kind.
    pub(crate) fn kind(&self, group: &str, version: &str, kind: &str) -> Option<String> {
        let mark = format!("\t{group}/{version}/{kind}\t");
        self.texts.iter().find_map(|text| {
            let before = text.get(..text.find(&mark)?)?;
            Some(format!("#{}", before.get(before.rfind('@')? + 1..)?))
        })
    }

    /// A definition by its name.
    pub(crate) fn definition(&self, name: &str) -> Option<Definition> {
        if let Some(number) = name.strip_prefix('~') {
            return self.nameless.get(number.parse::<usize>().ok()?).cloned();
        }
        let mark = format!("\n@{name}\t");
        let (text, at) = self.texts.iter().find_map(|t| Some((t, t.find(&mark)?)))?;
        let mut lines = text.get(at + 1..)?.lines();
        let mut head = lines.next()?.split('\t').skip(2).map(plain);
        let mut out = Definition { primitive: head.next()?, doc: head.next()?, fields: Vec::new() };
        for line in lines.take_while(|l| !l.starts_with('@')) {
            let mut parts = line.split('\t');
            let (Some(name), Some(shape), Some(values), Some(doc)) = (parts.next(), parts.next(), parts.next(), parts.next()) else { continue };
            let bare = name.trim_end_matches('!');
            // Values of a list's items are for who types them; `explain` does not know them.
            let known = !values.is_empty() && !values.starts_with('*');
            out.fields.push(Field {
                name: bare.to_owned(),
                required: bare.len() < name.len(),
                shape: shape.to_owned(),
                values: if known { values.split('|').map(str::to_owned).collect() } else { Vec::new() },
                doc: plain(doc),
            });
        }
        Some(out)
    }

    /// The shape of a kind that a CustomResourceDefinition defines, from the schema of one of its versions.
    pub(crate) fn custom(&mut self, schema: &Value) -> String {
        let mut own = self.object(schema);
        own.doc = schema.text("description").to_owned();
        let standard = self.kind("", "v1", "Pod").and_then(|shape| self.definition(shape.trim_start_matches('#'))).unwrap_or_default();
        for name in ["apiVersion", "kind", "metadata"] {
            own.fields.retain(|f| f.name != name);
            own.fields.extend(standard.fields.iter().find(|f| f.name == name).cloned());
        }
        by_name(&mut own.fields);
        self.keep(own)
    }

    fn keep(&mut self, definition: Definition) -> String {
        self.nameless.push(definition);
        format!("#~{}", self.nameless.len() - 1)
    }

    fn object(&mut self, schema: &Value) -> Definition {
        let required = schema.list("required");
        let mut fields = Vec::new();
        for (name, property) in schema.at("properties").as_object().into_iter().flatten() {
            fields.push(Field {
                name: name.clone(),
                required: required.iter().any(|r| r.as_str() == Some(name)),
                shape: self.shape(property),
                values: property.list("enum").iter().map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_owned)).collect(),
                doc: property.text("description").to_owned(),
            });
        }
        by_name(&mut fields);
        Definition { primitive: String::new(), doc: String::new(), fields }
    }

    fn shape(&mut self, schema: &Value) -> String {
        if schema.at("properties").is_object() {
            let object = self.object(schema);
            return self.keep(object);
        }
        for (field, mark) in [("items", "[]"), ("additionalProperties", "{}")] {
            if schema.at(field).is_object() {
                return format!("{mark}{}", self.shape(schema.at(field)));
            }
        }
        schema.text("type").to_owned()
    }
}

/// Insertion sort: a dozen fields, and no sorting code of its own in the page.
fn by_name(fields: &mut [Field]) {
    for end in 1..fields.len() {
        let mut at = end;
        while at > 0 && fields[at].name < fields[at - 1].name {
            fields.swap(at, at - 1);
            at -= 1;
        }
    }
}

/// A text as it is, of one that stands in a line.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        out.push(match (c, c == '\\') {
            (_, true) => match chars.next() {
                Some('n') => '\n',
                Some('t') => '\t',
                other => other.unwrap_or('\\'),
            },
            _ => c,
        });
    }
    out
}
