import { nearest } from "../core/description/nearest";
import type { Notice, ProjectDescription } from "../core/description/project";
import { few, say } from "../core/description/say";
import { engineAddress } from "../core/engines/dockerApi/connection/address";
import { EngineClient } from "../core/engines/dockerApi/connection/client";
import { setAsideAs } from "../core/engines/dockerApi/predecessors";
import { STACK_LABEL } from "../core/engines/owner";
import {
  COMPOSE_PROJECT,
  type InspectedConfig,
  type InspectedService,
  readSwarm,
  STACK_NAMESPACE,
  type EngineInfo,
  type Inspected,
  type InspectedContainer,
  type InspectedImage,
  type InspectedNetwork,
  type InspectedVolume,
  readRunning,
} from "../core/readers/running";
import { formOf, show } from "./show";
import { UsageError } from "./usageError";

export interface FromRunningOptions {
  to?: string;
  project?: string;
  all?: boolean;
  save?: string;
  package?: string;
}

interface Listed {
  Id: string;
  Names: string[] | null;
  State: string;
  Labels: Record<string, string> | null;
}

/** A container in the engine's list. */
interface Candidate {
  id: string;
  name: string;
  running: boolean;
  labels: Record<string, string>;
}

/** `--link` gives containers names such as `/web/db` too. */
const nameOf = ({ Names, Id }: Listed) =>
  (Names ?? []).map((name) => name.replace(/^\//, "")).find((name) => !name.includes("/")) ?? Id.slice(0, 12);

/** `berth from-running`: containers of a living engine, which is only asked. */
export async function fromRunning(names: string[], given: FromRunningOptions): Promise<number> {
  const form = formOf(given.to, "typescript");
  if (given.save !== undefined && form !== "typescript")
    throw new UsageError(say`--save: makes a project in TypeScript; for --to ${form} write the output to a file`);
  if (names.length && given.project !== undefined)
    throw new UsageError(say`--project: names all containers of a Compose project; leave the names out, or the option`);
  if (given.package !== undefined && given.save === undefined)
    throw new UsageError(say`--package: says where a new project gets pulumi-berth; name its folder with --save`);
  const address = engineAddress({}, process.env);
  if (!EngineClient.supports(address))
    throw new Error(
      say`the engine at ${address.host} is not reached from here; set DOCKER_HOST to unix://, tcp:// or ssh://`,
    );
  const client = new EngineClient(address);
  try {
    const services = await servicesMeant(client, names, given);
    if (services) {
      if (given.save !== undefined)
        throw new UsageError(
          say`--save: takes containers over, and these are services of a Swarm; leave it out to read them`,
        );
      const project = readSwarm(await askSwarm(client, services), given.project);
      await show(project, form, process.cwd(), undefined, true, true);
      return 0;
    }
    const { found, notices } = await ask(client, names, given);
    const project = readRunning(found, given.project, given.save !== undefined);
    project.notices.unshift(...notices);
    if (given.save !== undefined) return await save(project, given.save, address.host, given.package);
    await show(project, form, process.cwd());
    return 0;
  } catch (error) {
    if (client.hasAnswered || error instanceof UsageError) throw error;
    throw new Error(say`no Docker engine answers at ${address.host}: ${(error as Error).message}`);
  } finally {
    client.close();
  }
}

/** Makes a project whose stack dev takes over what is described. */
async function save(project: ProjectDescription, folder: string, host: string, source?: string): Promise<number> {
  const { init } = await import("./init");
  const services = Object.entries(project.services);
  const joined = services.flatMap(([, { networks = [] }]) =>
    networks.map((network) => (typeof network === "string" ? network : network.name)),
  );
  const own = Object.values(project.networks).filter(({ name, external }) => !external && joined.includes(name));
  const adopt = [...services.map(([key, { containerName }]) => containerName ?? key), ...own.map(({ name }) => name)];
  const chosen = process.env.DOCKER_HOST || process.env.DOCKER_CONTEXT;
  const running = { project, adopt: [...new Set(adopt)], host: chosen ? host : undefined };
  return init(folder, { running, package: source });
}

/** The services of a Swarm that names or a project mean; undefined where they mean containers. */
async function servicesMeant(
  client: EngineClient,
  names: string[],
  { project }: FromRunningOptions,
): Promise<InspectedService[] | undefined> {
  if (names.length === 0 && project === undefined) return undefined;
  // An engine that is no manager of a Swarm has none to tell.
  const all = await client
    .request<InspectedService[] | null>("GET", "/services", undefined, client.patience)
    .catch(() => undefined);
  const own = (all ?? []).filter(({ Spec }) => Spec.Labels?.[STACK_LABEL] === undefined);
  const meant = own.filter(({ Spec }) =>
    names.length ? names.includes(Spec.Name) : Spec.Labels?.[STACK_NAMESPACE] === project,
  );
  if (meant.length === 0) return undefined;
  const other = [...new Set(names)].find((name) => !meant.some(({ Spec }) => Spec.Name === name));
  if (other !== undefined)
    throw new Error(
      say`${other}: is no service of the Swarm as ${meant[0]!.Spec.Name} is; read the two one after the other`,
    );
  return meant;
}

/** Asks a Swarm about what its services use. */
async function askSwarm(client: EngineClient, services: InspectedService[]) {
  const each = async <T>(ids: string[], path: string) =>
    (await Promise.all([...new Set(ids)].map((id) => client.find<T>(`${path}/${encodeURIComponent(id)}`)))).filter(
      (one) => one !== undefined,
    );
  const templates = services.map(({ Spec }) => Spec.TaskTemplate);
  const networks = templates.flatMap(({ Networks }) => (Networks ?? []).map(({ Target }) => Target));
  const configs = templates.flatMap(({ ContainerSpec }) =>
    (ContainerSpec?.Configs ?? []).map(({ ConfigID }) => ConfigID),
  );
  return {
    services,
    networks: await each<InspectedNetwork>(networks, "/networks"),
    configs: await each<InspectedConfig>(configs, "/configs"),
  };
}

/** Asks the engine about the containers that are meant, and what they use. */
async function ask(client: EngineClient, names: string[], given: FromRunningOptions) {
  const get = <T>(path: string) => client.request<T>("GET", path);
  const listed = await client.request<Listed[]>("GET", "/containers/json?all=1", undefined, client.patience);
  // The engine names the newest first; what others need was mostly made before them.
  const all = listed.reverse().map((one) => ({
    id: one.Id,
    name: nameOf(one),
    running: /^(?:running|paused|restarting)$/.test(one.State),
    labels: one.Labels ?? {},
  }));
  const { kept, notices } = leaveOut(chosen(all, names, given));
  if (kept.length === 0) throw new Error(nothing(notices, client.address.host, given));

  const present = <T>(list: (T | undefined)[]) => list.filter((one): one is T => one !== undefined);
  const found = present(
    await Promise.all(kept.map(({ id }) => client.find<InspectedContainer>(`/containers/${id}/json`))),
  );
  const each = <T>(list: (string | undefined)[], path: (key: string) => string) =>
    Promise.all(
      [...new Set(list.filter(Boolean) as string[])].map((key) => client.find<T>(path(encodeURIComponent(key)))),
    );
  const joined = found.flatMap(({ NetworkSettings }) => Object.keys(NetworkSettings?.Networks ?? {}));
  const mounted = found.flatMap(({ Mounts }) =>
    (Mounts ?? []).map(({ Type, Name }) => (Type === "volume" ? Name : undefined)),
  );
  const [info, images, networks, volumes] = await Promise.all([
    get<EngineInfo>("/info"),
    each<InspectedImage>(
      found.map(({ Image }) => Image),
      (id) => `/images/${id}/json`,
    ),
    each<InspectedNetwork>(
      joined.filter((name) => !["bridge", "host", "none"].includes(name)),
      (name) => `/networks/${name}`,
    ),
    each<InspectedVolume>(mounted, (name) => `/volumes/${name}`),
  ]);
  const inspected: Inspected = {
    info,
    containers: found,
    images: present(images),
    networks: present(networks),
    volumes: present(volumes),
    names: new Map(all.map(({ id, name }) => [id, name])),
  };
  return { found: inspected, notices };
}

/** The containers that are named; else those of a project, or all that run. */
function chosen(all: Candidate[], names: string[], { project, all: stopped }: FromRunningOptions): Candidate[] {
  const known = all.map(({ name }) => name);
  if (names.length)
    return [...new Set(names)].map((name) => {
      const found =
        all.find((one) => one.name === name) ??
        (/^[0-9a-f]{4,}$/.test(name) ? all.find(({ id }) => id.startsWith(name)) : undefined);
      if (found) return found;
      const guess = nearest(name, known);
      throw new Error(
        say`${name}: there is no such container on the engine; ${guess ? say`did you mean ${guess}?` : say`\`docker ps -a\` lists them`}`,
      );
    });
  if (project === undefined) return all.filter(({ running }) => running || stopped);
  const projects = [...new Set(all.flatMap(({ labels }) => labels[COMPOSE_PROJECT] ?? []))].sort();
  if (!projects.includes(project))
    throw new Error(
      say`--project: the engine has no containers of a Compose project ${project}; ${projects.length ? say`it has ${projects.join(", ")}` : say`it has none of Compose at all`}`,
    );
  // A project is what its file says, whether it runs at the moment or not.
  return all.filter(({ labels }) => labels[COMPOSE_PROJECT] === project);
}

/** What somebody else makes again whenever it is gone. */
const MADE_BY: [label: string, what: (name: string) => string][] = [
  [
    STACK_LABEL,
    (name) =>
      say`of the stack ${name}, which berth has made: \`berth export ${name.replace(/^.*\//, "")} --to compose\` prints it`,
  ],
  [
    "com.docker.swarm.service.name",
    (name) => say`a task of the Swarm service ${name}: \`berth from-running ${name}\` prints that`,
  ],
  ["io.kubernetes.pod.name", (name) => say`of the pod ${name}: \`kubectl get pod ${name} -o yaml\` prints it`],
];

/** Takes away what is not a container of its own, with a note for each that has the same reason. */
function leaveOut(candidates: Candidate[]): { kept: Candidate[]; notices: Notice[] } {
  const reasons = new Map<string, string[]>();
  const kept = candidates.filter(({ name, labels }) => {
    const [label, what] = MADE_BY.find(([key]) => labels[key]) ?? [];
    const aside = setAsideAs(name);
    const reason =
      aside && (label === STACK_LABEL || aside.taker)
        ? label === STACK_LABEL
          ? say`set aside by the stack ${labels[STACK_LABEL]} for ${aside.name}`
          : say`set aside by a stack for ${aside.name}`
        : label && what!(labels[label]!);
    if (reason !== undefined) reasons.set(reason, [...(reasons.get(reason) ?? []), name]);
    return reason === undefined;
  });
  const notices = [...reasons].map(
    ([reason, names]): Notice => ({ level: "note", at: few(names, 3), text: say`left out: ${reason}` }),
  );
  return { kept, notices };
}

function nothing(notices: Notice[], host: string, { all, project }: FromRunningOptions): string {
  if (notices.length)
    return say`there is nothing to print: ${notices.map(({ at, text }) => `${at} ${text}`).join(say`; `)}`;
  const hint = all || project !== undefined ? "" : say`; --all takes those that have ended too`;
  return say`no container runs on the engine at ${host}${hint}`;
}
