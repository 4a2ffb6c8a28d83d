// The in-page rival `@ngrok/webernetes`, driven on its own simulated clock.
// Bundled by esbuild before it runs (see package.json): the package ships modules that Node cannot load as they are.
import { Cluster, BaseImage } from "@ngrok/webernetes";

/** Images for the scenarios: `busybox` scripts are given as functions, because the rival runs no shell. */
function image(name, version, behaviour) {
	return class extends BaseImage {
		static imageName = name;
		static imageVersion = version;
		defaultCommand = ["run"];
		async exec(context, argv) {
			return behaviour(context, argv);
		}
	};
}

/** Sleeps and exits as `sh -c "sleep N; exit C"` would; without an exit it serves until it is killed. */
async function script(context, argv) {
	const text = argv.join(" ");
	const [, seconds] = /sleep (\d+)/.exec(text) ?? [];
	if (seconds) await context.sleep(Number(seconds) * 1000);
	const [, code] = /exit (\d+)/.exec(text) ?? [];
	if (code) return Number(code);
	return context.waitUntilKilled();
}

export async function boot(nodes = 1) {
	const cluster = new Cluster({ nodes });
	cluster.imageRegistry.register(image("busybox-script", "1", script));
	cluster.imageRegistry.register(image("luksa/init-demo", "1.0", async () => 0));
	cluster.imageRegistry.register(image("luksa/network-connectivity-checker", "1.0", async () => 0));
	cluster.imageRegistry.register(image("luksa/kubia", "1.0", (c) => c.waitUntilKilled()));
	cluster.imageRegistry.register(image("luksa/kubia-ssl-proxy", "1.0", (c) => c.waitUntilKilled()));
	await cluster.init();
	return cluster;
}

/** Moves simulated time in small steps, letting promises settle between them. */
export async function advance(cluster, ms, eachStep, stepMs = 100) {
	for (let passed = 0; passed < ms; passed += stepMs) {
		cluster.clock.step(stepMs);
		await new Promise((resolve) => setImmediate(resolve));
		if (eachStep && (await eachStep(passed + stepMs)) === "stop") return passed + stepMs;
	}
	return ms;
}

/** What `kubectl get pods` would show of a Pod, from its status alone. */
export function row(pod) {
	const inits = pod.spec.initContainers ?? [];
	const init = pod.status?.initContainerStatuses ?? [];
	const all = pod.status?.containerStatuses ?? [];
	const sidecars = inits.filter((c) => c.restartPolicy === "Always").length;
	const ready = all.filter((c) => c.ready).length + init.filter((c, i) => inits[i]?.restartPolicy === "Always" && c.ready).length;
	const waiting = all.map((c) => c.state?.waiting?.reason ?? c.state?.terminated?.reason).find(Boolean);
	return `${ready}/${pod.spec.containers.length + sidecars} ${waiting ?? pod.status?.phase ?? "-"} restarts ${all.reduce((n, c) => n + (c.restartCount ?? 0), 0)}`;
}
