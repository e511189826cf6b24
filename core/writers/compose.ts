import { Document, isMap, isPair, isScalar, isSeq, Scalar, visit } from "yaml";
import { defined, shortPath, type TidyService } from "../description/describe";
import type { SwarmOptions } from "../description/swarmOptions";
import { hostPath } from "../description/mounts";
import { parsePorts } from "../description/ports";
import type { BuildDescription, NetworkDefinition, ProjectDescription, VolumeDefinition } from "../description/project";
import type {
  EnvFileDescription,
  FileDescription,
  GpuDescription,
  MountDescription,
  NetworkDescription,
} from "../description/types";
import { note, type Printed, type PrintOptions } from "./printed";
import { Printer } from "./printer";
import { secretNotices, withSecrets } from "./secrets";
import { snakeCase } from "../description/snakeCase";
import { both, say } from "../description/say";

/** Text that Compose interpolates; every other `$` stands for itself. */
class Interpolated {
  constructor(readonly text: string) {}
}

interface Deploy {
  resources?: { reservations?: Record<string, unknown> };
}

/** Fields in the order in which people write them. */
const ORDER: (keyof TidyService)[] = [
  ...(["image", "build", "platform", "pullPolicy", "containerName", "hostname", "domainname", "restart"] as const),
  ...(["dependsOn", "user", "groupAdd", "workingDir", "entrypoint", "command", "environment", "envFile"] as const),
  ...(["ports", "expose", "volumes", "volumesFrom", "tmpfs", "secrets", "configs"] as const),
  ...(["networks", "networkMode", "macAddress", "links", "extraHosts", "dns", "dnsOpt", "dnsSearch"] as const),
  ...(["healthcheck", "logging", "labels", "annotations"] as const),
];

/** What Compose has no word for, with what becomes of it. */
const UNKNOWN: Partial<Record<keyof TidyService, string>> = {
  publishAll: say`Compose cannot publish every exposed port: list the ports as in \`ports: ["80"]\`, each gets a free host port`,
  waitTimeout: say`Compose waits without a bound of its own: give \`docker compose up --wait --wait-timeout SECONDS\``,
  mode: say`a job is a container like any other for Compose: others wait for its end with \`condition: service_completed_successfully\``,
  cpusetMems: say`Compose cannot choose memory nodes: it is left out`,
  kernelMemory: say`kernel memory limits are gone from Compose and Docker: it is left out, use \`mem_limit\``,
};

/** camelCase keys to snake_case, for objects whose keys are fields. */
const snakeKeys = (value: object): object =>
  Object.fromEntries(Object.entries(value).map(([key, item]) => [snakeCase(key), item]));

// A text to this library's YAML 1.1, and so left without quotes; a number to every reader of compose files.
const octal = (mode: number | undefined) => (mode === undefined ? undefined : `0o${mode.toString(8)}`);

const whole = (value: object) => (Object.keys(value).length ? value : undefined);

class Writer extends Printer {
  private readonly files = { secrets: new Map<string, FileDescription>(), configs: new Map<string, FileDescription>() };

  write(): Printed {
    const services = Object.fromEntries(
      Object.entries(this.services).map(([key, service]) => [key, this.service(key, service)]),
    );
    const top = defined({
      name: this.project.name,
      services,
      networks: whole(this.networks()),
      volumes: whole(this.volumes()),
      secrets: whole(this.definitions("secrets")),
      configs: whole(this.definitions("configs")),
    });
    this.noteDefaultNetwork();
    const how = say`set it where Compose runs, or in an .env file beside this one`;
    this.notices.push(
      ...secretNotices(this.secrets, ({ name }, variable) =>
        name === variable ? how : say`Compose takes it from the variable ${name}; ${how}`,
      ),
    );
    return { text: render(top), notices: this.notices };
  }

  /** On Docker's own bridge services do not find one another by name; on the network of a compose file they do. */
  private noteDefaultNetwork(): void {
    const alone = Object.keys(this.services).filter((key) => {
      const { networks, networkMode } = this.services[key]!;
      return !networks?.length && networkMode === undefined;
    });
    if (alone.length === 0 || Object.keys(this.services).length === 1) return;
    const text =
      alone.length === 1
        ? say`${alone[0]} joins the network that Compose makes for the project: \`network_mode: bridge\` keeps a service on Docker's own`
        : say`${both(alone)} join the network that Compose makes for the project: \`network_mode: bridge\` keeps a service on Docker's own`;
    this.notices.push(note("services", text));
  }

  private service(key: string, service: TidyService): object {
    const at = `services.${key}`;
    const fields = Object.keys(service) as (keyof TidyService)[];
    const rank = (field: keyof TidyService) => (ORDER.includes(field) ? ORDER.indexOf(field) : ORDER.length);
    fields.sort((a, b) => rank(a) - rank(b));
    const result: Record<string, unknown> = {};
    for (const field of fields) {
      const unknown = UNKNOWN[field];
      if (unknown !== undefined) {
        const trivial = field === "mode" ? service.mode === "replicated" : service[field] === false;
        if (!trivial) this.notices.push(note(`${at}.${field}`, unknown));
      } else Object.assign(result, this.field(key, service, field));
    }
    const { gpus = "all", replicas = 1 } = service;
    const own = defined({
      replicas: replicas === 1 ? undefined : replicas,
      resources: gpus === "all" ? undefined : devices(gpus),
    });
    const deploy: Deploy = service.swarm ? withSwarm(own, service) : own;
    const reservations = deploy.resources?.reservations;
    // Compose takes what is reserved in one place only.
    if (reservations && service.memReservation !== undefined) {
      reservations.memory = result.mem_reservation;
      delete result.mem_reservation;
    }
    return defined({ ...result, deploy: whole(deploy) });
  }

  private field(key: string, service: TidyService, field: keyof TidyService): Record<string, unknown> {
    switch (field) {
      case "image":
        return service.build && service.image === `${this.project.name}-${key}` ? {} : { image: service.image };
      case "build":
        return { build: this.build(key, service.build!) };
      case "dependsOn":
        return { depends_on: dependsOn(service.dependsOn!) };
      case "environment":
        return { environment: whole(this.environment(key, service.environment!)) };
      case "envFile":
        return { env_file: envFile(service.envFile!) };
      case "ports":
        return { ports: service.ports?.flatMap((port) => exportedPorts(port, service.swarm)) };
      case "volumes":
        return { volumes: service.volumes?.map((mount, index) => this.mount(mount, this.refusesMissing(key, index))) };
      case "volumesFrom":
        return { volumes_from: service.volumesFrom?.map((from) => this.volumesFrom(from)) };
      case "networks":
        return { networks: this.serviceNetworks(key, service.networks!) };
      case "links":
        return this.links(service.links!);
      case "networkMode":
      case "ipc":
      case "pid":
        return { [snakeCase(field)]: this.sharedBy(service[field]!) };
      case "replicas":
      case "swarm":
        return {};
      case "gpus":
        return service.gpus === "all" ? { gpus: "all" } : {};
      case "healthcheck":
        return { healthcheck: snakeKeys(service.healthcheck!) };
      case "blkioConfig":
        return { blkio_config: snakeKeys(service.blkioConfig!) };
      case "secrets":
      case "configs":
        return { [field]: service[field]!.map((file) => this.file(key, field, file)) };
      default:
        return { [snakeCase(field)]: service[field] };
    }
  }

  private environment(key: string, environment: Record<string, string | null>): object {
    return Object.fromEntries(
      Object.entries(environment).map(([name, value]) => {
        const secret = this.secrets.of(key, name);
        return [name, secret ? new Interpolated(reference(secret.name)) : value];
      }),
    );
  }

  private build(key: string, build: BuildDescription): string | object {
    const { context, args, shmSize, ...others } = build;
    const { folder, shownFrom = folder } = this.options;
    const path = shortPath(hostPath(context, folder), shownFrom);
    const rest = defined({
      ...others,
      dockerfile: others.dockerfile && shortPath(others.dockerfile, hostPath(context, folder)).replace(/^\.\//, ""),
      args: args && whole(this.environment(key, args)),
      shmSize,
    });
    return Object.keys(rest).length ? { context: path, ...snakeKeys(rest) } : path;
  }

  /** The key of a volume or network by its name on the engine. */
  private keyOf(kind: "volumes" | "networks", name: string): string {
    return Object.entries(this.project[kind]).find(([, definition]) => definition.name === name)?.[0] ?? name;
  }

  private mount(mount: string | MountDescription, refusesMissing: boolean): string | object {
    if (typeof mount === "string" && refusesMissing) {
      const [source = "", target, options = ""] = mount.split(":");
      const words = options.split(",");
      const selinux = words.find((word) => /^z$/i.test(word));
      const propagation = words.find((word) => /(private|shared|slave)$/.test(word));
      return defined({
        type: "bind",
        source,
        target,
        read_only: words.includes("ro") || undefined,
        bind: defined({ create_host_path: false, propagation, selinux }),
      });
    }
    if (typeof mount === "string") {
      const [source, ...rest] = mount.split(":");
      if (rest.length === 0 || /^[./~]/.test(source!)) return mount;
      return [this.keyOf("volumes", source!), ...rest].join(":");
    }
    const { type = "volume", source, readOnly, bind, tmpfs, target } = mount;
    const others = Object.keys(defined({ ...bind, createHostPath: undefined })).length > 0;
    // The short form makes a missing folder in Compose, as `-v` does.
    if (type === "bind" && bind?.createHostPath && !others && !`${source}${target}`.includes(":"))
      return `${source}:${target}${readOnly ? ":ro" : ""}`;
    return snakeKeys(
      defined({
        ...mount,
        type,
        source: source === undefined ? undefined : type === "volume" ? this.keyOf("volumes", source) : source,
        bind: bind && snakeKeys(bind),
        tmpfs: tmpfs && defined({ ...tmpfs, mode: octal(tmpfs.mode) }),
      }),
    );
  }

  private volumesFrom(from: string): string {
    const [container = "", access] = from.split(":");
    const service = this.serviceOf(container);
    return `${service ?? `container:${container}`}${access ? `:${access}` : ""}`;
  }

  /** Compose looks for the services of `links` in the file, and for containers of `external_links` on the engine. */
  private links(links: string[]): Record<string, unknown> {
    const inside: string[] = [];
    const outside: string[] = [];
    for (const link of links) {
      const [container = "", alias = container] = link.split(":");
      const service = this.serviceOf(container);
      if (service === undefined) outside.push(link);
      else inside.push(alias === service ? service : `${service}:${alias}`);
    }
    return { links: inside.length ? inside : undefined, external_links: outside.length ? outside : undefined };
  }

  private sharedBy(mode: string): string {
    const service = mode.startsWith("container:") ? this.serviceOf(mode.slice("container:".length)) : undefined;
    return service ? `service:${service}` : mode;
  }

  private serviceNetworks(service: string, networks: (string | NetworkDescription)[]): string[] | object | undefined {
    const entries = networks.map((given): [string, object | null] => {
      const { name, ...network } = typeof given === "string" ? { name: given } : given;
      // Compose gives every service its key as an alias.
      const aliases = network.aliases?.filter((alias) => alias !== service);
      const others = defined({ ...network, aliases: aliases?.length ? aliases : undefined });
      return [this.keyOf("networks", name), Object.keys(others).length ? snakeKeys(others) : null];
    });
    const plain = entries.every(([, network]) => network === null);
    // Every service joins the project's own network when it names none.
    if (plain && entries.length === 1 && entries[0]![0] === "default") return undefined;
    if (plain) return entries.map(([key]) => key);
    return Object.fromEntries(entries);
  }

  private file(
    key: string,
    kind: "secrets" | "configs",
    { source, target, file, content, environment, ...owner }: FileDescription,
  ): string | object {
    let origin: FileDescription = defined({ source, file, content, environment });
    const secret = kind === "secrets" && content !== undefined ? this.secrets.of(key, source) : undefined;
    if (secret) origin = { source, environment: secret.name };
    const known = this.files[kind];
    const same = (other: FileDescription) => JSON.stringify(other) === JSON.stringify(origin);
    const name = known.has(source) && !same(known.get(source)!) ? `${key}-${source}` : source;
    known.set(name, origin);
    const where = kind === "secrets" ? `/run/secrets/${name}` : `/${name}`;
    const away = target ?? (name === source ? undefined : kind === "secrets" ? source : `/${source}`);
    const long = defined({
      target: away === where ? undefined : away,
      uid: owner.uid,
      gid: owner.gid,
      mode: octal(owner.mode),
    });
    return Object.keys(long).length ? { source: name, ...long } : name;
  }

  private definitions(kind: "secrets" | "configs"): object {
    return Object.fromEntries([...this.files[kind]].map(([name, { source: _, ...origin }]) => [name, origin]));
  }

  private networks(): object {
    const used = new Set(
      Object.values(this.services).flatMap(({ networks = [] }) =>
        networks.map((network) => (typeof network === "string" ? network : network.name)),
      ),
    );
    const declared = Object.entries(this.project.networks).map(([key, network]) => [key, this.network(key, network)]);
    const known = new Set(Object.values(this.project.networks).map(({ name }) => name));
    // Nobody in the project makes it, so it has to be there.
    const others = [...used].filter((name) => !known.has(name)).map((name) => [name, { name, external: true }]);
    const own = declared.filter(([key, network]) => key !== "default" || network !== null);
    return Object.fromEntries([...own, ...others]);
  }

  private network(key: string, { name, external, ipam, ...others }: NetworkDefinition): object | null {
    if (external) return defined({ name: name === key ? undefined : name, external });
    const config = ipam?.config?.map((block) =>
      snakeKeys({ ...block, auxAddresses: undefined, auxiliaryAddresses: block.auxAddresses }),
    );
    const body = defined({
      name: name === `${this.project.name}_${key}` ? undefined : name,
      ...snakeKeys(others),
      ipam: ipam && defined({ ...ipam, config: config?.map(defined) }),
    });
    return Object.keys(body).length ? body : null;
  }

  private volumes(): object {
    const used = new Set<string>();
    for (const { volumes = [] } of Object.values(this.services)) {
      for (const mount of volumes) {
        const name =
          typeof mount === "string"
            ? volumeName(mount)
            : (mount.type ?? "volume") === "volume"
              ? mount.source
              : undefined;
        if (name) used.add(name);
      }
    }
    const declared = Object.entries(this.project.volumes).map(([key, volume]) => [key, this.volume(key, volume)]);
    const known = new Set(Object.values(this.project.volumes).map(({ name }) => name));
    const others = [...used].filter((name) => !known.has(name)).map((name) => [name, { name }]);
    return Object.fromEntries([...declared, ...others]);
  }

  private volume(key: string, { name, external, ...others }: VolumeDefinition): object | null {
    if (external) return defined({ name: name === key ? undefined : name, external });
    const body = defined({
      name: name === `${this.project.name}_${key}` ? undefined : name,
      ...snakeKeys(others),
    });
    return Object.keys(body).length ? body : null;
  }
}

const volumeName = (mount: string): string | undefined => {
  const [source, target] = mount.split(":");
  return target === undefined || /^[./~]/.test(source!) ? undefined : source;
};

function dependsOn(needed: NonNullable<TidyService["dependsOn"]>): string[] | object {
  const entries = Object.entries(needed);
  const plain = entries.every(
    ([, { condition, restart, required }]) => condition === "service_started" && !restart && required !== false,
  );
  if (plain) return entries.map(([key]) => key);
  return Object.fromEntries(
    entries.map(([key, { condition, restart, required }]) => [
      key,
      defined({ condition, restart: restart || undefined, required: required === false ? false : undefined }),
    ]),
  );
}

/** `secret` is berth's own word: the values stay in the file. */
function envFile(files: (string | EnvFileDescription)[]): string | (string | object)[] {
  const shown = files.map((file) => {
    if (typeof file === "string") return file;
    const { path, required, format } = file;
    const others = defined({ required, format });
    return Object.keys(others).length ? { path, ...others } : path;
  });
  const [first] = shown;
  return shown.length === 1 && typeof first === "string" ? first : shown;
}

/** Particular GPUs stand where every Compose of today finds them. */
const CONDITIONS: Record<string, string> = { no: "none", always: "any", "unless-stopped": "unless-stopped" };

/** `deploy` with what only a Swarm reads; modes of ports stand with the ports. */
function withSwarm(deploy: Deploy, { swarm = {}, restart = "always" }: TidyService): Deploy & object {
  const { updateConfig, rollbackConfig, placement, endpointMode, labels, global, restartPolicy, reservations } = swarm;
  const [policy = "", tries] = restart.split(":");
  const snake = (value: object | undefined) => value && snakeKeys(value);
  const generic = Object.entries(reservations?.genericResources ?? {}).map(([kind, value]) => ({
    discrete_resource_spec: { kind, value },
  }));
  const reserved = defined({
    ...deploy.resources?.reservations,
    cpus: reservations?.cpus === undefined ? undefined : String(reservations.cpus),
    generic_resources: generic.length ? generic : undefined,
  });
  return defined({
    ...deploy,
    mode: global ? "global" : undefined,
    labels,
    update_config: snake(updateConfig),
    rollback_config: snake(rollbackConfig),
    placement: snake(placement),
    endpoint_mode: endpointMode,
    restart_policy:
      restartPolicy &&
      defined({
        condition: CONDITIONS[policy] ?? "on-failure",
        max_attempts: tries === undefined ? undefined : Number(tries),
        ...restartPolicy,
      }),
    resources: Object.keys(reserved).length ? { ...deploy.resources, reservations: reserved } : deploy.resources,
  });
}

/** A port in the short form, or in the long one where it has a mode; only the short one has ranges. */
function exportedPorts(
  port: NonNullable<TidyService["ports"]>[number],
  { publishMode }: SwarmOptions = {},
): (string | object)[] {
  const parsed = parsePorts([port], "ports");
  const modes = parsed.map(({ target }) => (typeof publishMode === "object" ? publishMode[target] : publishMode));
  if (modes.every((mode) => mode === undefined)) return [String(port)];
  return parsed.map(({ target, published, hostIp, protocol }, index) =>
    snakeKeys(
      defined({
        target,
        published: published === undefined ? undefined : String(published),
        hostIp: hostIp || undefined,
        protocol: protocol === "tcp" ? undefined : protocol,
        mode: modes[index],
      }),
    ),
  );
}

function devices(gpus: GpuDescription[]): Deploy["resources"] {
  const reserved = gpus.map(({ driver, count, deviceIds, capabilities = ["gpu"], options }) =>
    snakeKeys(defined({ driver, count, deviceIds, capabilities, options })),
  );
  return { reservations: { devices: reserved } };
}

const reference = (name: string) => `\${${name}:?set it}`;

/** Escapes what Compose would interpolate, and has it interpolate secrets. */
function escaped(value: unknown): unknown {
  if (typeof value === "string") return withSecrets(value, reference, (text) => text.replace(/\$/g, "$$$$"));
  if (value instanceof Interpolated) return value.text;
  if (Array.isArray(value)) return value.map(escaped);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, escaped(item)]));
}

const ON_ONE_LINE = new Set(["command", "entrypoint", "test", "capabilities", "device_ids"]);

function render(project: object): string {
  // Read by the rules of YAML 1.1 too, which turns an unquoted 22:22 or "no" into something else.
  const document = new Document(escaped(project), { version: "1.1" });
  visit(document, {
    Pair(_, pair) {
      const key = isScalar(pair.key) ? String(pair.key.value) : "";
      if (!isSeq(pair.value)) return;
      if (ON_ONE_LINE.has(key)) {
        pair.value.flow = true;
        for (const item of pair.value.items) if (isScalar(item)) item.type = Scalar.QUOTE_DOUBLE;
      }
      if (key === "ports" || key === "expose")
        for (const item of pair.value.items) if (isScalar(item)) item.type = Scalar.QUOTE_DOUBLE;
    },
  });
  for (const [index, section] of (isMap(document.contents) ? document.contents.items : []).entries()) {
    if (index > 0 && isScalar(section.key)) section.key.spaceBefore = true;
    if (!isMap(section.value) || !isScalar(section.key) || section.key.value !== "services") continue;
    for (const [at, service] of section.value.items.entries())
      if (at > 0 && isPair(service) && isScalar(service.key)) service.key.spaceBefore = true;
  }
  return document.toString({ lineWidth: 0, nullStr: "", flowCollectionPadding: false, directives: false });
}

/**
 * Writes a project as a compose file. What Compose has no word for becomes a notice; secret values are
 * references such as `${MYSQL_ROOT_PASSWORD:?set it}`.
 *
 * @throws ArgumentError for a field that is wrong by itself
 */
export function toCompose(project: ProjectDescription, options: PrintOptions): Printed {
  return new Writer(project, options).write();
}
