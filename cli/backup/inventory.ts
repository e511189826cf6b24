import { isWithin } from "../../core/description/isWithin";
import type { EngineClient } from "../../core/engines/dockerApi/connection/client";
import { labelFilter, ownerLabels } from "../../core/engines/owner";
import { namesOf } from "../../core/engines/status";
import type { Place } from "../place";
import { servicesNow, type StackNow, tasksOf } from "../stackNow";
import { databaseIn, dataFolders, type Database } from "./databases";
import { say } from "../../core/description/say";

/** A container as the engine describes it. */
export interface Container {
  Id: string;
  Name: string;
  /** Id of its image. */
  Image: string;
  Path?: string;
  Args?: string[] | null;
  Config: { Image: string; StopTimeout?: number };
  HostConfig?: { AutoRemove?: boolean; NetworkMode?: string };
  State: { Running: boolean; Paused?: boolean; Restarting?: boolean; ExitCode?: number; Health?: { Status: string } };
  Mounts?: Mounted[] | null;
}

interface Mounted {
  Type: string;
  Name?: string;
  Source?: string;
  Destination: string;
  RW: boolean;
}

/** A container of the stack, and the service that it is of. */
export interface Held {
  client: EngineClient;
  place: Place;
  /** Logical name. */
  service: string;
  /** As people call it. */
  shown: string;
  container: Container;
  /** In the order in which the program declares it. */
  index: number;
}

/** A volume of the stack. */
export interface Volume {
  client: EngineClient;
  name: string;
  anonymous: boolean;
  /** The containers that mount it. */
  users: { held: Held; target: string; writes: boolean }[];
}

/** What a stack has on its engines. */
export interface Inventory {
  held: Held[];
  volumes: Volume[];
  /** What a backup leaves out, each as a sentence without its end. */
  left: string[];
}

export const isRunning = ({ State }: Container): boolean => State.Running || State.Restarting === true;

/** Made up by an engine, or by Pulumi for a volume without a name. */
const isMadeUp = (name: string, declared: Set<string>) =>
  /^[0-9a-f]{64}$/.test(name) || (!declared.has(name) && /-[0-9a-f]{7}$/.test(name));

const inspect = (client: EngineClient, id: string) => client.find<Container>(`/containers/${id}/json`);

/**
 * Looks at the containers and volumes of a stack.
 *
 * @throws Error where it is on a cluster only
 */
export async function inventoryOf(now: StackNow): Promise<Inventory> {
  const left: string[] = [];
  const services = await servicesNow({ ...now, places: now.places.filter(({ client }) => client) });
  const names = namesOf(services.map(([status]) => status));
  const held: Held[] = [];
  const clients = new Set<EngineClient>();
  for (const { engine, client, declared } of now.places) {
    if (client) clients.add(client);
    else if (declared.length)
      left.push(
        say`${declared.map(({ service }) => service).join(", ")}: on ${engine}, whose volumes berth does not back up; the storage there takes snapshots (VolumeSnapshot), or Velero does`,
      );
  }
  if (clients.size === 0) throw new Error(left[0]);
  for (const [status, place] of services) {
    const { id, engine, service } = status;
    const { client } = place;
    if (!id || !client) continue;
    const ids = engine === "swarm" ? await tasksOf(client, id) : [id];
    if (engine === "swarm" && ids.length === 0)
      left.push(say`${service}: no task of it runs on this node of the Swarm; volumes are on the node of their task`);
    for (const one of ids) {
      const container = await inspect(client, one);
      if (container)
        held.push({ client, place, service, shown: names.get(status)![0]!, container, index: held.length });
    }
  }
  const declared = new Set(
    now.places.flatMap((place) =>
      place.declared.flatMap(({ spec }) => (spec.volumes ?? []).flatMap(({ source }) => source ?? [])),
    ),
  );
  const volumes = await volumesOf([...clients], held, now, declared);
  for (const { shown, container } of held)
    for (const { Type, Source, Destination } of container.Mounts ?? [])
      if (Type === "bind" && !Source?.endsWith(".sock"))
        left.push(say`${shown}: ${Source} (${Destination}) is a folder or file of the host`);
  return { held, volumes, left };
}

/** The volumes that containers mount, and those that are the stack's by their labels. */
async function volumesOf(
  clients: EngineClient[],
  held: Held[],
  { owner }: StackNow,
  declared: Set<string>,
): Promise<Volume[]> {
  const found = new Map<string, Volume>();
  const add = (client: EngineClient, name: string) => {
    const key = `${clients.indexOf(client)} ${name}`;
    if (!found.has(key)) found.set(key, { client, name, anonymous: isMadeUp(name, declared), users: [] });
    return found.get(key)!;
  };
  for (const one of held)
    for (const { Type, Name, Destination, RW } of one.container.Mounts ?? [])
      if (Type === "volume" && Name) add(one.client, Name).users.push({ held: one, target: Destination, writes: RW });
  const filters = labelFilter(ownerLabels(owner));
  for (const client of clients) {
    const { Volumes } = await client.request<{ Volumes: { Name: string }[] | null }>(
      "GET",
      `/volumes?filters=${filters}`,
    );
    for (const { Name } of Volumes ?? []) add(client, Name);
  }
  return [...found.values()];
}

/** A database of the stack, with the mount that has its data. */
export interface HeldDatabase {
  held: Held;
  database: Database;
  /** Undefined where its data is in a folder of the host, or in the container itself. */
  volume?: string;
  target: string;
}

/** The database that a container is; undefined for all others. */
export function databaseOf(held: Held): HeldDatabase | undefined {
  const { container } = held;
  const database = databaseIn(container.Config.Image);
  if (!database) return undefined;
  const folders = dataFolders(container.Config.Image);
  const mount = (container.Mounts ?? []).find(({ Destination }) =>
    folders.some((folder) => isWithin(folder, Destination) || isWithin(Destination, folder)),
  );
  // Without data of its own it is somebody's client.
  if (!mount) return undefined;
  const { Type, Name, Destination } = mount;
  return { held, database, volume: Type === "volume" ? Name : undefined, target: Destination };
}
