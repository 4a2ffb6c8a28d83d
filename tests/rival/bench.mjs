// How long the rival takes until N copies of kubia-init run, on its own simulated clock, in Node.
// It runs no init containers: the figure is for the two app containers alone.
import { advance, boot } from "./rival.mjs";

const pod = (i) => ({
	apiVersion: "v1",
	kind: "Pod",
	metadata: { name: `kubia-init-${i}` },
	spec: {
		initContainers: [
			{ name: "init-demo", image: "luksa/init-demo:1.0" },
			{ name: "network-check", image: "luksa/network-connectivity-checker:1.0" },
		],
		containers: [
			{ name: "kubia", image: "luksa/kubia:1.0" },
			{ name: "envoy", image: "luksa/kubia-ssl-proxy:1.0" },
		],
	},
});

console.log("\nwebernetes (Node): N copies of kubia-init until all run");
for (const copies of [1, 100, 1000]) {
	const cluster = await boot(Math.max(1, Math.ceil(copies / 100)));
	const start = performance.now();
	await cluster.apply(Array.from({ length: copies }, (_, i) => pod(i)));
	let running = 0;
	const budget = 120_000;
	await advance(cluster, 600_000, async () => {
		if (performance.now() - start > budget) return "stop";
		const pods = await cluster.api.corev1.listNamespacedPod({ namespace: "default" });
		running = pods.items.filter((p) => p.status?.phase === "Running").length;
		return running === copies ? "stop" : undefined;
	}, 1000);
	const ms = performance.now() - start;
	console.log(`  ${String(copies).padStart(5)}  ${running === copies ? `${ms.toFixed(0)} ms` : `gave up after ${(ms / 1000).toFixed(0)} s with ${running} running`}`);
	await cluster.close?.();
	if (running !== copies) break;
}
process.exit(0);
