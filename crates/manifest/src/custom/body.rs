//! The checks of a schema, in the order and the words of kube-openapi's validators.

use serde_json::Value;

use crate::field::{FieldError, Reason, Shown};
use crate::go;
use crate::value::ValueExt;

use super::{of_key, pattern};

/// Checks a whole object.
pub(super) fn check(schema: &Value, value: &Value, out: &mut Vec<FieldError>) {
    let _matches = Checker { path: String::new() }.value(schema, value, out);
}

struct Checker {
    /// As the validators write it: `spec.list[0].name`; empty at the root, where a required name has a dot
    /// in front.
    path: String,
}

/// How JSON schema calls a value.
fn type_name(v: &Value) -> &'static str {
    match v {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
        Value::Number(n) if n.is_f64() => "number",
        Value::Number(_) => "integer",
    }
}

impl Checker {
    fn push(&self, reason: Reason, value: String, detail: String, out: &mut Vec<FieldError>) {
        let path = self.path.strip_prefix('.').unwrap_or(&self.path);
        let path = if path.is_empty() { "<nil>" } else { path };
        out.push(FieldError { path: path.to_owned(), reason, value, detail });
    }

    /// `Invalid value: v: PATH in body DETAIL`.
    fn invalid(&self, value: &Value, detail: &str, out: &mut Vec<FieldError>) {
        self.push(Reason::Invalid, value.shown(), [&self.path, " in body ", detail].concat(), out);
    }

    fn wrong_type(&self, want: &str, got: &str, out: &mut Vec<FieldError>) {
        let data = go::quote(got);
        let detail = [self.path.as_str(), " in body must be of type ", want, ": ", &data].concat();
        self.push(Reason::Invalid, data, detail, out);
    }

    /// What has no field of its own: the composite checks.
    fn composite(&self, detail: &str, out: &mut Vec<FieldError>) {
        let detail = [&go::quote(&self.path), " ", detail].concat();
        out.push(FieldError { path: "<nil>".to_owned(), reason: Reason::Invalid, value: "\"\"".to_owned(), detail });
    }

    /// Adds the errors of a value; gives how many checks it took part in, by which the validators choose the
    /// alternative that comes nearest.
    fn value(&mut self, schema: &Value, v: &Value, out: &mut Vec<FieldError>) -> usize {
        let before = out.len();
        self.types(schema, v, out);
        if v.is_null() {
            self.choice(schema, v, out);
            return 1;
        }
        let mut matches = usize::from(out.len() == before);
        self.alternatives(schema, v, out);
        match v {
            Value::String(s) => self.string(schema, v, s, out),
            Value::Number(n) => self.number(schema, v, n.as_f64().unwrap_or(0.0), out),
            Value::Array(items) => matches += self.items(schema, items, out),
            _ => {}
        }
        self.choice(schema, v, out);
        if let Value::Object(map) = v {
            matches += self.object(schema, map, out);
        }
        matches
    }

    fn types(&self, schema: &Value, v: &Value, out: &mut Vec<FieldError>) {
        let either = schema.flag("x-kubernetes-int-or-string");
        let want = if either { "integer,string" } else { schema.str("type") };
        if want.is_empty() || (v.is_null() && schema.flag("nullable")) {
            return;
        }
        let got = type_name(v);
        let whole = v.as_f64().is_some_and(|f| f.fract() == 0.0);
        let good = want.split(',').any(|w| w == got || (w == "number" && got == "integer") || (w == "integer" && got == "number" && whole));
        if !good {
            self.wrong_type(want, got, out);
        }
    }

    fn string(&self, schema: &Value, v: &Value, s: &str, out: &mut Vec<FieldError>) {
        let length = i64::try_from(s.chars().count()).unwrap_or(i64::MAX);
        let regex = schema.str("pattern");
        if let Some(max) = schema.int("maxLength").filter(|m| length > *m) {
            let unit = if max == 1 { "byte" } else { "bytes" };
            self.push(Reason::TooLong, String::new(), format!("may not be more than {max} {unit}"), out);
        } else if let Some(min) = schema.int("minLength").filter(|m| length < *m) {
            self.invalid(v, &format!("should be at least {min} chars long"), out);
        } else if !regex.is_empty() && pattern::matches(regex, s) == Some(false) {
            self.invalid(v, &["should match '", regex, "'"].concat(), out);
        }
        let format = schema.str("format");
        if !is_format(format, s) {
            let data = go::quote(s);
            self.push(Reason::Invalid, data.clone(), [&self.path, " in body must be of type ", format, ": ", &data].concat(), out);
        }
    }

    fn number(&self, schema: &Value, v: &Value, n: f64, out: &mut Vec<FieldError>) {
        let fits = match (schema.str("type"), schema.str("format")) {
            ("integer", "int32") => n.abs() <= f64::from(i32::MAX) || v.as_i64() == Some(i64::from(i32::MIN)),
            ("number", "float") => n.abs() <= f64::from(f32::MAX),
            _ => true,
        };
        if !fits {
            let detail = format!("Checked value must be of type {} with format {} in {}", schema.str("type"), schema.str("format"), self.path);
            out.push(FieldError { path: "<nil>".to_owned(), reason: Reason::Invalid, value: "\"\"".to_owned(), detail });
        }
        let limit = |key: &str| schema.get(key).and_then(Value::as_f64);
        let shown = |key: &str| schema.at(key).shown();
        if let Some(m) = limit("multipleOf").filter(|m| *m > 0.0 && (n / m).fract() != 0.0) {
            let _ = m;
            self.invalid(v, &["should be a multiple of ", &shown("multipleOf")].concat(), out);
        }
        let (low, high) = (schema.flag("exclusiveMinimum"), schema.flag("exclusiveMaximum"));
        if limit("minimum").is_some_and(|m| if low { n <= m } else { n < m }) {
            let words = if low { "should be greater than " } else { "should be greater than or equal to " };
            self.invalid(v, &[words, &shown("minimum")].concat(), out);
        }
        if limit("maximum").is_some_and(|m| if high { n >= m } else { n > m }) {
            let words = if high { "should be less than " } else { "should be less than or equal to " };
            self.invalid(v, &[words, &shown("maximum")].concat(), out);
        }
    }

    fn items(&mut self, schema: &Value, items: &[Value], out: &mut Vec<FieldError>) -> usize {
        let mut matches = 0;
        if let Some(s) = schema.get("items") {
            for (i, item) in items.iter().enumerate() {
                let length = self.path.len();
                self.path.push_str(&["[", &i.to_string(), "]"].concat());
                matches += self.value(s, item, out);
                self.path.truncate(length);
            }
        }
        let n = i64::try_from(items.len()).unwrap_or(i64::MAX);
        if let Some(min) = schema.int("minItems").filter(|m| n < *m) {
            self.invalid(&n.into(), &format!("should have at least {min} items"), out);
        }
        self.too_many(n, schema.int("maxItems"), out);
        matches
    }

    fn too_many(&self, n: i64, max: Option<i64>, out: &mut Vec<FieldError>) {
        if let Some(max) = max.filter(|m| n > *m) {
            let unit = if max == 1 { "item" } else { "items" };
            self.push(Reason::TooMany, n.to_string(), format!("must have at most {max} {unit}"), out);
        }
    }

    fn choice(&self, schema: &Value, v: &Value, out: &mut Vec<FieldError>) {
        let values = schema.list("enum");
        let same = |a: &Value| a == v || (a.is_number() && a.as_f64() == v.as_f64());
        if !values.is_empty() && !values.iter().any(same) {
            let text = |a: &Value| a.as_str().map_or_else(|| go::quote(&go::json(a)), go::quote);
            let list: Vec<String> = values.iter().map(text).collect();
            self.push(Reason::NotSupported, v.shown(), ["supported values: ", &list.join(", ")].concat(), out);
        }
    }

    fn object(&mut self, schema: &Value, map: &serde_json::Map<String, Value>, out: &mut Vec<FieldError>) -> usize {
        let n = i64::try_from(map.len()).unwrap_or(i64::MAX);
        if let Some(min) = schema.int("minProperties").filter(|m| n < *m) {
            self.invalid(&n.into(), &format!("should have at least {min} properties"), out);
        }
        self.too_many(n, schema.int("maxProperties"), out);
        let properties = schema.map("properties");
        let length = self.path.len();
        let mut matches = 0;
        for named in [false, true] {
            for (k, v) in map.iter().filter(|(k, _)| properties.contains_key(*k) == named) {
                if let Some(s) = of_key(schema, k) {
                    if !self.path.is_empty() || !named {
                        self.path.push('.');
                    }
                    self.path.push_str(k);
                    matches += self.value(s, v, out);
                    self.path.truncate(length);
                }
            }
        }
        for k in schema.list("required").iter().map(ValueExt::text).filter(|k| !map.contains_key(*k)) {
            self.path.push('.');
            self.path.push_str(k);
            self.push(Reason::Required, String::new(), String::new(), out);
            self.path.truncate(length);
        }
        matches
    }

    /// `anyOf`, `oneOf`, `allOf` and `not`.
    fn alternatives(&mut self, schema: &Value, v: &Value, out: &mut Vec<FieldError>) {
        for key in ["anyOf", "oneOf"] {
            let all = schema.list(key);
            if all.is_empty() {
                continue;
            }
            let (mut good, mut best) = (0, None::<(usize, Vec<FieldError>)>);
            for s in all {
                let mut errors = Vec::new();
                let matches = self.value(s, v, &mut errors);
                if errors.is_empty() {
                    good += 1;
                    best = None;
                } else if good == 0 && best.as_ref().is_none_or(|(m, _)| matches > *m) {
                    best = Some((matches, errors));
                }
            }
            match (key, good) {
                ("anyOf", 0) => self.composite("must validate at least one schema (anyOf)", out),
                ("oneOf", 0) => self.composite("must validate one and only one schema (oneOf). Found none valid", out),
                ("oneOf", n) if n > 1 => {
                    self.composite(&format!("must validate one and only one schema (oneOf). Found {n} valid alternatives"), out);
                }
                _ => {}
            }
            out.extend(best.into_iter().flat_map(|(_, e)| e));
        }
        let all = schema.list("allOf");
        let mut good = 0;
        for s in all {
            let before = out.len();
            self.value(s, v, out);
            good += usize::from(out.len() == before);
        }
        if good != all.len() {
            self.composite(if good == 0 { "must validate all the schemas (allOf). None validated" } else { "must validate all the schemas (allOf)" }, out);
        }
        if let Some(s) = schema.get("not").filter(|s| s.is_object()) {
            let mut errors = Vec::new();
            self.value(s, v, &mut errors);
            if errors.is_empty() {
                self.composite("must not validate the schema (not)", out);
            }
        }
    }
}

/// Whether a text has a format; formats that are not known here pass.
fn is_format(format: &str, text: &str) -> bool {
    let digits = |t: &str, n: usize| t.len() == n && t.bytes().all(|b| b.is_ascii_digit());
    let date = |t: &str| {
        let p: Vec<&str> = t.split('-').collect();
        matches!(p.as_slice(), [y, m, d] if digits(y, 4) && digits(m, 2) && digits(d, 2) && ("01"..="12").contains(m) && ("01"..="31").contains(d))
    };
    match format {
        "date" => date(text),
        "date-time" => crate::time::canonical(text, true).is_ok(),
        "ipv4" => text.parse::<std::net::Ipv4Addr>().is_ok(),
        "ipv6" => text.parse::<std::net::Ipv6Addr>().is_ok(),
        "uuid" => {
            let p: Vec<&str> = text.split('-').collect();
            text.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-') && (p.iter().map(|x| x.len()).eq([8, 4, 4, 4, 12]) || (p.len() == 1 && text.len() == 32))
        }
        _ => true,
    }
}
