import { say } from "../description/say";
import { existsSync } from "node:fs";
import { REFUSED, refusedValues } from "../mapping/docker";
import { defined, shortPath, type TidyService } from "../description/describe";
import { hostPath } from "../description/mounts";
import type { BuildDescription, NetworkDefinition, ProjectDescription, VolumeDefinition } from "../description/project";
import type { MountDescription, NetworkDescription } from "../description/types";
import { Code, literal, quoted } from "./literal";
import { inOrder } from "../description/startOrder";
import { listedShort, note, type Printed, type PrintOptions, warning } from "./printed";
import { Printer } from "./printer";
import { freeProgramName, inBackticks, ownProgram, type ProgramParts, stackProgram, Variables } from "./programText";
import { hasMark, mapTexts, pieces, type Secret, secretNotices, withSecrets } from "./secrets";
import { type Fields, typedService } from "./typed";

const MODULES: Record<string, string> = {
  BridgeNetwork: "bridgeNetwork",
  BuiltImage: "builtImage",
  Elasticsearch: "elasticsearch",
  Mysql: "mysql",
  NamedVolume: "namedVolume",
  Network: "network",
  Nginx: "nginx",
  OverlayNetwork: "overlayNetwork",
  Service: "service",
  SwarmService: "swarmService",
  Tomcat: "tomcat",
};

/** Modes are written as people know them. */
const octal = (mode: number | undefined) => (mode === undefined ? undefined : new Code(`0o${mode.toString(8)}`));

// What a person chooses can be made anew; a token comes from somebody else.
const isChosen = ({ name, own, file }: Secret) => /PASS/i.test(name) && own && file === undefined;

/** Where the program is going to stand. */
export interface TypescriptOptions extends PrintOptions {
  /** In a project of its own, which imports the package; else in stacks/. @default false */
  package?: boolean;
  /** Its services are services of a Swarm. @default false */
  swarm?: boolean;
  /** Whether stacks/ has a program of that name. @default there is none */
  taken?(name: string): boolean;
}

/** A program, and what it declares. */
export interface Program extends Printed {
  /** Its secret settings. */
  secrets: string[];
  /** The container and the variable that have the value of each now; of files it says nothing. */
  secretUses: Record<string, { container: string; variable: string }>;
  /** Names of its containers. */
  containers: string[];
  /** Kinds and names of its objects of a cluster. @default none */
  objects?: string[];
}

class Module extends Printer<TypescriptOptions> {
  private readonly components = new Set<string>();
  private readonly variables = new Variables();
  private readonly settings = new Map<Secret, string>();
  private readonly networks = new Map<string, string>();
  private readonly volumes = new Map<string, string>();
  private readonly images = new Map<string, string>();
  private readonly containers: string[] = [];
  private interpolates = false;
  private readonly made = new Map<string, { variable: string; several: boolean; shows?: string }>();

  write(): Program {
    for (const secret of this.secrets.all) this.settings.set(secret, this.variables.of(secret.name));
    const body = [
      ...Object.entries(this.project.networks).flatMap(([key, network]) => this.network(key, network)),
      ...Object.entries(this.project.volumes).flatMap(([key, volume]) => this.volume(key, volume)),
      ...inOrder(this.services).flatMap((key) => this.service(key, this.services[key]!)),
      ...this.outputs(),
    ];
    const lines = this.options.package ? this.ownProgram(body) : this.stackProgram(body);
    const secrets = [...this.settings.values()];
    return {
      text: [...lines, ""].join("\n"),
      notices: this.notices,
      secrets,
      secretUses: Object.fromEntries([...this.settings].flatMap(([secret, name]) => this.secretUse(secret, name))),
      containers: this.containers,
    };
  }

  private secretUse(secret: Secret, name: string): [string, { container: string; variable: string }][] {
    for (const [key, { environment = {} }] of Object.entries(this.services))
      for (const variable of Object.keys(environment))
        if (this.secrets.of(key, variable) === secret) return [[name, { container: this.containerOf(key), variable }]];
    return [];
  }

  /** A program of stacks/. */
  private stackProgram(body: string[]): string[] {
    const file = freeProgramName(this.project.name, this.options.taken);
    this.notices.unshift(
      note(
        "stacks",
        say`save it as stacks/${file}.ts and add \`${file}: () => import("./${file}"),\` to the map in stacks/index.ts`,
      ),
    );
    this.notices.push(
      ...secretNotices(this.secrets, (secret) => {
        const setting = `${file}:${this.settings.get(secret)}`;
        const how = say`set it with \`pulumi config set --secret ${setting}\``;
        return isChosen(secret) ? say`${how}, or \`berth up\` makes one` : how;
      }),
    );
    return stackProgram(file, this.parts(body));
  }

  /** A program of somebody's own project, which imports the package. */
  private ownProgram(body: string[]): string[] {
    this.notices.push(
      ...secretNotices(
        this.secrets,
        (secret) => say`set it with \`pulumi config set --secret ${this.settings.get(secret)}\``,
      ),
    );
    return ownProgram(this.parts(body));
  }

  private parts(body: string[]): ProgramParts {
    const keys = Object.keys(this.services);
    const settings = [...this.settings].map(([secret, variable]) => {
      const names = [...new Set(secret.uses.map(({ at }) => at))];
      const doc = `${listedShort(names)} of ${listedShort([...new Set(secret.uses.map(({ service }) => service))])}`;
      return { variable, doc, chosen: isChosen(secret) };
    });
    const components = Object.fromEntries([...this.components].map((name) => [name, MODULES[name]!]));
    const imports: [string, string][] = this.interpolates ? [["interpolate", "@pulumi/pulumi"]] : [];
    return { title: `${keys.length ? listedShort(keys) : "No services"}.`, settings, components, imports, body };
  }

  /** Texts with a secret in them, as code. */
  private coded<T>(value: T): T {
    const code = (text: string) => {
      if (!hasMark(text)) return text;
      const variable = (name: string) => this.settings.get(this.secrets.all.find((secret) => secret.name === name)!)!;
      const parts = pieces(text);
      if (parts.length === 3 && parts[0] === "" && parts[2] === "") return new Code(variable(parts[1]!));
      this.interpolates = true;
      const shown = withSecrets(
        text,
        (name) => `\${${variable(name)}}`,
        (part) => inBackticks(part).replaceAll("\n", "\\n"),
      );
      return new Code(`interpolate\`${shown}\``);
    };
    return mapTexts(value, code, (item) => item instanceof Code) as T;
  }

  private create(variable: string, component: string, name: string, args: object): string {
    this.components.add(component);
    const head = `const ${variable} = new ${component}(${quoted(name)}`;
    if (Object.keys(args).length === 0) return `${head});`;
    return `${head}, ${literal(args, 0, head.length + ", );".length)});`;
  }

  private network(key: string, network: NetworkDefinition): string[] {
    const at = `networks.${key}`;
    const users = Object.values(this.services).some((service) =>
      service.networks?.some((item) => (typeof item === "string" ? item : item.name) === network.name),
    );
    if (!users && key === "default") return [];
    if (network.external) {
      this.notices.push(note(at, say`is external: ${network.name} has to be there before \`up\``));
      return [];
    }
    if (network.enableIpv4 === false)
      this.notices.push(warning(`${at}.enableIpv4`, say`the Docker provider cannot switch IPv4 off: left out`));
    const { name, driver, driverOpts: options, ipam, internal, attachable, enableIpv6, labels } = network;
    const variable = this.variables.of(key === "default" ? "network" : key);
    this.networks.set(name, variable);
    const [block, ...blocks] = ipam?.config ?? [];
    const simple =
      (driver ?? "bridge") === "bridge" &&
      blocks.length === 0 &&
      !block?.auxAddresses &&
      !ipam?.driver &&
      !ipam?.options;
    const common = { options, internal: internal || undefined, attachable: attachable || undefined, labels };
    if (this.options.swarm && driver === "overlay" && blocks.length === 0 && !block?.auxAddresses) {
      const { encrypted, ...others } = options ?? {};
      const rest = Object.keys(others).length ? others : undefined;
      const used = { ...block, ...common, encrypted: encrypted === undefined ? undefined : true, options: rest };
      return [this.create(variable, "OverlayNetwork", name, defined(used))];
    }
    if (simple && enableIpv6 === undefined)
      return [this.create(variable, "BridgeNetwork", name, defined({ ...block, ...common }))];
    return [this.create(variable, "Network", name, defined({ driver, ipam, enableIpv6, ...common }))];
  }

  private volume(key: string, { name, external, driver, driverOpts, labels }: VolumeDefinition): string[] {
    if (external) {
      this.notices.push(
        note(`volumes.${key}`, say`is external: \`up\` takes ${name} as it is, and makes it where it is missing`),
      );
      return [];
    }
    const mounted = Object.values(this.services).some((service) =>
      service.volumes?.some((mount) =>
        typeof mount === "string" ? mount.startsWith(`${name}:`) : mount.source === name,
      ),
    );
    const args = defined({ driver: driver === "local" ? undefined : driver, driverOpts, labels });
    // A plain volume needs no declaration where somebody mounts it.
    if (mounted && Object.keys(args).length === 0) return [];
    const variable = this.variables.of(key);
    this.volumes.set(name, variable);
    return [this.create(variable, "NamedVolume", name, args)];
  }

  /** What only a Swarm reads, as arguments of a SwarmService. */
  private static swarmArguments({ replicas = 1, swarm = {} }: TidyService): Record<string, unknown> {
    const { labels: serviceLabels, ...others } = swarm;
    return defined({ replicas: replicas === 1 ? undefined : replicas, ...others, serviceLabels });
  }

  private service(key: string, service: TidyService): string[] {
    const at = `services.${key}`;
    const { swarm: onSwarm = false } = this.options;
    // What only a Swarm reads is noted by the reader of the compose file.
    const { build, dependsOn, replicas: tasks = 1, swarm: _, ...fields } = { ...service, ...this.shared(service) };
    // A Swarm has one service for all of them.
    const replicas = onSwarm ? 1 : tasks;
    if (replicas === 0) {
      this.notices.push(note(at, say`has no replicas: it is left out`));
      return [];
    }
    const comments = this.leaveOut(at, fields);
    this.refusedValues(at, fields);
    const images = build ? this.image(key, service.image, build) : [];
    const awaited = Object.values(this.services).some(
      (other) => other.dependsOn?.[key]?.condition === "service_completed_successfully",
    );
    if (awaited) fields.mode = "replicated-job";

    const own = this.containerOf(key);
    if (fields.containerName !== undefined && replicas > 1) {
      this.notices.push(note(`${at}.containerName`, say`its ${replicas} containers are numbered`));
    }
    delete fields.containerName;
    const secretOf = (variable: string) => {
      const secret = this.secrets.of(key, variable);
      return secret && new Code(this.settings.get(secret)!);
    };
    const networks = fields.networks?.map((network) => this.joined(network, replicas > 1 ? undefined : own));
    const secrets = fields.secrets?.map((file) => {
      const content = file.content === undefined ? undefined : (secretOf(file.source) ?? file.content);
      return defined({ ...file, content, mode: octal(file.mode) });
    });
    const described = defined({
      ...fields,
      // Here, for all components alike: what is secret is printed nowhere.
      environment:
        fields.environment &&
        Object.fromEntries(Object.entries(fields.environment).map(([name, value]) => [name, secretOf(name) ?? value])),
      networks,
      secrets,
      configs: fields.configs?.map((file) => defined({ ...file, mode: octal(file.mode) })),
      volumes: fields.volumes?.map((mount) => this.mount(mount)),
    }) as Fields;
    const built = this.images.get(service.image);
    const { component, args, shows } = (built || onSwarm ? undefined : typedService(described)) ?? {
      component: onSwarm ? "SwarmService" : "Service",
      args: {
        ...described,
        ...(onSwarm ? Module.swarmArguments(service) : {}),
        ...(built ? { image: new Code(`${built}.imageName`) } : {}),
      } as Record<string, unknown>,
      shows: undefined,
    };
    const waits = this.waits(dependsOn);
    const all = this.coded(this.withVolumes(defined({ ...args, ...(waits.length ? { dependsOn: waits } : {}) })));
    const variable = this.variables.of(key);
    this.made.set(key, { variable, several: replicas > 1, shows });
    const names = replicas === 1 ? [own] : Array.from({ length: replicas }, (_, index) => `${own}-${index + 1}`);
    this.containers.push(...names);
    if (replicas === 1) return [...images, ...comments, this.create(variable, component, own, all)];
    this.components.add(component);
    const lines = [
      `const ${variable} = ${literal(names, 0, 40)}.map(`,
      "  (name) =>",
      `    new ${component}(name, ${literal(all, 4, component.length + 20)}),`,
      ");",
    ];
    return [...images, ...comments, lines.join("\n")];
  }

  /** A mount as one short text where nothing is lost: a path that is there need not be made. */
  private mount(mount: string | MountDescription): unknown {
    if (typeof mount === "string") return mount;
    const { type, source = "", target, readOnly, bind: { createHostPath, ...bind } = {}, tmpfs } = mount;
    const { folder, shownFrom = folder } = this.options;
    const plain =
      type === "bind" && createHostPath && Object.keys(bind).length === 0 && !`${source}${target}`.includes(":");
    if (plain && existsSync(hostPath(source, shownFrom))) return `${source}:${target}${readOnly ? ":ro" : ""}`;
    return tmpfs?.mode === undefined ? mount : { ...mount, tmpfs: { ...tmpfs, mode: octal(tmpfs.mode) } };
  }

  /** The image that a service is built from, once for all its users. */
  private image(key: string, name: string, build: BuildDescription): string[] {
    if (this.images.has(name)) return [];
    const { folder, shownFrom = folder } = this.options;
    const context = hostPath(build.context, folder);
    const args = Object.entries(build.args ?? {}).map(([arg, value]) => {
      if (!this.secrets.of(key, arg)) return [arg, value];
      const text = say`${arg} is a secret and is not printed: the build takes it from the environment of \`up\``;
      this.notices.push(warning(`services.${key}.build.args`, text));
      return [arg, null];
    });
    const variable = this.variables.of(`${name.replace(/.*\/|[:@].*/g, "")}-image`);
    this.images.set(name, variable);
    const rest = defined({
      ...build,
      context: shortPath(context, shownFrom),
      dockerfile: build.dockerfile && shortPath(build.dockerfile, context).replace(/^\.\//, ""),
      args: args.length ? Object.fromEntries(args) : undefined,
    });
    return [this.create(variable, "BuiltImage", name, rest)];
  }

  /** What the Docker provider cannot make stays readable beside the service. */
  private leaveOut(at: string, fields: Record<string, unknown>): string[] {
    return Object.entries(REFUSED).flatMap(([field, [problem, remedy]]) => {
      if (fields[field] === undefined) return [];
      this.notices.push(warning(`${at}.${field}`, say`is left out: ${problem}; ${remedy}`));
      const value = withSecrets(literal(fields[field], 0, 0), () => "***").replace(/\s*\n\s*/g, " ");
      delete fields[field];
      return [`// ${say`${field}: ${value} is left out: ${problem}.`}`];
    });
  }

  /** Values that the Docker provider cannot say: the program would end with them. */
  private refusedValues(at: string, fields: Omit<TidyService, "build" | "dependsOn">): void {
    for (const { argument, problem, remedy } of refusedValues(fields, {
      projectFolder: this.options.folder,
      outer: {},
    }))
      this.notices.push(warning(`${at}.${argument}`, say`\`up\` refuses it: ${problem}; ${remedy}`));
  }

  /** A container is found by its own name without an alias. */
  private joined(network: string | NetworkDescription, containerName: string | undefined): unknown {
    const { name, ...others } = typeof network === "string" ? { name: network } : network;
    const variable = this.networks.get(name);
    const shown = variable === undefined ? name : new Code(`${variable}.networkName`);
    const aliases = (others as NetworkDescription).aliases?.filter((alias) => alias !== containerName);
    const rest = defined({ ...others, aliases: aliases?.length ? aliases : undefined });
    return Object.keys(rest).length ? { name: shown, ...rest } : shown;
  }

  private withVolumes(args: Record<string, unknown>): Record<string, unknown> {
    const mount = (value: unknown): unknown => {
      const text = typeof value === "string" ? value : (value as { source?: string }).source;
      const [source = "", ...rest] = text?.split(":") ?? [];
      const variable = this.volumes.get(source);
      if (variable === undefined) return value;
      if (typeof value !== "string") return { ...(value as object), source: new Code(`${variable}.volumeName`) };
      return new Code(`\`\${${variable}.volumeName}:${inBackticks(rest.join(":"))}\``);
    };
    const { volumes, service, data } = args as {
      volumes?: unknown[];
      service?: { volumes?: unknown[] };
      data?: string;
    };
    const named = data === undefined ? undefined : this.volumes.get(data);
    return {
      ...args,
      ...(volumes ? { volumes: volumes.map(mount) } : {}),
      ...(service?.volumes ? { service: { ...service, volumes: service.volumes.map(mount) } } : {}),
      ...(named ? { data: new Code(`${named}.volumeName`) } : {}),
    };
  }

  private waits(dependsOn: TidyService["dependsOn"] = {}): unknown[] {
    return Object.entries(dependsOn).flatMap(([key, { condition, restart }]): unknown[] => {
      const other = this.made.get(key);
      if (!other) return [];
      const { variable, several } = other;
      if (condition === "service_healthy" && !restart) return [new Code(several ? `...${variable}` : variable)];
      const wait = { service: new Code(several ? "service" : variable), condition, ...(restart ? { restart } : {}) };
      if (!several) return [wait];
      return [new Code(`...${variable}.map((service) => (${literal(wait, 0, 0)}))`)];
    });
  }

  private outputs(): string[] {
    const made = [...this.made.entries()];
    const [only] = made;
    if (made.length === 1 && only && !only[1].several) {
      const { variable, shows } = only[1];
      const shown = shows && (shows === "login" ? "login" : "url");
      const outputs = {
        ...(shown ? { [shown]: new Code(`${variable}.${shows}`) } : {}),
        containerName: new Code(`${variable}.containerName`),
        endpoints: new Code(`${variable}.endpoints`),
      };
      return [`return ${literal(outputs, 0, "return ;".length)};`];
    }
    const names = made.map(
      ([, { variable, several }]) =>
        new Code(several ? `...${variable}.map((service) => service.containerName)` : `${variable}.containerName`),
    );
    const endpoints = made
      .filter(([key, { several }]) => !several && (this.services[key]!.ports?.length || this.services[key]!.publishAll))
      .map(([key, { variable }]) => [key, new Code(`${variable}.endpoints`)]);
    const outputs = {
      containers: names,
      ...(endpoints.length ? { endpoints: Object.fromEntries(endpoints) } : {}),
    };
    return [`return ${literal(outputs, 0, "return ;".length)};`];
  }
}

/**
 * Writes a project as a program: typed services where there are some, `Service` for everything
 * else. Secret values are settings of the program. What the Docker provider cannot make is left out with a
 * comment and a warning.
 *
 * @throws ArgumentError for a field that is wrong by itself
 */
export function toTypescript(project: ProjectDescription, options: TypescriptOptions): Program {
  return new Module(project, options).write();
}
