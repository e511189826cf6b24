import { spawnSync } from "node:child_process";
import { onPath } from "../../cli/tools";
import { missingKubernetesPlugin } from "../plugin";
import { PROJECT, removeFolders, until } from "./liveStack";

/** Namespace of what the tests make by hand. */
export const BY_HAND_NAMESPACE = "berth-live-by-hand";

/** The node of the lab's cluster (tests/live/lab/cluster.sh). */
const LAB_NODE = "berth-lab";

const run = (args: string[], input?: string) =>
  spawnSync("kubectl", args, { encoding: "utf8", input, maxBuffer: 2 ** 28, timeout: 120_000 });

function findMissing(): string | undefined {
  if (!onPath("kubectl")) return "no kubectl on PATH";
  const nodes = run(["get", "nodes", "--request-timeout", "10s", "-o", "jsonpath={.items[*].metadata.name}"]);
  if (nodes.status !== 0) return "no Kubernetes cluster answers (KUBECONFIG)";
  // Whoever works with clusters has one of other people's in KUBECONFIG most of the time.
  if (nodes.stdout.trim() !== LAB_NODE) return "the cluster of KUBECONFIG is not the lab's (tests/live/lab/cluster.sh)";
  if (!onPath("pulumi")) return "no pulumi CLI on PATH";
  return missingKubernetesPlugin();
}

/** Why the tests against a cluster cannot run here. */
export const missingCluster = findMissing();

/** Runs kubectl; fails the test where that fails. */
export function kubectl(...args: string[]): string {
  const { status, stdout, stderr } = run(args);
  if (status !== 0) throw new Error(`kubectl ${args.join(" ")} ended with ${status}: ${stderr}`);
  return stdout.trim();
}

/** Whether a kubectl command succeeds. */
export const accepts = (...args: string[]): boolean => run(args).status === 0;

/** `kubectl apply` of manifests, in a namespace. */
export function apply(yaml: string, namespace = "default"): void {
  const { status, stderr } = run(["apply", "-n", namespace, "-f", "-"], yaml);
  if (status !== 0) throw new Error(`kubectl apply ended with ${status}: ${stderr}\n${yaml}`);
}

/** An object of the cluster, as far as the tests look at it by name. */
export interface Live {
  kind: string;
  metadata: {
    name: string;
    namespace?: string;
    uid: string;
    generation?: number;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    ownerReferences?: unknown[];
    deletionTimestamp?: string;
  };
  // biome-ignore lint/suspicious/noExplicitAny: each kind has a spec and a status of its own.
  spec?: any;
  // biome-ignore lint/suspicious/noExplicitAny: see above.
  status?: any;
}

/** One object: `live("deployment", "web")`. */
export const live = (kind: string, name: string, namespace = "default"): Live =>
  JSON.parse(kubectl("get", kind, name, "-n", namespace, "-o", "json")) as Live;

/** All objects of some kinds: `list("pods", "-l", "app=web")`. */
export const list = (kinds: string, ...args: string[]): Live[] =>
  (JSON.parse(kubectl("get", kinds, "-o", "json", ...args)) as { items: Live[] }).items;

/** Pods of a controller that are not about to end. */
export const pods = (app: string, namespace = "default"): Live[] =>
  list("pods", "-n", namespace, "-l", `app=${app}`).filter(({ metadata }) => !metadata.deletionTimestamp);

/** Runs a command in a container of a Deployment or Pod. */
export const insidePod = (of: string, ...command: string[]): string => kubectl("exec", of, "--", ...command);

/** What the API server and the clock decide for each object anew. */
const OF_THIS_OBJECT = ["uid", "resourceVersion", "creationTimestamp", "managedFields", "generation"];

/** What an object says, without its state and what is its own in any case. */
export function described({ metadata, status: _, ...rest }: Live): object {
  const own = Object.fromEntries(Object.entries(metadata).filter(([key]) => !OF_THIS_OBJECT.includes(key)));
  return { ...rest, metadata: own };
}

const KINDS = "deployments,daemonsets,jobs,pods,services,secrets,configmaps,persistentvolumeclaims";

/** Everything on the cluster that stacks of these tests have made: `Deployment default/web`. */
export function madeObjects(): string[] {
  const isOurs = ({ metadata }: Live) => metadata.annotations?.["berth.stack"]?.startsWith(`${PROJECT}/`);
  return [...list(KINDS, "-A"), ...list("namespaces")]
    .filter(isOurs)
    .map(({ kind, metadata: { namespace, name } }) => `${kind} ${namespace ? `${namespace}/` : ""}${name}`)
    .sort();
}

/** Takes away whatever these tests made, on this or an earlier run, and waits until it is gone. */
export async function removeObjects(): Promise<void> {
  for (const object of madeObjects()) {
    const [kind = "", path = ""] = object.split(" ");
    const [name = "", namespace = "default"] = path.split("/").reverse();
    const how = ["--ignore-not-found", "--wait=false", "--cascade=foreground"];
    kubectl("delete", kind.toLowerCase(), name, "-n", namespace, ...how);
  }
  kubectl("delete", "namespace", BY_HAND_NAMESPACE, "--ignore-not-found", "--timeout", "60s");
  await until("the objects of the tests are gone", () => madeObjects().length === 0, 90);
}

/** Fails where the cluster holds somebody's objects under the names that a documented setup uses. */
export function assertNamesFree(...objects: [kind: string, name: string][]): void {
  const there = objects.filter(([kind, name]) => accepts("get", kind, name)).map((object) => object.join(" "));
  if (there.length)
    throw new Error(`the cluster has ${there.join(", ")} already; the live tests need one where these names are free`);
}

/** Call it once in a test file: the cluster is as it was before and after the file's tests. */
export function cleanUpCluster(): void {
  if (missingCluster) return;
  beforeAll(removeObjects, 120_000);
  afterAll(async () => {
    if (process.env.BERTH_LIVE_KEEP) return;
    await removeObjects();
    removeFolders();
  }, 120_000);
}
