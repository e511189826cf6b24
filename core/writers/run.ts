import { isAbsolute, join } from "node:path";
import { shortPath, type TidyService } from "../description/describe";
import { readEnvFiles } from "../description/environment";
import { hostPath } from "../description/mounts";
import type {
  BuildDescription,
  NetworkDefinition,
  Notice,
  ProjectDescription,
  VolumeDefinition,
} from "../description/project";
import { both, say } from "../description/say";
import { parseService } from "../description/service";
import { isSecretValue } from "../description/secretValue";
import type { EnvFileDescription, MountDescription } from "../description/types";
import { commandLine, dockerRun } from "./dockerRun";
import { inOrder } from "../description/startOrder";
import { note, type PrintOptions, warning } from "./printed";
import { Printer } from "./printer";
import { secretNotices } from "./secrets";

/** The lines that make a project by hand, in the order in which they have to run. */
export interface RunLines {
  lines: string[];
  /** Those that make the containers, by the key of their service. */
  byService: Record<string, string[]>;
  notices: Notice[];
}

type Flags = string[][];

const many = (flag: string, values: string[] | undefined): Flags => (values ?? []).map((value) => [flag, value]);
const pairs = (flag: string, record: Record<string, string | null> | undefined): Flags =>
  Object.entries(record ?? {}).map(([key, value]) => [flag, value === null ? key : `${key}=${value}`]);
const one = (flag: string, value: string | number | boolean | undefined): Flags =>
  value === undefined || value === false ? [] : [value === true ? [flag] : [flag, String(value)]];

function networkLine(network: NetworkDefinition): string {
  const { name, driver, driverOpts, ipam, internal, attachable, enableIpv4, enableIpv6, labels } = network;
  const blocks = (ipam?.config ?? []).flatMap(({ subnet, gateway, ipRange, auxAddresses }) => [
    ...one("--subnet", subnet),
    ...one("--gateway", gateway),
    ...one("--ip-range", ipRange),
    ...pairs("--aux-address", auxAddresses),
  ]);
  return commandLine("docker network create", [
    ...one("--driver", driver),
    ...blocks,
    ...one("--ipam-driver", ipam?.driver),
    ...pairs("--ipam-opt", ipam?.options),
    ...one("--internal", internal),
    ...one("--attachable", attachable),
    ...(enableIpv4 === false ? [["--ipv4=false"]] : []),
    ...one("--ipv6", enableIpv6),
    ...pairs("-o", driverOpts),
    ...pairs("--label", labels),
    [name],
  ]);
}

function volumeLine({ name, driver, driverOpts, labels }: VolumeDefinition): string {
  return commandLine("docker volume create", [
    ...one("--driver", driver),
    ...pairs("-o", driverOpts),
    ...pairs("--label", labels),
    [name],
  ]);
}

class Lines extends Printer {
  all(): RunLines {
    const order = inOrder(this.services);
    const mounted = new Set(order.flatMap((key) => (this.services[key]!.volumes ?? []).map(volumeOf)));
    const used = new Set(
      order.flatMap((key) =>
        (this.services[key]!.networks ?? []).map((item) => (typeof item === "string" ? item : item.name)),
      ),
    );
    const lines = [
      ...Object.entries(this.project.networks).flatMap(([key, network]) =>
        this.made("networks", key, network, used.has(network.name)) ? [networkLine(network)] : [],
      ),
      ...Object.entries(this.project.volumes).flatMap(([key, volume]) => {
        // `docker run` makes a plain volume when it first meets its name.
        const plain = !volume.driverOpts && !volume.labels && (volume.driver ?? "local") === "local";
        if (!this.made("volumes", key, volume, true) || (plain && mounted.has(volume.name))) return [];
        return [volumeLine(volume)];
      }),
    ];
    const built = new Set<string>();
    for (const key of order) {
      const service = this.services[key]!;
      if (service.build && !built.has(service.image)) {
        built.add(service.image);
        lines.push(...this.build(key, service, service.build));
      }
    }
    const byService = Object.fromEntries(order.map((key) => [key, this.run(key, this.services[key]!)]));
    lines.push(...order.flatMap((key) => byService[key]!));
    this.notices.push(...this.secretNotices());
    return { lines, byService, notices: this.notices };
  }

  private made(
    kind: "networks" | "volumes",
    key: string,
    item: { name: string; external?: boolean },
    used: boolean,
  ): boolean {
    if (item.external && used)
      this.notices.push(note(`${kind}.${key}`, say`is external: ${item.name} has to be there already`));
    return !item.external && (used || key !== "default");
  }

  private build(key: string, { image, platform }: TidyService, build: BuildDescription): string[] {
    const at = `services.${key}.build`;
    const { folder, shownFrom = folder } = this.options;
    const context = shortPath(hostPath(build.context, folder), shownFrom);
    if (build.dockerfileInline !== undefined)
      this.notices.push(
        warning(
          `${at}.dockerfileInline`,
          say`is not printed: put it into a file and name that with \`docker build -f\``,
        ),
      );
    const { dockerfile } = build;
    const file = dockerfile === undefined || isAbsolute(dockerfile) ? dockerfile : join(context, dockerfile);
    const args = Object.entries(build.args ?? {}).map(([name, value]): [string, string | null] => [
      name,
      this.secrets.of(key, name) ? null : value,
    ]);
    const hosts = Array.isArray(build.extraHosts)
      ? build.extraHosts
      : Object.entries(build.extraHosts ?? {}).map(([host, ip]) => `${host}:${ip}`);
    const platforms = build.platforms ?? (platform ? [platform] : []);
    return [
      commandLine("docker build", [
        ...one("-t", image),
        ...many(
          "-t",
          build.tags?.filter((tag) => tag !== image),
        ),
        ...one("-f", file === "Dockerfile" ? undefined : file),
        ...pairs("--build-arg", Object.fromEntries(args)),
        ...one("--target", build.target),
        ...one("--network", build.network),
        ...one("--platform", platforms.length ? platforms.join(",") : undefined),
        ...many("--cache-from", build.cacheFrom),
        ...many("--add-host", hosts),
        ...one("--shm-size", build.shmSize),
        ...one("--no-cache", build.noCache),
        ...one("--pull", build.pull),
        ...pairs("--label", build.labels),
        [context],
      ]),
    ];
  }

  private run(key: string, service: TidyService): string[] {
    const at = `services.${key}`;
    const { folder, shownFrom = folder } = this.options;
    const {
      build: _,
      swarm: _swarm,
      dependsOn = {},
      replicas = 1,
      environment = {},
      envFile = [],
      ...fields
    } = { ...service, ...this.shared(service) };
    for (const [other, { condition }] of Object.entries(dependsOn)) {
      if (condition === "service_healthy")
        this.notices.push(
          note(
            `${at}.dependsOn.${other}`,
            say`docker run waits for nobody: see that ${other} is healthy before ${key} starts`,
          ),
        );
    }
    if (fields.waitTimeout !== undefined) this.notices.push(note(`${at}.waitTimeout`, say`docker run does not wait`));
    if (fields.healthcheck?.test?.[0] === "CMD" && Array.isArray(fields.healthcheck.test))
      this.notices.push(
        note(`${at}.healthcheck.test`, say`docker run has only the form that goes through the image's shell`),
      );
    for (const [index, network] of (fields.networks ?? []).entries())
      if (index > 0 && typeof network === "object" && network.macAddress)
        this.notices.push(
          warning(`${at}.networks[${index}].macAddress`, say`\`docker network connect\` cannot set it: left out`),
        );
    const refuseMissing = new Set(
      [...(fields.volumes ?? []).keys()].filter((index) => this.refusesMissing(key, index)),
    );
    for (const index of refuseMissing) {
      const given = this.project.services[key]!.volumes![index] as MountDescription;
      if (given.bind?.selinux)
        this.notices.push(
          note(
            `${at}.volumes[${index}]`,
            say`only \`-v\` can say ${given.bind.selinux}, and it makes what is missing: see that ${given.source} is there`,
          ),
        );
    }
    const splits = (device: unknown) => typeof device === "object";
    for (const [index, device] of (fields.devices ?? []).entries())
      if (splits(device))
        this.notices.push(
          warning(`${at}.devices[${index}]`, say`is left out: \`--device\` splits at colons, and this path holds one`),
        );
    if (fields.devices?.some(splits)) fields.devices = fields.devices.filter((device) => !splits(device));
    for (const kind of ["secrets", "configs"] as const) {
      const written = fields[kind]?.filter(({ file }) => file === undefined) ?? [];
      for (const { source } of written)
        this.notices.push(
          warning(`${at}.${kind}.${source}`, say`docker run only mounts files: write it into one and mount that`),
        );
      if (written.length) fields[kind] = fields[kind]!.filter(({ file }) => file !== undefined);
    }
    const envFiles = envFile.map((file) => (typeof file === "string" ? file : file.path));
    const otherwise = this.readOtherwise(envFile, `${at}.envFile`, environment);
    const named = Object.keys(environment).filter((name) => environment[name] === null || this.secrets.of(key, name));
    const values = Object.fromEntries(
      Object.entries({ ...otherwise, ...environment }).map(([name, value]) => [name, value ?? ""]),
    );
    // Somebody waits for its end, which a container in the background would hide.
    const awaited = Object.values(this.services).some(
      (other) => other.dependsOn?.[key]?.condition === "service_completed_successfully",
    );
    if (replicas === 0) this.notices.push(note(at, say`has no replicas: nothing is printed`));
    if (replicas > 1) this.notices.push(note(at, say`has ${replicas} replicas: ${replicas} lines`));
    const base = this.containerOf(key);
    return Array.from({ length: replicas }, (_unused, index) => {
      const containerName = replicas > 1 ? `${base}-${index + 1}` : base;
      const spec = parseService(
        { ...fields, containerName, environment: values, mode: awaited ? "replicated-job" : fields.mode },
        { projectFolder: shownFrom, outer: {} },
      );
      // The container's own name is known on every network.
      const networks = spec.networks?.map((network) => {
        const aliases = network.aliases?.filter((alias) => alias !== containerName);
        return { ...network, aliases: aliases?.length ? aliases : undefined };
      });
      return dockerRun({ ...spec, networks }, new Set(named), envFiles, refuseMissing);
    }).flat();
  }

  /**
   * Variables of environment files that docker reads otherwise than Compose, which takes quotes, comments and other
   * variables for what they are: their values, to be said beside the files. Of secrets it is only said.
   */
  private readOtherwise(
    files: (string | EnvFileDescription)[],
    at: string,
    environment: Record<string, unknown>,
  ): Record<string, string> {
    const { folder, shownFrom = folder } = this.options;
    const read = (format?: "raw"): Record<string, string> => {
      const each = files.map((file) => ({
        ...(typeof file === "string" ? { path: file } : file),
        ...(format && { format }),
      }));
      return Object.assign({}, ...readEnvFiles(each, at, shownFrom, process.env).map(({ values }) => values));
    };
    const names = files.map((file) => (typeof file === "string" ? file : file.path));
    try {
      const [meant, raw] = [read(), read("raw")];
      const other = Object.entries(meant).filter(([name, value]) => !(name in environment) && raw[name] !== value);
      const secret = other.filter(([name, value]) => isSecretValue(name, value)).map(([name]) => name);
      if (secret.length)
        this.notices.push(
          warning(
            at,
            say`docker run takes quotes, comments behind values and $ in ${both(names)} as they stand: write ${both(secret)} plainly there`,
          ),
        );
      return Object.fromEntries(other.filter(([name]) => !secret.includes(name)));
    } catch {
      // One that is not here, or that docker cannot read.
      this.notices.push(
        note(at, say`docker run takes quotes, comments behind values and $ in ${both(names)} as they stand`),
      );
      return {};
    }
  }

  /** A shell has one value for each name, whatever the services have. */
  private secretNotices(): Notice[] {
    const holders = new Map<string, number>();
    for (const { variables } of this.secrets.all)
      for (const variable of variables) holders.set(variable, (holders.get(variable) ?? 0) + 1);
    return secretNotices(this.secrets, ({ variables }) => {
      const anew = variables.some((variable) => holders.get(variable)! > 1);
      return anew
        ? say`export ${both(variables)} in the shell anew before each line, the values differ`
        : say`export ${both(variables)} in the shell first`;
    });
  }
}

function volumeOf(mount: NonNullable<TidyService["volumes"]>[number]): string | undefined {
  if (typeof mount === "object") return (mount.type ?? "volume") === "volume" ? mount.source : undefined;
  const [source, target] = mount.split(":");
  return target === undefined || /^[./~]/.test(source!) ? undefined : source;
}

/**
 * Writes a project as the lines that make it by hand: networks, volumes, images, then containers so that each
 * comes after those it needs. What the command line has no word for becomes a notice; secret values are named
 * only (`-e MYSQL_ROOT_PASSWORD`).
 *
 * @throws ArgumentError for a field that is wrong by itself
 */
export function toRun(project: ProjectDescription, options: PrintOptions): RunLines {
  return new Lines(project, options).all();
}
