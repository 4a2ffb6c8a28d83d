//! `printf`.

use super::engine::text::{Piece, lossy, parse_c_integer, split_format, unescape};
use super::plain::{Io, Run};
use std::rc::Rc;

/// What `printf` prints.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rendered {
    /// For stdout.
    pub out: Vec<u8>,
    /// Messages for stderr, without the program's name, each with how much was printed before it.
    pub errors: Vec<(usize, String)>,
    /// Exit code.
    pub code: i32,
}

impl Rendered {
    fn complain(&mut self, text: String) {
        self.errors.push((self.out.len(), text));
        self.code = 1;
    }
}

struct Args<'a> {
    list: &'a [Rc<str>],
    at: usize,
}

impl Args<'_> {
    fn next(&mut self) -> Rc<str> {
        let arg = self.list.get(self.at).cloned().unwrap_or_else(|| Rc::from(""));
        self.at += 1;
        arg
    }
}

fn integer(text: &str, done: &mut Rendered) -> i64 {
    if let Some(rest) = text.strip_prefix(['\'', '"']) {
        return rest.bytes().next().map_or(0, i64::from);
    }
    parse_c_integer(text).unwrap_or_else(|| {
        done.complain(format!("invalid number '{text}'"));
        0
    })
}

fn float(text: &str, done: &mut Rendered) -> f64 {
    if let Some(rest) = text.strip_prefix(['\'', '"']) {
        return rest.bytes().next().map_or(0.0, f64::from);
    }
    if text.is_empty() {
        return 0.0;
    }
    if let Some(number) = text.trim_start().strip_prefix("0x").and_then(|h| i64::from_str_radix(h, 16).ok()) {
        return number as f64;
    }
    text.trim_start().parse().unwrap_or_else(|_| {
        done.complain(format!("invalid number '{text}'"));
        0.0
    })
}

/// Formats as busybox's `printf` does; `args` starts with the format. `None` where there is no format.
pub fn render(args: &[Rc<str>]) -> Option<Rendered> {
    let args = match args.split_first() {
        Some((first, rest)) if &**first == "--" => rest,
        _ => args,
    };
    let (format, list) = args.split_first()?;
    let pieces = split_format(format.as_bytes(), true);
    let mut done = Rendered::default();
    let mut args = Args { list, at: 0 };
    loop {
        let before = args.at;
        for piece in &pieces {
            match piece {
                Piece::Literal(bytes) => done.out.extend(bytes),
                Piece::Stop => return Some(done),
                Piece::Bad(text) => {
                    done.complain(format!("{}: invalid format", lossy(text)));
                    return Some(done);
                }
                Piece::Convert(spec, star_width, star_precision) => {
                    let mut spec = spec.clone();
                    if *star_width {
                        let width = integer(&args.next(), &mut done);
                        spec.left |= width < 0;
                        spec.width = width.unsigned_abs().min(1 << 16) as usize;
                    }
                    if *star_precision {
                        spec.precision = usize::try_from(integer(&args.next(), &mut done)).ok().map(|p| p.min(1 << 16));
                    }
                    let arg = args.next();
                    match spec.letter {
                        b's' => done.out.extend(spec.text(arg.as_bytes())),
                        b'b' => {
                            let part = unescape(arg.as_bytes(), true);
                            done.out.extend(spec.text(&part.bytes));
                            if part.stop {
                                return Some(done);
                            }
                        }
                        b'c' => done.out.extend(spec.text(arg.as_bytes().get(..1).unwrap_or(&[0]))),
                        b'd' | b'i' | b'u' | b'x' | b'X' | b'o' => {
                            let number = integer(&arg, &mut done);
                            done.out.extend(spec.integer(number));
                        }
                        _ => {
                            let number = float(&arg, &mut done);
                            done.out.extend(spec.float(number));
                        }
                    }
                }
            }
        }
        if args.at >= list.len() || args.at == before {
            return Some(done);
        }
    }
}

/// The program.
pub fn main(io: &mut Io<'_>) -> Run {
    let Some(done) = render(&io.args.clone()) else { return io.usage(1) };
    let mut from = 0;
    for (at, error) in &done.errors {
        io.out(done.out.get(from..*at).unwrap_or_default());
        from = *at;
        io.err(error);
    }
    io.out(done.out.get(from..).unwrap_or_default());
    Ok(done.code)
}
