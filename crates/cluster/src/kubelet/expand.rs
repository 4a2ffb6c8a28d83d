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

#[cfg(test)]
mod tests {
    #[test]
    fn only_known_names_are_expanded_and_never_twice() {
        let vars = [("VAR_A", "A"), ("VAR_B", "B"), ("VAR_C", "C"), ("VAR_REF", "$(VAR_A)"), ("VAR_EMPTY", "")];
        let lookup = |n: &str| vars.iter().find(|(k, _)| *k == n).map(|(_, v)| (*v).to_owned());
        for (input, output) in [
            ("$(VAR_A)", "A"),
            ("$(VAR_A)_$(VAR_B)_$(VAR_C)", "A_B_C"),
            ("___$(VAR_B)___", "___B___"),
            ("$$(VAR_B)_$(VAR_A)", "$(VAR_B)_A"),
            ("f000-$$VAR_A", "f000-$VAR_A"),
            ("foo\\$(VAR_C)bar", "foo\\Cbar"),
            ("$(VAR_A$(VAR_B))", "$(VAR_A$(VAR_B))"),
            ("$(VAR_A$(VAR_B)", "$(VAR_A$(VAR_B)"),
            ("$(VAR_REF)", "$(VAR_A)"),
            ("foo$(VAR_EMPTY)bar", "foobar"),
            ("foo$(VAR_Awhoops!", "foo$(VAR_Awhoops!"),
            ("f00__(VAR_A)__", "f00__(VAR_A)__"),
            ("$?_boo_$!", "$?_boo_$!"),
            ("$VAR_A", "$VAR_A"),
            ("${VAR_A}", "${VAR_A}"),
            ("$VAR_A)", "$VAR_A)"),
            ("$(VAR_DNE)", "$(VAR_DNE)"),
            ("$$$$$$(BIG_MONEY)", "$$$(BIG_MONEY)"),
            ("$$$$$$(VAR_A)", "$$$(VAR_A)"),
            ("$$$$$$$(GOOD_ODDS)", "$$$$(GOOD_ODDS)"),
            ("$$$$$$$(VAR_A)", "$$$A"),
            ("$(VAR_B)_______$(A", "B_______$(A"),
            ("$(VAR_A)foobarzab$", "Afoobarzab$"),
            ("--$($($($($--", "--$($($($($--"),
            ("$(foo$$var)", "$(foo$$var)"),
            ("\n", "\n"),
        ] {
            assert_eq!(super::expand(input, &lookup, &mut Vec::new()), output, "{input}");
        }
    }
}
