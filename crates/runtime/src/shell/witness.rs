//! Another parser of bash as a witness: it must find the commands and words in a script that our reader finds.
//!
//! Both trees are flattened to lines: one for each simple command with its words, a word as its
//! pieces (`bare`, `'quoted'`, `$name`, `$()`, `$(())`), and one for each `for` and `case`. Where the two
//! differ for good, the difference is in [`DIFFERENCES`], with its reason.

use super::{
    Dialect,
    ast::{Command, Operation, Parameter, Piece, Test, Word},
    reader::Reader,
};
use brush_parser::{
    ast,
    word::{ParameterExpr, WordPiece, WordPieceWithSource},
};
use proptest::prelude::*;
use std::{fs, path::Path, rc::Rc};

/// Scripts that are read differently, each by a piece of its text, and why.
const DIFFERENCES: &[(&str, &str)] = &include!("witness/differences.in");

fn options() -> brush_parser::ParserOptions {
    brush_parser::ParserOptions::default()
}

// --- ours ------------------------------------------------------------------------------------

fn ours(script: &str) -> Result<Vec<String>, String> {
    let mut reader = Reader::new(script, 1, Dialect::Bash);
    let mut lines = Vec::new();
    while let Some(command) = reader.next(&Rc::default()).map_err(|m| m.text.clone())? {
        our_command(&command, &mut lines);
    }
    Ok(lines)
}
fn our_command(command: &Command, lines: &mut Vec<String>) {
    match command {
        Command::Simple(simple) => {
            let mut line = Vec::new();
            for a in &simple.assignments {
                let list = a.list.as_ref().map(|l| l.iter().map(our_word).collect::<Vec<_>>().join(" "));
                line.push(format!("{}={}", a.name, list.unwrap_or_else(|| our_word(&a.value))));
            }
            line.extend(simple.words.iter().map(our_word));
            lines.push(line.join(" | "));
        }
        Command::Pipeline { stages } => stages.iter().for_each(|c| our_command(c, lines)),
        Command::List(list) => list.iter().for_each(|c| our_command(c, lines)),
        Command::AndOr { left, right, .. } => {
            our_command(left, lines);
            our_command(right, lines);
        }
        Command::Not(inner) | Command::Background(inner) | Command::Redirected(inner, _) => our_command(inner, lines),
        Command::Subshell(inner) => {
            lines.push("(".to_owned());
            our_command(inner, lines);
            lines.push(")".to_owned());
        }
        Command::If { test, then, otherwise } => {
            our_command(test, lines);
            our_command(then, lines);
            if let Some(otherwise) = otherwise {
                our_command(otherwise, lines);
            }
        }
        Command::Loop { test, body, .. } => {
            our_command(test, lines);
            our_command(body, lines);
        }
        Command::For { name, words, body, .. } => {
            let words: Vec<String> = words.iter().flatten().map(our_word).collect();
            lines.push(format!("for {name} in {}", words.join(" | ")));
            our_command(body, lines);
        }
        Command::ForArithmetic { body, .. } => {
            lines.push("for ((".to_owned());
            our_command(body, lines);
        }
        Command::Case { word, branches } => {
            lines.push(format!("case {}", our_word(word)));
            for branch in branches {
                let patterns: Vec<String> = branch.patterns.iter().map(our_word).collect();
                lines.push(format!("{})", patterns.join(" | ")));
                if let Some(body) = &branch.body {
                    our_command(body, lines);
                }
            }
        }
        Command::Function { name, body } => {
            lines.push(format!("function {name}"));
            our_command(body, lines);
        }
        Command::Test(test) => lines.push(format!("[[ {}", our_test(test))),
        Command::Arithmetic(_) => lines.push("((".to_owned()),
        Command::Timed(inner, _) => {
            if let Some(inner) = inner {
                our_command(inner, lines);
            }
        }
        Command::Nothing => {}
    }
}
fn our_test(test: &Test) -> usize {
    match test {
        Test::And(a, b) | Test::Or(a, b) => our_test(a) + our_test(b),
        Test::Not(a) => our_test(a),
        Test::Unary(..) | Test::Binary(..) => 1,
    }
}
fn our_word(word: &Word) -> String {
    let mut out = Text::default();
    our_pieces(word, &mut out);
    out.done()
}
fn our_pieces(word: &[Piece], out: &mut Text) {
    for piece in word {
        match piece {
            Piece::Bare(text) => out.bare(text),
            Piece::Quoted(text) => out.quoted(text),
            Piece::Parameter(p, _) => out.special(&our_parameter(p)),
            Piece::Command(..) => out.special("$()"),
            Piece::Arithmetic(..) => out.special("$(())"),
            Piece::Process(..) => out.special("<()"),
        }
    }
}
fn our_parameter(p: &Parameter) -> String {
    let operation = match &p.operation {
        Operation::Plain => "",
        Operation::Length => "#",
        Operation::Default { .. } => "-",
        Operation::Assign { .. } => "=",
        Operation::Error { .. } => "?",
        Operation::Alternative { .. } => "+",
        Operation::TrimStart { longest: true, .. } => "##",
        Operation::TrimStart { .. } => "#…",
        Operation::TrimEnd { longest: true, .. } => "%%",
        Operation::TrimEnd { .. } => "%",
        Operation::Substring { .. } => ":",
        Operation::Replace { .. } => "/",
        Operation::Case { upper: true, .. } => "^",
        Operation::Case { .. } => ",",
    };
    format!("${{{}{operation}}}", p.name)
}

/// A word being written down: neighbours of one kind are one piece.
#[derive(Default)]
struct Text {
    out: String,
    quoted: Option<String>,
}

impl Text {
    fn bare(&mut self, text: &str) {
        self.end();
        self.out.push_str(text);
    }
    fn quoted(&mut self, text: &str) {
        self.quoted.get_or_insert_default().push_str(text);
    }
    fn special(&mut self, text: &str) {
        self.end();
        self.out.push_str(text);
    }
    fn end(&mut self) {
        // Empty quotes inside a word say nothing.
        if let Some(text) = self.quoted.take().filter(|t| !t.is_empty()) {
            self.out.extend(["'", &text, "'"]);
        }
    }
    fn done(mut self) -> String {
        self.end();
        self.out
    }
}

// --- the witness's ---------------------------------------------------------------------------

fn theirs(script: &str) -> Result<Vec<String>, String> {
    let program = brush_parser::Parser::new(script.as_bytes(), &options()).parse_program().map_err(|e| e.to_string())?;
    let mut lines = Vec::new();
    for command in &program.complete_commands {
        their_list(command, &mut lines)?;
    }
    Ok(lines)
}
fn their_list(list: &ast::CompoundList, lines: &mut Vec<String>) -> Result<(), String> {
    for ast::CompoundListItem(and_or, _) in &list.0 {
        for (_, pipeline) in and_or {
            for command in &pipeline.seq {
                their_command(command, lines)?;
            }
        }
    }
    Ok(())
}
fn their_command(command: &ast::Command, lines: &mut Vec<String>) -> Result<(), String> {
    match command {
        ast::Command::Simple(simple) => {
            let mut line = Vec::new();
            let prefix = simple.prefix.iter().flat_map(|p| &p.0);
            let suffix = simple.suffix.iter().flat_map(|s| &s.0);
            for item in prefix {
                if let ast::CommandPrefixOrSuffixItem::AssignmentWord(a, _) = item {
                    let (ast::AssignmentName::VariableName(name) | ast::AssignmentName::ArrayElementName(name, _)) = &a.name;
                    let value = match &a.value {
                        ast::AssignmentValue::Scalar(word) => their_word(&word.value)?,
                        ast::AssignmentValue::Array(list) => {
                            let words: Result<Vec<String>, String> = list
                                .iter()
                                .map(|(key, word)| Ok(key.as_ref().map(|k| format!("[{}]=", k.value)).unwrap_or_default() + &their_word(&word.value)?))
                                .collect();
                            words?.join(" ")
                        }
                    };
                    line.push(format!("{name}={value}"));
                }
            }
            if let Some(word) = &simple.word_or_name {
                line.push(their_word(&word.value)?);
            }
            for item in suffix {
                match item {
                    ast::CommandPrefixOrSuffixItem::Word(word) | ast::CommandPrefixOrSuffixItem::AssignmentWord(_, word) => line.push(their_word(&word.value)?),
                    ast::CommandPrefixOrSuffixItem::ProcessSubstitution(..) => line.push("<()".to_owned()),
                    ast::CommandPrefixOrSuffixItem::IoRedirect(_) => {}
                }
            }
            lines.push(line.join(" | "));
        }
        ast::Command::Compound(compound, _) => their_compound(compound, lines)?,
        ast::Command::Function(function) => {
            lines.push(format!("function {}", function.fname.value));
            their_compound(&function.body.0, lines)?;
        }
        ast::Command::ExtendedTest(test, _) => lines.push(format!("[[ {}", their_test(&test.expr))),
    }
    Ok(())
}
fn their_test(test: &ast::ExtendedTestExpr) -> usize {
    match test {
        ast::ExtendedTestExpr::And(a, b) | ast::ExtendedTestExpr::Or(a, b) => their_test(a) + their_test(b),
        ast::ExtendedTestExpr::Not(a) | ast::ExtendedTestExpr::Parenthesized(a) => their_test(a),
        _ => 1,
    }
}
fn their_compound(compound: &ast::CompoundCommand, lines: &mut Vec<String>) -> Result<(), String> {
    match compound {
        ast::CompoundCommand::BraceGroup(group) => their_list(&group.list, lines)?,
        ast::CompoundCommand::Subshell(subshell) => {
            lines.push("(".to_owned());
            their_list(&subshell.list, lines)?;
            lines.push(")".to_owned());
        }
        ast::CompoundCommand::IfClause(clause) => {
            their_list(&clause.condition, lines)?;
            their_list(&clause.then, lines)?;
            for part in clause.elses.iter().flatten() {
                if let Some(condition) = &part.condition {
                    their_list(condition, lines)?;
                }
                their_list(&part.body, lines)?;
            }
        }
        ast::CompoundCommand::WhileClause(clause) | ast::CompoundCommand::UntilClause(clause) => {
            their_list(&clause.0, lines)?;
            their_list(&clause.1.list, lines)?;
        }
        ast::CompoundCommand::ForClause(clause) => {
            let words: Result<Vec<String>, String> = clause.values.iter().flatten().map(|w| their_word(&w.value)).collect();
            lines.push(format!("for {} in {}", clause.variable_name, words?.join(" | ")));
            their_list(&clause.body.list, lines)?;
        }
        ast::CompoundCommand::ArithmeticForClause(clause) => {
            lines.push("for ((".to_owned());
            their_list(&clause.body.list, lines)?;
        }
        ast::CompoundCommand::CaseClause(clause) => {
            lines.push(format!("case {}", their_word(&clause.value.value)?));
            for item in &clause.cases {
                let patterns: Result<Vec<String>, String> = item.patterns.iter().map(|w| their_word(&w.value)).collect();
                lines.push(format!("{})", patterns?.join(" | ")));
                if let Some(body) = &item.cmd {
                    their_list(body, lines)?;
                }
            }
        }
        ast::CompoundCommand::Arithmetic(_) => lines.push("((".to_owned()),
        ast::CompoundCommand::Coprocess(_) => lines.push("coproc".to_owned()),
    }
    Ok(())
}
fn their_word(text: &str) -> Result<String, String> {
    let mut out = Text::default();
    their_pieces(&brush_parser::word::parse(text, &options()).map_err(|e| e.to_string())?, &mut out, false);
    Ok(out.done())
}
fn their_pieces(pieces: &[WordPieceWithSource], out: &mut Text, quoted: bool) {
    for piece in pieces {
        match &piece.piece {
            WordPiece::Text(text) if quoted => out.quoted(text),
            WordPiece::Text(text) => out.bare(text),
            WordPiece::SingleQuotedText(text) => out.quoted(text),
            WordPiece::AnsiCQuotedText(text) => {
                out.quoted(&String::from_utf8_lossy(&crate::programs::engine::text::unescape(text.replace("\\'", "'").as_bytes(), false).bytes));
            }
            WordPiece::EscapeSequence(text) => out.quoted(text.strip_prefix('\\').filter(|t| *t != "\n").unwrap_or("")),
            WordPiece::DoubleQuotedSequence(inner) | WordPiece::GettextDoubleQuotedSequence(inner) => {
                out.quoted("");
                their_pieces(inner, out, true);
            }
            WordPiece::TildeExpansion(tilde) => out.bare(&match tilde {
                brush_parser::word::TildeExpr::Home => "~".to_owned(),
                brush_parser::word::TildeExpr::UserHome(user) => format!("~{user}"),
                brush_parser::word::TildeExpr::WorkingDir => "~+".to_owned(),
                brush_parser::word::TildeExpr::OldWorkingDir => "~-".to_owned(),
                _ => "~?".to_owned(),
            }),
            WordPiece::ParameterExpansion(p) => out.special(&their_parameter(p)),
            WordPiece::CommandSubstitution(_) | WordPiece::BackquotedCommandSubstitution(_) => out.special("$()"),
            WordPiece::ArithmeticExpression(_) => out.special("$(())"),
        }
    }
}
fn their_parameter(p: &ParameterExpr) -> String {
    use brush_parser::word::{Parameter as Of, SpecialParameter as S};
    let (of, operation) = match p {
        ParameterExpr::Parameter { parameter, .. } => (parameter, ""),
        ParameterExpr::UseDefaultValues { parameter, .. } => (parameter, "-"),
        ParameterExpr::AssignDefaultValues { parameter, .. } => (parameter, "="),
        ParameterExpr::IndicateErrorIfNullOrUnset { parameter, .. } => (parameter, "?"),
        ParameterExpr::UseAlternativeValue { parameter, .. } => (parameter, "+"),
        ParameterExpr::ParameterLength { parameter, .. } => (parameter, "#"),
        ParameterExpr::RemoveSmallestSuffixPattern { parameter, .. } => (parameter, "%"),
        ParameterExpr::RemoveLargestSuffixPattern { parameter, .. } => (parameter, "%%"),
        ParameterExpr::RemoveSmallestPrefixPattern { parameter, .. } => (parameter, "#…"),
        ParameterExpr::RemoveLargestPrefixPattern { parameter, .. } => (parameter, "##"),
        ParameterExpr::Substring { parameter, .. } => (parameter, ":"),
        ParameterExpr::ReplaceSubstring { parameter, .. } => (parameter, "/"),
        ParameterExpr::UppercaseFirstChar { parameter, .. } | ParameterExpr::UppercasePattern { parameter, .. } => (parameter, "^"),
        ParameterExpr::LowercaseFirstChar { parameter, .. } | ParameterExpr::LowercasePattern { parameter, .. } => (parameter, ","),
        _ => return "${…}".to_owned(),
    };
    let name = match of {
        Of::Positional(n) => n.to_string(),
        Of::Special(s) => match s {
            S::AllPositionalParameters { concatenate: false } => "@",
            S::AllPositionalParameters { concatenate: true } => "*",
            S::PositionalParameterCount => "#",
            S::LastExitStatus => "?",
            S::CurrentOptionFlags => "-",
            S::ProcessId => "$",
            S::LastBackgroundProcessId => "!",
            S::ShellName => "0",
        }
        .to_owned(),
        Of::Named(name) | Of::NamedWithIndex { name, .. } | Of::NamedWithAllIndices { name, .. } => name.clone(),
    };
    format!("${{{name}{operation}}}")
}

// --- the comparison ---------------------------------------------------------------------------

/// What speaks against a script being read alike; `None` for nothing.
fn quarrel(script: &str) -> Option<String> {
    let known = DIFFERENCES.iter().any(|(part, _)| script.contains(part));
    let found = match (ours(script), theirs(script)) {
        (Ok(ours), Ok(theirs)) if ours == theirs => None,
        (Ok(ours), Ok(theirs)) => {
            let at = ours.iter().zip(&theirs).position(|(a, b)| a != b).unwrap_or(ours.len().min(theirs.len()));
            Some(format!("ours {:?}\ntheirs {:?}", ours.get(at), theirs.get(at)))
        }
        (Err(_), Err(_)) => None,
        (Err(why), Ok(_)) => Some(format!("only we refuse it: {why}")),
        (Ok(_), Err(why)) => Some(format!("only they refuse it: {why}")),
    };
    found.filter(|_| !known).map(|why| format!("{why}\n--- {script}\n"))
}

fn scripts() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut all = Vec::new();
    for entry in fs::read_dir(root.join("tests/shell")).into_iter().flatten().flatten() {
        let text = fs::read_to_string(entry.path()).unwrap_or_default();
        all.extend(text.split_once("--- script\n").and_then(|(_, rest)| rest.split_once("\n--- output\n")).map(|(script, _)| script.to_owned()));
    }
    let recorded = include_str!("../../tests/busybox.txt");
    all.extend(recorded.split("\n#### ").filter_map(|part| part.split_once('\n')).filter(|(head, _)| head.contains(' ')).map(|(_, script)| script.to_owned()));
    for entry in fs::read_dir(root.join("../../tests/golden/shell")).into_iter().flatten().flatten() {
        let text = fs::read_to_string(entry.path()).unwrap_or_default();
        let case: serde_yaml::Value = serde_yaml::from_str(&text).unwrap_or_default();
        all.extend(case.get("script").and_then(|s| s.as_str()).map(str::to_owned));
    }
    // More of them, one a file, from a folder of one's own.
    for entry in std::env::var("PODGLASS_SCRIPTS").ok().and_then(|dir| fs::read_dir(dir).ok()).into_iter().flatten().flatten() {
        all.extend(fs::read_to_string(entry.path()));
    }
    all.sort();
    all
}

#[test]
fn the_witness_finds_the_same_words() {
    let all = scripts();
    assert!(all.len() > 500, "{}", all.len());
    let both = all.iter().filter(|s| ours(s).is_ok() && theirs(s).is_ok()).count();
    assert!(both > 450, "{both}");
    let quarrels: Vec<String> = all.iter().filter_map(|s| quarrel(s)).collect();
    assert!(quarrels.is_empty(), "{} of {}\n{}", quarrels.len(), all.len(), quarrels.join("\n"));
}

#[test]
fn every_listed_difference_is_one() {
    for (part, why) in DIFFERENCES {
        assert!(!why.is_empty());
        assert!(scripts().iter().any(|s| s.contains(part)), "no script has {part}");
    }
}

fn word() -> impl Strategy<Value = String> {
    prop::collection::vec(
        prop_oneof![
            "[a-z0-9_./-]{1,4}",
            Just("'a b'".to_owned()),
            Just("\"c $x d\"".to_owned()),
            Just("${y:-e}".to_owned()),
            Just("$z".to_owned()),
            Just("$(f)".to_owned()),
            Just("$((1+2))".to_owned()),
            Just("\\;".to_owned()),
            Just("*".to_owned()),
        ],
        1..4,
    )
    .prop_map(|p| p.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_witness_agrees_on_commands(words in prop::collection::vec(prop::collection::vec(word(), 1..4), 1..4), joints in prop::collection::vec(prop::sample::select(&["; ", " && ", " || ", " | ", "\n", " &\n"][..]), 4)) {
        let script: String = words.iter().zip(&joints).map(|(w, j)| format!("run {}{j}", w.join(" "))).collect::<String>() + "end";
        prop_assert_eq!(quarrel(&script), None);
    }
}
