// Side by side: what the rival and Podglass make of init containers and native sidecars.
// `npm run compare:rival` (needs target/release/podglass: `cargo build --release`).
import { execFileSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { advance, boot, row } from "./rival.mjs";

const container = (name, command, more = {}) => ({ name, image: "busybox-script:1", command: ["sh", "-c", command], ...more });
const pod = (name, spec) => ({ apiVersion: "v1", kind: "Pod", metadata: { name }, spec });

const scenarios = [
	["a failing init container, restartPolicy Always (it must back off; the app must not start)",
		pod("fails", { initContainers: [container("init", "exit 1")], containers: [container("app", "sleep 1000")] })],
	["a failing init container, restartPolicy Never (the Pod must be Failed)",
		pod("never", { restartPolicy: "Never", initContainers: [container("init", "exit 1")], containers: [container("app", "sleep 1000")] })],
	["a native sidecar (it must count in READY and keep running)",
		pod("sidecar", { initContainers: [container("log", "sleep 1000", { restartPolicy: "Always" })], containers: [container("app", "sleep 1000")] })],
];

async function rival(manifest) {
	const cluster = await boot();
	const rows = [];
	try {
		await cluster.apply([manifest]);
		await advance(cluster, 60_000, async (t) => {
			const pods = await cluster.api.corev1.listNamespacedPod({ namespace: "default" });
			const now = pods.items[0] ? row(pods.items[0]) : "no Pod";
			if (rows.at(-1)?.[1] !== now) rows.push([t / 1000, now]);
		});
	} finally {
		await cluster.close?.();
	}
	return rows.map(([t, r]) => `${t.toFixed(1).padStart(6)} s  ${r}`);
}

function podglass(manifest) {
	const file = join(mkdtempSync(join(tmpdir(), "podglass-")), "pod.yaml");
	const text = JSON.stringify(manifest).replaceAll("busybox-script:1", "busybox:1.36");
	writeFileSync(file, text);
	const rows = [];
	for (let t = 0; t <= 60; t += 1) {
		const out = execFileSync("target/release/podglass", ["kubectl", "-f", file, "--at", `${t}s`, "--", "get", "pods", "--no-headers"], { encoding: "utf8" });
		const [, ready, status, restarts] = out.trim().split(/\s+/);
		const now = `${ready} ${status} restarts ${restarts}`;
		if (rows.at(-1)?.[1] !== now) rows.push([t, now]);
	}
	return rows.map(([t, r]) => `${t.toFixed(1).padStart(6)} s  ${r}`);
}

for (const [what, manifest] of scenarios) {
	const [theirs, ours] = [await rival(manifest), podglass(manifest)];
	console.log(`\n${what}`);
	console.log(`  ${"webernetes".padEnd(48)}Podglass`);
	for (let i = 0; i < Math.max(theirs.length, ours.length); i++) console.log(`  ${(theirs[i] ?? "").padEnd(48)}${ours[i] ?? ""}`);
}
process.exit(0);
