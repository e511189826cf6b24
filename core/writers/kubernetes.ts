import { quote } from "shlex";
import { Document } from "yaml";
import { asLabelName, serviceName } from "../mapping/kubernetes/checks";
import type { ClaimOptions } from "../description/kubernetesOptions";
import { REFUSED } from "../mapping/kubernetes/refused";
import { oneNode, sameName } from "../mapping/kubernetes/volumes";
import { type LateValues, PLAIN } from "../mapping/kubernetes/late";
import { type Workload, workload } from "../mapping/kubernetes/workload";
import type { TidyService } from "../description/describe";
import { ArgumentError } from "../description/errors";
import type { FileSpec } from "../description/files";
import type { ProjectDescription } from "../description/project";
import { parseService, type ServiceSpec } from "../description/service";
import { inOrder } from "../description/startOrder";
import { note, type Printed, type PrintOptions, warning } from "./printed";
import { Printer } from "./printer";
import { both, say, withoutStop } from "../description/say";
import { hasMark, mapTexts, pieces, shellText, withSecrets } from "./secrets";
import { withSwarm } from "./swarmOnKubernetes";

type Manifest = Workload["controller"];
interface Metadata {
  name: string;
}

/** Without these there is nothing to run. */
const NEEDED = ["image", "containerName"];

/** Every secret of a service is marked as one. */
const PRINTED: LateValues = { ...PLAIN, isSecret: (name, _, marked) => marked.has(name) };

class Manifests extends Printer {
  private readonly objects = new Map<string, Manifest>();
  private readonly claims = new Map<string, Workload["claims"][number]>();
  /** The service that names a claim first. */
  private readonly claimedBy = new Map<string, string>();
  private readonly claimOptions: Record<string, ClaimOptions> = {};

  write(): Printed {
    this.definitions();
    for (const key of inOrder(this.services)) this.service(key, this.services[key]!);
    return { text: [...this.objects.values()].map(render).join("---\n"), notices: this.notices };
  }

  /** What the project says of networks and volumes by themselves. */
  private definitions(): void {
    for (const [key, { ipam, internal, driverOpts, enableIpv6 }] of Object.entries(this.project.networks))
      if (ipam || internal || driverOpts || enableIpv6)
        this.notices.push(
          warning(
            `networks.${key}`,
            say`its settings are left out: pods are on the one network of their cluster; say with a NetworkPolicy what may reach what`,
          ),
        );
    for (const [key, { name, external, driver = "local", driverOpts }] of Object.entries(this.project.volumes)) {
      if (external) {
        this.claimOptions[name] = { existing: true };
        this.notices.push(
          note(`volumes.${key}`, say`is external: the claim ${asLabelName(name)} has to be there already`),
        );
      } else if (driver !== "local" || driverOpts)
        this.notices.push(
          warning(
            `volumes.${key}`,
            say`its driver is left out: the storage class of the claim decides where the data lies`,
          ),
        );
    }
  }

  private service(key: string, service: TidyService): void {
    const at = `services.${key}`;
    const { build, dependsOn = {}, image } = service;
    const others = Object.keys(dependsOn);
    if (others.length)
      this.notices.push(
        note(
          `${at}.dependsOn`,
          say`kubectl apply waits for nobody: ${key} starts beside ${both(others)}, and again until it finds them`,
        ),
      );
    if (build)
      this.notices.push(
        warning(
          `${at}.build`,
          say`build ${image} and push it to a registry that the nodes reach; only its name is printed`,
        ),
      );
    for (const field of ["labels", "annotations"] as const)
      for (const [name, value] of Object.entries(service[field] ?? {}))
        if (hasMark(String(value)))
          this.notices.push(
            warning(
              `${at}.${field}.${name}`,
              say`has a secret, and a cluster puts no variable into an annotation: what stands there is its name`,
            ),
          );
    const spec = this.specOf(key, service);
    const made = this.workload(at, spec);
    for (const level of ["note", "warning"] as const)
      for (const text of made[`${level}s`].map(withoutStop))
        if (!this.notices.some((other) => other.text === text)) this.notices.push({ level, at, text });
    this.notices.push(...withSwarm(at, service, made.controller, made.services));
    for (const claim of made.claims) {
      const other = this.claims.get(claim.name);
      if (other && other.source !== claim.source) throw sameName(claim, other.source);
      const shared = other && oneNode(claim, this.claimedBy.get(claim.name)!);
      if (shared) this.notices.push(warning(at, withoutStop(shared)));
      this.claims.set(claim.name, claim);
      this.claimedBy.set(claim.name, this.claimedBy.get(claim.name) ?? key);
      if (claim.manifest && !other) this.add(at, claim.manifest);
    }
    for (const content of made.contents)
      if (content.kind === "Secret") this.secretNotice(key, content, spec);
      else this.add(at, content);
    for (const manifest of [...made.services, made.controller]) this.add(at, this.withVariables(key, manifest));
  }

  private add(at: string, manifest: Manifest): void {
    const { name } = manifest.metadata as Metadata;
    const id = `${manifest.kind} ${name}`;
    if (this.objects.has(id))
      this.notices.push(warning(at, say`its ${id} is left out: another service of the project has that name`));
    else this.objects.set(id, manifest);
  }

  private specOf(key: string, service: TidyService): ServiceSpec {
    const { build: _, dependsOn: _waits, environment = {}, networks, swarm, ...fields } = service;
    const mode = swarm?.global ? "global" : service.mode;
    const isSecret = (name: string) => {
      const value = environment[name];
      return value === null || hasMark(value!) || this.secrets.of(key, name) !== undefined;
    };
    const split = (secret: boolean) =>
      Object.fromEntries(
        Object.entries(environment).flatMap(([name, value]) =>
          isSecret(name) === secret ? [[name, value ?? `$${name}`]] : [],
        ),
      );
    const inCommands = this.inCommands(key, service);
    const containerName = this.nameOf(key, service.containerName ?? key);
    // Somebody waits for its end.
    const awaited = Object.values(this.services).some(
      (other) => other.dependsOn?.[key]?.condition === "service_completed_successfully",
    );
    const spec = parseService(
      {
        ...fields,
        containerName,
        environment: split(false) as Record<string, string>,
        mode: awaited ? "replicated-job" : mode,
        // On a network of Compose a service is found by its key too.
        networks: networks?.map((network) => {
          const { aliases = [], ...rest } = typeof network === "string" ? { name: network } : network;
          const names = [...new Set([asLabelName(key), ...aliases.filter((alias) => alias !== key)])].filter(
            (alias) => alias !== containerName,
          );
          return { ...rest, aliases: names.length ? names : undefined };
        }),
      },
      { projectFolder: this.options.folder, outer: {} },
    );
    const secret = { values: { ...split(true), ...inCommands } as Record<string, string>, secret: true };
    return { ...spec, envFile: [...(spec.envFile ?? []), secret] };
  }

  /** The variables that a command needs for the secrets in it, where no variable of the service has them already. */
  private inCommands(key: string, { command, entrypoint, healthcheck, environment = {} }: TidyService): object {
    const used = new Set<string>();
    const texts = [command, entrypoint, healthcheck?.test];
    mapTexts(texts, (text) => {
      for (const [index, name] of pieces(text).entries()) if (index % 2) used.add(name);
    });
    const there = Object.keys(environment).map((name) => this.secrets.of(key, name)?.name);
    return Object.fromEntries([...used].filter((name) => !there.includes(name)).map((name) => [name, `$${name}`]));
  }

  /** The variable of a container that has a secret. */
  private variableOf(key: string, secret: string): string {
    const { environment = {} } = this.services[key]!;
    return Object.keys(environment).find((name) => this.secrets.of(key, name)?.name === secret) ?? secret;
  }

  /** The container with its variables in place of secrets: a kubelet puts their values into commands, a shell into checks. */
  private withVariables(key: string, manifest: Manifest): Manifest {
    const variable = (name: string) => this.variableOf(key, name);
    const checked = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(checked);
      if (value === null || typeof value !== "object") return value;
      const { exec, ...rest } = value as { exec?: { command?: string[] } };
      const others = Object.fromEntries(Object.entries(rest).map(([field, item]) => [field, checked(item)]));
      const command = exec?.command;
      if (!command?.some(hasMark)) return exec ? { exec, ...others } : others;
      const [shell, flag, text, ...more] = command;
      const isText = /(^|\/)(ba)?sh$/.test(shell!) && flag === "-c" && more.length === 0;
      const line = isText
        ? withSecrets(text!, (name) => `$${variable(name)}`)
        : command.map((word) => (hasMark(word) ? shellText(word, variable) : quote(word))).join(" ");
      return { exec: { command: ["sh", "-c", line] }, ...others };
    };
    return mapTexts(checked(manifest), (text) => withSecrets(text, (name) => `$(${variable(name)})`)) as Manifest;
  }

  private nameOf(key: string, name: string): string {
    let fitting = asLabelName(name);
    try {
      serviceName(fitting, "containerName");
    } catch {
      fitting = asLabelName(`app-${fitting}`);
    }
    if (fitting !== name)
      this.notices.push(
        warning(
          `services.${key}`,
          say`is called ${fitting}: Kubernetes takes no ${name}; change it where others name it`,
        ),
      );
    return fitting;
  }

  /** The service's objects; what Kubernetes cannot do is left out of them, with a warning. */
  private workload(at: string, given: ServiceSpec): Workload {
    let spec = { ...given };
    for (const [field, [problem, remedy]] of Object.entries(REFUSED)) {
      if (spec[field as keyof ServiceSpec] === undefined) continue;
      this.leftOut(at, new ArgumentError(field, problem, remedy));
      delete spec[field as keyof ServiceSpec];
    }
    for (;;) {
      try {
        return workload(spec, { volumes: this.claimOptions }, {}, PRINTED);
      } catch (error) {
        if (!(error instanceof ArgumentError)) throw error;
        const smaller = without(spec, error.argument);
        if (!smaller) throw new ArgumentError(`${at}.${error.argument}`, error.problem, error.remedy);
        this.leftOut(at, error);
        spec = smaller;
      }
    }
  }

  private leftOut(at: string, { argument, problem, remedy }: ArgumentError): void {
    this.notices.push(warning(`${at}.${argument}`, say`is left out: ${problem}; ${remedy}`));
  }

  /** A Secret is named by its keys only: the line that makes it takes the values from the shell. */
  private secretNotice(key: string, { metadata, stringData = {}, data = {} }: Manifest, spec: ServiceSpec): void {
    const { name } = metadata as Metadata;
    const files = new Map<string, FileSpec>((spec.secrets ?? []).map((file) => [file.source, file]));
    const keys = [...Object.keys(stringData as object), ...Object.keys(data as object)];
    const values = keys.map((item) => {
      const path = name.endsWith("-secrets") ? files.get(item)?.file : undefined;
      if (path !== undefined) return `--from-file=${quote(`${item}=${path}`)}`;
      const text = this.services[key]!.environment?.[item];
      if (text && hasMark(text)) return `--from-literal=${item}=${shellText(text)}`;
      return `--from-literal=${item}="$${this.secrets.of(key, item)?.name ?? item.replace(/\W/g, "_")}"`;
    });
    this.notices.push(
      warning(
        `services.${key}`,
        say`${both(keys)} ${keys.length === 1 ? say`is a secret and is` : say`are secrets and are`} not printed: make the Secret first with \`kubectl create secret generic ${name} ${values.join(" ")}\``,
      ),
    );
  }
}

/** The description without what an error is about; undefined where it cannot do without. */
function without(spec: ServiceSpec, argument: string): ServiceSpec | undefined {
  const [, field = "", index, key] = /^(\w+)(?:\[(\d+)\])?(?:\.(.+))?$/.exec(argument) ?? [];
  const value: unknown = spec[field as keyof ServiceSpec];
  if (value === undefined || NEEDED.includes(field)) return undefined;
  const smaller = { ...spec, [field]: undefined };
  if (Array.isArray(value)) {
    if (index !== undefined) smaller[field as "ports"] = withoutItem(value, Number(index), key) as ServiceSpec["ports"];
    else if (key !== undefined)
      smaller[field as "extraHosts"] = (spec.extraHosts ?? []).filter(({ host }) => host !== key);
    // A port that cannot be published as it is said is still there for the other services.
    const port = field === "ports" && index !== undefined ? spec.ports![Number(index)] : undefined;
    if (port) smaller.expose = [...(spec.expose ?? []), `${port.target}/${port.protocol}`];
  } else if (key !== undefined && Object.hasOwn(value as object, key)) {
    const { [key]: _, ...others } = value as Record<string, never>;
    smaller[field as "labels"] = others;
  }
  return smaller;
}

/** Of a network only what is wrong goes: its other names stay. */
function withoutItem(items: object[], index: number, key: string | undefined): unknown[] {
  const [name = ""] = key?.split("[") ?? [];
  return items.flatMap((item, at) => {
    if (at !== index) return [item];
    if (typeof item !== "object" || !("aliases" in item || "name" in item) || !(name in item)) return [];
    return [Object.fromEntries(Object.entries(item).filter(([field]) => field !== name))];
  });
}

/** An object as one document of YAML. */
export function render(manifest: object): string {
  // Read by the rules of YAML 1.1, which turns an unquoted "no" into something else.
  const document = new Document(manifest, { version: "1.1", aliasDuplicateObjects: false });
  return document.toString({ lineWidth: 0, directives: false });
}

/**
 * Writes a project as objects for `kubectl apply -f -`. What Kubernetes has no word for becomes a notice; a Secret
 * is not printed, but the line that makes it.
 *
 * @throws ArgumentError for a field that is wrong by itself
 */
export function toKubernetes(project: ProjectDescription, options: PrintOptions): Printed {
  return new Manifests(project, options).write();
}
