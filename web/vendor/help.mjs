// Help of the editor: documentation under the pointer, completion of fields, kinds, values and references.
// Loaded when the editor is first touched; the API's documentation (schema/openapi.txt, made by
// `cargo xtask schema`) when it is first needed.
import { hoverTooltip } from "@codemirror/view";
import { autocompletion, startCompletion } from "@codemirror/autocomplete";
import { above, outline } from "./outline.mjs";

const plain = (text) => text.replace(/\\(.)/g, (_, c) => (c === "n" ? "\n" : c === "t" ? "\t" : c));

/** The lines of openapi.txt as definitions; crates/xtask/src/schema.rs says what they are. */
export function read(text) {
  const definitions = new Map(), kinds = new Map();
  let current;
  for (const line of text.split("\n")) {
    const [name, second, third, doc = ""] = line.split("\t");
    if (name.startsWith("@")) {
      current = { name: name.slice(1), doc, fields: new Map() };
      definitions.set(current.name, current);
      const [group, version, kind] = second.split("/");
      if (kind) {
        const list = kinds.get(kind) ?? [];
        list.push({ apiVersion: group ? `${group}/${version}` : version, definition: current });
        kinds.set(kind, list);
      }
    } else if (current && second !== undefined) {
      const required = name.endsWith("!"), items = third.startsWith("*");
      current.fields.set(name.replace("!", ""), {
        name: name.replace("!", ""), required, shape: second, doc, items, values: third ? third.replace("*", "").split("|") : [],
      });
    }
  }
  return { definitions, kinds };
}

let loading;
function schema() {
  loading ??= (async () => {
    const path = "schema/openapi.txt", kept = globalThis.podglassFiles?.[path];
    const answer = kept === undefined ? await fetch(new URL(path, document.baseURI)) : undefined;
    if (answer && !answer.ok) throw new Error(answer.statusText);
    return read(kept ?? (await answer.text()));
  })();
  // A failure is forgotten: the next attempt asks again.
  loading.catch(() => { loading = undefined; });
  return loading.catch(() => null);
}

const element = (shape) => shape.replace(/^(\[\])+/, "");

/** The definition that a shape holds; of a map's values where they are objects. */
const inside = (api, shape) => api.definitions.get(element(shape).replace(/^(\{\}|\[\])*#/, ""));

/** The field at the end of a path below a kind; `{ fields }` are those below it. */
function resolve(api, kind, path) {
  let shape = `#${kind.definition.name}`, field = null;
  for (const key of path) {
    const here = element(shape);
    if (here.startsWith("{}")) {
      shape = here.slice(2);
      field = null;
      continue;
    }
    field = api.definitions.get(here.slice(1))?.fields.get(key);
    if (!here.startsWith("#") || !field) return null;
    shape = field.shape;
  }
  const below = element(shape);
  return { field, shape, fields: below.startsWith("#") ? api.definitions.get(below.slice(1))?.fields : undefined };
}

/** The kind that a document says it is; of several versions the one it names, else the newest. */
function kindOf(api, entries, doc) {
  const top = (key) => entries.find((e) => e.doc === doc && e.path.length === 1 && e.key === key)?.value;
  const versions = api.kinds.get(top("kind"));
  return versions && (versions.find((v) => v.apiVersion === top("apiVersion")) ?? versions.at(-1));
}

/** `[]Container`, `map[string]string`: the type as kubectl explain writes it. */
function typeName(api, shape) {
  if (shape.startsWith("[]")) return `[]${typeName(api, shape.slice(2))}`;
  if (shape.startsWith("{}")) return `map[string]${typeName(api, shape.slice(2))}`;
  if (shape.startsWith("#")) {
    const definition = api.definitions.get(shape.slice(1));
    const simple = definition && definition.fields.size === 0 && /\.(Micro)?Time$/.test(shape);
    return simple ? "string" : shape.slice(shape.lastIndexOf(".") + 1);
  }
  return shape === "object" || shape === "" ? "Object" : shape;
}

function add(parent, tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text) node.textContent = text;
  parent.append(node);
  return node;
}

/** The page of a field or a kind. */
function card(api, title, shape, required, doc, explain) {
  const dom = document.createElement("div");
  dom.className = "cm-help";
  const head = add(dom, "div", "cm-help-head");
  add(head, "b", "", title);
  if (shape) add(head, "span", "cm-help-type", typeName(api, shape));
  if (required) add(head, "span", "cm-help-must", "required");
  for (const paragraph of plain(doc || "").split("\n\n").filter(Boolean)) add(dom, "p", "", paragraph);
  if (explain) add(dom, "code", "cm-help-explain", `kubectl explain ${explain}`);
  return dom;
}

const linesOf = (state) => state.doc.toString().split("\n");
const explainPath = (kind, path) => [kind.definition.name.split(".").pop().toLowerCase(), ...path].join(".");

const hover = hoverTooltip(async (view, position) => {
  const line = view.state.doc.lineAt(position), column = position - line.from;
  const { entries } = outline(linesOf(view.state));
  const entry = entries.find((e) => e.line === line.number && column >= e.column && column < e.column + line.text.slice(e.column).trimEnd().length);
  if (!entry || entry.key === null) return null;
  const api = await schema();
  const kind = api && kindOf(api, entries, entry.doc);
  if (!kind) return null;
  const onKey = column < entry.valueColumn, top = entry.path.length === 1;
  const from = line.from + (onKey ? entry.column : entry.valueColumn);
  const end = onKey ? from + entry.key.length : line.to;
  const show = (dom) => ({ pos: from, end, above: true, create: () => ({ dom }) });
  if (top && (entry.key === "kind" || entry.key === "apiVersion") && !onKey) {
    return show(card(api, `${entry.value}`, "", false, kind.definition.doc, explainPath(kind, [])));
  }
  const found = resolve(api, kind, entry.path);
  if (!found?.field) return null;
  return show(card(api, entry.key, found.field.shape, found.field.required, found.field.doc, explainPath(kind, entry.path)));
}, { hoverTime: 350 });

// — references —

/** Names of objects of a kind in the whole text. */
function named(entries, kind) {
  const of = new Set(entries.filter((e) => e.path.length === 1 && e.key === "kind" && e.value === kind).map((e) => e.doc));
  return entries.filter((e) => of.has(e.doc) && e.path.join() === "metadata,name").map((e) => e.value);
}

/** By the end of a path: the kind whose name belongs there. */
const OBJECTS = [
  [/(configMapRef|configMapKeyRef|configMap),name$/, "ConfigMap"],
  [/(secretRef|secretKeyRef|imagePullSecrets|secret),name$|secret,secretName$|tls,secretName$/, "Secret"],
  [/serviceAccountName$/, "ServiceAccount"],
  [/persistentVolumeClaim,claimName$/, "PersistentVolumeClaim"],
  [/^spec,serviceName$|service,name$/, "Service"],
  [/storageClassName$/, "StorageClass"],
  [/priorityClassName$/, "PriorityClass"],
  [/ingressClassName$/, "IngressClass"],
  [/scaleTargetRef,name$/, "Deployment"],
  [/^metadata,namespace$/, "Namespace"],
];

/** What else of the text may stand at a path: `[value, remark]`. */
function references(entries, path, doc, item) {
  const way = path.join(), out = [];
  for (const [end, kind] of OBJECTS) {
    if (end.test(way)) out.push(...named(entries, kind).map((name) => [name, kind]));
  }
  const here = entries.filter((e) => e.doc === doc);
  if (/volumeMounts,name$/.test(way)) out.push(...here.filter((e) => /volumes,name$/.test(e.path.join())).map((e) => [e.value, "volume"]));
  const keyed = /(configMap|secret)KeyRef,key$/.exec(way);
  if (keyed) {
    const kind = keyed[1] === "secret" ? "Secret" : "ConfigMap";
    const name = here.findLast((e) => e.item === item && e.path.join().endsWith(`${keyed[1]}KeyRef,name`))?.value;
    const docs = entries.filter((e) => e.path.join() === "metadata,name" && e.value === name).map((e) => e.doc);
    const isKind = (d) => entries.some((e) => e.doc === d && e.path.length === 1 && e.key === "kind" && e.value === kind);
    for (const d of docs.filter(isKind)) {
      out.push(...entries.filter((e) => e.doc === d && e.path.length === 2 && /^(data|stringData|binaryData)$/.test(e.path[0])).map((e) => [e.key, `key of ${name}`]));
    }
  }
  if (/(httpGet|tcpSocket),port$|,targetPort$|^spec,ports,targetPort$/.test(way)) {
    const from = way.includes("targetPort") ? entries : here;
    for (const e of from) {
      const end = e.path.join();
      if (/containers,ports,(name|containerPort)$/i.test(end)) out.push([e.value, "container port"]);
    }
  }
  if (/service,port,(number|name)$/.test(way)) {
    const wanted = path.at(-1) === "number" ? "port" : "name";
    out.push(...entries.filter((e) => e.path.join() === `spec,ports,${wanted}`).map((e) => [e.value, "port of a Service"]));
  }
  return out.filter(([value], i) => value && out.findIndex(([v]) => v === value) === i);
}

// — completion —

/** What is inserted for a field: its key, and the beginning of what it holds. */
function keyText(field, column) {
  const pad = " ".repeat(column), below = element(field.shape);
  const object = below.startsWith("#") && !/\.(Quantity|IntOrString|Time|MicroTime)$/.test(below);
  if (field.shape.startsWith("[]")) return `${field.name}:\n${pad}- `;
  if (object || below.startsWith("{}")) return `${field.name}:\n${pad}  `;
  return `${field.name}: `;
}

function put(view, text, from, to, goOn) {
  view.dispatch({ changes: { from, to, insert: text }, selection: { anchor: from + text.length }, userEvent: "input.complete" });
  if (goOn) startCompletion(view);
}

/** The kinds, and what every object has: where a document does not yet say what it is. */
function anything(api) {
  const field = (name, shape, doc) => [name, { name, shape, doc, required: name !== "spec", values: [] }];
  const pod = api.kinds.get("Pod")?.[0]?.definition.fields;
  return new Map(["apiVersion", "kind", "metadata", "spec"].map((name) => {
    const known = pod?.get(name);
    return field(name, known?.shape ?? "string", name === "spec" ? "" : known?.doc ?? "");
  }));
}

async function complete(context) {
  const { state, pos, explicit } = context, line = state.doc.lineAt(pos), before = line.text.slice(0, pos - line.from);
  const key = /^(\s*(?:- +)*)([A-Za-z0-9_./-]*)$/.exec(before);
  const value = /^(\s*(?:- +)*)([A-Za-z0-9_./"'-]+):\s+(["']?)([^\s"'#]*)$/.exec(before);
  if (!key && !value) return null;
  // An empty line offers nothing by itself: only who asks, or types, is answered.
  if (!explicit && key && !key[2] && !/- +$/.test(key[1])) return null;
  if (/#/.test(before)) return null;
  const column = (key ?? value)[1].length, lines = linesOf(state);
  const place = above(lines, line.number, column);
  if (!place) return null;
  const api = await schema();
  if (!api || context.aborted) return null;
  const { entries } = outline(lines);
  const kind = kindOf(api, entries, place.doc);
  const info = (field) => () => card(api, field.name, field.shape, field.required, field.doc, kind && explainPath(kind, [...place.path, field.name]));

  if (value) {
    const name = value[2].replace(/["']/g, ""), path = [...place.path, name], options = [];
    if (path.length === 1 && name === "kind") {
      for (const [k, versions] of api.kinds) options.push({ label: k, type: "class", detail: versions.at(-1).apiVersion });
    } else if (path.length === 1 && name === "apiVersion") {
      const of = entries.find((e) => e.doc === place.doc && e.path.length === 1 && e.key === "kind")?.value;
      const all = api.kinds.has(of) ? api.kinds.get(of) : [...api.kinds.values()].flat();
      for (const version of new Set(all.map((v) => v.apiVersion))) options.push({ label: version, type: "class" });
    } else if (kind) {
      const own = entries.find((e) => e.line === line.number && e.key === name);
      for (const [label, detail] of references(entries, path, place.doc, own?.item)) options.push({ label, detail, type: "variable", boost: 2 });
      const found = resolve(api, kind, path)?.field;
      if (found && !found.items) for (const label of found.values.filter(Boolean)) options.push({ label, type: "enum", boost: 1 });
      if (found?.shape === "boolean") options.push({ label: "true", type: "keyword" }, { label: "false", type: "keyword" });
    }
    return options.length ? { from: pos - value[4].length, options, validFor: /^[^\s"'#]*$/ } : null;
  }

  const from = pos - key[2].length;
  let fields = place.path.length === 0 && !kind ? anything(api) : undefined;
  const options = [];
  if (kind) {
    const found = resolve(api, kind, place.path);
    fields = found?.fields;
    // `- ReadWriteOnce`: an item that is a word and no mapping.
    if (found?.field?.items) for (const label of found.field.values) options.push({ label, type: "enum" });
  }
  if (fields) {
    const same = (e) => e.doc === place.doc && e.path.length === place.path.length + 1 && e.path.slice(0, -1).join() === place.path.join() && e.item === siblings;
    const own = entries.find((e) => e.line === line.number);
    const siblings = own?.item ?? entries.findLast((e) => e.line < line.number && e.doc === place.doc && e.path.length > place.path.length && e.path.slice(0, place.path.length).join() === place.path.join() && e.column === column)?.item;
    const taken = new Set(entries.filter((e) => e.line !== line.number && e.key !== null && same(e)).map((e) => e.key));
    for (const field of fields.values()) {
      if (taken.has(field.name) || (place.path.length === 0 && field.name === "status")) continue;
      options.push({
        label: field.name, detail: typeName(api, field.shape), type: "property", boost: field.required ? 2 : 0, info: info(field),
        apply: (view, _, start, end) => {
          const more = /:/.test(view.state.doc.lineAt(end).text.slice(end - view.state.doc.lineAt(end).from));
          put(view, more ? field.name : keyText(field, column), start, end, !more);
        },
      });
    }
  }
  return options.length ? { from, options, validFor: /^[A-Za-z0-9_./-]*$/ } : null;
}

/** The extensions. */
export const help = [hover, autocompletion({ override: [complete], icons: false, activateOnTyping: true, maxRenderedOptions: 60 })];
