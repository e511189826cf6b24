import type { Props, Resource } from "./resources";
import { newId, type Store } from "./store";

/** A service: what `GET /services/<id>` says. */
export interface Service {
  Id: string;
  Name: string;
  /** The index of Docker's version. */
  Index: number;
  Spec: Spec;
}

interface Spec {
  Name: string;
  Labels: Record<string, string>;
  TaskTemplate: {
    ContainerSpec: {
      Image: string;
      Args?: string[];
      Secrets?: { SecretID: string }[];
      Configs?: { ConfigID: string }[];
    };
    Networks?: { Target: string }[];
  };
  Mode: { Replicated?: { Replicas: number }; Global?: object };
  EndpointSpec: { Mode: string; Ports?: { PublishedPort?: number; TargetPort: number; Protocol: string }[] };
}

/** A secret or a config. */
export interface KeptFile {
  Id: string;
  Name: string;
  Labels: Record<string, string>;
  /** Base64. */
  Data: string;
}

/** The engine's part in a swarm; there is at most one, and none before `docker swarm init`. */
export interface Swarm {
  Name: "swarm";
  NodeAddr: string;
}

const labelsOf = (args: Props) =>
  Object.fromEntries(
    ((args.labels ?? []) as { label: string; value: string }[]).map(({ label, value }) => [label, value]),
  );

function needsManager(store: Store): void {
  if (store.list("swarm").length === 0) throw new Error("This node is not a swarm manager.");
}

/** The provider as it was measured: it pins the image when it makes the service, and fills in what it was not told. */
export const service: Resource = {
  inPlace: ["labels", "taskSpec", "mode", "endpointSpec", "updateConfig", "rollbackConfig"],
  keptWhenRemoved: ["labels", "mode", "endpointSpec"],
  computed: ["endpointSpec"],
  create(store, args) {
    needsManager(store);
    const Name = String(args.name);
    if (store.find("services", Name))
      throw new Error(`name conflicts with an existing object: service ${Name} already exists`);
    const task = args.taskSpec as { containerSpec: { image: string } };
    const mode = args.mode as { global?: boolean; replicated?: { replicas?: number } } | undefined;
    const Id = newId();
    store.put("services", {
      Id,
      Name,
      Index: 1,
      Spec: {
        Name,
        Labels: labelsOf(args),
        TaskTemplate: { ContainerSpec: { Image: pinned(task.containerSpec.image) } },
        Mode: mode?.global ? { Global: {} } : { Replicated: { Replicas: mode?.replicated?.replicas ?? 1 } },
        EndpointSpec: { Mode: "vip" },
      },
    });
    return { id: Id, outs: this.read(store, Id, args)! };
  },
  read(store, id, state) {
    const found = store.find("services", id);
    if (!found) return undefined;
    const { Labels, TaskTemplate, Mode } = found.Spec;
    return {
      ...state,
      name: found.Name,
      labels: Object.entries(Labels).map(([label, value]) => ({ label, value })),
      // The environment, too: what a refresh brings into the state.
      taskSpec: { containerSpec: { image: TaskTemplate.ContainerSpec.Image, env: JSON.stringify(TaskTemplate) } },
      mode: Mode.Global ? { global: true } : { global: false, replicated: { replicas: Mode.Replicated?.Replicas } },
      endpointSpec: { mode: found.Spec.EndpointSpec.Mode },
    };
  },
  remove(store, id) {
    const found = store.find("services", id);
    if (!found) throw new Error(`Error deleting service with ID '${id}': service ${id} not found`);
    store.remove("services", found);
  },
};

export const digest = (image: string) => `sha256:${Buffer.from(image).toString("hex").padEnd(64, "0").slice(0, 64)}`;
const pinned = (image: string) => {
  const tagged = /:[^/]*$/.test(image) ? image : `${image}:latest`;
  return `${tagged}@${digest(tagged)}`;
};

function file(kind: "secrets" | "configs"): Resource {
  const users = (store: Store, id: string) =>
    store.list("services").filter(({ Spec }) => {
      const { Secrets = [], Configs = [] } = Spec.TaskTemplate.ContainerSpec;
      return [...Secrets.map(({ SecretID }) => SecretID), ...Configs.map(({ ConfigID }) => ConfigID)].includes(id);
    });
  return {
    inPlace: [],
    keptWhenRemoved: [],
    computed: [],
    deletesFirst: true,
    create(store, args) {
      needsManager(store);
      const Name = String(args.name);
      if (store.find(kind, Name)) throw new Error(`rpc error: code = AlreadyExists desc = ${Name} already exists`);
      const Id = newId();
      store.put(kind, { Id, Name, Labels: labelsOf(args), Data: String(args.data) });
      return { id: Id, outs: args };
    },
    read: (store, id, state) => (store.find(kind, id) ? state : undefined),
    remove(store, id) {
      const [user] = users(store, id);
      if (user) throw new Error(`'${id}' is in use by the following service: ${user.Name}`);
      const found = store.find(kind, id);
      if (found) store.remove(kind, found);
    },
  };
}

export const secret = file("secrets");
export const config = file("configs");

interface Answer {
  status: number;
  body?: unknown;
}
type Handler = (match: string[], body: Record<string, never>, query: URLSearchParams) => Answer;

const ok = (body: unknown): Answer => ({ status: 200, body });
const missing = (what: string): Answer => ({ status: 404, body: { message: `${what} not found` } });
const LONG_AGO = "2026-01-01T00:00:00Z";

const inspected = ({ Id, Index, Spec }: Service) => ({
  ID: Id,
  Version: { Index },
  Spec,
  Endpoint: { Ports: Spec.EndpointSpec.Ports ?? [] },
});

/** Tasks run at once; those whose arguments end with `exit N` fail three times. */
function tasks({ Id, Spec }: Service): object[] {
  const code = /\bexit (\d+)$/.exec((Spec.TaskTemplate.ContainerSpec.Args ?? []).join(" "))?.[1];
  const one = (index: number, State: string, DesiredState: string) => ({
    ID: `${Id}-${index}-${Spec.TaskTemplate.ContainerSpec.Image}-${State}-${Math.random()}`,
    Spec: Spec.TaskTemplate,
    DesiredState,
    CreatedAt: LONG_AGO,
    Status: {
      State,
      Timestamp: LONG_AGO,
      Err: code && "task: non-zero exit",
      ContainerStatus: { ExitCode: Number(code ?? 0) },
    },
  });
  if (code !== undefined) return [1, 2, 3].map((index) => one(index, "failed", "shutdown"));
  return Array.from({ length: Spec.Mode.Replicated?.Replicas ?? 1 }, (_, index) => one(index, "running", "running"));
}

/** The calls of the Engine API that are about a swarm. */
export function swarmRoutes(store: Store): [RegExp, Handler][] {
  const NONE: Answer = { status: 503, body: { message: "This node is not a swarm manager." } };
  const inSwarm =
    (handler: Handler): Handler =>
    (...given) =>
      store.list("swarm").length ? handler(...given) : NONE;
  const withService = (act: (service: Service, ...rest: Parameters<Handler>) => Answer): Handler =>
    inSwarm((match, ...rest) => {
      const found = store.find("services", match[0]!);
      return found ? act(found, match, ...rest) : missing(`service ${match[0]}`);
    });
  const filtered = (query: URLSearchParams, key: string): Service[] => {
    const wanted = (JSON.parse(query.get("filters") ?? "{}") as Record<string, string[]>)[key];
    return store.list("services").filter(({ Id, Name }) => !wanted || wanted.includes(Id) || wanted.includes(Name));
  };
  return [
    [
      /^GET \/info$/,
      () => {
        const [swarm] = store.list("swarm");
        const Addr = `${swarm?.NodeAddr}:2377`;
        return ok({
          Swarm: swarm
            ? {
                NodeID: "node",
                NodeAddr: swarm.NodeAddr,
                LocalNodeState: "active",
                ControlAvailable: true,
                Error: "",
                RemoteManagers: [{ NodeID: "node", Addr }],
                Managers: 1,
                Nodes: 1,
              }
            : {
                NodeID: "",
                NodeAddr: "",
                LocalNodeState: "inactive",
                ControlAvailable: false,
                Error: "",
                RemoteManagers: null,
              },
        });
      },
    ],
    [
      /^POST \/swarm\/init$/,
      (_match, body: { AdvertiseAddr?: string }) => {
        if (store.list("swarm").length) return NONE;
        store.put("swarm", { Name: "swarm", NodeAddr: body.AdvertiseAddr ?? "10.0.0.1" });
        return ok("node");
      },
    ],
    [/^GET \/swarm$/, inSwarm(() => ok({ JoinTokens: { Worker: "SWMTKN-worker", Manager: "SWMTKN-manager" } }))],
    [
      /^GET \/services$/,
      inSwarm((_match, _body, query) =>
        ok(
          filtered(query, "id").map((service) => ({
            ...inspected(service),
            ServiceStatus: { DesiredTasks: tasks(service).length },
          })),
        ),
      ),
    ],
    [/^GET \/services\/([^/]+)$/, withService((found) => ok(inspected(found)))],
    [/^GET \/services\/([^/]+)\/logs$/, withService(() => ok("a last line"))],
    [
      /^POST \/services\/([^/]+)\/update$/,
      withService((found, _match, body, query) => {
        if (query.get("version") !== String(found.Index))
          return { status: 500, body: { message: "rpc error: code = Unknown desc = update out of sequence" } };
        const { Ports = [] } = (body as unknown as Spec).EndpointSpec;
        const holder = store
          .list("services")
          .find(
            (other) =>
              other.Id !== found.Id &&
              other.Spec.EndpointSpec.Ports?.some((port) =>
                Ports.some((own) => own.PublishedPort === port.PublishedPort),
              ),
          );
        if (holder)
          return {
            status: 400,
            body: {
              message: `rpc error: code = InvalidArgument desc = port is already in use by service '${holder.Name}'`,
            },
          };
        store.put("services", { ...found, Index: found.Index + 1, Spec: body as unknown as Spec });
        store.note(`update services ${found.Name} by berth`);
        return ok({});
      }),
    ],
    [
      /^DELETE \/services\/([^/]+)$/,
      withService((found) => {
        store.remove("services", found);
        return ok({});
      }),
    ],
    [/^GET \/tasks$/, inSwarm((_match, _body, query) => ok(filtered(query, "service").flatMap(tasks)))],
    [
      /^GET \/distribution\/(.+)\/json$/,
      ([image]) => ok({ Descriptor: { digest: pinned(image!).split("@")[1] }, Platforms: [] }),
    ],
    ...(["secrets", "configs"] as const).flatMap((kind): [RegExp, Handler][] => [
      [
        new RegExp(`^GET /${kind}/([^/]+)$`),
        inSwarm(([key]) => {
          const found = store.find(kind, key!);
          return found ? ok({ ID: found.Id, Spec: { Name: found.Name, Labels: found.Labels } }) : missing(key!);
        }),
      ],
      [
        new RegExp(`^DELETE /${kind}/([^/]+)$`),
        inSwarm(([key]) => {
          const found = store.find(kind, key!);
          if (found) store.remove(kind, found);
          return found ? ok({}) : missing(key!);
        }),
      ],
    ]),
  ];
}
