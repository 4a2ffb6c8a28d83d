//! `kubectl label` and `kubectl annotate`

use super::change::{Dry, format, report, send};
use crate::arguments::{self, Found, Wants};
use crate::flags::Flags;
use crate::json::{Look, plain, set};
use crate::output::Format;
use crate::session::{Failure, Session};
use serde_json::Value;

pub(super) const FLAGS: &str = "all? all-namespaces,A? allow-missing-template-keys? dry-run:=unchanged field-manager: field-selector: filename,f:, kustomize,k: list? local? output,o: overwrite? recursive,R? resource-version: selector,l: show-managed-fields? template:";

/// What is changed.
struct What {
    /// `label`, `annotation`
    noun: &'static str,
    /// Where it stands in the metadata.
    key: &'static str,
}

pub(super) fn label(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    run(session, flags, &What { noun: "label", key: "labels" })
}

pub(super) fn annotate(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    run(session, flags, &What { noun: "annotation", key: "annotations" })
}

fn run(session: &mut Session<'_>, flags: &Flags, what: &What) -> Result<(), Failure> {
    let at = flags.args.iter().position(|a| (a.contains('=') && !a.starts_with('=')) || a.ends_with('-') && a.len() > 1).unwrap_or(flags.args.len());
    let (targets, pairs) = flags.args.split_at(at);
    let no_target = || Failure::error("one or more resources must be specified as <resource> <name> or <resource>/<name>");
    if targets.is_empty() && flags.list("filename").is_empty() {
        return Err(no_target());
    }
    let dry = Dry::read(flags)?;
    let mut new: Vec<(String, String)> = Vec::new();
    let mut gone: Vec<String> = Vec::new();
    for pair in pairs {
        if let Some((k, v)) = pair.split_once('=').filter(|(k, _)| !k.is_empty()) {
            if what.noun == "label"
                && let Some(why) = label_problem(v)
            {
                return Err(Failure::error(format!("invalid label value: {pair:?}: {why}")));
            }
            new.push((k.to_owned(), v.to_owned()));
        } else if let Some(k) = pair.strip_suffix('-') {
            gone.push(k.to_owned());
        } else {
            return Err(Failure::error(format!("unknown {} spec: {pair}", what.noun)));
        }
    }
    if new.iter().any(|(k, _)| gone.contains(k)) {
        return Err(Failure::error(format!(
            "can not both modify and remove {} {} in the same command",
            if what.noun == "label" { "a" } else { "an" },
            what.noun
        )));
    }
    let list = flags.truth("list");
    if new.is_empty() && gone.is_empty() && !list {
        return Err(Failure::error(format!("at least one {} update is required", what.noun)));
    }
    let format = format(session, flags)?;
    let selection = arguments::select(session, flags, targets, Wants { all_by_default: list, ..Wants::default() })?;
    let overwrite = flags.truth("overwrite");
    for found in &selection.found {
        if list {
            let mut text = String::new();
            if !selection.single {
                text.push_str(&format!("Listing {}s for {}.{}/{}:\n", what.noun, found.resource.kind, found.resource.group, found.object.name()));
            }
            for (k, v) in found.object.at("metadata").entries(what.key) {
                text.push_str(&format!("{k}={}\n", plain(v)));
            }
            session.print(text);
            continue;
        }
        one(session, found, what, &new, &gone, overwrite, dry, &format)?;
    }
    if selection.found.is_empty() && selection.missing.is_empty() {
        session.complain("No resources found\n");
    }
    selection.complain(session)
}

#[expect(clippy::too_many_arguments, reason = "they are the flags of one command")]
fn one(
    session: &mut Session<'_>,
    found: &Found,
    what: &What,
    new: &[(String, String)],
    gone: &[String],
    overwrite: bool,
    dry: Dry,
    format: &Format,
) -> Result<(), Failure> {
    let have = found.object.at("metadata").at(what.key);
    if !overwrite {
        let clashes: Vec<String> = new
            .iter()
            .filter_map(|(k, v)| {
                have.get(k).map(plain).filter(|old| old != v || what.noun == "annotation").map(|old| format!("'{k}' already has a value ({old})"))
            })
            .collect();
        if !clashes.is_empty() {
            return Err(Failure::error(if what.noun == "label" {
                format!("{}, and --overwrite is false", clashes.join(", "))
            } else {
                format!("--overwrite is false but found the following declared annotation(s): {}", clashes.join(", "))
            }));
        }
    }
    let mut changed = (*found.object).clone();
    let mut map = have.as_object().cloned().unwrap_or_default();
    let mut removed = false;
    for k in gone {
        if map.remove(k).is_some() {
            removed = true;
        } else if what.noun == "label" {
            session.print(format!("label {k:?} not found.\n"));
        }
    }
    for (k, v) in new {
        map.insert(k.clone(), Value::String(v.clone()));
    }
    if map.is_empty() {
        crate::json::remove(&mut changed, &["metadata", what.key]);
    } else {
        set(&mut changed, &["metadata", what.key], Value::Object(map));
    }
    let same = changed == *found.object || have.is_null() && changed.at("metadata").at(what.key).is_null();
    let done = if what.noun == "annotation" {
        "annotated"
    } else if same {
        "not labeled"
    } else if removed && new.is_empty() {
        "unlabeled"
    } else {
        "labeled"
    };
    let object = if same { found.object.clone() } else { send(session, found, changed, dry)? };
    report(session, format, &Found { object, ..found.clone() }, done, dry)
}

/// What is wrong with a label's value.
fn label_problem(value: &str) -> Option<String> {
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    if value.len() > 63 {
        return Some("must be no more than 63 bytes".to_owned());
    }
    let good = value.is_empty()
        || edge(value.chars().next()) && edge(value.chars().last()) && value.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    (!good).then(|| {
        "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')".to_owned()
    })
}
