import * as http from "node:http";
import type { AddressInfo } from "node:net";
import type { Manifest } from "../../../../core/mapping/kubernetes/manifest";
import { clusterSessionFor, connectCluster } from "../../../../core/engines/kubernetes/session";
import { refusal } from "../../refusal";
import { world } from "../../mocks";

const service = (name: string, nodePort?: number, namespace?: string): Manifest => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name, namespace },
  spec: { ports: [{ port: 80, nodePort }] },
});

/** An API server that gives the answers written down for it, by path. */
async function apiServer(answers: Record<string, [number, object]>) {
  const asked: string[] = [];
  const headers: http.IncomingHttpHeaders[] = [];
  const sockets = new Set<unknown>();
  const server = http.createServer((request, response) => {
    sockets.add(request.socket);
    asked.push(request.url!);
    headers.push(request.headers);
    const [status, body] = answers[request.url!] ?? [404, {}];
    response.writeHead(status).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  servers.push(server);
  return { url, asked, headers, sockets };
}
const servers: http.Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});
const kubeconfig = (server: string, user: object = { token: "t" }) =>
  JSON.stringify({
    "current-context": "lab",
    contexts: [{ name: "lab", context: { cluster: "lab", user: "me" } }],
    clusters: [{ name: "lab", cluster: { server } }],
    users: [{ name: "me", user }],
  });
const message = async (run: Promise<unknown>): Promise<string> => {
  const error = await run.then(
    () => new Error("not refused"),
    (reason: Error) => reason,
  );
  return error.message;
};

describe("two objects of one program", () => {
  beforeEach(() => world());

  test("may not have one kind, namespace and name", () => {
    const session = clusterSessionFor();
    session.claim(service("web"), "WebApp a");
    session.claim(service("web", undefined, "production"), "WebApp b");
    session.claim({ ...service("web"), kind: "Deployment", spec: {} }, "WebApp a");
    // Without a namespace it is the provider's.
    expect(refusal(() => session.claim(service("web", undefined, "default"), "WebApp c"))).toBe(
      "name: the Service web in the namespace default is declared by WebApp a already; give each its own name, or another namespace.",
    );
  });

  test("are not taken over as containers are", async () => {
    await world({ config: { "berth:adopt": '["web"]' } });
    const session = clusterSessionFor();
    session.claim(service("other"), "WebApp b");
    expect(refusal(() => session.claim(service("web"), "WebApp a"))).toBe(
      "berth:adopt: takes over what a Docker engine has, and web is a Service of a cluster; take the name out of it; where that object is there already, the preview shows the command that hands it over.",
    );
  });

  test("may not have one node port, in whatever namespace", () => {
    const session = clusterSessionFor();
    session.claim(service("a", 32600), "WebApp a");
    expect(refusal(() => session.claim(service("b", 32600, "production"), "WebApp b", () => "nodePort"))).toBe(
      "nodePort: the node port 32600 is taken by WebApp a; choose another one.",
    );
    session.claim(service("c", 32601), "WebApp c");
  });
});

describe("a cluster that answers", () => {
  const live = { items: [{ metadata: { name: "old", namespace: "shop" }, spec: { ports: [{ nodePort: 30080 }] } }] };

  test("has node ports that are taken; a service's own is not", async () => {
    const { url, headers } = await apiServer({ "/api/v1/services": [200, live] });
    await world({ config: { "kubernetes:kubeconfig": kubeconfig(url) } });
    await connectCluster();
    expect(headers[0]!.authorization).toBe("Bearer t");
    const session = clusterSessionFor();
    session.claim(service("old", 30080, "shop"), "WebApp old");
    await world({ config: { "kubernetes:kubeconfig": kubeconfig(url) } });
    await connectCluster();
    expect(refusal(() => clusterSessionFor().claim(service("new", 30080, "shop"), "WebApp new"))).toBe(
      "ports: the node port 30080 is taken by the service old in the namespace shop of the cluster; choose another one.",
    );
  });

  test("keeps what others have made, and gives back what this stack has made", async () => {
    const deployment: Manifest = { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "web" } };
    const path = "/apis/apps/v1/namespaces/default/deployments/web";
    const answers: Record<string, [number, object]> = { "/api/v1/services": [200, { items: [] }] };
    const { url, asked, sockets } = await apiServer(answers);
    await world({ config: { "kubernetes:kubeconfig": kubeconfig(url), "berth:owner": "ci" } });
    await connectCluster();
    const session = clusterSessionFor();

    await session.checkOwner(deployment);
    expect(asked).toContain(path);
    // The connection of the look is the one that everything else goes over.
    expect(sockets.size).toBe(1);
    answers[path] = [200, { metadata: { annotations: { "berth.stack": "berth/test", "berth.owner": "ci" } } }];
    await session.checkOwner(deployment);
    answers[path] = [200, { metadata: { annotations: { "berth.stack": "berth/test", "berth.owner": "other" } } }];
    expect(await message(session.checkOwner(deployment))).toBe(
      "name: the Deployment web in the namespace default is there already and was not made by this stack; choose another name, delete it, or hand it over with `kubectl annotate deployment web -n default --overwrite berth.stack=berth/test berth.owner=ci`.",
    );
    answers["/api/v1/namespaces/production"] = [200, { metadata: {} }];
    expect(
      await message(session.checkOwner({ apiVersion: "v1", kind: "Namespace", metadata: { name: "production" } })),
    ).toContain("the Namespace production is there already");
  });

  test("and refuses the login is said in one sentence", async () => {
    const { url } = await apiServer({ "/api/v1/services": [401, {}] });
    await world({ config: { "kubernetes:kubeconfig": kubeconfig(url) } });
    expect(await message(connectCluster())).toBe(
      `The cluster at ${url} (context "lab") refuses the login; renew it with your cluster's own tool.`,
    );
  });

  test("but may not be listed is left to the API server", async () => {
    const { url } = await apiServer({ "/api/v1/services": [403, { kind: "Status" }] });
    await world({ config: { "kubernetes:kubeconfig": kubeconfig(url) } });
    await connectCluster();
    expect(clusterSessionFor().snapshot).toEqual({ server: url, nodePorts: [] });
  });
});

describe("no cluster", () => {
  test("that answers", async () => {
    const { url } = await apiServer({});
    servers.splice(0).forEach((server) => void server.close());
    await world({ config: { "kubernetes:kubeconfig": kubeconfig(url) } });
    const said = await message(connectCluster());
    expect(said).toMatch(
      /^No Kubernetes cluster answers at http:\/\/127\.0\.0\.1:\d+ \(context "lab"\): .*ECONNREFUSED.*\. Start it, or name one with KUBECONFIG/,
    );
    expect(said).not.toContain("\n");
  });

  test("that berth can ask itself is no error, but said", async () => {
    const { url } = await apiServer({ "/api/v1/services": [401, {}] });
    const w = await world({
      config: { "kubernetes:kubeconfig": kubeconfig(url, { "auth-provider": { name: "oidc" } }) },
    });
    await connectCluster();
    expect(clusterSessionFor().snapshot).toBeUndefined();
    expect(w.warnings).toEqual([expect.stringContaining("is reached by the provider only")]);
  });

  test("is named at all", async () => {
    await world({ config: { "kubernetes:kubeconfig": "/none/config" } });
    expect(await message(connectCluster())).toBe(
      "No Kubernetes cluster is known: there is no kubeconfig at /none/config; name one with KUBECONFIG, or `pulumi config set kubernetes:kubeconfig` and `kubernetes:context`; `berth plan` shows the plan without one.",
    );
  });
});
