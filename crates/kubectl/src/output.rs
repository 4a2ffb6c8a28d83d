//! `-o`: JSON, YAML, names, templates, columns.

use crate::json::Look;
use crate::jsonpath::{Template, go_value};
use crate::resource::Resource;
use crate::session::{Failure, Session};
use crate::{gotemplate, tabs, yaml};
use podglass_manifest::decode;
use podglass_manifest::schema::{Shape, TypeId, schema};
use serde_json::Value;

/// JSON as Go writes it: keys sorted, `<`, `>`, `&` escaped, indented by so many blanks.
pub(crate) fn json(value: &Value, indent: usize) -> String {
    let mut out = String::new();
    write(value, indent, 0, &mut out);
    out
}

/// JSON on one line.
pub(crate) fn compact(value: &Value) -> String {
    json(value, 0)
}

fn write(value: &Value, indent: usize, level: usize, out: &mut String) {
    let line = |level: usize, out: &mut String| {
        if indent > 0 {
            out.push('\n');
            out.extend(std::iter::repeat_n(' ', indent * level));
        }
    };
    match value {
        Value::Object(m) if !m.is_empty() => {
            out.push('{');
            let mut keys: Vec<&String> = m.keys().collect();
            keys.sort();
            for (i, key) in keys.into_iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                line(level + 1, out);
                out.push_str(&text(key));
                out.push_str(if indent > 0 { ": " } else { ":" });
                write(&m[key], indent, level + 1, out);
            }
            line(level, out);
            out.push('}');
        }
        Value::Array(l) if !l.is_empty() => {
            out.push('[');
            for (i, item) in l.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                line(level + 1, out);
                write(item, indent, level + 1, out);
            }
            line(level, out);
            out.push(']');
        }
        Value::String(s) => out.push_str(&text(s)),
        other => out.push_str(&other.to_string()),
    }
}

/// A JSON text with Go's escapes.
pub(crate) fn text(s: &str) -> String {
    let plain = Value::String(s.to_owned()).to_string();
    if !plain.contains(['<', '>', '&', '\u{2028}', '\u{2029}', '\u{7f}']) {
        return plain;
    }
    plain.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026").replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029")
}

/// JSON of a typed object: keys in the order its Go type declares them.
pub(crate) fn typed_json(value: &Value, indent: usize) -> String {
    let mut out = String::new();
    typed(value, of_object(value), indent, 0, &mut out);
    out
}

/// The schema's type of an object by its `apiVersion` and `kind`.
fn of_object(value: &Value) -> Option<TypeId> {
    let (group, version) = value.text("apiVersion").rsplit_once('/').unwrap_or(("", value.text("apiVersion")));
    decode::type_of(group, version, value.text("kind"))
}

/// JSON with keys in a given order; unknown keys follow, sorted.
pub(crate) fn ordered_json(value: &Value, indent: usize, order: &[&str]) -> String {
    let mut out = String::new();
    let place = |k: &str| order.iter().position(|o| *o == k).unwrap_or(order.len());
    tree(value, indent, 0, &mut out, &|_, keys| keys.sort_by(|a, b| place(a).cmp(&place(b)).then(a.cmp(b))));
    out
}

/// Writes JSON, asking for the order of each map's keys.
fn tree(value: &Value, indent: usize, level: usize, out: &mut String, order: &dyn Fn(&Value, &mut Vec<&String>)) {
    let pad = |level: usize, out: &mut String| {
        if indent > 0 {
            out.push('\n');
            out.extend(std::iter::repeat_n(' ', indent * level));
        }
    };
    match value {
        Value::Object(m) if !m.is_empty() => {
            out.push('{');
            let mut keys: Vec<&String> = m.keys().collect();
            order(value, &mut keys);
            for (i, key) in keys.into_iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                pad(level + 1, out);
                out.push_str(&text(key));
                out.push_str(if indent > 0 { ": " } else { ":" });
                tree(&m[key], indent, level + 1, out, order);
            }
            pad(level, out);
            out.push('}');
        }
        Value::Array(l) if !l.is_empty() => {
            out.push('[');
            for (i, item) in l.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                pad(level + 1, out);
                tree(item, indent, level + 1, out, order);
            }
            pad(level, out);
            out.push(']');
        }
        other => write(other, indent, level, out),
    }
}

fn typed(value: &Value, ty: Option<TypeId>, indent: usize, level: usize, out: &mut String) {
    let pad = |level: usize, out: &mut String| {
        if indent > 0 {
            out.push('\n');
            out.extend(std::iter::repeat_n(' ', indent * level));
        }
    };
    let ty = ty.or_else(|| of_object(value));
    match value {
        Value::Object(m) if !m.is_empty() => {
            out.push('{');
            let mut keys: Vec<&String> = m.keys().collect();
            let known = ty.and_then(|t| schema().struct_of(t));
            let place = |k: &str| match k {
                "kind" if level == 0 || m.contains_key("apiVersion") && known.is_none_or(|s| s.field("kind").is_none()) => 0,
                "apiVersion" if level == 0 || m.contains_key("kind") && known.is_none_or(|s| s.field("kind").is_none()) => 1,
                "metadata" if known.is_none() => 2,
                _ => 3 + known.and_then(|s| s.fields.iter().position(|f| f.json == k)).unwrap_or(usize::MAX / 2),
            };
            keys.sort_by(|a, b| place(a).cmp(&place(b)).then(a.cmp(b)));
            for (i, key) in keys.into_iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                pad(level + 1, out);
                out.push_str(&text(key));
                out.push_str(if indent > 0 { ": " } else { ":" });
                let of = known.and_then(|s| s.field(key)).map(|f| f.ty).or_else(|| ty.and_then(element));
                typed(&m[key], of, indent, level + 1, out);
            }
            pad(level, out);
            out.push('}');
        }
        Value::Array(l) if !l.is_empty() => {
            out.push('[');
            for (i, item) in l.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                pad(level + 1, out);
                typed(item, ty.and_then(element), indent, level + 1, out);
            }
            pad(level, out);
            out.push(']');
        }
        other => write(other, indent, level, out),
    }
}

/// The type of a list's items or a map's values.
fn element(ty: TypeId) -> Option<TypeId> {
    let s = schema();
    match s.get(s.deref(ty)).shape {
        Shape::List(of) | Shape::Map(of) => Some(of),
        _ => None,
    }
}

/// How objects are printed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Format {
    /// A table, or the verb's own words.
    Default,
    /// A table with more columns.
    Wide,
    /// `-o json`
    Json,
    /// `-o yaml`
    Yaml,
    /// `-o kyaml`
    Kyaml,
    /// `-o name`
    Name,
    /// `-o jsonpath=…`: the template and its text.
    JsonPath(Template, String),
    /// `-o jsonpath-as-json=…`
    JsonPathAsJson(Template, String),
    /// `-o go-template=…`
    GoTemplate(gotemplate::Template, String),
    /// `-o custom-columns=…`
    Columns(Vec<(String, Template)>),
}

const GET: &str =
    "custom-columns,custom-columns-file,go-template,go-template-file,json,jsonpath,jsonpath-as-json,jsonpath-file,kyaml,name,template,templatefile,wide,yaml";
const PRINT: &str = "go-template,go-template-file,json,jsonpath,jsonpath-as-json,jsonpath-file,kyaml,name,template,templatefile,yaml";

impl Format {
    /// Reads `-o` and `--template`. `get` knows more formats than the other verbs.
    ///
    /// # Errors
    /// kubectl's words.
    pub(crate) fn read(session: &Session<'_>, output: Option<&str>, template: Option<&str>, get: bool) -> Result<Format, Failure> {
        let Some(output) = output.filter(|o| !o.is_empty()) else {
            return match template {
                Some(t) => go_template(t),
                None => Ok(Format::Default),
            };
        };
        let (kind, argument) = output.split_once('=').map_or((output, template), |(k, a)| (k, Some(a)));
        let argument = argument.filter(|a| !a.is_empty());
        let needed = || argument.ok_or_else(|| Failure::error("template format specified but no template given"));
        let from_file = |path: &str| -> Result<String, Failure> {
            session
                .files
                .read(path)
                .map(|b| String::from_utf8_lossy(&b).into_owned())
                .map_err(|e| Failure::error(format!("error reading --template {path}, open {path}: {e}")))
        };
        match kind {
            "json" => Ok(Format::Json),
            "yaml" => Ok(Format::Yaml),
            "kyaml" => Ok(Format::Kyaml),
            "name" => Ok(Format::Name),
            "wide" if get => Ok(Format::Wide),
            "jsonpath" | "jsonpath-file" | "jsonpath-as-json" => {
                let text = needed()?.to_owned();
                let text = if kind == "jsonpath-file" { from_file(&text)? } else { text };
                let parsed = Template::parse(&text).map_err(|e| Failure::error(format!("error parsing jsonpath {text}, {e}")))?;
                Ok(if kind == "jsonpath-as-json" { Format::JsonPathAsJson(parsed, text) } else { Format::JsonPath(parsed, text) })
            }
            "go-template" | "template" => go_template(needed()?),
            "go-template-file" | "templatefile" => go_template(&from_file(needed()?)?),
            "custom-columns" if get => {
                let spec = argument.ok_or_else(|| Failure::error("custom-columns format specified but no custom columns given"))?;
                columns(spec).map(Format::Columns)
            }
            "custom-columns-file" if get => {
                let path = argument.ok_or_else(|| Failure::error("custom-columns format specified but no custom columns given"))?;
                let text = session.files.read(path).map_err(|e| Failure::error(format!("error reading template {path}, open {path}: {e}")))?;
                let text = String::from_utf8_lossy(&text).into_owned();
                let mut lines = text.lines();
                let words = |l: Option<&str>| l.unwrap_or_default().split_whitespace().map(str::to_owned).collect::<Vec<_>>();
                let (heads, paths) = (words(lines.next()), words(lines.next()));
                heads
                    .into_iter()
                    .zip(paths)
                    .map(|(h, p)| Template::parse_relaxed(&p).map(|t| (h, t)).map_err(Failure::error))
                    .collect::<Result<_, _>>()
                    .map(Format::Columns)
            }
            other => Err(Failure::error(format!(
                "unable to match a printer suitable for the output format {other:?}, allowed formats are: {}",
                if get { GET } else { PRINT }
            ))),
        }
    }

    /// Whether the format prints objects themselves instead of a table or a sentence.
    pub(crate) fn prints_objects(&self) -> bool {
        !matches!(self, Format::Default | Format::Wide)
    }

    /// Prints one object or a List of them.
    ///
    /// # Errors
    /// A template that cannot be executed.
    pub(crate) fn print(&self, object: &Value) -> Result<String, Failure> {
        Ok(match self {
            Format::Json => json(object, 4) + "\n",
            Format::Yaml => yaml::write(object),
            Format::Kyaml => yaml::write_kyaml(object),
            Format::JsonPath(template, text) => template.print(object).map_err(|e| cannot_execute(text, &e, object))?,
            Format::JsonPathAsJson(template, text) => {
                let all: Vec<Value> = template.find(object).map_err(|e| cannot_execute(text, &e, object))?.into_iter().flatten().collect();
                json(&Value::Array(all), 4) + "\n"
            }
            Format::GoTemplate(template, text) => match template.print(object) {
                Ok(out) => out,
                Err(e) => {
                    return Err(Failure::error(format!("error executing template {text:?}: {e}")));
                }
            },
            Format::Default | Format::Wide | Format::Name | Format::Columns(_) => String::new(),
        })
    }
}

fn cannot_execute(text: &str, why: &str, object: &Value) -> Failure {
    Failure::error(format!(
        "error executing jsonpath {text:?}: Error executing template: {why}. Printing more information for debugging the template:\n\ttemplate was:\n\t\t{text}\n\tobject given to jsonpath engine was:\n\t\t{}\n\n",
        go_value(object)
    ))
}

fn go_template(text: &str) -> Result<Format, Failure> {
    gotemplate::Template::parse(text)
        .map(|t| Format::GoTemplate(t, text.to_owned()))
        .map_err(|e| Failure::error(format!("error parsing template {text}, template: output:1: {e}")))
}

fn columns(spec: &str) -> Result<Vec<(String, Template)>, Failure> {
    spec.split(',')
        .map(|part| {
            let (head, path) =
                part.split_once(':').ok_or_else(|| Failure::error(format!("unexpected custom-columns spec: {part}, expected <header>:<json-path-expr>")))?;
            Ok((head.to_owned(), Template::parse_relaxed(path).map_err(Failure::error)?))
        })
        .collect()
}

/// The table of `-o custom-columns`.
pub(crate) fn custom_columns(columns: &[(String, Template)], objects: &[&Value], headers: bool) -> String {
    let mut rows: Vec<Vec<String>> = Vec::new();
    if headers {
        rows.push(columns.iter().map(|c| c.0.clone()).collect());
    }
    for object in objects {
        rows.push(
            columns
                .iter()
                .map(|(_, t)| {
                    let found: Vec<Value> = t.find(object).unwrap_or_default().into_iter().flatten().collect();
                    if found.is_empty() { "<none>".to_owned() } else { found.iter().map(go_plain).collect::<Vec<_>>().join(",") }
                })
                .collect(),
        );
    }
    tabs::rows(&rows, &mut Vec::new())
}

/// A value as Go's `%v` prints it.
pub(crate) fn go_plain(value: &Value) -> String {
    match value {
        Value::Null => "<nil>".to_owned(),
        Value::String(s) => s.clone(),
        Value::Array(l) => format!("[{}]", l.iter().map(go_plain).collect::<Vec<_>>().join(" ")),
        Value::Object(m) => {
            let mut all: Vec<_> = m.iter().collect();
            all.sort_by_key(|(k, _)| *k);
            format!("map[{}]", all.iter().map(|(k, v)| format!("{k}:{}", go_plain(v))).collect::<Vec<_>>().join(" "))
        }
        other => other.to_string(),
    }
}

/// `pod/x`, `deployment.apps/x`
pub(crate) fn id(resource: &Resource, name: &str) -> String {
    format!("{}/{name}", resource.kind_group())
}

/// Objects as a List of `v1`.
pub(crate) fn list_of(items: Vec<Value>) -> Value {
    let items = Value::Array(items);
    serde_json::json!({"apiVersion": "v1", "items": items, "kind": "List", "metadata": {"resourceVersion": ""}})
}

/// An object as clients see it: without `managedFields`.
pub(crate) fn visible(object: &Value) -> Value {
    let mut copy = object.clone();
    crate::json::remove(&mut copy, &["metadata", "managedFields"]);
    copy
}
