import type { Deployment } from "@pulumi/kubernetes/apps/v1/deployment";
import type { Service } from "@pulumi/kubernetes/core/v1/service";
import * as pulumi from "@pulumi/pulumi";
import { checkGiven } from "../core/pulumi/checkTypes";
import type { Deployment as DeploymentManifest } from "kubernetes-types/apps/v1";
import type { Service as ServiceManifest, ServicePort, Volume } from "kubernetes-types/core/v1";
import { say } from "../core/description/say";
import {
  nodePort as checkNodePort,
  replicas as checkReplicas,
  selector as checkSelector,
  numberOrPercentage,
  portName as checkPortName,
  portNumber,
  serviceName as checkServiceName,
  subdomainName,
} from "../core/mapping/kubernetes/checks";
import { address } from "../core/engines/kubernetes/objects/address";
import { makeObject, type ManifestOf } from "../core/engines/kubernetes/object";
import type { Manifest } from "../core/mapping/kubernetes/manifest";
import { withoutWaiting } from "../core/engines/kubernetes/waiting";
import { container, sidecars as besides } from "../core/engines/kubernetes/objects/container";
import {
  Declaration,
  nameOnceMade,
  type NamespaceInput,
  namespaceOf,
} from "../core/engines/kubernetes/objects/declare";
import { listOf, objectOf, plain } from "../core/engines/kubernetes/objects/values";
import type { Patch } from "../core/engines/kubernetes/objects/patch";
import { gracePeriod, volumeNames } from "../core/engines/kubernetes/objects/pod";
import type { ContainerDescription, SidecarDescription } from "../core/engines/kubernetes/objects/types";
import { ArgumentError, checkFields, show } from "../core/description/errors";
import type { Inputs } from "../core/description/types";
import { reporter } from "../core/pulumi/componentErrors";
import { berthSetting } from "../core/pulumi/settings";

/** How pods are replaced one by one: at least one of the two is above zero. */
export interface RolloutDescription {
  /** Pods above `replicas` for a while: a number or a percentage. @default "25%" */
  maxSurge?: number | string;
  /** Pods that may be missing for a while: a number or a percentage. @default "25%" */
  maxUnavailable?: number | string;
}

/** Arguments of {@link WebApp}. */
export interface WebAppArgs extends ContainerDescription {
  /** Name of the Deployment. @default the component's name */
  name?: string;
  /** Name of the Service. @default the name of the Deployment */
  serviceName?: string;
  /** A name, or a `Namespace`. @default that of the provider (`kubernetes:namespace`), else "default" */
  namespace?: NamespaceInput;
  /**
   * Labels of Deployment, pods and Service. The label `app` is there always: by it alone Deployment and Service find
   * their pods, so that other labels can be changed without making the Deployment anew.
   * @default { app: <the component's name> }
   */
  labels?: Record<string, pulumi.Input<string>>;
  /** Number of pods. @default 1 */
  replicas?: pulumi.Input<number>;
  /** Name of the main container in each pod. @default the component's name */
  containerName?: string;
  /** Port that the program listens on. @default 80, which is then not listed in the container: the list only informs */
  containerPort?: number;
  /** Port of the Service inside the cluster. @default `containerPort` */
  port?: number;
  /** Name of the Service's port, e.g. `http`. @default none */
  portName?: string;
  /**
   * Port on every node, 30000 to 32767; with `serviceType: "NodePort"` or `"LoadBalancer"`.
   * @default the cluster picks a free one
   */
  nodePort?: number;
  /**
   * Where the Service can be reached from: the cluster, its nodes, or a load balancer.
   * @default "NodePort" where `nodePort` is given, else "ClusterIP"
   */
  serviceType?: "ClusterIP" | "NodePort" | "LoadBalancer";
  /** Secrets of type `kubernetes.io/dockerconfigjson` for images of private registries, by name. @default none */
  imagePullSecrets?: string[];
  /** `"Recreate"` ends all old pods first. `false`: the cluster decides. @default { maxSurge: 1, maxUnavailable: 0 } */
  strategy?: "Recreate" | RolloutDescription | false;
  /** Seconds between the call to end and the kill, `preStop` included. @default 30 */
  terminationGracePeriodSeconds?: number;
  /** Let the pods talk to the API server. @default false */
  automountServiceAccountToken?: boolean;
  /** @default a GET of / on `containerPort`, every 5 s */
  readinessProbe?: ContainerDescription["readinessProbe"];
  /** @default { requests: { cpu: "50m", memory: "64Mi" } } */
  resources?: ContainerDescription["resources"];
  /**
   * Runs before the server is told to end. The pod is taken from the Service at the same moment, and the nodes need
   * a while to hear of that; a server that ends at once refuses the requests of that while. The sleep is Kubernetes'
   * own and needs no program in the image. Before Kubernetes 1.30: `{ exec: ["sleep", "5"] }`, which needs one.
   * @default { sleep: 5 }
   */
  preStop?: ContainerDescription["preStop"];
  /** Containers beside the server in each pod. @default none */
  sidecars?: SidecarDescription[];
  /** Volumes of the pods, mounted by `volumeMounts` of the server and the sidecars. @default none */
  volumes?: Inputs<Volume>[];
  /**
   * `false`: none of the defaults that make a rolling update lose no request and a pod behave (`readinessProbe`,
   * `resources`, `strategy`, `preStop`, `automountServiceAccountToken`); only what is given. @default true
   */
  safeDefaults?: boolean;
  /**
   * Part of the Deployment in Kubernetes' own words, laid over it last, as `kubectl patch` does: containers, volumes,
   * variables and ports are merged one by one; `null` takes a field away.
   */
  deployment?: Patch<DeploymentManifest>;
  /** Part of the Service, in the same way. */
  service?: Patch<ServiceManifest>;
}

const SERVICE_TYPES = ["ClusterIP", "NodePort", "LoadBalancer"];

/** Each can be switched off by its name. */
const SAFE = {
  readinessProbe: { httpGet: "/", periodSeconds: 5 },
  resources: { requests: { cpu: "50m", memory: "64Mi" } },
  strategy: { maxSurge: 1, maxUnavailable: 0 },
  preStop: { sleep: 5 },
  automountServiceAccountToken: false,
} satisfies Partial<WebAppArgs>;

/**
 * A web server on a Kubernetes cluster: a Deployment, and the Service by which it is reached. Documented setups G1,
 * G2, G3 and, with `sidecars`, G6.
 *
 * By default a rolling update loses no request: a new pod stands and answers before an old one goes, and the old one
 * waits until nobody sends it requests any more. `up` returns when the pods answer.
 *
 * @example
 * // G1 and G2, exactly as documented: kubectl apply -f nginx-deployment.yaml -f nginx-service.yaml
 * new WebApp("nginx", {
 *   name: "nginx-deployment",
 *   serviceName: "nginx-service",
 *   image: "nginx:1.7.9",
 *   port: 80,
 *   portName: "nginx-port",
 *   nodePort: 32600,
 *   safeDefaults: false,
 * });
 * @example
 * // G6: whatever the sidecar fetches is served; the server begins when there is something to serve.
 * new WebApp("site", {
 *   image: "nginx:1.27",
 *   volumes: [{ name: "site", emptyDir: {} }],
 *   volumeMounts: [{ name: "site", mountPath: "/usr/share/nginx/html", readOnly: true }],
 *   sidecars: [
 *     {
 *       name: "fetcher",
 *       image: "busybox",
 *       command: ["sh", "-c", "while true; do wget -O /site/index.html http://example.com; sleep 60; done"],
 *       volumeMounts: [{ name: "site", mountPath: "/site" }],
 *       native: true,
 *       startupProbe: { exec: ["test", "-s", "/site/index.html"] },
 *     },
 *   ],
 * });
 *
 * @throws pulumi.ResourceError naming the argument, before anything is made
 */
export class WebApp extends pulumi.ComponentResource {
  /** Name of the Deployment, once its pods are ready. */
  readonly deploymentName: pulumi.Output<string>;
  /** Name of the Service, under which other pods find it. */
  readonly serviceName: pulumi.Output<string>;
  /** Namespace that both are in. */
  readonly namespace: pulumi.Output<string>;
  /** Port on every node; undefined for the type `ClusterIP`. */
  readonly nodePort: pulumi.Output<number | undefined>;
  /**
   * Address of the site: of the load balancer, of the node port (on the host in `berth:nodeAddress`, localhost by
   * default), or inside the cluster.
   */
  readonly url: pulumi.Output<string>;
  /** The objects themselves, for what this component does not show. */
  readonly deployment: Deployment;
  /** The Service itself, for what this component does not show. */
  readonly service: Service;

  constructor(name: string, args: WebAppArgs, opts: pulumi.ComponentResourceOptions = {}) {
    checkGiven("WebApp", name, args);
    const type = "berth:services:WebApp";
    const report = reporter(type, name);
    const { declaration, deploymentName, deployment, serviceName, service } = report(() =>
      describe(name, args, report, opts),
    );
    const { namespace, session } = declaration;
    super(
      type,
      name,
      { name: deploymentName, serviceName, namespace, image: args.image, replicas: args.replicas },
      opts,
    );

    const options = declaration.options(this);
    declaration.makeSecret(options);
    this.deployment = makeObject(name, deployment, options);
    // A renamed Service keeps its node port, which two of them cannot have.
    const { serviceHooks: hooks } = session;
    this.service = makeObject(name, session.forPreview(service), { ...options, deleteBeforeReplace: true, hooks });
    this.deploymentName = nameOnceMade(deploymentName, this.deployment);
    this.serviceName = nameOnceMade(serviceName, this.service);
    this.namespace = namespaceOf(this.deployment, session.defaultNamespace);
    this.nodePort = this.service.spec.apply((spec) => spec?.ports?.[0]?.nodePort);
    const { service: made } = this;
    const node = berthSetting("nodeAddress") ?? "localhost";
    this.url = pulumi
      .all([made.spec, made.status, this.nodePort, this.serviceName, this.namespace])
      .apply(([spec, status, port, inside, where]) => address(spec, status, port, `${inside}.${where}.svc`, node));
    this.registerOutputs({});
  }
}

function describe(
  name: string,
  given: WebAppArgs,
  report: <R>(run: () => R) => R,
  opts: pulumi.ComponentResourceOptions,
) {
  const { safeDefaults = true } = given;
  if (typeof safeDefaults !== "boolean")
    throw new ArgumentError("safeDefaults", say`${show(safeDefaults)} is not true or false`, say`use true or false`);
  const args: WebAppArgs = { ...(safeDefaults && SAFE), ...withoutUndefined(given) };
  const deploymentName = subdomainName(plain(args.name ?? name, "name"), "name");
  const serviceName = checkServiceName(plain(args.serviceName ?? deploymentName, "serviceName"), "serviceName");
  const { containerName = name, containerPort = 80, replicas = 1 } = args;
  portNumber(plain(containerPort, "containerPort"), "containerPort");

  const declaration = new Declaration(name, report, args.namespace, opts);
  const { whenKnown } = declaration;
  const labels = { app: name, ...withoutUndefined(objectOf(args.labels ?? {}, "labels", say`a map of labels`)) };
  const selector = { app: plain(labels.app, "labels.app") };
  const checkedLabels = declaration.labels(labels);

  const volumes = volumeNames(args.volumes);
  const { keepSecret } = declaration;
  const main = {
    ...container(containerName, "containerName", args, { whenKnown, port: containerPort, volumes, keepSecret }),
    ...(args.containerPort !== undefined && { ports: [{ containerPort }] }),
  };
  const taken = { names: new Set([containerName]), ports: new Set([`${containerPort}/TCP`]) };
  const { containers, initContainers } = besides(args.sidecars ?? [], { whenKnown, volumes, keepSecret, taken });

  const deployment = declaration.object(
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: deploymentName, labels: checkedLabels },
      spec: withoutUndefined({
        replicas: whenKnown(replicas, (count) => void checkReplicas(count, "replicas")),
        selector: { matchLabels: selector },
        strategy: strategy(args.strategy),
        template: {
          metadata: { labels: checkedLabels },
          spec: withoutUndefined({
            containers: [main, ...containers],
            initContainers: initContainers.length ? initContainers : undefined,
            imagePullSecrets: pullSecrets(args.imagePullSecrets),
            terminationGracePeriodSeconds: gracePeriod(args.terminationGracePeriodSeconds, args.preStop),
            automountServiceAccountToken: flag(args.automountServiceAccountToken, "automountServiceAccountToken"),
            volumes: args.volumes,
          }),
        },
      }),
    },
    args.deployment,
    "deployment",
  );
  const type = serviceType(args);
  const described: ManifestOf<"v1", "Service"> = {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: serviceName, labels: checkedLabels },
    spec: { selector, ports: [servicePort(args, containerPort)], type },
  };
  // Only a load balancer has something to wait for: its address. The Deployment says when the pods answer.
  const waiting = type === "LoadBalancer" ? described : withoutWaiting(described);
  const service = declaration.object(waiting, args.service, "service");
  checkTogether(declaration, deployment, service, args);
  declaration.claim(deployment);
  declaration.claim(service, (port) => (port === args.nodePort ? "nodePort" : "service.spec.ports"));
  return { declaration, deploymentName, deployment, serviceName, service };
}

type Selector = Record<string, string>;

/** What holds between the objects also after the user's own parts were laid over them. */
function checkTogether(declaration: Declaration, deployment: Manifest, service: Manifest, args: WebAppArgs): void {
  const { template, selector } = deployment.spec as {
    template?: { metadata?: { labels?: Selector } };
    selector?: { matchLabels?: Selector };
  };
  const podLabels = template?.metadata?.labels;
  const spec = service.spec as { selector?: Selector; ports?: ServicePort[] };
  for (const [argument, found] of [
    ["deployment.spec.selector.matchLabels", selector?.matchLabels],
    ["service.spec.selector", spec.selector],
  ] as const)
    declaration.check(
      { podLabels, found },
      (known) => void checkSelector(known.found ?? {}, argument, known.podLabels ?? {}),
    );
  if (args.service === undefined) return;
  declaration.check({ ports: spec.ports }, ({ ports = [] }) => {
    for (const [index, { nodePort }] of ports.entries())
      if (nodePort !== undefined) checkNodePort(nodePort, `service.spec.ports[${index}].nodePort`);
  });
}

function serviceType({ serviceType: given, nodePort }: WebAppArgs): string {
  const type = plain(given, "serviceType") ?? (nodePort === undefined ? "ClusterIP" : "NodePort");
  if (!SERVICE_TYPES.includes(type))
    throw new ArgumentError("serviceType", say`${show(type)} is not known`, say`use ${SERVICE_TYPES.join(", ")}`);
  if (type === "ClusterIP" && nodePort !== undefined)
    throw new ArgumentError(
      "nodePort",
      say`a Service of the type ClusterIP has none`,
      say`use serviceType: "NodePort"`,
    );
  return type;
}

function servicePort({ port, portName, nodePort }: WebAppArgs, containerPort: number): ServicePort {
  return {
    ...(portName !== undefined && { name: checkPortName(plain(portName, "portName"), "portName") }),
    protocol: "TCP",
    port: port === undefined ? containerPort : portNumber(plain(port, "port"), "port"),
    targetPort: containerPort,
    ...(nodePort !== undefined && { nodePort: checkNodePort(plain(nodePort, "nodePort"), "nodePort") }),
  };
}

/** How pods give way to new ones, as the API server takes it. */
function strategy(given: WebAppArgs["strategy"]): object | undefined {
  plain(given, "strategy");
  if (given === undefined || given === false) return undefined;
  if (given === "Recreate") return { type: "Recreate" };
  if (given === null || typeof given !== "object")
    throw new ArgumentError(
      "strategy",
      say`${show(given)} is not known`,
      say`use "Recreate", { maxSurge, maxUnavailable } or false`,
    );
  checkFields(given, ["maxSurge", "maxUnavailable"], "strategy", say`a rolling update`);
  const { maxSurge, maxUnavailable } = given;
  for (const [key, value] of Object.entries({ maxSurge, maxUnavailable }))
    if (value !== undefined) numberOrPercentage(value, `strategy.${key}`);
  const percentage = /^(\d+)%$/.exec(String(maxUnavailable))?.[1];
  if (Number(percentage ?? 0) > 100)
    throw new ArgumentError(
      "strategy.maxUnavailable",
      say`${show(maxUnavailable)} is more than all pods`,
      say`use ${show("100%")}`,
    );
  const isZero = (value: unknown) => value !== undefined && Number.parseInt(String(value), 10) === 0;
  if (isZero(maxSurge) && isZero(maxUnavailable))
    throw new ArgumentError(
      "strategy",
      say`with maxSurge and maxUnavailable both 0 no pod could ever be replaced`,
      say`set one of them to 1`,
    );
  return { type: "RollingUpdate", rollingUpdate: withoutUndefined({ maxSurge, maxUnavailable }) };
}

function pullSecrets(names: string[] | undefined): { name: string }[] | undefined {
  if (names === undefined) return undefined;
  return listOf(names, "imagePullSecrets").map((name, index) => ({
    name: subdomainName(plain(name, `imagePullSecrets[${index}]`), `imagePullSecrets[${index}]`),
  }));
}

function flag(value: boolean | undefined, argument: string): boolean | undefined {
  if (value !== undefined && typeof plain(value, argument) !== "boolean")
    throw new ArgumentError(argument, say`${show(value)} is not true or false`, say`use true or false`);
  return value;
}

function withoutUndefined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as T;
}
