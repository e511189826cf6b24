import { say } from "../../description/say";
import { defined } from "../../description/describe";
import type { Notice, ProjectService } from "../../description/project";
import type { FileDescription, MountDescription } from "../../description/types";
import { amount } from "../../mapping/kubernetes/checks";
import type { GivenManifest, GivenObject } from "../../mapping/kubernetes/given";
import { pathsOf, type Taking } from "../../mapping/kubernetes/taking";
import { loss } from "./losses";

/** Texts of ConfigMaps and Secrets. */
export class Contents {
  constructor(private readonly objects: GivenObject[]) {}

  /** Keys with their texts; undefined where the object is not among those that were read. */
  of(kind: "ConfigMap" | "Secret", name: string, namespace = "default"): Map<string, string> | undefined {
    const found = this.objects.find(
      (object) => object.kind === kind && object.name === name && (object.namespace ?? "default") === namespace,
    );
    if (!found) return undefined;
    const {
      data = {},
      stringData = {},
      binaryData = {},
    } = found.manifest as Record<string, Record<string, string> | undefined>;
    const decoded = (all: Record<string, string> | null | undefined) =>
      Object.entries(all ?? {}).map(
        ([key, text]) => [key, Buffer.from(text ?? "", "base64").toString("utf8")] as const,
      );
    const texts = (all: Record<string, string> | null | undefined) =>
      Object.entries(all ?? {}).map(([key, text]) => [key, text ?? ""] as const);
    if (kind === "Secret") return new Map([...decoded(data), ...texts(stringData)]);
    return new Map([...texts(data), ...decoded(binaryData)]);
  }
}

interface Reading {
  /** The object, for notices. */
  at: string;
  /** Key of the main container's service. */
  name: string;
  /** Where the pod's spec stands in the object. */
  path: string;
  /** The pod; what is left in the end nobody has said. */
  pod: Taking;
  contents: Contents;
  namespace?: string;
  /** Declares a volume and gives its name on the engine. */
  volume(key: string): string;
  /** Names of the claims that a StatefulSet makes. */
  claims: string[];
  claimName(claim: string): string;
  /** Whether every container of the objects mounts the pod's volume, or its claim, at one and the same `subPath`. */
  isOneFolder(volume: string): boolean;
  restart: ProjectService["restart"];
  network: string;
  /** Names of the Services that lead to the pod. */
  aliases: string[];
}

interface Described {
  key: string;
  service: ProjectService;
  /** Variables and files that come from a Secret. */
  secret: Set<string>;
}

interface KeyRef {
  name?: string;
  key?: string;
  optional?: boolean;
}
interface Volume {
  name: string;
  source: GivenManifest;
}

const PULL: Record<string, ProjectService["pullPolicy"]> = {
  Always: "always",
  IfNotPresent: undefined,
  Never: "never",
};
const PROPAGATION: Record<string, "rprivate" | "rslave" | "rshared" | undefined> = {
  HostToContainer: "rslave",
  Bidirectional: "rshared",
};

/** Containers of one pod as services. */
export class ContainerReader {
  private readonly notices: Notice[] = [];
  private readonly volumes: Volume[];

  constructor(private readonly given: Reading) {
    this.volumes = (given.pod.take<({ name: string } & GivenManifest)[]>("spec", "volumes") ?? []).map(
      ({ name, ...source }) => ({ name, source }),
    );
  }

  read(keys: string[]): { described: Described[]; notices: Notice[] } {
    const { pod, path } = this.given;
    const containers = pod.items("spec", "containers");
    const before = pod.items("spec", "initContainers");
    const shared = this.podFields();
    const described: Described[] = [];
    const all = [
      ...containers.map((container, index) => ({ container, place: `${path}.containers[${index}]`, isInit: false })),
      ...before.map((container, index) => ({ container, place: `${path}.initContainers[${index}]`, isInit: true })),
    ];
    const firsts: [key: string, native: boolean][] = [];
    for (const [index, { container, place, isInit }] of all.entries()) {
      const key = keys[index]!;
      const native = isInit && container.take("restartPolicy") === "Always";
      const beside = index > 0 && !isInit;
      const one = this.container(
        container,
        place,
        key,
        beside ? { ...shared, hostname: undefined, extraHosts: undefined } : shared,
      );
      if (beside) {
        // Containers of a pod have one address.
        if (one.service.networkMode === undefined) {
          one.service.networkMode = `container:${keys[0]}`;
          delete one.service.networks;
          described[0]!.service.ports = [...(described[0]!.service.ports ?? []), ...(one.service.ports ?? [])];
          if (!described[0]!.service.ports?.length) delete described[0]!.service.ports;
          delete one.service.ports;
        }
        one.service.dependsOn = { [keys[0]!]: { condition: "service_started" } };
      }
      if (isInit) {
        if (firsts.length) one.service.dependsOn = waits(firsts.slice(-1));
        if (!native) one.service.restart = "on-failure";
        firsts.push([key, native]);
      }
      described.push(one);
    }
    if (firsts.length && described[0]) described[0].service.dependsOn = waits(firsts);
    return { described, notices: this.notices };
  }

  /** What holds for all containers of the pod. */
  private podFields(): Partial<ProjectService> & { fallbackUser?: [uid?: number, gid?: number] } {
    const { pod, network, aliases, name } = this.given;
    const take = <T>(...path: string[]) => pod.take<T>("spec", ...path);
    const host = take<boolean>("hostNetwork");
    pod.takeDefault(["spec", "dnsPolicy"], "ClusterFirst", "Default", ...(host ? ["ClusterFirstWithHostNet"] : []));
    const nameservers = take<string[]>("dnsConfig", "nameservers");
    if (nameservers?.length) pod.takeDefault(["spec", "dnsPolicy"], "None");
    const aliasList = (take<{ ip: string; hostnames?: string[] }[]>("hostAliases") ?? []).flatMap(
      ({ ip, hostnames = [] }) => hostnames.map((one) => [one, ip] as const),
    );
    const groups = take<number[]>("securityContext", "supplementalGroups");
    const sysctls = take<{ name: string; value: string }[]>("securityContext", "sysctls");
    const grace = take<number>("terminationGracePeriodSeconds");
    const subdomain = take<string>("subdomain");
    if (subdomain !== undefined)
      this.notices.push(
        loss(this.given.at, `${this.given.path}.subdomain`, say`containers are found by the names of their services`),
      );
    return defined({
      networkMode: host ? "host" : undefined,
      networks: host ? undefined : [{ name: network, aliases: [...new Set([name, ...aliases])] }],
      pid: take<boolean>("hostPID") ? "host" : undefined,
      ipc: take<boolean>("hostIPC") ? "host" : undefined,
      hostname: take<string>("hostname"),
      runtime: take<string>("runtimeClassName"),
      extraHosts: aliasList.length ? Object.fromEntries(aliasList) : undefined,
      dns: nameservers,
      dnsSearch: take<string[]>("dnsConfig", "searches"),
      groupAdd: groups,
      sysctls: sysctls?.length ? Object.fromEntries(sysctls.map((one) => [one.name, one.value])) : undefined,
      stopGracePeriod: grace === undefined ? undefined : `${grace}s`,
      fallbackUser: [take<number>("securityContext", "runAsUser"), take<number>("securityContext", "runAsGroup")] as [
        uid?: number,
        gid?: number,
      ],
    });
  }

  private container(
    container: Taking,
    place: string,
    key: string,
    { fallbackUser, ...shared }: Partial<ProjectService> & { fallbackUser?: [uid?: number, gid?: number] },
  ): Described {
    const take = <T>(...path: string[]) => container.take<T>(...path);
    take("name");
    const secret = new Set<string>();
    const environment = this.environment(container, place, secret);
    const words = (list: string[] | undefined, field: string) =>
      list?.map((word) => this.expanded(word, environment, `${place}.${field}`));
    const [uid = fallbackUser?.[0], gid = fallbackUser?.[1]] = [
      take<number>("securityContext", "runAsUser"),
      take<number>("securityContext", "runAsGroup"),
    ];
    const escalation = take<boolean>("securityContext", "allowPrivilegeEscalation");
    const { mounts, configs, secrets, tmpfs } = this.mounts(container, place);
    for (const file of secrets) secret.add(file.source);
    const ports = (take<{ containerPort: number; hostPort?: number; protocol?: string }[]>("ports") ?? []).flatMap(
      ({ containerPort, hostPort, protocol = "TCP" }) =>
        hostPort === undefined
          ? []
          : [`${hostPort}:${containerPort}${protocol === "TCP" ? "" : `/${protocol.toLowerCase()}`}`],
    );
    const pull = take<string>("imagePullPolicy");
    const cpu = take<string | number>("resources", "limits", "cpu");
    const memory = take<string | number>("resources", "limits", "memory");
    const reserved = take<string | number>("resources", "requests", "memory");
    const gpus = take<string | number>("resources", "limits", "nvidia.com/gpu");
    container.takeDefault(["resources", "requests", "nvidia.com/gpu"], gpus);
    const service = defined({
      image: take<string>("image")!,
      pullPolicy: pull === undefined ? undefined : PULL[pull],
      entrypoint: words(take<string[]>("command"), "command"),
      command: words(take<string[]>("args"), "args"),
      workingDir: take<string>("workingDir"),
      environment: Object.keys(environment).length ? environment : undefined,
      ports: ports.length && shared.networkMode !== "host" ? ports : undefined,
      volumes: mounts.length ? mounts : undefined,
      tmpfs: tmpfs.length ? tmpfs : undefined,
      configs: configs.length ? configs : undefined,
      secrets: secrets.length ? secrets : undefined,
      healthcheck: this.healthcheck(container),
      restart: this.given.restart,
      user:
        uid === undefined
          ? gid === undefined
            ? undefined
            : `0:${gid}`
          : gid === undefined
            ? String(uid)
            : `${uid}:${gid}`,
      privileged: take<boolean>("securityContext", "privileged") || undefined,
      readOnly: take<boolean>("securityContext", "readOnlyRootFilesystem") || undefined,
      capAdd: take<string[]>("securityContext", "capabilities", "add"),
      capDrop: take<string[]>("securityContext", "capabilities", "drop"),
      securityOpt: this.securityOptions(container, escalation),
      cpus: cpu === undefined ? undefined : amount(cpu, `${place}.resources.limits.cpu`),
      memLimit: memory === undefined ? undefined : bytes(memory, `${place}.resources.limits.memory`),
      memReservation: reserved === undefined ? undefined : bytes(reserved, `${place}.resources.requests.memory`),
      gpus: gpus === undefined ? undefined : [{ count: Number(gpus) }],
      stdinOpen: take<boolean>("stdin") || undefined,
      tty: take<boolean>("tty") || undefined,
      ...shared,
    }) as ProjectService;
    // Docker refuses a promise that is more than the limit, and makes nothing of one that equals it.
    if (service.memReservation !== undefined && service.memReservation === service.memLimit)
      delete service.memReservation;
    const left = container.left();
    const paths = left
      ? pathsOf(left, place).map((path) => path.replace(/((?:liveness|readiness|startup)Probe|lifecycle)\..*$/, "$1"))
      : [];
    for (const path of new Set(paths)) this.notices.push(loss(this.given.at, path));
    if (service.networks)
      service.networks = service.networks.map((network) =>
        typeof network === "object" && key !== this.given.name ? { ...network, aliases: [key] } : network,
      );
    return { key, service, secret };
  }

  private securityOptions(container: Taking, escalation: boolean | undefined): string[] | undefined {
    const profile = container.take<{ type?: string }>("securityContext", "seccompProfile");
    const options = [
      ...(escalation === false ? ["no-new-privileges"] : []),
      ...(profile?.type === "Unconfined" ? ["seccomp=unconfined"] : []),
    ];
    return options.length ? options : undefined;
  }

  /** A readiness probe by a command is Docker's health check; requests Docker cannot make. */
  private healthcheck(container: Taking): ProjectService["healthcheck"] {
    const probe = ["readinessProbe", "livenessProbe"].find((field) => container.see(field, "exec", "command"));
    if (probe === undefined) return undefined;
    const take = <T>(...path: string[]) => container.take<T>(probe, ...path);
    const seconds = (field: string) => {
      const value = take<number>(field);
      return value === undefined ? undefined : `${value}s`;
    };
    const test = ["CMD", ...take<string[]>("exec", "command")!];
    const check = defined({
      test,
      interval: seconds("periodSeconds") ?? "10s",
      timeout: seconds("timeoutSeconds") ?? "1s",
      startPeriod: seconds("initialDelaySeconds"),
      retries: take<number>("failureThreshold"),
    });
    container.takeDefault([probe, "successThreshold"], 1);
    // The same check twice says nothing more.
    const other = "livenessProbe";
    if (JSON.stringify(container.see(other, "exec", "command")) === JSON.stringify(test.slice(1))) {
      container.take(other);
      this.notices.push({
        level: "warning",
        at: `${this.given.at}: livenessProbe`,
        text: say`is a health check now: Docker does not end a container that fails it`,
      });
    }
    return check;
  }

  private environment(container: Taking, place: string, secret: Set<string>): Record<string, string | null> {
    const { at, contents, namespace } = this.given;
    const environment: Record<string, string | null> = {};
    for (const [index, source] of container.items("envFrom").entries()) {
      const path = `${place}.envFrom[${index}]`;
      const prefix = source.take<string>("prefix") ?? "";
      for (const [field, kind] of [
        ["configMapRef", "ConfigMap"],
        ["secretRef", "Secret"],
      ] as const) {
        const reference = source.take<KeyRef>(field);
        if (!reference) continue;
        const texts = contents.of(kind, reference.name ?? "", namespace);
        if (!texts && !reference.optional)
          this.notices.push(
            loss(at, path, say`the ${kind} ${reference.name} is not among the objects; add its variables`),
          );
        for (const [name, text] of texts ?? []) {
          environment[prefix + name] = text;
          if (kind === "Secret") secret.add(prefix + name);
        }
      }
      if (source.left()) this.notices.push(loss(at, path));
    }
    for (const [index, variable] of container.items("env").entries()) {
      const path = `${place}.env[${index}]`;
      const name = variable.take<string>("name")!;
      const value = variable.take<string>("value");
      if (variable.see("valueFrom") === undefined) {
        environment[name] = this.expanded(value ?? "", environment, path);
        continue;
      }
      for (const [field, kind] of [
        ["configMapKeyRef", "ConfigMap"],
        ["secretKeyRef", "Secret"],
      ] as const) {
        const reference = variable.take<KeyRef>("valueFrom", field);
        if (!reference) continue;
        const text = contents.of(kind, reference.name ?? "", namespace)?.get(reference.key ?? "");
        if (text !== undefined) environment[name] = text;
        else if (!reference.optional) {
          environment[name] = null;
          this.notices.push({
            level: "warning",
            at: `${at}: ${path}`,
            text: say`${name} takes its value from where it is started: the ${kind} ${reference.name} with ${reference.key} is not among the objects`,
          });
        }
        if (kind === "Secret" && text !== undefined) secret.add(name);
      }
      if (variable.left())
        this.notices.push(loss(at, `${path}.valueFrom`, say`only a cluster knows it; set ${name} yourself`));
    }
    return environment;
  }

  /** `$(NAME)` stands for a variable in commands and values; `$$(NAME)` is that text. */
  private expanded(text: string, environment: Record<string, string | null>, path: string): string {
    return text.replace(/\$\$|\$\(([A-Za-z_.-][\w.-]*)\)/g, (all: string, name?: string) => {
      if (name === undefined) return "$";
      const value = environment[name];
      if (typeof value === "string") return value;
      if (value === null)
        this.notices.push({
          level: "warning",
          at: `${this.given.at}: ${path}`,
          text: say`$(${name}) stays as it is: its value is not among the objects`,
        });
      return all;
    });
  }

  private mounts(container: Taking, place: string) {
    const { at } = this.given;
    const mounts: MountDescription[] = [];
    const configs: FileDescription[] = [];
    const secrets: FileDescription[] = [];
    const tmpfs: string[] = [];
    for (const [index, mount] of container.items("volumeMounts").entries()) {
      const path = `${place}.volumeMounts[${index}]`;
      const name = mount.take<string>("name");
      const target = mount.take<string>("mountPath")!;
      const readOnly = mount.take<boolean>("readOnly") || undefined;
      const subpath = mount.take<string>("subPath");
      const propagation = PROPAGATION[mount.take<string>("mountPropagation") ?? ""];
      const volume = this.volumes.find((one) => one.name === name);
      const claim = name !== undefined && this.given.claims.includes(name);
      if (!volume && !claim) {
        this.notices.push(loss(at, path, say`the pod has no volume named ${name}`));
        continue;
      }
      if (mount.left()) this.notices.push(loss(at, `${path}.${pathsOf(mount.left()).join(", ")}`));
      const source = volume?.source ?? {};
      const named = (key: string, own: string | undefined): MountDescription =>
        defined({
          type: "volume" as const,
          source: this.given.volume(key),
          target,
          readOnly,
          volume: own === undefined ? undefined : { subpath: own },
        });
      // Docker makes no folder inside of a volume: where all of it is one, the volume is that folder.
      const inside = (key: string) => named(key, this.given.isOneFolder(name!) ? undefined : subpath);
      if (claim) mounts.push(inside(this.given.claimName(name)));
      else if (source.persistentVolumeClaim) mounts.push(inside(source.persistentVolumeClaim.claimName));
      else if (source.emptyDir !== undefined) {
        const { medium, sizeLimit } = source.emptyDir ?? {};
        if (medium === "Memory" && target === "/dev/shm" && sizeLimit === undefined) tmpfs.push(target);
        else if (medium === "Memory")
          tmpfs.push(sizeLimit === undefined ? target : `${target}:size=${bytes(sizeLimit, path)}`);
        else {
          mounts.push(named(`${this.given.name}-${name}`, subpath));
          if (sizeLimit !== undefined)
            this.notices.push(loss(at, `${path}: sizeLimit`, say`a volume of Docker may fill its disk`));
        }
      } else if (source.hostPath) {
        const { path: folder, type } = source.hostPath as { path: string; type?: string };
        const whole = subpath === undefined ? folder : `${folder.replace(/\/$/, "")}/${subpath}`;
        const createHostPath = !type || type === "DirectoryOrCreate" || undefined;
        const bind = defined({ createHostPath, propagation });
        mounts.push(
          defined({
            type: "bind" as const,
            source: whole,
            target,
            readOnly,
            bind: Object.keys(bind).length ? bind : undefined,
          }),
        );
      } else if (source.configMap || source.secret)
        this.files(source, path, target, subpath, source.secret ? secrets : configs);
      else
        this.notices.push(
          loss(
            at,
            path,
            say`a volume of the kind ${Object.keys(source)[0] ?? "none"} is a matter of clusters; mount something in its place`,
          ),
        );
    }
    return { mounts, configs, secrets, tmpfs };
  }

  /** The files of a ConfigMap or Secret, each for itself. */
  private files(
    source: GivenManifest,
    path: string,
    target: string,
    subpath: string | undefined,
    files: FileDescription[],
  ): void {
    const { at, contents, namespace } = this.given;
    const kind = source.secret ? "Secret" : "ConfigMap";
    const { name, secretName, items, defaultMode, optional } = (source.secret ?? source.configMap) as {
      name?: string;
      secretName?: string;
      items?: { key: string; path: string; mode?: number }[];
      defaultMode?: number;
      optional?: boolean;
    };
    const from = name ?? secretName ?? "";
    const texts = contents.of(kind, from, namespace);
    if (!texts) {
      if (!optional)
        this.notices.push(
          loss(at, path, say`the ${kind} ${from} is not among the objects; mount its files at ${target}`),
        );
      return;
    }
    const listed = items ?? [...texts.keys()].map((key) => ({ key, path: key, mode: undefined }));
    const wanted = subpath === undefined ? listed : listed.filter((item) => item.path === subpath);
    if (subpath !== undefined && wanted.length === 0)
      this.notices.push(loss(at, path, say`the ${kind} ${from} has no ${subpath}`));
    for (const { key, path: below, mode = defaultMode } of wanted) {
      const content = texts.get(key);
      if (content === undefined) {
        this.notices.push(loss(at, path, say`the ${kind} ${from} has no ${key}`));
        continue;
      }
      const file = subpath === undefined ? `${target.replace(/\/$/, "")}/${below}` : target;
      files.push(
        defined({
          source: `${from}-${key}`.replace(/[^\w.-]/g, "-"),
          target: file,
          content,
          mode: mode === 0o644 ? undefined : mode,
        }),
      );
    }
  }
}

const waits = (keys: [key: string, native: boolean][]): ProjectService["dependsOn"] =>
  Object.fromEntries(
    keys.map(([key, native]) => [key, { condition: native ? "service_started" : "service_completed_successfully" }]),
  );

/** Whole bytes of a quantity, in the unit in which it is shortest. */
function bytes(value: string | number, path: string): number {
  return Math.round(amount(value, path));
}
