//! The real file system, as kubectl's `-f` sees it.

use podglass_playground::kubectl::Files;
use std::path::Path;
use std::rc::Rc;

/// Files of this machine.
pub(crate) struct RealFiles;

impl Files for RealFiles {
    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        std::fs::read(path).map_err(|e| match e.kind() {
            std::io::ErrorKind::NotFound => "no such file or directory".to_owned(),
            std::io::ErrorKind::IsADirectory => "is a directory".to_owned(),
            std::io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
            _ => e.to_string(),
        })
    }

    fn directory(&self, path: &str) -> Option<Vec<String>> {
        let mut names: Vec<String> = std::fs::read_dir(Path::new(path)).ok()?.filter_map(|e| e.ok()?.file_name().into_string().ok()).collect();
        names.sort();
        Some(names)
    }

    fn reference(&self, name: &str) -> Option<Rc<str>> {
        Some(Rc::from(match name {
            "openapi" => include_str!("../../../static/schema/openapi.txt"),
            "openapi-more" => include_str!("../../../static/schema/openapi-more.txt"),
            "help" => include_str!("../../../static/schema/help.txt"),
            _ => return None,
        }))
    }
}

/// Files below a folder.
pub(crate) struct FilesIn(pub(crate) std::path::PathBuf);

impl Files for FilesIn {
    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        RealFiles.read(&self.0.join(path).to_string_lossy())
    }
    fn directory(&self, path: &str) -> Option<Vec<String>> {
        RealFiles.directory(&self.0.join(path).to_string_lossy())
    }
    fn reference(&self, name: &str) -> Option<Rc<str>> {
        RealFiles.reference(name)
    }
}
