//! Kubernetes quantities as numbers for sums and comparisons: CPU in thousandths, everything else in whole units.

use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use podglass_manifest::Quantity as Exact;

/// The value in thousandths, rounded up; 0 where the text is no quantity.
pub fn milli(quantity: &Quantity) -> i128 {
    Exact::of(&quantity.0).milli_value().into()
}

/// The value in whole units, rounded up; 0 where the text is no quantity.
pub fn whole(quantity: &Quantity) -> i128 {
    Exact::of(&quantity.0).value().into()
}
