//! Kubernetes quantities (`500m`, `1Gi`), as far as printing and sorting need them.

/// The value in thousandths, rounded up; `None` where it is no quantity.
pub(crate) fn milli(text: &str) -> Option<i128> {
    let at = text.find(|c: char| !c.is_ascii_digit() && !matches!(c, '.' | '-' | '+')).unwrap_or(text.len());
    let (number, suffix) = text.split_at(at);
    let (number, exponent) = match suffix.strip_prefix(['e', 'E']).map(str::parse::<i32>) {
        Some(Ok(e)) => (number, Some(e)),
        _ => (number, None),
    };
    let scale: f64 = match (exponent, suffix) {
        (Some(e), _) => 10f64.powi(e),
        (None, s) => match s {
            "" => 1.0,
            "n" => 1e-9,
            "u" => 1e-6,
            "m" => 1e-3,
            "k" => 1e3,
            "M" => 1e6,
            "G" => 1e9,
            "T" => 1e12,
            "P" => 1e15,
            "E" => 1e18,
            "Ki" => 1024.0,
            "Mi" => 1_048_576.0,
            "Gi" => 1_073_741_824.0,
            "Ti" => 1_099_511_627_776.0,
            "Pi" => 1_125_899_906_842_624.0,
            "Ei" => 1_152_921_504_606_846_976.0,
            _ => return None,
        },
    };
    let value: f64 = number.parse().ok()?;
    Some((value * scale * 1000.0 - 1e-6).ceil() as i128)
}

/// Whole units, rounded up.
pub(crate) fn whole(text: &str) -> Option<i128> {
    milli(text).map(|m| (m + if m > 0 { 999 } else { 0 }) / 1000)
}

/// Thousandths as a decimal quantity: `250m`, `2`.
pub(crate) fn decimal(milli: i128) -> String {
    if milli % 1000 == 0 { scaled(milli / 1000, 1000, &["", "k", "M", "G", "T", "P", "E"]) } else { format!("{milli}m") }
}

/// Bytes as a binary quantity: `64Mi`.
pub(crate) fn binary(bytes: i128) -> String {
    scaled(bytes, 1024, &["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"])
}

fn scaled(mut value: i128, by: i128, names: &[&str]) -> String {
    let mut names = names.iter();
    let mut name = names.next().copied().unwrap_or_default();
    while value != 0 && value % by == 0 {
        let Some(next) = names.next() else { break };
        value /= by;
        name = next;
    }
    format!("{value}{name}")
}

/// `500m` and `0.5` are both `500m`: the form the API server stores.
pub(crate) fn canonical(text: &str) -> Option<String> {
    let m = milli(text)?;
    Some(if text.ends_with('i') && m % 1000 == 0 { binary(m / 1000) } else { decimal(m) })
}
