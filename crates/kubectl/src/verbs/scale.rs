//! `kubectl scale`

use super::change::{Dry, format, report, send};
use crate::arguments::{self, Found, Wants};
use crate::flags::Flags;
use crate::json::{Look, set};
use crate::session::{Failure, Session};

pub(super) const FLAGS: &str = "all? allow-missing-template-keys? current-replicas:i dry-run:=unchanged filename,f:, kustomize,k: output,o: recursive,R? replicas:i resource-version: selector,l: show-managed-fields? template: timeout:d";

pub(super) fn run(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    let Some(replicas) = flags.int("replicas") else { return Err(Failure::error("required flag(s) \"replicas\" not set")) };
    if replicas < 0 {
        return Err(Failure::error("The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0"));
    }
    let dry = Dry::read(flags)?;
    let format = format(session, flags)?;
    let selection = arguments::select(session, flags, &flags.args, Wants::default())?;
    for found in &selection.found {
        if !found.resource.scalable() {
            return Err(Failure::plain("Error from server (NotFound): the server could not find the requested resource\n"));
        }
        let have = found.object.int("spec.replicas");
        if let Some(want) = flags.int("current-replicas").filter(|w| *w >= 0 && *w != have) {
            return Err(Failure::error(format!("Expected replicas to be {want}, was {have}")));
        }
        let mut new = (*found.object).clone();
        set(&mut new, &["spec", "replicas"], replicas.into());
        let object = send(session, found, new, dry)?;
        report(session, &format, &Found { object, ..found.clone() }, "scaled", dry)?;
    }
    selection.complain(session)
}
