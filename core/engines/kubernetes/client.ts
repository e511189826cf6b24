import * as http from "node:http";
import * as https from "node:https";
import type { ClusterAccess } from "./kubeconfig";
import { say } from "../../description/say";

/** What an API server answered. */
export interface ClusterAnswer<T> {
  status: number;
  body: T | undefined;
}

/**
 * The few questions that berth asks a cluster before the provider does. Plain HTTPS: a full client library would
 * cost a preview more time than all of its checks.
 */
export class ClusterClient {
  private readonly transport: typeof http | typeof https;
  private readonly options: https.RequestOptions;

  constructor(readonly access: ClusterAccess) {
    const secure = access.server.startsWith("https:");
    this.transport = secure ? https : http;
    const agent = { keepAlive: true, maxSockets: 8 };
    this.options = {
      agent: secure ? new https.Agent(agent) : new http.Agent(agent),
      ...(secure && {
        ca: access.ca,
        cert: access.cert,
        key: access.key,
        servername: access.serverName,
        rejectUnauthorized: !access.insecure,
      }),
      headers: { accept: "application/json", ...(access.authorization && { authorization: access.authorization }) },
    };
  }

  /** Reads one object or list; a status such as 404 is an answer. */
  get<T>(path: string, timeout = 10_000): Promise<ClusterAnswer<T>> {
    return this.ask("GET", path, timeout);
  }

  /** Deletes one object; that it is not there is an answer, too. */
  delete(path: string): Promise<ClusterAnswer<{ message?: string }>> {
    return this.ask("DELETE", path, 10_000);
  }

  private ask<T>(method: string, path: string, timeout: number): Promise<ClusterAnswer<T>> {
    const url = new URL(this.access.server.replace(/\/$/, "") + path);
    return new Promise((resolve, reject) => {
      const request = this.transport.request(url, { ...this.options, method, timeout }, (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () => {
          let body: T | undefined;
          try {
            body = JSON.parse(Buffer.concat(chunks).toString("utf8")) as T;
          } catch {
            // A proxy in front may answer with a page; the status says enough.
          }
          resolve({ status: response.statusCode ?? 0, body });
        });
      });
      request.on("timeout", () => request.destroy(new Error(say`no answer within ${timeout / 1000} s`)));
      request.on("error", reject);
      request.end();
    });
  }

  /** Lets the program end: idle connections would hold it. */
  close(): void {
    (this.options.agent as http.Agent).destroy();
  }
}
