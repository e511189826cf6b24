import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { Container, Store } from "./store";

interface Answer {
  status: number;
  body?: unknown;
}
type Handler = (match: string[], body: Record<string, never>, query: URLSearchParams) => Answer;

const ok = (body?: unknown): Answer => ({ status: body === undefined ? 204 : 200, body });
const missing = (what: string): Answer => ({ status: 404, body: { message: `No such ${what}` } });

/** A Docker Engine API over a store: the calls that berth makes itself, and no others. */
export class EngineDouble {
  /** Every request so far, as `GET /version`. */
  readonly requests: string[] = [];
  private readonly server: http.Server;
  private readonly routes: [RegExp, Handler][];

  constructor(readonly store: Store) {
    const withContainer = (act: (container: Container, ...rest: Parameters<Handler>) => Answer): Handler => {
      return (match, body, query) => {
        const found = store.find("containers", match[0]!);
        return found ? act(found, match, body, query) : missing(`container: ${match[0]}`);
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
      [/^GET \/containers\/json$/, () => ok(store.list("containers").map(summary))],
      [/^GET \/containers\/([^/]+)\/json$/, withContainer((container) => ok(container))],
      [/^GET \/containers\/([^/]+)\/logs$/, withContainer(() => ok("a last line"))],
      [/^DELETE \/containers\/([^/]+)$/, withContainer((container) => this.removeContainer(container))],
      [
        /^POST \/containers\/([^/]+)\/rename$/,
        change((container, _m, _b, query) => (container.Name = `/${query.get("name")}`)),
      ],
      [
        /^POST \/containers\/([^/]+)\/restart$/,
        change(({ State }) =>
          Object.assign(State, { Status: "running", Running: true, StartedAt: new Date().toISOString() }),
        ),
      ],
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
      [/^GET \/volumes$/, () => ok({ Volumes: store.list("volumes") })],
      [/^GET \/images\/json$/, () => ok(store.list("images").map(({ Name }) => ({ RepoTags: [withTag(Name)] })))],
    ];
    this.server = http.createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const url = new URL(request.url!, "http://docker");
        const { status, body } = this.answer(
          `${request.method} ${url.pathname}`,
          url.searchParams,
          Buffer.concat(chunks).toString(),
        );
        response.writeHead(status, { "Content-Type": "application/json" });
        response.end(body === undefined ? undefined : JSON.stringify(body));
      });
    });
  }

  /**
   * Listens and returns the address for DOCKER_HOST. Over TCP berth takes the engine for another machine's
   * and leaves this machine's ports, routes and folders out of its checks, which makes a test the same everywhere.
   */
  async listen(over: "tcp" | "unix"): Promise<string> {
    const path = join(this.store.folder, "docker.sock");
    await new Promise<void>((resolve) =>
      over === "unix" ? this.server.listen(path, resolve) : this.server.listen(0, "127.0.0.1", resolve),
    );
    return over === "unix" ? `unix://${path}` : `tcp://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    await new Promise((resolve) => this.server.close(resolve));
  }

  private answer(request: string, query: URLSearchParams, text: string): Answer {
    this.requests.push(request);
    for (const [pattern, handler] of this.routes) {
      const match = pattern.exec(request);
      if (match) return handler(match.slice(1).map(decodeURIComponent), text ? JSON.parse(text) : {}, query);
    }
    return { status: 501, body: { message: `the engine's double does not know ${request}` } };
  }

  private removeContainer(container: Container): Answer {
    this.store.remove("containers", container);
    return ok();
  }

  private members(name: string): Container[] {
    return this.store.list("containers").filter((container) => name in container.NetworkSettings.Networks);
  }

  private network(key: string): Answer {
    const found = this.store.find("networks", key);
    if (!found) return missing(`network: ${key}`);
    const members = this.members(found.Name).map(({ Id, Name }) => [Id, { Name: Name.slice(1) }]);
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
      Networks[network.Name] = { NetworkID: network.Id, Aliases, IPAMConfig };
    }
    this.store.put("containers", container);
    return ok();
  }
}

/** Docker's name of an image: `nginx` is `nginx:latest`. */
const withTag = (name: string) => (/[:@][^/]*$/.test(name) ? name : `${name}:latest`);

/** A container in the form of the list. */
function summary({ Id, Name, Image, Config, NetworkSettings }: Container): unknown {
  const Ports = Object.entries(NetworkSettings.Ports).flatMap(([target, bindings]) =>
    bindings.map(({ HostIp, HostPort }) => ({
      IP: HostIp,
      PublicPort: Number(HostPort),
      PrivatePort: Number.parseInt(target, 10),
      Type: target.split("/")[1],
    })),
  );
  return { Id, Names: [Name], Image, Labels: Config.Labels, Ports };
}
