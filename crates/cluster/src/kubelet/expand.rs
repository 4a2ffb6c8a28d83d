//! `$(NAME)` in `command`, `args`, `env` and `subPathExpr` (follows third_party/forked/golang/expansion/expand.go).

/// Replaces `$(NAME)` by what `lookup` knows; an unknown name stays as it is, `$$` is a dollar sign. The names that
/// were not found are pushed to `missing`.
pub(crate) fn expand(input: &str, lookup: &dyn Fn(&str) -> Option<String>, missing: &mut Vec<String>) -> String {
    let mut out = String::with_capacity(input.len());
    let mut rest = input;
    while let Some(at) = rest.find('$') {
        out.push_str(rest.get(..at).unwrap_or_default());
        rest = rest.get(at + 1..).unwrap_or_default();
        if let Some(after) = rest.strip_prefix('$') {
            out.push('$');
            rest = after;
        } else if let Some(inner) = rest.strip_prefix('(') {
            if let Some(end) = inner.find(')') {
                let name = inner.get(..end).unwrap_or_default();
                if let Some(value) = lookup(name) {
                    out.push_str(&value);
                } else {
                    missing.push(name.to_owned());
                    out.push_str("$(");
                    out.push_str(name);
                    out.push(')');
                }
                rest = inner.get(end + 1..).unwrap_or_default();
            } else {
                out.push_str("$(");
                rest = inner;
            }
        } else {
            out.push('$');
        }
    }
    out.push_str(rest);
    out
}
