//! `seq`, `yes`, `factor`.

use super::plain::{Io, Run};
use crate::program::{Program, Step, Sys};

fn decimals(text: &str) -> usize {
    text.split_once('.').map_or(0, |(_, d)| d.len())
}

/// The program `seq`.
pub fn seq(io: &mut Io<'_>) -> Run {
    // A negative number is an operand.
    let mut width = false;
    let mut joiner = "\n".to_owned();
    let mut numbers: Vec<std::rc::Rc<str>> = Vec::new();
    let mut format = None;
    let args = io.args.clone();
    let mut at = 0;
    while let Some(arg) = args.get(at) {
        at += 1;
        let option = numbers.is_empty() && arg.starts_with('-') && (arg.parse::<f64>().is_err() || !io.gnu());
        if !option {
            numbers.push(arg.clone());
            continue;
        }
        match &**arg {
            "--" => {}
            "-w" | "--equal-width" => width = true,
            "-s" | "--separator" => {
                joiner = args.get(at).map(ToString::to_string).unwrap_or_default();
                at += 1;
            }
            "-f" | "--format" => {
                format = args.get(at).cloned();
                at += 1;
            }
            other => {
                if let Some(rest) = other.strip_prefix("-s") {
                    rest.clone_into(&mut joiner);
                } else if let Some(rest) = other.strip_prefix("-ws") {
                    width = true;
                    rest.clone_into(&mut joiner);
                    if rest.is_empty() {
                        joiner = args.get(at).map(ToString::to_string).unwrap_or_default();
                        at += 1;
                    }
                } else if let Some(name) = other.strip_prefix("--") {
                    io.err(format!("unrecognized option '--{name}'"));
                    return io.usage(1);
                } else {
                    let letter = other.chars().nth(1).unwrap_or('-');
                    io.err(format!("invalid option -- '{letter}'"));
                    return io.usage(1);
                }
            }
        }
    }
    if numbers.is_empty() || numbers.len() > 3 {
        if io.gnu() && numbers.is_empty() {
            io.err("missing operand");
        }
        return io.usage(1);
    }
    let mut values = Vec::new();
    for text in &numbers {
        match text.parse::<f64>() {
            Ok(value) if value.is_finite() => values.push(value),
            _ if !io.gnu() => return io.usage(1),
            _ => return io.fail(1, format!("invalid floating point argument: '{text}'")),
        }
    }
    let (first, step, last) = match values.as_slice() {
        [last] => (1.0, 1.0, *last),
        [first, last] => (*first, 1.0, *last),
        [first, step, last] => (*first, *step, *last),
        _ => return Ok(1),
    };
    let digits = numbers.iter().take(numbers.len().max(2) - 1).map(|n| decimals(n)).max().unwrap_or(0);
    let digits = if numbers.len() == 1 { 0 } else { digits };
    if step == 0.0 && !io.gnu() {
        // Without end, as long as somebody reads.
        let line = format!("{first:.digits$}\n");
        while !io.broken() {
            io.decided(|sys| if sys.congested() { Err(crate::program::Wait::until(sys.now() + 1)) } else { Ok(()) })?;
            io.out(&line);
            io.flush();
        }
        return Ok(1);
    }
    if step == 0.0 {
        return io.fail(1, "invalid Zero increment value: '0'");
    }
    let count = ((last - first) / step + 1e-9).floor();
    if count < 0.0 {
        return Ok(0);
    }
    let count = count.min(5_000_000.0) as u64;
    let show = |n: u64| format!("{:.digits$}", first + step * n as f64);
    let most = if width {
        numbers
            .iter()
            .map(|n| n.split('.').next().unwrap_or(n).len() + if digits > 0 { digits + 1 } else { 0 })
            .max()
            .unwrap_or(1)
            .max(show(count).len())
            .max(show(0).len())
    } else {
        0
    };
    for n in 0..=count {
        let mut text = show(n);
        if let Some(format) = &format {
            let mut out = Vec::new();
            for piece in super::engine::text::split_format(format.as_bytes(), true) {
                match piece {
                    super::engine::text::Piece::Literal(bytes) => out.extend(bytes),
                    super::engine::text::Piece::Convert(spec, ..) => out.extend(if matches!(spec.letter, b'd' | b'i') {
                        spec.integer((first + step * n as f64) as i64)
                    } else {
                        spec.float(first + step * n as f64)
                    }),
                    _ => {}
                }
            }
            text = super::engine::text::lossy(&out);
        } else if most > 0 {
            let negative = text.starts_with('-');
            let body = text.trim_start_matches('-').to_owned();
            let fill = most.saturating_sub(body.len() + usize::from(negative));
            text = format!("{}{}{body}", if negative { "-" } else { "" }, "0".repeat(fill));
        }
        if n > 0 {
            io.out(&joiner);
        }
        io.out(text);
        if io.broken() {
            return Ok(1);
        }
    }
    io.out("\n");
    Ok(0)
}

/// The program `yes`: never ends by itself.
#[derive(Clone, Debug)]
pub struct Yes;

impl Program for Yes {
    fn step(&mut self, sys: &mut dyn Sys) -> Step {
        let args = sys.args();
        let words: Vec<&str> = args.iter().skip(1).map(|a| &**a).collect();
        let line = if words.is_empty() { "y\n".to_owned() } else { format!("{}\n", words.join(" ")) };
        let times = (4096 / line.len()).max(1);
        sys.burn(100);
        if sys.write(1, line.repeat(times).as_bytes()).is_err() {
            return Step::Done(1);
        }
        Step::Again
    }
}

/// The program `factor`.
pub fn factor(io: &mut Io<'_>) -> Run {
    let mut numbers = io.args.clone();
    if numbers.is_empty() {
        let data = io.stdin()?;
        numbers = super::engine::text::lossy(&data).split_whitespace().map(Into::into).collect();
    }
    for text in numbers {
        let Ok(number) = text.parse::<u64>() else { return io.fail(1, format!("invalid number '{text}'")) };
        let mut rest = number;
        let mut line = format!("{number}:");
        let mut divisor = 2;
        while rest > 1 && divisor * divisor <= rest && divisor < 3_000_000 {
            while rest % divisor == 0 {
                line.push_str(&format!(" {divisor}"));
                rest /= divisor;
            }
            divisor += 1;
        }
        if rest > 1 {
            line.push_str(&format!(" {rest}"));
        }
        io.outln(line);
    }
    Ok(0)
}
