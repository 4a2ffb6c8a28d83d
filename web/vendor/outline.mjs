// What stands where in block-style YAML, by indentation alone: it works while a line is still being typed,
// when no parser could read the text.

const KEY = /^("[^"]*"|'[^']*'|[^\s#:'"[{&*!|>-][^:#]*?|-[^\s:#][^:#]*?)\s*:(?=\s|$)\s*/;

/** A value without quotes and remark. */
const bare = (text) => {
  const quoted = /^(?:"([^"]*)"|'([^']*)')/.exec(text);
  return quoted ? quoted[1] ?? quoted[2] : text.replace(/(^|\s)#.*$/, "").trim();
};

/** The columns of a line's dashes, and the column after them. */
function dashes(text) {
  const at = [];
  let column = text.search(/\S|$/);
  while (text[column] === "-" && (column + 1 >= text.length || text[column + 1] === " ")) {
    at.push(column);
    column += 1 + text.slice(column + 1).search(/\S|$/);
  }
  return { at, column };
}

/** Enters the items that a line's dashes begin. `stack`: `{ column, key }`, an item has the key null. */
function enter(stack, at) {
  const top = () => stack[stack.length - 1];
  for (const column of at) {
    while (stack.length && (top().column > column || (top().column === column && top().key === null))) stack.pop();
    stack.push({ column, key: null, item: {} });
  }
}

const keys = (stack) => stack.filter((s) => s.key !== null).map((s) => s.key);

/**
 * Reads lines until `until` (a line's number from 1; all without it). Gives every key and every scalar item as
 * `{ doc, line, column, key, value, valueColumn, path, item }`: `path` ends with the key, `item` is the same object for
 * all that stands in one list item. `stack`, `doc` and `literal` are the state at the end.
 */
export function outline(lines, until = Infinity) {
  const entries = [];
  let stack = [], doc = 0, literal = -1;
  for (let i = 0; i < lines.length && i + 1 < until; i++) {
    const text = lines[i], indent = text.search(/\S|$/);
    if (indent === text.length) continue;
    if (literal >= 0) {
      if (indent > literal) continue;
      literal = -1;
    }
    if (/^(---|\.\.\.)(\s|$)/.test(text)) {
      stack = [];
      doc++;
      continue;
    }
    if (text[indent] === "#") continue;
    const { at, column } = dashes(text), rest = text.slice(column), key = KEY.exec(rest);
    enter(stack, at);
    if (key) {
      while (stack.length && stack[stack.length - 1].column >= column) stack.pop();
      stack.push({ column, key: bare(key[1]) });
    }
    const valueColumn = column + (key ? key[0].length : 0), value = rest.slice(key ? key[0].length : 0);
    if (/^[|>][-+0-9]*\s*(#.*)?$/.test(value)) literal = key ? column : at.at(-1) ?? column;
    const item = stack.findLast((s) => s.key === null)?.item;
    if (key || at.length) {
      entries.push({ doc, line: i + 1, column, key: key ? bare(key[1]) : null, value: bare(value), valueColumn, path: keys(stack), item });
    }
  }
  return { entries, stack, doc, literal };
}

/** The path a key at this column of this line would be below, and its place; null inside of a text block. */
export function above(lines, number, column) {
  const { stack, doc, literal } = outline(lines, number);
  if (literal >= 0 && column > literal) return null;
  const line = dashes((lines[number - 1] ?? "").slice(0, column));
  enter(stack, line.at);
  while (stack.length && stack[stack.length - 1].column >= column) stack.pop();
  // A key stands right below what holds it: deeper than a key that has a value already there is no place.
  return { path: keys(stack), doc, item: stack.findLast((s) => s.key === null)?.item };
}
