//! The text editor behind a typed handle.

use wasm_bindgen::prelude::*;
use web_sys::Element;

#[wasm_bindgen(module = "/src/browser/editor.js")]
extern "C" {
    /// A mounted editor. Places count UTF-16 units of the editor's text, whose lines end with `\n`.
    #[derive(Clone)]
    pub type Editor;

    #[wasm_bindgen(catch, js_name = mountEditor)]
    async fn mount_editor(host: &Element, text: &str, changed: &JsValue, cursor: &JsValue, hover: &JsValue, run: &JsValue) -> Result<JsValue, JsValue>;

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
    _hover: Closure<dyn FnMut(i32)>,
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
pub async fn mount(
    host: Element,
    text: String,
    changed: impl FnMut(String) + 'static,
    cursor: impl FnMut(u32) + 'static,
    hover: impl FnMut(i32) + 'static,
    run: impl FnMut() + 'static,
) -> Result<Mounted, JsValue> {
    let changed: Closure<dyn FnMut(String)> = Closure::new(changed);
    let cursor: Closure<dyn FnMut(u32)> = Closure::new(cursor);
    let hover: Closure<dyn FnMut(i32)> = Closure::new(hover);
    let run: Closure<dyn FnMut()> = Closure::new(run);
    let editor = mount_editor(&host, &text, changed.as_ref(), cursor.as_ref(), hover.as_ref(), run.as_ref()).await?;
    Ok(Mounted { editor: editor.unchecked_into(), _changed: changed, _cursor: cursor, _hover: hover, _run: run })
}

/// Places of a text in bytes and in units of the editor: UTF-16, a line end is one unit whatever it was.
#[derive(Clone, Copy, Debug)]
pub struct Units<'a> {
    text: &'a str,
    /// Bytes and units are the same.
    plain: bool,
}

impl<'a> Units<'a> {
    /// Looks at a text once.
    pub fn of(text: &'a str) -> Units<'a> {
        Units { text, plain: text.is_ascii() && !text.contains('\r') }
    }

    /// A byte as a unit.
    pub fn unit(self, byte: usize) -> u32 {
        if self.plain {
            return byte.min(self.text.len()) as u32;
        }
        self.places().take_while(|(at, _)| *at < byte).map(|(_, units)| units).sum()
    }

    /// A unit as a byte.
    pub fn byte(self, unit: u32) -> usize {
        if self.plain {
            return (unit as usize).min(self.text.len());
        }
        let mut units = 0;
        for (at, width) in self.places() {
            if units >= unit {
                return at;
            }
            units += width;
        }
        self.text.len()
    }

    /// Every character's first byte and its width in units.
    fn places(self) -> impl Iterator<Item = (usize, u32)> {
        let bytes = self.text.as_bytes();
        self.text.char_indices().map(move |(at, c)| {
            let half_a_line_end = c == '\r' && bytes.get(at + 1) == Some(&b'\n');
            (at, if half_a_line_end { 0 } else { c.len_utf16() as u32 })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Units;

    #[test]
    fn bytes_become_units_across_wide_letters_and_line_ends() {
        assert_eq!(Units::of("name: web").unit(6), 6);
        assert_eq!(Units::of("é😀x").unit("é😀".len()), 3);
        assert_eq!(Units::of("a\r\nb\r\nc").unit(6), 4);
        assert_eq!(Units::of("short").unit(99), 5);
        for (text, at) in [("é😀x", 6), ("name: web", 6), ("short", 5), ("a\r\nb", 3)] {
            assert_eq!(Units::of(text).byte(Units::of(text).unit(at)), at, "{text:?}");
        }
    }
}
