import * as pulumi from "@pulumi/pulumi";
import type { ObjectMeta } from "kubernetes-types/meta/v1";
import type { ServicePort } from "kubernetes-types/core/v1";
import { ArgumentError } from "../../description/errors";
import { say } from "../../description/say";
import { isOurs, type Owner, ownerLabels, ownerOf } from "../owner";
import { checkLast } from "../../pulumi/allOrNothing";
import { sentence } from "../../pulumi/componentErrors";
import { hasPulumiEngine, perProvider, providerAmong } from "../../pulumi/perProgram";
import { runNow } from "../../pulumi/runNow";
import { ClusterClient } from "./client";
import {
  type ClusterLook,
  type ClusterSettings,
  type ClusterSnapshot,
  type ClusterVisit,
  type NodePort,
  visit,
} from "./look";
import { COMPONENT, PLUGIN_VERSION } from "./object";
import { isClusterWide } from "../../mapping/kubernetes/kinds";
import type { Manifest } from "../../mapping/kubernetes/manifest";
import { berthSetting, namesToAdopt } from "../../pulumi/settings";
import { suffixes } from "../../pulumi/hookNames";

/** What one Pulumi program has declared on one cluster so far. */
export class ClusterSession {
  readonly owner: Owner;
  /** Undefined where there is no cluster to ask: in a plan, under mocks, or where berth cannot log in. */
  snapshot?: ClusterSnapshot;
  client?: ClusterClient;
  /** Whether somebody has begun to look at the cluster. */
  looked = false;
  /** Of a Service with node ports. Undefined under mocks, which know no hooks. */
  readonly serviceHooks?: pulumi.ResourceHookBinding;
  private readonly objects = new Map<string, string>();
  private readonly nodePorts = new Map<string, string>();
  private pods?: pulumi.ProviderResource;

  constructor(
    readonly defaultNamespace: string,
    private readonly provider?: pulumi.ProviderResource,
  ) {
    const configured = berthSetting("owner");
    this.owner = ownerOf(pulumi.getProject(), pulumi.getStack(), process.cwd(), configured);
    if (!hasPulumiEngine()) return;
    const hook = new pulumi.ResourceHook(`berth-free-node-ports${nextSuffix()}`, ({ newInputs }) =>
      this.freeNodePorts(newInputs?.spec),
    );
    this.serviceHooks = { beforeCreate: [hook], beforeUpdate: [hook] };
  }

  /** The provider for bare Pods; undefined where the program has chosen one for all. */
  get podProvider(): pulumi.ProviderResource | undefined {
    if (this.provider) return undefined;
    this.pods ??= new PodProvider();
    return this.pods;
  }

  /**
   * Takes what a look has found.
   *
   * @throws RunError where it found no cluster
   */
  take(found: ClusterVisit): void {
    if (found.error !== undefined) throw new pulumi.RunError(found.error);
    if (found.warning !== undefined) {
      void pulumi.log.warn(found.warning);
      return;
    }
    this.client = found.client;
    this.snapshot = found.snapshot;
  }

  /** Annotations that mark an object as this stack's. */
  get annotations(): Record<string, string> {
    return ownerLabels(this.owner);
  }

  /**
   * Refuses an object that is there already and was made by somebody else: applying it would take it over in
   * silence. What this stack made itself, and does not know because an apply was killed, is taken up again. What
   * another component of the stack made is refused too: Pulumi would delete the object under its old name last.
   *
   * @param component URN of the component that declares it
   * @param path where the API server has it, for kinds whose plural is not regular
   */
  async checkOwner({ metadata, ...manifest }: Manifest, component?: string, path?: string): Promise<void> {
    const { name, namespace = this.defaultNamespace } = metadata as ObjectMeta;
    if (!this.client || this.client.access.indirect || typeof name !== "string") return;
    const { status, body } = await this.client.get<{ metadata: ObjectMeta }>(
      path ?? pathOf({ metadata, ...manifest } as Manifest, namespace, name),
    );
    if (status !== 200) return;
    const { kind } = manifest;
    const annotations = body?.metadata.annotations;
    if (isOurs(annotations, this.owner)) {
      const maker = annotations?.[COMPONENT];
      if (component === undefined || maker === undefined || maker === component) return;
      throw new ArgumentError(
        "name",
        say`the ${kind} ${name} belongs to the component ${componentOf(maker)} of this stack, which was renamed or moved`,
        say`undo that, destroy it first, or choose another name; where an alias says that it is the same, \`kubectl annotate --overwrite ${COMPONENT}=${component}\``,
      );
    }
    const alone = isClusterWide(kind);
    const place = alone ? "" : say` in the namespace ${namespace}`;
    const mark = Object.entries(this.annotations).map(([key, value]) => `${key}=${value}`);
    const option = alone ? "" : ` -n ${namespace}`;
    throw new ArgumentError(
      "name",
      say`the ${kind} ${name}${place} is there already and was not made by this stack`,
      say`choose another name, delete it, or hand it over with \`kubectl annotate ${kind.toLowerCase()} ${name}${option} --overwrite ${mark.join(" ")}\``,
    );
  }

  /**
   * Refuses what cannot stand beside what is there: two objects of one name in this program, a node port that
   * another service of this program or of the cluster has. Runs before anything is made.
   *
   * @param by the component that declares it, for the sentence
   * @param argument gives the argument that a node port comes from
   */
  claim(manifest: Manifest, by: string, argument = (_port: number) => "ports"): void {
    const { name, namespace = this.defaultNamespace } = manifest.metadata as ObjectMeta;
    if (typeof name !== "string" || typeof namespace !== "string") return;
    if (namesToAdopt().includes(name))
      throw new ArgumentError(
        "berth:adopt",
        say`takes over what a Docker engine has, and ${name} is a ${manifest.kind} of a cluster`,
        say`take the name out of it; where that object is there already, the preview shows the command that hands it over`,
      );
    const key = [manifest.kind, namespace, name].join(" ");
    const other = this.objects.get(key);
    if (other !== undefined)
      throw new ArgumentError(
        "name",
        say`the ${manifest.kind} ${name} in the namespace ${namespace} is declared by ${other} already`,
        say`give each its own name, or another namespace`,
      );
    this.objects.set(key, by);
    if (manifest.kind !== "Service") return;
    for (const { nodePort, protocol = "TCP" } of (manifest.spec as { ports?: ServicePort[] }).ports ?? []) {
      // A zero is a port that the cluster picks.
      if (typeof nodePort !== "number" || nodePort === 0) continue;
      const taken = (where: string) =>
        new ArgumentError(
          argument(nodePort),
          say`the node port ${nodePort} is taken by ${where}`,
          say`choose another one`,
        );
      const declared = this.nodePorts.get(`${nodePort}/${protocol}`);
      if (declared !== undefined) throw taken(declared);
      this.nodePorts.set(`${nodePort}/${protocol}`, by);
      const live = this.holder(nodePort, protocol);
      if (!live || (live.service === name && live.namespace === namespace)) continue;
      if (!isOurs(live.annotations, this.owner))
        throw taken(say`the service ${live.service} in the namespace ${live.namespace} of the cluster`);
      // One that is no longer declared goes before this one is made. Of one that is, the provider would be refused.
      checkLast(() => {
        if (!this.isDeclared(live)) return;
        const { message } = new ArgumentError(
          argument(nodePort),
          say`the node port ${nodePort} is that of the service ${live.service} until this \`up\` has changed it, and a cluster changes one after the other`,
          say`give one of the two a third port, and exchange them with the next \`up\``,
        );
        throw sentence(`${by}: ${message}`);
      });
    }
  }

  /**
   * A Service for a preview: the API server would try it out beside the one that has its node port still, and refuse it,
   * unless something about it is not known yet.
   */
  forPreview<T extends Manifest>(manifest: T): T {
    const { name } = manifest.metadata as ObjectMeta;
    const { ports = [], ...spec } = manifest.spec as { ports?: ServicePort[] };
    const isHeld = ({ nodePort, protocol = "TCP" }: ServicePort) => {
      const live = typeof nodePort === "number" ? this.holder(nodePort, protocol) : undefined;
      return live !== undefined && live.service !== name && isOurs(live.annotations, this.owner);
    };
    if (!pulumi.runtime.isDryRun() || !ports.some(isHeld)) return manifest;
    const shown = ports.map((port) => (isHeld(port) ? { ...port, nodePort: pulumi.unknown } : port));
    return { ...manifest, spec: { ...spec, ports: shown } };
  }

  private holder(nodePort: number, protocol: string): NodePort | undefined {
    return this.snapshot?.nodePorts.find((port) => port.port === nodePort && port.protocol === protocol);
  }

  private isDeclared = ({ namespace, service }: NodePort) =>
    this.objects.has(["Service", namespace, service].join(" "));

  /**
   * Before a service is made or changed: one of this stack that is no longer declared still has its node port, since
   * Pulumi deletes last.
   */
  private async freeNodePorts(spec: { ports?: ServicePort[] } | undefined): Promise<void> {
    for (const { nodePort, protocol = "TCP" } of spec?.ports ?? []) {
      const live = nodePort === undefined ? undefined : this.holder(nodePort, protocol);
      if (!this.client || !live || !isOurs(live.annotations, this.owner) || this.isDeclared(live)) continue;
      const { namespace, service } = live;
      const { status, body } = await this.client.delete(`/api/v1/namespaces/${namespace}/services/${service}`);
      if (status >= 400 && status !== 404)
        throw new Error(
          say`ports: the node port ${nodePort} is taken by the service ${service} of this stack, which is no longer declared and cannot be deleted (${body?.message ?? status}).`,
        );
      await pulumi.log.info(say`Deleted the service ${service}, which is no longer declared.`);
    }
  }
}

const nextSuffix = suffixes();

/** Type and name of a component, without what all URNs begin with. */
const componentOf = (urn: string): string => {
  const [, , types = "", name = urn] = urn.split("::");
  return `${name} (${types.split("$").at(-1)})`;
};

/** Where the API serves objects of a kind; every kind that berth makes has a regular plural. */
function pathOf({ apiVersion, kind }: Manifest, namespace: string, name: string): string {
  const plural = `${kind.toLowerCase()}s`;
  const scope = kind === "Namespace" ? "" : `namespaces/${namespace}/`;
  return `/${apiVersion.includes("/") ? "apis" : "api"}/${apiVersion}/${scope}${plural}/${name}`;
}

/**
 * The provider of bare Pods, with the stack's own settings but one. Most changes of a Pod replace it, and where a
 * provider may take up what is there, the preview of that replacement tries it on the old Pod and is refused.
 */
class PodProvider extends pulumi.ProviderResource {
  constructor() {
    const config = new pulumi.Config("kubernetes");
    const keys = Object.keys(pulumi.runtime.allConfig()).flatMap((key) => key.match(/^kubernetes:(.*)$/)?.[1] ?? []);
    const given = keys.map((key) => [key, key === "kubeconfig" ? config.getSecret(key) : config.get(key)]);
    super(
      "kubernetes",
      "pods",
      { ...Object.fromEntries(given), upsertExistingObjects: "false" },
      { version: PLUGIN_VERSION },
    );
  }
}

const unseenSession = perProvider(
  (provider) => new ClusterSession(new pulumi.Config("kubernetes").get("namespace") ?? "default", provider),
);

/**
 * The session of the running program on one cluster; under mocks every `setMocks` begins a new one. Where the program
 * has not looked at its cluster by itself (`program()`), the first component does, and waits for the answer.
 */
export function clusterSessionFor(provider?: pulumi.ProviderResource): ClusterSession {
  const session = unseenSession(provider);
  if (!provider && !session.looked && pulumi.runtime.hasEngine()) {
    session.looked = true;
    const found = runNow<ClusterLook>(require.resolve("./look"), "look", clusterSettings());
    session.take("access" in found ? { client: new ClusterClient(found.access), snapshot: found.snapshot } : found);
  }
  return session;
}

const isCluster = (provider?: unknown) =>
  (provider as { __pulumiType?: string } | undefined)?.__pulumiType === "pulumi:providers:kubernetes";

/** The Kubernetes provider among a component's options. */
export const clusterProviderOf = (opts: pulumi.ComponentResourceOptions): pulumi.ProviderResource | undefined =>
  providerAmong(opts, isCluster, "kubernetes:core/v1:Service");

/** Where the provider's own settings say that the cluster is. */
function clusterSettings(): ClusterSettings {
  const config = new pulumi.Config("kubernetes");
  const [kubeconfig, context, cluster] = ["kubeconfig", "context", "cluster"].map((key) => config.get(key));
  return { kubeconfig, context, cluster };
}

/**
 * Looks at the cluster before the program declares anything, for `program()`. The cluster is that of the Kubernetes
 * provider's own settings: `kubernetes:kubeconfig`, `kubernetes:context`, KUBECONFIG.
 *
 * @throws RunError with one sentence where no cluster is named, none answers, or it refuses the login
 */
export async function connectCluster(): Promise<void> {
  const session = unseenSession();
  session.looked = true;
  session.take(await visit(clusterSettings()));
}
