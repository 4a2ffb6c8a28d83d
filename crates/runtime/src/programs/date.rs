//! `date`.

use super::engine::clock::Moment;
use super::plain::{Io, Run};

/// The program.
pub fn main(io: &mut Io<'_>) -> Run {
    // `-I` takes its value without a blank, so it is taken out before the options are read.
    let mut iso = None;
    io.args.retain(|arg| {
        if let Some(rest) = arg.strip_prefix("-I").or_else(|| arg.strip_prefix("--iso-8601")) {
            iso = Some(rest.trim_start_matches('=').to_owned());
            false
        } else {
            true
        }
    });
    let options =
        io.options("d:s:r:uRD:", &[("date", 'd'), ("set", 's'), ("reference", 'r'), ("utc", 'u'), ("universal", 'u'), ("rfc-2822", 'R'), ("rfc-email", 'R')])?;
    let now = Moment::from_millis(io.unix_ms());
    let mut moment = now;
    if let Some(text) = options.value('d') {
        match Moment::parse(&text, now, io.gnu()) {
            Some(parsed) => moment = parsed,
            None => return io.fail(1, format!("invalid date '{text}'")),
        }
    } else if let Some(path) = options.value('r') {
        match io.stat(&path) {
            Ok(stat) => moment = Moment::from_millis(stat.modified_unix_ms),
            Err(error) => return io.fail(1, format!("{path}: {error}")),
        }
    }
    if options.has('s') || options.operand(0).is_some_and(|o| !o.starts_with('+')) {
        return match options.operand(0).filter(|o| Moment::parse(o, now, io.gnu()).is_none()) {
            Some(text) => io.fail(1, format!("invalid date '{text}'")),
            None => io.fail(1, "can't set date: Operation not permitted"),
        };
    }
    let text = if let Some(iso) = iso {
        match iso.as_str() {
            "" | "date" => moment.format("%Y-%m-%d"),
            "hours" => moment.format("%Y-%m-%dT%H+00:00"),
            "minutes" => moment.format("%Y-%m-%dT%H:%M+00:00"),
            "seconds" => moment.format("%Y-%m-%dT%H:%M:%S+00:00"),
            "ns" => moment.format("%Y-%m-%dT%H:%M:%S,%N+00:00"),
            other => return io.fail(1, format!("invalid argument '{other}' for '--iso-8601'")),
        }
    } else if options.has('R') {
        moment.format("%a, %d %b %Y %H:%M:%S +0000")
    } else if let Some(format) = options.operand(0) {
        moment.format(format.get(1..).unwrap_or_default())
    } else {
        moment.format("%a %b %e %H:%M:%S UTC %Y")
    };
    io.outln(text);
    Ok(0)
}
