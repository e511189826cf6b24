import { isSecretName } from "../description/environment";
import { ArgumentError } from "../description/errors";
import {
  image,
  labelName,
  labels as checkLabels,
  nodePort,
  portName,
  quantity,
  serviceName,
} from "../mapping/kubernetes/checks";
import { type GivenManifest, type GivenObject, leadsTo } from "../mapping/kubernetes/given";
import { countOf, Taking } from "../mapping/kubernetes/taking";

/** A component of berth that says the same as objects, field by field. */
export interface Fitting {
  component: "Namespace" | "PodWithLifecycle" | "WebApp";
  name: string;
  args: Record<string, unknown>;
  /** The objects that it is made of. */
  objects: GivenObject[];
}

/** A component that says more than this in Kubernetes' own words is longer to read than the object. */
const MOST_BESIDE = 6;

/** Ends the attempt: the component cannot say it. */
class NoFit extends Error {}

function need(fits: unknown): asserts fits {
  if (!fits) throw new NoFit();
}

const isText = (value: unknown): value is string => typeof value === "string";
const isNumber = (value: unknown): value is number => typeof value === "number" && Number.isInteger(value);
const said = <T extends object>(value: T): T =>
  Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as T;
const whole = <T extends object>(value: T): T | undefined => (Object.keys(value).length ? value : undefined);
const only = (value: object, ...fields: string[]) => Object.keys(value).every((key) => fields.includes(key));

/** A request over HTTP as the component takes it: the path alone, where the port is the container's own. */
function httpGet(given: GivenManifest, port: number | undefined): unknown {
  need(only(given, "path", "port", "host", "scheme", "httpHeaders"));
  const { path = "/", port: asked, ...rest } = given;
  need(isText(path) && path.startsWith("/"));
  if (asked === port && Object.keys(rest).length === 0) return path;
  return said({ path: path === "/" ? undefined : path, port: asked === port ? undefined : asked, ...rest });
}

function exec({ command, ...rest }: GivenManifest): string[] {
  need(Array.isArray(command) && command.length > 0 && command.every(isText) && Object.keys(rest).length === 0);
  return command as string[];
}

const NUMBERS = [
  "initialDelaySeconds",
  "periodSeconds",
  "timeoutSeconds",
  "successThreshold",
  "failureThreshold",
  "terminationGracePeriodSeconds",
];
const LOWEST: Record<string, number> = { initialDelaySeconds: 0 };

function probe(given: GivenManifest, field: string, port: number | undefined): unknown {
  const kinds = ["httpGet", "tcpSocket", "grpc", "exec"].filter((kind) => given[kind] !== undefined);
  need(kinds.length === 1 && only(given, kinds[0]!, ...NUMBERS));
  const { httpGet: request, tcpSocket, grpc, exec: command, ...numbers } = given;
  for (const [key, value] of Object.entries(numbers)) need(isNumber(value) && value >= (LOWEST[key] ?? 1));
  const readiness = field === "readinessProbe";
  need(readiness || (numbers.successThreshold ?? 1) === 1);
  need(!readiness || numbers.terminationGracePeriodSeconds === undefined);
  if (request) {
    const asked = httpGet(request, port);
    return isText(asked) && Object.keys(numbers).length === 0 ? asked : { httpGet: asked, ...numbers };
  }
  if (tcpSocket) {
    need(only(tcpSocket, "port", "host"));
    return { tcpSocket: isNumber(tcpSocket.port) && only(tcpSocket, "port") ? tcpSocket.port : tcpSocket, ...numbers };
  }
  if (grpc) {
    need(only(grpc, "port", "service"));
    return { grpc: only(grpc, "port") ? grpc.port : grpc, ...numbers };
  }
  return { exec: exec(command), ...numbers };
}

function handler(given: GivenManifest, port: number | undefined): unknown {
  need(Object.keys(given).length === 1);
  if (given.exec) return { exec: exec(given.exec) };
  if (given.httpGet) return { httpGet: httpGet(given.httpGet, port) };
  need(isNumber(given.sleep?.seconds) && given.sleep.seconds > 0);
  return { sleep: given.sleep.seconds };
}

function variables(given: GivenManifest[]): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const { name, value, valueFrom, ...rest } of given) {
    // The component keeps what is named like a secret in a Secret of its own: good, and another thing than was written.
    need(isText(name) && Object.keys(rest).length === 0 && !Object.hasOwn(result, name));
    need((isText(value) && !isSecretName(name)) !== (valueFrom !== undefined));
    result[name] = valueFrom === undefined ? value : { valueFrom };
  }
  return result;
}

function resources(given: GivenManifest): unknown {
  need(only(given, "requests", "limits"));
  const texts = (all?: Record<string, string | number>) => {
    for (const [name, value] of Object.entries(all ?? {})) quantity(value, name);
    return all && Object.fromEntries(Object.entries(all).map(([name, value]) => [name, String(value)]));
  };
  return whole(said({ requests: texts(given.requests), limits: texts(given.limits) }));
}

const POLICIES = ["Always", "IfNotPresent", "Never"];

/** What a container's fields are as arguments; what is left of it has none. */
function containerArgs(container: Taking, volumes: Set<string>, port: number | undefined): Record<string, unknown> {
  const take = <T>(...path: string[]) => container.take<T>(...path);
  container.takeDefault(["terminationMessagePath"], "/dev/termination-log");
  container.takeDefault(["terminationMessagePolicy"], "File");
  const named = take<string>("image");
  need(named !== undefined);
  const policy = take<string>("imagePullPolicy");
  need(policy === undefined || POLICIES.includes(policy));
  const folder = take<string>("workingDir");
  need(folder === undefined || folder.startsWith("/"));
  const env = take<GivenManifest[]>("env");
  const given = take<GivenManifest>("resources");
  const mounts = take<{ name?: string; mountPath?: string }[]>("volumeMounts");
  for (const { name, mountPath } of mounts ?? []) need(name && volumes.has(name) && mountPath?.startsWith("/"));
  need(new Set(mounts?.map(({ mountPath }) => mountPath)).size === (mounts?.length ?? 0));
  const probes = ["readinessProbe", "livenessProbe", "startupProbe"].map((field) => {
    const value = take<GivenManifest>(field);
    return [field, value && probe(value, field, port)];
  });
  const handlers = ["postStart", "preStop"].map((field) => {
    const value = take<GivenManifest>("lifecycle", field);
    return [field, value && handler(value, port)];
  });
  return said({
    image: image(named, "image"),
    imagePullPolicy: policy,
    command: take("command"),
    args: take("args"),
    workingDir: folder,
    env: env?.length ? variables(env) : undefined,
    envFrom: take("envFrom"),
    resources: given && resources(given),
    ...Object.fromEntries([...probes, ...handlers]),
    volumeMounts: mounts?.length ? mounts : undefined,
    securityContext: take("securityContext"),
  });
}

/** Names of a pod's volumes, each there once. */
function volumeNames(volumes: { name?: string }[] = []): Set<string> {
  const names = new Set(volumes.map(({ name }) => labelName(name!, "volumes")));
  need(names.size === volumes.length);
  return names;
}

/** What the cluster fills in by itself says nothing. */
function takePodDefaults(spec: Taking): void {
  spec.takeDefault(["dnsPolicy"], "ClusterFirst");
  spec.takeDefault(["schedulerName"], "default-scheduler");
}

/** Seconds to end in, which a sleep before the end has to leave something of. */
function graceFits(grace: number | undefined, preStop: unknown): void {
  const sleep = (preStop as { sleep?: number } | undefined)?.sleep ?? 0;
  need(grace === undefined || (isNumber(grace) && grace >= 0));
  need(sleep < (grace ?? 30) || sleep === 0);
}

/** The part that takes labels from these to those; undefined where they are the same. */
function labelPatch(from: Record<string, string>, to: Record<string, string> | undefined): unknown {
  if (!to || Object.keys(to).length === 0) return null;
  const gone = Object.keys(from).filter((key) => to[key] === undefined);
  const other = Object.entries(to).filter(([key, value]) => from[key] !== value);
  return whole({ ...Object.fromEntries(gone.map((key) => [key, null])), ...Object.fromEntries(other) });
}

/** An object, of which what every object has is taken. */
function begun({ manifest }: GivenObject): Taking {
  const taking = new Taking(manifest);
  for (const field of ["apiVersion", "kind"]) taking.take(field);
  for (const field of ["name", "namespace"]) taking.take("metadata", field);
  return taking;
}

/** What is left of an object's metadata: its labels as the part that differs from these. */
function metadataPatch(object: Taking, from: Record<string, string>): object | undefined {
  const labels = labelPatch(from, object.take<Record<string, string>>("metadata", "labels"));
  const rest = object.left()?.metadata as GivenManifest | undefined;
  object.take("metadata");
  return whole(said({ labels, ...rest }));
}

function strategy(spec: Taking): unknown {
  const given = spec.take<{ type?: string; rollingUpdate?: Record<string, string | number> }>("strategy");
  if (!given) return undefined;
  need(only(given, "type", "rollingUpdate"));
  if (given.type === "Recreate") {
    need(given.rollingUpdate === undefined);
    return "Recreate";
  }
  need((given.type ?? "RollingUpdate") === "RollingUpdate");
  const rolling = given.rollingUpdate ?? {};
  need(only(rolling, "maxSurge", "maxUnavailable"));
  const isZero = (value: unknown) => value !== undefined && Number.parseInt(String(value), 10) === 0;
  need(!(isZero(rolling.maxSurge) && isZero(rolling.maxUnavailable)));
  return whole(rolling);
}

interface Port {
  containerPort: number;
  name?: string;
  protocol?: string;
}

/** The pod's labels: by the one of them that is named `app` both objects find it. */
function podLabelsOf(web: Taking, front: Taking): Record<string, string> {
  const labels = web.take<Record<string, string>>("spec", "template", "metadata", "labels") ?? {};
  for (const selector of [web.take<object>("spec", "selector", "matchLabels"), front.take<object>("spec", "selector")])
    need(selector && only(selector, "app") && (selector as { app?: string }).app === labels.app);
  need(isText(labels.app));
  checkLabels(labels, "labels");
  return labels;
}

/** The way from the Service's only port into the container: its arguments, and what both objects say beside them. */
function wayIn(front: Taking, main: Taking) {
  const ports = front.take<GivenManifest[]>("spec", "ports") ?? [];
  need(ports.length === 1);
  const opened = new Taking(ports[0]!);
  opened.takeDefault(["protocol"], "TCP");
  const port = opened.take<number>("port")!;
  const target = opened.take<number | string>("targetPort") ?? port;
  const listed = main.take<Port[]>("ports") ?? [];
  const inContainer = isNumber(target) ? target : listed.find((one) => one.name === target)?.containerPort;
  need(inContainer !== undefined && (listed.length === 0 || listed[0]!.containerPort === inContainer));
  // Of several ports with one number the parts could not be told apart.
  need(new Set(listed.map(({ containerPort }) => containerPort)).size === listed.length);

  const onNodes = opened.take<number>("nodePort");
  const named = opened.take<string>("name");
  const type = front.take<string>("spec", "type") ?? "ClusterIP";
  need(["ClusterIP", "NodePort", "LoadBalancer"].includes(type));
  need(type !== "ClusterIP" || onNodes === undefined);
  if (onNodes !== undefined) nodePort(onNodes, "nodePort");
  if (named !== undefined) portName(named, "portName");

  const beside = listed.map(({ protocol, ...one }) => ({ ...one, ...(protocol === "TCP" ? {} : said({ protocol })) }));
  const more = beside.some((one) => Object.keys(one).length > 1) || beside.length > 1 ? beside : undefined;
  const left = { ...opened.left(), ...(isNumber(target) ? {} : { targetPort: target }) };
  return {
    inContainer,
    args: {
      containerPort: listed.length || inContainer !== 80 ? inContainer : undefined,
      port: port === inContainer ? undefined : port,
      portName: named,
      nodePort: onNodes,
      serviceType: type === (onNodes === undefined ? "ClusterIP" : "NodePort") ? undefined : type,
    },
    containerPorts: listed.length ? more : inContainer === 80 ? undefined : null,
    servicePorts: whole(left) && [{ port, ...left }],
  };
}

/** The containers beside the main one, behind those that start before it. No two containers share a port. */
function sidecarsOf(spec: Taking, others: Taking[], volumes: Set<string>, port: number): object[] {
  const taken = new Set([port]);
  const before = spec.items("initContainers");
  for (const one of before) need(one.take("restartPolicy") === "Always");
  return [...before, ...others].map((one) => {
    const name = labelName(one.take<string>("name")!, "sidecars");
    const ports = one.take<Port[]>("ports");
    for (const { containerPort } of ports ?? []) {
      need(!taken.has(containerPort));
      taken.add(containerPort);
    }
    const args = containerArgs(one, volumes, ports?.[0]?.containerPort);
    need(!one.left());
    return said({ name, ...args, ports, native: before.includes(one) || undefined });
  });
}

/** A Deployment and the only Service in front of it. */
function webApp(deployment: GivenObject, service: GivenObject): Fitting {
  const { name } = deployment;
  const web = begun(deployment);
  const front = begun(service);
  const podLabels = podLabelsOf(web, front);

  const spec = new Taking(web.take<object>("spec", "template", "spec")!);
  takePodDefaults(spec);
  spec.takeDefault(["restartPolicy"], "Always");
  const volumes = spec.take<{ name: string }[]>("volumes");
  const names = volumeNames(volumes);
  const [main, ...others] = spec.items("containers");
  need(main);
  const containerName = labelName(main.take<string>("name")!, "containerName");
  const { inContainer, ...way } = wayIn(front, main);
  const args = containerArgs(main, names, inContainer);
  const sidecars = sidecarsOf(spec, others, names, inContainer);
  const grace = spec.take<number>("terminationGracePeriodSeconds");
  graceFits(grace, args.preStop);
  const secrets = spec.take<{ name: string }[]>("imagePullSecrets");
  for (const one of secrets ?? []) need(only(one, "name"));
  const token = spec.take<boolean>("automountServiceAccountToken");
  const deploymentSpec = new Taking(web.take<object>("spec")!);
  deploymentSpec.takeDefault(["progressDeadlineSeconds"], 600);
  deploymentSpec.takeDefault(["revisionHistoryLimit"], 10);
  const replicas = deploymentSpec.take<number>("replicas");
  const rolling = strategy(deploymentSpec);
  const annotations = deploymentSpec.take("template", "metadata");
  front.takeDefault(["spec", "sessionAffinity"], "None");

  const container = said({ ...main.left(), ports: way.containerPorts });
  const template = said({
    metadata: annotations && new Taking(annotations as object).left(),
    spec: whole(said({ ...spec.left(), containers: whole(container) && [{ name: containerName, ...container }] })),
  });
  const deploymentPatch = whole(
    said({
      metadata: metadataPatch(web, podLabels),
      spec: whole(said({ ...deploymentSpec.left(), template: whole(template) })),
      ...web.left(),
    }),
  );
  const metadata = metadataPatch(front, podLabels);
  const left = front.left();
  const servicePatch = whole(
    said({ metadata, ...left, spec: whole(said({ ...(left?.spec as object), ports: way.servicePorts })) }),
  );
  need(countOf(deploymentPatch ?? []) + countOf(servicePatch ?? []) <= MOST_BESIDE);
  const isStandard = only(podLabels, "app") && podLabels.app === name;
  return {
    component: "WebApp",
    name,
    objects: [deployment, service],
    args: said({
      serviceName: serviceName(service.name, "serviceName") === name ? undefined : service.name,
      namespace: deployment.namespace,
      labels: isStandard ? undefined : podLabels,
      replicas: replicas === 1 ? undefined : replicas,
      containerName: containerName === name ? undefined : containerName,
      ...args,
      ...way.args,
      strategy: rolling,
      imagePullSecrets: secrets?.map((one) => one.name),
      terminationGracePeriodSeconds: grace,
      automountServiceAccountToken: token,
      volumes,
      sidecars: sidecars.length ? sidecars : undefined,
      safeDefaults: false,
      deployment: deploymentPatch,
      service: servicePatch,
    }),
  };
}

/** A bare Pod with one container. */
function pod(object: GivenObject): Fitting {
  const { name, namespace } = object;
  const taking = begun(object);
  const labels = taking.take<Record<string, string>>("metadata", "labels");
  if (labels) checkLabels(labels, "labels");
  const spec = new Taking(taking.take<object>("spec")!);
  takePodDefaults(spec);
  const volumes = spec.take<{ name: string }[]>("volumes");
  const [main, ...others] = spec.items("containers");
  need(main && others.length === 0);
  const containerName = labelName(main.take<string>("name")!, "containerName");
  const args = containerArgs(main, volumeNames(volumes), undefined);
  const restartPolicy = spec.take<string>("restartPolicy");
  const grace = spec.take<number>("terminationGracePeriodSeconds");
  graceFits(grace, args.preStop);
  const container = main.left();
  const patch = whole(
    said({
      ...taking.left(),
      spec: whole(said({ ...spec.left(), containers: container && [{ name: containerName, ...container }] })),
    }),
  );
  need(countOf(patch ?? []) <= MOST_BESIDE);
  return {
    component: "PodWithLifecycle",
    name,
    objects: [object],
    args: said({
      namespace,
      labels: labels && whole(labels),
      containerName: containerName === name ? undefined : containerName,
      ...args,
      restartPolicy,
      terminationGracePeriodSeconds: grace,
      volumes,
      pod: patch,
    }),
  };
}

const OF_THE_CLUSTER = /^(?:default|kube-.*)$/;

function namespace(object: GivenObject): Fitting {
  need(!OF_THE_CLUSTER.test(object.name));
  const taking = begun(object);
  const labels = taking.take<Record<string, string>>("metadata", "labels");
  if (labels) checkLabels(labels, "labels");
  const manifest = taking.left();
  return {
    component: "Namespace",
    name: object.name,
    objects: [object],
    args: said({ labels: labels && whole(labels), manifest }),
  };
}

function attempt(make: () => Fitting): Fitting | undefined {
  try {
    return make();
  } catch (error) {
    if (error instanceof NoFit || error instanceof ArgumentError) return undefined;
    throw error;
  }
}

const isKind = ({ apiVersion, kind }: GivenObject, version: string, name: string) =>
  apiVersion === version && kind === name;

/**
 * The component that says an object field by field, with the others that it is made of. Undefined where none does.
 *
 * @param all the objects among which its Service is
 */
export function fitting(object: GivenObject, all: GivenObject[]): Fitting | undefined {
  if (isKind(object, "v1", "Namespace")) return attempt(() => namespace(object));
  if (isKind(object, "v1", "Pod")) return attempt(() => pod(object));
  if (!isKind(object, "apps/v1", "Deployment")) return undefined;
  const services = all.filter((other) => leadsTo(other, object));
  const [service, ...others] = services;
  if (!service || others.length || all.some((other) => other !== object && leadsTo(service, other))) return undefined;
  return attempt(() => webApp(object, service));
}
