//! Jobs and CronJobs (follows batch/validation).

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::field::{Errors, Path, Plain};
use crate::internal;
use crate::value::ValueExt;

use super::fields::{immutable, non_negative, one_of};
use super::{cron, metadata, names, pod, selector};

/// Stands for the uid of an object that is not created yet.
const UID: &str = "00000000-0000-0000-0000-000000000000";

/// A Job as the server completes it before it validates: generated labels and selector.
pub fn generate(o: &mut Value) {
    let uid = match o.at("metadata").str("uid") {
        "" => UID.to_owned(),
        u => u.to_owned(),
    };
    let name = o.at("metadata").str("name").to_owned();
    let Some(spec) = o.get_mut("spec").and_then(Value::as_object_mut) else { return };
    if spec.get("manualSelector") == Some(&Value::Bool(true)) {
        return;
    }
    let mut entry = |path: &[&str], key: &str, value: &str| {
        let mut at = spec.entry(path.first().copied().unwrap_or_default()).or_insert_with(|| json!({}));
        for p in path.iter().skip(1) {
            let Some(m) = at.as_object_mut() else { return };
            at = m.entry(*p).or_insert_with(|| json!({}));
        }
        if let Some(m) = at.as_object_mut() {
            m.entry(key).or_insert_with(|| value.into());
        }
    };
    let labels = ["template", "metadata", "labels"];
    entry(&labels, "job-name", &name);
    entry(&labels, "batch.kubernetes.io/job-name", &name);
    entry(&labels, "controller-uid", &uid);
    entry(&labels, "batch.kubernetes.io/controller-uid", &uid);
    entry(&["selector", "matchLabels"], "batch.kubernetes.io/controller-uid", &uid);
}

/// A Job that is created.
pub(super) fn create(o: &Value, e: &mut Errors) {
    let mut o = o.clone();
    generate(&mut o);
    metadata::create(o.at("metadata"), names::dns_subdomain, true, e);
    let path = Path::new("spec");
    let s = o.at("spec");
    generated(&o, e);
    spec(s, &path, e);
    selected(s, &path, e);
    completions_fit_the_name(&o, e);
}

fn generated(o: &Value, e: &mut Errors) {
    let s = o.at("spec");
    if s.flag("manualSelector") || !s.has("selector") {
        return;
    }
    let uid = match o.at("metadata").str("uid") {
        "" => UID,
        u => u,
    };
    let name = o.at("metadata").str("name");
    let labels = s.at("template").at("metadata").at("labels");
    let lp = Path::new("spec.template.metadata.labels");
    for (key, value) in [("controller-uid", uid), ("job-name", name), ("batch.kubernetes.io/controller-uid", uid), ("batch.kubernetes.io/job-name", name)] {
        if labels.str(key) != value {
            e.invalid(&lp.key(key), labels.str(key), format!("must be '{value}'"));
        }
    }
    let expected = json!({"batch.kubernetes.io/controller-uid": uid, "batch.kubernetes.io/job-name": name, "controller-uid": uid, "job-name": name});
    if selector::matches(s.at("selector"), &expected) == Some(false) {
        e.invalid(&Path::new("spec.selector"), selector::shown(s.at("selector")), "`selector` not auto-generated");
    }
}

fn selected(s: &Value, path: &Path, e: &mut Errors) {
    let sp = path.child("selector");
    if s.has("selector") {
        selector::check(s.at("selector"), &sp, e);
    } else {
        e.required(&sp, "");
    }
    let labels = s.at("template").at("metadata").at("labels");
    if selector::matches(s.at("selector"), labels) == Some(false) {
        e.invalid(&path.child("template.metadata.labels"), labels, "`selector` does not match template `labels`");
    }
}

fn completions_fit_the_name(o: &Value, e: &mut Errors) {
    let s = o.at("spec");
    let n = s.int("completions").unwrap_or(0);
    if s.str("completionMode") != "Indexed" || n <= 0 {
        return;
    }
    let name = o.at("metadata").str("name");
    let host = format!("{name}-{}", n - 1);
    if !names::dns_label(&host).is_empty() {
        e.invalid(&Path::new("metadata.name"), name, format!("will not able to create pod with invalid DNS label: {host}"));
    }
}

/// The spec of a Job, or of a CronJob's template.
fn spec(s: &Value, path: &Path, e: &mut Errors) {
    for key in ["parallelism", "completions", "activeDeadlineSeconds", "backoffLimit", "ttlSecondsAfterFinished", "backoffLimitPerIndex", "maxFailedIndexes"] {
        non_negative(s, key, path, e);
    }
    if s.has("maxFailedIndexes") && !s.has("backoffLimitPerIndex") {
        e.late_required(&path.child("backoffLimitPerIndex"));
    }
    if s.has("managedBy") {
        let p = path.child("managedBy");
        e.invalids(&p, s.str("managedBy"), names::domain_prefixed_path(s.str("managedBy")));
        if s.str("managedBy").len() > 63 {
            e.too_long(&p, 63);
        }
    }
    let mode = s.str("completionMode");
    if s.has("completionMode") {
        one_of(mode, &path.child("completionMode"), &["NonIndexed", "Indexed"], e);
    }
    if mode == "Indexed" {
        if !s.has("completions") {
            e.required(&path.child("completions"), "when completion mode is Indexed");
        }
        if let Some(p) = s.int("parallelism").filter(|p| *p > 100_000) {
            e.invalid(&path.child("parallelism"), p, "must be less than or equal to 100000 when completion mode is Indexed");
        }
        if let (Some(c), Some(m)) = (s.int("completions"), s.int("maxFailedIndexes"))
            && m > c
        {
            e.invalid(&path.child("maxFailedIndexes"), m, "must be less than or equal to completions");
        }
        if let Some(m) = s.int("maxFailedIndexes").filter(|m| *m > 100_000) {
            e.invalid(&path.child("maxFailedIndexes"), m, "must be less than or equal to 100000");
        }
        if s.int("completions").is_some_and(|c| c > 100_000) && s.has("backoffLimitPerIndex") {
            many_completions(s, path, e);
        }
    }
    if mode.is_empty() || mode == "NonIndexed" {
        for key in ["backoffLimitPerIndex", "maxFailedIndexes"] {
            if let Some(n) = s.int(key) {
                e.invalid(&path.child(key), n, "requires indexed completion mode");
            }
        }
    }
    failure_policy(s, &path.child("podFailurePolicy.rules"), e);
    success_policy(s, &path.child("successPolicy"), e);
    if s.has("podReplacementPolicy") {
        let all: &[&str] = if s.has("podFailurePolicy") { &["Failed"] } else { &["Failed", "TerminatingOrFailed"] };
        one_of(s.str("podReplacementPolicy"), &path.child("podReplacementPolicy"), all, e);
    }
    pod::template(s.at("template"), &path.child("template"), e);
    let rp = path.child("template.spec.restartPolicy");
    match s.at("template").at("spec").str("restartPolicy") {
        "" | "Always" => e.required(&rp, "valid values: \"OnFailure\", \"Never\""),
        "OnFailure" if s.has("podFailurePolicy") => e.invalid(&rp, "OnFailure", "only \"Never\" is supported when podFailurePolicy is specified"),
        "OnFailure" | "Never" => {}
        other => e.unsupported(&rp, other, &["OnFailure", "Never"]),
    }
}

fn many_completions(s: &Value, path: &Path, e: &mut Errors) {
    const WHY: &str = "when completions are above 100000 and used with backoff limit per index";
    if !s.has("maxFailedIndexes") {
        e.required(&path.child("maxFailedIndexes"), "must be specified when completions is above 100000");
    }
    for key in ["parallelism", "maxFailedIndexes"] {
        if let Some(n) = s.int(key).filter(|n| *n > 10_000) {
            e.invalid(&path.child(key), n, format!("must be less than or equal to 10000 {WHY}"));
        }
    }
}

fn failure_policy(s: &Value, path: &Path, e: &mut Errors) {
    let rules = s.at("podFailurePolicy").list("rules");
    if rules.len() > 20 {
        e.too_many(path, rules.len(), 20);
    }
    let t = s.at("template").at("spec");
    let known: BTreeSet<&str> = t.list("containers").iter().chain(t.list("initContainers")).map(|c| c.str("name")).collect();
    for (i, r) in rules.iter().enumerate() {
        let p = path.index(i);
        let ap = p.child("action");
        match r.str("action") {
            "" => e.required(&ap, "valid values: [\"Count\" \"FailIndex\" \"FailJob\" \"Ignore\"]"),
            "FailIndex" => {
                if !s.has("backoffLimitPerIndex") {
                    e.invalid(&ap, "FailIndex", "requires the backoffLimitPerIndex to be set");
                }
            }
            other => one_of(other, &ap, &["Count", "FailIndex", "FailJob", "Ignore"], e),
        }
        let (codes, conditions) = (r.at("onExitCodes"), r.list("onPodConditions"));
        if !codes.is_null() {
            exit_codes(codes, &known, &p.child("onExitCodes"), e);
        }
        let cp = p.child("onPodConditions");
        for (j, c) in conditions.iter().enumerate() {
            let p = cp.index(j);
            e.invalids(&p.child("type"), c.str("type"), names::qualified_name(c.str("type")));
            one_of(c.str("status"), &p.child("status"), &["False", "True", "Unknown"], e);
        }
        match (!codes.is_null(), !conditions.is_empty()) {
            (true, true) => e.invalid(&p, Plain(String::new()), "specifying both OnExitCodes and OnPodConditions is not supported"),
            (false, false) => e.invalid(&p, Plain(String::new()), "specifying one of OnExitCodes and OnPodConditions is required"),
            _ => {}
        }
    }
}

fn exit_codes(c: &Value, known: &BTreeSet<&str>, p: &Path, e: &mut Errors) {
    let op = p.child("operator");
    match c.str("operator") {
        "" => e.required(&op, "valid values: [\"In\" \"NotIn\"]"),
        other => one_of(other, &op, &["In", "NotIn"], e),
    }
    if c.has("containerName") && !known.contains(c.str("containerName")) {
        e.invalid(&p.child("containerName"), c.str("containerName"), "must be one of the container or initContainer names in the pod template");
    }
    let vp = p.child("values");
    let values: Vec<i64> = c.list("values").iter().filter_map(Value::as_i64).collect();
    if values.is_empty() {
        e.invalid(&vp, c.at("values"), "at least one value is required");
    } else if values.len() > 255 {
        e.too_many(&vp, values.len(), 255);
    }
    let mut seen = BTreeSet::new();
    for (i, v) in values.iter().enumerate() {
        if *v == 0 && c.str("operator") == "In" {
            e.invalid(&vp.index(i), *v, "must not be 0 for the In operator");
        }
        if !seen.insert(*v) {
            e.duplicate(&vp.index(i), *v);
        }
    }
    if !values.is_sorted() {
        e.invalid(&vp, c.at("values"), "must be ordered");
    }
}

fn success_policy(s: &Value, path: &Path, e: &mut Errors) {
    let policy = s.at("successPolicy");
    if policy.is_null() {
        return;
    }
    if s.str("completionMode") != "Indexed" {
        e.invalid(path, Plain(internal::json(policy, "batch.SuccessPolicy")), "requires indexed completion mode");
        return;
    }
    let rp = path.child("rules");
    let rules = policy.list("rules");
    if rules.is_empty() {
        e.required(&rp, "at least one rules must be specified when the successPolicy is specified");
    }
    if rules.len() > 20 {
        e.too_many(&rp, rules.len(), 20);
    }
    let completions = s.int("completions").unwrap_or(0);
    let not_more = |n: i64, max: i64, what: &str, p: &Path, e: &mut Errors| {
        if n > max {
            e.invalid(&p.child("succeededCount"), n, format!("must be less than or equal to {max} (the number of {what})"));
        }
    };
    for (i, r) in rules.iter().enumerate() {
        let p = rp.index(i);
        if !r.has("succeededCount") && !r.has("succeededIndexes") {
            e.required(&p, "at least one of succeededCount or succeededIndexes must be specified");
        }
        let mut total = None;
        if r.has("succeededIndexes") {
            let text = r.str("succeededIndexes");
            total = Some(0);
            match indexes(text, completions) {
                Ok(n) => total = Some(n),
                Err(why) => e.invalid(&p.child("succeededIndexes"), text, format!("error parsing succeededIndexes: {why}")),
            }
        }
        non_negative(r, "succeededCount", &p, e);
        if let Some(n) = r.int("succeededCount") {
            not_more(n, completions, "specified completions", &p, e);
            if let Some(total) = total {
                not_more(n, total, "indexes in the specified succeededIndexes field", &p, e);
            }
        }
    }
}

/// How many indexes `1,3-5` names (follows `validateIndexesFormat`).
fn indexes(text: &str, completions: i64) -> Result<i64, String> {
    let one = |part: &str| {
        let n: i64 = part.parse().map_err(|_| format!("cannot convert string to integer for index: {}", crate::go::quote(part)))?;
        if n >= completions { Err(format!("too large index: {}", crate::go::quote(part))) } else { Ok(n) }
    };
    let order = |last: i64, next: i64| format!("non-increasing order, previous: {last}, current: {next}");
    let (mut total, mut last) = (0, None);
    for interval in text.split(',').filter(|_| !text.is_empty()) {
        let (a, b) = match interval.split('-').collect::<Vec<_>>().as_slice() {
            [a] => (one(a)?, one(a)?),
            [a, b] => {
                let (a, b) = (one(a)?, one(b)?);
                if a >= b {
                    return Err(order(a, b));
                }
                (a, b)
            }
            _ => {
                return Err(format!(
                    "the fragment {} violates the requirement that an index interval can have at most two parts separated by '-'",
                    crate::go::quote(interval)
                ));
            }
        };
        if let Some(last) = last.filter(|l| *l >= a) {
            return Err(order(last, a));
        }
        total += b - a + 1;
        last = Some(b);
    }
    Ok(total)
}

/// A Job that is changed.
pub(super) fn update(new: &Value, old: &Value, e: &mut Errors) {
    metadata::update(new.at("metadata"), old.at("metadata"), e);
    let path = Path::new("spec");
    let (n, o) = (new.at("spec"), old.at("spec"));
    spec(n, &path, e);
    selected(n, &path, e);
    let elastic = n.str("completionMode") == "Indexed" && n.at("completions") == n.at("parallelism") && o.at("completions") == o.at("parallelism");
    if !elastic {
        immutable(n.at("completions"), o.at("completions"), &path.child("completions"), e);
    }
    immutable(n.at("selector"), o.at("selector"), &path.child("selector"), e);
    if n.at("template") != o.at("template") && !o.flag("suspend") {
        e.invalid(&path.child("template"), Plain(internal::json(n.at("template"), "core.PodTemplateSpec")), "field is immutable");
    }
    for key in ["completionMode", "podFailurePolicy", "backoffLimitPerIndex", "managedBy", "successPolicy"] {
        immutable(n.at(key), o.at(key), &path.child(key), e);
    }
    completions_fit_the_name(new, e);
}

/// A CronJob that is created (`old` is `None`) or changed.
pub(super) fn cron_job(o: &Value, old: Option<&Value>, e: &mut Errors) {
    match old {
        Some(old) => metadata::update(o.at("metadata"), old.at("metadata"), e),
        None => metadata::create(o.at("metadata"), names::dns_subdomain, true, e),
    }
    let (s, path) = (o.at("spec"), Path::new("spec"));
    let before = old.map(|o| o.at("spec"));
    let (schedule, sp) = (s.str("schedule"), path.child("schedule"));
    if schedule.is_empty() {
        e.late_required(&sp);
    } else {
        if let Err(m) = cron::check(schedule) {
            e.invalid(&sp, schedule, m);
        }
        let allowed = before.is_some_and(|b| b.str("schedule").contains("TZ"));
        if schedule.contains("TZ") && allowed && s.has("timeZone") {
            e.invalid(&sp, schedule, "cannot use both timeZone field and TZ or CRON_TZ in schedule");
        } else if schedule.contains("TZ") && !allowed {
            e.invalid(&sp, schedule, "cannot use TZ or CRON_TZ in schedule, use timeZone field instead");
        }
    }
    non_negative(s, "startingDeadlineSeconds", &path, e);
    if s.has("timeZone") && before.is_none_or(|b| b.at("timeZone") != s.at("timeZone")) {
        time_zone(s.str("timeZone"), &path.child("timeZone"), e);
    }
    one_of(s.str("concurrencyPolicy"), &path.child("concurrencyPolicy"), &["Allow", "Forbid", "Replace"], e);
    let jp = path.child("jobTemplate.spec");
    let j = s.at("jobTemplate").at("spec");
    spec(j, &jp, e);
    if j.has("selector") {
        e.invalid(&jp.child("selector"), j.at("selector"), "`selector` will be auto-generated");
    }
    if j.flag("manualSelector") {
        e.unsupported(&jp.child("manualSelector"), true, &["nil", "false"]);
    }
    non_negative(s, "successfulJobsHistoryLimit", &path, e);
    non_negative(s, "failedJobsHistoryLimit", &path, e);
    let name = o.at("metadata").str("name");
    if old.is_none() && name.len() > 52 {
        e.invalid(&Path::new("metadata.name"), name, "must be no more than 52 characters");
    }
}

fn time_zone(z: &str, p: &Path, e: &mut Errors) {
    if z.is_empty() {
        e.invalid(p, z, "timeZone must be nil or non-empty string");
        return;
    }
    let good = |part: &str| {
        part != "."
            && part != ".."
            && !part.starts_with('-')
            && !part.is_empty()
            && part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '+' | '-'))
    };
    if !z.split('/').all(good) {
        e.invalid(p, z, format!("unknown time zone {z}"));
        return;
    }
    if z.eq_ignore_ascii_case("local") {
        e.invalid(p, z, "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones");
        if z == "Local" {
            return;
        }
    }
    if !cron::is_time_zone(z) {
        e.invalid(p, z, format!("unknown time zone {z}"));
    }
}
