//! Label selectors and field selectors, read and applied as the API server does.

use crate::json::{Look, plain};
use crate::resource::Resource;
use serde_json::Value;

/// One condition on a label.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Requirement {
    key: String,
    operator: Operator,
    values: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    In,
    NotIn,
    Exists,
    Missing,
    Greater,
    Less,
}

/// A label selector.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Labels(Vec<Requirement>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    Sign(&'static str),
    End,
}

impl Token {
    fn text(&self) -> &str {
        match self {
            Token::Word(w) => w,
            Token::Sign(s) => s,
            Token::End => "",
        }
    }
}

fn tokens(text: &str) -> Vec<Token> {
    const SIGNS: &[&str] = &["==", "!=", "=", "!", "(", ")", ",", ">", "<"];
    let (mut out, mut rest) = (Vec::new(), text);
    loop {
        rest = rest.trim_start_matches([' ', '\t', '\n', '\r']);
        if rest.is_empty() {
            out.push(Token::End);
            return out;
        }
        if let Some(sign) = SIGNS.iter().find(|s| rest.starts_with(**s)) {
            out.push(Token::Sign(sign));
            rest = rest.get(sign.len()..).unwrap_or_default();
            continue;
        }
        let end = rest.find([' ', '\t', '\n', '\r', '=', '!', '(', ')', ',', '>', '<']).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        out.push(Token::Word(word.to_owned()));
        rest = after;
    }
}

impl Labels {
    /// Reads a selector (`labels.Parse`).
    ///
    /// # Errors
    /// The words of apimachinery's parser.
    pub(crate) fn parse(text: &str) -> Result<Labels, String> {
        let tokens = tokens(text);
        let mut at = 0;
        let mut next = |peek: bool| {
            let t = tokens.get(at).cloned().unwrap_or(Token::End);
            if !peek {
                at += 1;
            }
            t
        };
        let mut all = Vec::new();
        if matches!(next(true), Token::End) {
            return Ok(Labels(all));
        }
        loop {
            let bang = next(true) == Token::Sign("!");
            if bang {
                next(false);
            }
            let key = match next(false) {
                Token::Word(w) => w,
                other => return Err(format!("unable to parse requirement: found '{}', expected: identifier", other.text())),
            };
            check_key(&key).map_err(|e| format!("unable to parse requirement: {e}"))?;
            if bang {
                all.push(Requirement { key, operator: Operator::Missing, values: Vec::new() });
            } else {
                let requirement = match next(true) {
                    Token::End | Token::Sign(",") => Requirement { key, operator: Operator::Exists, values: Vec::new() },
                    _ => {
                        let operator = match next(false) {
                            Token::Sign("=" | "==") => ("", Operator::In),
                            Token::Sign("!=") => ("", Operator::NotIn),
                            Token::Sign(">") => ("", Operator::Greater),
                            Token::Sign("<") => ("", Operator::Less),
                            Token::Word(w) if w == "in" => ("set", Operator::In),
                            Token::Word(w) if w == "notin" => ("set", Operator::NotIn),
                            other => return Err(format!("unable to parse requirement: found '{}', expected: in, notin, =, ==, !=, gt, lt", other.text())),
                        };
                        let mut values = Vec::new();
                        if operator.0 == "set" {
                            match next(false) {
                                Token::Sign("(") => {}
                                other => return Err(format!("unable to parse requirement: found '{}', expected: '('", other.text())),
                            }
                            loop {
                                match next(false) {
                                    Token::Word(w) => values.push(w),
                                    Token::Sign(")") => {
                                        if values.is_empty() {
                                            values.push(String::new());
                                        }
                                        break;
                                    }
                                    Token::Sign(",") => {
                                        values.push(String::new());
                                        continue;
                                    }
                                    other => return Err(format!("unable to parse requirement: found '{}', expected: ',', ')' or identifier", other.text())),
                                }
                                match next(false) {
                                    Token::Sign(",") => {
                                        if next(true) == Token::Sign(")") {
                                            values.push(String::new());
                                        }
                                    }
                                    Token::Sign(")") => break,
                                    other => return Err(format!("unable to parse requirement: found '{}', expected: ',' or ')'", other.text())),
                                }
                            }
                            values.sort();
                        } else if let Token::Word(w) = next(true) {
                            next(false);
                            values.push(w);
                        } else {
                            values.push(String::new());
                        }
                        Requirement { key, operator: operator.1, values }
                    }
                };
                all.push(requirement);
            }
            match next(false) {
                Token::End => break,
                Token::Sign(",") => match next(true) {
                    Token::Word(_) | Token::Sign("!") => {}
                    other => return Err(format!("found '{}', expected: identifier after ','", other.text())),
                },
                other => return Err(format!("found '{}', expected: ',' or 'end of string'", other.text())),
            }
        }
        Ok(Labels(all))
    }

    /// Whether an object's labels fit.
    pub(crate) fn fits(&self, labels: &Value) -> bool {
        self.0.iter().all(|r| {
            let have = labels.get(&r.key).and_then(Value::as_str);
            let number = |s: Option<&str>| s.and_then(|s| s.parse::<i64>().ok());
            let bound = number(r.values.first().map(String::as_str));
            match r.operator {
                Operator::In => have.is_some_and(|h| r.values.iter().any(|v| v == h)),
                Operator::NotIn => !have.is_some_and(|h| r.values.iter().any(|v| v == h)),
                Operator::Exists => have.is_some(),
                Operator::Missing => have.is_none(),
                Operator::Greater => number(have).zip(bound).is_some_and(|(a, b)| a > b),
                Operator::Less => number(have).zip(bound).is_some_and(|(a, b)| a < b),
            }
        })
    }
}

fn check_key(key: &str) -> Result<(), String> {
    let (prefix, name) = key.split_once('/').map_or((None, key), |(p, n)| (Some(p), n));
    if prefix == Some("") {
        return Err(format!("<nil>: Invalid value: {key:?}: prefix part must be non-empty"));
    }
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    if !edge(name.chars().next()) || !edge(name.chars().last()) || !name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')) {
        return Err(format!(
            "<nil>: Invalid value: {key:?}: name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
        ));
    }
    Ok(())
}

/// A `LabelSelector` object (matchLabels, matchExpressions) against labels. No selector fits nothing.
pub(crate) fn object_fits(selector: &Value, labels: &Value) -> bool {
    if !selector.is_object() {
        return false;
    }
    selector.entries("matchLabels").iter().all(|(k, v)| labels.get(k.as_str()) == Some(*v))
        && selector.list("matchExpressions").iter().all(|e| {
            let have = labels.get(e.text("key"));
            match e.text("operator") {
                "In" => have.is_some_and(|h| e.list("values").contains(h)),
                "NotIn" => !have.is_some_and(|h| e.list("values").contains(h)),
                "Exists" => have.is_some(),
                _ => have.is_none(),
            }
        })
}

/// A plain map selector (Service, ReplicationController) against labels.
pub(crate) fn map_fits(selector: &Value, labels: &Value) -> bool {
    selector.as_object().is_some_and(|m| !m.is_empty() && m.iter().all(|(k, v)| labels.get(k) == Some(v)))
}

/// A `LabelSelector` as text: sorted by key, `<none>` where it selects everything
/// (`metav1.FormatLabelSelector`).
pub(crate) fn format(selector: &Value) -> String {
    let mut parts: Vec<(String, String)> = selector.entries("matchLabels").iter().map(|(k, v)| ((*k).clone(), format!("{k}={}", plain(v)))).collect();
    for e in selector.list("matchExpressions") {
        let key = e.text("key").to_owned();
        let mut values: Vec<String> = e.list("values").iter().map(plain).collect();
        values.sort();
        let text = match e.text("operator") {
            "In" => format!("{key} in ({})", values.join(",")),
            "NotIn" => format!("{key} notin ({})", values.join(",")),
            "Exists" => key.clone(),
            _ => format!("!{key}"),
        };
        parts.push((key, text));
    }
    parts.sort_by(|a, b| a.0.cmp(&b.0));
    if parts.is_empty() { "<none>".to_owned() } else { parts.into_iter().map(|p| p.1).collect::<Vec<_>>().join(",") }
}

/// A field selector.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fields(Vec<(String, bool, String)>);

impl Fields {
    /// Reads a field selector and checks that the resource knows its fields.
    ///
    /// # Errors
    /// The API server's words.
    pub(crate) fn parse(text: &str, resource: &Resource) -> Result<Fields, String> {
        let mut all = Vec::new();
        for term in text.split(',').filter(|t| !t.is_empty()) {
            let (key, equal, value) = if let Some((k, v)) = term.split_once("!=") {
                (k, false, v)
            } else if let Some((k, v)) = term.split_once("==").or_else(|| term.split_once('=')) {
                (k, true, v)
            } else {
                return Err(format!("invalid selector: '{text}'; can't understand '{term}'"));
            };
            if !known(resource, key) {
                return Err(match resource.plural.as_str() {
                    "pods" | "nodes" | "events" | "secrets" | "services" | "namespaces" | "replicationcontrollers" => {
                        format!("field label not supported: {key}")
                    }
                    "jobs" => format!("field label {key:?} not supported for Job"),
                    _ => format!("{key:?} is not a known field selector: only \"metadata.name\", \"metadata.namespace\""),
                });
            }
            all.push((key.to_owned(), equal, value.to_owned()));
        }
        Ok(Fields(all))
    }

    /// Whether an object fits.
    pub(crate) fn fits(&self, object: &Value) -> bool {
        self.0.iter().all(|(key, equal, value)| {
            let have = match key.as_str() {
                "status.successful" => object.int("status.succeeded").to_string(),
                "spec.hostNetwork" | "spec.unschedulable" => object.truth(key).to_string(),
                "source" => object.text("source.component").to_owned(),
                "status.replicas" => object.int(key).to_string(),
                _ => plain(object.at(key)),
            };
            (have == *value) == *equal
        })
    }
}

fn known(resource: &Resource, key: &str) -> bool {
    let more: &[&str] = match resource.plural.as_str() {
        "pods" => &[
            "spec.nodeName",
            "spec.restartPolicy",
            "spec.schedulerName",
            "spec.serviceAccountName",
            "spec.hostNetwork",
            "status.phase",
            "status.podIP",
            "status.podIPs",
            "status.nominatedNodeName",
        ],
        "events" => &[
            "involvedObject.kind",
            "involvedObject.namespace",
            "involvedObject.name",
            "involvedObject.uid",
            "involvedObject.apiVersion",
            "involvedObject.resourceVersion",
            "involvedObject.fieldPath",
            "reason",
            "reportingComponent",
            "source",
            "type",
        ],
        "secrets" => &["type"],
        "services" => &["spec.type", "spec.clusterIP"],
        "jobs" => &["status.successful"],
        "nodes" => &["spec.unschedulable"],
        "namespaces" => &["status.phase"],
        "replicationcontrollers" => &["status.replicas"],
        _ => &[],
    };
    matches!(key, "metadata.name" | "metadata.namespace") || more.contains(&key)
}
