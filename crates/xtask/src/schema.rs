//! `schema`: writes static/schema/openapi.txt and openapi-more.txt, what `explain` and the editor's help know of the API.
//! The second file has what only kinds reach that Podglass does not simulate: few ever ask for it.
//!
//! The source is `k8s-openapi`'s own: every type carries its JSON schema with the API's documentation. What the
//! crate leaves out of the server's document (the values an enumeration has, which `metadata` are required) stands in
//! `data/openapi.txt`, in the same form. Only what the kinds of the API reach is written.
//!
//! The file is lines of fields parted by tabs, line ends inside a text written `\n`:
//! `@name  group/version/Kind  primitive  documentation` opens a definition, `name[!]  type  values  documentation`
//! is one of its fields (`!`: required). A type is a primitive, `#name`, `[]type` or `{}type`; values are parted by `|`
//! and begin with `*` where they are those of a list's items.

use crate::command::{command, output, root};
use anyhow::{Context, Result, bail};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// A definition as the crate has it.
#[derive(Default)]
struct Definition {
    /// `apps/v1/Deployment` of a kind.
    kind: String,
    schema: Schema,
}

/// A schema: what of JSON schema the crate uses.
#[derive(Default)]
struct Schema {
    description: String,
    primitive: String,
    reference: Option<String>,
    items: Option<Box<Schema>>,
    values: Option<Box<Schema>>,
    properties: BTreeMap<String, Schema>,
    required: BTreeSet<String>,
}

/// A field's values, and what is said of them.
type Extra = BTreeMap<(String, String), (String, String)>;

/// Writes the file, and says how large it is.
pub(crate) fn run(_: &[String]) -> Result<()> {
    let sources = sources()?;
    let mut all = BTreeMap::new();
    read_folder(&sources, &mut all)?;
    let extra = extra(&std::fs::read_to_string(root().join("crates/xtask/data/openapi.txt"))?);
    let near = reached(&all, |kind| SIMULATED.split_whitespace().any(|k| k == kind));
    let far: BTreeSet<&str> = reached(&all, |_| true).difference(&near).copied().collect();
    let folder = root().join("static/schema");
    std::fs::create_dir_all(&folder)?;
    for (file, definitions) in [("openapi.txt", near), ("openapi-more.txt", far)] {
        let text = write(&all, &extra, &definitions);
        std::fs::write(folder.join(file), &text)?;
        println!("static/schema/{file}: {} definitions, {} bytes, {} in brotli", definitions.len(), text.len(), crate::size::brotli_size(text.as_bytes())?);
    }
    Ok(())
}

/// The kinds a manifest for Podglass is made of.
const SIMULATED: &str = "Pod Deployment ReplicaSet StatefulSet DaemonSet Job CronJob Service Endpoints EndpointSlice ConfigMap Secret Namespace ServiceAccount \
    PersistentVolume PersistentVolumeClaim StorageClass Ingress IngressClass NetworkPolicy HorizontalPodAutoscaler PodDisruptionBudget ResourceQuota LimitRange \
    PriorityClass Node Role RoleBinding ClusterRole ClusterRoleBinding ReplicationController PodTemplate CustomResourceDefinition Event";

/// The folder of the crate's sources of the version the workspace builds.
fn sources() -> Result<PathBuf> {
    let metadata = output(command("cargo").args(["metadata", "--format-version", "1", "--locked", "--offline"])).context("`cargo metadata` failed")?;
    let at = metadata.find("/k8s-openapi-").context("the workspace does not use k8s-openapi")?;
    let start = metadata[..at].rfind('"').map_or(0, |i| i + 1);
    let end = metadata[at + 1..].find('/').map_or(at, |i| at + 1 + i);
    let path = metadata[start..end].trim_start_matches("path+file://").trim_start_matches("file://");
    Ok(Path::new(path).join("src/v1_37"))
}

fn read_folder(folder: &Path, into: &mut BTreeMap<String, Definition>) -> Result<()> {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder).with_context(|| folder.display().to_string())?.flatten().map(|e| e.path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            read_folder(&path, into)?;
        } else if path.extension().is_some_and(|e| e == "rs") {
            read_file(&std::fs::read_to_string(&path)?, into).with_context(|| path.display().to_string())?;
        }
    }
    Ok(())
}

/// Reads the schema at the end of a type's file.
fn read_file(text: &str, into: &mut BTreeMap<String, Definition>) -> Result<()> {
    let Some(at) = text.find("fn schema_name()") else { return Ok(()) };
    let rest = &text[at..];
    let Some(name) = rest.split('"').nth(1) else { return Ok(()) };
    let Some(open) = rest.find("json_schema!(") else { return Ok(()) };
    let mut reader = Reader { rest: &rest[open + "json_schema!(".len()..] };
    let schema = reader.schema()?;
    let constant = |name: &str| text.split_once(&format!("const {name}: &'static str = \"")).and_then(|(_, r)| r.split('"').next());
    let kind = match (constant("GROUP"), constant("VERSION"), constant("KIND")) {
        (Some(g), Some(v), Some(k)) => format!("{g}/{v}/{k}"),
        _ => String::new(),
    };
    into.insert(short(name), Definition { kind, schema });
    Ok(())
}

/// `io.k8s.api.core.v1.Pod` without what all names share.
fn short(name: &str) -> String {
    name.trim_start_matches("io.k8s.").to_owned()
}

/// Reads the body of a `json_schema!`.
struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn skip(&mut self) {
        self.rest = self.rest.trim_start();
    }
    fn eat(&mut self, what: char) -> bool {
        self.skip();
        self.rest.strip_prefix(what).map(|r| self.rest = r).is_some()
    }
    fn need(&mut self, what: char) -> Result<()> {
        if self.eat(what) { Ok(()) } else { bail!("{what:?} expected at {:.60}", self.rest) }
    }
    /// A string literal of Rust.
    fn string(&mut self) -> Result<String> {
        self.need('"')?;
        let mut out = String::new();
        let mut chars = self.rest.char_indices();
        while let Some((at, c)) = chars.next() {
            match c {
                '"' => {
                    self.rest = &self.rest[at + 1..];
                    return Ok(out);
                }
                '\\' => match chars.next().map(|(_, c)| c) {
                    Some('n') => out.push('\n'),
                    Some('t') => out.push('\t'),
                    Some('r') => out.push('\r'),
                    Some('u') => {
                        let code: String = chars.by_ref().map(|(_, c)| c).take_while(|c| *c != '}').filter(|c| *c != '{').collect();
                        out.extend(u32::from_str_radix(&code, 16).ok().and_then(char::from_u32));
                    }
                    Some(c) => out.push(c),
                    None => break,
                },
                c => out.push(c),
            }
        }
        bail!("a string without an end")
    }
    /// `{ … }`, or the Rust that asks for another type's schema.
    fn schema(&mut self) -> Result<Schema> {
        let mut schema = Schema::default();
        self.skip();
        if self.rest.starts_with(['(', '_']) {
            let end = if self.rest.starts_with('(') { closing(self.rest) } else { self.rest.find("()").map(|at| at + 1) };
            let (inside, rest) = self.rest.split_at(end.context("a parenthesis without an end")?);
            self.rest = &rest[1..];
            let path = inside.split_once("subschema_for::<crate::").and_then(|(_, r)| r.split_once('>')).map(|(p, _)| p);
            let path = path.with_context(|| format!("no type in {inside:.80}"))?;
            schema.reference =
                Some(path.replace("::", ".").replace("apiextensions_apiserver", "apiextensions-apiserver").replace("kube_aggregator", "kube-aggregator"));
            if let Some((_, text)) = inside.split_once("insert(\"description\".into(), ") {
                schema.description = Reader { rest: text }.string()?;
            }
            return Ok(schema);
        }
        self.need('{')?;
        while !self.eat('}') {
            let key = self.string()?;
            self.need(':')?;
            self.skip();
            match key.as_str() {
                "description" => schema.description = self.string()?,
                "type" => schema.primitive = self.string()?,
                "items" => schema.items = Some(Box::new(self.schema()?)),
                "additionalProperties" => schema.values = Some(Box::new(self.schema()?)),
                "properties" => {
                    self.need('{')?;
                    while !self.eat('}') {
                        let name = self.string()?;
                        self.need(':')?;
                        let property = self.schema()?;
                        schema.properties.insert(name, property);
                        self.eat(',');
                    }
                }
                "required" => {
                    self.need('[')?;
                    while !self.eat(']') {
                        schema.required.insert(self.string()?);
                        self.eat(',');
                    }
                }
                _ => self.value()?,
            }
            self.eat(',');
        }
        Ok(schema)
    }
    /// Passes over a value that says nothing of use here.
    fn value(&mut self) -> Result<()> {
        self.skip();
        match self.rest.chars().next() {
            Some('"') => self.string().map(drop),
            Some(open @ ('[' | '{')) => {
                self.rest = &self.rest[1..];
                let close = if open == '[' { ']' } else { '}' };
                while !self.eat(close) {
                    self.value()?;
                    if !self.eat(',') {
                        self.eat(':');
                    }
                }
                Ok(())
            }
            Some('(' | '_') => self.schema().map(drop),
            _ => {
                let rest = self.rest.trim_start_matches(|c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_'));
                if rest.len() == self.rest.len() {
                    bail!("a value expected at {rest:.60}");
                }
                self.rest = rest;
                Ok(())
            }
        }
    }
}

/// Where the parenthesis that opens a text closes, strings aside.
fn closing(text: &str) -> Option<usize> {
    let (mut depth, mut quoted, mut escaped) = (0, false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => {
                depth -= 1;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}

/// Reads `data/openapi.txt`: by definition and field the values (or `!`, `?`: required or not, against the crate) and the words to add.
fn extra(text: &str) -> Extra {
    let mut definition = "";
    let mut out = Extra::new();
    for line in text.lines().filter(|l| !l.starts_with("# ")) {
        if let Some(name) = line.strip_prefix('@') {
            definition = name;
        } else if let Some((field, rest)) = line.split_once('\t') {
            let (values, words) = rest.split_once('\t').unwrap_or((rest, ""));
            out.insert((definition.to_owned(), field.to_owned()), (values.to_owned(), words.to_owned()));
        }
    }
    out
}

/// The definitions that the kinds reach which a test lets through.
fn reached(all: &BTreeMap<String, Definition>, wanted: impl Fn(&str) -> bool) -> BTreeSet<&str> {
    let mut reached = BTreeSet::new();
    let mut open: Vec<&str> =
        all.iter().filter(|(_, d)| served(&d.kind) && wanted(d.kind.rsplit('/').next().unwrap_or_default())).map(|(n, _)| n.as_str()).collect();
    while let Some(name) = open.pop() {
        if let Some((name, definition)) = all.get_key_value(name)
            && reached.insert(name.as_str())
        {
            references(&definition.schema, &mut open);
        }
    }
    reached
}

/// A file's text.
fn write(all: &BTreeMap<String, Definition>, extra: &Extra, definitions: &BTreeSet<&str>) -> String {
    let mut text = String::from("# The API of Kubernetes 1.37 by `cargo xtask schema`: do not edit.\n");
    for name in definitions.iter().copied() {
        let Some(definition) = all.get(name) else { continue };
        let schema = &definition.schema;
        let several = name.ends_with(".Quantity") || name.ends_with(".IntOrString");
        let primitive = if schema.properties.is_empty() && !several { schema.primitive.as_str() } else { "" };
        let _ = writeln!(text, "@{name}\t{}\t{primitive}\t{}", definition.kind, escaped(&schema.description));
        for (field, property) in &schema.properties {
            let found = extra.get(&(name.to_owned(), field.clone()));
            let (values, words) = found.map_or(("", ""), |(v, w)| (v.as_str(), w.as_str()));
            // The crate wants a `metadata` everywhere, and a name in every reference.
            let must = match values {
                "!" => true,
                "?" => false,
                _ => field != "metadata" && schema.required.contains(field),
            };
            let values = values.trim_matches(['!', '?']);
            let mut doc = escaped(&property.description);
            if !words.is_empty() {
                if !doc.is_empty() {
                    doc.push_str("\\n\\n");
                }
                doc.push_str(words);
            }
            let _ = writeln!(text, "{field}{}\t{}\t{}\t{doc}", if must { "!" } else { "" }, shape(property), values);
        }
    }
    text
}

/// Whether a server with nothing switched on has the kind: no alpha or beta version; lists are not explained.
fn served(kind: &str) -> bool {
    let version = kind.split('/').nth(1).unwrap_or_default();
    version.trim_start_matches('v').parse::<u32>().is_ok() && !kind.ends_with("List")
}

fn references<'a>(schema: &'a Schema, into: &mut Vec<&'a str>) {
    into.extend(schema.reference.as_deref());
    for inner in schema.items.iter().chain(&schema.values).map(Box::as_ref).chain(schema.properties.values()) {
        references(inner, into);
    }
}

fn shape(schema: &Schema) -> String {
    match (&schema.reference, &schema.items, &schema.values) {
        (Some(name), ..) => format!("#{name}"),
        (_, Some(items), _) => format!("[]{}", shape(items)),
        (_, _, Some(values)) => format!("{{}}{}", shape(values)),
        _ => schema.primitive.clone(),
    }
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\n', "\\n").replace('\t', "\\t")
}
