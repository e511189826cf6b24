import { readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { FakeSsh } from "../fakeSsh";
import { describeIf } from "../skips";
import { Authority, missingOpenssl, TlsFront } from "../tlsEngine";
import { cleanUp, missingCli, Project } from "./harness";

cleanUp();

/** Settings under which everything that berth itself does on an engine happens: in place, anew, asked beforehand. */
async function changesThere(project: Project): Promise<void> {
  await project.up();
  expect(project.containers()).toEqual(["nginx01"]);
  expect(await project.changes()).toEqual([]);

  // A hook of berth's own renames the living container.
  const { Id } = project.container("nginx01");
  project.configure({ "nginx:containerName": "site" });
  await project.up();
  expect(project.container("site").Id).toBe(Id);

  // A port of somebody else's is known before anything is made.
  project.foreignContainer("shop", 8080);
  project.configure({ "nginx:port": 8080 });
  const refused = await project.tryUp();
  expect(refused.code).not.toBe(0);
  expect(refused.output).toContain("host port 8080 is taken by the container shop (foreign)");
  project.configure({ "nginx:port": undefined });
  await project.destroy();
}

describeIf(missingCli, "an engine behind ssh", () => {
  const ssh = new FakeSsh();
  let project: Project;
  const address = { host: "" };
  beforeAll(async () => {
    project = await Project.create({ stack: "nginx" });
    address.host = project.environment.DOCKER_HOST!;
    ssh.leadTo(address.host);
    project.variables = { DOCKER_HOST: undefined, PATH: `${ssh.bin}${delimiter}${project.environment.PATH}` };
    project.configure({ "docker:host": "ssh://ada@gpu1:2222", "docker:sshOpts": ["-i", "a key"] });
  }, 60_000);
  beforeEach(() => {
    ssh.leadTo(address.host).takeCalls();
  });
  afterAll(() => ssh.close());

  test("is asked and changed as one of this machine", async () => {
    await changesThere(project);
    const calls = ssh.takeCalls();
    expect(calls.length).toBeGreaterThan(0);
    for (const call of calls)
      expect(call).toEqual(expect.arrayContaining(["ada", "2222", "a key", "gpu1", "docker system dial-stdio"]));
  }, 120_000);

  test("is asked over one connection by a preview, and its site has its name", async () => {
    await project.up();
    ssh.takeCalls();
    expect(await project.changes()).toEqual([]);
    expect(ssh.takeCalls()).toHaveLength(1);
    const { stdout } = await project.must(["stack", "output", "--stack", "nginx", "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({ url: "http://gpu1:666" });
  }, 60_000);

  test("is asked over one connection for the status, and its page is on that host", async () => {
    await project.up();
    ssh.takeCalls();
    const berth = (...args: string[]) => project.run(process.execPath, ["cli/berth.js", ...args]);
    expect(await berth("status", "nginx")).toMatchObject({ code: 0 });
    expect(ssh.takeCalls()).toHaveLength(1);
    expect(await berth("open", "nginx")).toMatchObject({ code: 0, output: "http://gpu1:666\n" });
  }, 60_000);

  test("refuses in one sentence, and nothing is made", async () => {
    project.store.takeJournal();
    ssh.plan({ says: "Host key verification failed.\r\n", code: 255 });
    const { code, output } = await project.tryUp();
    expect(code).not.toBe(0);
    expect(output).toContain(
      "No Docker engine answers at ssh://ada@gpu1:2222: its host key is not known here: connect once with `ssh` and compare the key, or add it to known_hosts (Host key verification failed).",
    );
    expect(output).not.toMatch(/^\s+at .*:\d+:\d+/m);
    expect(project.store.takeJournal()).toEqual([]);
    expect(ssh.takeCalls()).toHaveLength(1);
  }, 60_000);

  test("`berth look` says what is missing", async () => {
    ssh.plan({ says: "sh: 1: docker: not found\n", code: 127 });
    const { output } = await project.run(process.execPath, ["cli/berth.js", "look", "nginx"]);
    expect(output).toContain(
      "this machine lacks a Docker engine at ssh://ada@gpu1:2222 (its shell finds no docker client",
    );
  }, 60_000);
});

describeIf(missingCli ?? missingOpenssl, "an engine behind TLS", () => {
  let authority: Authority;
  let front: TlsFront;
  let project: Project;
  let mine: string;
  let host: string;
  beforeAll(async () => {
    authority = new Authority();
    mine = authority.issue("client");
    project = await Project.create({ stack: "nginx" });
    front = new TlsFront(authority.issue("server", { altName: "IP:127.0.0.1" }), project.environment.DOCKER_HOST!);
    host = `tcp://127.0.0.1:${await front.listen()}`;
    project.variables = { DOCKER_HOST: undefined };
  }, 60_000);
  afterAll(async () => {
    await front.close();
    authority.close();
  });

  test("is asked and changed as one of this machine", async () => {
    project.configure({ "docker:host": host, "docker:certPath": mine });
    await changesThere(project);
    expect(front.connections).toBeGreaterThan(0);
    const { code, output } = await project.run(process.execPath, ["cli/berth.js", "status", "nginx"]);
    expect({ code, output }).toEqual({ code: 1, output: expect.stringContaining("missing") });
  }, 120_000);

  test("takes certificates that are secrets of the stack, and says nothing of them", async () => {
    project.configure({ "docker:certPath": undefined });
    const texts = ["ca", "cert", "key"].map((part) => readFileSync(join(mine, `${part}.pem`), "utf8"));
    for (const [index, part] of ["ca", "cert", "key"].entries())
      await project.must(["config", "set", "--stack", "nginx", "--secret", `docker:${part}Material`], {
        input: texts[index]!,
      });
    front.connections = 0;
    const said = [(await project.up()).output, (await project.preview("--diff")).output];
    expect(front.connections).toBeGreaterThan(0);
    said.push((await project.must(["stack", "export", "--stack", "nginx"])).output);
    for (const text of texts) expect(said.filter((output) => output.includes(text.split("\n")[3]!))).toEqual([]);
    const { code, output } = await project.run(process.execPath, ["cli/berth.js", "status", "nginx"]);
    expect([code, output]).toEqual([
      1,
      "error: docker:caMaterial: is a secret of the stack, which only the Pulumi CLI can read; keep certificates in a folder and name it with docker:certPath\n",
    ]);
  }, 60_000);
});
