import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { onPath } from "../../../cli/tools";
import { SshGpuContainer, type SshGpuContainerArgs } from "../../../components/sshGpuContainer";
import { describeIf } from "../../skips";
import { CONTAINER, IMAGE, names, nameOf, value, VOLUME, type World, world } from "../mocks";
import { sentence } from "../refusal";

const KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAII3rR+McBsi68BWJHq2q4E3ne1HT9q2uSof5oClgCMaM";
const OTHER =
  "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBAWZCueEuLawKJ+V6dYpWTIsCn25Mul0KCEc9ogNWrwJlUfcQPG6PRoHy3fqpcpQndWIKJJifhup1XfUD0nOlQw=";
const SERVER = join(__dirname, "../../../core/containerFiles/sshServer");
const file = (name: string) => readFileSync(join(SERVER, name), "utf8");

let w: World;
beforeEach(async () => {
  w = await world({ config: { "berth:owner": "me" } });
});
const box = (args: Partial<SshGpuContainerArgs> = {}) =>
  new SshGpuContainer("box", { image: "pytorch/pytorch", authorizedKeys: [KEY], ...args });
async function inputs(args?: Partial<SshGpuContainerArgs>): Promise<Record<string, unknown>> {
  box(args);
  await w.done();
  return w.one(CONTAINER).inputs;
}
type Upload = { file: string; content: string; permissions: string };
const uploads = ({ uploads }: Record<string, unknown>) =>
  Object.fromEntries((uploads as Upload[]).map(({ file, content, permissions }) => [file, [content, permissions]]));

test("E2: the server, its port, read-only data, the folder of a login, and all GPUs", async () => {
  const made = await inputs({ data: ["/:/data"], workingDir: "/data", volumes: ["results:/out"] });
  expect(made).toMatchObject({
    image: "pytorch/pytorch",
    deviceRequests: [{ count: -1, capabilities: ["gpu"] }],
    entrypoints: ["/bin/sh", "/etc/berth-ssh/start.sh", "root", "/data"],
    workingDir: "/data",
    user: "root",
    ports: [{ internal: 22, external: 6000, ip: "", protocol: "tcp" }],
    volumes: [
      { containerPath: "/var/lib/berth-ssh", volumeName: "box-ssh" },
      { containerPath: "/data", hostPath: "/", readOnly: true },
      { containerPath: "/out", volumeName: "results" },
    ],
  });
  expect(made.command).toBeUndefined();
  expect(uploads(made)).toEqual({
    "/etc/berth-ssh/start.sh": [file("start.sh"), "0555"],
    "/etc/berth-ssh/sshd_config": [file("sshd_config"), "0444"],
    "/etc/berth-ssh/authorized_keys": [`${KEY}\n`, "0444"],
  });
});

test("service.volumes replaces the data, not the volume of the host keys", async () => {
  const { volumes } = await inputs({ data: ["/:/data"], service: { volumes: ["results:/out"] } });
  expect((volumes as { containerPath: string }[]).map(({ containerPath }) => containerPath)).toEqual([
    "/var/lib/berth-ssh",
    "/out",
  ]);
});

test("the host keys' volume outlives the stack", async () => {
  await inputs();
  expect(w.one(VOLUME, "box-ssh")).toMatchObject({ retainOnDelete: true });
});

test("a preview says how to log in", async () => {
  expect(await value(box({ port: 6022, user: "anna" }).login)).toBe("ssh -p 6022 anna@localhost");
  await w.done();
});

test("other ports, variables and files go beside its own", async () => {
  const made = await inputs({
    port: 6001,
    ports: ["8888:8888"],
    environment: { EPOCHS: 3 },
    service: { configs: [{ source: "motd", target: "/etc/motd", content: "hello" }], restart: "always" },
  });
  expect((made.ports as { external: number }[]).map(({ external }) => external)).toEqual([6001, 8888]);
  expect(made).toMatchObject({ envs: ["EPOCHS=3"], restart: "always" });
  expect(Object.keys(uploads(made))).toEqual([
    "/etc/berth-ssh/start.sh",
    "/etc/berth-ssh/sshd_config",
    "/etc/berth-ssh/authorized_keys",
    "/etc/motd",
  ]);
});

test("keys may come late, and are checked then", async () => {
  box({ authorizedKeys: [KEY, pulumi.output(Promise.resolve(`${OTHER} late`))] });
  await w.done();
  expect(uploads(w.one(CONTAINER).inputs)["/etc/berth-ssh/authorized_keys"]![0]).toBe(`${KEY}\n${OTHER} late\n`);
});

test.each([
  [
    "-----BEGIN OPENSSH PRIVATE KEY-----",
    "authorizedKeys[1]: is a private key, which must not leave its owner's machine",
  ],
  [KEY, "authorizedKeys[1]: is there already"],
])("a late key %.20s is refused", async (late, message) => {
  box({ authorizedKeys: [KEY, pulumi.output(Promise.resolve(late))] });
  await w.done();
  expect(w.lateErrors()).toEqual([expect.stringContaining(`SshGpuContainer "box": ${message}; `)]);
  expect(w.all(CONTAINER)).toEqual([]);
});

describe("installServer", () => {
  test("builds an image on top, once for each image beneath", async () => {
    box({ installServer: { network: "host", args: { HTTP_PROXY: "http://proxy.example" } } });
    new SshGpuContainer("other", {
      image: "pytorch/pytorch",
      authorizedKeys: [KEY],
      port: 6001,
      installServer: { network: "host", args: { HTTP_PROXY: "http://proxy.example" } },
    });
    await w.done();
    const image = w.one(IMAGE);
    expect(image.name).toMatch(/^pytorch-ssh:[0-9a-f]{12}$/);
    expect(image.inputs).toMatchObject({
      name: image.name,
      build: {
        context: join(SERVER, "image"),
        dockerfile: join(SERVER, "image", "Dockerfile"),
        networkMode: "host",
        buildArgs: { BASE: "pytorch/pytorch", HTTP_PROXY: "http://proxy.example" },
      },
    });
    for (const name of ["box", "other"]) {
      expect(w.one(CONTAINER, name).inputs.image).toBe(image.name);
      expect(w.one(CONTAINER, name).dependencies.map(nameOf)).toContain(image.name);
    }
  });

  test("of another image is another one", async () => {
    box({ installServer: true });
    new SshGpuContainer("other", { image: "pytorch/pytorch:2", port: 1, authorizedKeys: [KEY], installServer: true });
    await w.done();
    expect(new Set(w.all(IMAGE).map(({ name }) => name)).size).toBe(2);
  });
});

test.each<[object, string]>([
  [{ authorizedKeys: undefined }, "authorizedKeys: is not a list"],
  [{ authorizedKeys: KEY }, "authorizedKeys: is text; give a list"],
  [{ authorizedKeys: [] }, "authorizedKeys: is empty, so nobody could log in"],
  [{ authorizedKeys: [KEY, "anna"] }, 'authorizedKeys[1]: "anna" is not a kind of public key'],
  [{ authorizedKeys: [KEY, null] }, "authorizedKeys[1]: null is not a public key"],
  [{ authorizedKeys: [KEY, `${KEY} again`] }, "authorizedKeys[1]: is there already"],
  [{ authorizedKeys: ["~/.ssh/id_ed25519"] }, "authorizedKeys[0]: ~/.ssh/id_ed25519 is not the file of a public key"],
  [
    { authorizedKeys: ["-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA"] },
    "authorizedKeys[0]: is a private key, which must not leave its owner's machine",
  ],
  [{ port: 0 }, "port: 0 is not a whole number in range"],
  [{ port: "ssh" }, "port: is text; give a number."],
  [{ user: "Anna B" }, 'user: "Anna B" is not the name of a user'],
  [{ user: "-o" }, 'user: "-o" is not the name of a user'],
  [{ data: "/data:/data" }, "data: is text; give a list."],
  [{ data: ["/data"] }, 'data[0]: "/data" names no folder in the container'],
  [{ data: ["/:data"] }, 'data[0]: "data" is not an absolute path'],
  [{ service: { volumes: ["/:data"] } }, 'service.volumes[0]: "data" is not an absolute path'],
  [{ workingDir: "data" }, "workingDir: "],
  [{ gpus: [-1] }, "gpus[0]: -1 is not a GPU"],
  [{ command: "bash" }, "command: the SSH server is what this container runs"],
  [{ service: { command: "bash" } }, "service.command: the SSH server is what this container runs"],
  [{ service: { entrypoint: ["bash"] } }, "service.entrypoint: the SSH server is what this container runs"],
  [{ service: { networkMode: "host" } }, "service.networkMode: on the host's network port 22 is the host's own"],
  [{ ports: pulumi.output(["80:80"]) }, "ports: is not a list that is known already"],
  [{ installServer: true, image: pulumi.output("i") }, "installServer: needs an image that is known already"],
  [{ installServer: true, image: "No Image" }, "image: "],
  [{ installServer: true, service: { image: "i" } }, "service.image: is given together with installServer"],
])("%j is refused, and nothing is made", async (args, message) => {
  expect(sentence(() => box(args as never))).toContain(`SshGpuContainer "box": ${message}`);
  await w.done();
  expect(names(w.resources)).toEqual([]);
});

test.each(["swarm", "kubernetes"] as const)("it is made on %s as well", async (engine) => {
  w = await world({ config: { "berth:engine": engine } });
  box({ gpus: { count: 1 }, port: 30022, ...(engine === "swarm" ? { sharedMemory: "engine" } : {}) });
  await w.done();
  expect(names(w.resources)).toEqual(expect.arrayContaining(["SshGpuContainer box"]));
  expect(w.all(CONTAINER)).toEqual([]);
  expect(w.lateErrors()).toEqual([]);
});

describe("the server's settings", () => {
  const settings = Object.fromEntries(
    file("sshd_config")
      .split("\n")
      .filter((line) => line && !line.startsWith("#"))
      .map((line) => line.split(/ (.*)/s) as [string, string]),
  );

  test("let nobody in without a key", () => {
    expect(settings).toMatchObject({
      AuthenticationMethods: "publickey",
      PasswordAuthentication: "no",
      KbdInteractiveAuthentication: "no",
      ChallengeResponseAuthentication: "no",
      HostbasedAuthentication: "no",
      PermitEmptyPasswords: "no",
      PermitRootLogin: "prohibit-password",
      UsePAM: "no",
      StrictModes: "yes",
    });
  });
});

describeIf(onPath("shellcheck") ? undefined : "no shellcheck on PATH", "the start script", () => {
  test("is clean", () => {
    const { status, stdout } = spawnSync("shellcheck", [join(SERVER, "start.sh")], { encoding: "utf8" });
    expect({ status, stdout }).toEqual({ status: 0, stdout: "" });
  });
});
