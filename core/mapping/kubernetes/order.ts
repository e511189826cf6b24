import { type GivenManifest, type GivenObject, podOf } from "./given";
import { isClusterWide } from "./kinds";

/** In which order kinds are made; all of one row beside each other. */
const ROWS: RegExp[] = [
  /^(?:Namespace|CustomResourceDefinition|StorageClass|PriorityClass|IngressClass|RuntimeClass|CSIDriver)$/,
  /^(?:ServiceAccount|Secret|ConfigMap|PersistentVolume|PersistentVolumeClaim|ResourceQuota|LimitRange|NetworkPolicy|(?:Cluster)?Role|(?:Cluster)?RoleBinding)$/,
  /^Service$/,
  /^(?:Deployment|StatefulSet|DaemonSet|ReplicaSet|ReplicationController|Pod|Job|CronJob)$/,
];

const rowOf = ({ kind }: GivenObject): number => {
  // What asks a program of these files for each object comes when that program runs.
  if (/WebhookConfiguration$|^APIService$/.test(kind)) return ROWS.length + 1;
  const row = ROWS.findIndex((names) => names.test(kind));
  return row < 0 ? ROWS.length : row;
};

/** Objects in the order in which they can be made: namespaces and further kinds first. */
export const inOrderOfKinds = (objects: GivenObject[]): GivenObject[] =>
  objects
    .map((object, index) => ({ object, index }))
    .sort((one, other) => rowOf(one.object) - rowOf(other.object) || one.index - other.index)
    .map(({ object }) => object);

/** A name that an object has for another one, by the field above it and its own. */
const REFERENCES: [above: RegExp, field: string, kind: string][] = [
  [/^configMap(?:Ref|KeyRef)?$/, "name", "ConfigMap"],
  [/^secret(?:Ref|KeyRef)$/, "name", "Secret"],
  [/^secret$/, "secretName", "Secret"],
  [/^secret$/, "name", "Secret"],
  [/^persistentVolumeClaim$/, "claimName", "PersistentVolumeClaim"],
  [/^imagePullSecrets$/, "name", "Secret"],
  [/^$|^spec$/, "serviceAccountName", "ServiceAccount"],
];

/** The kind that a field names an object of. */
export const referenceKind = (above: string, field: string): string | undefined =>
  REFERENCES.find(([pattern, name]) => pattern.test(above) && name === field)?.[2];

/** The objects that something names. */
export const referencesOf = (value: unknown): [kind: string, name: string][] => [...references(value)];

function* references(value: unknown, above = ""): Generator<[kind: string, name: string]> {
  if (value === null || typeof value !== "object") return;
  if (Array.isArray(value)) {
    for (const item of value) yield* references(item, above);
    return;
  }
  for (const [field, item] of Object.entries(value as GivenManifest)) {
    const kind = typeof item === "string" ? referenceKind(above, field) : undefined;
    if (kind) yield [kind, item as string];
    else yield* references(item, field);
  }
}

/** The others that have to stand before an object can be made, or before its pods can run. */
export function neededBy(object: GivenObject, all: GivenObject[]): GivenObject[] {
  const { namespace, kind, apiVersion } = object;
  const pod = podOf(object);
  const named = pod ? referencesOf(pod.spec) : [];
  return all.filter((other) => {
    if (other === object) return false;
    if (other.kind === "Namespace") return namespace !== undefined && other.name === namespace;
    if (other.kind === "CustomResourceDefinition") {
      const { group, names } = (other.manifest.spec ?? {}) as { group?: string; names?: { kind?: string } };
      return names?.kind === kind && apiVersion.startsWith(`${group}/`);
    }
    if (rowOf(object) === ROWS.length + 1) return rowOf(other) === 3;
    const near = isClusterWide(other.kind) || (other.namespace ?? "default") === (namespace ?? "default");
    return near && named.some(([of, name]) => of === other.kind && name === other.name);
  });
}
