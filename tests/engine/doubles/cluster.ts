import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";

export interface ServicePort {
  port: number;
  nodePort?: number;
}

/** An object of a cluster, as far as berth and its tests look at it. */
export interface ClusterObject {
  apiVersion: string;
  kind: string;
  metadata: {
    name: string;
    namespace?: string;
    annotations?: Record<string, string>;
    uid?: string;
    resourceVersion?: string;
    generation?: number;
  };
  spec?: Record<string, unknown> & { ports?: ServicePort[] };
  [field: string]: unknown;
}

/** What is "in the cluster": a file per object, so that the provider's double and the tests see the same. */
export class Cluster {
  private readonly objects: string;

  constructor(folder: string) {
    this.objects = join(folder, "cluster");
    mkdirSync(this.objects, { recursive: true });
  }

  list(kind?: string): ClusterObject[] {
    return readdirSync(this.objects)
      .filter((file) => file.endsWith(".json") && (kind === undefined || file.startsWith(`${kind} `)))
      .sort()
      .map((file) => JSON.parse(readFileSync(join(this.objects, file), "utf8")) as ClusterObject);
  }

  find(kind: string, name: string, namespace?: string): ClusterObject | undefined {
    return this.list(kind).find(
      ({ metadata }) => metadata.name === name && (namespace === undefined || metadata.namespace === namespace),
    );
  }

  put(object: ClusterObject): void {
    const file = this.file(object);
    writeFileSync(`${file}.part`, JSON.stringify(object, undefined, 1));
    renameSync(`${file}.part`, file);
  }

  remove(object: ClusterObject): void {
    rmSync(this.file(object), { force: true });
  }

  private file({ kind, metadata: { name, namespace = "" } }: ClusterObject): string {
    return join(this.objects, `${kind} ${namespace} ${name}.json`);
  }
}

/** The API server, as far as berth asks it: the Services of the cluster, and one object by its path. */
export class ApiServerDouble {
  private readonly server = http.createServer((request, response) => {
    const [status, body] = this.answer(request.method!, request.url!);
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  });

  constructor(private readonly cluster: Cluster) {}

  /** Begins to listen; returns a kubeconfig for `kubernetes:kubeconfig`. */
  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    const server = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
    return JSON.stringify({
      "current-context": "double",
      contexts: [{ name: "double", context: { cluster: "double", user: "me" } }],
      clusters: [{ name: "double", cluster: { server } }],
      users: [{ name: "me", user: { token: "t" } }],
    });
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  private answer(method: string, path: string): [status: number, body: object] {
    if (path === "/api/v1/services") return [200, { items: this.cluster.list("Service") }];
    const namespace = /^\/api\/v1\/namespaces\/([^/]+)$/.exec(path)?.[1];
    // Namespaces that every cluster has.
    if (namespace !== undefined && /^(?:default|kube-.*)$/.test(namespace))
      return [200, { metadata: { name: namespace } }];
    const parts = /^\/(?:api|apis\/apps)\/v1(?:\/namespaces\/([^/]+))?\/(\w+)s\/([^/]+)$/.exec(path);
    const found =
      parts &&
      this.cluster
        .list()
        .find(
          ({ kind, metadata: { name, namespace } }) =>
            kind.toLowerCase() === parts[2] && name === parts[3] && namespace === parts[1],
        );
    if (found && method === "DELETE") this.cluster.remove(found);
    return found ? [200, found] : [404, {}];
  }
}
