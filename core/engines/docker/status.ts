import { say } from "../../description/say";
import { mayEnd } from "../../mapping/docker";
import { withTag } from "../../description/names";
import type { Endpoint } from "../engine";
import type { EngineClient } from "../dockerApi/connection/client";
import { setAsideAs, standing } from "../dockerApi/predecessors";
import {
  DIGEST_LABEL,
  isOurs,
  labelFilter,
  OWNER_LABEL,
  type Owner,
  ownerLabels,
  SERVICE_LABEL,
  STACK_LABEL,
} from "../owner";
import { type Declared, judged, missing, type ServiceStatus, shortName, type State } from "../status";

/** A container in the engine's list. */
export interface ListedContainer {
  Id: string;
  Names: string[];
  /** Its id, where the name that it was made of means another one now. */
  Image: string;
  Labels: Record<string, string> | null;
  /** `Up 3 minutes (healthy)`, `Exited (0) 3 minutes ago`. */
  Status: string;
  Ports: { IP?: string; PrivatePort: number; PublicPort?: number; Type: string }[] | null;
  NetworkSettings?: { Networks?: Record<string, unknown> | null };
}

interface Named extends ListedContainer {
  name: string;
  labels: Record<string, string>;
}

const listed = async (client: EngineClient, query: string): Promise<Named[]> => {
  const found = await client.request<ListedContainer[]>(
    "GET",
    `/containers/json?all=1&filters=${query}`,
    undefined,
    client.patience,
  );
  return found.map((container) => ({
    ...container,
    name: (container.Names[0] ?? "").replace(/^\//, ""),
    labels: container.Labels ?? {},
  }));
};

/** Compares what is declared on an engine with the containers of the stack there. */
export async function dockerStatus(client: EngineClient, owner: Owner, declared: Declared[]): Promise<ServiceStatus[]> {
  const byService = new Map<string, Named[]>();
  for (const container of await listed(client, labelFilter(ownerLabels(owner)))) {
    const service = container.labels[SERVICE_LABEL];
    if (service !== undefined) byService.set(service, [...(byService.get(service) ?? []), container]);
  }
  const wanted = declared.map((one) => {
    const containers = byService.get(one.service) ?? [];
    return standing(containers) ? statusOf(containers, one) : missing(one, failureNote(containers));
  });
  const gone = [...byService]
    .filter(([service, containers]) => standing(containers) && !declared.some((one) => one.service === service))
    .map(([, containers]) => statusOf(containers));
  await explainMissing(client, owner, wanted);
  return [...wanted, ...gone];
}

const SAID = /^(Up|Exited|Restarting|Created|Dead|Removal)(?: \((-?\d+)\))?\s*(.*?)\s*(?:\(([^)]*)\))?$/;

/** What the engine's words for a container's state mean. */
export function stateOf(status: string): { state: State; exitCode?: number; uptime?: string } {
  const [, word, code, time = "", health] = SAID.exec(status) ?? [];
  const exitCode = code === undefined ? undefined : Number(code);
  if (word === "Restarting") return { state: "restarting", exitCode };
  if (word === "Exited" || word === "Dead") return { state: "exited", exitCode };
  if (word === "Removal") return { state: "removing" };
  if (word !== "Up") return { state: "created" };
  const uptime = time.replace(/^About /, "");
  if (health === "Paused") return { state: "paused", uptime };
  if (health === "healthy" || health === "unhealthy") return { state: health, uptime };
  return { state: health === "health: starting" ? "starting" : "running", uptime };
}

const failureNote = (containers: Named[]) =>
  containers.some(({ name }) => setAsideAs(name)?.kind === "failed") ? say`the last change failed` : undefined;

/** The status of a service that has a container. */
function statusOf(containers: Named[], declared?: Declared): ServiceStatus {
  const container = standing(containers)!;
  const { Id, Status, Image, labels } = container;
  const aside = setAsideAs(container.name);
  const { state, exitCode, uptime } = stateOf(Status);
  const ended = state === "exited" && exitCode === 0 && !aside;
  const done = ended && declared !== undefined && mayEnd(declared.spec);
  const lastFailed = failureNote(containers);
  const notes = [
    ...(lastFailed ? [uptime === undefined ? lastFailed : say`${lastFailed}; the one before runs`] : []),
    ...(aside
      ? [say`an apply was cut off and has set it aside as ${container.name}; \`berth up\` goes on from there`]
      : []),
    ...(declared?.hidden ? [say`a part of its declaration is a secret of the stack, so it is not compared`] : []),
  ];
  const changed = declared ? changes(container, declared, aside?.name ?? container.name) : [];
  const told = declared?.hidden === false && declared.digest !== undefined && labels[DIGEST_LABEL] !== undefined;
  return judged(
    {
      service: labels[SERVICE_LABEL]!,
      short: shortName(labels),
      name: aside?.name ?? container.name,
      engine: "docker",
      state: done ? "done" : state,
      exitCode: done ? undefined : exitCode,
      declared: declared !== undefined,
      changed,
      ports: endpointsOf(container),
      uptime,
      image: isId(Image) ? (declared?.spec.image ?? Image) : Image,
      notes,
      id: Id,
    },
    // Without a digest nobody knows whether the failed one is what is declared.
    { job: declared?.spec.mode === "replicated-job", failed: aside !== undefined || (!!lastFailed && !told) },
  );
}

const isId = (image: string) => /^(sha256:)?([0-9a-f]{12}|[0-9a-f]{64})$/.test(image);

/** In what a container differs from its declaration, as far as the engine's list says it. */
function changes({ Image, labels, Ports, NetworkSettings }: Named, declared: Declared, name: string): string[] {
  const { spec, hidden } = declared;
  const digest = hidden ? undefined : declared.digest;
  const { networks, networkMode, ports = [] } = spec;
  const found: string[] = [];
  if (name !== declared.name) found.push("name");
  if (isId(Image) && !isId(spec.image)) found.push(`${spec.image} is another image now`);
  const applied = labels[DIGEST_LABEL];
  if (applied !== undefined && digest !== undefined) {
    if (applied !== digest) found.push("declaration");
  } else if (!hidden) {
    // One from before there were digests.
    if (!isId(Image) && withTag(Image) !== withTag(spec.image)) found.push("image");
    const open = (port: number, protocol: string) =>
      (Ports ?? []).some(({ PublicPort, Type }) => PublicPort === port && Type === protocol);
    if ((Ports ?? []).length && ports.some(({ published, protocol }) => published && !open(published, protocol)))
      found.push("ports");
  }
  if (networks?.length && networkMode === undefined && NetworkSettings?.Networks) {
    const joined = Object.keys(NetworkSettings.Networks).sort().join();
    if (
      joined !==
      networks
        .map((network) => network.name)
        .sort()
        .join()
    )
      found.push("networks");
  }
  return found;
}

/** Published ports; one without an address is there twice, for IPv4 and IPv6. */
function endpointsOf({ Ports }: ListedContainer): Endpoint[] {
  const published = (Ports ?? []).filter(({ PublicPort }) => PublicPort);
  return published
    .filter(({ IP, PublicPort, Type }) => {
      const twin = (one: (typeof published)[number]) =>
        one.IP === "0.0.0.0" && one.PublicPort === PublicPort && one.Type === Type;
      return IP !== "::" || !published.some(twin);
    })
    .map(({ IP, PrivatePort, PublicPort, Type }) => ({
      target: `${PrivatePort}/${Type}`,
      hostIp: IP || "0.0.0.0",
      hostPort: PublicPort!,
    }))
    .sort((a, b) => Number.parseInt(a.target, 10) - Number.parseInt(b.target, 10));
}

/** Says where a container of a missing service's name is there that is somebody else's: often a moved checkout's. */
async function explainMissing(client: EngineClient, owner: Owner, statuses: ServiceStatus[]): Promise<void> {
  const gone = new Map(statuses.filter(({ state }) => state === "missing").map((status) => [status.name, status]));
  if (gone.size === 0) return;
  for (const { name, labels } of await listed(client, encodeURIComponent("{}"))) {
    const status = gone.get(name);
    if (!status || isOurs(labels, owner)) continue;
    status.notes.push(
      labels[STACK_LABEL] === owner.stack && labels[OWNER_LABEL]
        ? say`a container of this name belongs to the same stack of another user or folder; where that is you, \`pulumi config set berth:owner ${labels[OWNER_LABEL]}\``
        : say`a container of this name is there that the stack has not made`,
    );
  }
}
