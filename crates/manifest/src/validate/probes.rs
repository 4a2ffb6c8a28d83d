//! Probes and lifecycle hooks (follows `validateProbe` and `validateHandler`).

use serde_json::Value;

use crate::field::{Errors, Path};
use crate::value::ValueExt;

use super::fields::{self, one_of};
use super::{container, names};

/// A probe of one of the three kinds.
pub(super) fn probe(b: &Value, kind: &str, grace: i64, p: &Path, e: &mut Errors) {
    if b.is_null() {
        return;
    }
    handler(b, &["exec", "httpGet", "tcpSocket", "grpc"], grace, p, e);
    container::seconds(b, p, e);
    let gp = p.child("terminationGracePeriodSeconds");
    let own = b.int("terminationGracePeriodSeconds");
    if let Some(g) = own.filter(|g| *g <= 0) {
        e.invalid(&gp, g, "must be greater than 0");
    }
    if kind == "readinessProbe" {
        if let Some(g) = own {
            e.invalid(&gp, g, "must not be set for readinessProbes");
        }
    } else if let Some(n) = b.int("successThreshold").filter(|n| *n != 1) {
        e.invalid(&p.child("successThreshold"), n, "must be 1");
    }
}

/// What a probe or hook does; exactly one of the kinds.
pub(super) fn handler(h: &Value, kinds: &[&str], grace: i64, p: &Path, e: &mut Errors) {
    let mut found = false;
    for kind in kinds {
        let a = h.at(kind);
        if a.is_null() {
            continue;
        }
        let ap = p.child(kind);
        if found {
            e.forbidden(&ap, "may not specify more than 1 handler type");
            continue;
        }
        found = true;
        match *kind {
            "exec" => {
                if a.list("command").is_empty() {
                    e.required(&ap.child("command"), "");
                }
            }
            "httpGet" => {
                if a.str("path").is_empty() {
                    e.required(&ap.child("path"), "");
                }
                fields::port(a.at("port"), &ap.child("port"), e);
                one_of(a.str("scheme"), &ap.child("scheme"), &["HTTP", "HTTPS"], e);
                for header in a.list("httpHeaders") {
                    e.invalids(&ap.child("httpHeaders"), header.str("name"), names::http_header(header.str("name")));
                }
            }
            "sleep" => {
                let seconds = a.int("seconds").unwrap_or(0);
                if seconds < 0 || seconds > grace {
                    e.invalid(&ap, seconds, format!("must be non-negative and less than terminationGracePeriodSeconds ({grace})"));
                }
            }
            _ => fields::port(a.at("port"), &ap.child("port"), e),
        }
    }
    if !found {
        e.required(p, "must specify a handler type");
    }
}
