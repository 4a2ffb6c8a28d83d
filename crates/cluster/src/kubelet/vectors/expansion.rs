//! `TestMapping`: `$(NAME)` in texts.

use super::{Case, cases};

fn check(case: &Case) {
    let vars = [("VAR_A", "A"), ("VAR_B", "B"), ("VAR_C", "C"), ("VAR_REF", "$(VAR_A)"), ("VAR_EMPTY", "")];
    let lookup = |n: &str| vars.iter().find(|(k, _)| *k == n).map(|(_, v)| (*v).to_owned());
    assert_eq!(crate::kubelet::expand::expand(&case.text("in"), &lookup, &mut Vec::new()), case.text("out"));
}

cases! { "expansion.yaml", check:
    whole_string
    three_in_a_row
    in_the_middle
    escaped_at_the_beginning
    escaped_without_parentheses
    backslash_does_not_escape
    nested
    nested_and_unclosed
    not_expanded_again
    empty_value
    unclosed
    no_dollar
    other_operators
    shell_style
    braces
    closed_only
    unknown_name
    six_dollars_unknown
    six_dollars_known
    seven_dollars_unknown
    seven_dollars_known
    unclosed_at_the_end
    dollar_at_the_end
    many_unclosed
    dollars_in_a_name
    newline
}
