//! The hash of a Pod template, as names and labels carry it.
//!
//! The real hash runs over a dump of Go structs and changes with every Kubernetes version; here it runs over
//! canonical JSON. Alphabet and length are those of the real thing (follows apimachinery/pkg/util/rand `SafeEncodeString`).

use k8s_openapi::api::core::v1::PodTemplateSpec;

/// FNV-1a, 32 bits.
fn fnv(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |h, b| (h ^ u32::from(*b)).wrapping_mul(0x0100_0193))
}

/// The hash of a template, told apart by a collision count.
pub(crate) fn template(template: &PodTemplateSpec, collisions: Option<i32>) -> String {
    let mut bytes = serde_json::to_value(template).and_then(|v| serde_json::to_vec(&v)).unwrap_or_default();
    if let Some(n) = collisions {
        bytes.extend((n as u64).to_le_bytes());
    }
    encode(fnv(&bytes))
}

/// A decimal number in letters that form no words.
fn encode(hash: u32) -> String {
    const ALPHABET: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
    hash.to_string().bytes().map(|b| char::from(ALPHABET[usize::from(b) % ALPHABET.len()])).collect()
}

#[cfg(test)]
mod tests {
    use super::encode;

    #[test]
    fn numbers_are_written_in_safe_letters() {
        for (hash, text) in [(0, "4"), (1, "5"), (1_234_567_890, "56789bcdf4"), (4_294_967_295, "86f8fbc6f9"), (2_166_136_261, "65bb57b6b5")] {
            assert_eq!(encode(hash), text);
        }
    }
}
