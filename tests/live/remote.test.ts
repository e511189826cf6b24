import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onPath } from "../../cli/tools";
import { missingDockerPlugin } from "../plugin";
import { describeIf } from "../skips";
import { Authority, missingOpenssl } from "../tlsEngine";
import type { Cases } from "./cases";
import { type HostUser, LabHost, missingHost } from "./host";
import { errorsOf, httpStatus, type Result, Stack, until } from "./liveStack";

const missingRemote = missingHost ?? (onPath("pulumi") ? missingDockerPlugin() : "no pulumi CLI on PATH");

let host: LabHost;
let stack: Stack;
let authority: Authority | undefined;

/** Runs the docker client on the host itself. */
const docker = (line: string) => host.exec(`docker ${line}`);
const names = (kind: "container" | "network" | "volume") =>
  docker(
    `${kind} ls ${kind === "container" ? "-a --format '{{.Names}}'" : "--format '{{.Name}}'"} --filter label=berth.stack`,
  )
    .split("\n")
    .filter(Boolean)
    .sort();

const declared = (network: string, text: string, more: Partial<Cases["services"][string]> = {}): Cases => ({
  networks: { [network]: {} },
  services: {
    web: {
      image: "busybox:lab",
      command: ["sh", "-c", "mkdir /www && echo $TEXT >/www/index.html && exec httpd -f -h /www"],
      environment: { TEXT: text },
      networks: [network],
      ports: ["8080:80"],
      volumes: ["data:/data"],
      healthcheck: { test: "wget -qO- http://127.0.0.1/", interval: "1s" },
      ...more,
    },
  },
});

const overSsh = (user: HostUser, ...more: string[]) => ({
  "docker:host": `ssh://${user}@${host.address}`,
  "docker:sshOpts": ["-F", host.sshSettings, ...more],
});

/** Settings of a stack whose engine listens with TLS. */
function overTls(folder: string): Record<string, string> {
  return { "docker:host": `tcp://${host.address}:2376`, "docker:certPath": folder };
}

const page = () => fetch(`http://${host.address}:8080/`).then((answer) => answer.text());

/** The whole life of a service: made, unchanged, changed, given other names, taken away. */
async function livesThere(): Promise<void> {
  stack.declare(declared("front", "one"));
  await stack.up();
  expect(await page()).toBe("one\n");
  expect(names("container")).toEqual(["web"]);
  expect(await stack.changes()).toEqual([]);

  // A change that replaces, which the engine's own check has to pass.
  stack.declare(declared("front", "two"));
  await stack.up();
  expect(await page()).toBe("two\n");

  // Changes in place, which berth itself makes on the living container.
  const id = docker("inspect --format '{{.Id}}' web");
  stack.declare(declared("front", "two", { containerName: "site", memLimit: "64m" }));
  await stack.up();
  expect(docker("inspect --format '{{.Id}} {{.HostConfig.Memory}}' site")).toBe(`${id} 67108864`);

  // The network has to let go of its container first.
  stack.declare(declared("back", "two", { containerName: "site", memLimit: "64m" }));
  await stack.up();
  expect(names("network")).toEqual(["back"]);
  expect(docker("inspect --format '{{range $name, $_ := .NetworkSettings.Networks}}{{$name}}{{end}}' site")).toBe(
    "back",
  );
  expect(await page()).toBe("two\n");
  expect(await stack.changes()).toEqual([]);

  await stack.destroy();
  expect(names("container")).toEqual([]);
  expect(names("network")).toEqual([]);
  docker("volume rm data");
  expect(await httpStatus(`http://${host.address}:8080/`)).toBe(0);
}

const refusal = async (settings: Record<string, unknown>): Promise<string> => {
  stack.set(settings);
  const result: Result = await stack.preview();
  expect(result.code).not.toBe(0);
  return errorsOf(result);
};

describeIf(missingRemote, "an engine behind ssh", () => {
  beforeAll(async () => {
    host = LabHost.up("remote");
    stack = await Stack.create("remote", { cases: declared("front", "one") });
  }, 300_000);
  afterAll(() => {
    authority?.close();
    host.down();
  }, 60_000);

  test("a host without Docker is one sentence", async () => {
    expect(await refusal(overSsh("root"))).toContain(
      `No Docker engine answers at ssh://root@${host.address}: its shell finds no docker client, which the way to its engine goes through: install it there (`,
    );
  }, 60_000);

  test("so are an engine that does not run, and a user who may not use it", async () => {
    host.exec("apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y docker.io >/dev/null 2>&1");
    host.exec("service docker stop; while pgrep dockerd; do sleep 0.1; done; rm -f /var/run/docker.sock");
    expect(await refusal(overSsh("root"))).toContain("no engine listens at the socket there: start it (");
    host.exec("service docker start");
    await until("the engine answers", () => host.works("docker version"));
    host.exec("docker load -qi /srv/busybox.tar && usermod -aG docker ada");
    expect(await refusal(overSsh("bob"))).toContain(
      "that user may not use the engine's socket: add the user to the group docker there",
    );
  }, 180_000);

  test("so are a key that is not taken, a host key that is not known, and a host that is not there", async () => {
    const before = Date.now();
    const noKey = ["-o", "IdentityFile=none", "-o", "IdentitiesOnly=yes"];
    expect(await refusal({ ...overSsh("root"), "docker:sshOpts": [...noKey, ...known()] })).toContain(
      "it takes none of your keys: check the user",
    );
    expect(await refusal(overSsh("root", "-o", "UserKnownHostsFile=/dev/null"))).toContain(
      "its host key is not known here",
    );
    expect(await refusal({ ...overSsh("root"), "docker:host": `ssh://root@${host.address}:9` })).toContain(
      "no SSH server listens there: check the port",
    );
    // Nothing waits for a password that nobody would see.
    expect(Date.now() - before).toBeLessThan(60_000);
  }, 120_000);

  test("a service lives there", async () => {
    stack.set(overSsh("ada"));
    await livesThere();
  }, 300_000);

  test("a preview makes one connection", async () => {
    stack.declare(declared("front", "one"));
    await stack.up();
    const before = host.sessions();
    expect(await stack.changes()).toEqual([]);
    expect(host.sessions() - before).toBe(1);
    await stack.destroy();
    docker("volume rm data");
  }, 120_000);

  test("images are built there, saved to a file here, and loaded from it", async () => {
    const folder = mkdtempSync(join(tmpdir(), "berth-remote-"));
    try {
      const context = join(folder, "context");
      mkdirSync(context);
      writeFileSync(join(context, "Dockerfile"), 'FROM busybox:lab\nCOPY text /text\nCMD ["cat", "/text"]\n');
      writeFileSync(join(context, "text"), "from here\n");
      const save = join(folder, "app.tar.gz");
      const config = { ...overSsh("ada"), "images:context": context, "images:image": "app:1", "images:save": save };
      const images = await Stack.create("images-remote", { config });
      await images.up();
      expect(docker("run --rm app:1")).toBe("from here");
      expect(await images.changes()).toEqual([]);
      await images.destroy();
      host.works("docker rmi app:1");
      expect(host.works("docker image inspect app:1")).toBe(false);

      images.set({
        "images:context": undefined,
        "images:image": undefined,
        "images:save": undefined,
        "images:load": save,
      });
      await images.up();
      expect(docker("run --rm app:1")).toBe("from here");
      await images.destroy();
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }, 180_000);

  test("a service of a Swarm lives there", async () => {
    docker(`swarm init --advertise-addr ${host.address}`);
    const service = (text: string): Cases => ({
      services: { worker: { image: "busybox:lab", command: ["sleep", "1000"], environment: { TEXT: text } } },
    });
    const swarm = await Stack.create("swarm-remote", {
      config: { ...overSsh("ada"), "berth:engine": "swarm" },
      cases: service("one"),
    });
    const variables = () => docker("service inspect --format '{{.Spec.TaskTemplate.ContainerSpec.Env}}' worker");
    await swarm.up();
    expect(variables()).toBe("[TEXT=one]");
    expect(await swarm.changes()).toEqual([]);
    swarm.declare(service("two"));
    await swarm.up();
    expect(variables()).toBe("[TEXT=two]");
    await swarm.destroy();
    expect(docker("service ls -q")).toBe("");
  }, 180_000);
});

/** The host's key, without the rest of the settings. */
const known = () => {
  const [file] = /(?<=UserKnownHostsFile )\S+/.exec(readFileSync(settingsFile(), "utf8")) ?? [];
  return ["-o", `UserKnownHostsFile=${file}`];
};
const settingsFile = () => join(host.sshSettings, "../keys", `${host.name}.config`);

describeIf(missingRemote ?? missingOpenssl, "an engine behind TLS", () => {
  let mine: string;
  beforeAll(async () => {
    host = LabHost.up("remote");
    stack = await Stack.create("remote-tls", { cases: declared("front", "one") });
    // With certificates as texts it stands before the setting.
    stack.variables = { DOCKER_HOST: undefined };
    authority = new Authority();
    mine = authority.issue("client");
    const server = authority.issue("server", { altName: `IP:${host.address}` });
    for (const name of ["ca.pem", "cert.pem", "key.pem"])
      host.write(`/etc/docker/tls/${name}`, readFileSync(join(server, name), "utf8"));
    const files =
      "--tlscacert /etc/docker/tls/ca.pem --tlscert /etc/docker/tls/cert.pem --tlskey /etc/docker/tls/key.pem";
    host.write(
      "/etc/default/docker",
      `DOCKER_OPTS="-H unix:///var/run/docker.sock -H tcp://0.0.0.0:2376 --tlsverify ${files}"\n`,
    );
    host.exec(
      "apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y -o Dpkg::Options::=--force-confold docker.io >/dev/null 2>&1; service docker start || true",
    );
    await until("the engine answers", () => host.works("docker version"));
    host.exec("docker load -qi /srv/busybox.tar");
  }, 300_000);
  afterAll(() => {
    authority?.close();
    host.down();
  }, 60_000);

  test("a service lives there", async () => {
    stack.set(overTls(mine));
    await livesThere();
  }, 300_000);

  test("images are built there", async () => {
    const context = mkdtempSync(join(tmpdir(), "berth-remote-"));
    try {
      writeFileSync(join(context, "Dockerfile"), 'FROM busybox:lab\nCMD ["echo", "from here"]\n');
      const config = { ...overTls(mine), "images:context": context, "images:image": "app:1" };
      const images = await Stack.create("images-remote", { config });
      await images.up();
      expect(docker("run --rm app:1")).toBe("from here");
      expect(await images.changes()).toEqual([]);
      await images.destroy();
    } finally {
      rmSync(context, { recursive: true, force: true });
    }
  }, 120_000);

  test("certificates as secrets of the stack, of which nothing is in clear", async () => {
    const key = readFileSync(join(mine, "key.pem"), "utf8");
    stack.set({ "docker:certPath": undefined });
    for (const part of ["ca", "cert", "key"])
      await stack.secret(`docker:${part}Material`, readFileSync(join(mine, `${part}.pem`), "utf8"));
    stack.declare(declared("front", "one"));
    await stack.up();
    expect(await page()).toBe("one\n");
    expect(await stack.changes()).toEqual([]);
    await stack.destroy();
    expect(stack.stateText()).not.toContain(key.split("\n")[3]);
    stack.set({ "docker:caMaterial": undefined, "docker:certMaterial": undefined, "docker:keyMaterial": undefined });
  }, 120_000);

  test("certificates that do not fit are one sentence each", async () => {
    const stranger = new Authority();
    try {
      const strangers = stranger.issue("client");
      expect(await refusal(overTls(strangers))).toContain(
        "its certificate is not signed by the authority in ca.pem (caMaterial)",
      );
      stack.set({ "docker:certPath": undefined });
      const { cert, key } = { cert: join(strangers, "cert.pem"), key: join(strangers, "key.pem") };
      for (const [part, file] of Object.entries({ ca: join(mine, "ca.pem"), cert, key }))
        await stack.secret(`docker:${part}Material`, readFileSync(file, "utf8"));
      expect(await refusal({ "docker:host": `tcp://${host.address}:2376` })).toMatch(
        /it refuses this certificate: cert\.pem \(certMaterial\) is not signed by the authority it trusts/,
      );
      stack.set({ "docker:caMaterial": undefined, "docker:certMaterial": undefined, "docker:keyMaterial": undefined });
      expect(await refusal({ "docker:host": `tcp://${host.address}:2376` })).toMatch(
        /No Docker engine answers at tcp:.*it wants TLS: set docker:certPath/,
      );
    } finally {
      stranger.close();
    }
  }, 120_000);
});
