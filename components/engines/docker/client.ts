import { readFileSync } from "node:fs";
import * as http from "node:http";
import * as https from "node:https";
import { homedir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";

/** Where an engine listens. */
export interface EngineAddress {
  /** As written: `unix:///var/run/docker.sock`, `tcp://host:2376`. */
  host: string;
  /** Folder with ca.pem, cert.pem and key.pem; set for TLS. */
  certPath?: string;
}

/** What a request sends. */
export interface RequestBody {
  content: Buffer | Readable;
  /** Bytes. */
  length: number;
  type: string;
}

/** The engine's answer was an error, e.g. 404. */
export class EngineError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
    this.name = "EngineError";
  }
}

/** Finds the engine as the Docker provider does: its `docker:host` setting, DOCKER_HOST, the usual socket. */
export function engineAddress(configured: string | undefined, env: NodeJS.ProcessEnv): EngineAddress {
  const host = configured || env.DOCKER_HOST || "unix:///var/run/docker.sock";
  const tls = host.startsWith("tcp://") && Boolean(env.DOCKER_TLS_VERIFY || env.DOCKER_CERT_PATH);
  return { host, certPath: tls ? env.DOCKER_CERT_PATH || join(homedir(), ".docker") : undefined };
}

/**
 * The few calls of the Docker Engine API that the provider has no resource for. Plain HTTP over the
 * engine's socket: a full client library would cost a preview more time than all of its checks.
 */
export class EngineClient {
  private readonly options: http.RequestOptions | https.RequestOptions;

  constructor(readonly address: EngineAddress) {
    const url = new URL(address.host);
    if (url.protocol === "unix:") {
      // Not the URL's path: that has its spaces encoded.
      this.options = { socketPath: address.host.replace(/^unix:(\/\/)?/, "") };
    } else if (url.protocol === "tcp:" || url.protocol === "http:") {
      const read = (file: string) => readFileSync(join(address.certPath!, file));
      this.options = {
        host: url.hostname,
        port: url.port || (address.certPath ? 2376 : 2375),
        ...(address.certPath ? { ca: read("ca.pem"), cert: read("cert.pem"), key: read("key.pem") } : {}),
      };
    } else {
      throw new EngineError(0, `berth cannot talk to ${address.host} itself`);
    }
  }

  /** Whether this engine runs on this machine, so that host paths, ports and routes are this machine's. */
  get local(): boolean {
    return this.address.host.startsWith("unix:");
  }

  /** Whether berth can talk to an engine at this address at all. */
  static supports(address: EngineAddress): boolean {
    return /^(unix|tcp|http):/.test(address.host);
  }

  /** Sends one request; the body and the answer are JSON. */
  async request<T>(method: string, path: string, body?: unknown, timeout = 30_000): Promise<T> {
    const raw = await this.raw(method, path, body, timeout);
    return (raw.length ? JSON.parse(raw.toString("utf8")) : undefined) as T;
  }

  /** Like `request`, for answers that are not JSON. */
  async raw(method: string, path: string, body?: unknown, timeout = 30_000): Promise<Buffer> {
    const content = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
    return collect(
      await this.stream(
        method,
        path,
        content && { content, length: content.length, type: "application/json" },
        timeout,
      ),
    );
  }

  /**
   * A request whose body and answer may be of any size: the body is read while it is sent, and the answer is the
   * caller's to read.
   *
   * @param timeout milliseconds in which not one byte comes or goes
   */
  stream(method: string, path: string, body?: RequestBody, timeout = 600_000): Promise<http.IncomingMessage> {
    const transport = this.address.certPath ? https : http;
    return new Promise((resolve, reject) => {
      const request = transport.request(
        {
          ...this.options,
          method,
          path,
          timeout,
          agent: false,
          headers: {
            Host: "docker",
            ...(body ? { "Content-Type": body.type, "Content-Length": body.length } : {}),
          },
        },
        (response) => {
          const status = response.statusCode ?? 0;
          if (status < 400) return resolve(response);
          collect(response).then((content) => reject(new EngineError(status, errorMessage(content))), reject);
        },
      );
      request.on("timeout", () => request.destroy(new EngineError(0, `no answer within ${timeout / 1000} s`)));
      request.on("error", reject);
      if (body === undefined || Buffer.isBuffer(body.content)) return request.end(body?.content);
      // The file's errors end the request; the request's own are told above.
      body.content.on("error", (error) => request.destroy(error));
      request.on("close", () => (body.content as Readable).destroy());
      body.content.pipe(request);
    });
  }

  /** Like `request`, but undefined where the engine says 404. */
  async find<T>(path: string): Promise<T | undefined> {
    try {
      return await this.request<T>("GET", path);
    } catch (error) {
      if (error instanceof EngineError && error.status === 404) return undefined;
      throw error;
    }
  }

  /** The last lines that a container wrote, both streams together. */
  async lastLines(id: string, count: number): Promise<string[]> {
    const raw = await this.raw("GET", `/containers/${id}/logs?stdout=1&stderr=1&tail=${count}`);
    return demultiplex(raw)
      .split(/\r?\n/)
      .filter((line) => line !== "")
      .slice(-count);
  }
}

async function collect(response: http.IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function errorMessage(content: Buffer): string {
  const text = content.toString("utf8").trim();
  try {
    return (JSON.parse(text) as { message?: string }).message ?? text;
  } catch {
    return text;
  }
}

/** Without a terminal the engine frames its log stream: one kind byte, three zeros, a length, the text. */
export function demultiplex(raw: Buffer): string {
  const parts: Buffer[] = [];
  let at = 0;
  while (at + 8 <= raw.length && raw[at]! <= 2 && raw.readUIntBE(at + 1, 3) === 0) {
    const length = raw.readUInt32BE(at + 4);
    parts.push(raw.subarray(at + 8, at + 8 + length));
    at += 8 + length;
  }
  // A terminal's output is not framed.
  if (at < raw.length) parts.push(raw.subarray(at));
  return Buffer.concat(parts).toString("utf8");
}
