import type { DaemonSetSpec, DeploymentSpec } from "kubernetes-types/apps/v1";
import type { JobSpec } from "kubernetes-types/batch/v1";
import type { PodSpec, PodTemplateSpec, ServiceSpec as ServiceObjectSpec } from "kubernetes-types/core/v1";
import type { ObjectMeta } from "kubernetes-types/meta/v1";
import { ArgumentError } from "../../description/errors";
import { say } from "../../description/say";
import type { LateSpec, ServiceSpec } from "../../description/service";
import { labelName, replicas, serviceName } from "./checks";
import { environmentFor } from "./environment";
import { type Files, filesFor } from "./files";
import { type LateValues, PLAIN, withKnownStructure } from "./late";
import { aliasesOf } from "./network";
import type { Manifest } from "./manifest";
import type { KubernetesOptions } from "../../description/kubernetesOptions";
import { podMetadata, podSpec } from "./pod";
import { servicePorts } from "./ports";
import { REFUSED } from "./refused";
import { compact } from "./values";
import { type Claim, volumesFor } from "./volumes";

const FOR_EVER = 2 ** 31 - 1;

/** The objects of a service, in the order in which they have to be made. */
export interface Workload {
  name: string;
  namespace?: string;
  /** Volumes, each with its claim; what is there already has no manifest. */
  claims: (Claim & { manifest?: Manifest })[];
  /** Secrets and ConfigMaps that the pods read. */
  contents: Manifest[];
  /** By their names other services find this one; the first one that publishes is `publishing`. */
  services: Manifest[];
  publishing?: Manifest;
  /** Deployment, DaemonSet or Job. */
  controller: Manifest;
  /** Argument that a node port comes from. */
  argumentOf(nodePort: number): string;
  notes: string[];
  warnings: string[];
}

/** All objects of a workload, in order. */
export const manifestsOf = ({ claims, contents, services, controller }: Workload): Manifest[] => [
  ...claims.flatMap(({ manifest }) => (manifest ? [manifest] : [])),
  ...contents,
  ...services,
  controller,
];

/**
 * What a service is on Kubernetes: a Deployment (`mode` replicated), DaemonSet (global) or Job (replicated-job),
 * with Services for its name and ports, claims for its volumes, and Secrets and ConfigMaps for what it reads.
 *
 * @param marks annotations of every object
 * @throws ArgumentError naming the field that is wrong, or that Kubernetes cannot do
 * @example
 * manifestsOf(workload({ image: "nginx", containerName: "web" }, {}));
 */
export function workload(
  given: LateSpec,
  options: KubernetesOptions,
  marks: Record<string, string> = {},
  late: LateValues = PLAIN,
): Workload {
  for (const [field, refusal] of Object.entries(REFUSED))
    if (given[field as keyof LateSpec] !== undefined) throw new ArgumentError(field, ...refusal);
  const spec = withKnownStructure(given, late);
  const name = labelName(spec.containerName!, "containerName");
  const namespace = options.namespace === undefined ? undefined : labelName(options.namespace, "kubernetes.namespace");
  const selector = { app: name };
  const metadata = (object: string): ObjectMeta =>
    compact({
      name: object,
      namespace,
      labels: selector,
      annotations: Object.keys(marks).length ? marks : undefined,
    });

  const environment = environmentFor(spec, `${name}-env`, late);
  const secrets = filesFor("secrets", spec.secrets, `${name}-secrets`, late);
  const configs = filesFor("configs", spec.configs, `${name}-configs`, late);
  const volumes = volumesFor(spec, name, options);
  // Two pods must not write to the same files, or listen on one port of a node.
  const exclusive = volumes.exclusive || spec.networkMode === "host";
  const rolls = (spec.mode ?? "replicated") === "replicated" && !exclusive;
  const parts = { name, environment, secrets, configs, volumes, restartPolicy: jobRestart(spec), rolls };
  const template = {
    metadata: podMetadata(spec, selector, options, late),
    spec: podSpec(spec, parts, options, late),
  };
  const ports = servicePorts(spec, options);
  const { services, publishing } = servicesFor(spec, name, ports, (object, kind) => ({
    apiVersion: "v1",
    kind: "Service",
    metadata: metadata(object),
    spec: { ...kind, selector },
  }));
  const notes = [...ports.notes];
  const absent = Object.entries(spec.environment ?? {}).flatMap(([variable, value]) =>
    value === null ? [variable] : [],
  );
  if (absent.length)
    notes.push(say`environment: a pod cannot be without a variable that its image sets: ${absent.join(", ")}.`);
  if (spec.networks?.length)
    notes.push(
      say`networks: all pods of the cluster reach each other; by name on the ports of ports and expose, or on all where there are none.`,
    );
  return {
    name,
    namespace,
    claims: volumes.claims.map((claim) => ({ ...claim, manifest: claimManifest(claim, namespace, marks) })),
    contents: [
      ...content("Secret", metadata(`${name}-env`), { text: environment.secret, binary: {} }),
      ...content("Secret", metadata(`${name}-secrets`), secrets),
      ...content("ConfigMap", metadata(`${name}-configs`), configs),
    ],
    services,
    publishing,
    controller: controllerOf(spec, metadata(name), selector, template, exclusive),
    argumentOf: (nodePort) => ports.argumentOf.get(nodePort) ?? "ports",
    notes,
    warnings: volumes.warnings,
  };
}

/** The claim belongs to all services that mount it, and is labelled for none of them. */
function claimManifest(
  { name, spec }: Claim,
  namespace: string | undefined,
  marks: Record<string, string>,
): Manifest | undefined {
  return (
    spec && {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: compact({ name, namespace, annotations: Object.keys(marks).length ? marks : undefined }),
      spec,
    }
  );
}

function content(
  kind: "Secret" | "ConfigMap",
  metadata: ObjectMeta,
  { text, binary }: Pick<Files, "text" | "binary">,
): Manifest[] {
  const isSecret = kind === "Secret";
  const data = {
    [isSecret ? "stringData" : "data"]: Object.keys(text).length ? text : undefined,
    [isSecret ? "data" : "binaryData"]: Object.keys(binary).length ? binary : undefined,
  };
  return Object.values(data).some((item) => item !== undefined)
    ? [{ apiVersion: "v1", kind, metadata, ...compact(data) }]
    : [];
}

/** A Deployment starts its containers again for ever; only a Job can end. */
function jobRestart({ mode, restart }: ServiceSpec): "Never" | "OnFailure" | undefined {
  if (mode === "replicated-job") return restart?.policy === "on-failure" ? "OnFailure" : "Never";
  if (restart && ["no", "on-failure"].includes(restart.policy))
    throw new ArgumentError(
      "restart",
      say`"${restart.policy}" is not for what keeps running: Kubernetes always starts it again`,
      say`remove it, or set mode: "replicated-job" for what ends by itself`,
    );
  return undefined;
}

function controllerOf(
  spec: ServiceSpec,
  metadata: ObjectMeta,
  selector: Record<string, string>,
  template: { metadata: ObjectMeta; spec: PodSpec },
  exclusive: boolean,
): Manifest {
  const count = spec.replicas === undefined ? undefined : replicas(spec.replicas, "replicas");
  switch (spec.mode ?? "replicated") {
    case "global":
      if (count !== undefined)
        throw new ArgumentError("replicas", say`a global service has one pod on each node`, say`remove it, or mode`);
      return {
        apiVersion: "apps/v1",
        kind: "DaemonSet",
        metadata,
        spec: { selector: { matchLabels: selector }, template } satisfies DaemonSetSpec,
      };
    case "replicated-job":
      return {
        apiVersion: "batch/v1",
        kind: "Job",
        metadata,
        spec: compact<JobSpec>({
          completions: count,
          parallelism: count,
          backoffLimit: spec.restart?.policy === "on-failure" ? (spec.restart.retries ?? FOR_EVER) : 0,
          template: template as PodTemplateSpec,
        }),
      };
    default:
      return {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata,
        spec: compact<DeploymentSpec>({
          replicas: count ?? 1,
          selector: { matchLabels: selector },
          strategy: exclusive ? { type: "Recreate" } : undefined,
          progressDeadlineSeconds:
            spec.waitTimeout === undefined ? undefined : Math.max(1, Math.ceil(spec.waitTimeout / 1000)),
          template: template as PodTemplateSpec,
        }),
      };
  }
}

/** Services by which the others and the outside find the pods. */
function servicesFor(
  spec: ServiceSpec,
  name: string,
  { published, exposed }: ReturnType<typeof servicePorts>,
  service: (object: string, kind: ServiceObjectSpec) => Manifest,
): Pick<Workload, "services" | "publishing"> {
  const aliases = aliasesOf(spec, name).map((alias) => service(alias, { clusterIP: "None" }));
  const isJob = spec.mode === "replicated-job";
  if (!published.length && !exposed.length) {
    // On a Docker network a name is there without any port.
    return {
      services: isJob ? aliases : [service(serviceName(name, "containerName"), { clusterIP: "None" }), ...aliases],
    };
  }
  serviceName(name, "containerName");
  if (!published.length) return { services: [service(name, { type: "ClusterIP", ports: exposed }), ...aliases] };
  if (!exposed.length) {
    const publishing = service(name, { type: "NodePort", ports: published });
    return { services: [publishing, ...aliases], publishing };
  }
  // A NodePort Service would open the ports on the nodes that are only exposed.
  const inside = published.map(({ nodePort: _, ...port }) => port);
  const publishing = service(serviceName(`${name}-published`, "containerName"), { type: "NodePort", ports: published });
  return {
    services: [service(name, { type: "ClusterIP", ports: [...inside, ...exposed] }), publishing, ...aliases],
    publishing,
  };
}
