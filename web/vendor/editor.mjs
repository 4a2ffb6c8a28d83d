// The manifest editor: CodeMirror 6 behind five verbs. Colours come from the page's custom
// properties, so themes need no word here.
import { Compartment, EditorState, StateEffect, StateField, RangeSet} from "@codemirror/state";
import {
  EditorView, Decoration, GutterMarker, gutterLineClass, keymap, lineNumbers, drawSelection,
  highlightSpecialChars, rectangularSelection, placeholder, highlightActiveLine, dropCursor,
} from "@codemirror/view";
import { defaultKeymap, history, historyKeymap, historyField, indentWithTab } from "@codemirror/commands";
import {
  HighlightStyle, syntaxHighlighting, bracketMatching, foldGutter, foldKeymap, indentUnit, indentOnInput,
} from "@codemirror/language";
import { search, searchKeymap, highlightSelectionMatches } from "@codemirror/search";
import { setDiagnostics, lintKeymap, lintGutter } from "@codemirror/lint";
import { yaml } from "@codemirror/lang-yaml";
import { tags } from "@lezer/highlight";

const style = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], class: "tok-key" },
  { tag: [tags.string, tags.content, tags.literal], class: "tok-value" },
  { tag: [tags.number, tags.bool, tags.null], class: "tok-number" },
  { tag: [tags.comment, tags.lineComment], class: "tok-comment" },
  { tag: [tags.keyword, tags.meta, tags.typeName, tags.labelName], class: "tok-meta" },
  { tag: [tags.punctuation, tags.separator, tags.squareBracket, tags.brace], class: "tok-punctuation" },
]);

// Lines lit because their container or volume is selected (or hovered) elsewhere on the page.
const light = StateEffect.define();
const litLine = Decoration.line({ class: "cm-lit" });
const litGutter = new (class extends GutterMarker { elementClass = "cm-lit-gutter"; })();
const litField = StateField.define({
  create: () => ({ lines: Decoration.none, gutter: RangeSet.empty }),
  update(value, tr) {
    for (const effect of tr.effects) {
      if (!effect.is(light)) continue;
      const lines = [], marks = [];
      for (const n of [...new Set(effect.value)].sort((a, b) => a - b)) {
        if (n < 1 || n > tr.state.doc.lines) continue;
        const { from } = tr.state.doc.line(n);
        lines.push(litLine.range(from));
        marks.push(litGutter.range(from));
      }
      return { lines: Decoration.set(lines), gutter: RangeSet.of(marks) };
    }
    if (!tr.docChanged) return value;
    return { lines: value.lines.map(tr.changes), gutter: value.gutter.map(tr.changes) };
  },
  provide: (field) => [
    EditorView.decorations.from(field, (v) => v.lines),
    gutterLineClass.from(field, (v) => v.gutter),
  ],
});

/** A 1-based line and a 1-based column counted in characters, as an offset of this document. */
function offset(doc, line, column) {
  if (line < 1) return 0;
  if (line > doc.lines) return doc.length;
  const at = doc.line(line);
  let units = 0;
  for (const char of at.text) {
    if (--column < 1) break;
    units += char.length;
  }
  return Math.min(at.from + units, at.to);
}

/**
 * Mounts an editor. `handlers`: `changed(text)`, `cursor(line)`, `hover(offset or -1)`, `run()`.
 * `saved` is what `history()` returned earlier, so that undo survives a reload.
 */
export function mount(parent, text, handlers, saved) {
  let quiet = false, hovered = 0, helped = false;
  // Documentation and completion come when the editor is first touched; without them it stays a plain editor.
  const helping = new Compartment();
  const help = async (view) => {
    if (helped) return;
    helped = true;
    try {
      view.dispatch({ effects: helping.reconfigure((await import("./help.mjs")).help) });
    } catch { helped = false; }
  };
  const extensions = [
    lineNumbers(), foldGutter(), lintGutter(), highlightSpecialChars(), history(), drawSelection(), dropCursor(),
    rectangularSelection(), bracketMatching(), indentOnInput(), indentUnit.of("  "), highlightActiveLine(),
    EditorState.allowMultipleSelections.of(true), EditorState.tabSize.of(2),
    search({ top: true }), highlightSelectionMatches(),
    yaml(), syntaxHighlighting(style), litField, helping.of([]),
    placeholder("Paste a Kubernetes manifest: a Pod, a Deployment, several documents…"),
    EditorView.contentAttributes.of({ tabindex: "0", "aria-label": "Manifest, YAML. Escape, then Tab leaves the editor." }),
    keymap.of([
      { key: "Mod-Enter", preventDefault: true, run: () => { handlers.run(); return true; } },
      ...defaultKeymap, ...historyKeymap, ...foldKeymap, ...searchKeymap, ...lintKeymap, indentWithTab,
    ]),
    EditorView.domEventHandlers({
      focus(_, view) { help(view); },
      mousemove(event, view) {
        help(view);
        const at = view.posAtCoords({ x: event.clientX, y: event.clientY });
        const line = at === null ? 0 : view.state.doc.lineAt(at).number;
        if (line === hovered) return;
        hovered = line;
        handlers.hover(at === null ? -1 : view.state.doc.line(line).from + view.state.doc.line(line).text.search(/[^\s-]|$/));
      },
      mouseleave() {
        hovered = 0;
        handlers.hover(-1);
      },
    }),
    EditorView.updateListener.of((update) => {
      if (quiet) return;
      if (update.docChanged) handlers.changed(update.state.doc.toString());
      if (update.selectionSet || update.docChanged) {
        handlers.cursor(update.state.doc.lineAt(update.state.selection.main.head).number);
      }
    }),
  ];
  let state;
  if (saved) {
    try {
      const parsed = JSON.parse(saved);
      if (parsed.doc === text) state = EditorState.fromJSON(parsed, { extensions }, { history: historyField });
    } catch { /* a draft of an older version: the text itself is enough */ }
  }
  const view = new EditorView({ parent, state: state ?? EditorState.create({ doc: text, extensions }) });
  return {
    setText(next) {
      if (next === view.state.doc.toString()) return;
      quiet = true;
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: next }, selection: { anchor: 0 }, scrollIntoView: true });
      quiet = false;
    },
    text: () => view.state.doc.toString(),
    history: () => JSON.stringify(view.state.toJSON({ history: historyField })),
    // A flat list: from, to, severity, message, from, …
    setProblems(flat) {
      const length = view.state.doc.length, diagnostics = [];
      for (let i = 0; i + 3 < flat.length; i += 4) {
        const from = Math.min(flat[i], length);
        let to = Math.min(Math.max(flat[i + 1], from), length);
        if (to === from) to = Math.min(length, Math.max(from + 1, view.state.doc.lineAt(from).to));
        diagnostics.push({ from, to, severity: flat[i + 2], message: flat[i + 3] });
      }
      view.dispatch(setDiagnostics(view.state, diagnostics));
    },
    // A flat list: from, to, from, …
    highlight(flat, reveal) {
      const length = view.state.doc.length, lines = [];
      for (let i = 0; i + 1 < flat.length; i += 2) {
        if (flat[i] > length) continue;
        const first = view.state.doc.lineAt(flat[i]).number;
        // A range that ends at the start of a line does not reach into that line.
        const last = view.state.doc.lineAt(Math.min(Math.max(flat[i + 1] - 1, flat[i]), length)).number;
        for (let n = first; n <= last; n++) lines.push(n);
      }
      const effects = [light.of(lines)];
      if (reveal && lines.length > 0) {
        effects.push(EditorView.scrollIntoView(view.state.doc.line(lines[0]).from, { y: "nearest", yMargin: 60 }));
      }
      view.dispatch({ effects });
    },
    goTo(line, column) {
      const at = offset(view.state.doc, line, column);
      view.dispatch({ selection: { anchor: at }, effects: EditorView.scrollIntoView(at, { y: "center" }) });
      view.focus();
    },
    reveal(line) {
      const at = offset(view.state.doc, line, 1);
      view.dispatch({ effects: EditorView.scrollIntoView(at, { y: "nearest", yMargin: 60 }) });
    },
    focus: () => view.focus(),
    destroy: () => view.destroy(),
  };
}
