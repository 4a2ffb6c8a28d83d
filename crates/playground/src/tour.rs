//! Guided tours: text bound to instants of a run, with questions that the run itself answers.
//!
//! A `.tour` file (`static/tours/`, YAML) is fetched when it is asked for. Its steps name instants by what
//! happens then (`when: started network-check`), so a tour stays right when a time changes. A question's
//! choices carry conditions; which one is right, and why, is found out by running on.
//!
//! ```yaml
//! title: Two init containers
//! example: course-2-kubia-init      # or `manifest: |` with the YAML itself
//! steps:
//! - when: started init-demo         # or `at: 1.5s`; `after: 2s` adds to it
//!   select: init-demo               # a container, `pod`, `volume NAME`, `port N`
//!   panel: timeline                 # or a panel's name
//!   point: stage                    # the part of the page to look at
//!   do: exit init-demo 1            # changes the run: `exit`, `oom`, `hang` a container; `apply` with text below it
//!   text: What to see.
//! - when: exited init-demo
//!   ask: What starts now?
//!   choices:
//!   - {text: network-check, if: started network-check}
//!   - {text: kubia, if: started kubia}
//!   until: started network-check
//!   why: network-check              # whose chain of causes explains the answer
//! ```
//!
//! Any text may be a map of languages: `{en: …, de: …}`.

pub mod condition;

pub use condition::Condition;
use podglass_cluster::SimTime;
use podglass_cluster::manifest::yaml::{Content, Node, parse};
use std::rc::Rc;

/// A tour.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tour {
    /// Title.
    pub title: String,
    /// The example it runs.
    pub example: Option<String>,
    /// Its own manifest, where it runs none of the examples.
    pub manifest: Option<String>,
    /// It belongs to the page, not to a run: whatever runs goes on.
    pub page: bool,
    /// Steps.
    pub steps: Vec<Step>,
}

/// A step.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Step {
    /// Its instant.
    pub when: When,
    /// What is to be said.
    pub text: String,
    /// What is to be selected.
    pub select: Option<String>,
    /// The panel to open; `timeline` for the timeline.
    pub panel: Option<String>,
    /// The part of the page it is about.
    pub point: Option<String>,
    /// A change of the run, made at the step's instant.
    pub act: Option<String>,
    /// Documents to apply at the step's instant.
    pub apply: Option<String>,
    /// A question.
    pub ask: Option<Ask>,
}

/// An instant: a time, or when something happens, and so much after it. Nothing at all is where the run stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct When {
    /// What happens then.
    pub condition: Option<Condition>,
    /// A time, or what is added to the condition's.
    pub plus: Option<SimTime>,
}

/// A question about what happens next.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ask {
    /// The question.
    pub question: String,
    /// What may happen.
    pub choices: Vec<Choice>,
    /// When it is known.
    pub until: When,
    /// Whose chain of causes explains it.
    pub why: Option<String>,
}

/// Something that may happen.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// In words.
    pub text: String,
    /// Whether it did.
    pub holds: Condition,
}

impl Tour {
    /// Reads a tour in a language (English where a text does not have it).
    ///
    /// # Errors
    /// In words, when the file is no tour.
    pub fn read(text: &str, language: &str) -> Result<Rc<Tour>, String> {
        let parsed = parse(text, 0).map_err(|e| e.message)?;
        let root = parsed.root.ok_or("the tour is empty")?;
        let plain = |key: &str| root.get(key).and_then(|n| n.as_str()).map(str::to_owned);
        let mut tour = Tour {
            title: said(root.get("title"), language),
            example: plain("example"),
            manifest: plain("manifest"),
            page: root.get("page").is_some_and(|n| n.content == Content::Bool(true)),
            steps: Vec::new(),
        };
        let Some(Content::Sequence(steps)) = root.get("steps").map(|n| &n.content) else { return Err("a tour needs steps".into()) };
        for node in steps {
            tour.steps.push(step(node, language)?);
        }
        Ok(Rc::new(tour))
    }
}

fn step(node: &Node, language: &str) -> Result<Step, String> {
    let plain = |key: &str| node.get(key).map(|n| scalar(n)).filter(|s| !s.is_empty());
    let ask = match node.get("ask") {
        None => None,
        question => Some(Ask {
            question: said(question, language),
            choices: choices(node, language)?,
            until: when(plain("until").as_deref(), None, plain("until-after").as_deref())?,
            why: plain("why"),
        }),
    };
    Ok(Step {
        when: when(plain("when").as_deref(), plain("at").as_deref(), plain("after").as_deref())?,
        text: said(node.get("text"), language),
        select: plain("select"),
        panel: plain("panel"),
        point: plain("point"),
        act: plain("do"),
        apply: plain("apply"),
        ask,
    })
}

fn choices(node: &Node, language: &str) -> Result<Vec<Choice>, String> {
    let Some(Content::Sequence(items)) = node.get("choices").map(|n| &n.content) else { return Err("a question needs choices".into()) };
    let read = |item: &Rc<Node>| {
        let holds = item.get("if").map(|n| scalar(n)).unwrap_or_default();
        Ok(Choice { text: said(item.get("text"), language), holds: Condition::read(&holds)? })
    };
    items.iter().map(read).collect()
}

fn when(condition: Option<&str>, at: Option<&str>, after: Option<&str>) -> Result<When, String> {
    let time = |text: &str| seconds(text).map(SimTime::from_secs_f64).ok_or_else(|| format!("{text} is no time"));
    let condition = condition.map(Condition::read).transpose()?;
    Ok(When { condition, plus: at.or(after).map(time).transpose()? })
}

/// The text of a scalar as it was written.
fn scalar(node: &Node) -> String {
    match &node.content {
        Content::String(s) => s.to_string(),
        Content::Int(n) => n.to_string(),
        Content::Bool(b) => b.to_string(),
        _ => String::new(),
    }
}

/// A text in a language: a string, or a map of languages.
fn said(node: Option<&Rc<Node>>, language: &str) -> String {
    let Some(node) = node else { return String::new() };
    let text = node.get(language).or_else(|| node.get("en")).unwrap_or(node);
    scalar(text).trim().to_owned()
}

/// `6.8`, `6.8s`, `1m20s`, `250ms` in seconds.
pub fn seconds(text: &str) -> Option<f64> {
    let text = text.trim();
    if let Some(ms) = text.strip_suffix("ms") {
        return ms.parse::<f64>().ok().map(|ms| ms / 1000.0).filter(|s| s.is_finite());
    }
    let (minutes, rest) = text.split_once('m').unwrap_or(("0", text));
    let rest = rest.strip_suffix('s').unwrap_or(rest);
    let minutes: f64 = minutes.parse().ok()?;
    let seconds: f64 = if rest.is_empty() { 0.0 } else { rest.parse().ok()? };
    Some(minutes * 60.0 + seconds).filter(|s| s.is_finite() && *s >= 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_people_write_them() {
        assert_eq!(seconds("6.8"), Some(6.8));
        assert_eq!(seconds("6.8s"), Some(6.8));
        assert_eq!(seconds("1m20s"), Some(80.0));
        assert_eq!(seconds("2m"), Some(120.0));
        assert_eq!(seconds("250ms"), Some(0.25));
        assert_eq!(seconds("soon"), None);
        assert_eq!(seconds("-1"), None);
        assert_eq!(seconds("NaN"), None);
    }

    #[test]
    fn a_tour_is_read_in_the_asked_language() {
        let text = "title: {en: One, de: Eins}\nexample: x\nsteps:\n- at: 2s\n  text: only English\n- when: started web\n  ask: {de: Was nun?}\n  choices:\n  - {text: a, if: exited web 0}\n  until: exited web\n";
        let tour = Tour::read(text, "de").expect("a tour");
        assert_eq!((tour.title.as_str(), tour.steps.len()), ("Eins", 2));
        assert_eq!(tour.steps[0].text, "only English");
        assert_eq!(tour.steps[0].when.plus, Some(SimTime(2000)));
        assert_eq!(tour.steps[1].ask.as_ref().map(|a| a.question.as_str()), Some("Was nun?"));
        assert_eq!(Tour::read(text, "fr").map(|t| t.title.clone()), Ok("One".into()));
        assert!(Tour::read("title: x\n", "en").is_err());
        assert!(Tour::read("steps:\n- when: sings web\n", "en").is_err());
    }
}
