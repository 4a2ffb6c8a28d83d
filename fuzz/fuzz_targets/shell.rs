//! Any text as a script of ash, dash and bash: it ends within its budget and says the same twice.
#![no_main]

use libfuzzer_sys::fuzz_target;
use podglass_runtime::{catalogue::Catalogue, sh};

fuzz_target!(|text: &str| {
    for (image, shell) in [("busybox", "sh"), ("debian", "dash"), ("ubuntu", "bash")] {
        let script = sh::Script {
            image: image.to_owned(),
            env: Vec::new(),
            files: Vec::new(),
            script: text.to_owned(),
            shell: shell.to_owned(),
            limit_ms: 500,
        };
        assert_eq!(sh::run(Catalogue::shared(), &script), sh::run(Catalogue::shared(), &script));
    }
});
