//! The text editor behind a typed handle.

use wasm_bindgen::prelude::*;
use web_sys::Element;

#[wasm_bindgen(module = "/src/browser/editor.js")]
extern "C" {
    /// A mounted editor. Places count UTF-16 units of the editor's text, whose lines end with `\n`.
    #[derive(Clone)]
    pub type Editor;

    #[wasm_bindgen(catch, js_name = mountEditor)]
    async fn mount_editor(host: &Element, text: &str, changed: &JsValue, cursor: &JsValue, run: &JsValue) -> Result<JsValue, JsValue>;

    /// Replaces the text without telling it as an edit.
    #[wasm_bindgen(method, js_name = setText)]
    pub fn set_text(this: &Editor, text: &str);
    /// Squiggles: a flat list of from, to, severity, message.
    #[wasm_bindgen(method, js_name = setProblems)]
    fn set_problems_js(this: &Editor, problems: &js_sys::Array);
    /// Lights ranges: a flat list of from, to.
    #[wasm_bindgen(method)]
    fn highlight(this: &Editor, ranges: &js_sys::Array, reveal: bool);
    /// Moves the cursor.
    #[wasm_bindgen(method, js_name = goTo)]
    pub fn go_to(this: &Editor, line: u32, column: u32);
    /// Scrolls to a line without moving the cursor.
    #[wasm_bindgen(method)]
    pub fn reveal(this: &Editor, line: u32);
    /// Takes it out of the page.
    #[wasm_bindgen(method)]
    pub fn destroy(this: &Editor);
}

/// Listeners of a mounted editor; dropping them takes the editor down.
pub struct Mounted {
    editor: Editor,
    _changed: Closure<dyn FnMut(String)>,
    _cursor: Closure<dyn FnMut(u32)>,
    _run: Closure<dyn FnMut()>,
}

impl Mounted {
    /// The editor.
    pub fn editor(&self) -> &Editor {
        &self.editor
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        self.editor.destroy();
    }
}

/// One squiggle.
#[derive(Clone, Debug, PartialEq)]
pub struct Squiggle {
    /// First unit.
    pub from: u32,
    /// One past the last unit.
    pub to: u32,
    /// `error`, `warning`, `info`.
    pub severity: &'static str,
    /// Words.
    pub message: String,
}

impl Editor {
    /// Shows these squiggles and no others.
    pub fn set_problems(&self, problems: &[Squiggle]) {
        let list = js_sys::Array::new();
        for p in problems {
            for value in [JsValue::from(p.from), JsValue::from(p.to), JsValue::from(p.severity), JsValue::from(&p.message)] {
                list.push(&value);
            }
        }
        self.set_problems_js(&list);
    }

    /// Lights these ranges and no others, and scrolls to the first where asked.
    pub fn light(&self, ranges: &[(u32, u32)], reveal: bool) {
        let list = js_sys::Array::new();
        for (from, to) in ranges {
            list.push(&JsValue::from(*from));
            list.push(&JsValue::from(*to));
        }
        self.highlight(&list, reveal);
    }
}

/// Loads the bundle and mounts an editor. An error says that only the plain text area is there.
pub async fn mount(host: Element, text: String, changed: impl FnMut(String) + 'static, cursor: impl FnMut(u32) + 'static, run: impl FnMut() + 'static) -> Result<Mounted, JsValue> {
    let changed: Closure<dyn FnMut(String)> = Closure::new(changed);
    let cursor: Closure<dyn FnMut(u32)> = Closure::new(cursor);
    let run: Closure<dyn FnMut()> = Closure::new(run);
    let editor = mount_editor(&host, &text, changed.as_ref(), cursor.as_ref(), run.as_ref()).await?;
    Ok(Mounted { editor: editor.unchecked_into(), _changed: changed, _cursor: cursor, _run: run })
}

/// A byte of a text as a unit of the editor: UTF-16, a line end is one unit whatever it was.
pub fn unit(text: &str, byte: usize) -> u32 {
    let mut units = 0;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if at >= byte {
            break;
        }
        if c == '\r' && chars.peek().is_some_and(|(_, next)| *next == '\n') {
            continue;
        }
        units += c.len_utf16() as u32;
    }
    units
}

#[cfg(test)]
mod tests {
    use super::unit;

    #[test]
    fn bytes_become_units_across_wide_letters_and_line_ends() {
        assert_eq!(unit("name: web", 6), 6);
        assert_eq!(unit("é😀x", "é😀".len()), 3);
        assert_eq!(unit("a\r\nb\r\nc", 6), 4);
        assert_eq!(unit("short", 99), 5);
    }
}
