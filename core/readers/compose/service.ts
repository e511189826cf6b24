import { readFileSync } from "node:fs";
import { parseDotEnv } from "../../description/environment";
import { ArgumentError, show } from "../../description/errors";
import { isCdiName } from "../../description/names";
import { beforeOperator } from "../../description/operators";
import type { NetworkDefinition, ProjectService, VolumeDefinition } from "../../description/project";
import { roundedUp } from "../../description/quantities";
import type { GpuDescription, NetworkDescription, ServiceDescription } from "../../description/types";
import { buildDescription, bytes, extraHosts } from "./build";
import { snakeCase } from "../../description/snakeCase";
import { refuse } from "./errors";
import { fileDescription, mountDescription, portDescription } from "./mounts";
import type { Origin } from "./origins";
import { checkFileDefinition, type FileOrigin, fileOrigin } from "./resources";
import { swarmOptions } from "./swarm";
import { child, formatPath, isMapping, items, type Node, textOf } from "./tree";
import {
  below,
  defined,
  type Field,
  flag,
  inner,
  innerFields,
  innerItems,
  integer,
  isEmpty,
  note,
  nullablePairs,
  pairs,
  refuseField,
  swarmNote,
  text,
  texts,
  warn,
} from "./values";
import { listed, say } from "../../description/say";

/** What a service may look at beside itself. */
export interface Surroundings {
  project: string;
  /** Absolute. */
  folder: string;
  environment: Record<string, string>;
  /** Whether a variable that is only named keeps no value. */
  staysName(name: string): boolean;
  /** Raw definitions of all services that are switched on. */
  services: ReadonlyMap<string, Node>;
  /** Keys of services that profiles switch off. */
  disabled: ReadonlySet<string>;
  networks: Record<string, NetworkDefinition>;
  volumes: Record<string, VolumeDefinition>;
  secrets: Field | undefined;
  configs: Field | undefined;
}

/** A service, and where each of its fields stands. */
export interface BuiltService {
  service: ProjectService;
  origins: Map<string, Origin>;
  /** Links as they stand, for the names that they give. */
  links: { service: string; alias: string; field: Field }[];
  /** Keys of its networks, in the order of `service.networks`. */
  networks: string[];
}

const QUIET = ["profiles", "extends", "depends_on", "networks", "links", "scale", "name"];

/** Fields that are refused, whatever they hold. */
const REFUSED: Record<string, [problem: string, remedy: string]> = {
  credential_spec: [say`is for Windows containers only`, say`remove it`],
  cpu_count: [say`is for Windows containers only`, say`use cpus`],
  cpu_percent: [say`is for Windows containers only`, say`use cpus`],
  models: [say`needs Docker's model runner, which is no container`, say`run the model as a service`],
  provider: [say`needs a program of its own in place of a container`, say`remove the service, or give it an image`],
  post_start: [
    say`runs commands in a running container, which berth does not`,
    say`put them into the image's entrypoint`,
  ],
  pre_start: [
    say`runs containers before the service, which berth does not`,
    say`make it a service of its own and depend on it`,
  ],
  pre_stop: [
    say`runs commands in a running container, which berth does not`,
    say`put them into the image's entrypoint`,
  ],
  use_api_socket: [
    say`hands the engine's socket and your logins to the container, which berth does not`,
    say`mount /var/run/docker.sock where you mean it`,
  ],
};

const NOTED: Record<string, string> = {
  attach: say`is about the terminal of docker compose up; it has no effect here`,
  develop: say`is for docker compose watch; it has no effect here`,
  pull_refresh_after: say`has no effect here`,
};

/** Sizes that are bytes here, and MiB to the provider. */
const MEMORY = new Set<keyof ServiceDescription>(["memLimit", "memReservation", "memswapLimit", "shmSize"]);

/** What a field says by its kind; undefined where that is nothing. */
const READ = {
  text: (field: Field) => text(field) || undefined,
  flag,
  yes: (field: Field) => flag(field) || undefined,
  list: (field: Field) => (texts(field)?.length ? texts(field) : undefined),
  pairs: (field: Field) => (isEmpty(field.node) ? undefined : pairs(field)),
};

/** Fields whose key is their name in snake_case, and whose value is the key's own. */
const PLAIN = {
  containerName: "text",
  user: "text",
  workingDir: "text",
  hostname: "text",
  domainname: "text",
  runtime: "text",
  stopSignal: "text",
  stopGracePeriod: "text",
  cgroup: "text",
  cgroupParent: "text",
  usernsMode: "text",
  uts: "text",
  isolation: "text",
  cpuset: "text",
  privileged: "flag",
  readOnly: "flag",
  init: "flag",
  tty: "flag",
  stdinOpen: "flag",
  oomKillDisable: "yes",
  capAdd: "list",
  capDrop: "list",
  securityOpt: "list",
  groupAdd: "list",
  dns: "list",
  dnsOpt: "list",
  dnsSearch: "list",
  deviceCgroupRules: "list",
  expose: "list",
  tmpfs: "list",
  sysctls: "pairs",
  storageOpt: "pairs",
  annotations: "pairs",
} as const satisfies { [K in keyof ServiceDescription]?: keyof typeof READ };

/** Name of the first container of a service. */
export function containerName(project: string, key: string, service: Node | undefined): string {
  const given = child(service, "container_name");
  return given ? textOf(given) : `${project}-${key}-1`;
}

class Builder {
  readonly result: Partial<ProjectService> = {};
  readonly origins = new Map<string, Origin>();
  readonly links: BuiltService["links"] = [];
  networkKeys: string[] = [];
  private readonly done = new Set<string>();

  constructor(
    private readonly key: string,
    private readonly field: Field,
    private readonly around: Surroundings,
  ) {}

  /** The field of the file, which counts as dealt with from here on. */
  private take(key: string): Field | undefined {
    this.done.add(key);
    return inner(this.field, key);
  }

  private set<K extends keyof ServiceDescription>(
    name: K,
    value: ServiceDescription[K] | undefined,
    field: Field,
    origins?: Origin[],
  ): void {
    if (value === undefined) return;
    // A limit may stand in two places, which say the same.
    const rounded = MEMORY.has(name) && !this.origins.has(name) && roundedUp(value as number);
    if (rounded) note(field, say`${text(field)} ${rounded}`);
    Object.assign(this.result, { [name]: value });
    this.origins.set(name, { node: field.node, path: field.path, items: origins });
  }

  build(): BuiltService {
    for (const [key, refusal] of Object.entries(REFUSED)) {
      const field = this.take(key);
      if (field && text(field) !== "0") refuseField(field, ...refusal);
    }
    for (const [key, message] of Object.entries(NOTED)) {
      const field = this.take(key);
      if (field) note(field, message);
    }
    this.image();
    this.plain();
    this.process();
    this.limits();
    this.environment();
    this.storage();
    this.network();
    this.deploy();
    const swarm = swarmOptions(inner(this.field, "deploy"), inner(this.field, "ports"));
    if (swarm) this.result.swarm = swarm;
    this.replicas();
    this.dependencies();
    const forgotten = innerFields(this.field).find(([key]) => !this.done.has(key) && !QUIET.includes(key));
    if (forgotten)
      throw refuse(forgotten[1].node, forgotten[1].path, say`is a field that berth has no word for`, say`remove it`);
    return {
      service: this.result as ProjectService,
      origins: this.origins,
      links: this.links,
      networks: this.networkKeys,
    };
  }

  private image(): void {
    const image = this.take("image");
    const build = this.take("build");
    const platform = this.take("platform");
    // A variable that is not set leaves an empty text, which says nothing.
    const architecture = text(platform) || undefined;
    const name = text(image) || undefined;
    if (!name && !build)
      throw refuse(
        this.field.node,
        this.field.path,
        say`has neither an image nor a build context`,
        say`set image or build, or name the file that this one adds to before it`,
      );
    if (platform) this.set("platform", architecture, platform);
    if (build) {
      this.result.build = buildDescription(build, this.around.folder, architecture, this.around.environment);
    }
    this.set("image", name ?? `${this.around.project}-${this.key}`, image ?? build!);
    const pull = this.take("pull_policy");
    if (!pull) return;
    const policy = text(pull)!;
    if (policy === "build" && build)
      note(pull, say`has no effect here: an image with build is built whenever its folder changes`);
    else if (policy === "if_not_present") this.set("pullPolicy", "missing", pull);
    else if (["always", "missing", "never"].includes(policy)) this.set("pullPolicy", policy as "always", pull);
    else
      throw refuse(
        pull.node,
        pull.path,
        policy === "build"
          ? say`build needs a build section`
          : say`${policy} depends on the time of day, which a plan cannot`,
        say`use always, missing or never`,
      );
  }

  private plain(): void {
    for (const [name, kind] of Object.entries(PLAIN) as [keyof typeof PLAIN, keyof typeof READ][]) {
      const field = this.take(snakeCase(name));
      if (field) this.set(name, READ[kind](field) as never, field);
    }
    const links = this.take("external_links");
    if (links) this.set("links", READ.list(links), links);
    const restart = this.take("restart");
    if (restart && text(restart) !== "") this.set("restart", text(restart) as "no", restart);
    const hosts = this.take("extra_hosts");
    if (hosts && !isEmpty(hosts.node)) {
      const nodes = isMapping(hosts.node)
        ? innerFields(hosts).flatMap(([, value]) => (texts(value) ?? []).map((): Origin => value))
        : undefined;
      this.set("extraHosts", extraHosts(hosts), hosts, nodes);
    }
    const logging = this.take("logging");
    if (logging && !isEmpty(logging.node))
      this.set(
        "logging",
        defined({ driver: text(inner(logging, "driver")), options: pairs(inner(logging, "options")) }),
        logging,
      );
    const ulimits = this.take("ulimits");
    if (ulimits && !isEmpty(ulimits.node))
      this.set(
        "ulimits",
        Object.fromEntries(
          innerFields(ulimits).map(([name, value]) => [
            name,
            isMapping(value.node)
              ? { soft: integer(inner(value, "soft")) ?? 0, hard: integer(inner(value, "hard")) ?? 0 }
              : integer(value)!,
          ]),
        ),
        ulimits,
      );
  }

  private process(): void {
    for (const key of ["command", "entrypoint"] as const) {
      const field = this.take(key);
      if (!field) continue;
      if (isListOf(field)) {
        this.set(key, texts(field), field);
        continue;
      }
      const given = text(field) ?? "";
      const read = beforeOperator(given);
      if (read.length < given.trimEnd().length && !/^[\s;]*$/.test(given.slice(read.length)))
        warn(
          field,
          say`Compose reads this without a shell and drops ${show(given.slice(read.length).trim())}; write sh -c '...' around all of it where a shell should run it`,
        );
      this.set(key, read, field);
    }
    const check = this.take("healthcheck");
    if (!check || isEmpty(check.node)) return;
    const test = inner(check, "test");
    const hasTest = test && !(isListOf(test) && items(test.node).length === 0);
    this.set(
      "healthcheck",
      flag(inner(check, "disable"))
        ? { disable: true }
        : defined({
            test: hasTest ? (isListOf(test) ? texts(test) : text(test)) : undefined,
            interval: text(inner(check, "interval")),
            timeout: text(inner(check, "timeout")),
            retries: integer(inner(check, "retries")),
            startPeriod: text(inner(check, "start_period")),
            startInterval: text(inner(check, "start_interval")),
          }),
      check,
    );
  }

  /** Zero means no limit, which is what there is without the field. */
  private limits(): void {
    for (const [key, name] of Object.entries({
      cpu_shares: "cpuShares",
      pids_limit: "pidsLimit",
      oom_score_adj: "oomScoreAdj",
      mem_swappiness: "memSwappiness",
    } as const)) {
      const field = this.take(key);
      if (field && integer(field) !== 0) this.set(name, integer(field), field);
    }
    for (const [key, name] of Object.entries({
      mem_limit: "memLimit",
      mem_reservation: "memReservation",
      memswap_limit: "memswapLimit",
      shm_size: "shmSize",
    } as const)) {
      const field = this.take(key);
      if (field && bytes(field) !== 0) this.set(name, bytes(field), field);
    }
    for (const [key, name] of Object.entries({
      cpu_period: "cpuPeriod",
      cpu_quota: "cpuQuota",
      cpu_rt_period: "cpuRtPeriod",
      cpu_rt_runtime: "cpuRtRuntime",
      cpus: "cpus",
    } as const)) {
      const field = this.take(key);
      if (field && text(field) !== "0") this.set(name, number(field), field);
    }
    const blkio = this.take("blkio_config");
    if (!blkio || isEmpty(blkio.node)) return;
    refuseField(inner(blkio, "weight_device"), say`cannot be said to the Docker provider`, say`use weight`);
    const rates = (key: string) => {
      const list = innerItems(inner(blkio, key));
      return list.length
        ? list.map((item) => ({ path: text(inner(item, "path")) ?? "", rate: text(inner(item, "rate")) ?? "" }))
        : undefined;
    };
    const counts = (key: string) => rates(key)?.map(({ path, rate }) => ({ path, rate: Number(rate) }));
    const weight = integer(inner(blkio, "weight"));
    this.set(
      "blkioConfig",
      defined({
        weight: weight === 0 ? undefined : weight,
        deviceReadBps: rates("device_read_bps"),
        deviceWriteBps: rates("device_write_bps"),
        deviceReadIops: counts("device_read_iops"),
        deviceWriteIops: counts("device_write_iops"),
      }),
      blkio,
    );
  }

  private environment(): void {
    const outer = this.around.environment;
    const field = this.take("environment");
    if (field && !isEmpty(field.node)) {
      const known = Object.entries(nullablePairs(field.node)).map(([name, value]): [string, string | null] => [
        name,
        // Compose takes what is set nowhere from the container, whatever the image sets.
        value ?? (this.around.staysName(name) ? null : (outer[name] ?? null)),
      ]);
      this.set("environment", Object.fromEntries(known), field);
    }
    const files = this.take("env_file");
    const list = innerItems(files).map((file) => {
      const format = inner(file, "format");
      if (format && text(format) !== "raw")
        throw refuse(
          format.node,
          format.path,
          say`${text(format)} is no format that Compose knows`,
          say`use raw, or remove it`,
        );
      return defined({
        path: text(inner(file, "path")) ?? "",
        required: flag(inner(file, "required")) === false ? false : undefined,
        format: format && ("raw" as const),
      });
    });
    if (files && list.length) this.set("envFile", list, files);
    const labels = this.take("labels");
    const labelFiles = this.take("label_file");
    const all: Record<string, string> = {};
    for (const file of innerItems(labelFiles)) Object.assign(all, readLabels(file, all));
    Object.assign(all, pairs(labels));
    if (Object.keys(all).length) this.set("labels", all, labels ?? labelFiles!);
  }

  private storage(): void {
    const { project, volumes: definitions, services } = this.around;
    const volumes = this.take("volumes");
    const mounts = innerItems(volumes).map((item) => mountDescription(item, { definitions, service: this.key }));
    if (volumes && mounts.length) this.set("volumes", mounts, volumes);
    const from = this.take("volumes_from");
    const containers = innerItems(from).map((item) => {
      const given = text(item)!;
      if (given.startsWith("container:")) return given.slice("container:".length);
      const [service = "", access] = given.split(/:(.*)/s);
      if (!services.has(service)) throw this.unknownService(item, service);
      return [containerName(project, service, services.get(service)), ...(access ? [access] : [])].join(":");
    });
    if (from && containers.length) this.set("volumesFrom", containers, from);
    const devices = this.take("devices");
    const list = innerItems(devices)
      .filter((item) => !isCdiDevice(item))
      .map((item) =>
        defined({
          source: text(inner(item, "source")) ?? "",
          target: text(inner(item, "target")),
          permissions: text(inner(item, "permissions")),
        }),
      );
    if (devices && list.length) this.set("devices", list, devices);
    for (const kind of ["secrets", "configs"] as const) {
      const field = this.take(kind);
      const files = innerItems(field).map((item) => fileDescription(item, this.origin(item, kind)));
      if (field && files.length) this.set(kind, files, field);
    }
  }

  private origin(item: Field, kind: "secrets" | "configs"): FileOrigin {
    const name = text(inner(item, "source")) ?? "";
    const single = kind === "secrets" ? "secret" : "config";
    const definitions = this.around[kind];
    const node = child(definitions?.node, name);
    if (!node || !definitions)
      throw refuse(
        item.node,
        item.path,
        say`service ${JSON.stringify(this.key)} refers to undefined ${single} ${name}`,
        say`add ${name} under the top-level ${kind}`,
      );
    const definition = below(definitions, name, node);
    checkFileDefinition(definition, single);
    return fileOrigin(definition, single);
  }

  private unknownService(field: Field, name: string): Error {
    const off = this.around.disabled.has(name);
    return refuse(
      field.node,
      field.path,
      off
        ? say`service ${JSON.stringify(this.key)} needs service ${JSON.stringify(name)}, which is switched off by its profiles`
        : say`service ${JSON.stringify(this.key)} depends on undefined service ${JSON.stringify(name)}`,
      off ? say`switch its profile on too, or remove profiles` : say`name a service of this project`,
    );
  }

  /** `service:x` as the container of x. */
  private shared(key: "network_mode" | "ipc" | "pid"): string | undefined {
    const field = this.take(key);
    const mode = text(field);
    if (!field || !mode?.startsWith("service:")) return mode || undefined;
    const name = mode.slice("service:".length);
    const service = this.around.services.get(name);
    if (!service) throw this.unknownService(field, name);
    return `container:${containerName(this.around.project, name, service)}`;
  }

  private network(): void {
    const mode = this.shared("network_mode");
    const given = inner(this.field, "network_mode");
    if (given && !mode)
      warn(given, say`is empty, and Compose gives the container no network then: write none, or leave it out`);
    const networks = inner(this.field, "networks");
    if (mode) {
      if (networks && !isEmpty(networks.node))
        throw refuse(networks.node, networks.path, say`excludes network_mode`, say`keep one of them`);
      const field = inner(this.field, "network_mode")!;
      if (mode === "default") this.set("networkMode", "bridge", field);
      else if (/^(?:host|none|bridge|container:.*)$/s.test(mode)) this.set("networkMode", mode, field);
      else this.joinedByMode(mode, field);
    } else this.joined(networks);
    for (const key of ["ipc", "pid"] as const) {
      const shared = this.shared(key);
      if (shared) this.set(key, shared, inner(this.field, key)!);
    }
    const ports = this.take("ports");
    const list = innerItems(ports).map(portDescription);
    if (ports && list.length && (mode === "host" || mode === "none"))
      warn(
        ports,
        mode === "host"
          ? say`docker discards published ports on the host's network, where the service listens on the host's ports itself`
          : say`docker discards published ports without a network`,
      );
    else if (ports && list.length) this.set("ports", list, ports);
    for (const link of innerItems(inner(this.field, "links"))) this.link(link);
    const mac = this.take("mac_address");
    if (!mac || text(mac) === "") return;
    const [first, ...others] = (this.result.networks ?? []) as NetworkDescription[];
    // Compose gives the service's own address to the network that is joined first.
    if (first && others.length && !first.macAddress) {
      first.macAddress = text(mac);
      this.origins.set("networks[0].macAddress", mac);
    } else if (!first?.macAddress) this.set("macAddress", text(mac), mac);
  }

  /** A mode that is the name of a network: it is there already, and nobody finds the service there by its key. */
  private joinedByMode(name: string, field: Field): void {
    const { networks } = this.around;
    let key = Object.keys(networks).find((known) => networks[known]!.name === name) ?? name;
    while (Object.hasOwn(networks, key) && networks[key]!.name !== name) key += "_";
    networks[key] ??= { name, external: true };
    this.networkKeys = [key];
    this.set("networks", [{ name }], field);
  }

  private joined(networks: Field | undefined): void {
    const given = isMapping(networks?.node) ? [...networks.node.value] : [];
    const keys: [string, Field][] = given.map(([key, node]) => [key, below(networks!, key, node)]);
    if (keys.length === 0) keys.push(["default", networks ?? this.field]);
    const priority = (field: Field) => Number(text(inner(field, "priority")) ?? 0);
    keys.sort(
      ([key, field], [other, second]) => priority(second) - priority(field) || (key < other ? -1 : key > other ? 1 : 0),
    );
    const descriptions = keys.map(([key, field]) => {
      const definition = Object.hasOwn(this.around.networks, key) ? this.around.networks[key] : undefined;
      if (!definition)
        throw refuse(
          field.node,
          field.path,
          say`service ${JSON.stringify(this.key)} refers to undefined network ${key}`,
          say`add ${key} under the top-level networks`,
        );
      const own = networks ? field : undefined;
      const gateway = inner(own, "gw_priority");
      const options = pairs(inner(own, "driver_opts"));
      const interfaceName = text(inner(own, "interface_name"));
      return defined({
        name: definition.name,
        aliases: [...new Set([this.key, ...(texts(inner(own, "aliases")) ?? [])])],
        ipv4Address: text(inner(own, "ipv4_address")) || undefined,
        ipv6Address: text(inner(own, "ipv6_address")) || undefined,
        linkLocalIps: texts(inner(own, "link_local_ips")),
        macAddress: text(inner(own, "mac_address")) || undefined,
        driverOpts: interfaceName ? { ...options, "com.docker.network.endpoint.ifname": interfaceName } : options,
        gwPriority: gateway && text(gateway) !== "0" ? integer(gateway) : undefined,
      });
    });
    this.networkKeys = keys.map(([key]) => key);
    this.set(
      "networks",
      descriptions,
      networks ?? this.field,
      keys.map(([, { node, path }]) => ({ node, path })),
    );
  }

  private link(field: Field): void {
    const [service = "", alias = service] = text(field)!.split(/:(.*)/s);
    if (!this.around.services.has(service)) throw this.unknownService(field, service);
    this.links.push({ service, alias, field });
  }

  private deploy(): void {
    const deploy = this.take("deploy");
    const gpus = this.take("gpus");
    const requests: [GpuDescription, Origin][] = innerItems(gpus).map((item) => [gpu(item, true), item]);
    for (const key of ["placement", "update_config", "rollback_config", "endpoint_mode", "labels"]) {
      const field = inner(deploy, key);
      if (field) swarmNote(field, say`is for a Swarm; it has no effect on a single engine`);
    }
    const mode = inner(deploy, "mode");
    if (mode) {
      const value = text(mode)!;
      if (value === "replicated-job" || value === "global-job") this.set("mode", "replicated-job", mode);
      if (value.startsWith("global")) swarmNote(mode, say`is for a Swarm; on a single engine it means one container`);
    }
    const resources = inner(deploy, "resources");
    const limits = inner(resources, "limits");
    const reservations = inner(resources, "reservations");
    this.limit("cpus", "cpus", limits, "cpus", number);
    this.limit("mem_limit", "memLimit", limits, "memory", bytes);
    this.limit("pids_limit", "pidsLimit", limits, "pids", integer as (field: Field) => number);
    this.limit("mem_reservation", "memReservation", reservations, "memory", bytes);
    const reserved = inner(reservations, "cpus");
    if (reserved) swarmNote(reserved, say`is for a Swarm; a single engine cannot reserve processors`);
    const generic = inner(reservations, "generic_resources");
    if (generic && !isEmpty(generic.node)) swarmNote(generic, say`is for a Swarm; it has no effect on a single engine`);
    for (const item of innerItems(inner(reservations, "devices"))) requests.push([gpu(item, false), item]);
    // One request holds all devices of the Container Device Interface.
    const cdi = innerItems(inner(this.field, "devices")).filter(isCdiDevice);
    if (cdi.length)
      requests.push([{ driver: "cdi", deviceIds: cdi.map((item) => text(inner(item, "source"))!) }, cdi[0]!]);
    if (requests.length) {
      const [, first] = requests[0]!;
      this.set(
        "gpus",
        requests.map(([request]) => request),
        { ...this.field, node: first.node, path: first.path },
        requests.map(([, origin]) => origin),
      );
    }
    const policy = inner(deploy, "restart_policy");
    if (policy) this.restartPolicy(policy);
  }

  /** A limit that `deploy` sets; the service's own field must not say something else. */
  private limit<K extends "cpus" | "memLimit" | "pidsLimit" | "memReservation">(
    key: string,
    name: K,
    section: Field | undefined,
    below: string,
    read: (field: Field) => number,
  ): void {
    if (!section) return;
    const field = inner(section, below);
    const own = inner(this.field, key);
    const value = field ? read(field) : 0;
    if (own && read(own) !== 0 && read(own) !== value)
      throw refuse(
        own.node,
        own.path,
        say`differs from ${formatPath([...section.path, below])}${field ? "" : say`, which is not set`}`,
        say`give both the same value, or keep one place`,
      );
    if (field && value !== 0) this.set(name, value as ServiceDescription[K], field);
  }

  private restartPolicy(policy: Field): void {
    for (const key of ["delay", "window"]) {
      const field = inner(policy, key);
      if (field) swarmNote(field, say`is for a Swarm; it has no effect on a single engine`);
    }
    const condition = inner(policy, "condition");
    const attempts = inner(policy, "max_attempts");
    const given = text(condition) ?? "";
    const restart = ({ none: "no", any: "always", "": "no" } as Record<string, string>)[given] ?? given;
    if (!condition)
      warn(policy, say`has no condition, so Compose does not restart the container; set condition: "any"`);
    const limited = restart === "on-failure" && attempts && text(attempts) !== "0";
    if (attempts && !limited) note(attempts, say`has an effect with condition: on-failure only`);
    this.set("restart", (limited ? `on-failure:${text(attempts)}` : restart) as "no", condition ?? policy);
  }

  private replicas(): void {
    const scale = inner(this.field, "scale");
    const replicas = inner(inner(this.field, "deploy"), "replicas");
    const [first, second] = [integer(scale), integer(replicas)];
    if (first !== undefined && second !== undefined && first !== second)
      throw refuse(scale!.node, scale!.path, say`differs from deploy.replicas`, say`keep one of them`);
    const count = first ?? second;
    if (count === undefined) return;
    const field = (scale ?? replicas)!;
    if (count < 0) throw refuse(field.node, field.path, say`must be greater than or equal to 0`, say`raise it`);
    if (count > 1 && this.result.containerName)
      throw refuse(
        field.node,
        field.path,
        say`asks for ${count} containers, and container_name is one name`,
        say`remove container_name, or set it to 1`,
      );
    this.result.replicas = count;
  }

  private dependencies(): void {
    const { services, disabled } = this.around;
    const result: NonNullable<ProjectService["dependsOn"]> = {};
    const field = inner(this.field, "depends_on");
    for (const [name, dependency] of innerFields(field)) {
      const required = flag(inner(dependency, "required")) ?? true;
      if (!services.has(name)) {
        if (required || !disabled.has(name)) throw this.unknownService(dependency, name);
        note(dependency, say`${name} is switched off by its profiles, and not required`);
        continue;
      }
      result[name] = defined({
        condition: (text(inner(dependency, "condition")) ?? "service_started") as "service_started",
        restart: flag(inner(dependency, "restart")) || undefined,
        required: required ? undefined : false,
      });
    }
    const also = (name: string, restart: boolean) => {
      result[name] ??= restart ? { condition: "service_started", restart } : { condition: "service_started" };
    };
    for (const { service } of this.links) also(service, true);
    for (const key of ["network_mode", "ipc", "pid"]) {
      const mode = text(inner(this.field, key));
      if (mode?.startsWith("service:")) also(mode.slice("service:".length), true);
    }
    for (const item of innerItems(inner(this.field, "volumes_from"))) {
      const given = text(item)!;
      if (!given.startsWith("container:")) also(given.split(":", 1)[0]!, false);
    }
    if (Object.keys(result).length) this.result.dependsOn = result;
  }
}

function isCdiDevice(field: Field): boolean {
  const source = text(inner(field, "source")) ?? "";
  return isCdiName(source) && source === (text(inner(field, "target")) ?? source);
}

const isListOf = (field: Field): boolean => Array.isArray(field.node.value);

function number(field: Field): number {
  const value = text(field) ?? "";
  const result = Number(value);
  if (value.trim() === "" || !Number.isFinite(result))
    throw refuse(field.node, field.path, say`${JSON.stringify(value)} is not a number`, say`use for example 0.5`);
  return result;
}

/** @param implied whether the capability `gpu` goes without saying */
function gpu(field: Field, implied: boolean): GpuDescription {
  const given = texts(inner(field, "capabilities")) ?? [];
  const driver = text(inner(field, "driver")) || undefined;
  // A driver that is named is asked for what it has; without one the engine looks for the driver that has `gpu`.
  const capabilities = implied && given.length && !given.includes("gpu") ? ["gpu", ...given] : given;
  if (!implied && !driver && !capabilities.includes("gpu"))
    throw refuse(
      field.node,
      field.path,
      say`asks for devices that are no GPUs (${listed(capabilities)})`,
      say`add the capability gpu, name their driver, or use devices`,
    );
  const count = inner(field, "count");
  const ids = inner(field, "device_ids");
  if (count && ids)
    throw refuse(field.node, field.path, say`count and device_ids exclude one another`, say`keep one of them`);
  const amount = text(count)?.toLowerCase();
  return defined({
    count: count
      ? amount === "all" || amount === "-1"
        ? ("all" as const)
        : integer(count)
      : ids
        ? undefined
        : ("all" as const),
    deviceIds: texts(ids),
    capabilities: capabilities.length ? capabilities : undefined,
    driver,
    options: pairs(inner(field, "options")),
  });
}

/** Variables in a file of labels mean labels of the files before it. */
function readLabels(field: Field, known: Record<string, string>): Record<string, string> {
  const file = text(field)!;
  let content: string;
  try {
    content = readFileSync(file, "utf8");
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    throw refuse(field.node, field.path, say`cannot read ${file} (${code})`, say`create it, or name another file`);
  }
  try {
    return parseDotEnv(content, file, known, (name) =>
      warn(field, say`the variable ${name} is not set, so it becomes empty`),
    );
  } catch (error) {
    if (error instanceof ArgumentError)
      throw refuse(field.node, field.path, say`${error.argument}: ${error.problem}`, error.remedy);
    throw error;
  }
}

/** Reads one service of the canonical tree. */
export function buildService(key: string, field: Field, around: Surroundings): BuiltService {
  return new Builder(key, field, around).build();
}
