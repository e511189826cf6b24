import * as pulumi from "@pulumi/pulumi";
import { releaseServices } from "./releaseServices";
import { type EngineClient, ignoreMissing } from "./connection/client";
import { say } from "../../description/say";
import { atMirror } from "../imageMirrors";
import { fetchImage } from "./images/fetch";
import { progressOf } from "../../pulumi/progress";
import { isOurs, labelFilter, ownerLabels, SERVICE_LABEL } from "../owner";
import type { Container, Predecessors } from "./predecessors";
import type { InPlace, Program, Reconciler } from "./reconcile";
import type { LiveContainer } from "./snapshot";
import { suffixes } from "../../pulumi/hookNames";

/** Hooks that every resource of one kind shares. They run on `up` only, never on a preview. */
export interface ContainerHooks {
  /** Before an image or a container is made: fetches the image, where the engine does not have it. */
  fetchImage: pulumi.ResourceHook;
  /** Before a container is made: sets aside what has its name or its ports. */
  makeRoom: pulumi.ResourceHook;
  /** Where it cannot be made: has what was set aside run again. */
  bringBack: pulumi.ErrorHook;
  /** Before a network is made: likewise. */
  reclaimNetwork: pulumi.ResourceHook;
  /** After a container is made: starts those anew that asked for it (Compose `depends_on` with `restart`). */
  restartDependents: pulumi.ResourceHook;
  /** Before a service's description changes: applies what Docker can change on the living container. */
  changeInPlace: pulumi.ResourceHook;
  /** Before a network is made anew: lets go of this stack's containers, or Docker would refuse to remove it. */
  releaseNetwork: pulumi.ResourceHook;
}

interface ContainerState {
  Id: string;
  Config: { Labels: Record<string, string> | null };
  HostConfig?: { NetworkMode?: string; IpcMode?: string; PidMode?: string };
  State: { Running: boolean; Status?: string };
}
interface NetworkState {
  Id: string;
  Scope?: string;
  Labels: Record<string, string> | null;
  Containers: Record<string, { Name: string }> | null;
}

/** What the hooks have to know of a program, at the time they run. */
export interface HookContext extends Program {
  readonly client?: EngineClient;
  /** @throws EngineError where only the provider reaches the engine */
  needClient(): EngineClient;
  readonly reconciler: Reconciler;
  readonly predecessors: Predecessors;
  /** The container that is taken over under a name. */
  taken(containerName: string): LiveContainer | undefined;
  /** The provider has logins for registries that nobody else knows. */
  readonly hasOwnLogins: boolean;
  /** Names of the images that it builds. */
  readonly built: ReadonlySet<string>;
  /** Its volumes, by name. */
  readonly volumeArgs: ReadonlyMap<string, { driver?: unknown; driverOpts?: unknown; labels?: unknown }>;
  /** Names of the containers that start anew with a service, by its logical name. */
  readonly restarts: ReadonlyMap<string, ReadonlySet<string>>;
}

const nextSuffix = suffixes();

/** What Pulumi calls around the changes of a session's resources. */
export function containerHooks(session: HookContext): ContainerHooks {
  const of =
    <Args, Result>(run: (session: HookContext, args: Args) => Result) =>
    (args: Args) =>
      run(session, args);
  const suffix = nextSuffix();
  return {
    fetchImage: new pulumi.ResourceHook(`berth-fetch-image${suffix}`, of(fetchMissing)),
    makeRoom: new pulumi.ResourceHook(`berth-make-room${suffix}`, of(makeRoom)),
    bringBack: new pulumi.ErrorHook(`berth-bring-back${suffix}`, of(bringBack)),
    reclaimNetwork: new pulumi.ResourceHook(`berth-reclaim-network${suffix}`, of(reclaimNetwork)),
    restartDependents: new pulumi.ResourceHook(`berth-restart-dependents${suffix}`, of(restartDependents)),
    changeInPlace: new pulumi.ResourceHook(`berth-change-in-place${suffix}`, of(changeInPlace)),
    releaseNetwork: new pulumi.ResourceHook(`berth-release-network${suffix}`, of(releaseNetwork)),
  };
}

async function fetchMissing(session: HookContext, { newInputs, urn }: pulumi.ResourceHookArgs): Promise<void> {
  // A container names its image, an image itself.
  const { image, name, platform } = newInputs as { image?: string; name: string; platform?: string };
  const wanted = image ?? name;
  if (!session.client) return;
  if (!session.built.has(wanted))
    return fetchImage(session.client, wanted, {
      platform,
      otherLogins: session.hasOwnLogins,
      mirror: atMirror(wanted),
      tell: progressOf(urn),
    });
  if (!(await session.client.find(`/images/${wanted}/json`)))
    throw new Error(
      say`image: ${wanted} was built by this stack and is not on the engine any more; \`pulumi up --refresh\` builds it again.`,
    );
}

/** A volume that the state knows but somebody has removed: Docker would make a plain one, which nobody owns. */
async function remakeVolumes(session: HookContext, inputs: Record<string, unknown> | undefined): Promise<void> {
  const { volumes = [], mounts = [] } = (inputs ?? {}) as {
    volumes?: { volumeName?: string }[];
    mounts?: { source?: string }[];
  };
  for (const Name of [...volumes.map(({ volumeName }) => volumeName), ...mounts.map(({ source }) => source)]) {
    const args = session.volumeArgs.get(Name ?? "");
    if (!args || session.snapshot?.volumes.some((volume) => volume.name === Name)) continue;
    if (await session.needClient().find(`/volumes/${Name}`)) continue;
    const labels = (args.labels ?? []) as { label: string; value: string }[];
    const Labels = Object.fromEntries(labels.map(({ label, value }) => [label, value]));
    await session.needClient().request("POST", "/volumes/create", {
      Name,
      Driver: args.driver,
      DriverOpts: args.driverOpts,
      Labels: { ...Labels, ...ownerLabels(session.owner) },
    });
    await pulumi.log.info(say`Made the volume ${Name} again, which was gone.`);
  }
}

async function makeRoom(session: HookContext, { newInputs, name }: pulumi.ResourceHookArgs): Promise<void> {
  const { client, owner, predecessors } = session;
  if (!client) return;
  await remakeVolumes(session, newInputs);
  const containerName = String(newInputs?.name ?? "");
  const found = await client.find<Container>(`/containers/${encodeURIComponent(containerName)}/json`);
  const service = found && (found.Config.Labels?.[SERVICE_LABEL] ?? "");
  // Only what was there when its owner was told.
  const adopted = found !== undefined && session.taken(containerName)?.id === found.Id;
  const own = service === name || adopted;
  if (found && !adopted && (!isOurs(found.Config.Labels, owner) || !service || (!own && session.names.has(service))))
    throw new Error(
      say`containerName: a container named ${containerName} is there already and is not this service's; remove it with \`docker rm -f ${containerName}\`, or choose another name.`,
    );
  try {
    if (found && service && !own) await setAside(session, found.Id, containerName, service, name, found);
    await predecessors.makeRoom(name, own ? found : undefined);
    await takePorts(session, name, (newInputs?.ports ?? []) as { external?: number; protocol?: string }[]);
  } catch (error) {
    // Nothing is made then, so that no failure of making it brings back what has made room already.
    const sentence = await predecessors.bringBack(name, containerName);
    throw sentence ? new Error(`${(error as Error).message}\n${sentence}`) : error;
  }
}

/** Other services of this stack that are to give up their host ports may still have them. */
async function takePorts(
  session: HookContext,
  name: string,
  wanted: { external?: number; protocol?: string }[],
): Promise<void> {
  const { owner } = session;
  const holds = (port: number | undefined, protocol: string) =>
    port !== undefined && wanted.some(({ external, protocol: own = "tcp" }) => external === port && own === protocol);
  // Such a container was there when the program began; where there was none, nothing has to be asked again.
  const held = session.snapshot?.containers.some(
    ({ labels, ports }) =>
      isOurs(labels, owner) &&
      labels[SERVICE_LABEL] !== name &&
      ports.some(({ port, protocol }) => holds(port, protocol)),
  );
  if (session.snapshot && !held) return;
  if (!wanted.some(({ external }) => external !== undefined)) return;
  const filters = labelFilter(ownerLabels(owner));
  const ours = await session
    .needClient()
    .request<
      { Id: string; Names: string[]; Labels: Record<string, string>; Ports: { PublicPort?: number; Type: string }[] }[]
    >("GET", `/containers/json?filters=${filters}`);
  for (const { Id, Names, Labels, Ports } of ours) {
    const service = Labels[SERVICE_LABEL] ?? "";
    if (service !== "" && service !== name && Ports.some(({ PublicPort, Type }) => holds(PublicPort, Type)))
      await setAside(session, Id, (Names[0] ?? Id).replace(/^\//, ""), service, name);
  }
}

/** Stops a container whose name or port the successor of another service needs now. */
async function setAside(
  session: HookContext,
  id: string,
  containerName: string,
  service: string,
  successor: string,
  read?: Container,
): Promise<void> {
  await session.predecessors.setAside(id, successor, read);
  // Pulumi makes one that is declared anew, and deletes the others last.
  if (!session.names.has(service))
    await pulumi.log.info(
      say`Stopped the container ${containerName} of the service ${service}, which is no longer declared.`,
    );
}

async function bringBack(
  session: HookContext,
  { name, newInputs, failedOperation, errors }: pulumi.ErrorHookArgs,
): Promise<boolean> {
  if (failedOperation === "create" && session.client) {
    const held = await heldForNobody(session.client, errors).catch(() => undefined);
    if (held !== undefined)
      await pulumi.log.error(
        say`${name}: the engine keeps the host port ${held} for a container that is gone, as one does that was killed; start the engine anew (\`systemctl restart docker\`), then the same command again.`,
      );
    const sentence = await session.predecessors.bringBack(name, String(newInputs?.name ?? ""));
    if (sentence) await pulumi.log.error(say`${name} could not be changed. ${sentence}`);
  }
  return false;
}

/** The port that the engine calls allocated though none of its containers has it. */
async function heldForNobody(client: EngineClient, errors: string[] = []): Promise<number | undefined> {
  const [, port] = /:(\d+) failed: port is already allocated/.exec(errors.join("\n")) ?? [];
  if (port === undefined) return undefined;
  const containers = await client.request<{ Ports: { PublicPort?: number }[] | null }[]>("GET", "/containers/json");
  return containers.some(({ Ports }) => Ports?.some(({ PublicPort }) => PublicPort === Number(port)))
    ? undefined
    : Number(port);
}

async function restartDependents(session: HookContext, { name }: pulumi.ResourceHookArgs): Promise<void> {
  const { client, owner } = session;
  for (const dependent of session.restarts.get(name) ?? []) {
    const found = await client?.find<ContainerState>(`/containers/${encodeURIComponent(dependent)}/json`);
    // On a first apply it is not there yet.
    if (!found || !isOurs(found.Config.Labels, owner) || !found.State.Running) continue;
    // It cannot start beside a container that has gone just now; Pulumi makes it anew after this one.
    if (await sharesWithNone(session, found)) continue;
    await client!.request("POST", `/containers/${found.Id}/restart`, undefined, 120_000).catch(ignoreMissing);
  }
}

/** Whether a container shares a namespace (`network_mode: service:...`) with one that is gone or does not run. */
async function sharesWithNone(session: HookContext, { HostConfig = {} }: ContainerState): Promise<boolean> {
  const { NetworkMode, IpcMode, PidMode } = HostConfig;
  for (const mode of [NetworkMode, IpcMode, PidMode]) {
    const [, id] = /^container:(.*)$/.exec(mode ?? "") ?? [];
    if (id && !(await session.needClient().find<ContainerState>(`/containers/${id}/json`))?.State.Running) return true;
  }
  return false;
}

async function disconnectOurs(session: HookContext, network: NetworkState): Promise<string[]> {
  const foreign: string[] = [];
  const members = Object.entries(network.Containers ?? {});
  for (const [id, { Name }] of members) {
    const container = await session.needClient().find<ContainerState>(`/containers/${id}/json`);
    if (container && !isOurs(container.Config.Labels, session.owner)) foreign.push(Name);
  }
  // Where somebody else holds the network it stays, so our containers stay on it too.
  for (const [id] of foreign.length ? [] : members)
    await session.needClient().request("POST", `/networks/${network.Id}/disconnect`, { Container: id, Force: true });
  return foreign;
}

async function findNetwork(session: HookContext, name: string): Promise<NetworkState | undefined> {
  const filters = encodeURIComponent(JSON.stringify({ name: [`^${name}$`] }));
  const [match] = (
    await session.needClient().request<{ Id: string; Name: string }[]>("GET", `/networks?filters=${filters}`)
  ).filter((network) => network.Name === name);
  return match && session.needClient().find<NetworkState>(`/networks/${match.Id}`);
}

async function reclaimNetwork(session: HookContext, { newInputs }: pulumi.ResourceHookArgs): Promise<void> {
  if (!session.client) return;
  const network = await findNetwork(session, String(newInputs?.name ?? ""));
  if (!network) return;
  if (!isOurs(network.Labels, session.owner))
    throw new Error(
      say`name: a network named ${newInputs?.name} is there already and is not this stack's; choose another name.`,
    );
  const foreign = await disconnectOurs(session, network);
  if (foreign.length)
    throw new Error(
      say`name: the network ${newInputs?.name} was left behind by an apply that was cut off, and ${foreign.join(", ")} uses it; disconnect that first.`,
    );
  await session.client.request("DELETE", `/networks/${network.Id}`);
}

async function releaseNetwork(session: HookContext, { oldInputs, newInputs }: pulumi.ResourceHookArgs): Promise<void> {
  if (!session.client) return;
  // Docker changes nothing on a network in place, its labels neither.
  if (JSON.stringify(oldInputs) === JSON.stringify(newInputs)) return;
  const network = await findNetwork(session, String(oldInputs?.name ?? ""));
  if (!network || !isOurs(network.Labels, session.owner)) return;
  const foreign =
    network.Scope === "swarm"
      ? await releaseServices(session.client, session.owner, network.Id)
      : await disconnectOurs(session, network);
  if (foreign.length)
    throw new Error(
      say`the network ${oldInputs?.name} has to be made anew, but ${foreign.join(", ")} of another stack uses it; disconnect that first.`,
    );
}

async function changeInPlace(
  session: HookContext,
  { name, oldInputs, newInputs }: pulumi.ResourceHookArgs,
): Promise<void> {
  await session.reconciler.change(name, oldInputs as InPlace, newInputs as InPlace);
}
