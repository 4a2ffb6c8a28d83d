//! Labels and the selectors over them (follows apimachinery/pkg/labels/selector.go).

use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use std::collections::BTreeMap;

/// Labels of an object.
pub type Labels = BTreeMap<String, String>;

/// Whether a selector's every requirement holds. An empty selector matches everything.
pub fn matches(selector: &LabelSelector, labels: Option<&Labels>) -> bool {
    selector.match_labels.as_ref().is_none_or(|wanted| includes(labels, wanted))
        && selector.match_expressions.iter().flatten().all(|r| {
            let value = labels.and_then(|l| l.get(&r.key)).map(String::as_str);
            requirement(&r.operator, value, r.values.as_deref().unwrap_or_default())
        })
}

/// Whether all wanted labels are there.
pub fn includes(labels: Option<&Labels>, wanted: &Labels) -> bool {
    wanted.iter().all(|(k, v)| labels.is_some_and(|l| l.get(k) == Some(v)))
}

/// Whether a selector has no requirement at all.
pub fn is_empty(selector: &LabelSelector) -> bool {
    selector.match_labels.as_ref().is_none_or(Labels::is_empty) && selector.match_expressions.as_ref().is_none_or(Vec::is_empty)
}

/// One requirement over the value of a label; also the operators of node selectors (`Gt`, `Lt`).
pub(crate) fn requirement(operator: &str, value: Option<&str>, values: &[String]) -> bool {
    let number = |text: Option<&str>| text.and_then(|t| t.parse::<i64>().ok());
    match operator {
        "In" => value.is_some_and(|v| values.iter().any(|x| x == v)),
        "NotIn" => !value.is_some_and(|v| values.iter().any(|x| x == v)),
        "Exists" => value.is_some(),
        "DoesNotExist" => value.is_none(),
        "Gt" => number(value).zip(number(values.first().map(String::as_str))).is_some_and(|(a, b)| a > b),
        "Lt" => number(value).zip(number(values.first().map(String::as_str))).is_some_and(|(a, b)| a < b),
        _ => false,
    }
}
