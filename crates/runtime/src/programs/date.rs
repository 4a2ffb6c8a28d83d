//! `date`.

use super::engine::clock::Moment;
use super::engine::zone::Zone;
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
    let zone = if options.has('u') { Zone::utc() } else { io.var("TZ").map_or_else(Zone::utc, |text| Zone::parse(&text)) };
    let present = io.unix_ms();
    let now = zone.local(present);
    let mut moment = now;
    if let Some(text) = options.value('d') {
        let parsed = match options.value('D').filter(|_| !io.gnu()) {
            Some(format) => Moment::parse_format(&text, &format, now),
            None => Moment::parse(&text, now, io.gnu()),
        };
        match parsed {
            // Only what is counted since 1970 is not meant in local time.
            Some(parsed) if text.trim_start().starts_with('@') => moment = zone.local(parsed.epoch * 1000),
            Some(parsed) => moment = parsed,
            None => return io.fail(1, format!("invalid date '{text}'")),
        }
    } else if let Some(path) = options.value('r') {
        match io.stat(&path) {
            Ok(stat) => moment = zone.local(stat.modified_unix_ms),
            Err(error) if io.gnu() => return io.fail(1, format!("{path}: {error}")),
            Err(error) => return io.fail(1, format!("can't stat '{path}': {error}")),
        }
    }
    if options.operands.len() > 1 && !io.gnu() {
        return io.usage(1);
    }
    if options.has('s') || options.operand(0).is_some_and(|o| !o.starts_with('+')) {
        return match options.operand(0).filter(|o| Moment::parse(o, now, io.gnu()).is_none()) {
            Some(text) => io.fail(1, format!("invalid date '{text}'")),
            None => io.fail(1, "can't set date: Operation not permitted"),
        };
    }
    let show = |format: &str| zone.format(&moment, format);
    let text = if let Some(iso) = iso {
        match iso.as_str() {
            "" | "date" => show("%Y-%m-%d"),
            "hours" => show(&format!("%Y-%m-%dT%H{}", zone.offset_text(&moment, ":"))),
            "minutes" => show(&format!("%Y-%m-%dT%H:%M{}", zone.offset_text(&moment, ":"))),
            "seconds" => show(&format!("%Y-%m-%dT%H:%M:%S{}", zone.offset_text(&moment, ":"))),
            "ns" => show(&format!("%Y-%m-%dT%H:%M:%S,%N{}", zone.offset_text(&moment, ":"))),
            other => return io.fail(1, format!("invalid argument '{other}' for '--iso-8601'")),
        }
    } else if options.has('R') {
        show("%a, %d %b %Y %H:%M:%S %z")
    } else if let Some(format) = options.operand(0) {
        show(format.get(1..).unwrap_or_default())
    } else {
        show("%a %b %e %H:%M:%S %Z %Y")
    };
    io.outln(text);
    Ok(0)
}
