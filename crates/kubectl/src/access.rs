//! What RBAC allows a user (`--as`, `auth can-i`).

use crate::json::Look;
use crate::resource::Resource;
use crate::session::Session;
use serde_json::Value;

/// What every cluster allows: the roles `system:basic-user`, `system:discovery`, `system:public-info-viewer`,
/// `system:service-account-issuer-discovery` and `system:cluster-trust-bundle-discovery` (bootstrappolicy in the API server).
const BOOTSTRAP: &str = r#"{"authenticated": [
{"verbs": ["create"], "apiGroups": ["authorization.k8s.io"], "resources": ["selfsubjectaccessreviews", "selfsubjectrulesreviews"]},
{"verbs": ["create"], "apiGroups": ["authentication.k8s.io"], "resources": ["selfsubjectreviews"]},
{"verbs": ["get"], "nonResourceURLs": ["/livez", "/readyz", "/healthz", "/version", "/version/", "/openapi", "/openapi/*", "/api", "/api/*", "/apis", "/apis/*"]},
{"verbs": ["get"], "nonResourceURLs": ["/livez", "/readyz", "/healthz", "/version", "/version/"]}
], "serviceaccounts": [
{"verbs": ["get"], "nonResourceURLs": ["/.well-known/openid-configuration", "/.well-known/openid-configuration/", "/openid/v1/jwks", "/openid/v1/jwks/"]},
{"verbs": ["get", "list", "watch"], "apiGroups": ["certificates.k8s.io"], "resources": ["clustertrustbundles"]}
]}"#;

/// The rules of every role bound to a user in a namespace (and of every cluster role bound everywhere).
pub(crate) fn rules(session: &mut Session<'_>, user: &str, namespace: &str) -> Vec<Value> {
    let everywhere: Value = serde_json::from_str(BOOTSTRAP).unwrap_or_default();
    let mut out = everywhere.list("authenticated").to_vec();
    if user.starts_with("system:serviceaccount:") {
        out.extend(everywhere.list("serviceaccounts").to_vec());
    }
    let is_subject = |binding: &Value| {
        binding.list("subjects").iter().any(|s| match s.text("kind") {
            "ServiceAccount" => user == format!("system:serviceaccount:{}:{}", s.text("namespace"), s.text("name")),
            "User" => s.text("name") == user,
            "Group" => {
                matches!(s.text("name"), "system:authenticated")
                    || user.strip_prefix("system:serviceaccount:").is_some_and(|u| {
                        s.text("name") == "system:serviceaccounts"
                            || Some(s.text("name")) == u.split_once(':').map(|(ns, _)| format!("system:serviceaccounts:{ns}")).as_deref()
                    })
            }
            _ => false,
        })
    };
    let cluster_roles = session.objects("clusterroles", "");
    let roles = session.objects("roles", namespace);
    for (bindings, namespaced) in [
        (session.objects("clusterrolebindings", ""), false),
        (if namespace.is_empty() { Vec::new() } else { session.objects("rolebindings", namespace) }, true),
    ] {
        for binding in bindings.iter().filter(|b| is_subject(b)) {
            let name = binding.text("roleRef.name");
            let role = if namespaced && binding.text("roleRef.kind") == "Role" {
                roles.iter().find(|r| r.name() == name)
            } else {
                cluster_roles.iter().find(|r| r.name() == name)
            };
            out.extend(role.into_iter().flat_map(|r| r.list("rules").to_vec()));
        }
    }
    out
}

/// Whether a rule's list holds a word or a star.
pub(crate) fn holds(rule: &Value, list: &str, word: &str) -> bool {
    rule.list(list).iter().any(|v| v.as_str().is_some_and(|v| v == "*" || v == word))
}

/// Whether a rule's URLs hold one: as it is, or below a star at the end.
pub(crate) fn reaches(rule: &Value, url: &str) -> bool {
    rule.list("nonResourceURLs").iter().filter_map(Value::as_str).any(|u| u == url || u.strip_suffix('*').is_some_and(|start| url.starts_with(start)))
}

/// Whether a user may do this.
pub(crate) fn allowed(session: &mut Session<'_>, user: &str, verb: &str, resource: &Resource, name: Option<&str>, namespace: &str) -> bool {
    rules(session, user, namespace).iter().any(|rule| {
        let names = rule.list("resourceNames");
        holds(rule, "verbs", verb)
            && holds(rule, "apiGroups", &resource.group)
            && holds(rule, "resources", &resource.plural)
            && (names.is_empty() || name.is_some_and(|n| names.iter().any(|v| v.as_str() == Some(n))))
    })
}
