import type { ServicePort } from "kubernetes-types/core/v1";
import type { ObjectMeta } from "kubernetes-types/meta/v1";
import * as pulumi from "@pulumi/pulumi";
import { isLate, lift } from "../../late";
import { ArgumentError } from "../../spec/errors";
import { formatPort } from "../../spec/ports";
import type { ServiceSpec } from "../../spec/service";
import { ownerLabels } from "../docker/labels";
import type { Companion, Endpoint, Engine, MadeService, PreparedService, ServiceRequest } from "../engine";
import { claimsOf } from "./claims";
import type { LateValues } from "./late";
import { KubernetesObject, type Manifest } from "./object";
import { REFUSED } from "./refused";
import { type ClusterSession, clusterProviderOf, clusterSessionFor } from "./session";
import { withoutWaiting } from "./waiting";
import { type Workload, workload } from "./workload";

/** A Kubernetes cluster: each service is a Deployment, DaemonSet or Job, with all that belongs to it. */
export const kubernetesEngine: Engine = { name: "kubernetes", refused: REFUSED, prepare };

/** Pods start anew with those of the services that this one depends on (`restart: true`). */
const RESTARTED_WITH = "berth.restarted-with";

function prepare(request: ServiceRequest): PreparedService {
  const { name, spec, options } = request;
  const { keepData, kubernetes = {} } = options;
  const provider = clusterProviderOf(request.opts);
  const session = clusterSessionFor(provider);
  const made = workload(spec, kubernetes, ownerLabels(session.owner, name), lateValues(request));
  for (const manifest of [...made.contents, ...made.services, made.controller])
    session.claim(manifest, name, made.argumentOf);
  for (const claim of made.claims) claimsOf(session).check(claim, made.namespace, keepData, name);
  for (const note of made.notes) void pulumi.log.info(`${name}: ${note}`);
  for (const warning of made.warnings) void pulumi.log.warn(`${name}: ${warning}`);
  return {
    inputs: {
      image: spec.image,
      containerName: spec.containerName,
      environment: spec.environment,
      ports: (spec.ports as ServiceSpec["ports"])?.map(formatPort),
    },
    make: (parent, companions) => make(request, made, session, provider, parent, companions),
  };
}

/** What is computed from late values is a check as well: where it fails, nothing of the service is made. */
function lateValues({ report, checks }: ServiceRequest): LateValues {
  return {
    isLate,
    lift(value, apply) {
      const result = lift(value, (plain) => report(() => apply(plain as never)));
      if (pulumi.Output.isInstance(result)) checks.push(result);
      return result as never;
    },
  };
}

function make(
  { name, spec, options, checks }: ServiceRequest,
  { namespace, claims, contents, services, publishing, controller }: Workload,
  session: ClusterSession,
  provider: pulumi.ProviderResource | undefined,
  parent: pulumi.Resource,
  companions: Companion[],
): MadeService {
  const opts = { parent, provider };
  const plainName = String(spec.containerName);
  const gate = checks.length ? pulumi.unsecret(pulumi.all(checks)) : undefined;
  const object = (manifest: Manifest, more: pulumi.CustomResourceOptions = {}) => {
    const { apiVersion, kind, metadata, ...rest } = manifest;
    const gated = gate
      ? Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, gate.apply(() => value)]))
      : rest;
    return new KubernetesObject(
      logicalName(metadata as ObjectMeta),
      { apiVersion, kind, metadata, ...gated },
      { ...opts, ...more },
    );
  };
  /** `web` and `web-env` of the component `shop` are `shop` and `shop-env`. */
  const logicalName = ({ name: objectName = "" }: ObjectMeta) => {
    if (objectName === plainName) return name;
    return `${name}-${objectName.startsWith(`${plainName}-`) ? objectName.slice(plainName.length + 1) : objectName}`;
  };
  const disks = claims
    .map((claim) => claimsOf(session).make(claim, namespace, options.keepData, provider))
    .filter((resource) => resource !== undefined);
  const read = new Map(contents.map((manifest) => [nameOf(manifest), object(withGeneratedName(manifest))]));
  // Nobody waits for pods behind a Service: they come after it, and may want to find their own name.
  const named = new Map(services.map((manifest) => [manifest, object(withoutWaiting(manifest))]));
  const { waitTimeout } = spec as ServiceSpec;
  const timeout = waitTimeout === undefined ? undefined : `${Math.max(1, Math.ceil(waitTimeout / 1000))}s`;
  const names = new Map([...read].map(([plain, { metadata }]) => [plain, metadata.apply((live) => live?.name ?? plain)]));
  const resource = object(withAnnotations(readingFrom(controller, names), startsAnew(companions)), {
    dependsOn: [...disks, ...read.values(), ...named.values(), ...companions.map((companion) => companion.resource)],
    customTimeouts: timeout === undefined ? undefined : { create: timeout, update: timeout },
  });
  // The provider waits for the rollout, or for the job's end.
  const ready = resource.id.apply(() => true);
  const isPreview = pulumi.runtime.isDryRun();
  return {
    resource,
    id: resource.id,
    containerName: isPreview ? pulumi.output(plainName) : ready.apply(() => plainName),
    endpoints: endpointsOf(publishing, publishing && named.get(publishing), ready),
    ready,
    host: new pulumi.Config("berth").get("nodeAddress") ?? "localhost",
    exec: resource.metadata.apply(
      (metadata) =>
        `kubectl exec -it -n ${metadata?.namespace ?? namespace ?? "default"} ${controller.kind.toLowerCase()}/${plainName} --`,
    ),
  };
}

const nameOf = ({ metadata }: Manifest): string => (metadata as ObjectMeta).name!;

/**
 * A Secret or ConfigMap whose name the cluster completes. The provider makes a new one where the content is another,
 * and so pods that read it are rolled: Kubernetes does not see to that by itself, and a digest of the content on the
 * pods would give a short password away.
 */
function withGeneratedName({ stringData, data, metadata, ...rest }: Manifest): Manifest {
  const { name, ...others } = metadata as ObjectMeta;
  const hide = (value: unknown) => (rest.kind === "Secret" ? pulumi.secret(value) : value);
  return {
    ...rest,
    metadata: { ...others, generateName: `${name}-` },
    ...(stringData === undefined ? {} : { stringData: hide(stringData) }),
    ...(data === undefined ? {} : { data: hide(data) }),
  } as Manifest;
}

/** Where a pod names a Secret or ConfigMap by `name`; a volume's Secret has its `secretName`. */
const REFERENCES = ["secretKeyRef", "secretRef", "configMapKeyRef", "configMapRef", "configMap", "secret"];

/** A controller whose pods read the objects of these names. */
function readingFrom(controller: Manifest, names: ReadonlyMap<string, pulumi.Output<string>>): Manifest {
  if (names.size === 0) return controller;
  const renamed = (value: unknown, key?: string): unknown => {
    if (Array.isArray(value)) return value.map((item) => renamed(item));
    if (pulumi.Output.isInstance(value)) return value.apply((plain) => renamed(plain, key));
    if (value === null || typeof value !== "object") return value;
    const isReference = key !== undefined && REFERENCES.includes(key);
    return Object.fromEntries(
      Object.entries(value).map(([field, item]) => [
        field,
        (isReference && /^(secretN|n)ame$/.test(field) && names.get(item)) || renamed(item, field),
      ]),
    );
  };
  const spec = controller.spec as { template: { spec: unknown } };
  return { ...controller, spec: { ...spec, template: { ...spec.template, spec: renamed(spec.template.spec) } } };
}

/** Annotations of the pods that change when those of the services change that this one is started anew with. */
function startsAnew(companions: Companion[]): Record<string, pulumi.Output<string>> {
  const restarting = companions.filter(({ restart }) => restart);
  if (restarting.length === 0) return {};
  const states = restarting.map(({ name, resource }) => {
    if (!(resource instanceof KubernetesObject))
      throw new ArgumentError("dependsOn", `${name} is not on Kubernetes, so its restarts are not seen`, "remove restart");
    return resource.metadata.apply((live) => `${name}=${live?.uid ?? ""}/${live?.generation ?? ""}`);
  });
  return { [RESTARTED_WITH]: pulumi.unsecret(pulumi.all(states).apply((known) => known.join(" "))) };
}

/** A controller whose pods have these annotations too. */
function withAnnotations(controller: Manifest, annotations: Record<string, pulumi.Output<string>>): Manifest {
  if (Object.keys(annotations).length === 0) return controller;
  const spec = controller.spec as { template: { metadata: ObjectMeta } };
  const { template } = spec;
  const merged = lift(template.metadata.annotations ?? {}, (own) => ({ ...own, ...annotations }));
  return {
    ...controller,
    spec: { ...spec, template: { ...template, metadata: { ...template.metadata, annotations: merged } } },
  };
}

/** Node ports of a Service, where there are some. */
function endpointsOf(
  publishing: Manifest | undefined,
  service: KubernetesObject | undefined,
  ready: pulumi.Output<boolean>,
): pulumi.Output<Endpoint[]> {
  if (!publishing || !service) return ready.apply(() => []);
  const toEndpoints = (ports: ServicePort[]): Endpoint[] =>
    ports
      .filter(({ nodePort }) => nodePort !== undefined)
      .map(({ port, protocol, nodePort }) => ({
        target: `${port}/${(protocol ?? "TCP").toLowerCase()}`,
        hostIp: "0.0.0.0",
        hostPort: nodePort!,
      }));
  const { ports } = publishing.spec as { ports: ServicePort[] };
  if (pulumi.runtime.isDryRun() && ports.every(({ nodePort }) => nodePort !== undefined))
    return pulumi.output(toEndpoints(ports));
  return pulumi.all([service.spec, ready]).apply(([live]) => toEndpoints(live?.ports ?? []));
}
