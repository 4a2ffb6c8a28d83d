//! `kubectl create -f`, and the generators below it.

pub(super) mod access;
pub(super) mod config;
pub(super) mod network;
pub(super) mod send;
pub(super) mod workload;

use super::change::{Dry, format, report, warn};
use crate::admission;
use crate::arguments::Found;
use crate::flags::Flags;
use crate::manifests;
use crate::session::{Failure, Session};
use podglass_manifest::client::{self, Run};
use std::rc::Rc;

/// What every generator takes besides its own flags.
macro_rules! generator {
    ($own:literal) => {
        concat!($own, " allow-missing-template-keys? dry-run:=unchanged field-manager: output,o: save-config? show-managed-fields? template: validate:=strict")
    };
}
pub(super) use generator;

pub(super) const FLAGS: &str = "allow-missing-template-keys? dry-run:=unchanged edit? field-manager: filename,f:, kustomize,k: output,o: raw: recursive,R? save-config? selector,l: show-managed-fields? template: validate:=strict windows-line-endings?";

pub(super) fn run(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    if !flags.args.is_empty() {
        return Err(flags.usage(format_args!("Unexpected args: [{}]", flags.args.join(" "))));
    }
    if flags.list("filename").is_empty() {
        return Err(Failure::error("must specify one of -f and -k"));
    }
    let dry = Dry::read(flags)?;
    let format = format(session, flags)?;
    let read = manifests::read(session, flags.list("filename"))?;
    if read.objects.is_empty() && read.errors.is_empty() {
        return Err(Failure::error("no objects passed to create"));
    }
    let mut run = Run { reading: read.errors, applying: Vec::new() };
    for file in &read.objects {
        let object = if flags.truth("save-config") { super::apply::with_last_applied(&file.object) } else { file.object.clone() };
        let namespace = session.namespace.clone();
        let made = if dry == Dry::Client {
            Ok((Rc::new(object), Vec::new()))
        } else {
            admission::create(session.world, &file.resource, &object, &namespace, super::apply::strictness(flags), dry == Dry::Server)
        };
        match made {
            Ok((object, warnings)) => {
                session.rediscover();
                warn(session, &warnings);
                report(session, &format, &Found { resource: file.resource.clone(), object, source: None }, "created", dry)?;
            }
            Err(status) => run.applying.push(client::Failure::Server(format!("error when creating {:?}: ", file.source), status)),
        }
    }
    if run.is_good() { Ok(()) } else { Err(Failure::plain(run.text())) }
}
