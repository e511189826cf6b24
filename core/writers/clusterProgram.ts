import { say } from "../description/say";
import { isSecretValue } from "../description/secretValue";
import type { Notice } from "../description/project";
import { type GivenManifest, type GivenObject, isServer } from "../mapping/kubernetes/given";
import { knownKind } from "../mapping/kubernetes/kinds";
import { inOrderOfKinds, neededBy, referenceKind } from "../mapping/kubernetes/order";
import { type Fitting, fitting } from "./clusterComponents";
import { Code, literal, quoted } from "./literal";
import { listed, note, warning } from "./printed";
import {
  backticked,
  finished,
  freeProgramName,
  ownProgram,
  type ProgramSetting,
  stackProgram,
  Variables,
} from "./programText";
import type { Program, TypescriptOptions } from "./typescript";

const MODULES: Record<Fitting["component"], string> = {
  Namespace: "namespace",
  PodWithLifecycle: "podWithLifecycle",
  WebApp: "webApp",
};

/** Where a person chooses the text, berth can make one. */
const CHOSEN = /PASS/i;

/** Fields below which Kubernetes counts in quantities; the SDK takes those as text. */
const QUANTITIES =
  /^(?:requests|limits|hard|capacity|default|defaultRequest|max|min|maxLimitRequestRatio|allocatable|podFixed)$/;
const QUANTITY = /^(?:sizeLimit|averageValue|divisor|maximumVolumeSize)$/;

interface Statement {
  objects: GivenObject[];
  /** Name of the component or class, as it is printed. */
  callee: string;
  name: string;
  args: GivenManifest;
  /** What has to stand before it, and is named nowhere in it. */
  after: GivenObject[];
}

/**
 * `kubectl apply` does not wait for an address from outside. The provider would, for ten minutes where nobody gives any, and
 * fail.
 */
function asApplied(content: GivenManifest, kind: string): GivenManifest {
  if (kind !== "Ingress" && !(kind === "Service" && content.spec?.type === "LoadBalancer")) return content;
  const { metadata } = content;
  return {
    ...content,
    metadata: { ...metadata, annotations: { "pulumi.com/skipAwait": "true", ...metadata.annotations } },
  };
}

class Writer {
  private readonly variables = new Variables();
  private readonly components: Record<string, string> = {};
  private readonly imports = new Map<string, { what: string; from: string }>();
  private readonly settings: (ProgramSetting & { object: GivenObject; key: string; encoded: boolean })[] = [];
  private readonly notices: Notice[] = [];
  /** Variables of what is declared already and has been named by others, by the object. */
  private readonly declared = new Map<GivenObject, { variable: string; name: string; used: boolean }>();
  private readonly fittings = new Map<GivenObject, Fitting>();

  constructor(
    private readonly project: string,
    private readonly all: GivenObject[],
    private readonly options: TypescriptOptions,
  ) {}

  write(): Program {
    const objects = inOrderOfKinds(this.all);
    for (const object of objects) {
      const found = fitting(object, this.all);
      for (const part of found?.objects ?? []) this.fittings.set(part, found!);
    }
    const written: [Statement, string][] = [];
    const done = new Set<Fitting>();
    for (const object of objects) {
      const fit = this.fittings.get(object);
      // A component stands where its workload would: what it reads comes before.
      if (fit && object !== fit.objects[0]) continue;
      if (fit && done.has(fit)) continue;
      if (fit) done.add(fit);
      const statement = fit ? this.component(fit) : this.object(object);
      const variable = this.variables.of(nameOf(statement, object, fit), "Object");
      for (const part of statement.objects)
        this.declared.set(part, { variable, name: referenceOf(part, variable, fit), used: false });
      written.push([statement, variable]);
    }
    const lines = written.map(([statement, variable]) => this.statement(statement, variable));
    const used = (objects_: GivenObject[]) => objects_.some((object) => this.declared.get(object)?.used);
    const outputs = this.outputs(written);
    const body = [
      ...lines.map((text, index) => {
        const [{ objects: parts }, variable] = written[index]!;
        return used(parts) ? `const ${variable} = ${text}` : text;
      }),
      outputs,
    ];
    const title = `${listed(titleOf(this.all)).replace(/^a /, "One ")}.`;
    const parts = {
      title,
      settings: this.settings,
      components: this.components,
      imports: [...this.imports.values()]
        .map(({ what, from }): [string, string] => [what, from])
        .sort(([, one], [, other]) => (one < other ? -1 : 1)),
      body,
      engine: "kubernetes",
    };
    const file = freeProgramName(this.project, this.options.taken);
    const prefix = this.options.package ? "" : `${file}:`;
    const lead = this.options.package
      ? []
      : [
          note(
            "stacks",
            say`save it as stacks/${file}.ts, and in stacks/index.ts add \`${file}: () => import("./${file}"),\` to PROGRAMS and \`${file}: "kubernetes"\` to ENGINE_OF`,
          ),
        ];
    const text = (this.options.package ? ownProgram(parts) : stackProgram(file, parts)).join("\n");
    return {
      text: finished(`${text}\n`),
      notices: [...lead, ...this.notices, ...this.settings.map((setting) => this.secretNotice(setting, prefix))],
      secrets: this.settings.map(({ variable }) => variable),
      containers: [],
      secretUses: {},
      objects: this.all.map(({ at }) => at),
    };
  }

  private secretNotice(
    { object, key, variable, encoded, chosen }: (typeof this.settings)[number],
    prefix: string,
  ): Notice {
    const what = encoded
      ? say`is a secret and is not printed: set it, in base64, with`
      : say`is a secret and is not printed: set it with`;
    const make = chosen && prefix ? say`, or \`berth up\` makes one` : "";
    return warning(`${object.at}`, say`${key} ${what} \`pulumi config set --secret ${prefix}${variable}\`${make}`);
  }

  private component(fit: Fitting): Statement {
    this.components[fit.component] = MODULES[fit.component];
    const [first] = fit.objects;
    const needed = fit.objects.flatMap((object) => neededBy(object, this.all));
    return {
      objects: fit.objects,
      callee: fit.component,
      name: fit.name,
      args: fit.args,
      after: this.unnamed(first!, needed, fit.args),
    };
  }

  private object(object: GivenObject): Statement {
    const { apiVersion, kind, name, namespace, manifest } = object;
    const known = knownKind(apiVersion, kind);
    // The types of the SDK know no names with dashes.
    const custom =
      !known || (kind === "CustomResourceDefinition" && JSON.stringify(manifest).includes('"x-kubernetes-'));
    const { apiVersion: _version, kind: _kind, ...content } = manifest;
    const texts = custom ? content : (asTexts(asApplied(content as GivenManifest, kind)) as GivenManifest);
    const args = custom ? { apiVersion, kind, ...texts } : texts;
    const secret =
      kind === "Secret" && apiVersion === "v1" ? this.secretData(object, args) : this.secretValues(object, args);
    return {
      objects: [object],
      callee: custom
        ? this.imported("CustomResource", "apiextensions/customResource")
        : this.imported(kind, known.module),
      name: namespace === undefined ? name : `${namespace}/${name}`,
      args: secret as GivenManifest,
      after: this.unnamed(object, neededBy(object, this.all), secret),
    };
  }

  /** What has to stand before an object, and is not named in it so that Pulumi sees it. */
  private unnamed(object: GivenObject, needed: GivenObject[], _args: unknown): GivenObject[] {
    return [...new Set(needed)].filter(
      ({ kind }) => kind === "CustomResourceDefinition" || /WebhookConfiguration$|^APIService$/.test(object.kind),
    );
  }

  /** The class of the SDK by the name that it has here; two of one name come from different versions. */
  private imported(what: string, module: string): string {
    const from = `@pulumi/kubernetes/${module}`;
    const there = this.imports.get(from);
    if (there) return there.what.split(" as ").at(-1)!;
    const names = [...this.imports.values()].map((one) => one.what.split(" as ").at(-1)!);
    const fits = (one: string) => !names.includes(one) && !(one in MODULES) && one !== "program";
    const [group = "", version = ""] = module.split("/");
    const own = [what, `${what}${version.toUpperCase()}`, `${group}${what}${version}`].find(fits) ?? `${what}Object`;
    this.imports.set(from, { what: own === what ? what : `${what} as ${own}`, from });
    return own;
  }

  private setting(object: GivenObject, key: string, encoded: boolean): Code {
    const variable = this.variables.of(`${object.name}-${key}`, "Value");
    this.settings.push({
      variable,
      doc: say`${key} of the ${object.at}`,
      chosen: CHOSEN.test(key) && !encoded,
      object,
      key,
      encoded,
    });
    return new Code(variable);
  }

  /** What lies in a Secret becomes settings; in plain text, where it is text. */
  private secretData(object: GivenObject, args: GivenManifest): GivenManifest {
    const { data = {}, stringData = {}, ...rest } = args as Record<string, Record<string, string>>;
    const plain: Record<string, unknown> = {};
    const binary: Record<string, unknown> = {};
    for (const [key, text] of Object.entries(data)) {
      if (Object.hasOwn(stringData, key)) continue;
      const bytes = Buffer.from(text, "base64");
      const isText = Buffer.from(bytes.toString("utf8"), "utf8").equals(bytes);
      if (text === "") plain[key] = "";
      else (isText ? plain : binary)[key] = this.setting(object, key, !isText);
    }
    for (const [key, text] of Object.entries(stringData))
      plain[key] = text === "" ? "" : this.setting(object, key, false);
    const parts = { stringData: plain, data: binary };
    return { ...rest, ...Object.fromEntries(Object.entries(parts).filter(([, part]) => Object.keys(part).length)) };
  }

  /** Values in clear that are named like secrets: variables of containers, and keys of ConfigMaps. */
  private secretValues(object: GivenObject, value: unknown, field = ""): unknown {
    if (Array.isArray(value)) return value.map((item) => this.secretValues(object, item, field));
    if (value === null || typeof value !== "object") return value;
    const record = value as GivenManifest;
    if (field === "env" && typeof record.value === "string" && isSecretValue(String(record.name), record.value))
      return { ...record, value: this.setting(object, String(record.name), false) };
    return Object.fromEntries(
      Object.entries(record).map(([key, item]) => {
        const clear = field === "data" && object.kind === "ConfigMap" && typeof item === "string";
        if (clear && isSecretValue(key, item) && !item.includes("\n")) return [key, this.setting(object, key, false)];
        return [key, this.secretValues(object, item, key)];
      }),
    );
  }

  private statement({ objects, callee, name, args, after }: Statement, variable: string): string {
    const [object] = objects;
    const text = this.referring(this.withNamespace(args, object!), object!) as GivenManifest;
    const options = after.length
      ? `, ${literal({ dependsOn: after.map((one) => new Code(this.use(one).variable)) }, 0, 0)}`
      : "";
    const head = `const ${variable} = new ${callee}(${quoted(name)}`;
    const shown = multiline(text) as GivenManifest;
    const printed =
      Object.keys(shown).length || options ? `, ${literal(shown, 0, head.length + options.length + 4)}` : "";
    return `new ${callee}(${quoted(name)}${printed}${options});`;
  }

  private use(object: GivenObject) {
    const found = this.declared.get(object)!;
    found.used = true;
    return found;
  }

  /** The namespace as the object that makes it says it, so that it stands first. */
  private withNamespace(args: GivenManifest, object: GivenObject): GivenManifest {
    const made = this.all.find(({ kind, name }) => kind === "Namespace" && name === object.namespace);
    if (!made || object.namespace === undefined || !this.declared.has(made)) return args;
    const fit = this.fittings.get(made);
    const { variable, name } = this.use(made);
    if (this.fittings.has(object)) return { ...args, namespace: new Code(fit ? variable : name) };
    return { ...args, metadata: { ...args.metadata, namespace: new Code(name) } };
  }

  /** Names of other objects as these say them. */
  private referring(value: unknown, object: GivenObject, above = ""): unknown {
    if (Array.isArray(value)) return value.map((item) => this.referring(item, object, above));
    if (value === null || typeof value !== "object" || value instanceof Code) return value;
    return Object.fromEntries(
      Object.entries(value as GivenManifest).map(([field, item]) => {
        const kind =
          typeof item === "string" && (isServer(object) || /Job$/.test(object.kind))
            ? referenceKind(above, field)
            : undefined;
        const other =
          kind &&
          this.all.find(
            (one) =>
              one.kind === kind &&
              one.name === item &&
              (one.namespace ?? "default") === (object.namespace ?? "default") &&
              this.declared.has(one) &&
              one !== object,
          );
        return [field, other ? new Code(this.use(other).name) : this.referring(item, object, field)];
      }),
    );
  }

  /** What a person wants to see of the program: where its sites are, else what it has made. */
  private outputs(written: [Statement, string][]): string {
    const sites = written.filter(([{ callee }]) => callee === "WebApp");
    for (const [{ objects }] of sites) this.use(objects[0]!);
    const [only] = sites;
    const outputs =
      sites.length === 1
        ? { url: new Code(`${only![1]}.url`) }
        : Object.fromEntries(sites.map(([, variable]) => [variable, new Code(`${variable}.url`)]));
    return `return ${literal(outputs, 0, "return ;".length)};`;
  }
}

/** How a variable is called: after the object, with its kind where that says more. */
function nameOf({ callee }: Statement, { name, kind }: GivenObject, fit: Fitting | undefined): string {
  if (fit?.component === "WebApp") return name;
  const tail = fit || callee === "CustomResource" ? kind : callee;
  return name
    .toLowerCase()
    .replace(/[^a-z0-9]/g, "")
    .endsWith(tail.toLowerCase())
    ? name
    : `${name}-${tail}`;
}

/** The name of an object on the cluster, as its variable says it. */
function referenceOf({ kind }: GivenObject, variable: string, fit: Fitting | undefined): string {
  if (kind === "Namespace" && fit) return `${variable}.namespace`;
  return `${variable}.metadata.name`;
}

/** Kinds with the number of their objects, or names where there are few. */
function titleOf(objects: GivenObject[]): string[] {
  if (objects.length <= 4) return objects.map(({ at }) => at);
  const kinds = new Map<string, number>();
  for (const { kind } of objects) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  return [...kinds].map(([kind, count]) => (count === 1 ? `a ${kind}` : `${count} of ${kind}`));
}

/** Quantities as text, as the types of the SDK have them. */
function asTexts(value: unknown, field = "", inside = false): unknown {
  if (typeof value === "number" && (inside || QUANTITY.test(field))) return String(value);
  if (Array.isArray(value)) return value.map((item) => asTexts(item, field));
  if (value === null || typeof value !== "object") return value;
  const below = QUANTITIES.test(field);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, asTexts(item, key, below)]));
}

/** Texts of several rows as people read them. */
function multiline(value: unknown): unknown {
  if (typeof value === "string") return value.trimEnd().includes("\n") ? new Code(backticked(value)) : value;
  if (Array.isArray(value)) return value.map(multiline);
  if (value === null || typeof value !== "object" || value instanceof Code) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, multiline(item)]));
}

/**
 * Writes objects as a program: `WebApp`, `PodWithLifecycle` and `Namespace` where these say the same field by field,
 * else the SDK's own classes. What lies in a Secret, or is named like one, is a setting of the program.
 *
 * @param project name of the project, which a program of stacks/ is named after
 */
export const toClusterProgram = (project: string, objects: GivenObject[], options: TypescriptOptions): Program =>
  new Writer(project, objects, options).write();
