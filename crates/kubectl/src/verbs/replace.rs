//! `kubectl replace` and `kubectl diff`

use super::change::{Dry, format, report, warn};
use crate::admission;
use crate::arguments::Found;
use crate::flags::Flags;
use crate::json::Look;
use crate::manifests;
use crate::session::{Failure, Session};
use crate::world::{self, Deletion};
use podglass_manifest::client::{self, Run};
use std::rc::Rc;

pub(super) const FLAGS: &str = "allow-missing-template-keys? cascade:=background dry-run:=unchanged field-manager: filename,f:, force? grace-period:l kustomize,k: output,o: raw: recursive,R? save-config? show-managed-fields? subresource: template: timeout:d validate:=strict wait?";

pub(super) fn run(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    if flags.list("filename").is_empty() {
        return Err(Failure::error("must specify one of -f and -k"));
    }
    let dry = Dry::read(flags)?;
    let format = format(session, flags)?;
    let read = manifests::read(session, flags.list("filename"))?;
    let mut run = Run { reading: read.errors, applying: Vec::new() };
    for file in &read.objects {
        let namespace = if file.resource.namespaced { file.object.namespace().to_owned() } else { String::new() };
        let exists = session.world.find(&file.resource, &namespace, file.object.name()).is_some();
        let strictness = super::apply::strictness(flags);
        let context = format!("error when replacing {:?}: ", file.source);
        let answer = if flags.truth("force") {
            if exists
                && session
                    .world
                    .delete(
                        &file.resource,
                        &namespace,
                        file.object.name(),
                        Deletion { grace: Some(flags.int("grace-period").filter(|g| *g > 0).unwrap_or(0)), ..Deletion::default() },
                    )
                    .is_ok()
            {
                let place = if file.resource.namespaced { format!(" from {namespace} namespace") } else { String::new() };
                session.print(format!("{} {:?} deleted{place}\n", file.resource.kind_group(), file.object.name()));
            }
            admission::create(session.world, &file.resource, &file.object, &namespace, strictness, false)
        } else if dry == Dry::Client {
            Ok((Rc::new(file.object.clone()), Vec::new()))
        } else if !exists && file.resource.plural == "services" {
            admission::create(session.world, &file.resource, &file.object, &namespace, strictness, dry == Dry::Server)
        } else if exists {
            admission::update(session.world, &file.resource, &file.object, strictness, dry == Dry::Server)
        } else {
            Err(world::not_found(&file.resource, file.object.name()))
        };
        match answer {
            Ok((object, warnings)) => {
                session.rediscover();
                warn(session, &warnings);
                report(session, &format, &Found { resource: file.resource.clone(), object, source: None }, "replaced", dry)?;
            }
            Err(status) => run.applying.push(client::Failure::Server(context, status)),
        }
    }
    if run.is_good() { Ok(()) } else { Err(Failure::plain(run.text())) }
}
