import * as pulumi from "@pulumi/pulumi";
import { releaseServices } from "./releaseServices";
import type { EngineClient } from "./connection/client";
import { fetchImage } from "./images/fetch";
import { isOurs, ownerLabels, SERVICE_LABEL } from "../owner";
import { ignoreMissing, type InPlace, type Program, type Reconciler } from "./reconcile";

/** Hooks that every resource of one kind shares. They run on `up` only, never on a preview. */
export interface ContainerHooks {
  /** Before an image or a container is made: fetches the image, where the engine does not have it. */
  fetchImage: pulumi.ResourceHook;
  /** Before a container is made: clears away what a killed apply left under its name. */
  reclaimContainer: pulumi.ResourceHook;
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
  State: { Running: boolean };
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
  /** The provider has logins for registries that nobody else knows. */
  readonly hasOwnLogins: boolean;
  /** Names of the images that it builds. */
  readonly built: ReadonlySet<string>;
  /** Its volumes with a driver or options. */
  readonly special: ReadonlyMap<string, { driver?: unknown; driverOpts?: unknown; labels?: unknown }>;
  /** Names of the containers that start anew with a service, by its logical name. */
  readonly restarts: ReadonlyMap<string, ReadonlySet<string>>;
}

export function containerHooks(session: HookContext): ContainerHooks {
  const engine = () => session.needClient();

  async function fetchMissing({ newInputs }: pulumi.ResourceHookArgs): Promise<void> {
    // A container names its image, an image itself.
    const { image, name, platform } = newInputs as { image?: string; name: string; platform?: string };
    const wanted = image ?? name;
    if (!session.client) return;
    if (!session.built.has(wanted))
      return fetchImage(session.client, wanted, { platform, otherLogins: session.hasOwnLogins });
    if (!(await session.client.find(`/images/${wanted}/json`)))
      throw new Error(
        `image: ${wanted} was built by this stack and is not on the engine any more; \`pulumi up --refresh\` builds it again.`,
      );
  }

  /** A volume that somebody has removed: Docker would make a plain one in its place. */
  async function remakeVolumes(inputs: Record<string, unknown> | undefined): Promise<void> {
    const { volumes = [], mounts = [] } = (inputs ?? {}) as {
      volumes?: { volumeName?: string }[];
      mounts?: { source?: string }[];
    };
    for (const Name of [...volumes.map(({ volumeName }) => volumeName), ...mounts.map(({ source }) => source)]) {
      const args = session.special.get(Name ?? "");
      if (!args || (await engine().find(`/volumes/${Name}`))) continue;
      const labels = (args.labels ?? []) as { label: string; value: string }[];
      const Labels = Object.fromEntries(labels.map(({ label, value }) => [label, value]));
      await engine().request("POST", "/volumes/create", {
        Name,
        Driver: args.driver,
        DriverOpts: args.driverOpts,
        Labels: { ...Labels, ...ownerLabels(session.owner) },
      });
      await pulumi.log.info(`Made the volume ${Name} again, which was gone.`);
    }
  }

  async function reclaimContainer({ newInputs, name }: pulumi.ResourceHookArgs): Promise<void> {
    const { client, owner } = session;
    if (!client) return;
    await remakeVolumes(newInputs);
    const containerName = String(newInputs?.name ?? "");
    const found = await client.find<ContainerState>(`/containers/${encodeURIComponent(containerName)}/json`);
    if (found) {
      const labels = found.Config.Labels;
      const service = labels?.[SERVICE_LABEL] ?? "";
      if (!isOurs(labels, owner) || service === "" || (service !== name && session.names.has(service))) {
        throw new Error(
          `containerName: a container named ${containerName} is there already and is not this service's; remove it with \`docker rm -f ${containerName}\`, or choose another name.`,
        );
      }
      if (service === name) {
        // The state does not know it: an apply was killed after the engine had made it.
        await client.request("DELETE", `/containers/${found.Id}?force=1`);
        await pulumi.log.info(`Removed the container ${containerName}, left behind by an apply that was cut off.`);
      } else await removeUndeclared(found.Id, containerName, service);
    }
    // Pulumi deletes last what is no longer declared, so its host ports would still be taken.
    const ports = ((newInputs?.ports ?? []) as { external?: number; protocol?: string }[]).filter(
      ({ external }) => external !== undefined,
    );
    if (ports.length === 0) return;
    // Such a container was there when the program began; where there was none, no create has to ask again.
    const undeclared = ({ labels }: { labels: Record<string, string> }) =>
      isOurs(labels, owner) && !session.names.has(labels[SERVICE_LABEL] ?? "");
    if (session.snapshot && !session.snapshot.containers.some(undeclared)) return;
    const filters = encodeURIComponent(
      JSON.stringify({ label: Object.entries(ownerLabels(owner)).map(([key, value]) => `${key}=${value}`) }),
    );
    const ours = await client.request<
      { Id: string; Names: string[]; Labels: Record<string, string>; Ports: { PublicPort?: number; Type: string }[] }[]
    >("GET", `/containers/json?filters=${filters}`);
    for (const { Id, Names, Labels, Ports } of ours) {
      const service = Labels[SERVICE_LABEL] ?? "";
      const holds = Ports.some(({ PublicPort, Type }) =>
        ports.some(({ external, protocol = "tcp" }) => external === PublicPort && protocol === Type),
      );
      if (holds && service !== "" && !session.names.has(service))
        await removeUndeclared(Id, (Names[0] ?? Id).replace(/^\//, ""), service);
    }
  }

  /** Removes a container that Pulumi is about to delete, because its successor needs its name or port now. */
  async function removeUndeclared(id: string, containerName: string, service: string): Promise<void> {
    await engine().request("POST", `/containers/${id}/stop`, undefined, 120_000).catch(ignoreMissing);
    await engine().request("DELETE", `/containers/${id}?force=1`).catch(ignoreMissing);
    await pulumi.log.info(
      `Removed the container ${containerName} of the service ${service}, which is no longer declared.`,
    );
  }

  async function restartDependents({ name }: pulumi.ResourceHookArgs): Promise<void> {
    const { client, owner } = session;
    for (const dependent of session.restarts.get(name) ?? []) {
      const found = await client?.find<ContainerState>(`/containers/${encodeURIComponent(dependent)}/json`);
      // On a first apply it is not there yet.
      if (!found || !isOurs(found.Config.Labels, owner) || !found.State.Running) continue;
      // It cannot start beside a container that has gone just now; Pulumi makes it anew after this one.
      if (await sharesWithNone(found)) continue;
      await client!.request("POST", `/containers/${found.Id}/restart`, undefined, 120_000).catch(ignoreMissing);
    }
  }

  /** Whether a container shares a namespace (`network_mode: service:...`) with one that is gone. */
  async function sharesWithNone({ HostConfig = {} }: ContainerState): Promise<boolean> {
    const { NetworkMode, IpcMode, PidMode } = HostConfig;
    for (const mode of [NetworkMode, IpcMode, PidMode]) {
      const [, id] = /^container:(.*)$/.exec(mode ?? "") ?? [];
      if (id && !(await engine().find(`/containers/${id}/json`))) return true;
    }
    return false;
  }

  async function disconnectOurs(network: NetworkState): Promise<string[]> {
    const foreign: string[] = [];
    const members = Object.entries(network.Containers ?? {});
    for (const [id, { Name }] of members) {
      const container = await engine().find<ContainerState>(`/containers/${id}/json`);
      if (container && !isOurs(container.Config.Labels, session.owner)) foreign.push(Name);
    }
    // Where somebody else holds the network it stays, so our containers stay on it too.
    for (const [id] of foreign.length ? [] : members)
      await engine().request("POST", `/networks/${network.Id}/disconnect`, { Container: id, Force: true });
    return foreign;
  }

  async function findNetwork(name: string): Promise<NetworkState | undefined> {
    const filters = encodeURIComponent(JSON.stringify({ name: [`^${name}$`] }));
    const [match] = (
      await engine().request<{ Id: string; Name: string }[]>("GET", `/networks?filters=${filters}`)
    ).filter((network) => network.Name === name);
    return match && engine().find<NetworkState>(`/networks/${match.Id}`);
  }

  async function reclaimNetwork({ newInputs }: pulumi.ResourceHookArgs): Promise<void> {
    if (!session.client) return;
    const network = await findNetwork(String(newInputs?.name ?? ""));
    if (!network) return;
    if (!isOurs(network.Labels, session.owner))
      throw new Error(
        `name: a network named ${newInputs?.name} is there already and is not this stack's; choose another name.`,
      );
    const foreign = await disconnectOurs(network);
    if (foreign.length)
      throw new Error(
        `name: the network ${newInputs?.name} was left behind by an apply that was cut off, and ${foreign.join(", ")} uses it; disconnect that first.`,
      );
    await session.client.request("DELETE", `/networks/${network.Id}`);
  }

  async function releaseNetwork({ oldInputs, newInputs }: pulumi.ResourceHookArgs): Promise<void> {
    if (!session.client) return;
    // Docker changes nothing on a network in place, its labels neither.
    if (JSON.stringify(oldInputs) === JSON.stringify(newInputs)) return;
    const network = await findNetwork(String(oldInputs?.name ?? ""));
    if (!network || !isOurs(network.Labels, session.owner)) return;
    const foreign =
      network.Scope === "swarm"
        ? await releaseServices(session.client, session.owner, network.Id)
        : await disconnectOurs(network);
    if (foreign.length)
      throw new Error(
        `the network ${oldInputs?.name} has to be made anew, but ${foreign.join(", ")} of another stack uses it; disconnect that first.`,
      );
  }

  async function changeInPlace({ name, oldInputs, newInputs }: pulumi.ResourceHookArgs): Promise<void> {
    await session.reconciler.change(name, oldInputs as InPlace, newInputs as InPlace);
  }

  // Hooks are found by name in the engine; a second session in one program needs names of its own.
  const suffix = nextSuffix();
  return {
    fetchImage: new pulumi.ResourceHook(`berth-fetch-image${suffix}`, fetchMissing),
    reclaimContainer: new pulumi.ResourceHook(`berth-reclaim-container${suffix}`, reclaimContainer),
    reclaimNetwork: new pulumi.ResourceHook(`berth-reclaim-network${suffix}`, reclaimNetwork),
    restartDependents: new pulumi.ResourceHook(`berth-restart-dependents${suffix}`, restartDependents),
    changeInPlace: new pulumi.ResourceHook(`berth-change-in-place${suffix}`, changeInPlace),
    releaseNetwork: new pulumi.ResourceHook(`berth-release-network${suffix}`, releaseNetwork),
  };
}

let sessions = 0;
const nextSuffix = () => (sessions++ ? `-${sessions}` : "");
