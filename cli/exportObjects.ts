import type { PlannedResource } from "./plan";
import type { Form } from "./show";
import { HIDDEN } from "./marks";

type Record_ = Record<string, unknown>;

const isRecord = (value: unknown): value is Record_ =>
  value !== null && typeof value === "object" && !Array.isArray(value);

/** What berth and the provider have written into annotations. */
const OWN = /^(?:berth\.|pulumi\.com\/)/;

/** Objects of a cluster that the program declares, and that belong to none of its services. */
export const objectsOf = (
  resources: PlannedResource[],
  services: { resource: PlannedResource }[],
): PlannedResource[] => {
  const theirs = new Set(services.map(({ resource }) => resource.parent));
  return resources.filter(({ type, parent }) => type.startsWith("kubernetes:") && !(parent && theirs.has(parent)));
};

/** An object as it would be written by hand. */
function manifestOf({ type, inputs }: PlannedResource): Record_ {
  const { metadata, ...content } = structuredClone(inputs) as { metadata?: Record_ } & Record_;
  const given = (metadata?.annotations ?? {}) as Record_;
  const annotations = Object.fromEntries(Object.entries(given).filter(([name]) => !OWN.test(name)));
  const named = { ...metadata, annotations: Object.keys(annotations).length ? annotations : undefined };
  const kind = type.split(":").at(-1)!;
  if (kind !== "Secret") return { ...content, metadata: named };
  // The plan knows the names of what is secret.
  const { data, stringData, ...rest } = content;
  const texts = Object.assign({}, ...[data, stringData].filter(isRecord)) as Record_;
  return { ...rest, metadata: named, stringData: Object.fromEntries(Object.keys(texts).map((key) => [key, HIDDEN])) };
}

/** Shows the objects of a stack in a form. */
export async function exportObjects(stack: string, objects: PlannedResource[], form: Form): Promise<void> {
  const named = objects.map((object) => {
    const manifest = manifestOf(object) as { metadata: Record_ };
    // The provider completes a name that the program leaves out.
    manifest.metadata.name ??= object.name.split("/").at(-1);
    return manifest;
  });
  const text = JSON.stringify({ apiVersion: "v1", kind: "List", items: named });
  const { showManifests } = await import("./fromKubernetes");
  await showManifests([{ file: stack, text }], form, { files: [stack], name: stack });
}
