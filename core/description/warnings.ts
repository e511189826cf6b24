import { homedir } from "node:os";
import ipaddr from "ipaddr.js";
import { COMMON_VARIABLES, knownImage } from "./knownImages";
import type { Mount } from "./mounts";
import { parseImage } from "./names";
import { formatPort, type Port } from "./ports";
import type { Notice, ProjectDescription, ProjectService } from "./project";
import { isSecretValue } from "./secretValue";
import { parseField, type ServiceSpec } from "./service";
import { nearest } from "./nearest";
import { splitVariable } from "./environment";

/** A service as the rules look at it: parsed, but with nothing read from outside. */
interface Seen {
  source: string | undefined;
  key: string;
  at: string;
  service: ProjectService;
  spec: Pick<ServiceSpec, "ports" | "volumes" | "command" | "entrypoint" | "gpus" | "devices">;
  environment: Record<string, string | null>;
}

interface Finding {
  /** Below the service: `volumes[0]`. */
  at: string;
  text: string;
  /** @default "warning" */
  level?: Notice["level"];
}

/** Finds one kind of slip or risk in a service. */
type Rule = (seen: Seen, all: Seen[]) => Finding[];

const isLoopback = (ip: string) => ip !== "" && ipaddr.isValid(ip) && ipaddr.process(ip).range() === "loopback";
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
  const elsewhere = seen.service.envFile !== undefined || seen.service.secrets?.length;
  if (!open && (named || flagged || elsewhere)) return [];
  // It protects itself until it is told not to.
  if (!open && guard.open && !guard.variables && !guard.flags) return [];
  // Before 8 no security is on by itself; from 8 on it is.
  if (!open && known.repository === "elasticsearch" && Number(known.tag?.split(".")[0]) >= 8) return [];
  const index = (seen.spec.ports ?? []).findIndex(
    ({ target, hostIp }) => guard.ports.includes(target) && !isLoopback(hostIp),
  );
  if (index < 0 && !seen.service.publishAll) return [];
  const why = open ? `${open[0]}=${environment[open[0]]} lets everybody in` : "no password is set";
  const where = index < 0 ? "publishAll" : `ports[${index}]`;
  return [
    {
      at: where,
      text: `publishes ${known.repository} to every network of the host, and ${why}: ${guard.remedy}, or publish it on 127.0.0.1 only`,
    },
  ];
}

/** Mounts that hold data: read-only ones, single files and sockets are configuration. */
const holdsData = ({ readOnly, type, target }: Mount) =>
  !readOnly &&
  type !== "tmpfs" &&
  !/\.\w{1,5}$|^\/(etc|run|var\/run|dev|proc|sys|tmp|usr\/bin|usr\/local\/bin)(\/|$)/.test(target);

/** Letters in common from the left, as a share of the longer one. */
function likeness(a: string, b: string): number {
  let same = 0;
  while (same < a.length && a[same] === b[same]) same += 1;
  return same / Math.max(a.length, b.length);
}

function lostData(seen: Seen): Finding[] {
  const known = knownImage(seen.service.image);
  const { volumes = [] } = seen.spec;
  if (!known?.data || seen.service.volumesFrom?.length) return [];
  const own = known.data;
  const covers = (target: string, folder: string) =>
    target === folder || folder.startsWith(`${target}/`) || target.startsWith(`${folder}/`);
  if (volumes.some(({ target }) => own.some((folder) => covers(target, folder)))) {
    if (known.repository !== "postgres" || !(Number.parseInt(known.tag ?? "0", 10) >= 18) || seen.environment.PGDATA)
      return [];
    const index = volumes.findIndex(({ target }) => target === "/var/lib/postgresql/data");
    return index < 0
      ? []
      : [
          {
            at: `volumes[${index}]`,
            text: `postgres keeps its data below /var/lib/postgresql from version 18 on, so that nothing is kept in /var/lib/postgresql/data: mount the volume at /var/lib/postgresql`,
          },
        ];
  }
  // Whoever moves the data by a setting knows where it is.
  const settings = [...Object.values(seen.environment), wordsOf(seen)].join(" ");
  return volumes.flatMap((mount, index) => {
    if (!holdsData(mount) || settings.includes(mount.target)) return [];
    const folder = [...own].sort((a, b) => likeness(mount.target, b) - likeness(mount.target, a))[0]!;
    const near = nearest(mount.target, own) ?? (likeness(mount.target, folder) > 0.6 ? folder : undefined);
    if (near === undefined && !/data|lib|home|db/i.test(mount.target)) return [];
    return [
      {
        at: `volumes[${index}]`,
        text: `${known.repository} keeps its data in ${own[0]}, which nothing is mounted at, and nothing in ${mount.target}: ${near ? `most likely ${near} is meant` : `mount it at ${own[0]}`}`,
      },
    ];
  });
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
        text: `is not a variable that ${seen.service.image} reads: most likely ${meant} is meant`,
      },
    ];
  });
}

function secretInClear(seen: Seen): Finding[] {
  return Object.entries(seen.environment).flatMap(([name, value]) => {
    if (!isSecretValue(name, value)) return [];
    // What a variable has brought does not stand there.
    if (seen.source !== undefined && !seen.source.includes(String(value))) return [];
    return [
      {
        at: `environment.${name}`,
        text: "is a secret in clear: keep it in a secret of the stack, or in a file that is not committed",
      },
    ];
  });
}

function floatingImage({ service }: Seen): Finding[] {
  if (service.build) return [];
  const { tag, digest } = parseImage(service.image, "image");
  if (digest !== undefined || (tag !== undefined && tag !== "latest")) return [];
  const text = `${service.image} is whatever is the latest when it is fetched: name a version to get the same again`;
  return [{ at: "image", text, level: "note" }];
}

function dockerSocket({ spec }: Seen): Finding[] {
  return (spec.volumes ?? []).flatMap(({ source }, index) =>
    source && /^(\/var)?\/run\/(docker|podman\/podman)\.sock$/.test(source)
      ? [
          {
            at: `volumes[${index}]`,
            text: "gives the container the Docker engine, and with it the whole host: mount the socket only for what has to start containers",
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
          text: "gives the container the whole host: add single capabilities with capAdd, or devices",
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
            text: `${formatPort(port)} takes the host port that ${other.key} publishes too: only one of them can start`,
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
  return [{ at: `environment.${name}`, text: 'gives no GPU by itself: set gpus, or runtime: "nvidia"' }];
}

function odd433({ spec }: Seen): Finding[] {
  const ports = spec.ports ?? [];
  const beside = ports.some(({ published, target }) => published === 80 || target === 80);
  return ports.flatMap((port, index) =>
    beside && (port.published === 433 || port.target === 433)
      ? [{ at: `ports[${index}]`, text: `${formatPort(port)} beside port 80: most likely 443 (HTTPS) is meant` }]
      : [],
  );
}

function wholeHost({ spec }: Seen): Finding[] {
  return (spec.volumes ?? []).flatMap(({ type, source, readOnly }, index) => {
    if (type !== "bind") return [];
    const what =
      source === "/"
        ? "the whole host"
        : source === homedir()
          ? "the whole home folder, keys and passwords included"
          : undefined;
    return what && !(source === "/" && readOnly)
      ? [{ at: `volumes[${index}]`, text: `gives the container ${what}: name the folder that it needs` }]
      : [];
  });
}

/** The rules, in the order in which their findings are shown. */
const RULES: Rule[] = [
  publishedDatabase,
  lostData,
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
  const field = <K extends "ports" | "volumes" | "command" | "entrypoint" | "gpus" | "devices">(name: K) =>
    parseField(name, service[name], context);
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
    },
    environment: Object.fromEntries(entries),
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
      find(seen, all).map(({ at, text, level = "warning" }): Notice => ({ level, at: `${seen.at}.${at}`, text })),
    ),
  );
}

/** The warnings alone, for those who apply a project: what is only worth knowing is for those who read it. */
export const slips = (project: ProjectDescription, projectFolder: string, source: string): Notice[] =>
  warnings(project, projectFolder, source).filter(({ level }) => level === "warning");
