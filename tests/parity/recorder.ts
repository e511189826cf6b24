import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import * as http from "node:http";
import { tmpdir } from "node:os";
import { join, posix } from "node:path";

/** Any JSON object. */
export type Json = Record<string, unknown>;

/** One container that a client asked for: its create request and what was asked about its networks later. */
export interface ContainerRequest {
  name: string;
  platform: string;
  body: Json;
  /** Networks joined and left after the creation, in order. */
  networks: { join?: string; leave?: string; endpoint?: Json }[];
  /** Files put into it before it was started. */
  files: PutFile[];
  /** Bodies of `POST /containers/{id}/update`. */
  updates: Json[];
  renamed?: string;
}

/** A file that a client puts into a container. */
export interface PutFile {
  /** Absolute. */
  path: string;
  mode: number;
  uid: number;
  gid: number;
  content: string;
}

export interface NamedRequest {
  name: string;
  body: Json;
}

export interface RecorderOptions {
  /** The newest API version that the engine offers. @default "1.47" */
  apiVersion?: string;
  /** Networks, volumes and containers that are there already. */
  networks?: string[];
  volumes?: string[];
  containers?: string[];
}

interface Live {
  id: string;
  request: ContainerRequest;
  started: boolean;
}

const id = (of: string) => createHash("sha256").update(of).digest("hex");
const EPOCH = "2026-01-01T00:00:00.000000000Z";

/** The plain files of a tar archive that is unpacked in a folder. */
function untar(tar: Buffer, folder: string): PutFile[] {
  const files: PutFile[] = [];
  const text = (from: number, length: number) => tar.toString("utf8", from, from + length).replace(/\0.*$/s, "");
  const octal = (from: number, length: number) => Number.parseInt(text(from, length).trim() || "0", 8);
  for (let at = 0; at + 512 <= tar.length && tar[at] !== 0; ) {
    const size = octal(at + 124, 12);
    const kind = text(at + 156, 1);
    if (kind === "" || kind === "0")
      files.push({
        path: posix.join("/", folder, text(at + 345, 155), text(at, 100)),
        mode: octal(at + 100, 8),
        uid: octal(at + 108, 8),
        gid: octal(at + 116, 8),
        content: tar.toString("utf8", at + 512, at + 512 + size),
      });
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return files;
}

/**
 * A Docker engine that runs nothing: it answers as an engine with every image would, and writes down what it is
 * asked to make. It speaks enough of the API for the docker CLI, `docker compose` and the Docker provider.
 */
export class Recorder {
  readonly folder = mkdtempSync(join(tmpdir(), "berth-same-"));
  readonly socket = join(this.folder, "docker.sock");
  readonly host = `unix://${this.socket}`;
  /** Requests in the order of arrival. */
  containers: ContainerRequest[] = [];
  networks: NamedRequest[] = [];
  volumes: NamedRequest[] = [];
  /** Images that somebody pulled. */
  pulls: string[] = [];
  /** Calls that it has no answer for; a test asserts that there are none. */
  unknown: string[] = [];

  private live = new Map<string, Live>();
  private liveNetworks = new Map<string, Json>();
  private liveVolumes = new Map<string, Json>();
  private images = new Set<string>();
  private count = 0;
  private readonly server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => this.answer(request, Buffer.concat(chunks), response));
  });

  constructor(private readonly options: RecorderOptions = {}) {
    this.reset();
  }

  listen(): Promise<void> {
    return new Promise((resolve) => this.server.listen(this.socket, resolve));
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
    rmSync(this.folder, { recursive: true });
  }

  /** Forgets everything but what was there from the start. */
  reset(there: Pick<RecorderOptions, "networks" | "volumes" | "containers"> = {}): void {
    this.containers = [];
    this.networks = [];
    this.volumes = [];
    this.pulls = [];
    this.unknown = [];
    this.live.clear();
    this.liveNetworks.clear();
    this.liveVolumes.clear();
    this.images.clear();
    const { networks = [], volumes = [], containers = [] } = this.options;
    for (const name of ["bridge", "host", "none", ...networks, ...(there.networks ?? [])])
      this.addNetwork(name, { Driver: ["host", "none"].includes(name) ? name.replace("none", "null") : "bridge" });
    for (const name of [...volumes, ...(there.volumes ?? [])]) this.addVolume(name, {});
    for (const name of [...containers, ...(there.containers ?? [])]) this.addContainer(name, "", { Image: "there" });
  }

  /** A text with the names of containers in place of their ids. */
  withNames(text: string): string {
    return [...this.live].reduce((result, [name, { id: of }]) => result.replaceAll(of, name), text);
  }

  private addNetwork(name: string, body: Json): string {
    const networkId = id(`network ${name}`);
    this.liveNetworks.set(name, {
      Driver: "bridge",
      Scope: "local",
      IPAM: { Driver: "default", Config: [{ Subnet: "172.31.0.0/16" }] },
      Options: {},
      Labels: {},
      Containers: {},
      Created: EPOCH,
      ...body,
      Name: name,
      Id: networkId,
    });
    return networkId;
  }

  private addVolume(name: string, body: Json): Json {
    const volume = {
      Name: name,
      Driver: body.Driver || "local",
      Mountpoint: `/var/lib/docker/volumes/${name}/_data`,
      Scope: "local",
      Options: body.DriverOpts ?? {},
      Labels: body.Labels ?? {},
      CreatedAt: EPOCH,
    };
    this.liveVolumes.set(name, volume);
    return volume;
  }

  private addContainer(name: string, platform: string, body: Json): Live {
    const called = name || `unnamed_${++this.count}`;
    const request: ContainerRequest = { name, platform, body, networks: [], files: [], updates: [] };
    const made = { id: id(`container ${called} ${++this.count}`), request, started: false };
    this.live.set(called, made);
    return made;
  }

  private container(key: string): Live | undefined {
    return this.live.get(key) ?? [...this.live.values()].find((one) => one.id.startsWith(key));
  }

  private network(key: string): Json | undefined {
    return this.liveNetworks.get(key) ?? [...this.liveNetworks.values()].find((one) => one.Id === key);
  }

  /** A job that has no health check and no restart policy is over as soon as it began, as its dependents wait for. */
  private state({ request, started }: Live): Json {
    const { Healthcheck, HostConfig, Labels } = request.body as {
      Healthcheck?: Json;
      HostConfig?: { RestartPolicy?: { Name?: string } };
      Labels?: Json;
    };
    const policy = HostConfig?.RestartPolicy?.Name ?? "no";
    const over = started && Labels?.["com.docker.compose.project"] && !Healthcheck && ["", "no"].includes(policy);
    const status = over ? "exited" : started ? "running" : "created";
    return {
      Status: status,
      Running: status === "running",
      Paused: false,
      Restarting: false,
      OOMKilled: false,
      Dead: false,
      Pid: status === "running" ? 4711 : 0,
      ExitCode: 0,
      Error: "",
      StartedAt: EPOCH,
      FinishedAt: EPOCH,
      ...(Healthcheck ? { Health: { Status: "healthy", FailingStreak: 0, Log: [] } } : {}),
    };
  }

  private inspect(live: Live): Json {
    const { request } = live;
    const { HostConfig, NetworkingConfig, ...config } = request.body as { HostConfig?: Json; NetworkingConfig?: Json };
    const name = [...this.live].find(([, one]) => one === live)![0];
    const endpoints = (NetworkingConfig?.EndpointsConfig as Record<string, Json> | null) ?? {};
    const joined = Object.keys(endpoints).length
      ? Object.keys(endpoints)
      : [String(HostConfig?.NetworkMode ?? "bridge")];
    for (const change of request.networks) {
      if (change.join) joined.push(change.join);
      else joined.splice(joined.indexOf(change.leave!), joined.includes(change.leave!) ? 1 : 0);
    }
    const networks = joined
      .filter((one) => !one.startsWith("container:"))
      .map((one) => [
        this.network(one)?.Name ?? (one === "default" ? "bridge" : one),
        {
          ...(endpoints[one] ?? {}),
          NetworkID: this.network(one)?.Id ?? id(`network ${one}`),
          IPAddress: "172.31.0.2",
        },
      ]);
    return {
      Id: live.id,
      Name: `/${name}`,
      Created: EPOCH,
      Path: "",
      Args: [],
      State: this.state(live),
      Image: id(`image ${(config as Json).Image}`),
      RestartCount: 0,
      Driver: "overlay2",
      Platform: "linux",
      Config: { Labels: {}, Env: [], Hostname: live.id.slice(0, 12), ...config },
      HostConfig: {
        NetworkMode: "default",
        RestartPolicy: { Name: "no" },
        LogConfig: { Type: "json-file" },
        ...HostConfig,
      },
      Mounts: [],
      GraphDriver: { Name: "overlay2", Data: {} },
      NetworkSettings: { Ports: {}, Networks: Object.fromEntries(networks) },
    };
  }

  private summary(live: Live): Json {
    const state = this.inspect(live) as {
      Name: string;
      State: { Status: string };
      Config: Json;
      HostConfig: Json;
      NetworkSettings: { Networks: Json };
    };
    return {
      Id: live.id,
      Names: [state.Name],
      Image: state.Config.Image,
      ImageID: id(`image ${state.Config.Image}`),
      Command: "",
      Created: 1_767_225_600,
      Labels: state.Config.Labels ?? {},
      State: state.State.Status,
      Status: "Up 1 second",
      Ports: [],
      Mounts: [],
      HostConfig: { NetworkMode: state.HostConfig.NetworkMode },
      NetworkSettings: { Networks: state.NetworkSettings.Networks },
    };
  }

  private image(given: string): Json {
    // Some clients write out where a short name comes from.
    const name = given.replace(/^docker\.io\/(library\/)?/, "");
    const tagged = /[:@][^/]*$/.test(name) ? name : `${name}:latest`;
    return {
      Id: `sha256:${id(`image ${tagged}`)}`,
      RepoTags: name.includes("@") ? [] : [tagged],
      RepoDigests: [`${name.replace(/[:@][^/]*$/, "")}@sha256:${id(`digest ${name}`)}`],
      Created: EPOCH,
      Size: 1,
      Architecture: "amd64",
      Os: "linux",
      Config: { Env: [], Labels: {}, Volumes: null, Healthcheck: null },
      RootFS: { Type: "layers", Layers: [] },
    };
  }

  private answer(request: http.IncomingMessage, raw: Buffer, response: http.ServerResponse): void {
    const url = new URL(request.url ?? "/", "http://engine");
    const path = decodeURIComponent(url.pathname).replace(/^\/v\d+\.\d+/, "");
    const query = url.searchParams;
    const method = request.method ?? "GET";
    const type = request.headers["content-type"] ?? "";
    const body = (type.includes("json") && raw.length ? JSON.parse(raw.toString()) : {}) as Json;
    const { apiVersion = "1.47" } = this.options;
    response.setHeader("Api-Version", apiVersion);
    response.setHeader("Ostype", "linux");
    response.setHeader("Server", "Docker/28.0.0 (linux)");
    response.setHeader("Docker-Experimental", "false");
    const send = (value: unknown, status = 200) => {
      response.setHeader("Content-Type", "application/json");
      response.writeHead(status);
      response.end(value === undefined ? undefined : JSON.stringify(value));
    };
    const missing = (what: string) => send({ message: `No such ${what}` }, 404);
    const filters = JSON.parse(query.get("filters") ?? "{}") as Record<string, string[] | Record<string, boolean>>;
    const wanted = (name: string) => {
      const given = filters[name] ?? [];
      return Array.isArray(given) ? given : Object.keys(given);
    };
    const labelled = (labels: unknown) =>
      wanted("label").every((label) => {
        const [key = "", value] = label.split(/=(.*)/s);
        const held = (labels as Record<string, string> | null | undefined)?.[key];
        return held !== undefined && (value === undefined || held === value);
      });

    const [, kind = "", ...rest] = path.split("/");
    const verb = rest.at(-1) ?? "";
    if (kind === "_ping") {
      response.end(method === "HEAD" ? undefined : "OK");
    } else if (kind === "version") {
      send({
        Platform: { Name: "recorder" },
        Version: "28.0.0",
        ApiVersion: apiVersion,
        MinAPIVersion: "1.24",
        Os: "linux",
        Arch: "amd64",
        KernelVersion: "6.1.0",
      });
    } else if (kind === "info") {
      send({
        ID: "recorder",
        OSType: "linux",
        Architecture: "x86_64",
        OperatingSystem: "recorder",
        ServerVersion: "28.0.0",
        Driver: "overlay2",
        CgroupVersion: "2",
        Swarm: { LocalNodeState: "inactive" },
        Runtimes: { runc: {} },
        SecurityOptions: [],
        Plugins: { Volume: ["local"], Network: ["bridge", "host", "null"], Log: ["json-file"] },
      });
    } else if (kind === "events" || kind === "session" || kind === "grpc") {
      // Nothing ever happens; the stream ends when the client goes.
      response.writeHead(200, { "Content-Type": "application/json" });
      response.flushHeaders();
    } else if (kind === "images") {
      if (path === "/images/json") {
        const names = wanted("reference").length ? wanted("reference") : [...this.images];
        send(names.map((name) => ({ ...this.image(name), Created: 1_767_225_600, Containers: 1, Labels: {} })));
      } else if (path === "/images/create") {
        const [from, tag] = [query.get("fromImage") ?? "", query.get("tag") ?? ""];
        const name = tag ? `${from}${tag.includes(":") ? "@" : ":"}${tag}` : from;
        this.pulls.push(name);
        this.images.add(name);
        send({ status: `Downloaded newer image for ${name}` });
      } else if (method === "GET" && verb === "json") {
        send(this.image(rest.slice(0, -1).join("/")));
      } else this.refuse(method, path, send);
    } else if (kind === "distribution") {
      send({ Descriptor: { digest: `sha256:${id(path)}`, mediaType: "", size: 1 }, Platforms: [] });
    } else if (kind === "networks") {
      const found = this.network(rest[0] ?? "");
      if (rest.length === 0) {
        const all = [...this.liveNetworks.values()].filter((one) => labelled(one.Labels));
        const names = wanted("name");
        send(names.length ? all.filter((one) => names.some((name) => String(one.Name).includes(name))) : all);
      } else if (path === "/networks/create") {
        const name = String(body.Name);
        this.networks.push({ name, body });
        send({ Id: this.addNetwork(name, body), Warning: "" }, 201);
      } else if (!found) missing(`network: ${rest[0]}`);
      else if (method === "GET") send(found);
      else if (method === "DELETE") {
        this.liveNetworks.delete(String(found.Name));
        send(undefined, 204);
      } else {
        const live = this.container(String(body.Container));
        const name = String(found.Name);
        if (!live) missing(`container: ${body.Container}`);
        else {
          live.request.networks.push(
            verb === "connect" ? { join: name, endpoint: (body.EndpointConfig ?? {}) as Json } : { leave: name },
          );
          send(undefined);
        }
      }
    } else if (kind === "volumes") {
      const found = this.liveVolumes.get(rest[0] ?? "");
      if (rest.length === 0) {
        send({ Volumes: [...this.liveVolumes.values()].filter((one) => labelled(one.Labels)), Warnings: [] });
      } else if (path === "/volumes/create") {
        const name = String(body.Name || `anonymous_${++this.count}`);
        this.volumes.push({ name: String(body.Name ?? ""), body });
        send(this.addVolume(name, body), 201);
      } else if (!found) missing(`volume: ${rest[0]}`);
      else if (method === "DELETE") {
        this.liveVolumes.delete(rest[0]!);
        send(undefined, 204);
      } else send(found);
    } else if (kind === "containers")
      this.answerContainers(method, path, rest, query, body, raw, response, send, labelled);
    else this.refuse(method, path, send);
  }

  private answerContainers(
    method: string,
    path: string,
    rest: string[],
    query: URLSearchParams,
    body: Json,
    raw: Buffer,
    response: http.ServerResponse,
    send: (value: unknown, status?: number) => void,
    labelled: (labels: unknown) => boolean,
  ): void {
    if (path === "/containers/json") {
      const all = [...this.live.values()].map((one) => this.summary(one));
      send(all.filter((one) => labelled(one.Labels)));
      return;
    }
    if (path === "/containers/create") {
      const live = this.addContainer(query.get("name") ?? "", query.get("platform") ?? "", body);
      this.containers.push(live.request);
      send({ Id: live.id, Warnings: [] }, 201);
      return;
    }
    const [key = "", verb = ""] = rest;
    const live = this.container(key);
    if (!live) {
      send({ message: `No such container: ${key}` }, 404);
    } else if (method === "DELETE") {
      for (const [name, one] of this.live) if (one === live) this.live.delete(name);
      send(undefined, 204);
    } else if (method === "GET" && verb === "json") send(this.inspect(live));
    else if (verb === "start" || verb === "restart") {
      live.started = true;
      send(undefined, 204);
    } else if (verb === "stop" || verb === "kill") {
      live.started = false;
      send(undefined, 204);
    } else if (verb === "rename") {
      live.request.renamed = query.get("name") ?? "";
      for (const [name, one] of this.live) if (one === live) this.live.delete(name);
      this.live.set(live.request.renamed, live);
      send(undefined, 204);
    } else if (verb === "update") {
      live.request.updates.push(body);
      send({ Warnings: [] });
    } else if (verb === "wait") {
      send({ StatusCode: 0 });
    } else if (verb === "archive" && method === "PUT") {
      live.request.files.push(...untar(raw, query.get("path") ?? "/"));
      send(undefined);
    } else if (verb === "logs") {
      response.writeHead(200, { "Content-Type": "application/vnd.docker.raw-stream" });
      response.end();
    } else if (verb === "resize") send(undefined);
    else this.refuse(method, path, send);
  }

  private refuse(method: string, path: string, send: (value: unknown, status?: number) => void): void {
    this.unknown.push(`${method} ${path}`);
    send({ message: `the recorder has no answer to ${method} ${path}` }, 501);
  }
}
