// What validators of manifests say of the same forty broken manifests; writes docs/validators.md.
//
//   node tests/rival/validators.mjs [--swagger swagger.json] [--podglass target/debug/podglass]
//
// Looks for `kubeconform`, `kube-linter` and `kubeval` on the PATH, and for the npm package `yaml-language-server`
// (NODE_PATH, or beside this file). Schemas are made of the swagger.json of Kubernetes itself (`go mod download
// k8s.io/kubernetes@v1.37.1` has it in api/openapi-spec), in the form of kubernetes-json-schema "standalone-strict".
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";

const here = import.meta.dirname;
const option = (name, otherwise) => {
	const at = process.argv.indexOf(`--${name}`);
	return at < 0 ? otherwise : process.argv[at + 1];
};
const folder = join(here, "manifests");
const files = readdirSync(folder).filter((f) => f.endsWith(".yaml")).sort();
const run = (program, args) => {
	const r = spawnSync(program, args, { encoding: "utf8", cwd: folder, timeout: 60_000 });
	return r.error ? undefined : r.stdout + r.stderr;
};

// — the schemas —

const swagger = JSON.parse(readFileSync(option("swagger", modulePath()), "utf8"));
const schemas = mkdtempSync(join(tmpdir(), "schemas-"));

function modulePath() {
	const out = execFileSync("go", ["mod", "download", "-json", "k8s.io/kubernetes@v1.37.1"], { encoding: "utf8", cwd: tmpdir() });
	return join(JSON.parse(out).Dir, "api/openapi-spec/swagger.json");
}

/** A definition with everything it refers to, closed against unknown fields; what is not required may be null. */
function standalone(schema, above = []) {
	if (schema.$ref) {
		const name = schema.$ref.replace("#/definitions/", "");
		if (name.endsWith("IntOrString")) return { oneOf: [{ type: "string" }, { type: "integer" }] };
		if (name.endsWith("Quantity")) return { oneOf: [{ type: "string" }, { type: "number" }] };
		if (above.includes(name)) return {};
		return standalone(swagger.definitions[name], [...above, name]);
	}
	const out = { ...schema };
	for (const key of Object.keys(out)) if (key.startsWith("x-kubernetes")) delete out[key];
	if (out.format === "int-or-string") return { oneOf: [{ type: "string" }, { type: "integer" }] };
	if (out.items) out.items = standalone(out.items, above);
	if (out.additionalProperties) out.additionalProperties = standalone(out.additionalProperties, above);
	if (out.properties) {
		out.properties = Object.fromEntries(Object.entries(out.properties).map(([k, v]) => {
			const made = standalone(v, above);
			if (made.type && !(out.required ?? []).includes(k)) made.type = [made.type, "null"];
			return [k, made];
		}));
		out.additionalProperties = false;
	}
	return out;
}

const byKind = new Map();
for (const definition of Object.values(swagger.definitions)) {
	for (const { group, version, kind } of definition["x-kubernetes-group-version-kind"] ?? []) {
		const file = `${kind.toLowerCase()}-${group ? `${group.split(".")[0]}-` : ""}${version}.json`;
		byKind.set(`${group ? `${group}/` : ""}${version} ${kind}`, { file, definition });
	}
}
/** The schema file of a manifest, made when it is asked for. */
function schemaFor(text) {
	const of = (key) => new RegExp(`^${key}:\\s*(\\S+)`, "m").exec(text)?.[1] ?? "";
	const found = byKind.get(`${of("apiVersion")} ${of("kind")}`);
	if (!found) return undefined;
	const path = join(schemas, found.file);
	writeFileSync(path, JSON.stringify(standalone(found.definition)));
	return path;
}

// — what each says: texts, or undefined where it cannot be asked —

const at = (line, column) => (line ? `${line}:${column} ` : "");

function podglass(file) {
	const out = run(option("podglass", join(here, "../../target/debug/podglass")), ["check", "--format", "json", file]);
	const all = JSON.parse(out.slice(out.indexOf("[")));
	return all.filter((d) => d.severity === "error").map((d) => at(d.line, d.column) + d.message);
}

function kubeconform(file) {
	const template = `${schemas}/{{ .ResourceKind }}{{ .KindSuffix }}.json`;
	const out = run("kubeconform", ["-strict", "-output", "json", "-schema-location", template, file]);
	if (out === undefined) return undefined;
	const { resources } = JSON.parse(out.slice(out.indexOf("{")));
	return resources.filter((r) => r.status !== "statusValid").flatMap((r) =>
		r.validationErrors?.length ? r.validationErrors.map((e) => `${e.path} ${e.msg}`) : [r.msg.replaceAll(schemas, "…")]);
}

const require = createRequire(import.meta.url);
let service;
try {
	const { getLanguageService } = require("yaml-language-server");
	service = getLanguageService({
		schemaRequestService: async (uri) => readFileSync(uri.replace("file://", ""), "utf8"),
		workspaceContext: { resolveRelativePath: (path) => path },
		telemetry: { send() {}, sendError() {}, sendTrack() {} },
	});
} catch (e) {
	console.error(`yaml-language-server: ${e.message.split("\n")[0]}`);
}
async function languageServer(file, text) {
	if (!service) return undefined;
	const { TextDocument } = require("vscode-languageserver-textdocument");
	const schema = schemaFor(text);
	service.configure({ validate: true, schemas: schema ? [{ uri: `file://${schema}`, fileMatch: ["*.yaml"] }] : [], customTags: [] });
	const found = await service.doValidation(TextDocument.create(`file:///${file}`, "yaml", 1, text), true);
	return found.map((d) => at(d.range.start.line + 1, d.range.start.character + 1) + d.message);
}

function kubeLinter(file) {
	const out = run("kube-linter", ["lint", "--format", "json", file]);
	return out === undefined ? undefined : (JSON.parse(out.slice(out.indexOf("{"))).Reports ?? []).map((r) => r.Diagnostic.Message);
}

function kubeval(file) {
	const out = run("kubeval", ["--strict", "--output", "json", "--schema-location", `file://${schemas}`, file]);
	return out === undefined ? undefined : JSON.parse(out.slice(out.indexOf("["))).flatMap((r) => r.errors ?? []);
}

// — the table —

const cell = (words) => {
	if (words === undefined) return "*not asked*";
	if (!words.length) return "nothing";
	const first = words[0].replaceAll("\n", " ").replaceAll("|", "\\|").replaceAll("<", "&lt;");
	const short = first.length > 150 ? `${first.slice(0, 150)}…` : first;
	return words.length > 1 ? `${short} (+${words.length - 1})` : short;
};
const names = ["Podglass", "kubeconform -strict", "yaml-language-server", "kube-linter", "kubeval --strict"];
const rows = [];
const found = names.map(() => 0);
const asked = names.map(() => true);
for (const file of files) {
	const text = readFileSync(join(folder, file), "utf8");
	schemaFor(text);
	const all = [podglass(file), kubeconform(file), await languageServer(file, text), kubeLinter(file), kubeval(file)];
	all.forEach((words, i) => {
		asked[i] &&= words !== undefined;
		found[i] += words?.length ? 1 : 0;
	});
	rows.push(`| ${basename(file, ".yaml")} | ${all.map(cell).join(" | ")} |`);
}
const summary = names.map((n, i) => (asked[i] ? `- ${n}: ${found[i]} of ${files.length}` : `- ${n}: could not be asked`)).join("\n");
writeFileSync(join(here, "../../docs/validators.md"), `# What validators say of the same broken manifests

Forty manifests (\`tests/rival/manifests\`), each refused by a real Kubernetes 1.37.1 for one reason. The first words of each program are shown, and
how many more it had. Podglass's words are the API server's, at the line and column of the cause. Made by \`node tests/rival/validators.mjs\`.

How many it found anything in:

${summary}

kubeconform and yaml-language-server were given schemas made of the swagger.json of Kubernetes 1.37.1, closed against unknown fields, because their own
places of schemas could not be reached. "could not be asked" means that the program could not be installed where this table was made (kube-linter and
kubeval: their Go modules were refused by the module proxy); the script asks them wherever they are on the PATH. kube-linter judges what is good practice,
not what the server takes.

| manifest | ${names.join(" | ")} |
|---|${names.map(() => "---").join("|")}|
${rows.join("\n")}
`);
console.log(summary);
