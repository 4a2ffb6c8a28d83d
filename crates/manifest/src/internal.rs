//! API values as the API server's internal types show them: Go names, every field, in Go's order.
//!
//! The server quotes internal values in a few messages, and compares them in the diff of a forbidden
//! Pod update. Their names and order come from the table of [`crate::schema`].

use serde_json::Value;

use crate::go;
use crate::schema::schema;
use crate::value::ValueExt;

/// A value of a versioned type as the JSON of its internal type: `core.SecurityContext`.
pub fn json(value: &Value, ty: &str) -> String {
    let mut out = String::new();
    write(value, &format!("~{ty}"), None, &mut Writer { out: &mut out, indent: None });
    out
}

/// The same, indented by one blank a level, as diffs show it.
pub fn indented(value: &Value, ty: &str) -> String {
    let mut out = String::new();
    write(value, &format!("~{ty}"), None, &mut Writer { out: &mut out, indent: Some(0) });
    out
}

struct Writer<'a> {
    out: &'a mut String,
    /// How deep, where the output has lines.
    indent: Option<usize>,
}

impl Writer<'_> {
    fn line(&mut self) {
        if let Some(n) = self.indent {
            self.out.push('\n');
            self.out.extend(std::iter::repeat_n(' ', n));
        }
    }
    fn open(&mut self, c: char) {
        self.out.push(c);
        self.indent = self.indent.map(|n| n + 1);
    }
    fn close(&mut self, c: char, filled: bool) {
        self.indent = self.indent.map(|n| n.saturating_sub(1));
        if filled {
            self.line();
        }
        self.out.push(c);
    }
    fn key(&mut self, name: &str, first: &mut bool) {
        if !std::mem::replace(first, false) {
            self.out.push(',');
        }
        self.line();
        go::json_string(name, self.out);
        self.out.push(':');
        if self.indent.is_some() {
            self.out.push(' ');
        }
    }
}

/// Writes a value of an internal type. `pod` is the Pod's spec where its security context is
/// written: the internal one holds fields of the spec.
fn write(value: &Value, ty: &str, pod: Option<&Value>, w: &mut Writer) {
    if let Some(to) = ty.strip_prefix('*') {
        if value.is_null() {
            w.out.push_str("null");
        } else {
            write(value, to, pod, w);
        }
        return;
    }
    if ty == "[]byte" {
        return plain(value, w);
    }
    if let Some(of) = ty.strip_prefix("[]") {
        let Value::Array(items) = value else { return w.out.push_str("null") };
        w.open('[');
        for (i, item) in items.iter().enumerate() {
            if i > 0 {
                w.out.push(',');
            }
            w.line();
            write(item, of, None, w);
        }
        return w.close(']', !items.is_empty());
    }
    if let Some((_, of)) = ty.strip_prefix("map[").and_then(|m| m.split_once(']')) {
        let Value::Object(map) = value else { return w.out.push_str("null") };
        w.open('{');
        let mut first = true;
        for (k, v) in map {
            w.key(k, &mut first);
            write(v, of, None, w);
        }
        return w.close('}', !map.is_empty());
    }
    let s = schema();
    if let Some(under) = s.internal_underlying(ty) {
        return write(value, under, pod, w);
    }
    if s.internal(ty).is_some() {
        w.open('{');
        let mut first = true;
        structure(value, ty, pod, w, &mut first);
        return w.close('}', !first);
    }
    match ty {
        "resource.Quantity" if value.is_null() => w.out.push_str("\"0\""),
        "string" | "types.UID" if value.is_null() => w.out.push_str("\"\""),
        "bool" if value.is_null() => w.out.push_str("false"),
        "int" | "int32" | "int64" | "uint8" | "float64" | "intstr.IntOrString" if value.is_null() => w.out.push('0'),
        "meta.ObjectMeta" | "meta.LabelSelector" if value.is_null() => w.out.push_str("{}"),
        _ => plain(value, w),
    }
}

fn structure(value: &Value, ty: &str, pod: Option<&Value>, w: &mut Writer, first: &mut bool) {
    let s = schema();
    let Some(fields) = s.internal(ty) else { return };
    for f in fields {
        if f.embedded {
            if f.ty == "meta.ObjectMeta" {
                // Metadata has JSON names of its own.
                if let Value::Object(map) = value.at("metadata") {
                    for (k, v) in map {
                        w.key(k, first);
                        plain(v, w);
                    }
                }
            } else if s.internal(&f.ty).is_some() {
                structure(value, &f.ty, pod, w, first);
            }
            continue;
        }
        if f.name == "TypeMeta" {
            continue;
        }
        w.key(f.name, first);
        let context = (ty == "~core.PodSpec" && f.name == "SecurityContext").then_some(value);
        let from_pod = ty == "~core.PodSecurityContext" && matches!(f.name, "HostNetwork" | "HostPID" | "HostIPC" | "ShareProcessNamespace" | "HostUsers");
        let holder = if from_pod { pod.unwrap_or(value) } else { value };
        write(json_field(holder, ty, f.name), &f.ty, context, w);
    }
}

/// The JSON value of a Go field.
fn json_field<'a>(value: &'a Value, ty: &str, name: &str) -> &'a Value {
    let (package, type_name) = ty.trim_start_matches('~').split_once('.').unwrap_or_default();
    let s = schema();
    let versioned = s.find(&format!("{package}.{type_name}")).and_then(|id| s.struct_of(id));
    let json = versioned.and_then(|v| v.fields.iter().find(|f| f.go == Some(name)).map(|f| f.json));
    if let Some(json) = json {
        return value.at(json);
    }
    let mut lower = name.to_owned();
    if let Some(c) = lower.get_mut(..1) {
        c.make_ascii_lowercase();
    }
    value.at(&lower)
}

/// Any JSON in the writer's form.
fn plain(value: &Value, w: &mut Writer) {
    match value {
        Value::Array(items) if w.indent.is_some() => {
            w.open('[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    w.out.push(',');
                }
                w.line();
                plain(item, w);
            }
            w.close(']', !items.is_empty());
        }
        Value::Object(map) if w.indent.is_some() => {
            w.open('{');
            let mut first = true;
            for (k, v) in map {
                w.key(k, &mut first);
                plain(v, w);
            }
            w.close('}', !map.is_empty());
        }
        other => w.out.push_str(&go::json(other)),
    }
}

#[cfg(test)]
mod tests {

    use serde_json::json;

    #[test]
    fn internal_values_show_every_field_by_its_go_name() {
        let text = super::json(&json!({"privileged": true, "allowPrivilegeEscalation": false}), "core.SecurityContext");
        let expect = "{\"Capabilities\":null,\"Privileged\":true,\"SELinuxOptions\":null,\"WindowsOptions\":null,\"RunAsUser\":null,\"RunAsGroup\":null,\"RunAsNonRoot\":null,\"ReadOnlyRootFilesystem\":null,\"AllowPrivilegeEscalation\":false,\"ProcMount\":null,\"SeccompProfile\":null,\"AppArmorProfile\":null}";
        assert_eq!(text, expect);
    }
}
