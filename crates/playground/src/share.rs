//! Links: a scenario as a fragment of an address, which browsers never send.
//!
//! `p1` names the form: JSON, deflate, base64url without padding. A new form gets a new prefix, and
//! old links stay readable.

use crate::scenario::Scenario;

/// Prefix of the present form.
const PREFIX: &str = "p1";
/// No honest scenario unpacks to more bytes than this.
const LIMIT: usize = 16 << 20;
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Why a link cannot be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkError {
    /// It does not start with a form's name.
    NotALink,
    /// It comes from a newer Podglass.
    Newer(String),
    /// Some of it is missing or changed.
    Damaged,
}

impl LinkError {
    /// What happened, and what to do.
    pub fn words(&self) -> (String, String) {
        match self {
            LinkError::NotALink => {
                ("The address does not hold a Podglass run.".into(), "Ask for the link again, or paste the manifest into the editor.".into())
            }
            LinkError::Newer(form) => {
                (format!("The link has the form “{form}”, which this page does not know."), "Reload the page to get its newest version.".into())
            }
            LinkError::Damaged => (
                "The link is damaged: some of it is missing or was changed.".into(),
                "Copy it again in one piece. Chat and mail programs sometimes cut long links.".into(),
            ),
        }
    }
}

/// Makes the fragment of a scenario.
pub fn encode(scenario: &Scenario) -> String {
    let json = serde_json::to_vec(scenario).unwrap_or_default();
    let packed = miniz_oxide::deflate::compress_to_vec(&json, 9);
    let mut out = String::with_capacity(PREFIX.len() + packed.len() * 4 / 3 + 4);
    out.push_str(PREFIX);
    for chunk in packed.chunks(3) {
        let byte = |i: usize| u32::from(chunk.get(i).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for i in 0..=chunk.len() {
            let six = (bits >> (18 - 6 * i)) & 63;
            out.push(char::from(ALPHABET.get(six as usize).copied().unwrap_or(b'A')));
        }
    }
    out
}

/// Reads the fragment of an address, with or without `#`.
///
/// # Errors
/// When it is no link, a newer one, or damaged.
pub fn decode(fragment: &str) -> Result<Scenario, LinkError> {
    let fragment = fragment.trim().trim_start_matches('#');
    let Some(body) = fragment.strip_prefix(PREFIX) else {
        let form: String = fragment.chars().take_while(char::is_ascii_alphanumeric).take(2).collect();
        let newer = form.starts_with('p') && form.chars().nth(1).is_some_and(|c| c.is_ascii_digit());
        return Err(if newer { LinkError::Newer(form) } else { LinkError::NotALink });
    };
    let mut packed = Vec::with_capacity(body.len() * 3 / 4);
    let (mut bits, mut count) = (0_u32, 0);
    for c in body.bytes() {
        let value = ALPHABET.iter().position(|a| *a == c).ok_or(LinkError::Damaged)?;
        bits = bits << 6 | value as u32;
        count += 6;
        if count >= 8 {
            count -= 8;
            packed.push((bits >> count) as u8);
            bits &= (1 << count) - 1;
        }
    }
    let json = miniz_oxide::inflate::decompress_to_vec_with_limit(&packed, LIMIT).map_err(|_| LinkError::Damaged)?;
    serde_json::from_slice(&json).map_err(|_| LinkError::Damaged)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Deed;
    use crate::scenario::Timed;
    use podglass_cluster::SimTime;
    use podglass_cluster::manifest::{Kind, ObjectKey};

    fn scenario() -> Scenario {
        let pod = ObjectKey { kind: Kind::Pod, namespace: "default".into(), name: "wéb".into() };
        Scenario {
            deeds: vec![
                Timed { at: SimTime(4200), deed: Deed::Exit { pod: pod.clone(), container: "c".into(), code: 3 } },
                Timed { at: SimTime(9000), deed: Deed::Delete { key: pod, grace_period: None } },
            ],
            at: SimTime(6800),
            ..Scenario::of_text("a.yaml", "kind: Pod # ünïcode 🐙\n")
        }
    }

    #[test]
    fn a_link_gives_back_the_scenario() {
        let scenario = scenario();
        assert_eq!(decode(&encode(&scenario)), Ok(scenario.clone()));
        assert_eq!(decode(&format!("#{}", encode(&scenario))), Ok(scenario));
    }

    #[test]
    fn every_damaged_link_says_so_and_none_panics() {
        let link = encode(&scenario());
        for end in 2..link.len() {
            let _ = decode(&link[..end]);
        }
        assert_eq!(decode(&link[..link.len() / 2]), Err(LinkError::Damaged));
        assert_eq!(decode("p1***"), Err(LinkError::Damaged));
        assert_eq!(decode("p7abc"), Err(LinkError::Newer("p7".into())));
        assert_eq!(decode("chapter-2"), Err(LinkError::NotALink));
        assert_eq!(decode(""), Err(LinkError::NotALink));
    }
}
