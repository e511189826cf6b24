import { mkdtempSync, rmSync } from "node:fs";
import * as http from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EngineClient } from "../../core/engines/dockerApi/connection/client";

/** What a call is answered with: a body (JSON unless it is a Buffer), with its status where that is not 200. */
export type Answer = { status?: number; headers?: http.OutgoingHttpHeaders; body?: unknown } | "silence";

/** A Docker engine of a few canned answers, on a socket of its own, that writes down what it is asked. */
export class FakeEngine {
  readonly folder = mkdtempSync(join(tmpdir(), "berth engine-"));
  readonly socket = join(this.folder, "docker.sock");
  readonly client = new EngineClient({ host: `unix://${this.socket}` });
  /** `METHOD /path`, with the body where there was one, in order. */
  calls: (string | [string, unknown])[] = [];
  /** Headers of the latest call. */
  headers: http.IncomingHttpHeaders = {};
  private answers = new Map<string, Answer[]>();
  private readonly server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const call = `${request.method} ${decodeURIComponent(request.url ?? "")}`;
      const content = Buffer.concat(chunks);
      const sent = request.headers["content-type"] === "application/json" ? JSON.parse(content.toString()) : content;
      this.calls.push(content.length ? [call, sent] : call);
      this.headers = request.headers;
      const planned = this.answers.get(call) ?? [];
      // The last answer stays.
      const answer = planned.length > 1 ? planned.shift()! : planned[0];
      if (answer === "silence") return;
      const {
        status = 200,
        headers,
        body,
      } = answer ?? { headers: {}, status: 404, body: { message: `no such thing: ${call}` } };
      response.writeHead(status, headers);
      if (headers?.["Content-Length"]) {
        // It breaks off before all of it has come.
        response.write(body);
        setTimeout(() => response.destroy(), 20);
        return;
      }
      response.end(
        Buffer.isBuffer(body) || body === undefined ? body : typeof body === "string" ? body : JSON.stringify(body),
      );
    });
  });

  listen(): Promise<void> {
    return new Promise((resolve) => this.server.listen(this.socket, resolve));
  }

  /** Sets the answers to a call: one after another, the last for ever. */
  on(call: string, ...answers: Answer[]): this {
    this.answers.set(call, answers);
    return this;
  }

  /** Answers a call with a body. */
  says(call: string, ...bodies: unknown[]): this {
    return this.on(call, ...bodies.map((body) => ({ body })));
  }

  reset(): void {
    this.calls = [];
    this.answers = new Map();
  }

  /** Calls that change something. */
  changes(): (string | [string, unknown])[] {
    return this.calls.filter((call) => !String(Array.isArray(call) ? call[0] : call).startsWith("GET "));
  }

  /** Breaks off every connection. */
  hangUp(): void {
    this.server.closeAllConnections();
  }

  async close(): Promise<void> {
    this.hangUp();
    await new Promise((resolve) => this.server.close(resolve));
    rmSync(this.folder, { recursive: true });
  }
}

/** An engine for the tests of one file; between tests it forgets everything. */
export function useEngine(): FakeEngine {
  const engine = new FakeEngine();
  beforeAll(() => engine.listen());
  beforeEach(() => engine.reset());
  afterAll(() => engine.close());
  return engine;
}

/** Frames output as the engine does without a terminal: 1 is stdout, 2 is stderr. */
export function frame(kind: 0 | 1 | 2, text: string): Buffer {
  const head = Buffer.alloc(8);
  head[0] = kind;
  head.writeUInt32BE(Buffer.byteLength(text), 4);
  return Buffer.concat([head, Buffer.from(text)]);
}
