//! Any bytes as nginx's configuration: `nginx -t` answers, and so does a start.
#![no_main]

use libfuzzer_sys::fuzz_target;
use podglass_runtime::{catalogue::Catalogue, sh};

fuzz_target!(|data: &[u8]| {
    let script = sh::Script {
        image: "nginx".to_owned(),
        env: Vec::new(),
        files: vec![("/etc/nginx/nginx.conf".to_owned(), data.to_vec())],
        script: "nginx -t; nginx; nginx -s quit".to_owned(),
        shell: "sh".to_owned(),
        limit_ms: 500,
    };
    assert_eq!(sh::run(Catalogue::shared(), &script), sh::run(Catalogue::shared(), &script));
});
