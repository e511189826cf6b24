import * as pulumi from "@pulumi/pulumi";
import { ArgumentError } from "../../description/errors";
import { say } from "../../description/say";
import { isSecretValue } from "../../description/secretValue";
import { type GivenManifest, type GivenObject, podPath } from "../../mapping/kubernetes/given";
import { isClusterWide, knownKind, typeToken } from "../../mapping/kubernetes/kinds";
import { inOrderOfKinds, neededBy } from "../../mapping/kubernetes/order";
import { sentence } from "../../pulumi/componentErrors";
import { ownerLabels } from "../owner";
import { FIELD_MANAGER, PLUGIN_VERSION } from "./object";
import { type ClusterSession, clusterSessionFor } from "./session";

/** How objects of manifests are applied. */
export interface ApplyOptions {
  /** Wait until pods answer and jobs have ended; else the end is that of `kubectl apply`. */
  wait: boolean;
}

/** What the provider waits for that is not in the hands of whoever applies it: a load balancer, a disk, a controller. */
const NOT_OURS = /^(?:Service|Ingress|PersistentVolumeClaim|PersistentVolume|ResourceQuota|ServiceAccount)$/;

/** Plurals that are no word with an s behind it. */
const plural = (kind: string): string => {
  const word = kind.toLowerCase();
  if (word === "endpoints") return word;
  if (/(?:s|x|ch|sh)$/.test(word)) return `${word}es`;
  return /[^aeiou]y$/.test(word) ? `${word.slice(0, -1)}ies` : `${word}s`;
};

/** Where the API server has an object. Kinds that not every cluster has are asked for. */
async function pathOf(session: ClusterSession, object: GivenObject, namespace: string): Promise<string | undefined> {
  const { apiVersion, kind, name } = object;
  const root = `/${apiVersion.includes("/") ? "apis" : "api"}/${apiVersion}`;
  let found = { name: plural(kind), namespaced: !isClusterWide(kind) };
  if (!knownKind(apiVersion, kind)) {
    const { status, body } = await session.client!.get<{ resources?: (typeof found & { kind: string })[] }>(root);
    const listed = body?.resources?.find((one) => one.kind === kind && !one.name.includes("/"));
    // It comes with a CustomResourceDefinition that is not there yet.
    if (status !== 200 || !listed) return undefined;
    found = listed;
  }
  return `${root}/${found.namespaced ? `namespaces/${namespace}/` : ""}${found.name}/${name}`;
}

/** Refuses what the cluster would refuse, or what is somebody else's, before anything is made. */
async function check(session: ClusterSession, objects: GivenObject[]): Promise<true> {
  const { client, defaultNamespace } = session;
  if (!client || client.access.indirect) return true;
  const refuse = (object: GivenObject, { problem, remedy }: ArgumentError) =>
    sentence(new ArgumentError(say`${object.place()}: ${object.at}`, problem, remedy).message);
  const made = new Set(objects.filter(({ kind }) => kind === "Namespace").map(({ name }) => name));
  const asked = new Map<string, Promise<boolean>>();
  const isThere = (name: string) => {
    const answer = asked.get(name) ?? client.get(`/api/v1/namespaces/${name}`).then(({ status }) => status !== 404);
    asked.set(name, answer);
    return answer;
  };
  await Promise.all(
    objects.map(async (object) => {
      const namespace = object.namespace ?? defaultNamespace;
      if (object.namespace !== undefined && !made.has(namespace) && !(await isThere(namespace)))
        throw refuse(
          object,
          new ArgumentError(
            "namespace",
            say`the cluster has no namespace ${namespace}`,
            say`add a Namespace to the manifests, or make it with \`kubectl create namespace ${namespace}\``,
          ),
        );
      const path = await pathOf(session, object, namespace);
      if (path === undefined) return;
      try {
        await session.checkOwner(
          { ...object.manifest, metadata: { ...object.manifest.metadata, namespace } } as never,
          undefined,
          path,
        );
      } catch (error) {
        throw error instanceof ArgumentError ? refuse(object, error) : error;
      }
    }),
  );
  return true;
}

/** What lies in a Secret is one in the state, too; so is a variable in clear that is named like one. */
function withSecrets(object: GivenObject, value: unknown, field = ""): unknown {
  if (Array.isArray(value)) return value.map((item) => withSecrets(object, item, field));
  if (value === null || typeof value !== "object") return value;
  const record = value as GivenManifest;
  if (field === "env" && typeof record.value === "string" && isSecretValue(String(record.name), record.value))
    return { ...record, value: pulumi.secret(record.value) };
  return Object.fromEntries(
    Object.entries(record).map(([key, item]) => {
      const hidden = object.kind === "Secret" && /^(?:data|stringData)$/.test(field);
      const clear = field === "data" && object.kind === "ConfigMap" && isSecretValue(key, String(item));
      return [key, hidden || clear ? pulumi.secret(item) : withSecrets(object, item, key)];
    }),
  );
}

/** Any object, as it is written: the SDK's own classes know fewer kinds, and leave out what they do not know. */
class ManifestObject extends pulumi.CustomResource {}

/**
 * Declares objects as they are written, each by Pulumi's own type for its kind: namespaces and further kinds first,
 * what pods read before the pods. An object of somebody else is refused, and nothing is made then.
 *
 * @returns the objects that are declared, with their resources
 * @throws ArgumentError for two that cannot stand side by side
 */
export function applyManifests(given: GivenObject[], { wait }: ApplyOptions): Map<GivenObject, pulumi.CustomResource> {
  const session = clusterSessionFor();
  const objects = inOrderOfKinds(given);
  for (const object of objects) {
    if (!knownKind(object.apiVersion, object.kind)) continue;
    try {
      session.claim(object.manifest as never, object.at, () => "spec.ports");
    } catch (error) {
      if (!(error instanceof ArgumentError)) throw error;
      throw new ArgumentError(say`${object.place()}: ${object.at}: ${error.argument}`, error.problem, error.remedy);
    }
  }
  const gate = session.client && pulumi.output(check(session, objects));
  const made = new Map<GivenObject, pulumi.CustomResource>();
  for (const object of objects) {
    const { apiVersion, kind, name, namespace, manifest } = object;
    const waits = podPath(object) === undefined ? !NOT_OURS.test(kind) : wait;
    const annotations = {
      ...manifest.metadata.annotations,
      ...FIELD_MANAGER,
      ...ownerLabels(session.owner, podPath(object) && name),
      ...(waits ? {} : { "pulumi.com/skipAwait": "true" }),
    };
    const marked = { ...manifest, metadata: { ...manifest.metadata, annotations } };
    const shown = kind === "Service" ? session.forPreview(marked as never) : marked;
    const needed = neededBy(object, objects).flatMap((other) => made.get(other) ?? []);
    const isPod = kind === "Pod" && apiVersion === "v1";
    made.set(
      object,
      new ManifestObject(
        typeToken(apiVersion, kind),
        namespace === undefined ? name : `${namespace}/${name}`,
        withSecrets(object, shown) as pulumi.Inputs,
        {
          version: PLUGIN_VERSION,
          dependsOn: gate ? gate.apply(() => needed) : needed,
          ...(kind === "Secret" && { additionalSecretOutputs: ["data", "stringData"] }),
          ...(kind === "Service" && apiVersion === "v1" && { hooks: session.serviceHooks }),
          // Most changes make a Pod anew under its name.
          ...(isPod && { deleteBeforeReplace: true, provider: session.podProvider }),
        },
      ),
    );
  }
  return made;
}
