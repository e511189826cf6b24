import * as pulumi from "@pulumi/pulumi";
import { ArgumentError } from "../../description/errors";
import type { Mount } from "../../description/mounts";
import { nearest } from "../../description/nearest";
import { few, say } from "../../description/say";
import { COMPOSE_LABELS, isOurs, type Owner, STACK_LABEL } from "../owner";
import { setAsideAs, takerTag, wayBack } from "./predecessors";
import type { EngineSnapshot, LiveContainer, LiveNetwork } from "./snapshot";

/** The command that gives consent. */
export const consent = (name: string, names: readonly string[]): string =>
  `berth pulumi config set --path 'berth:adopt[${names.length}]' ${name} --stack ${pulumi.getStack()}`;

/** Marks those of an engine's containers that the stack takes over, and those that it had begun to. */
export function markAdopted(snapshot: EngineSnapshot, owner: Owner, names: readonly string[]): EngineSnapshot {
  const begun = ({ name }: LiveContainer) => setAsideAs(name)?.taker === takerTag(owner);
  const adopted = (container: LiveContainer) =>
    begun(container) ||
    (names.includes(container.name) &&
      !isOurs(container.labels, owner) &&
      whyNot(container, snapshot, owner, names) === undefined);
  return {
    ...snapshot,
    containers: snapshot.containers.map((one) => (adopted(one) ? { ...one, adopted: true } : one)),
  };
}

/** Why a container cannot be taken over, though somebody has consented. */
export function whyNot(
  { id, name, labels, closer }: LiveContainer,
  { containers }: EngineSnapshot,
  owner: Owner,
  names: readonly string[],
): [problem: string, remedy: string] | undefined {
  const stack = labels[STACK_LABEL];
  if (stack !== undefined) return [say`belongs to the stack ${stack}`, wayOutOf(stack, name)];
  const task = labels["com.docker.swarm.service.name"];
  if (task !== undefined)
    return [say`is a task of the Swarm service ${task}, which makes it again`, say`choose another name`];
  const pod = labels["io.kubernetes.pod.name"];
  if (pod !== undefined) return [say`is of the pod ${pod}, and the cluster makes it again`, say`choose another name`];
  if (closer?.autoRemove)
    return [
      say`was started with --rm: the engine removes it when it stops, with its anonymous volumes, and it could not come back`,
      say`stop it with \`docker stop ${name}\` (that removes it; copy out what is not in a named volume or a folder of the host), and take the name out of berth:adopt`,
    ];
  const begun = containers.find((other) => {
    const aside = setAsideAs(other.name);
    return aside?.name === name && aside.taker === takerTag(owner);
  });
  if (begun)
    return [
      say`is there beside ${begun.name}, which an \`up\` that was cut off has set aside under that name`,
      say`remove the one of the two that nobody wants with \`docker rm -f\``,
    ];
  const sharer = containers.find((other) => other.networkMode === `container:${id}` && !names.includes(other.name));
  if (sharer)
    return [
      say`shares its network with the container ${sharer.name}, which would lose it`,
      isOurs(sharer.labels, owner)
        ? say`give that one a network of its own first`
        : say`take both over, as services of this stack: \`${consent(sharer.name, names)}\``,
    ];
  return undefined;
}

/** What to do about a container of another stack: two stacks would remove it from under one another. */
export const wayOutOf = (stack: string, name: string): string =>
  say`choose another name, destroy that stack (\`berth destroy ${stack.replace(/^.*\//, "")}\` in its project; named volumes stay), or, where it is lost, remove the container with \`docker rm -f ${name}\``;

/** Who has made a container, as far as its labels say. */
export function makerOf(labels: Record<string, string>): string {
  const project = labels[`${COMPOSE_LABELS}project`];
  const files = labels[`${COMPOSE_LABELS}project.config_files`];
  if (Object.keys(labels).some((label) => label.startsWith("io.portainer.")) || files?.startsWith("/data/compose/"))
    return project === undefined ? say`made by Portainer` : say`made by Portainer's stack ${project}`;
  return project === undefined ? say`made by hand` : say`made by the Compose project ${project}`;
}

/** What a container has, in few words. */
function mountsSaid({ mounts = [] }: LiveContainer): string {
  const said = mounts.map(({ type, source, target }) =>
    type === "volume" ? say`the volume ${shortVolume(source)} at ${target}` : say`${source} of the host at ${target}`,
  );
  return said.length ? say`What stays: ${said.join(", ")}.` : say`It has no volumes and no folders of the host.`;
}

const isAnonymous = (volume: string) => /^[0-9a-f]{64}$/.test(volume);
const shortVolume = (volume: string) => (isAnonymous(volume) ? say`${volume.slice(0, 12)}... (anonymous)` : volume);
const clean = (path: string) => path.replace(/(.)\/+$/, "$1");

const SHOWN = 3;

export interface Said {
  level: "info" | "warn";
  text: string;
}

/** What a service declares, as far as it is known at once. */
export interface DeclaredPlace {
  image?: string;
  volumes?: Mount[];
  /** It has the volumes of another container too. */
  inherits: boolean;
  /** Names of its networks, where it has any of its own. */
  networks?: string[];
}

/** What there is to say before a container is taken over. */
export function sayOfAdoption(
  service: string,
  live: LiveContainer,
  { image, volumes, inherits, networks }: DeclaredPlace,
): Said[] {
  const { name, labels, created } = live;
  const aside = setAsideAs(name);
  if (aside)
    return [
      {
        level: "info",
        text: say`${service}: an \`up\` that took over the container ${aside.name} was cut off and has set it aside as ${name}; this one goes on from there.`,
      },
    ];
  const since = created === undefined ? [] : [say`since ${new Date(created * 1000).toISOString().slice(0, 10)}`];
  const what = [live.image, makerOf(labels), ...since, ...(live.running === false ? [say`not running`] : [])].join(
    ", ",
  );
  const becomes = image === undefined || image === live.image ? "" : say` by one of ${image}`;
  const said: Said[] = [
    {
      level: "info",
      text: say`${service}: takes over the container ${name} (${what}). It is replaced${becomes}, and comes back where the new one does not answer. ${mountsSaid(live)}`,
    },
  ];
  const warn = (text: string) => said.push({ level: "warn", text: say`${service}: ${text}` });
  for (const { type, source, target } of live.mounts ?? []) {
    // Of what arrives late, or comes from another container, nobody knows yet.
    if (volumes === undefined || inherits) break;
    const declared = volumes.find((mount) => clean(mount.target) === clean(target));
    if (declared?.source === source) continue;
    warn(
      type === "volume"
        ? say`the volume ${source} at ${target} is not in the description, so that the new container does not have it. It stays where it is; volumes: ["${source}:${target}"] goes on with it.`
        : say`the folder ${source} at ${target} is not in the description, so that the new container does not have it. It stays where it is; volumes: ["${source}:${target}"] goes on with it.`,
    );
  }
  for (const network of networks ? Object.keys(live.networks ?? {}) : [])
    if (network !== "bridge" && !networks!.includes(network))
      warn(say`the network ${network} is not in the description, so that the new container does not join it.`);
  const written = live.closer?.written ?? [];
  if (written.length) {
    warn(
      say`files that were written inside the old container go with it: ${few(written, SHOWN)}. \`docker diff ${name}\` lists them, \`docker cp ${name}:PATH .\` copies one.`,
    );
  }
  const project = labels[`${COMPOSE_LABELS}project`];
  if (project !== undefined) {
    const files = labels[`${COMPOSE_LABELS}project.config_files`];
    warn(
      say`\`docker compose up\` in the project ${project}${files ? ` (${files})` : ""} would want ${name} back: do not use that project for it any more.`,
    );
  }
  return said;
}

/** What is declared of a network, as far as it has to be the same. */
export interface DeclaredNetworkOptions {
  driver?: string;
  subnets: string[];
  gateways: string[];
  ipRanges: string[];
  internal?: boolean;
  ipv6?: boolean;
  options?: Record<string, string>;
}

/**
 * Refuses to take a network over that is another one than declared: others may be on it.
 *
 * @param names the arguments of the component
 */
export function checkSameNetwork(live: LiveNetwork, declared: DeclaredNetworkOptions): void {
  const differs = (argument: string, wanted: unknown, found: unknown) =>
    new ArgumentError(
      argument,
      say`the network ${live.name}, which berth:adopt names, has ${found === "" ? "none" : found} and not ${wanted}; others may be on it, so it is not made anew`,
      say`declare it as it is, or choose another name`,
    );
  const { driver = "bridge", subnets, gateways, ipRanges, internal = false, ipv6, options = {} } = declared;
  if (live.driver !== driver) throw differs("driver", driver, live.driver);
  for (const [argument, wanted, found] of [
    ["ipam.config[0].subnet", subnets, live.subnets],
    ["ipam.config[0].gateway", gateways, live.gateways ?? []],
    ["ipam.config[0].ipRange", ipRanges, live.ipRanges ?? []],
  ] as const) {
    const missing = wanted.find((item) => !found.includes(item));
    if (missing !== undefined) throw differs(argument, missing, found.join(", "));
  }
  if (Boolean(live.internal) !== internal) throw differs("internal", internal, Boolean(live.internal));
  if (ipv6 !== undefined && Boolean(live.ipv6) !== ipv6) throw differs("enableIpv6", ipv6, Boolean(live.ipv6));
  for (const [option, value] of Object.entries(options))
    if (live.options?.[option] !== value) throw differs(`options.${option}`, value, live.options?.[option] ?? "");
}

/** What a program has declared, to compare its consent with. */
export interface DeclaredNames {
  containers: Iterable<string>;
  networks: Iterable<string>;
  volumes: Iterable<string>;
  /** Some names arrive late. */
  late: boolean;
}

/**
 * Refuses consent to what the stack does not declare.
 *
 * @throws RunError naming it
 */
export function checkConsent(names: readonly string[], declared: DeclaredNames): void {
  const known = [...declared.containers, ...declared.networks, ...declared.volumes];
  const unknown = names.findIndex((name) => !known.includes(name));
  if (unknown < 0 || declared.late) return;
  const guess = nearest(names[unknown]!, known);
  throw new pulumi.RunError(
    say`berth:adopt: ${names[unknown]} is the name of no container, network or volume of this stack${guess ? say`; did you mean ${guess}?` : known.length ? say`, which has ${known.join(", ")}.` : "."} \`berth pulumi config rm --path 'berth:adopt[${unknown}]' --stack ${pulumi.getStack()}\` takes it out.`,
  );
}

/** Warns of what an apply that was cut off has set aside, where no service of the program has its place any more. */
export function orphanWarnings(snapshot: EngineSnapshot | undefined, owner: Owner, containers: string[]): string[] {
  return (snapshot?.containers ?? []).flatMap(({ name }) => {
    const aside = setAsideAs(name);
    if (aside?.taker !== takerTag(owner) || aside.taker === undefined || containers.includes(aside.name)) return [];
    return [
      say`The container ${aside.name} was set aside as ${name} by an \`up\` that was cut off, and no service of the stack has its name any more; \`${wayBack(aside, name)}\` has it run as before.`,
    ];
  });
}
