//! Quantities, quality of service and effective requests
//! (follows apimachinery/pkg/api/resource, pkg/apis/core/v1/helper/qos and component-helpers/resource).

use k8s_openapi::api::core::v1::{Container, Pod, PodSpec};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use std::collections::BTreeMap;

/// A quantity in thousandths of its unit; `None` where the text is no quantity. Rounds up.
pub fn milli(q: &Quantity) -> Option<i128> {
    let text = q.0.trim();
    let split = text.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '+' | '-'))).unwrap_or(text.len());
    let (mut number, mut suffix) = text.split_at(split);
    let mut exponent = 0i32;
    if let Some(e) = suffix.strip_prefix(['e', 'E']).and_then(|e| e.parse::<i32>().ok()) {
        exponent = e;
        suffix = "";
    }
    let negative = number.starts_with('-');
    number = number.trim_start_matches(['+', '-']);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits = format!("{whole}{fraction}");
    if digits.is_empty() {
        return None;
    }
    let mut value: i128 = digits.parse().ok()?;
    let mut scale = 3 - fraction.len() as i32 + exponent; // power of ten to be applied for thousandths
    let binary: u32 = match suffix {
        "Ki" => 10,
        "Mi" => 20,
        "Gi" => 30,
        "Ti" => 40,
        "Pi" => 50,
        "Ei" => 60,
        _ => 0,
    };
    scale += match suffix {
        "" | "Ki" | "Mi" | "Gi" | "Ti" | "Pi" | "Ei" => 0,
        "n" => -9,
        "u" => -6,
        "m" => -3,
        "k" => 3,
        "M" => 6,
        "G" => 9,
        "T" => 12,
        "P" => 15,
        "E" => 18,
        _ => return None,
    };
    value = value.checked_mul(1i128 << binary)?;
    if scale >= 0 {
        value = value.checked_mul(10i128.checked_pow(scale as u32)?)?;
    } else {
        let d = 10i128.checked_pow(scale.unsigned_abs())?;
        value = value.div_euclid(d) + i128::from(value.rem_euclid(d) != 0);
    }
    Some(if negative { -value } else { value })
}

/// A quantity in whole units, rounded up.
pub fn value(q: &Quantity) -> Option<i128> {
    milli(q).map(|m| m.div_euclid(1000) + i128::from(m.rem_euclid(1000) != 0))
}

/// Amounts by resource name, in thousandths of the unit.
pub type Amounts = BTreeMap<String, i128>;

fn amounts(list: Option<&BTreeMap<String, Quantity>>) -> Amounts {
    list.into_iter().flatten().filter_map(|(k, q)| Some((k.clone(), milli(q)?))).collect()
}

/// What a container asks for; a limit without a request is one.
pub fn requests(c: &Container) -> Amounts {
    let Some(r) = &c.resources else { return Amounts::new() };
    let mut all = amounts(r.limits.as_ref());
    all.extend(amounts(r.requests.as_ref()));
    all
}

/// Whether an init container is a sidecar: one that keeps running.
pub fn is_sidecar(c: &Container) -> bool {
    c.restart_policy.as_deref() == Some("Always")
}

fn add(into: &mut Amounts, other: &Amounts) {
    for (k, v) in other {
        *into.entry(k.clone()).or_default() += v;
    }
}

fn raise(into: &mut Amounts, other: &Amounts) {
    for (k, v) in other {
        let slot = into.entry(k.clone()).or_default();
        *slot = (*slot).max(*v);
    }
}

/// What the scheduler counts for a Pod (`PodRequests` of component-helpers/resource/helpers.go).
pub fn effective_requests(spec: &PodSpec) -> Amounts {
    let mut app = Amounts::new();
    for c in &spec.containers {
        add(&mut app, &requests(c));
    }
    let (mut sidecars, mut peak) = (Amounts::new(), Amounts::new());
    for c in spec.init_containers.iter().flatten() {
        let own = requests(c);
        if is_sidecar(c) {
            add(&mut app, &own);
            add(&mut sidecars, &own);
            raise(&mut peak, &sidecars);
        } else {
            let mut now = own;
            add(&mut now, &sidecars);
            raise(&mut peak, &now);
        }
    }
    raise(&mut app, &peak);
    if let Some(r) = &spec.resources {
        let mut pod = amounts(r.limits.as_ref());
        pod.extend(amounts(r.requests.as_ref()));
        app.extend(pod);
    }
    add(&mut app, &amounts(spec.overhead.as_ref()));
    app
}

/// `Guaranteed`, `Burstable` or `BestEffort` (`ComputePodQOS`).
pub fn qos_class(pod: &Pod) -> &'static str {
    let Some(spec) = &pod.spec else { return "BestEffort" };
    let counted = |list: Option<&BTreeMap<String, Quantity>>| -> Amounts {
        amounts(list).into_iter().filter(|(k, v)| matches!(k.as_str(), "cpu" | "memory") && *v > 0).collect()
    };
    if let Some(r) = &spec.resources
        && (r.limits.is_some() || r.requests.is_some())
    {
        return judge(&counted(r.requests.as_ref()), &counted(r.limits.as_ref()), counted(r.limits.as_ref()).len() == 2);
    }
    let (mut requests, mut limits, mut limited) = (Amounts::new(), Amounts::new(), true);
    for c in spec.init_containers.iter().flatten().chain(&spec.containers) {
        let own = c.resources.as_ref();
        let limit = counted(own.and_then(|r| r.limits.as_ref()));
        limited &= limit.len() == 2;
        let mut request = limit.clone();
        request.extend(counted(own.and_then(|r| r.requests.as_ref())));
        add(&mut requests, &request);
        add(&mut limits, &limit);
    }
    judge(&requests, &limits, limited)
}

fn judge(requests: &Amounts, limits: &Amounts, limited: bool) -> &'static str {
    if requests.is_empty() && limits.is_empty() {
        "BestEffort"
    } else if limited && requests == limits {
        "Guaranteed"
    } else {
        "Burstable"
    }
}
