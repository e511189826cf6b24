import * as http from "node:http";
import * as https from "node:https";
import type { Duplex, Readable } from "node:stream";
import { ArgumentError } from "../../../description/errors";
import type { EngineAddress } from "./address";
import { EngineError, ignoreMissing } from "./errors";
import { sshAgent } from "./sshAgent";
import { tlsFailure, tlsOptions } from "./tls";
import { say, withoutStop } from "../../../description/say";

export { EngineError, ignoreMissing };

/** What a request sends. */
export interface RequestBody {
  content: Buffer | Readable;
  /** Bytes. @default not told: it is sent in chunks as it comes */
  length?: number;
  type: string;
}

/** Milliseconds after which a connection that is not used is closed. */
const IDLE = 30_000;

/**
 * The few calls of the Docker Engine API that the provider has no resource for. Plain HTTP over the
 * engine's socket: a full client library would cost a preview more time than all of its checks.
 */
export class EngineClient {
  private readonly options: http.RequestOptions | https.RequestOptions;
  /** Whether it has answered in this program: then it was there, and has gone. */
  hasAnswered = false;
  /** Keeps connections that take long to make; undefined where every request has one of its own. */
  private readonly agent?: http.Agent;

  /**
   * @param address see engineAddress
   * @throws ArgumentError where its certificates cannot be used
   */
  constructor(readonly address: EngineAddress) {
    const url = new URL(address.host);
    // What is asked beforehand goes over one connection.
    const keep = { keepAlive: true, maxSockets: 1, timeout: IDLE };
    if (url.protocol === "unix:") {
      // Not the URL's path: that has its spaces encoded.
      this.options = { socketPath: address.host.replace(/^unix:(\/\/)?/, "") };
    } else if (url.protocol === "ssh:") {
      this.agent = sshAgent(address, keep);
      this.options = {};
    } else if (url.protocol === "tcp:" || url.protocol === "http:") {
      const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
      this.options = {
        host,
        port: url.port || 80,
        ...(address.certificates && tlsOptions(address.certificates, host)),
      };
      if (address.certificates) this.agent = new https.Agent(keep);
    } else {
      throw new EngineError(0, say`berth cannot talk to ${address.host} itself`);
    }
  }

  /** Whether this engine runs on this machine, so that host paths, ports and routes are this machine's. */
  get local(): boolean {
    return this.address.host.startsWith("unix:");
  }

  /** Milliseconds in which a question of the beginning has to be answered: ssh has limits of its own before that. */
  get patience(): number {
    return this.address.host.startsWith("ssh:") ? 60_000 : 5_000;
  }

  /** Lets changes that take long go beside one another, each over a connection of its own. */
  widen(): void {
    if (this.agent) this.agent.maxSockets = 6;
  }

  /** Ends the connections that are kept; else they end with the program, or when they have not been used for a while. */
  close(): void {
    this.agent?.destroy();
  }

  /** Whether berth can talk to an engine at this address at all. */
  static supports(address: EngineAddress): boolean {
    return /^(unix|tcp|http|ssh):/.test(address.host);
  }

  /** Sends one request; the body and the answer are JSON. */
  async request<T>(method: string, path: string, body?: unknown, timeout = 30_000): Promise<T> {
    const raw = await this.raw(method, path, body, timeout);
    return (raw.length ? JSON.parse(raw.toString("utf8")) : undefined) as T;
  }

  /** Like `request`, for answers that are not JSON. */
  async raw(method: string, path: string, body?: unknown, timeout = 30_000): Promise<Buffer> {
    const content = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
    return this.collect(
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
  stream(
    method: string,
    path: string,
    body?: RequestBody,
    timeout = 600_000,
    headers: http.OutgoingHttpHeaders = {},
  ): Promise<http.IncomingMessage> {
    const transport = this.address.certificates ? https : http;
    return new Promise((resolve, reject) => {
      const request = transport.request(
        {
          ...this.options,
          method,
          path,
          timeout,
          agent: this.agent ?? false,
          headers: {
            ...headers,
            Host: "docker",
            ...(body && { "Content-Type": body.type }),
            ...(body?.length !== undefined && { "Content-Length": body.length }),
          },
        },
        (response) => {
          const status = response.statusCode ?? 0;
          this.hasAnswered = true;
          if (status < 400) return resolve(response);
          this.collect(response).then((content) => reject(new EngineError(status, errorMessage(content))), reject);
        },
      );
      request.on("timeout", () => request.destroy(new EngineError(0, say`no answer within ${timeout / 1000} s`)));
      request.on("error", (error) => {
        // A connection that was kept may have ended just now; a question can be asked again.
        if (request.reusedSocket && method === "GET" && !(error instanceof EngineError))
          return this.stream(method, path, body, timeout, headers).then(resolve, reject);
        reject(this.gone(this.address.certificates ? tlsFailure(error, !request.reusedSocket) : error));
      });
      if (body === undefined || Buffer.isBuffer(body.content)) return request.end(body?.content);
      // The file's errors end the request; the request's own are told above.
      body.content.on("error", (error) => request.destroy(error));
      request.on("close", () => (body.content as Readable).destroy());
      body.content.pipe(request);
    });
  }

  /**
   * A request after which both sides talk to one another as they like: a command inside a container.
   *
   * @returns what came already, and the connection
   */
  hijack(path: string, body: object, timeout = 30_000): Promise<{ head: Buffer; socket: Duplex }> {
    const transport = this.address.certificates ? https : http;
    const content = JSON.stringify(body);
    return new Promise((resolve, reject) => {
      const request = transport.request({
        ...this.options,
        method: "POST",
        path,
        timeout,
        agent: this.agent ?? false,
        headers: {
          Host: "docker",
          Connection: "Upgrade",
          Upgrade: "tcp",
          "Content-Type": "application/json",
          "Content-Length": Buffer.byteLength(content),
        },
      });
      request.on("upgrade", (_response, socket, head) => {
        this.hasAnswered = true;
        socket.setTimeout?.(0);
        resolve({ head, socket });
      });
      request.on("response", (response) => {
        const refuse = (text: Buffer) => reject(new EngineError(response.statusCode ?? 0, errorMessage(text)));
        this.collect(response).then(refuse, reject);
      });
      request.on("timeout", () => request.destroy(new EngineError(0, say`no answer within ${timeout / 1000} s`)));
      request.on("error", (error) => reject(this.gone(error)));
      request.end(content);
    });
  }

  /** What breaks off a connection, in words that say what to do, where the engine was there before. */
  gone(error: Error): Error {
    if (!this.hasAnswered || error instanceof EngineError) return error;
    return new Error(
      say`the engine at ${this.address.host} does not answer any more (${error.message}); start it and run \`up\` again, which goes on from there`,
    );
  }

  private async collect(response: http.IncomingMessage): Promise<Buffer> {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of response) chunks.push(chunk as Buffer);
    } catch (error) {
      throw this.gone(error as Error);
    }
    return Buffer.concat(chunks);
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

/**
 * Looks for the engine that the provider wants to find beside that of a context.
 *
 * @throws ArgumentError where none answers
 */
export async function checkBesides({ host, besides }: EngineAddress): Promise<void> {
  if (besides === undefined || !EngineClient.supports({ host: besides })) return;
  try {
    await new EngineClient({ host: besides }).raw("GET", "/_ping", undefined, 5_000);
  } catch {
    throw new ArgumentError(
      "docker:context",
      say`the Docker provider looks for an engine at ${besides} as well, and none answers there`,
      say`remove the context (DOCKER_CONTEXT), and run \`pulumi config set docker:host ${host}\` in its place`,
    );
  }
}

function errorMessage(content: Buffer): string {
  const text = content.toString("utf8").trim();
  if (/HTTP request to an HTTPS server/.test(text))
    return say`it wants TLS: set docker:certPath (${withoutStop(text)})`;
  try {
    return (JSON.parse(text) as { message?: string }).message ?? text;
  } catch {
    return text;
  }
}

/** What a container writes, as it comes; `error` is its standard error. */
export interface Piece {
  error: boolean;
  data: Buffer;
}

/** Takes the frames of a stream apart, see `demultiplex`; what a terminal writes has none. */
export async function* pieces(stream: AsyncIterable<Buffer>, framed: boolean): AsyncGenerator<Piece> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of stream) {
    if (!framed) {
      yield { error: false, data: chunk };
      continue;
    }
    rest = rest.length ? Buffer.concat([rest, chunk]) : chunk;
    while (rest.length >= 8) {
      if (rest[0]! > 2 || rest.readUIntBE(1, 3) !== 0)
        throw new Error(say`the engine sent a log that is not in frames`);
      const end = 8 + rest.readUInt32BE(4);
      if (rest.length < end) break;
      yield { error: rest[0] === 2, data: rest.subarray(8, end) };
      rest = rest.subarray(end);
    }
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
