//! Any JSON is decoded as any kind; what was decoded is defaulted, validated and written.
#![no_main]

use libfuzzer_sys::fuzz_target;
use podglass_manifest::{Kind, Resource, decode, defaults, validate, warnings};

fuzz_target!(|input: (u8, &str)| {
    let Some(kind) = Kind::ALL.get(usize::from(input.0) % Kind::ALL.len()) else { return };
    let Ok(json) = serde_json::from_str::<serde_json::Value>(input.1) else { return };
    let Some(ty) = decode::type_of(kind.group(), kind.version(), kind.name()) else { return };
    let Some(resource) = Resource::find(kind.group(), kind.version(), kind.name()) else { return };
    let mut value = decode::decode(ty, &json).value;
    defaults::apply_json(&resource, &mut value);
    let _errors = validate::create_json(&resource, &value);
    let _warnings = warnings::of_json(&resource, &value, None);
});
