import { say } from "../../description/say";
import { ArgumentError } from "../../description/errors";
import { defined } from "../../description/describe";
import type { Notice, ProjectDescription, ProjectService, VolumeDefinition } from "../../description/project";
import { leadsTo, type GivenObject, podOf, podPath } from "../../mapping/kubernetes/given";
import { referencesOf } from "../../mapping/kubernetes/order";
import { FILLS_VOLUMES } from "../../mapping/kubernetes/volumes";
import { pathsOf, Taking } from "../../mapping/kubernetes/taking";
import { Contents, ContainerReader } from "./container";
import { loss, lostObject } from "./losses";

/** Objects as a project for one machine. */
export interface ObjectsAsProject {
  project: ProjectDescription;
  /** Variables and files that come from a Secret, by service key. */
  secretNames: Map<string, Set<string>>;
}

/** What becomes services. A CronJob has pods too, and no time on one machine. */
const RUNS = /^(?:Deployment|StatefulSet|DaemonSet|ReplicaSet|ReplicationController|Pod|Job)$/;

/** What others are made of. */
const USED = /^(?:Namespace|Service|ConfigMap|Secret|PersistentVolumeClaim)$/;

const FILLS = say`a volume of Docker may fill its disk`;

interface Port {
  name?: string;
  port: number;
  targetPort?: number | string;
  nodePort?: number;
  protocol?: string;
}

class Project {
  private readonly notices: Notice[] = [];
  private readonly services: Record<string, ProjectService> = {};
  private readonly volumes: Record<string, VolumeDefinition> = {};
  private readonly secretNames = new Map<string, Set<string>>();
  private readonly contents: Contents;
  /** Everything that may call somebody by name. */
  private readonly text: string;
  private readonly workloads: GivenObject[];
  /** Keys of the services of a workload, the first one of its main container. */
  private readonly keys = new Map<GivenObject, string[]>();

  private readonly objects: GivenObject[];
  private readonly folders: Map<string, Set<string>>;

  constructor(
    given: GivenObject[],
    private readonly name: string,
  ) {
    const objects = given.map((object) => this.unfilled(object));
    this.objects = objects;
    this.contents = new Contents(objects);
    this.text = JSON.stringify(objects.map(({ manifest }) => ({ ...manifest, metadata: undefined })));
    this.workloads = objects.filter((object) => RUNS.test(object.kind) && podOf(object));
    this.folders = foldersOf(this.workloads);
  }

  /** An object without the container that fills its claims, where berth has printed one. */
  private unfilled(object: GivenObject): GivenObject {
    type Pod = { initContainers?: { name?: string }[] };
    const fills = ({ initContainers }: Pod) => initContainers?.some(({ name }) => name === FILLS_VOLUMES);
    if (!RUNS.test(object.kind) || !fills((podOf(object)?.spec ?? {}) as Pod)) return object;
    const copy = { ...object, manifest: structuredClone(object.manifest) };
    const spec = podOf(copy)!.spec as Pod;
    spec.initContainers = spec.initContainers!.filter(({ name }) => name !== FILLS_VOLUMES);
    if (spec.initContainers.length === 0) delete spec.initContainers;
    return copy;
  }

  read(): ObjectsAsProject {
    for (const object of this.workloads) this.nameServices(object);
    for (const object of this.workloads) this.workload(object);
    for (const object of this.objects) {
      const { kind, at } = object;
      if (this.workloads.includes(object)) continue;
      if (!USED.test(kind) || podPath(object)) this.notices.push(lostObject(at, kind));
      else if (kind === "Service") this.unusedService(object);
      else if (/^(?:ConfigMap|Secret|PersistentVolumeClaim)$/.test(kind) && !this.isUsed(object))
        this.notices.push({ level: "note", at, text: say`is left out: no container of these files reads it` });
      else if (kind === "PersistentVolumeClaim")
        this.notices.push({ ...loss(at, "spec.resources.requests.storage", FILLS), level: "note" });
    }
    const spaces = new Set(this.workloads.map(({ namespace = "default" }) => namespace));
    if (spaces.size > 1)
      this.notices.push({
        level: "note",
        at: [...spaces].join(", "),
        text: say`are namespaces, of which one machine has none: all services find each other`,
      });
    const several = Object.keys(this.services).length > 1;
    const network = `${this.name}_default`;
    for (const service of Object.values(this.services)) if (!several && !hasAliases(service)) delete service.networks;
    const joined = Object.values(this.services).some(({ networks }) => networks?.length);
    return {
      project: {
        name: this.name,
        services: this.services,
        networks: joined ? { default: { name: network } } : {},
        volumes: this.volumes,
        notices: this.notices,
      },
      secretNames: this.secretNames,
    };
  }

  private nameServices(object: GivenObject): void {
    const taken = new Set([...this.keys.values()].flat());
    const free = (name: string) => {
      if (!taken.has(name)) return name;
      const spaced = object.namespace ? `${object.namespace}-${name}` : `${name}-${object.kind.toLowerCase()}`;
      let key = spaced;
      for (let count = 2; taken.has(key); count++) key = `${spaced}-${count}`;
      return key;
    };
    const plain = object.name.replace(/\./g, "-");
    const { containers = [], initContainers = [] } = podOf(object)!.spec as Record<string, { name: string }[]>;
    const keys = [...containers, ...initContainers].map(({ name }, index) => {
      const key = free(index === 0 ? plain : `${plain}-${name}`);
      taken.add(key);
      return key;
    });
    this.keys.set(object, keys);
  }

  /** Where a volume lies that goes by a name of its own. */
  private readonly volume = (key: string): string => {
    this.volumes[key] ??= { name: `${this.name}_${key}` };
    return this.volumes[key].name;
  };

  private workload(object: GivenObject): void {
    const { at, kind, name } = object;
    const taking = new Taking(object.manifest);
    for (const field of ["apiVersion", "kind"]) taking.take(field);
    for (const field of ["name", "namespace", "labels"]) taking.take("metadata", field);
    const replicas = taking.take<number>("spec", "replicas");
    if (kind !== "Pod") {
      taking.take("spec", "selector");
      taking.take("spec", "serviceName");
    }
    if ((replicas ?? 1) !== 1) this.replicas(at, replicas!);
    const path = podPath(object)!;
    const retries = taking.take<number>(...["spec", "backoffLimit"]);
    for (const claim of taking.items("spec", "volumeClaimTemplates")) this.claim(at, name, claim);
    const pod = new Taking((path.length ? taking.take(...path) : { spec: taking.take("spec") }) as object);
    for (const field of ["labels", "name", "namespace", "creationTimestamp"]) pod.take("metadata", field);
    const keys = this.keys.get(object)!;
    const services = this.objects.filter((other) => leadsTo(other, object));
    const reader = new ContainerReader({
      at,
      name: keys[0]!,
      path: [...path, "spec"].join("."),
      pod,
      contents: this.contents,
      namespace: object.namespace,
      volume: this.volume,
      claims: ((object.manifest.spec?.volumeClaimTemplates ?? []) as { metadata: { name: string } }[]).map(
        ({ metadata }) => metadata.name,
      ),
      claimName: (claim) => `${claim}-${name}`,
      isOneFolder: (volume) => this.folders.get(claimOf(object, volume))?.size === 1,
      restart: restartOf(kind, pod.take<string>("spec", "restartPolicy"), retries),
      network: `${this.name}_default`,
      aliases: [
        ...services.map((service) => service.name),
        ...services.flatMap((service) => this.fullNames(object, service)),
      ],
    });
    const { described, notices } = reader.read(keys);
    for (const { key, service, secret } of described) {
      this.services[key] = service;
      if (secret.size) this.secretNames.set(key, secret);
    }
    this.publish(object, services, keys[0]!);
    this.notices.push(...notices);
    const left = taking.left();
    for (const lost of left ? short(pathsOf(left)) : []) this.notices.push(loss(at, lost));
    const inPod = pod.left();
    for (const lost of inPod ? short(pathsOf(inPod, path.join("."))) : []) this.notices.push(loss(at, lost));
  }

  /** Longer names of a Service by which something in these objects calls it. */
  private fullNames({ kind, name: workload }: GivenObject, { name, namespace = "default" }: GivenObject): string[] {
    const plain = (text: string) => text.replace(/[.]/g, "[.]");
    const pod = kind === "StatefulSet" ? `(?:${plain(workload)}-0[.])?` : "";
    const long = `(?:${pod}${plain(name)}[.]${namespace}(?:[.]svc(?:[.]cluster[.]local)?)?)`;
    const short = kind === "StatefulSet" ? `|(?:${plain(workload)}-0(?:[.]${plain(name)})?)` : "";
    const called = new RegExp(`(?<![\\w.-])(?:${long}${short})(?![\\w-]|[.]\\w)`, "g");
    return [...new Set(this.text.match(called) ?? [])];
  }

  private replicas(at: string, count: number): void {
    const text =
      count === 0
        ? say`0 becomes one: take the service out where it is not to run`
        : say`${count} become one: one machine runs one of each`;
    this.notices.push({ level: count === 0 ? "warning" : "note", at: `${at}: spec.replicas`, text });
  }

  private claim(at: string, workload: string, claim: Taking): void {
    const name = claim.take<string>("metadata", "name");
    this.volume(`${name}-${workload}`);
    const { resources } = (claim.see<{ resources?: { requests?: { storage?: unknown } } }>("spec") ?? {}) as {
      resources?: { requests?: { storage?: unknown } };
    };
    const size = resources?.requests?.storage;
    if (size !== undefined)
      this.notices.push({
        level: "note",
        at: `${at}: spec.volumeClaimTemplates`,
        text: say`the size ${String(size)} of ${name} is left out: ${FILLS}`,
      });
  }

  /** Ports that the Services of a workload open on the nodes. */
  private publish(object: GivenObject, services: GivenObject[], key: string): void {
    const service = this.services[key]!;
    const ports = [...(service.ports ?? [])];
    const listed = (
      (podOf(object)!.spec.containers ?? []) as { ports?: { name?: string; containerPort: number }[] }[]
    ).flatMap((container) => container.ports ?? []);
    for (const { at, name, manifest } of services) {
      const {
        type = "ClusterIP",
        ports: opened = [],
        clusterIP,
      } = manifest.spec as {
        type?: string;
        ports?: Port[];
        clusterIP?: string;
      };
      for (const { port, targetPort = port, nodePort, protocol = "TCP" } of opened) {
        const target =
          typeof targetPort === "number" || /^\d+$/.test(targetPort)
            ? Number(targetPort)
            : listed.find((one) => one.name === targetPort)?.containerPort;
        if (target === undefined) {
          this.notices.push({
            level: "warning",
            at,
            text: say`its port ${port} is left out: no container has a port that is named ${String(targetPort)}`,
          });
          continue;
        }
        if (target !== port && clusterIP !== "None")
          this.notices.push({
            level: "warning",
            at,
            text: say`others reach ${name} on the port ${port}, and on one machine the container's own: write ${target} where ${port} is`,
          });
        const suffix = protocol === "TCP" ? "" : `/${protocol.toLowerCase()}`;
        if (type === "LoadBalancer") ports.push(`${port}:${target}${suffix}`);
        if (type === "NodePort")
          ports.push(nodePort === undefined ? `${target}${suffix}` : `${nodePort}:${target}${suffix}`);
      }
      const left = new Taking(manifest);
      for (const field of ["apiVersion", "kind", "metadata"]) left.take(field);
      for (const field of ["type", "ports", "selector", "clusterIP", "clusterIPs"]) left.take("spec", field);
      const rest = left.left();
      for (const lost of rest ? short(pathsOf(rest)) : [])
        this.notices.push(loss(at, lost, say`Docker publishes ports, and balances nothing`));
    }
    const unique = [...new Map(ports.map((port) => [JSON.stringify(port), port])).values()];
    if (unique.length && service.networkMode === "host") delete service.ports;
    else if (unique.length) service.ports = unique;
  }

  private isUsed({ kind, name, namespace = "default" }: GivenObject): boolean {
    return this.workloads.some(
      (workload) =>
        (workload.namespace ?? "default") === namespace &&
        referencesOf(podOf(workload)!.spec).some(([of, other]) => of === kind && other === name),
    );
  }

  private unusedService(object: GivenObject): void {
    if (this.workloads.some((workload) => leadsTo(object, workload))) return;
    this.notices.push({
      level: "warning",
      at: object.at,
      text: say`is left out: it leads to no pods of these files`,
    });
  }
}

interface Mounting {
  volumeMounts?: { name: string; subPath?: string }[];
}

/** The folders of each claim that containers mount; "" for the whole. */
function foldersOf(workloads: GivenObject[]): Map<string, Set<string>> {
  const folders = new Map<string, Set<string>>();
  for (const object of workloads) {
    const { containers = [], initContainers = [] } = podOf(object)!.spec as Record<string, Mounting[]>;
    for (const { name, subPath = "" } of [...containers, ...initContainers].flatMap((one) => one.volumeMounts ?? [])) {
      const claim = claimOf(object, name);
      folders.set(claim, (folders.get(claim) ?? new Set()).add(subPath));
    }
  }
  return folders;
}

/** What a pod's volume is in the cluster: the claim, or something of this workload alone. */
function claimOf(object: GivenObject, volume: string): string {
  const { at, namespace = "default" } = object;
  const { volumes = [] } = podOf(object)!.spec as {
    volumes?: { name: string; persistentVolumeClaim?: { claimName: string } }[];
  };
  const claim = volumes.find(({ name }) => name === volume)?.persistentVolumeClaim?.claimName;
  return claim === undefined ? `${at}: ${volume}` : `${namespace}/${claim}`;
}

/** Others find it by a name that is not its own. */
const hasAliases = ({ networks }: ProjectService): boolean =>
  Boolean(networks?.some((network) => typeof network === "object" && (network.aliases?.length ?? 0) > 1));

function restartOf(kind: string, policy: string | undefined, retries: number | undefined): ProjectService["restart"] {
  if (policy === "OnFailure") return retries ? `on-failure:${retries}` : "on-failure";
  if (policy === "Never") return "no";
  return kind === "Job" ? "no" : "always";
}

/** Several values of one field are said once: `affinity`, not each of its leaves. */
function short(paths: string[]): string[] {
  const cut = paths.map(
    (path) =>
      /^(.*?\b(?:affinity|tolerations|nodeSelector|labels|annotations|strategy|updateStrategy|topologySpreadConstraints|dnsConfig|volumes|securityContext\.seLinuxOptions))\b/.exec(
        path,
      )?.[1] ?? path,
  );
  return [...new Set(cut)];
}

/**
 * What objects say as services of one machine: pods become containers, Services published ports and names, ConfigMaps
 * and Secrets variables and files, claims volumes. What gets lost is a notice for each field.
 *
 * @param name of the project
 * @throws ArgumentError where none of the objects runs anything
 */
export function projectOfObjects(objects: GivenObject[], name: string): ObjectsAsProject {
  const result = new Project(objects, name).read();
  if (Object.keys(result.project.services).length === 0)
    throw new ArgumentError(
      objects
        .map(({ at }) => at)
        .slice(0, 3)
        .join(", "),
      say`nothing of these objects runs a container by itself`,
      say`name the files with a Deployment, StatefulSet, DaemonSet, Job or Pod`,
    );
  result.project.services = Object.fromEntries(
    Object.entries(result.project.services).map(([key, service]) => [key, defined(service)]),
  ) as Record<string, ProjectService>;
  return result;
}
