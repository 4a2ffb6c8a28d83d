//! `env`, `printenv`, `hostname`.

use super::plain::{Io, Run, Stop};
use crate::program::{Env, Errno, Exec};
use std::rc::Rc;

/// The program `env`.
pub fn env(io: &mut Io<'_>) -> Run {
    if io.args.first().is_some_and(|a| &**a == "-") {
        io.args[0] = "-i".into();
    }
    let options = io.options("+iu:0C:", &[("ignore-environment", 'i'), ("unset", 'u'), ("null", '0'), ("chdir", 'C')])?;
    let mut env: Env = if options.has('i') { Vec::new() } else { io.env().to_vec() };
    for name in options.values('u') {
        env.retain(|(k, _)| *k != name);
    }
    let mut operands = options.operands.clone();
    while let Some((name, value)) = operands.first().and_then(|o| o.split_once('=')).map(|(n, v)| (Rc::<str>::from(n), Rc::<str>::from(v))) {
        operands.remove(0);
        match env.iter_mut().find(|(k, _)| *k == name) {
            Some(slot) => slot.1 = value,
            None => env.push((name, value)),
        }
    }
    if operands.is_empty() {
        for (name, value) in &env {
            io.out(format!("{name}={value}{}", if options.has('0') { "\0" } else { "\n" }));
        }
        return Ok(0);
    }
    let name = operands.first().cloned().unwrap_or_else(|| "".into());
    match io.once(|sys| sys.which(&name)) {
        Ok(_) => Err(Stop::Exec(Exec { argv: operands, env: Some(Rc::new(env)) })),
        Err(error) => {
            let text = if io.gnu() { format!("'{name}': {error}") } else { format!("can't execute '{name}': {error}") };
            io.err(text);
            Ok(if error == Errno::NoEnt { 127 } else { 126 })
        }
    }
}

/// The program `printenv`.
pub fn printenv(io: &mut Io<'_>) -> Run {
    let options = io.options("0", &[("null", '0')])?;
    let env = io.env();
    if options.operands.is_empty() {
        for (name, value) in env.iter() {
            io.outln(format!("{name}={value}"));
        }
        return Ok(0);
    }
    let mut code = 0;
    for name in &options.operands {
        match env.iter().rev().find(|(k, _)| k == name) {
            Some((_, value)) => io.outln(&**value),
            None => code = 1,
        }
    }
    Ok(code)
}

/// The program `hostname`.
pub fn hostname(io: &mut Io<'_>) -> Run {
    let options = io.options("sidfIAF:", &[("short", 's'), ("fqdn", 'f'), ("ip-address", 'i'), ("all-ip-addresses", 'I'), ("domain", 'd')])?;
    if options.has('F') || !options.operands.is_empty() {
        return io.fail(1, "sethostname: Operation not permitted");
    }
    let name = io.sys().hostname();
    if options.has('i') {
        return match io.resolve(&name) {
            Ok(found) => {
                let text: Vec<String> = found.addresses.iter().map(ToString::to_string).collect();
                io.outln(text.join(" "));
                Ok(0)
            }
            Err(_) => io.fail(1, format!("{name}: Unknown host")),
        };
    }
    if options.has('I') {
        let addresses: Vec<String> = io.sys().addresses().iter().filter(|a| !a.is_loopback()).map(ToString::to_string).collect();
        io.outln(addresses.join(" ") + " ");
        return Ok(0);
    }
    if options.has('d') {
        io.outln("");
        return Ok(0);
    }
    io.outln(if options.has('s') { name.split('.').next().unwrap_or(&name) } else { &name });
    Ok(0)
}
