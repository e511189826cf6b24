import { existsSync } from "node:fs";
import { crc32 } from "node:zlib";
import { type AddressBlock, type Container, digest, type Endpoint, newId, type Store } from "./store";
import { config, secret, service } from "./swarm";

export type Props = Record<string, unknown>;

/** One resource type of the Docker provider, as far as berth can tell it from the real one. */
export interface Resource {
  /** Arguments whose change does not replace the object; the provider's schema marks all others ForceNew. */
  inPlace: string[];
  /** Optional and computed in the provider's schema: taking one of these away is no difference to it. */
  keptWhenRemoved: string[];
  /** Outputs that a preview does not know yet. */
  computed: string[];
  /** Named by the program, the old one goes first unless the program says otherwise. */
  deletesFirst?: boolean;
  create(store: Store, args: Props): { id: string; outs: Props };
  /** What the provider reads back from the engine; undefined where the object is gone. */
  read(store: Store, id: string, state: Props): Props | undefined;
  update?(store: Store, id: string, args: Props): void;
  remove(store: Store, id: string, state: Props): void;
}

interface Port {
  internal: number;
  external?: number;
  ip?: string;
  protocol?: string;
}
interface Joined {
  name: string;
  aliases?: string[];
  ipv4Address?: string;
  ipv6Address?: string;
}
interface Block {
  subnet?: string;
  gateway?: string;
  ipRange?: string;
  auxAddress?: Record<string, string>;
}
interface Label {
  label: string;
  value: string;
}

const labelsOf = (args: Props) =>
  Object.fromEntries(((args.labels ?? []) as Label[]).map(({ label, value }) => [label, value]));

/** Ports that images expose, for `docker run -P`. */
const EXPOSED: Record<string, number> = { nginx: 80, mysql: 3306, tomcat: 8080 };

function publish(store: Store, args: Props): Container["NetworkSettings"]["Ports"] {
  const repository = String(args.image).split(":")[0]!;
  const image = store.image(String(args.image))?.Name.split(":")[0] ?? repository;
  const exposed = args.publishAllPorts && EXPOSED[image] ? [{ internal: EXPOSED[image] }] : [];
  const running = store.list("containers").filter(({ State }) => State.Running);
  const taken = running.flatMap((other) => Object.values(other.NetworkSettings.Ports).flat());
  const result: Container["NetworkSettings"]["Ports"] = {};
  for (const port of [...((args.ports ?? []) as Port[]), ...exposed] as Port[]) {
    let external = port.external;
    if (external === undefined) {
      for (external = 32768; taken.some(({ HostPort }) => Number(HostPort) === external); ) external += 1;
    } else if (taken.some(({ HostPort }) => Number(HostPort) === external)) {
      throw new Error(`Bind for ${port.ip || "0.0.0.0"}:${external} failed: port is already allocated`);
    }
    const binding = { HostIp: port.ip || "0.0.0.0", HostPort: String(external) };
    taken.push(binding);
    const target = `${port.internal}/${port.protocol ?? "tcp"}`;
    result[target] = [...(result[target] ?? []), binding];
  }
  return result;
}

function join(store: Store, args: Props): Record<string, Endpoint> {
  const mode = String(args.networkMode ?? "bridge");
  if (mode.startsWith("container:")) {
    if (!store.find("containers", mode.slice("container:".length))) throw new Error(`No such container: ${mode}`);
    return {};
  }
  const joined = (args.networksAdvanced ?? []) as Joined[];
  const networks = joined.length ? joined : [{ name: mode } as Joined];
  return Object.fromEntries(
    networks.map(({ name, aliases, ipv4Address, ipv6Address }) => {
      const network = store.find("networks", name);
      if (!network) throw new Error(`network ${name} not found`);
      const address = { IPv4Address: ipv4Address, IPv6Address: ipv6Address };
      return [name, { NetworkID: network.Id, Aliases: aliases ?? null, IPAMConfig: address }];
    }),
  );
}

/** The engine keeps the id of the container that another one shares with. */
function byId(store: Store, mode: string): string {
  const found = mode.startsWith("container:") && store.find("containers", mode.slice("container:".length));
  return found ? `container:${found.Id}` : mode;
}

/** Docker makes a volume that a container names and nobody has made. */
function mountVolumes(store: Store, args: Props): void {
  for (const { volumeName, fromContainer } of (args.volumes ?? []) as {
    volumeName?: string;
    fromContainer?: string;
  }[]) {
    const source = fromContainer?.split(":")[0];
    if (source && !store.find("containers", source)) throw new Error(`No such container: ${source}`);
    if (volumeName && !store.find("volumes", volumeName)) {
      store.put("volumes", { Name: volumeName, Driver: "local", Options: {}, Labels: {} });
    }
  }
}

/** The code that a container's command ends with at once: `sh -c "exit 3"`, `true`; undefined where it goes on running. */
function exitCode(args: Props): number | undefined {
  const command = ((args.command ?? []) as string[]).join(" ");
  const code = /\bexit (\d+)$/.exec(command)?.[1];
  return command === "true" ? 0 : code === undefined ? undefined : Number(code);
}

/** Go prints a minute and a half as 1m30s, and one minute as 1m0s. */
function goDuration(text: unknown): unknown {
  const [, minutes, seconds] = /^(?:(\d+)m)?(?:(\d+)s)?$/.exec(String(text)) ?? [];
  if (minutes === undefined && seconds === undefined) return text;
  const total = Number(minutes ?? 0) * 60 + Number(seconds ?? 0);
  return total < 60 ? `${total}s` : `${Math.floor(total / 60)}m${total % 60}s`;
}

const inSetOrder = (values: unknown) =>
  Array.isArray(values) ? [...(values as string[])].sort((a, b) => crc32(String(a)) - crc32(String(b))) : values;

/** The traps of shared/fidelity: what the provider reads back differs from what it was told. */
function readBack(container: Container, state: Props, store: Store): Props {
  const { Args: args } = container;
  const mode = String(args.networkMode ?? "bridge");
  const target = mode.startsWith("container:") && store.find("containers", mode.slice("container:".length));
  const check = args.healthcheck as Props | undefined;
  const caps = args.capabilities as { adds?: string[]; drops?: string[] } | undefined;
  const prefixed = (names?: string[]) => names?.map((name) => (name.startsWith("CAP_") ? name : `CAP_${name}`));
  return {
    ...state,
    name: container.Name.replace(/^\//, ""),
    restart: args.restart,
    maxRetryCount: args.maxRetryCount,
    memory: args.memory,
    memorySwap: args.memorySwap ?? (typeof args.memory === "number" ? args.memory * 2 : undefined),
    memoryReservation: args.memoryReservation,
    cpuShares: args.cpuShares,
    networkMode: target ? `container:${target.Id}` : args.networkMode,
    hostname: args.hostname ?? container.Id.slice(0, 12),
    platform: "linux",
    cpus: typeof args.cpus === "string" ? Number(args.cpus).toFixed(1) : args.cpus,
    dns: inSetOrder(args.dns),
    ...(check && {
      healthcheck: Object.fromEntries(
        Object.entries(check).map(([key, value]) => [key, typeof value === "string" ? goDuration(value) : value]),
      ),
    }),
    ...(caps && { capabilities: { adds: prefixed(caps.adds), drops: prefixed(caps.drops) } }),
    ...(container.State.Running ? {} : { mustRun: false, exitCode: container.State.ExitCode }),
    networkDatas: Object.keys(container.NetworkSettings.Networks).map((networkName) => ({ networkName })),
    runtime: "runc",
    logDriver: args.logDriver ?? "json-file",
    shmSize: args.shmSize ?? 64,
  };
}

const container: Resource = {
  inPlace: [
    ...["restart", "maxRetryCount", "memory", "memoryReservation", "memorySwap", "cpuShares", "cpuSet", "mustRun"],
    ...["destroyGraceSeconds", "removeVolumes", "healthcheck", "tmpfs", "init", "cpuPeriod", "cpuQuota", "rm", "wait"],
  ],
  keptWhenRemoved: [
    ...["envs", "labels", "hostname", "runtime", "shmSize", "healthcheck", "ipcMode", "securityOpts", "init"],
    ...["stopSignal", "stopTimeout", "user", "workingDir", "command", "entrypoints", "logDriver", "platform"],
  ],
  computed: ["bridge", "containerLogs", "exitCode", "networkDatas", "hostname", "runtime", "logDriver", "shmSize"],
  create(store, args) {
    const other = store.find("containers", String(args.name));
    if (other) {
      throw new Error(`Conflict. The container name "/${args.name}" is already in use by container "${other.Id}".`);
    }
    if (!store.image(String(args.image))) throw new Error(`Unable to find image '${args.image}' locally`);
    const tests = (args.healthcheck as { tests?: string[] } | undefined)?.tests;
    mountVolumes(store, args);
    const ended = exitCode(args);
    const made: Container = {
      Id: newId(),
      Name: `/${args.name}`,
      Image: String(args.image),
      ImageID: store.image(String(args.image))!.Id,
      Args: args,
      Config: { Labels: labelsOf(args), Healthcheck: tests && { Test: tests } },
      HostConfig: {
        NetworkMode: byId(store, String(args.networkMode ?? "bridge")),
        PidMode: byId(store, String(args.pidMode ?? "")),
        RestartPolicy: { Name: String(args.restart ?? "no") },
        NanoCpus: Number(args.cpus ?? 0) * 1e9,
      },
      State: {
        Status: ended === undefined ? "running" : "exited",
        Running: ended === undefined,
        Restarting: false,
        ExitCode: ended ?? 0,
        // The engine checks for the first time after an interval.
        Health: tests && { Status: labelsOf(args)["test.health"] ?? "healthy" },
      },
      RestartCount: 0,
      NetworkSettings: { Ports: publish(store, args), Networks: join(store, args) },
    };
    store.put("containers", made);
    return { id: made.Id, outs: readBack(made, args, store) };
  },
  read(store, id, state) {
    const found = store.find("containers", id);
    return found && readBack(found, state, store);
  },
  update(store, id, args) {
    const found = store.find("containers", id);
    if (!found) throw new Error(`No such container: ${id}`);
    for (const name of [
      "restart",
      "maxRetryCount",
      "memory",
      "memoryReservation",
      "memorySwap",
      "cpuShares",
      "cpuSet",
    ]) {
      found.Args[name] = args[name];
    }
    if (args.mustRun) Object.assign(found.State, { Status: "running", Running: true });
    store.put("containers", found);
  },
  remove(store, id) {
    const found = store.find("containers", id);
    if (found) store.remove("containers", found);
  },
};

const network: Resource = {
  inPlace: [],
  keptWhenRemoved: ["driver", "internal", "ipamConfigs", "options"],
  computed: ["scope", "ipamConfigs"],
  create(store, args) {
    if (store.find("networks", String(args.name))) throw new Error(`network with name ${args.name} already exists`);
    const ipam = ((args.ipamConfigs ?? []) as Block[]).map(
      ({ subnet, gateway, ipRange, auxAddress }): AddressBlock => ({
        Subnet: subnet,
        Gateway: gateway,
        IPRange: ipRange,
        AuxiliaryAddresses: auxAddress,
      }),
    );
    const v6 = ipam.some(({ Subnet }) => Subnet?.includes(":"));
    if (v6 && !args.ipv6) throw new Error("IPv6 is disabled for the network, yet it has a block of IPv6");
    // Docker picks a free block.
    const Config = ipam.length ? ipam : [{ Subnet: `10.${store.list("networks").length}.0.0/24` }];
    const id = newId();
    const Name = String(args.name);
    store.put("networks", {
      Id: id,
      Name,
      Driver: String(args.driver),
      Labels: labelsOf(args),
      Internal: Boolean(args.internal),
      EnableIPv6: Boolean(args.ipv6),
      Options: (args.options ?? {}) as Record<string, string>,
      IPAM: { Config },
    });
    return { id, outs: this.read(store, id, args)! };
  },
  read(store, id, state) {
    const found = store.find("networks", id);
    if (!found) return undefined;
    const ipamConfigs = found.IPAM.Config.map(
      ({ Subnet, Gateway, IPRange, AuxiliaryAddresses }): Block => ({
        subnet: Subnet,
        gateway: Gateway,
        ipRange: IPRange,
        auxAddress: AuxiliaryAddresses,
      }),
    );
    return { ...state, name: found.Name, driver: found.Driver, scope: "local", ipamConfigs };
  },
  remove(store, id) {
    const found = store.find("networks", id);
    const user = store.list("containers").find((other) => found && found.Name in other.NetworkSettings.Networks);
    if (user)
      throw new Error(`error while removing network: network ${found!.Name} has active endpoints (${user.Name})`);
    if (found) store.remove("networks", found);
  },
};

const volume: Resource = {
  inPlace: [],
  keptWhenRemoved: ["name", "driver"],
  computed: ["name", "driver", "mountpoint"],
  create(store, args) {
    const name = String(args.name ?? newId());
    // Docker takes an existing volume of that name as it is.
    if (!store.find("volumes", name)) {
      const options = (args.driverOpts ?? {}) as Record<string, string>;
      store.put("volumes", {
        Name: name,
        Driver: String(args.driver ?? "local"),
        Options: options,
        Labels: labelsOf(args),
      });
    }
    return { id: name, outs: this.read(store, name, args)! };
  },
  read(store, id, state) {
    const found = store.find("volumes", id);
    return (
      found && { ...state, name: found.Name, driver: found.Driver, mountpoint: `/var/lib/docker/volumes/${id}/_data` }
    );
  },
  remove(store, id) {
    const mounts = (args: Props) =>
      ((args.volumes ?? []) as { volumeName?: string }[]).map((mount) => mount.volumeName);
    const user = store.list("containers").find((other) => mounts(other.Args).includes(id));
    if (user) throw new Error(`remove ${id}: volume is in use - [${user.Id}]`);
    const found = store.find("volumes", id);
    if (found) store.remove("volumes", found);
  },
};

const remoteImage: Resource = {
  inPlace: ["keepLocally", "forceRemove"],
  keptWhenRemoved: [],
  computed: ["imageId", "repoDigest"],
  create(store, args) {
    const Name = String(args.name);
    const Build = args.build as { context: string; dockerfile?: string } | undefined;
    if (Build) {
      const missing = [Build.context, Build.dockerfile].find((path) => path !== undefined && !existsSync(path));
      if (missing !== undefined) throw new Error(`unable to read Dockerfile or context: ${missing}`);
      // The triggers stand for what is in the folder; the new image takes the name from the old one.
      store.put("images", { Id: `sha256:${digest(JSON.stringify([Name, args.triggers]))}`, Name, Build });
    } else if (!store.image(Name)) store.put("images", { Id: `sha256:${digest(Name)}`, Name });
    const { Id } = store.image(Name)!;
    return { id: Id + Name, outs: this.read(store, Id + Name, args)! };
  },
  read(store, _id, state) {
    const found = store.image(String(state.name));
    return found && { ...state, imageId: found.Id, repoDigest: `${found.Name}@${found.Id}` };
  },
  remove(store, _id, state) {
    const found = store.image(String(state.name));
    if (!found || state.keepLocally) return;
    const user = store.list("containers").find(({ Image }) => Image === found.Name);
    if (user && !state.forceRemove)
      throw new Error(`conflict: unable to remove ${found.Name} (must force): container ${user.Name} uses it`);
    store.remove("images", found);
  },
};

/** The provider looks at nothing once a tag is made, and removes none. */
const tag: Resource = {
  inPlace: [],
  keptWhenRemoved: [],
  computed: ["sourceImageId"],
  create(store, args) {
    const { Id } = store.image(String(args.sourceImage)) ?? {};
    if (!Id) throw new Error(`No such image: ${args.sourceImage}`);
    store.put("images", { Id, Name: String(args.targetImage) });
    return { id: `${args.sourceImage}.${args.targetImage}`, outs: { ...args, sourceImageId: Id } };
  },
  read: (_store, _id, state) => state,
  remove() {},
};

const registryImage: Resource = {
  inPlace: ["keepRemotely", "insecureSkipVerify", "authConfig"],
  keptWhenRemoved: [],
  computed: ["sha256Digest"],
  create(store, args) {
    if (!args.authConfig) throw new Error(`no auth config found for the registry of ${args.name}`);
    const found = store.image(String(args.name));
    if (!found) throw new Error(`An image does not exist locally with the tag: ${args.name}`);
    const sha256Digest = `sha256:${digest(found.Id)}`;
    store.note(`push ${args.name} ${found.Id}`);
    return { id: sha256Digest, outs: { ...args, sha256Digest } };
  },
  read: (_store, _id, state) => state,
  remove() {},
};

export const RESOURCES: Record<string, Resource> = {
  "docker:index/container:Container": container,
  "docker:index/network:Network": network,
  "docker:index/volume:Volume": volume,
  "docker:index/remoteImage:RemoteImage": remoteImage,
  "docker:index/tag:Tag": tag,
  "docker:index/registryImage:RegistryImage": registryImage,
  "docker:index/service:Service": service,
  "docker:index/secret:Secret": secret,
  "docker:index/serviceConfig:ServiceConfig": config,
};

/** The folder of a type's objects in the store. */
export const KINDS = {
  "docker:index/container:Container": "containers",
  "docker:index/network:Network": "networks",
  "docker:index/volume:Volume": "volumes",
  "docker:index/remoteImage:RemoteImage": "images",
  "docker:index/tag:Tag": "images",
  "docker:index/registryImage:RegistryImage": "images",
  "docker:index/service:Service": "services",
  "docker:index/secret:Secret": "secrets",
  "docker:index/serviceConfig:ServiceConfig": "configs",
} as const;
