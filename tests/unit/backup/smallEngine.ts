import { mkdtempSync, rmSync } from "node:fs";
import * as http from "node:http";
import type { Duplex } from "node:stream";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Header, Parser } from "tar";
import type { StackNow } from "../../../cli/stackNow";
import { EngineClient } from "../../../core/engines/dockerApi/connection/client";
import { type Owner, ownerLabels } from "../../../core/engines/owner";
import type { Declared, ServiceStatus } from "../../../core/engines/status";
import { frame } from "../fakeEngine";

/** Files of a volume, by their paths. */
export type Files = Record<string, string>;

interface SmallContainer {
  Id: string;
  Name: string;
  Image: string;
  Args: string[];
  Config: { Image: string; Labels: Record<string, string> };
  HostConfig: { AutoRemove?: boolean; NetworkMode?: string };
  State: { Running: boolean; Paused: boolean; ExitCode: number };
  Mounts: { Type: string; Name?: string; Source?: string; Destination: string; RW: boolean }[];
  Created: number;
}

interface Mount {
  volume?: string;
  bind?: string;
  target: string;
  readOnly?: boolean;
}

interface Exec {
  container: SmallContainer;
  script: string;
  env: string[];
}

const OWNER: Owner = { stack: "berth/shop", owner: "ada" };

/** An engine with volumes and containers that can be stopped, as far as backups ask for it. */
export class SmallEngine {
  readonly folder = mkdtempSync(join(tmpdir(), "berth small-"));
  readonly containers = new Map<string, SmallContainer>();
  readonly volumes = new Map<string, { files: Files; labels: Record<string, string> }>();
  /** What was asked, without questions. */
  changes: string[] = [];
  /** Bodies of what was made and run. */
  bodies: unknown[] = [];
  /** What a script in a container does: what it writes, its exit code, what it says. */
  exec: (asked: Exec, input: string) => { out?: string; code?: number; said?: string } = () => ({});
  /** Answers in place of the engine: an error's text. */
  fails: (call: string) => string | undefined = () => undefined;
  /** Ends a volume's archive before its end. */
  breaksOff = false;
  private readonly execs = new Map<string, Exec & { code: number; reads: boolean }>();
  private readonly server = http.createServer((request, response) => void this.answer(request, response));
  private count = 0;

  constructor() {
    this.server.on("upgrade", (request, socket, head) => this.upgrade(request, socket as Duplex, head as Buffer));
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(join(this.folder, "docker.sock"), resolve));
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
    rmSync(this.folder, { recursive: true });
  }

  volume(name: string, files: Files = {}, labels: Record<string, string> = ownerLabels(OWNER)): void {
    this.volumes.set(name, { files, labels });
  }

  /** A container of the stack, unless it is somebody else's. */
  container(service: string, image: string, mounts: Mount[], more: Partial<SmallContainer> = {}): SmallContainer {
    const container: SmallContainer = {
      Id: `${service}-id`,
      Name: `/${service}`,
      Image: `sha256:${image}`,
      Args: [],
      Config: { Image: image, Labels: ownerLabels(OWNER, service) },
      HostConfig: {},
      State: { Running: true, Paused: false, ExitCode: 0 },
      Mounts: mounts.map(({ volume, bind, target, readOnly = false }) => ({
        Type: bind ? "bind" : "volume",
        Name: volume,
        Source: bind ?? `/var/lib/docker/volumes/${volume}/_data`,
        Destination: target,
        RW: !readOnly,
      })),
      Created: Date.now() / 1000,
      ...more,
    };
    this.containers.set(container.Id, container);
    return container;
  }

  /** The stack as its program declares it. */
  now(declared: Partial<Declared>[] = [], engine: "docker" | "swarm" = "docker"): StackNow {
    const client = new EngineClient({ host: `unix://${join(this.folder, "docker.sock")}` });
    const look = async (): Promise<ServiceStatus[]> =>
      [...this.containers.values()]
        .filter(({ Config }) => Config.Labels["berth.service"])
        .map(({ Id, Name, Config, State }) => ({
          service: Config.Labels["berth.service"]!,
          name: Name.slice(1),
          engine,
          state: State.Running ? ("running" as const) : ("exited" as const),
          declared: true,
          changed: [],
          ok: true,
          ports: [],
          notes: [],
          id: Id,
        }));
    const place = { engine, declared: declared as Declared[], client, look, close: () => client.close() };
    return { name: "shop", owner: OWNER, places: [place], plan: { resources: [] } as never };
  }

  private async answer(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const url = new URL(request.url!, "http://docker");
    const call = `${request.method} ${decodeURIComponent(url.pathname)}`;
    const content = Buffer.concat(chunks);
    const send = (status: number, body?: unknown) => {
      response.writeHead(status);
      response.end(body === undefined || Buffer.isBuffer(body) ? body : JSON.stringify(body));
    };
    if (request.method !== "GET") this.changes.push(call);
    const failure = this.fails(call);
    if (failure) return send(500, { message: failure });
    try {
      const [status, body] = await this.result(call, url.searchParams, content);
      send(status, body);
    } catch (error) {
      send(400, { message: (error as Error).message });
    }
  }

  private async result(call: string, query: URLSearchParams, content: Buffer): Promise<[number, unknown?]> {
    const filters = JSON.parse(query.get("filters") ?? "{}") as { label?: string[]; volume?: string[] };
    const [, id = "", verb = ""] = /^\w+ \/containers\/([^/]+)\/?(.*)$/.exec(call) ?? [];
    const container = this.containers.get(id);
    if (call === "GET /containers/json")
      return [
        200,
        [...this.containers.values()].filter((one) => this.matches(one, filters, query.has("all"))).map(listed),
      ];
    if (call === "GET /volumes") {
      const has = (labels: Record<string, string>) =>
        (filters.label ?? []).every((pair) => labels[pair.split("=")[0]!] === pair.split("=")[1]);
      return [200, { Volumes: [...this.volumes].filter(([, { labels }]) => has(labels)).map(([Name]) => ({ Name })) }];
    }
    if (call === "POST /volumes/create") {
      const { Name, Labels } = JSON.parse(content.toString()) as { Name: string; Labels: Record<string, string> };
      this.volume(Name, {}, Labels);
      return [201, { Name }];
    }
    const [, volume] = /^\w+ \/volumes\/(.+)$/.exec(call) ?? [];
    if (volume && !this.volumes.has(volume)) return [404, { message: `no such volume: ${volume}` }];
    if (volume && call.startsWith("DELETE")) this.volumes.delete(volume);
    if (volume) return [200, { Name: volume }];
    if (call === "POST /containers/create") return [201, this.create(JSON.parse(content.toString()))];
    if (call.startsWith("GET /exec/")) return [200, { ExitCode: this.execs.get(call.split("/")[2]!)!.code }];
    if (!container) return [404, { message: `no such container: ${id}` }];
    if (call.startsWith("DELETE")) this.containers.delete(id);
    else if (verb === "json") return [200, container];
    else if (verb === "archive")
      return call.startsWith("GET") ? [200, this.archiveOf(container)] : this.extract(container, content);
    else if (verb === "exec") {
      const body = JSON.parse(content.toString()) as { Cmd: string[]; Env: string[]; AttachStdin: boolean };
      this.bodies.push(body);
      const Id = `exec${++this.count}`;
      this.execs.set(Id, { container, script: body.Cmd[2]!, env: body.Env, reads: body.AttachStdin, code: 0 });
      return [201, { Id }];
    } else if (verb === "stop" || verb === "start") container.State.Running = verb === "start";
    else if (verb === "pause" || verb === "unpause") container.State.Paused = verb === "pause";
    return [204];
  }

  private matches(one: SmallContainer, { label, volume }: { label?: string[]; volume?: string[] }, all: boolean) {
    if (!all && !one.State.Running) return false;
    if (label && !label.every((pair) => pair.split("=")[0]! in one.Config.Labels)) return false;
    return !volume || one.Mounts.some(({ Name }) => volume.includes(Name ?? ""));
  }

  private create(body: {
    Image: string;
    Labels: Record<string, string>;
    HostConfig: { Mounts: { Source: string; Target: string; ReadOnly: boolean }[] };
  }) {
    this.bodies.push(body);
    const id = `helper${++this.count}`;
    const [mount] = body.HostConfig.Mounts;
    this.container(id, body.Image, [{ volume: mount!.Source, target: mount!.Target, readOnly: mount!.ReadOnly }], {
      State: { Running: false, Paused: false, ExitCode: 0 },
      Config: { Image: body.Image, Labels: body.Labels },
    });
    return { Id: `${id}-id` };
  }

  /** A volume's archive, in which its folder stands first. */
  private archiveOf({ Mounts: [mount] }: SmallContainer): Buffer {
    const folder = mount!.Destination.split("/").at(-1)!;
    const { files } = this.volumes.get(mount!.Name!)!;
    const blocks: Buffer[] = [entry(`${folder}/`, "Directory", "")];
    for (const [path, text] of Object.entries(files)) blocks.push(entry(`${folder}/${path}`, "File", text));
    if (!this.breaksOff) blocks.push(Buffer.alloc(1024));
    return Buffer.concat(blocks);
  }

  private async extract({ Mounts: [mount] }: SmallContainer, content: Buffer): Promise<[number, unknown?]> {
    if (!mount!.RW) return [403, { message: "container rootfs is marked read-only" }];
    const folder = mount!.Destination.split("/").at(-1)!;
    const volume = this.volumes.get(mount!.Name!)!;
    for (const { path, type, text } of await entriesOf(content)) {
      const inside = path.replace(/\/$/, "");
      if (inside === folder && type === "File") {
        volume.files = {};
        return [500, { message: "unlinkat: device or resource busy" }];
      }
      if (type === "File") volume.files[path.slice(folder.length + 1)] = text;
    }
    return [200];
  }

  private upgrade(request: http.IncomingMessage, socket: Duplex, head: Buffer): void {
    const exec = this.execs.get(request.url!.split("/")[2]!)!;
    const length = Number(request.headers["content-length"]);
    let heard = head;
    const finish = () => {
      const { out = "", code = 0, said = "" } = this.exec(exec, heard.subarray(length).toString());
      exec.code = code;
      if (said) socket.write(frame(2, said));
      if (out) socket.write(frame(1, out));
      socket.end();
    };
    socket.write("HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n");
    socket.on("data", (chunk: Buffer) => {
      heard = Buffer.concat([heard, chunk]);
    });
    if (exec.reads) socket.on("end", finish);
    else setImmediate(finish);
    socket.on("error", () => {});
  }
}

const listed = ({ Id, Name, Created }: SmallContainer) => ({ Id, Names: [Name], Created });

function entry(path: string, type: "File" | "Directory", text: string): Buffer {
  const content = Buffer.from(text);
  const block = Buffer.alloc(512);
  new Header({ path, type, size: content.length, mode: 0o750, uid: 999, gid: 999, mtime: new Date(0) }).encode(block);
  return Buffer.concat([block, content, Buffer.alloc((512 - (content.length % 512)) % 512)]);
}

function entriesOf(content: Buffer): Promise<{ path: string; type: string; text: string }[]> {
  return new Promise((resolve, reject) => {
    const found: { path: string; type: string; text: string }[] = [];
    const parser = new Parser({
      strict: true,
      onReadEntry: (one) => {
        const chunks: Buffer[] = [];
        one.on("data", (chunk) => chunks.push(chunk as Buffer));
        one.on("end", () => found.push({ path: one.path, type: one.type, text: Buffer.concat(chunks).toString() }));
      },
    });
    parser.on("end", () => resolve(found));
    parser.on("error", reject);
    parser.end(content);
  });
}

/** An engine for the tests of one file, a new one for each test. */
export function useSmallEngine(): () => SmallEngine {
  let engine: SmallEngine;
  beforeEach(async () => {
    engine = new SmallEngine();
    await engine.listen();
  });
  afterEach(() => engine.close());
  return () => engine;
}
