import * as messages from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { Cluster, type ClusterObject } from "./cluster";
import { common, configured, listen, plain, STORE_VARIABLE, struct, unary } from "./provider";
import { Store } from "./store";

const isNamespaced = ({ kind }: ClusterObject) => kind !== "Namespace";
const idOf = ({ metadata: { name, namespace } }: ClusterObject) => (namespace ? `${namespace}/${name}` : name);

/** The parts of an object that the API server never changes on a living one. */
function fixed(object: ClusterObject): Record<string, unknown> {
  const { kind, metadata, spec } = object;
  return {
    "metadata.name": metadata.name,
    "metadata.namespace": metadata.namespace,
    ...(kind === "Deployment" && { "spec.selector": spec?.selector }),
    ...(kind === "Pod" && { spec }),
  };
}

const changed = (olds: Record<string, unknown>, news: Record<string, unknown>): string[] =>
  [...new Set([...Object.keys(olds), ...Object.keys(news)])].filter((key) => !isDeepStrictEqual(olds[key], news[key]));

/**
 * Serves the provider of Kubernetes to the CLI, as far as berth can tell it from the real one: inputs are compared
 * with inputs, an object that is there already is taken up only where a setting says so, and the API server gives node
 * ports and versions.
 */
export function serve(): void {
  const folder = process.env[STORE_VARIABLE]!;
  const cluster = new Cluster(folder);
  const journal = new Store(folder);
  let defaultNamespace = "default";
  let takesUp = false;

  const inputsOf = (value: Parameters<typeof plain>[0]) => plain(value) as unknown as ClusterObject;
  const byId = (id: string, kind: string) => cluster.list(kind).find((object) => idOf(object) === id);

  /** What the API server makes of an object. */
  function stored(object: ClusterObject, before?: ClusterObject): ClusterObject {
    const { kind, metadata, spec } = object;
    const { namespace } = metadata;
    if (namespace && namespace !== "default" && !cluster.find("Namespace", namespace))
      throw new Error(`namespaces "${namespace}" not found`);
    const uid = before?.metadata.uid ?? randomUUID();
    const version = String(Number(before?.metadata.resourceVersion ?? 0) + 1);
    const made = { ...object, metadata: { ...metadata, uid, resourceVersion: version }, status: {} };
    if (kind === "Deployment") {
      const count = (spec as { replicas?: number } | undefined)?.replicas ?? 1;
      // Its pods are the new ones at once.
      const status = {
        replicas: count,
        updatedReplicas: count,
        availableReplicas: count,
        observedGeneration: Number(version),
      };
      return { ...made, metadata: { ...made.metadata, generation: Number(version) }, status };
    }
    if (kind !== "Service") return made;
    const others = cluster.list("Service").filter((other) => idOf(other) !== idOf(object));
    const taken = new Set(others.flatMap((other) => (other.spec?.ports ?? []).map(({ nodePort }) => nodePort)));
    const ports = (spec?.ports ?? []).map((port, index) => {
      if (spec?.type === "ClusterIP") return port;
      let nodePort = port.nodePort ?? before?.spec?.ports?.[index]?.nodePort;
      if (port.nodePort !== undefined && taken.has(port.nodePort))
        throw new Error(`Service "${metadata.name}" is invalid: ${nodePort}: provided port is already allocated`);
      for (nodePort ??= 30000; taken.has(nodePort); ) nodePort += 1;
      return { ...port, nodePort };
    });
    return { ...made, spec: { ...spec, ports, clusterIP: "10.96.0.2" }, status: { loadBalancer: {} } };
  }

  listen({
    ...common("4.34.2"),
    configure: unary((request: messages.ConfigureRequest) => {
      defaultNamespace = request.getVariablesMap().get("kubernetes:config:namespace") ?? defaultNamespace;
      takesUp = request.getVariablesMap().get("kubernetes:config:upsertExistingObjects") === "true";
      return configured();
    }),
    check: unary((request: messages.CheckRequest) => {
      const object = inputsOf(request.getNews());
      if (isNamespaced(object)) object.metadata.namespace ??= defaultNamespace;
      const response = new messages.CheckResponse();
      response.setInputs(struct(object));
      return response;
    }),
    diff: unary((request: messages.DiffRequest) => {
      const [olds, news] = [inputsOf(request.getOldInputs()), inputsOf(request.getNews())];
      const differences = changed(olds, news);
      const replaces = changed(fixed(olds), fixed(news));
      const response = new messages.DiffResponse();
      response.setChanges(messages.DiffResponse.DiffChanges[differences.length ? "DIFF_SOME" : "DIFF_NONE"]);
      response.setDiffsList(differences);
      response.setReplacesList(replaces);
      response.setDeletebeforereplace(replaces.length > 0 && idOf(olds) === idOf(news));
      return response;
    }),
    create: unary((request: messages.CreateRequest) => {
      const object = inputsOf(request.getProperties());
      const response = new messages.CreateResponse();
      response.setProperties(request.getProperties());
      if (request.getPreview()) return response;
      const before = byId(idOf(object), object.kind);
      if (before && !takesUp) throw new Error(`${object.kind.toLowerCase()}s "${object.metadata.name}" already exists`);
      const made = stored(object, before);
      cluster.put(made);
      journal.note(`create ${object.kind} ${idOf(object)}`);
      response.setId(idOf(object));
      response.setProperties(struct(made));
      return response;
    }),
    read: unary((request: messages.ReadRequest) => {
      const found = byId(request.getId(), inputsOf(request.getInputs()).kind);
      const response = new messages.ReadResponse();
      if (!found) return response;
      response.setId(request.getId());
      response.setProperties(struct(found));
      response.setInputs(request.getInputs());
      return response;
    }),
    update: unary((request: messages.UpdateRequest) => {
      const object = inputsOf(request.getNews());
      const before = byId(request.getId(), object.kind);
      if (!before) throw new Error(`${object.kind.toLowerCase()}s "${object.metadata.name}" not found`);
      const made = stored(object, before);
      const response = new messages.UpdateResponse();
      response.setProperties(struct(made));
      if (request.getPreview()) return response;
      cluster.put(made);
      journal.note(`update ${object.kind} ${idOf(object)}`);
      return response;
    }),
    delete: unary((request: messages.DeleteRequest) => {
      const { kind, metadata } = inputsOf(request.getProperties());
      const found = byId(request.getId(), kind);
      if (found) cluster.remove(found);
      if (kind === "Namespace")
        for (const object of cluster.list()) if (object.metadata.namespace === metadata.name) cluster.remove(object);
      journal.note(`delete ${kind} ${request.getId()}`);
      return new Empty();
    }),
  });
}
