import { say } from "../../description/say";
import { show } from "../../description/errors";
import { nearest } from "../../description/nearest";
import type { Notice } from "../../description/project";
import { labelName, serviceName, subdomainName } from "../../mapping/kubernetes/checks";
import type { GivenManifest, GivenObject } from "../../mapping/kubernetes/given";
import { goneKind, isClusterWide, knownKind, knownKinds } from "../../mapping/kubernetes/kinds";
import { ArgumentError } from "../../description/errors";
import { checkManifest, formatPath, type Refuse } from "./checks";
import { ManifestError } from "./errors";
import { Manifests } from "./yaml";

export { ManifestError } from "./errors";
export { type ManifestText, readManifestFiles } from "./files";
export { projectOfObjects } from "./project";

/** What files of manifests hold. */
export interface ReadObjects {
  /** In the order of the files. */
  objects: GivenObject[];
  notices: Notice[];
}

type Path = (string | number)[];

/** What a cluster writes into each object: it comes with `kubectl get -o yaml`, and has no meaning when it is applied. */
const WRITTEN = ["uid", "resourceVersion", "generation", "creationTimestamp", "selfLink", "managedFields"];
const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

/** Namespaces that a cluster cannot do without. */
const BUILT_IN = /^(?:default|kube-system|kube-public|kube-node-lease)$/;

const isMapping = (value: unknown): value is GivenManifest =>
  value !== null && typeof value === "object" && !Array.isArray(value);

class Reader {
  readonly objects: GivenObject[] = [];
  readonly notices: Notice[] = [];
  private readonly seen = new Map<string, GivenObject>();

  read(file: string, text: string): void {
    const manifests = new Manifests(file, text);
    for (const [index, document] of manifests.documents.entries())
      if (document !== null && document !== undefined) this.value(manifests, index, [], document);
  }

  private value(manifests: Manifests, document: number, path: Path, value: unknown): void {
    const fault = (at: Path, where: string, problem: string, remedy: string) =>
      new ManifestError(manifests.file, manifests.line(document, [...path, ...at]), where, problem, remedy);
    if (!isMapping(value))
      throw fault(
        [],
        formatPath(path),
        say`${show(value)} is no object`,
        say`an object begins with apiVersion and kind`,
      );
    const { apiVersion, kind, metadata } = value;
    for (const [field, given] of Object.entries({ apiVersion, kind }))
      if (typeof given !== "string" || given === "")
        throw fault([], formatPath(path), ...otherThanObject(value, field, given));
    if (/^kustomize\.config\.k8s\.io\//.test(apiVersion))
      throw fault(
        [],
        "",
        say`is a Kustomization`,
        say`run \`kubectl kustomize\` on its folder, and give berth what it prints`,
      );
    if (Array.isArray(value.items) && /List$/.test(kind)) {
      for (const [index, item] of value.items.entries())
        this.value(manifests, document, [...path, "items", index], withKind(item, apiVersion, kind));
      return;
    }
    const shown = `${kind} ${isMapping(metadata) && typeof metadata.name === "string" ? metadata.name : ""}`.trim();
    const wrong: Refuse = (at, problem, remedy) => {
      throw fault(at, [shown, formatPath(at)].filter(Boolean).join(": "), problem, remedy);
    };
    checkKind(apiVersion, kind, wrong);
    if (!isMapping(metadata)) wrong(["metadata"], say`is missing`, say`give the object a name there`);
    if (metadata.name === undefined || metadata.name === null) {
      if (metadata.generateName !== undefined)
        wrong(
          ["metadata", "generateName"],
          say`makes a new object at every \`kubectl create\`, and cannot be applied`,
          say`give it a name`,
        );
      wrong(["metadata"], say`has no name`, say`give the object a name there`);
    }
    checkManifest(value, wrong);
    checkNames(value, wrong);
    this.keep(manifests, document, path, knownKind(apiVersion, kind) ? (withoutNulls(value) as GivenManifest) : value);
  }

  private keep(manifests: Manifests, document: number, path: Path, given: GivenManifest): void {
    const { apiVersion, kind } = given as { apiVersion: string; kind: string };
    const { status, ...manifest } = given;
    const metadata = { ...manifest.metadata } as GivenManifest;
    const written = [
      ...WRITTEN.filter((field) => metadata[field] !== undefined && metadata[field] !== null),
      ...(isMapping(status) && Object.keys(status).length ? ["status"] : []),
    ];
    const lives = metadata.uid !== undefined;
    for (const field of WRITTEN) delete metadata[field];
    if (isMapping(metadata.annotations)) {
      const { [LAST_APPLIED]: _, ...annotations } = metadata.annotations;
      metadata.annotations = annotations;
      if (Object.keys(annotations).length === 0) delete metadata.annotations;
    }
    if (isClusterWide(kind)) delete metadata.namespace;
    manifest.metadata = metadata;
    if (lives && kind === "Service" && manifest.spec.clusterIP !== "None") {
      const { clusterIP: _ip, clusterIPs: _ips, ...spec } = manifest.spec;
      manifest.spec = spec;
    }
    const name = metadata.name as string;
    const namespace = isClusterWide(kind) || typeof metadata.namespace !== "string" ? undefined : metadata.namespace;
    const place = () => [manifests.file, manifests.line(document, path)].filter((part) => part !== undefined).join(":");
    const at = `${kind} ${namespace === undefined ? "" : `${namespace}/`}${name}`;
    const object: GivenObject = { apiVersion, kind, name, namespace, manifest, at, place };
    if (kind === "Namespace" && BUILT_IN.test(name)) {
      this.notices.push({
        level: "note",
        at,
        text: say`is left out: every cluster has it, and it is nobody's to remove`,
      });
      return;
    }
    const key = [apiVersion.replace(/\/?[^/]+$/, ""), kind, namespace ?? "", name].join(" ");
    const other = this.seen.get(key);
    if (other && JSON.stringify(other.manifest) === JSON.stringify(manifest)) {
      this.notices.push({
        level: "note",
        at,
        text: say`is there twice, word for word: in ${other.place()} and in ${place()}`,
      });
      return;
    }
    if (other)
      throw new ManifestError(
        manifests.file,
        manifests.line(document, path),
        at,
        say`is there twice, and says something else in ${other.place()}`,
        say`keep one of them, or give the other one another name`,
      );
    this.seen.set(key, object);
    this.objects.push(object);
    if (written.length)
      this.notices.push({
        level: "note",
        at,
        text: say`what a cluster writes by itself is left out: ${written.join(", ")}`,
      });
  }
}

/** What is no object of a cluster, by what it looks like. */
function otherThanObject(value: GivenManifest, field: string, given: unknown): [problem: string, remedy: string] {
  if (isMapping(value.services) && value.apiVersion === undefined)
    return [say`is a compose file`, say`\`berth from-compose\` reads it`];
  if (given === undefined || given === null)
    return [say`has no ${field}`, say`begin each object with its apiVersion and kind: "apps/v1" and "Deployment"`];
  return [say`${field}: ${show(given)} is not text`, say`write for example apps/v1 and Deployment`];
}

function checkKind(apiVersion: string, kind: string, refuse: Refuse): void {
  const gone = goneKind(apiVersion, kind);
  if (gone) {
    const remedy = gone.instead
      ? say`write ${gone.instead}, and see what has changed there`
      : say`take it out: nothing of that kind has come in its place`;
    refuse(["apiVersion"], say`Kubernetes has no ${apiVersion} of this kind since ${gone.since}`, remedy);
  }
  if (knownKind(apiVersion, kind)) return;
  const [same] = knownKinds().filter((one) => one.kind === kind);
  const builtIn = !apiVersion.includes("/") || !apiVersion.split("/")[0]!.includes(".");
  const among = knownKinds().filter((one) => one.apiVersion === apiVersion);
  if (same && builtIn) refuse(["apiVersion"], say`there is no ${kind} in ${apiVersion}`, say`write ${same.apiVersion}`);
  if (builtIn && !among.length)
    refuse(
      ["apiVersion"],
      say`${apiVersion} is not a version that Kubernetes has`,
      say`write for example v1 or apps/v1`,
    );
  const guess = nearest(
    kind,
    among.map((one) => one.kind),
  );
  if (builtIn || guess)
    refuse(
      ["kind"],
      say`there is no ${kind} in ${apiVersion}`,
      guess ? say`write ${guess}` : say`see \`kubectl api-resources\``,
    );
}

function checkNames({ kind, metadata }: GivenManifest, refuse: Refuse): void {
  const check = kind === "Namespace" ? labelName : kind === "Service" ? serviceName : subdomainName;
  const [hole] = /\{\{[^}]*\}\}|\$\{[^}]*\}|^\$\(?\w+\)?$|<[^>]+>/.exec(String(metadata.name)) ?? [];
  if (hole !== undefined)
    refuse(["metadata", "name"], say`${hole} stands for something else`, say`put the name that you want in its place`);
  try {
    // Names of roles may be paths such as system:node.
    if (!/^(?:Cluster)?Role(?:Binding)?$/.test(kind)) check(metadata.name, "name");
    if (metadata.namespace !== undefined && metadata.namespace !== null) labelName(metadata.namespace, "namespace");
  } catch (error) {
    if (!(error instanceof ArgumentError)) throw error;
    refuse(["metadata", error.argument], error.problem, error.remedy);
  }
}

/** Maps of texts, in which nothing written is an empty text; elsewhere it is no field at all. */
const TEXTS = /^(?:data|stringData|binaryData|labels|annotations|matchLabels|nodeSelector)$/;

function withoutNulls(value: unknown, field = ""): unknown {
  if (Array.isArray(value)) return value.map((item) => withoutNulls(item));
  if (!isMapping(value)) return value;
  const entries = Object.entries(value).flatMap(([key, item]) => {
    if (item === null || item === undefined) return TEXTS.test(field) ? [[key, ""]] : [];
    return [[key, withoutNulls(item, key)]];
  });
  return Object.fromEntries(entries);
}

/** Items of a typed list, as `kubectl get` gives it, may leave out what the list says. */
function withKind(item: unknown, apiVersion: string, list: string): unknown {
  if (!isMapping(item) || list === "List") return item;
  return { apiVersion, kind: list.replace(/List$/, ""), ...item };
}

/** Says which namespaces are not among the objects. */
function missingNamespaces(objects: GivenObject[]): Notice[] {
  const made = new Set(objects.filter(({ kind }) => kind === "Namespace").map(({ name }) => name));
  const used = [...new Set(objects.flatMap(({ namespace }) => namespace ?? []))];
  return used
    .filter((name) => !made.has(name) && !BUILT_IN.test(name))
    .map((name) => ({
      level: "note",
      at: `namespace ${name}`,
      text: say`is not among the objects: it has to be there already, or \`kubectl create namespace\` makes it`,
    }));
}

/**
 * Reads manifests as kubectl does: YAML with several documents, lists, JSON. Nobody is asked.
 *
 * @param files by their names, in their order
 * @throws ManifestError naming file, line and field
 * @example
 * const { objects } = readManifests([{ file: "app.yaml", text }]);
 * objects.map(({ at }) => at) // ["Deployment web", "Service web"]
 */
export function readManifests(files: { file: string; text: string }[]): ReadObjects {
  const reader = new Reader();
  for (const { file, text } of files) reader.read(file, text);
  const { objects, notices } = reader;
  if (objects.length === 0) {
    const names = files.map(({ file }) => file).join(", ");
    throw new ManifestError(
      names,
      undefined,
      "",
      say`holds no object of a cluster`,
      say`name a file with apiVersion and kind`,
    );
  }
  return { objects, notices: [...notices, ...missingNamespaces(objects)] };
}

/** Whether a text looks like objects of a cluster, and not like a compose file. */
export const looksLikeManifests = (text: string): boolean =>
  (/^["']?apiVersion["']?\s*:\s*\S/m.test(text) && /^["']?kind["']?\s*:\s*\S/m.test(text)) ||
  /^\s*\{[\s\S]*"apiVersion"\s*:[\s\S]*"kind"\s*:/.test(text);
