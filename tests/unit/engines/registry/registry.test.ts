import * as http from "node:http";
import * as net from "node:net";
import type { AddressInfo } from "node:net";
import { proxyFor, spared, withoutPassword } from "../../../../core/engines/dockerApi/registry/proxies";
import { reasonOf, Registry, remoteRepository } from "../../../../core/engines/dockerApi/registry/registry";
import { fromHere } from "../../../../core/engines/dockerApi/registry/way";
import { parseImage } from "../../../../core/description/names";
import { registries } from "../../registry";

const make = registries();
const opened: Registry[] = [];
const open = (...args: ConstructorParameters<typeof Registry>) => {
  const registry = new Registry(...args);
  opened.push(registry);
  return registry;
};
const closeAll = () => {
  for (const registry of opened) registry.close();
};
afterAll(closeAll);

test("a registry on this machine is asked without TLS; a tag has its digest", async () => {
  const there = await make();
  const digest = there.has("library/nginx", "1.27");
  const registry = open(there.host);
  await registry.ping();
  expect(registry.plain).toBe(true);
  expect(await registry.digest("library/nginx", "1.27")).toBe(digest);
  expect(there.calls).toContain("HEAD /v2/library/nginx/manifests/1.27");
  await expect(registry.digest("library/nginx", "1.28")).rejects.toMatchObject({ trouble: "missing" });
});

test("a registry that tells no digest is asked for the manifest itself", async () => {
  const there = await make();
  const digest = there.has("team/app", "1");
  there.shy = true;
  expect(await open(there.host).digest("team/app", "1")).toBe(digest);
});

test("what comes in place of a digest is not taken for it", async () => {
  const there = await make();
  there.has("team/app", `sha256:${"0".repeat(64)}`);
  const asked = open(there.host).manifest("team/app", `sha256:${"0".repeat(64)}`);
  await expect(asked).rejects.toMatchObject({ trouble: "strange" });
});

test("all pages of tags are read", async () => {
  const there = await make();
  for (let minor = 0; minor < 25; minor += 1) there.has("team/app", `1.${minor}`);
  there.page = 10;
  expect(await open(there.host).tags("team/app")).toHaveLength(25);
});

test.each(["basic", "token"] as const)("a login by %s is given where it is asked for", async (by) => {
  const there = await make();
  const digest = there.has("team/app", "1");
  there.login = { username: "ada", password: "hunter2", by };
  await expect(open(there.host).digest("team/app", "1")).rejects.toMatchObject({ trouble: "denied" });
  const login = async () => ({ username: "ada", password: "hunter2", serveraddress: there.host });
  expect(await open(there.host, { login }).digest("team/app", "1")).toBe(digest);
  const wrong = async () => ({ username: "ada", password: "hunter3", serveraddress: there.host });
  const refused = open(there.host, { login: wrong }).digest("team/app", "1");
  await expect(refused).rejects.toMatchObject({ trouble: "denied" });
  await expect(refused).rejects.not.toThrow(/hunter/);
});

test("a token of `docker login` is given as one", async () => {
  const there = await make();
  const digest = there.has("team/app", "1");
  there.login = { username: "ada", password: "hunter2", by: "token", identitytoken: "abc123" };
  const login = async () => ({ identitytoken: "abc123", serveraddress: there.host });
  expect(await open(there.host, { login }).digest("team/app", "1")).toBe(digest);
});

test("a credential helper that is silent is not waited for", async () => {
  const there = await make();
  there.has("team/app", "1");
  there.login = { username: "ada", password: "hunter2", by: "token" };
  const asked = open(there.host, { login: () => new Promise(() => {}), patience: 1_000 }).digest("team/app", "1");
  await expect(asked).rejects.toThrow(/its credential helper is silent/);
});

test("the beginning of a layer is read, and no more of it", async () => {
  const there = await make();
  const digest = there.has("team/app", "1");
  const registry = open(there.host);
  const { manifest } = await registry.manifest("team/app", digest);
  expect(await registry.part("team/app", manifest.layers![0]!.digest, 1000)).toHaveLength(1000);
});

test("silence ends after the time limit; nobody and silence are told apart", async () => {
  const there = await make();
  there.silent = true;
  const started = Date.now();
  await expect(open(there.host, { patience: 300 }).ping()).rejects.toThrow(/no answer in time/);
  expect(Date.now() - started).toBeLessThan(2_000);
  const { host } = there;
  await there.close();
  await expect(open(host).ping()).rejects.toThrow(`${host} does not answer (nobody listens there)`);
});

test("a proxy leads to what lies behind it, and its password goes to nobody else", async () => {
  const there = await make();
  there.has("team/app", "1");
  const asked: [string | undefined, string | undefined][] = [];
  const proxy = http.createServer();
  proxy.on("connect", (request: http.IncomingMessage, client: net.Socket) => {
    asked.push([request.url, request.headers["proxy-authorization"]]);
    const [, port] = there.host.split(":");
    const onward = net.connect(Number(port), "127.0.0.1", () => {
      client.write("HTTP/1.1 200 OK\r\n\r\n");
      client.pipe(onward).pipe(client);
    });
    onward.on("error", () => client.destroy());
    client.on("error", () => onward.destroy());
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  const { port } = proxy.address() as AddressInfo;
  const env = { HTTP_PROXY: `http://ada:hunter2@127.0.0.1:${port}` };
  await open("http://registry.example", { way: fromHere(env) }).ping();
  expect(asked).toEqual([["registry.example:80", `Basic ${Buffer.from("ada:hunter2").toString("base64")}`]]);
  closeAll();
  await new Promise((resolve) => proxy.close(resolve));
  const gone = open("http://registry.example", { way: fromHere(env) }).ping();
  await expect(gone).rejects.toThrow(/nobody listens there/);
  await expect(gone).rejects.not.toThrow(/hunter2/);
});

test("NO_PROXY is read as Go reads it", () => {
  const list = "localhost, .lan,10.0.0.0/8 registry.example:5000,fd00::/8";
  for (const host of ["localhost", "gpu1.lan", "10.1.2.3"]) expect(spared(list, host)).toBe(true);
  expect(spared(list, "registry.example", "5000")).toBe(true);
  expect(spared(list, "registry.example", "443")).toBe(false);
  for (const host of ["notlan", "11.0.0.1", "hub.example"]) expect(spared(list, host)).toBe(false);
  expect(spared("*", "anything")).toBe(true);
  const env = { https_proxy: "proxy.lan:3128", no_proxy: list };
  expect(proxyFor(new URL("https://hub.example/v2/"), env)?.href).toBe("http://proxy.lan:3128/");
  expect(proxyFor(new URL("http://hub.example/v2/"), env)).toBeUndefined();
  expect(proxyFor(new URL("https://gpu1.lan"), env)).toBeUndefined();
  expect(proxyFor(new URL("https://127.0.0.1:5000"), { HTTPS_PROXY: "http://p:1" })).toBeUndefined();
  expect(withoutPassword("http://ada:hunter2@proxy.lan:3128/")).toBe("http://***@proxy.lan:3128/");
});

test("a repository is called as its registry calls it", () => {
  const of = (image: string) => remoteRepository(parseImage(image, "image"));
  expect(["nginx", "docker.io/nginx:1", "bitnami/nginx", "ghcr.io/nginx"].map(of)).toEqual([
    "library/nginx",
    "library/nginx",
    "bitnami/nginx",
    "nginx",
  ]);
});

test("an error of a connection is told in a few words", () => {
  expect(reasonOf(Object.assign(new Error("connect ECONNREFUSED ::1:1"), { code: "ECONNREFUSED" }))).toBe(
    "nobody listens there",
  );
  expect(reasonOf(new Error("something else."))).toBe("something else");
  expect(reasonOf(Object.assign(new Error(""), { code: "EODD" }))).toBe("EODD");
});
