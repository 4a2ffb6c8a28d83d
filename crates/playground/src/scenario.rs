//! Everything there is to save or share: documents, what was done and when, settings, the instant.

use crate::event::Deed;
use podglass_cluster::{Settings, SimTime};
use serde::{Deserialize, Serialize};

/// A text with a file name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    /// File name.
    #[serde(rename = "n")]
    pub name: String,
    /// Content.
    #[serde(rename = "t")]
    pub text: String,
}

/// A deed and its time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Timed {
    /// When.
    #[serde(rename = "t")]
    pub at: SimTime,
    /// What.
    #[serde(rename = "d")]
    pub deed: Deed,
}

/// A scenario.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Scenario {
    /// What stands in the editor.
    #[serde(rename = "d")]
    pub documents: Vec<Text>,
    /// What was applied at 0, where that is not what stands in the editor.
    #[serde(rename = "b", skip_serializing_if = "Option::is_none")]
    pub base: Option<Vec<Text>>,
    /// The right side of a comparison.
    #[serde(rename = "r", skip_serializing_if = "Option::is_none")]
    pub right: Option<Vec<Text>>,
    /// What was done, in order of time.
    #[serde(rename = "a", skip_serializing_if = "Vec::is_empty")]
    pub deeds: Vec<Timed>,
    /// Settings.
    #[serde(rename = "s", skip_serializing_if = "is_default")]
    pub settings: Settings,
    /// The playhead.
    #[serde(rename = "p")]
    pub at: SimTime,
}

fn is_default(settings: &Settings) -> bool {
    *settings == Settings::default()
}

impl Scenario {
    /// A scenario of one text.
    pub fn of_text(name: &str, text: &str) -> Scenario {
        Scenario { documents: vec![Text { name: name.to_owned(), text: text.to_owned() }], ..Scenario::default() }
    }
    /// What was applied at 0.
    pub fn base(&self) -> &[Text] {
        self.base.as_deref().unwrap_or(&self.documents)
    }
}
