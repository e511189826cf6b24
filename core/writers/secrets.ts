import { both, say } from "../description/say";
import { split } from "shlex";
import { defined, type TidyService } from "../description/describe";
import type { Notice } from "../description/project";
import { isSecretValue, type SecretPart, secretParts, secretsInWords } from "../description/secretValue";
import { warning } from "./printed";

/** A secret value of a project, which is printed as a reference only. */
export interface Secret {
  /** Name of the variable that holds the value from now on. */
  name: string;
  /** Where it is used: at `MYSQL_ROOT_PASSWORD` of db, at `--requirepass` of redis. */
  uses: { service: string; at: string }[];
  /** The variables that a shell has to have for it: those that hold it, and its own where it is a part of a text. */
  variables: string[];
  /** What it is now: it is compared with, and never printed. */
  value: string;
  /** A service of the project is set up with it, so that it can be made anew. */
  own: boolean;
  /** A file of the project that has it too, and keeps it. */
  file?: string;
}

/** The secret values of a project by where they are used; values that belong together are one secret. */
export interface Secrets {
  all: Secret[];
  /** The reference in place of a service's variable or secret file; undefined where the value is no secret. */
  of(service: string, variable: string): Secret | undefined;
  /** The service with a mark in place of each secret that is a part of a text. */
  marked(key: string, service: TidyService): TidyService;
}

/** Stands around the name of a secret in a text, where no text has it. */
const MARK = "\uE000";
const MARKED = new RegExp(`${MARK}([^${MARK}]*)${MARK}`);

/** The mark of a secret in a text. */
const markOf = ({ name }: Secret) => `${MARK}${name}${MARK}`;
export const hasMark = (text: string): boolean => text.includes(MARK);
/** A marked text in turns: what stands there, the name of a secret, what stands there. */
export const pieces = (text: string): string[] => text.split(MARKED);
/** A marked text with something in place of its secrets. */
export const withSecrets = (text: string, shown: (name: string) => string, plain = (part: string) => part): string =>
  pieces(text)
    .map((piece, index) => (index % 2 ? shown(piece) : plain(piece)))
    .join("");

/** Every text within a value made into something else; what `skip` picks stays. */
export function mapTexts(
  value: unknown,
  change: (text: string) => unknown,
  skip?: (value: object) => boolean,
): unknown {
  if (typeof value === "string") return change(value);
  if (Array.isArray(value)) return value.map((item) => mapTexts(item, change, skip));
  if (value === null || typeof value !== "object" || skip?.(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapTexts(item, change, skip)]));
}

/** A text in double quotes of a shell, in which the secrets are variables. */
export function shellText(text: string, variable = (name: string) => name): string {
  const parts = pieces(text);
  const shown = parts.map((piece, index) => {
    if (index % 2 === 0) return piece.replace(/[\\"$`]/g, "\\$&");
    return /^\w/.test(parts[index + 1] ?? "") ? `\${${variable(piece)}}` : `$${variable(piece)}`;
  });
  return `"${shown.join("")}"`;
}

interface Use {
  key: string;
  /** Where it stands in the service: the variable, the flag, the field. */
  at: string;
  /** What a variable that holds it is called. */
  name: string;
  value: string;
  /** Who logs in with it, where that is said. */
  user?: string;
  /** It is the whole value of a variable or a file. */
  whole: boolean;
  own: boolean;
}

/** What may be in many places without being one secret: short ones, and those that everybody begins with. */
const isSample = (value: string) =>
  value.length < 12 ||
  /^[a-z]+([ ._-][a-z]+)*$/i.test(value) ||
  /change|example|sample|secret|passw|your|todo|xxx|admin|root|test|demo|1234/i.test(value);

/** What a login is for, as far as the name of its variable tells. */
const KINDS: [RegExp, string][] = [
  [/REDIS|VALKEY/, "redis"],
  [/MONGO/, "mongo"],
  [/RABBIT|AMQP/, "rabbit"],
  [/SMTP|MAIL/, "mail"],
  [/^(PG|SA_)|POSTGRES|MYSQL|MARIADB|(^|_)(DB|DATABASE|SQL)|DB(_|PASS)/, "database"],
];
const kindOf = (variable: string) => KINDS.find(([pattern]) => pattern.test(variable.toUpperCase()))?.[1];

/** Who logs in with the password of a variable: what the variable for the user's name says. */
function userOf(variable: string, environment: Record<string, string | null>): string | undefined {
  if (/(^|[_.-])root([_.-])/i.test(variable)) return "root";
  const found = ["USER", "USERNAME", "LOGIN"].flatMap((word) => {
    const name = variable.replace(/(PASSWORD|PASSWD|PASS|PWD|PW)$/i, word);
    return name === variable ? [] : (environment[name] ?? []);
  });
  return found[0];
}

/** Whether two uses of one sample value belong to different logins. */
function differ(one: Use, other: Use): boolean {
  const known = one.user !== undefined && other.user !== undefined;
  if (known && one.user === other.user) return false;
  const [kind, otherKind] = [kindOf(one.name), kindOf(other.name)];
  const kinds = kind !== undefined && otherKind !== undefined && kind !== otherKind;
  if (one.key !== other.key) return known || kinds;
  return one.at !== other.at && (known || kind !== otherKind || (kind === undefined && one.name !== other.name));
}

const upper = (text: string) => text.toUpperCase().replace(/\W+/g, "_").replace(/^_|_$/g, "");
const ADDRESS = /_?(URL|URI|DSN|CONNECTION_?STRING|CONNECTION|CONN)$/;

/** What holds a part of a text from now on. */
function nameOfPart(key: string, at: string, { name }: SecretPart): string {
  if (name === undefined)
    return `${(at === "command" || at === "healthcheck" ? "" : upper(at).replace(ADDRESS, "")) || upper(key)}_PASSWORD`;
  return `${upper(key)}_${upper(name)}`;
}

const textOf = (value: string | string[] | undefined): string[] =>
  value === undefined ? [] : typeof value === "string" ? split(value) : value;

/** Everything of a service that is a secret. */
function usesOf(key: string, service: TidyService, marked: ReadonlySet<string> | undefined): Use[] {
  const { environment = {}, build, secrets = [], command, entrypoint, healthcheck } = service;
  const whole = [...Object.entries(environment), ...Object.entries(build?.args ?? {})]
    .filter(([name, value]) => isSecretValue(name, value, marked))
    .map(([at, value]): Use => {
      return { key, at, name: at, value: value!, user: userOf(at, environment), whole: true, own: true };
    });
  const files = secrets.flatMap(({ source, content }): Use[] =>
    content ? [{ key, at: source, name: source, value: content, whole: true, own: true }] : [],
  );
  const ofVariables = Object.entries(environment).flatMap(([at, value]) =>
    value === null || isSecretValue(at, value, marked)
      ? []
      : secretParts(value).map((part) => usePart(key, at, part, false)),
  );
  const words = [...textOf(entrypoint), ...textOf(command)];
  const test = healthcheck?.test;
  const ofCommand = secretsInWords(words).map((part) => usePart(key, part.name ?? "command", part, true));
  const ofCheck = (typeof test === "string" ? secretParts(test) : secretsInWords(test ?? [])).map((part) =>
    usePart(key, part.name ?? "healthcheck", part, false),
  );
  return [...whole, ...files, ...ofVariables, ...ofCommand, ...ofCheck];
}

const usePart = (key: string, at: string, part: SecretPart, own: boolean): Use => ({
  key,
  at,
  name: nameOfPart(key, at, part),
  value: part.value,
  user: part.user || undefined,
  whole: false,
  own,
});

/** The uses that are one secret each. */
function together(uses: Use[]): Use[][] {
  const groups: Use[][] = [];
  // The one that rules over all others is the last to look for its like.
  const order = [...uses.filter(({ user }) => user !== "root"), ...uses.filter(({ user }) => user === "root")];
  for (const use of order) {
    const same = groups.filter(([first]) => first!.value === use.value);
    const fitting = isSample(use.value) ? same.filter((group) => !group.some((other) => differ(use, other))) : same;
    const likely =
      fitting.find((group) => group.some(({ name }) => name === use.name)) ??
      fitting.find((group) => use.user !== undefined && group.some(({ user }) => user === use.user)) ??
      fitting[0];
    if (likely) likely.push(use);
    else groups.push([use]);
  }
  const place = (group: Use[]) => Math.min(...group.map((use) => uses.indexOf(use)));
  return groups
    .map((group) => group.sort((one, other) => uses.indexOf(one) - uses.indexOf(other)))
    .sort((one, other) => place(one) - place(other));
}

/** Compose and shells know fewer names than containers do. */
const plainName = (name: string) => name.replace(/\W/g, "_").replace(/^[a-z\d_]+$/, (lower) => lower.toUpperCase());

/** Both of them may have dots. */
const placeOf = (service: string, at: string) => JSON.stringify([service, at]);

class Collected implements Secrets {
  private readonly byUse = new Map<string, { use: Use; secret: Secret }>();
  /** A text may hold several. */
  private readonly byValue = new Map<string, Secret>();
  private readonly taken = new Set<string>();
  private readonly uses: Use[];
  private readonly plain: ReadonlySet<string>;
  readonly all: Secret[];

  constructor(services: Record<string, TidyService>, marked: ReadonlyMap<string, ReadonlySet<string>>) {
    this.uses = Object.entries(services).flatMap(([key, service]) => usesOf(key, service, marked.get(key)));
    this.plain = plainTexts(services);
    this.all = together(this.uses).map((group) => this.secretOf(group));
  }

  private secretOf(group: Use[]): Secret {
    // What a container is set up with has the better name than what refers to it.
    const first = group.find(({ own }) => own) ?? group[0]!;
    const name = this.freeName(first);
    const secret = {
      name,
      uses: [...new Map(group.map(({ key, at }) => [placeOf(key, at), { service: key, at }])).values()],
      variables: [...new Set(group.map((use) => (use.whole ? use.at : name)))],
      value: first.value,
      own: group.some(({ own }) => own),
    };
    for (const use of group) {
      this.byUse.set(placeOf(use.key, use.at), { use, secret });
      this.byValue.set(JSON.stringify([use.key, use.at, use.value]), secret);
    }
    return secret;
  }

  private freeName({ key, name: wanted }: Use): string {
    const plain = plainName(wanted);
    let name = this.taken.has(plain) ? `${upper(key)}_${plain}` : plain;
    for (let count = 2; this.taken.has(name); count++) name = `${plain}_${count}`;
    this.taken.add(name);
    return name;
  }

  of(service: string, variable: string): Secret | undefined {
    const { use, secret } = this.byUse.get(placeOf(service, variable)) ?? {};
    return use?.whole ? secret : undefined;
  }

  marked(key: string, service: TidyService): TidyService {
    if (this.all.length === 0) return service;
    const { environment, command, entrypoint, healthcheck, labels, configs, logging, annotations } = service;
    const texts = <T>(value: T) => mapTexts(value, (text) => this.mark(key, text, "")) as T;
    const { test } = healthcheck ?? {};
    const variables = Object.entries(environment ?? {}).map(([name, value]) => [
      name,
      value === null || this.of(key, name) ? value : this.mark(key, value, name),
    ]);
    const marks = defined({
      environment: environment && (Object.fromEntries(variables) as TidyService["environment"]),
      command: command === undefined ? undefined : this.markCommand(key, command),
      entrypoint: entrypoint === undefined ? undefined : this.markCommand(key, entrypoint),
      healthcheck: healthcheck && {
        ...healthcheck,
        test: Array.isArray(test) ? this.markWords(key, test) : texts(test),
      },
      labels: texts(labels),
      annotations: texts(annotations),
      configs: configs?.map((file) => defined({ ...file, content: texts(file.content) })),
      logging: texts(logging),
    });
    return { ...service, ...marks, ...(healthcheck && { healthcheck: defined(marks.healthcheck!) }) };
  }

  /** A command in one text is split at blanks, which a secret may have: it becomes a list. */
  private markCommand(key: string, given: string | string[]): string | string[] {
    const words = this.markWords(key, textOf(given));
    return words.some(hasMark) ? words : given;
  }

  private markWords(key: string, words: string[]): string[] {
    const result = words.map((word) => this.mark(key, word, "command"));
    for (const { word, index, value, name } of secretsInWords(words)) {
      const secret = this.secretFor(key, "command", value, { name });
      if (secret && index === 0 && words[word] === value) result[word] = markOf(secret);
    }
    return result;
  }

  private mark(key: string, text: string, place: string): string {
    let result = text;
    for (const { value, index, name, user } of secretParts(text).reverse()) {
      const secret = this.secretFor(key, place, value, { user: user || undefined, name });
      if (secret) result = result.slice(0, index) + markOf(secret) + result.slice(index + value.length);
    }
    for (const secret of this.all) {
      const { value } = secret;
      if (!result.includes(value)) continue;
      const mark = () => markOf(this.secretFor(key, place, value) ?? secret);
      const marked = (part: string) => part.replace(occurrences(value, this.plain.has(value)), mark);
      result = withSecrets(result, (other) => `${MARK}${other}${MARK}`, marked);
    }
    return result;
  }

  private at(service: string, place: string, value: string): Secret | undefined {
    return this.byValue.get(JSON.stringify([service, place, value]));
  }

  /** The secret that a text has at a place, by what is said of it there. */
  private secretFor(
    key: string,
    place: string,
    value: string,
    { user, name }: { user?: string; name?: string } = {},
  ): Secret | undefined {
    const own = (name !== undefined && this.at(key, name, value)) || this.at(key, place, value);
    if (own) return own;
    const same = this.all.filter((secret) => secret.value === value);
    const ofUser = this.uses.find((use) => use.value === value && user !== undefined && use.user === user);
    return (
      (ofUser && this.at(ofUser.key, ofUser.at, value)) ??
      same.find((one) => one.uses.some(({ service }) => service === key)) ??
      same[0]
    );
  }
}

/** Finds the secret values of a project's services. */
export const collectSecrets = (
  services: Record<string, TidyService>,
  marked: ReadonlyMap<string, ReadonlySet<string>> = new Map(),
): Secrets => new Collected(services, marked);

/** What stands in the open in any case, so that the same text elsewhere may be that: names, users, images. */
function plainTexts(services: Record<string, TidyService>): Set<string> {
  return new Set(
    Object.entries(services).flatMap(([key, { image, environment = {}, containerName = "" }]) => [
      key,
      containerName,
      ...image.split(/[/:@]/),
      ...Object.entries(environment).flatMap(([name, value]) =>
        value !== null && !isSecretValue(name, value) ? value : [],
      ),
    ]),
  );
}

/** Where a value stands by itself: anywhere where it is a secret by its looks, else behind the flag of a password. */
function occurrences(value: string, isPlain: boolean): RegExp {
  const text = value.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
  const known = !isPlain && (value.length >= 8 || (value.length >= 6 && /\d/.test(value)));
  // The name of a flag is none: `--password password`.
  const ahead = known
    ? "(?<![A-Za-z0-9])(?<!(?:^|\\s)-[\\w.-]*)"
    : "(?<=(?:^|\\s)(?:-p|-a |-p ?[\"']|--pass(?:word)?[= ][\"']?))";
  return new RegExp(`${ahead}${text}(?![A-Za-z0-9])`, "g");
}

/** Says of each secret that it is not printed, and by `how` what to do. */
export function secretNotices({ all }: Secrets, how: (secret: Secret, variable: string) => string): Notice[] {
  return all.map((secret) => {
    const { service, at: variable } = secret.uses[0]!;
    const uses = secret.uses.map(({ service: key, at }) => `${key}.${at}`);
    const shared = uses.length > 1 ? say` (one value for ${both(uses)})` : "";
    const kept = secret.file === undefined ? "" : say`; ${secret.file} has it too, and both have to stay the same`;
    return warning(
      `services.${service}`,
      say`${variable} is a secret and is not printed${shared}: ${how(secret, variable)}${kept}`,
    );
  });
}
