import type { Service } from "@pulumi/kubernetes/core/v1/service";
import type { ServicePort } from "kubernetes-types/core/v1";
import type { ObjectMeta } from "kubernetes-types/meta/v1";
import * as pulumi from "@pulumi/pulumi";
import { say } from "../../description/say";
import { sentence } from "../../pulumi/componentErrors";
import { isLate, lift } from "../../pulumi/outputs";
import { ArgumentError } from "../../description/errors";
import { formatPort } from "../../description/ports";
import type { ServiceSpec } from "../../description/service";
import { ownerLabels } from "../owner";
import type { Companion, Endpoint, Engine, MadeService, PreparedService, ServiceRequest } from "../engine";
import { firstStartHook } from "../firstStart";
import { asLabelName } from "../../mapping/kubernetes/checks";
import { claimsOf } from "./claims";
import type { LateValues } from "../../mapping/kubernetes/late";
import { type ClusterObject, isClusterObject, makeObject, urnOf } from "./object";
import type { Manifest } from "../../mapping/kubernetes/manifest";
import { REFUSED } from "../../mapping/kubernetes/refused";
import { debuggerOff } from "../../pulumi/debuggerOff";
import { progressOf } from "../../pulumi/progress";
import { waitForRollout } from "./rollout";
import { type ClusterSession, clusterProviderOf, clusterSessionFor } from "./session";
import { withoutWaiting } from "./waiting";
import { type Workload, workload } from "../../mapping/kubernetes/workload";
import { berthSetting } from "../../pulumi/settings";

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
  for (const manifest of [...made.services, made.controller]) session.claim(manifest, name, made.argumentOf);
  for (const claim of made.claims) claimsOf(session).check(claim, made.namespace, keepData, name);
  for (const note of made.notes) void pulumi.log.info(say`${name}: ${note}`);
  for (const warning of made.warnings) void pulumi.log.warn(say`${name}: ${warning}`);
  return {
    inputs: {
      image: spec.image,
      containerName: spec.containerName,
      environment: spec.environment,
      ports: (spec.ports as ServiceSpec["ports"])?.map(formatPort),
    },
    beforeUpdate: [firstStartHook(name, spec)],
    make(parent, companions) {
      request.checks.push(...ownerChecks(request, made, session, parent));
      return make(request, made, session, provider, parent, companions);
    },
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

/** Objects that are there already and were made by somebody else. */
function ownerChecks(
  { report }: ServiceRequest,
  { claims, services, controller }: Workload,
  session: ClusterSession,
  parent: pulumi.Resource,
): pulumi.Output<unknown>[] {
  if (!session.client) return [];
  const check = async (manifest: Manifest, component?: string) => {
    const refused = await session.checkOwner(manifest, component).catch((error: unknown) => error);
    report(() => {
      if (refused !== undefined) throw refused;
    });
  };
  const component = urnOf(parent);
  return [
    // Services share a claim, and it outlives them.
    ...claims.flatMap(({ manifest }) => (manifest ? [pulumi.output(check(manifest))] : [])),
    ...[...services, controller].map((manifest) => pulumi.output(component.then((urn) => check(manifest, urn)))),
  ];
}

function make(
  { name, spec, options, checks }: ServiceRequest,
  { namespace, claims, contents, services, publishing, controller }: Workload,
  session: ClusterSession,
  provider: pulumi.ProviderResource | undefined,
  parent: pulumi.Resource,
  companions: Companion[],
): MadeService {
  const plainName = String(spec.containerName);
  const gate = checks.length ? pulumi.all(checks) : undefined;
  const object = (logicalName: string, manifest: Manifest, more: pulumi.CustomResourceOptions = {}) =>
    makeObject(logicalName, manifest, { parent, provider, dependsOn: gate?.apply(() => []), ...more });
  /** `web` and `web-env` of the component `shop` are `shop` and `shop-env`. */
  const within = (manifest: Manifest, component = name) => {
    const objectName = nameOf(manifest);
    if (objectName === plainName) return component;
    return `${component}-${objectName.startsWith(`${plainName}-`) ? objectName.slice(plainName.length + 1) : objectName}`;
  };
  const disks = claims
    .map((claim) => claimsOf(session).make(claim, namespace, options.keepData, provider, gate))
    .filter((resource) => resource !== undefined);
  const read = new Map(
    contents.map((manifest) => [
      nameOf(manifest),
      object(within(manifest, asLabelName(name) || plainName), withoutName(manifest)),
    ]),
  );
  // Nobody waits for pods behind a Service: they come after it, and may want to find their own name.
  const named = new Map(
    services.map((manifest) => [
      manifest,
      object(within(manifest), session.forPreview(withoutWaiting(manifest)), {
        hooks: session.serviceHooks,
      }) as Service,
    ]),
  );
  const { waitTimeout } = spec as ServiceSpec;
  const timeout = waitTimeout === undefined ? undefined : `${Math.max(1, Math.ceil(waitTimeout / 1000))}s`;
  const names = new Map(
    [...read].map(([plain, { metadata }]) => [plain, metadata.apply((live) => live?.name ?? plain)]),
  );
  const needed = [...disks, ...read.values(), ...named.values(), ...companions.map((companion) => companion.resource)];
  // A preview does not wait.
  const answering = pulumi.runtime.isDryRun()
    ? []
    : companions.filter(({ condition }) => condition !== "service_started").map((companion) => companion.ready);
  const resource = object(name, withAnnotations(readingFrom(controller, names), startsAnew(companions)), {
    dependsOn: pulumi.all([...checks, ...answering]).apply(() => needed),
    customTimeouts: timeout === undefined ? undefined : { create: timeout, update: timeout },
  });
  const ready = readiness(resource, controller.kind, session.client, waitTimeout);
  const isPreview = pulumi.runtime.isDryRun();
  return {
    resource,
    id: resource.id,
    containerName: isPreview ? pulumi.output(plainName) : ready.apply(() => plainName),
    endpoints: endpointsOf(publishing, publishing && named.get(publishing), ready),
    ready,
    image: ready.apply(() => undefined),
    host: berthSetting("nodeAddress") ?? "localhost",
    exec: resource.metadata.apply(
      (metadata) =>
        `kubectl exec -it -n ${metadata?.namespace ?? namespace ?? "default"} ${controller.kind.toLowerCase()}/${plainName} --`,
    ),
  };
}

/** Arrives when the pods of a Deployment are the new ones; the provider waits for the others, and for a job's end. */
function readiness(
  resource: ClusterObject,
  kind: string,
  client: ClusterSession["client"],
  timeout: number | undefined,
): pulumi.Output<boolean> {
  if (kind !== "Deployment" || !client || client.access.indirect || pulumi.runtime.isDryRun())
    return resource.id.apply(() => true);
  return resource.id.apply(async (id) => {
    const [namespace = "", name = ""] = id.split("/");
    try {
      await debuggerOff();
      await waitForRollout(client, namespace, name, { timeout, tell: progressOf(resource) });
    } catch (error) {
      throw sentence((error as Error).message, resource);
    }
    return true;
  });
}

const nameOf = ({ metadata }: Manifest): string => (metadata as ObjectMeta).name!;

/**
 * A Secret or ConfigMap whose name the provider completes by chance. Where the content is another it makes a new
 * one, and the pods, which read the new name, are rolled: Kubernetes does not see to that by itself, and a digest of
 * the content would give a short password away.
 */
function withoutName({ metadata, ...rest }: Manifest): Manifest {
  const { name: _, ...unnamed } = metadata as ObjectMeta;
  return { ...rest, metadata: unnamed };
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
    if (!isClusterObject(resource))
      throw new ArgumentError(
        "dependsOn",
        say`${name} is not on Kubernetes, so its restarts are not seen`,
        say`remove restart`,
      );
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
  service: Service | undefined,
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
