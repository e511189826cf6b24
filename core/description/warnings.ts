import { statSync } from "node:fs";
import { homedir } from "node:os";
import ipaddr from "ipaddr.js";
import { isWithin } from "./isWithin";
import { COMMON_VARIABLES, knownImage } from "./knownImages";
import type { Mount } from "./mounts";
import { parseImage } from "./names";
import { formatPort, type Port } from "./ports";
import { formatBytes } from "./quantities";
import type { Notice, ProjectDescription, ProjectService } from "./project";
import { isSecretValue, secretParts, secretsInWords } from "./secretValue";
import { parseField, type ServiceSpec } from "./service";
import { nearest } from "./nearest";
import { splitVariable } from "./environment";
import { listed, say } from "./say";

/** A service as the rules look at it: parsed, but with nothing read from outside. */
interface Seen {
  source: string | undefined;
  key: string;
  at: string;
  service: ProjectService;
  spec: Pick<
    ServiceSpec,
    "ports" | "volumes" | "command" | "entrypoint" | "gpus" | "devices" | "healthcheck" | "memLimit"
  >;
  environment: Record<string, string | null>;
  /** Its image has no version. */
  floats: boolean;
}

interface Finding {
  /** Below the service: `volumes[0]`. */
  at: string;
  text: string;
  /** @default "warning" */
  level?: Notice["level"];
  inClear?: Notice["inClear"];
}

/** Finds one kind of slip or risk in a service. */
type Rule = (seen: Seen, all: Seen[]) => Finding[];

const isLoopback = (ip: string) => ip !== "" && ipaddr.isValid(ip) && ipaddr.process(ip).range() === "loopback";
/** Whether somebody says somewhere else what variables say. */
const saidElsewhere = ({ service }: Seen) => service.envFile !== undefined || Boolean(service.secrets?.length);
const wordsOf = ({ spec }: Seen) => [...(spec.entrypoint ?? []), ...(spec.command ?? [])].join(" ");

function publishedDatabase(seen: Seen): Finding[] {
  const known = knownImage(seen.service.image);
  const guard = known?.guard;
  if (!guard) return [];
  const { environment } = seen;
  const open = Object.entries(guard.open ?? {}).find(([name, value]) => {
    const given = environment[name];
    return typeof given === "string" && value.test(given);
  });
  const named = guard.variables?.some((name) => environment[name] !== undefined && environment[name] !== "");
  const flagged = guard.flags?.test(wordsOf(seen));
  // A file may hold the password, and a mounted configuration too.
  const elsewhere = saidElsewhere(seen);
  if (!open && (named || flagged || elsewhere || known.needs)) return [];
  // It protects itself until it is told not to.
  if (!open && guard.open && !guard.variables && !guard.flags) return [];
  // Before 8 no security is on by itself; from 8 on it is.
  if (!open && known.repository === "elasticsearch" && Number(known.tag?.split(".")[0]) >= 8) return [];
  const index = (seen.spec.ports ?? []).findIndex(
    ({ target, hostIp }) => guard.ports.includes(target) && !isLoopback(hostIp),
  );
  if (index < 0 && !seen.service.publishAll) return [];
  const why = open ? say`${open[0]}=${environment[open[0]]} lets everybody in` : say`no password is set`;
  const where = index < 0 ? "publishAll" : `ports[${index}]`;
  return [
    {
      at: where,
      text: say`publishes ${known.repository} to every network of the host, and ${why}: ${guard.remedy}, or publish it on 127.0.0.1 only`,
    },
  ];
}

/** Mounts that hold data: read-only ones, single files and sockets are configuration. */
const holdsData = ({ readOnly, type, target }: Mount) =>
  !readOnly &&
  type !== "tmpfs" &&
  !/\.\w{1,5}$|^\/(etc|run|var\/run|dev|proc|sys|tmp|usr\/bin|usr\/local\/bin)(\/|$)/.test(target);

const inside = (target: string, folder: string) => target === folder || target.startsWith(`${folder}/`);

/** The host's folder, where it is there. */
function ownerOf(path: string): { uid: number; open: boolean } | undefined {
  try {
    const { uid, mode } = statSync(path);
    return { uid, open: (mode & 0o002) !== 0 };
  } catch {
    return undefined;
  }
}

/** A program that is not root cannot write into a folder of somebody else. */
function othersFolder({ service, spec }: Seen): Finding[] {
  const { repository, owner, data = [] } = knownImage(service.image) ?? {};
  if (owner === undefined || service.user !== undefined) return [];
  const [user] = owner.split(":");
  return (spec.volumes ?? []).flatMap(({ type, source, target, readOnly }, index) => {
    if (type !== "bind" || !source || readOnly || !data.some((folder) => inside(target, folder))) return [];
    const there = ownerOf(source);
    if (there && (String(there.uid) === user || there.open)) return [];
    const [why, make] = there
      ? [say`${source} belongs to the user ${there.uid}`, ""]
      : [say`${source} is not there, and Docker makes it for root`, `sudo mkdir -p ${source} && `];
    const text = say`${repository} runs as the user ${user} and ends where it may not write: ${why}; run \`${make}sudo chown -R ${owner} ${source}\` first`;
    return [{ at: `volumes[${index}]`, text }];
  });
}

/** Elasticsearch maps its indices into memory, and looks at its start whether it may; only the host can say so. */
function memoryAreas({ service, environment }: Seen): Finding[] {
  const { repository, memoryAreas: needs } = knownImage(service.image) ?? {};
  const settings = Object.entries(environment).map((pair) => pair.join("="));
  if (!needs || settings.some((setting) => needs.unless.test(setting))) return [];
  const text = say`${repository} ends at once on a host whose vm.max_map_count is below 262144: \`sudo sysctl -w vm.max_map_count=262144\` raises it, and a line in /etc/sysctl.d keeps it`;
  return [{ at: "image", text, level: "note" }];
}

/** Letters in common from the left, as a share of the longer one. */
function likeness(a: string, b: string): number {
  let same = 0;
  while (same < a.length && a[same] === b[same]) same += 1;
  return same / Math.max(a.length, b.length);
}

/** A database that is set up by nobody does not start. */
function missingPassword(seen: Seen): Finding[] {
  const { environment, spec } = seen;
  const known = knownImage(seen.service.image);
  if (!known?.needs || saidElsewhere(seen) || spec.entrypoint) return [];
  const [first = "-"] = spec.command ?? [];
  // Its client needs no password of the server's.
  if (!first.startsWith("-") && !known.needs.programs.test(first)) return [];
  const { variables } = known.needs;
  if (variables.some((name) => environment[name] !== undefined && environment[name] !== "")) return [];
  // One that is misspelt is told already.
  if (Object.keys(environment).some((name) => !variables.includes(name) && nearest(name, variables))) return [];
  return [
    {
      at: "environment",
      text: say`${known.repository} ends at once where it has no data yet, since no password is set: set ${variables[0]}`,
    },
  ];
}

function refusedValue({ service, environment }: Seen): Finding[] {
  return Object.entries(knownImage(service.image)?.never ?? {}).flatMap(([name, { value, why }]) =>
    value.test(environment[name] ?? "") ? [{ at: `environment.${name}`, text: why }] : [],
  );
}

function lostData(seen: Seen): Finding[] {
  const known = knownImage(seen.service.image);
  const { volumes = [] } = seen.spec;
  if (!known?.data || seen.service.volumesFrom?.length) return [];
  const { data: own, left, repository, version } = known;
  // Whoever moves the data by a setting knows where it is.
  const settings = [...Object.values(seen.environment), wordsOf(seen)].join(" ");
  const moved = ({ target }: Mount) => settings.includes(target);
  const leftBy = ({ target }: Mount) => left.find(([folder]) => folder === target)?.[1];
  if (volumes.some((mount) => !leftBy(mount) && own.some((folder) => isWithin(folder, mount.target)))) return [];
  return volumes.flatMap((mount, index) => {
    if (!holdsData(mount) || moved(mount)) return [];
    const { target } = mount;
    const at = `volumes[${index}]`;
    const since = leftBy(mount);
    if (since) {
      const made = version === undefined ? say`, or name the version that has made the data` : "";
      const text = say`${repository} keeps its data in ${own[0]} from version ${since} on, and nothing in ${target}: mount it at ${own[0]}${made}`;
      return [{ at, text }];
    }
    const below = own.find((folder) => isWithin(target, folder));
    if (below) {
      const text = say`${repository}${version === undefined ? "" : ` ${version}`} gets a volume of its own for ${below}, so that nothing of its data is kept in ${target}: mount it at ${below}`;
      return known.undeclared ? [] : [{ at, text }];
    }
    const folder = [...own].sort((a, b) => likeness(target, b) - likeness(target, a))[0]!;
    const near = nearest(target, own) ?? (likeness(target, folder) > 0.6 ? folder : undefined);
    if (near === undefined && !/data|lib|home|db/i.test(target)) return [];
    return [
      {
        at,
        text: say`${repository} keeps its data in ${own[0]}, which nothing is mounted at, and nothing in ${target}: ${near ? say`most likely ${near} is meant` : say`mount it at ${own[0]}`}`,
      },
    ];
  });
}

const UNITS: Record<string, number> = { "": 1, b: 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40 };

/** What programs take for themselves, in bytes unless a unit is named. */
const HEAPS: [setting: RegExp, unit: string][] = [
  [/-Xmx(\d+)([kmgt]?)/gi, ""],
  [/--max[-_]old[-_]space[-_]size[= ](\d+)()/g, "m"],
  [/--maxmemory[= ](\d+)([kmg]?)b?\b/gi, ""],
  [/--innodb[-_]buffer[-_]pool[-_]size[= ](\d+)([kmgt]?)\b/gi, ""],
  [/\bshared_buffers[= ](\d+)([kmgt]?)B?\b/gi, "k"],
];

function heapAboveLimit(seen: Seen): Finding[] {
  const { memLimit } = seen.spec;
  if (memLimit === undefined) return [];
  const settings = [...Object.values(seen.environment), wordsOf(seen)].join(" ");
  for (const [setting, standard] of HEAPS)
    for (const [all, amount, unit] of settings.matchAll(setting))
      if (Number(amount) * UNITS[(unit || standard).toLowerCase()]! >= memLimit)
        return [
          {
            at: "memLimit",
            text: say`${formatBytes(memLimit)} is no more than ${all} takes for itself, and the kernel ends what needs more: lower that to about half, or raise the limit`,
          },
        ];
  return [];
}

/** While it sets up its data, a database answers on its socket only: whoever waits for health would come too early. */
function earlyHealth({ key, service, spec }: Seen, all: Seen[]): Finding[] {
  const repository = knownImage(service.image)?.repository ?? "";
  const test = (spec.healthcheck?.test ?? []).join(" ");
  const client =
    repository === "mysql" || repository === "mariadb"
      ? /\b(?:mysqladmin|mariadb-admin|mysql|mariadb)\b/.exec(test)?.[0]
      : // Its own set-up takes no time to speak of, unlike scripts.
        spec.volumes?.some(({ target }) => target.startsWith("/docker-entrypoint-initdb.d"))
        ? /\b(?:pg_isready|psql)\b/.exec(test)?.[0]
        : undefined;
  const overTcp = /(?:^|\s)-h[= ]*(?!localhost\b)[^\s-]|--host[= ](?!localhost\b)\S|--protocol[= ]tcp/i.test(test);
  const awaited = all.some(({ service: other }) => other.dependsOn?.[key]?.condition === "service_healthy");
  if (!client || overTcp || !awaited) return [];
  return [
    {
      at: "healthcheck.test",
      text: say`${client} asks over the socket, where ${repository} answers while it still sets up its data: write -h 127.0.0.1, which answers only when it is ready`,
    },
  ];
}

function misspelt(seen: Seen): Finding[] {
  const known = [...(knownImage(seen.service.image)?.variables ?? []), ...COMMON_VARIABLES];
  return Object.keys(seen.environment).flatMap((name) => {
    if (known.includes(name) || name.length < 6 || /_FILE$/.test(name)) return [];
    const meant = nearest(name, known);
    if (meant === undefined) return [];
    return [
      {
        at: `environment.${name}`,
        text: say`is not a variable that ${seen.service.image} reads: most likely ${meant} is meant`,
      },
    ];
  });
}

function secretInClear({ environment, spec, source }: Seen): Finding[] {
  // What a variable has brought does not stand there.
  const stands = (value: string) => source === undefined || source.includes(value);
  const holds = say`holds a secret in clear: keep it in a secret of the stack, or in a file that is not committed`;
  const found = (at: string, text: string): Finding => ({ at, text, inClear: true });
  const variables = Object.entries(environment).flatMap(([name, value]): Finding[] => {
    const at = `environment.${name}`;
    if (isSecretValue(name, value))
      return stands(value)
        ? [found(at, say`is a secret in clear: keep it in a secret of the stack, or in a file that is not committed`)]
        : [];
    return secretParts(value ?? "").some((part) => stands(part.value)) ? [found(at, holds)] : [];
  });
  const words = [...(spec.entrypoint ?? []), ...(spec.command ?? [])];
  const [part] = secretsInWords(words).filter(({ value }) => stands(value));
  if (!part) return variables;
  const text = part.name
    ? say`${part.name} is a secret in clear: keep it in a secret of the stack, or in a file that is not committed`
    : holds;
  return [...variables, found("command", text)];
}

/** Whether a service's image has no version. */
function floats({ build, image }: ProjectService): boolean {
  if (build) return false;
  const { tag, digest } = parseImage(image, "image");
  return digest === undefined && (tag === undefined || tag === "latest");
}

/** One note for a project, at the first of its services. */
function floatingImage(seen: Seen, all: Seen[]): Finding[] {
  if (seen !== all.find((one) => one.floats)) return [];
  const floating = all.filter((one) => one.floats);
  const images = [...new Set(floating.map(({ service }) => service.image))];
  const text =
    images.length > 1
      ? say`${listed(images)} are whatever is the latest when they are fetched: name versions to get the same again`
      : say`${images[0]} is whatever is the latest when it is fetched: name a version to get the same again`;
  return [{ at: "image", text, level: "note" }];
}

function dockerSocket({ spec }: Seen): Finding[] {
  return (spec.volumes ?? []).flatMap(({ source }, index) =>
    source && /^(\/var)?\/run\/(docker|podman\/podman)\.sock$/.test(source)
      ? [
          {
            at: `volumes[${index}]`,
            text: say`gives the container the Docker engine, and with it the whole host: mount the socket only for what has to start containers`,
          },
        ]
      : [],
  );
}

function privileged({ service }: Seen): Finding[] {
  return service.privileged
    ? [
        {
          at: "privileged",
          text: say`gives the container the whole host: add single capabilities with capAdd, or devices`,
        },
      ]
    : [];
}

const isAny = (ip: string) => ip === "" || ip === "0.0.0.0" || ip === "::";
const collides = (a: Port, b: Port) =>
  a.published !== undefined &&
  a.published === b.published &&
  a.protocol === b.protocol &&
  (a.hostIp === b.hostIp || isAny(a.hostIp) || isAny(b.hostIp)) &&
  // An IPv4 and an IPv6 address do not meet.
  (a.hostIp === "" || b.hostIp === "" || a.hostIp.includes(":") === b.hostIp.includes(":"));

function samePort(seen: Seen, all: Seen[]): Finding[] {
  const earlier = all.slice(0, all.indexOf(seen));
  return (seen.spec.ports ?? []).flatMap((port, index) => {
    const other = earlier.find(({ spec }) => spec.ports?.some((taken) => collides(port, taken)));
    return other
      ? [
          {
            at: `ports[${index}]`,
            text: say`${formatPort(port)} takes the host port that ${other.key} publishes too: only one of them can start`,
          },
        ]
      : [];
  });
}

function lonelyNvidia({ service, spec, environment }: Seen): Finding[] {
  const name = Object.keys(environment).find((variable) =>
    /^NVIDIA_(VISIBLE_DEVICES|VISIBLE_DEVICE|DRIVER_CAPABILITIES)$/.test(variable),
  );
  if (!name || service.runtime || spec.gpus || spec.devices || service.privileged) return [];
  if (/^(void|none)?$/.test(environment[name] ?? "x")) return [];
  return [{ at: `environment.${name}`, text: say`gives no GPU by itself: set gpus, or runtime: "nvidia"` }];
}

function odd433({ spec }: Seen): Finding[] {
  const ports = spec.ports ?? [];
  const beside = ports.some(({ published, target }) => published === 80 || target === 80);
  return ports.flatMap((port, index) =>
    beside && (port.published === 433 || port.target === 433)
      ? [{ at: `ports[${index}]`, text: say`${formatPort(port)} beside port 80: most likely 443 (HTTPS) is meant` }]
      : [],
  );
}

function wholeHost({ spec }: Seen): Finding[] {
  return (spec.volumes ?? []).flatMap(({ type, source, readOnly }, index) => {
    if (type !== "bind") return [];
    const what =
      source === "/"
        ? say`the whole host`
        : source === homedir()
          ? say`the whole home folder, keys and passwords included`
          : undefined;
    return what && !(source === "/" && readOnly)
      ? [{ at: `volumes[${index}]`, text: say`gives the container ${what}: name the folder that it needs` }]
      : [];
  });
}

/** The rules, in the order in which their findings are shown. */
const RULES: Rule[] = [
  publishedDatabase,
  missingPassword,
  refusedValue,
  lostData,
  othersFolder,
  memoryAreas,
  heapAboveLimit,
  earlyHealth,
  misspelt,
  samePort,
  odd433,
  lonelyNvidia,
  dockerSocket,
  privileged,
  wholeHost,
  secretInClear,
  floatingImage,
];

/** How the rules see a service; a field that is wrong is left to the parser that refuses it. */
function see(key: string, service: ProjectService, projectFolder: string, source: string | undefined): Seen {
  const context = { projectFolder, outer: {} };
  const field = <K extends keyof Seen["spec"]>(name: K) => parseField(name, service[name], context);
  const { environment = {} } = service;
  const entries = Array.isArray(environment)
    ? environment.map(splitVariable)
    : Object.entries(environment).map(([name, value]): [string, string | null] => [
        name,
        value === null ? null : String(value),
      ]);
  return {
    key,
    at: `services.${key}`,
    service,
    spec: {
      ports: field("ports"),
      volumes: field("volumes"),
      command: field("command"),
      entrypoint: field("entrypoint"),
      gpus: field("gpus"),
      devices: field("devices"),
      healthcheck: field("healthcheck"),
      memLimit: field("memLimit"),
    },
    environment: Object.fromEntries(entries),
    floats: floats(service),
    source,
  };
}

/**
 * What is most likely a slip in a project, or a risk that its owner should know of. A warning never stops
 * anything.
 *
 * @param projectFolder where relative paths in the project start
 * @param source the text that the project was read from; a secret that does not stand in it is not in clear there
 * @throws ArgumentError for a field that is wrong by itself
 */
export function warnings(project: ProjectDescription, projectFolder: string, source?: string): Notice[] {
  const all = Object.entries(project.services).map(([key, service]) => see(key, service, projectFolder, source));
  return RULES.flatMap((find) =>
    all.flatMap((seen) =>
      find(seen, all).map(({ at, level = "warning", ...said }): Notice => ({ level, at: `${seen.at}.${at}`, ...said })),
    ),
  );
}

/** The warnings alone, for those who apply a project: what is only worth knowing is for those who read it. */
export const slips = (project: ProjectDescription, projectFolder: string, source: string): Notice[] =>
  warnings(project, projectFolder, source).filter(({ level }) => level === "warning");
