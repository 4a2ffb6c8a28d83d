//! The few filters that people put behind a command: `grep`, `head`, `tail`, `wc`, `sort`, `uniq`.

/// What a filter makes of a text.
///
/// # Errors
/// In the words of a shell, when the filter is not here.
pub(super) fn filter(words: &[String], input: &str) -> Result<String, String> {
    let (program, args) = words.split_first().ok_or("A command is missing after the pipe.\n")?;
    let flags: String = args.iter().filter(|a| a.starts_with('-') && a.len() > 1).flat_map(|a| a.trim_start_matches('-').chars()).collect();
    let has = |c: char| flags.contains(c);
    let values: Vec<&str> = args.iter().map(String::as_str).filter(|a| !a.starts_with('-') || a.len() == 1).collect();
    let lines = || input.lines();
    let count = || {
        let digits: String = flags.chars().filter(char::is_ascii_digit).collect();
        let number = values.iter().find_map(|v| v.parse().ok()).or_else(|| digits.parse().ok());
        number.unwrap_or(10_usize)
    };
    Ok(match program.as_str() {
        "grep" => {
            let Some(pattern) = values.first() else { return Err("usage: grep [-ivcnE] PATTERN\n".to_owned()) };
            let found: Vec<(usize, &str)> = lines().enumerate().filter(|(_, l)| matches(l, pattern, has('i')) != has('v')).collect();
            if has('c') {
                format!("{}\n", found.len())
            } else {
                let numbered = |(i, l): (usize, &str)| if has('n') { format!("{}:{l}\n", i + 1) } else { format!("{l}\n") };
                found.into_iter().map(numbered).collect()
            }
        }
        "head" => joined(lines().take(count())),
        "tail" => {
            let skip = lines().count().saturating_sub(count());
            joined(lines().skip(skip))
        }
        "wc" => {
            let counts = [('l', input.matches('\n').count()), ('w', input.split_whitespace().count()), ('c', input.len())];
            let chosen: Vec<usize> = counts.iter().filter(|(f, _)| has(*f)).map(|(_, n)| *n).collect();
            match chosen.as_slice() {
                [one] => format!("{one}\n"),
                some => {
                    let shown = if some.is_empty() { counts.iter().map(|(_, n)| *n).collect() } else { chosen.clone() };
                    let columns: Vec<String> = shown.iter().map(|n| format!("{n:>8}")).collect();
                    columns.concat() + "\n"
                }
            }
        }
        "sort" => {
            let mut all: Vec<&str> = lines().collect();
            let number = |l: &str| l.split_whitespace().next().and_then(|w| w.parse::<f64>().ok()).unwrap_or(0.0);
            if has('n') {
                all.sort_by(|a, b| number(a).total_cmp(&number(b)).then(a.cmp(b)));
            } else {
                all.sort_unstable();
            }
            if has('r') {
                all.reverse();
            }
            if has('u') {
                all.dedup();
            }
            joined(all.into_iter())
        }
        "uniq" => {
            let mut all: Vec<(usize, &str)> = Vec::new();
            for line in lines() {
                match all.last_mut() {
                    Some((n, last)) if *last == line => *n += 1,
                    _ => all.push((1, line)),
                }
            }
            all.into_iter().map(|(n, l)| if has('c') { format!("{n:>7} {l}\n") } else { format!("{l}\n") }).collect()
        }
        "cat" => input.to_owned(),
        other => return Err(format!("{other}: command not found\n")),
    })
}

fn joined<'a>(lines: impl Iterator<Item = &'a str>) -> String {
    lines.flat_map(|l| [l, "\n"]).collect()
}

/// Words separated by `|` or `\|`, each at the line's start where it begins with `^`, at its end with `$`; a dot stands for itself.
fn matches(line: &str, pattern: &str, ignore_case: bool) -> bool {
    let (line, pattern) = if ignore_case { (line.to_lowercase(), pattern.to_lowercase()) } else { (line.to_owned(), pattern.to_owned()) };
    pattern.replace("\\|", "|").split('|').any(|p| match (p.strip_prefix('^'), p.strip_suffix('$')) {
        (Some(start), None) => line.starts_with(start),
        (None, Some(end)) => line.ends_with(end),
        (Some(_), Some(_)) => line == p.trim_start_matches('^').trim_end_matches('$'),
        (None, None) => line.contains(p),
    })
}

#[cfg(test)]
mod tests {
    use super::filter;

    #[track_caller]
    fn check(command: &str, expect: &str) {
        let words: Vec<String> = command.split(' ').map(str::to_owned).collect();
        assert_eq!(filter(&words, "b 2\na 1\na 1\nWarning x\n").unwrap_or_else(|e| e), expect, "{command}");
    }

    #[test]
    fn filters_do_what_a_shell_person_expects() {
        check("grep a", "a 1\na 1\nWarning x\n");
        check("grep -c ^a", "2\n");
        check("grep -iv warning", "b 2\na 1\na 1\n");
        check("grep -n b|Warn", "1:b 2\n4:Warning x\n");
        check("head -n 1", "b 2\n");
        check("head -1", "b 2\n");
        check("tail -n 1", "Warning x\n");
        check("wc -l", "4\n");
        check("sort", "Warning x\na 1\na 1\nb 2\n");
        check("uniq -c", "      1 b 2\n      2 a 1\n      1 Warning x\n");
        check("awk x", "awk: command not found\n");
    }
}
