import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { contains, parseCidr } from "../../../core/description/addresses";
import { archiveOf, imagesIn } from "./archive";
import { type Container, digest, type Store, withTag } from "./store";
import { swarmRoutes } from "./swarm";

interface Answer {
  status: number;
  /** Sent as JSON, unless it is a Buffer. */
  body?: unknown;
}
type Handler = (match: string[], body: Record<string, never>, query: URLSearchParams, content: Buffer) => Answer;

/** The only password that registries take. */
export const REGISTRY_PASSWORD = "Passw0rd-of-the-registry";

const ok = (body?: unknown): Answer => ({ status: body === undefined ? 204 : 200, body });
const missing = (what: string): Answer => ({ status: 404, body: { message: `No such ${what}` } });

/** A Docker Engine API over a store: the calls that berth makes itself, and no others. */
export class EngineDouble {
  /** Every request so far, as `GET /version`. */
  readonly requests: string[] = [];
  /** What registries answer in place of an image, by its name with tag. */
  readonly unfetchable = new Map<string, string>();
  private readonly server: http.Server;
  private readonly routes: [RegExp, Handler][];

  constructor(readonly store: Store) {
    const withContainer = (act: (container: Container, ...rest: Parameters<Handler>) => Answer): Handler => {
      return (match, ...rest) => {
        const found = store.find("containers", match[0]!);
        return found ? act(found, match, ...rest) : missing(`container: ${match[0]}`);
      };
    };
    const change = (act: (container: Container, ...rest: Parameters<Handler>) => void) =>
      withContainer((container, ...rest) => {
        act(container, ...rest);
        store.put("containers", container);
        return ok();
      });

    this.routes = [
      [/^GET \/version$/, () => ok({ ApiVersion: "1.41", Version: "20.10.24" })],
      [/^GET \/_ping$/, () => ok("OK")],
      [
        /^GET \/containers\/json$/,
        (_match, _body, query) => {
          const { label = [] } = JSON.parse(query.get("filters") ?? "{}") as { label?: string[] };
          const has = ({ Config }: Container) =>
            label.every((pair) => Config.Labels[pair.split("=")[0]!] === pair.split("=")[1]);
          return ok(store.list("containers").filter(has).map(summary));
        },
      ],
      [
        /^GET \/containers\/([^/]+)\/json$/,
        withContainer((container) => ok({ ...container, Image: container.ImageID })),
      ],
      [/^GET \/containers\/([^/]+)\/logs$/, withContainer(() => ok(inFrame("a last line\n")))],
      [/^GET \/containers\/([^/]+)\/changes$/, withContainer(({ Changes = [] }) => ok(Changes))],
      [/^DELETE \/containers\/([^/]+)$/, withContainer((container) => this.removeContainer(container))],
      [
        /^POST \/containers\/([^/]+)\/rename$/,
        withContainer((container, _m, _b, query) => {
          const name = query.get("name")!;
          if (store.find("containers", name))
            return { status: 409, body: { message: `The container name "/${name}" is already in use` } };
          store.put("containers", { ...container, Name: `/${name}` });
          return ok();
        }),
      ],
      [/^POST \/containers\/([^/]+)\/restart$/, withContainer((container) => this.restart(container))],
      [/^POST \/containers\/([^/]+)\/start$/, withContainer((container) => this.restart(container))],
      [
        /^POST \/containers\/([^/]+)\/stop$/,
        change(({ State }) => Object.assign(State, { Status: "exited", Running: false })),
      ],
      [
        /^POST \/containers\/([^/]+)\/update$/,
        change((container, _m, body) => Object.assign(container.HostConfig, body)),
      ],
      [/^POST \/containers\/([^/]+)\/exec$/, withContainer(() => ok({ Id: "exec" }))],
      [/^POST \/exec\/exec\/start$/, () => ok("")],
      [/^GET \/exec\/exec\/json$/, () => ok({ ExitCode: 0 })],
      [/^GET \/networks$/, () => ok(store.list("networks"))],
      [/^GET \/networks\/([^/]+)$/, ([key]) => this.network(key!)],
      [/^DELETE \/networks\/([^/]+)$/, ([key]) => this.removeNetwork(key!)],
      [/^POST \/networks\/([^/]+)\/(connect|disconnect)$/, ([key, verb], body) => this.attach(key!, verb!, body)],
      ...swarmRoutes(store),
      [
        /^GET \/volumes\/([^/]+)$/,
        ([name]) => {
          const found = store.find("volumes", name!);
          return found ? ok(found) : missing(`volume: ${name}`);
        },
      ],
      [
        /^POST \/volumes\/create$/,
        (_match, { Name, Driver, DriverOpts, Labels }) => {
          store.put("volumes", { Name, Driver: Driver ?? "local", Options: DriverOpts ?? {}, Labels });
          return ok({ Name });
        },
      ],
      [/^GET \/volumes$/, () => ok({ Volumes: store.list("volumes") })],
      [
        /^GET \/images\/json$/,
        () => ok(store.list("images").map(({ Id, Name }) => ({ Id, RepoTags: [withTag(Name)] }))),
      ],
      [
        /^POST \/images\/create$/,
        (_match, _body, query) => this.fetch(`${query.get("fromImage")}:${query.get("tag")}`),
      ],
      [
        /^GET \/images\/(.+)\/json$/,
        ([name]) => {
          const found = store.image(name!);
          if (!found) return missing(`image: ${name}`);
          // What was built here has none.
          const { Name, Id, Build } = found;
          return ok({ ...found, RepoDigests: Build ? [] : [`${Name.replace(/[:@][^/]*$/, "")}@${Id}`] });
        },
      ],
      [
        /^GET \/images\/get$/,
        (_match, _body, query) => {
          const images = query.getAll("names").map((name) => store.image(name)!);
          return ok(archiveOf(store.folder, images));
        },
      ],
      [
        /^POST \/images\/load$/,
        (_match, _body, _query, content) => {
          for (const image of imagesIn(store.folder, content)) store.put("images", image);
          return ok({ stream: "Loaded" });
        },
      ],
      [
        /^POST \/auth$/,
        (_match, { username, password, serveraddress }: Record<string, string>) =>
          username === undefined || password === REGISTRY_PASSWORD
            ? ok({ Status: "Login Succeeded" })
            : {
                status: 500,
                body: { message: `login attempt to http://${serveraddress}/v2/ failed with status: 401 Unauthorized` },
              },
      ],
    ];
    this.server = http.createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const url = new URL(request.url!, "http://docker");
        const { status, body } = this.answer(
          `${request.method} ${url.pathname}`,
          url.searchParams,
          Buffer.concat(chunks),
          request.headers["content-type"],
        );
        response.writeHead(status, { "Content-Type": "application/json" });
        response.end(body === undefined || Buffer.isBuffer(body) ? body : JSON.stringify(body));
      });
    });
  }

  /**
   * Listens and returns the address for DOCKER_HOST. Over TCP berth takes the engine for another machine's
   * and leaves this machine's ports, routes and folders out of its checks, which makes a test the same everywhere.
   */
  async listen(over: "tcp" | "unix", port = 0): Promise<string> {
    const path = join(this.store.folder, "docker.sock");
    await new Promise<void>((resolve) =>
      over === "unix" ? this.server.listen(path, resolve) : this.server.listen(port, "127.0.0.1", resolve),
    );
    return over === "unix" ? `unix://${path}` : `tcp://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    await new Promise((resolve) => this.server.close(resolve));
  }

  private answer(request: string, query: URLSearchParams, content: Buffer, type?: string): Answer {
    this.requests.push(request);
    const body = type === "application/json" && content.length ? JSON.parse(content.toString()) : {};
    for (const [pattern, handler] of this.routes) {
      const match = pattern.exec(request);
      if (match) return handler(match.slice(1).map(decodeURIComponent), body, query, content);
    }
    return { status: 501, body: { message: `the engine's double does not know ${request}` } };
  }

  /** The engine begins well, and says in the end that it cannot. */
  private fetch(full: string): Answer {
    const error = this.unfetchable.get(full);
    const name = full.replace(/:latest$/, "").replace(/:(?=sha256:)/, "@");
    const [, id = `sha256:${digest(name)}`] = name.split("@");
    if (error === undefined) this.store.put("images", { Id: id, Name: name });
    const lines = [{ status: `Pulling from ${name}` }, error === undefined ? { status: "Downloaded" } : { error }];
    return { status: 200, body: Buffer.from(lines.map((line) => JSON.stringify(line)).join("\r\n")) };
  }

  private restart(container: Container): Answer {
    const { NetworkMode = "", PidMode = "" } = container.HostConfig;
    const [, gone] =
      [NetworkMode, PidMode]
        .map((mode) => /^container:(.*)$/.exec(mode))
        .find((match) => match && !this.store.find("containers", match[1]!)) ?? [];
    Object.assign(container.State, gone ? { Status: "exited", Running: false } : { Status: "running", Running: true });
    container.State.StartedAt = new Date().toISOString();
    this.store.put("containers", container);
    return gone ? { status: 500, body: { message: `Cannot restart container: No such container: ${gone}` } } : ok();
  }

  private removeContainer(container: Container): Answer {
    this.store.remove("containers", container);
    return ok();
  }

  private members(name: string): Container[] {
    return this.store
      .list("containers")
      .filter(({ State, NetworkSettings }) => State.Running && name in NetworkSettings.Networks);
  }

  private network(key: string): Answer {
    const found = this.store.find("networks", key);
    if (!found) return missing(`network: ${key}`);
    const members = this.members(found.Name).map(({ Id, Name, NetworkSettings }) => {
      const address = NetworkSettings.Networks[found.Name]!.IPAMConfig?.IPv4Address;
      return [Id, { Name: Name.slice(1), IPv4Address: address ? `${address}/24` : "" }];
    });
    return ok({ ...found, Containers: Object.fromEntries(members) });
  }

  private removeNetwork(key: string): Answer {
    const found = this.store.find("networks", key);
    if (!found) return missing(`network: ${key}`);
    if (this.members(found.Name).length)
      return { status: 403, body: { message: `network ${key} has active endpoints` } };
    this.store.remove("networks", found);
    return ok();
  }

  private attach(
    key: string,
    verb: string,
    body: { Container?: string; EndpointConfig?: Record<string, never> },
  ): Answer {
    const network = this.store.find("networks", key);
    const container = this.store.find("containers", body.Container ?? "");
    if (!network || !container) return missing("network or container");
    const { Networks } = container.NetworkSettings;
    if (verb === "disconnect") {
      if (!(network.Name in Networks)) return missing(`endpoint of ${container.Name} on ${network.Name}`);
      delete Networks[network.Name];
    } else {
      if (network.Name in Networks) return { status: 403, body: { message: `endpoint exists on ${network.Name}` } };
      const { Aliases = null, IPAMConfig = null } = (body.EndpointConfig ?? {}) as {
        Aliases?: never;
        IPAMConfig?: never;
      };
      const wanted = (IPAMConfig as { IPv4Address?: string } | null)?.IPv4Address;
      const taken = this.members(network.Name).some(
        (member) => member.NetworkSettings.Networks[network.Name]!.IPAMConfig?.IPv4Address === wanted,
      );
      if (wanted && taken) return { status: 403, body: { message: "Address already in use" } };
      const [subnet] = network.IPAM.Config.flatMap(({ Subnet }) => Subnet ?? []);
      if (wanted && subnet && !contains(parseCidr(subnet, "subnet"), wanted))
        return {
          status: 403,
          body: { message: `Invalid address ${wanted}: It does not belong to any of this network's subnets` },
        };
      Networks[network.Name] = { NetworkID: network.Id, Aliases, IPAMConfig };
    }
    this.store.put("containers", container);
    return ok();
  }
}

/** What a container writes, as the engine sends it: one frame of its standard output. */
function inFrame(text: string): Buffer {
  const head = Buffer.from([1, 0, 0, 0, 0, 0, 0, text.length]);
  return Buffer.concat([head, Buffer.from(text)]);
}

/** A container in the form of the list. */
function summary(container: Container): unknown {
  const { Id, Name, Image, ImageID, Config, State, HostConfig, NetworkSettings, Created, Mounts } = container;
  const Ports = Object.entries(State.Running ? NetworkSettings.Ports : {}).flatMap(([target, bindings]) =>
    bindings.map(({ HostIp, HostPort }) => ({
      IP: HostIp,
      PublicPort: Number(HostPort),
      PrivatePort: Number.parseInt(target, 10),
      Type: target.split("/")[1],
    })),
  );
  const Status = State.Running
    ? `Up 3 minutes${State.Health?.Status === "starting" ? " (health: starting)" : ""}`
    : `Exited (${State.ExitCode}) 3 minutes ago`;
  const Networks = Object.entries(NetworkSettings.Networks).map(([name, endpoint]) => [
    name,
    { ...endpoint, Aliases: null, IPAddress: endpoint.IPAMConfig?.IPv4Address ?? "" },
  ]);
  return {
    Id,
    Names: [Name],
    Image,
    ImageID,
    Status,
    State: State.Status,
    Created,
    Mounts,
    Labels: Config.Labels,
    Ports,
    HostConfig,
    NetworkSettings: { Networks: Object.fromEntries(Networks) },
  };
}
