import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { JupyterHub, type JupyterHubArgs } from "../../../components/jupyterHub";
import { JupyterServer, type JupyterServerArgs } from "../../../components/jupyterServer";
import { CONTAINER, names, value, VOLUME, type World, world } from "../mocks";
import { sentence } from "../refusal";
import { CERTIFICATE, ENDED, KEY, OTHER_KEY } from "./certificates";

const folder = mkdtempSync(join(tmpdir(), "berth-jupyter-"));
const write = (name: string, content: string) => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};
const tls = { certificate: write("cert.pem", CERTIFICATE), key: write("key.pem", KEY) };
afterAll(() => rmSync(folder, { recursive: true }));

let w: World;
beforeEach(async () => {
  w = await world({ config: { "berth:owner": "me" } });
});

type Upload = { file: string; content: string; permissions: string };
/** The container, and the files that it gets. */
async function made() {
  await w.done();
  const { inputs, secrets } = w.one(CONTAINER);
  const files = Object.fromEntries((inputs.uploads as Upload[]).map((upload) => [upload.file, upload]));
  const read = (path: string) => JSON.parse(files[path]!.content) as Record<string, Record<string, unknown>>;
  return { inputs, secrets, files, read };
}

describe("a JupyterServer", () => {
  const server = (args: Partial<JupyterServerArgs> = {}) => new JupyterServer("lab", { password: "of anna", ...args });
  const SETTINGS = "/etc/berth-jupyter/jupyter_server_config.json";

  test("E5: the documented flags, a volume for the notebooks, no GPU", async () => {
    const lab = server({ ip: "*", notebookDir: "/" });
    const { inputs } = await made();
    expect(inputs).toMatchObject({
      image: "quay.io/jupyter/base-notebook",
      command: ["jupyter", "lab", "--ip=*", "--port=8888", "--no-browser", "--allow-root", "--notebook-dir=/"],
      ports: [{ internal: 8888, external: 8888, ip: "", protocol: "tcp" }],
      volumes: [{ containerPath: "/home/jovyan/work", volumeName: "lab-work" }],
      envs: ["JUPYTER_CONFIG_PATH=/etc/berth-jupyter"],
    });
    for (const field of ["deviceRequests", "runtime", "shmSize"]) expect(inputs[field]).toBeUndefined();
    expect(w.one(VOLUME, "lab-work").retainOnDelete).toBe(true);
    expect(await value(lab.address)).toBe("http://localhost:8888");
  });

  test("has the password's hash as a secret, and neither in the command nor in a variable", async () => {
    server();
    const { inputs, secrets, read } = await made();
    const settings = read(SETTINGS);
    const hash = settings.PasswordIdentityProvider!.hashed_password;
    expect(hash).toMatch(/^sha512:[0-9a-f]{24}:[0-9a-f]{128}$/);
    expect(settings).toEqual({
      ServerApp: { password: hash, token: "", allow_password_change: false },
      IdentityProvider: { token: "" },
      PasswordIdentityProvider: { hashed_password: hash, allow_password_change: false, password_required: true },
    });
    expect(read("/etc/berth-jupyter/jupyter_notebook_config.json")).toEqual({
      NotebookApp: { password: hash, token: "", allow_password_change: false },
    });
    expect(secrets).toContain("uploads");
    expect(JSON.stringify([inputs.command, inputs.envs, inputs.labels])).not.toContain("sha512");
    expect(JSON.stringify(w.resources)).not.toContain("of anna");
  });

  test("of an unchanged program has the same hash; another stack, name or password has another", async () => {
    const hashes: unknown[] = [];
    for (const [stack, name, password] of [
      ["test", "lab", "of anna"],
      ["test", "lab", "of anna"],
      ["other", "lab", "of anna"],
      ["test", "lab2", "of anna"],
      ["test", "lab", "of bert"],
    ] as const) {
      w = await world({ stack, config: { "berth:owner": "me" } });
      new JupyterServer(name, { password: pulumi.secret(password) });
      hashes.push((await made()).read(SETTINGS).ServerApp!.password);
    }
    expect(hashes[1]).toBe(hashes[0]);
    expect(new Set(hashes).size).toBe(4);
  });

  test("with a token in its place", async () => {
    const token = "0123456789abcdef";
    server({ password: undefined, token });
    const { inputs, read } = await made();
    expect(read(SETTINGS)).toEqual({
      ServerApp: { password: "", token, allow_password_change: false },
      IdentityProvider: { token },
      PasswordIdentityProvider: { hashed_password: "", allow_password_change: false, password_required: false },
    });
    expect(JSON.stringify([inputs.command, inputs.envs])).not.toContain(token);
  });

  test("the Notebook over TLS, as another user, with a folder of the host and GPUs", async () => {
    const lab = server({
      interface: "notebook",
      tls,
      allowRoot: false,
      port: 8443,
      data: "/",
      dataTarget: "/notebooks",
      gpus: [0],
      environment: { LANG: "C" },
      volumes: ["more:/more"],
      service: { user: "1001", configs: [{ source: "motd", target: "/etc/motd", content: "hello" }] },
    });
    const { inputs, files, read } = await made();
    expect(inputs).toMatchObject({
      command: ["jupyter", "notebook", "--ip=0.0.0.0", "--port=8888", "--no-browser", "--notebook-dir=/notebooks"],
      volumes: [
        { containerPath: "/notebooks", hostPath: "/" },
        { containerPath: "/more", volumeName: "more" },
      ],
      user: "1001",
      envs: ["JUPYTER_CONFIG_PATH=/etc/berth-jupyter", "LANG=C"],
      deviceRequests: [{ deviceIds: ["0"] }],
      shmSize: 8192,
    });
    expect(read(SETTINGS).ServerApp).toMatchObject({
      certfile: "/etc/berth-jupyter/certificate.pem",
      keyfile: "/etc/berth-jupyter/key.pem",
    });
    expect(files["/etc/berth-jupyter/certificate.pem"]!.content).toBe(CERTIFICATE);
    expect(files["/etc/berth-jupyter/key.pem"]!.content).toBe(KEY);
    expect(files["/etc/motd"]!.content).toBe("hello");
    expect((inputs.healthcheck as { tests: string[] }).tests[3]).toContain('"https://127.0.0.1:8888/api"');
    expect(await value(lab.address)).toBe("https://localhost:8443");
    expect(w.warnings).toEqual([]);
  });

  test.each([
    ["*", "127.0.0.1"],
    ["::", "127.0.0.1"],
    ["10.0.0.7", "10.0.0.7"],
    ["fd00::7", "[fd00::7]"],
  ])("that listens on %s is asked at %s", async (ip, host) => {
    server({ ip });
    const { inputs } = await made();
    expect((inputs.healthcheck as { tests: string[] }).tests[3]).toContain(`"http://${host}:8888/api"`);
  });

  test("that is not published has no address", async () => {
    expect(await value(server({ port: "none" }).address)).toBeUndefined();
    expect((await made()).inputs.ports).toBeUndefined();
  });

  test("says that a certificate has ended", async () => {
    server({ tls: { certificate: write("ended.pem", ENDED), key: tls.key } });
    await w.done();
    expect(w.warnings).toEqual([expect.stringMatching(/^lab: tls\.certificate: .*ended\.pem has ended on /)]);
  });

  test.each<[string, object, string]>([
    ["no password", { password: undefined }, "password: is missing"],
    ["an empty one", { password: "" }, "password: is empty, or no text"],
    ["a number", { password: 123456 }, "password: is a number; give text"],
    ["a NUL", { password: "a\0b" }, "password: holds a NUL character"],
    ["both", { token: "0123456789abcdef" }, "token: is given together with password"],
    ["a short token", { password: undefined, token: "short" }, "token: is shorter than 16 characters"],
    ["an odd token", { password: undefined, token: "0123456789 abcdef" }, "token: is shorter than 16 characters, or"],
    ["interface", { interface: "hub" }, 'interface: "hub" is not known'],
    ["port", { port: 70000 }, "port: 70000 is not a whole number in range"],
    ["ip", { ip: "everywhere" }, 'ip: "everywhere" is not'],
    ["no ip", { ip: 0 }, "ip: is a number; give text."],
    ["allowRoot", { allowRoot: "no" }, "allowRoot: is text; give true or false."],
    ["data with its place", { data: "/a:/b" }, 'data: "/a:/b" is no folder or volume'],
    ["empty data", { data: "" }, 'data: "" is no folder or volume'],
    ["data's name", { data: "!" }, 'data: "!" is not a name'],
    ["dataTarget", { dataTarget: "work" }, 'dataTarget: "work" is not an absolute path'],
    ["the root as dataTarget", { dataTarget: "/" }, "dataTarget: the container's root cannot be mounted over"],
    ["notebookDir", { notebookDir: "~" }, 'notebookDir: "~" is not an absolute path'],
    ["gpus", { gpus: [0, 0] }, "gpus: names the GPU 0 twice"],
    ["command", { command: "bash" }, "command: is Jupyter itself here"],
    ["no pair", { tls: "cert.pem" }, "tls: is text; give an object."],
    ["half a pair", { tls: { certificate: tls.certificate } }, "tls.key: undefined is not a path"],
    ["another field", { tls: { ...tls, ca: "x" } }, "tls.ca: is not a field of a pair of files"],
    ["a missing file", { tls: { ...tls, key: "/no.pem" } }, "tls.key: cannot read /no.pem (ENOENT)"],
    ["no certificate", { tls: { ...tls, certificate: tls.key } }, "tls.certificate: "],
    ["no key", { tls: { ...tls, key: tls.certificate } }, "tls.key: "],
    ["another key", { tls: { ...tls, key: write("o.pem", OTHER_KEY) } }, "tls.key: belongs to another certificate"],
    ["late volumes", { volumes: pulumi.output(["a:/b"]) }, "volumes: is not a list that is known already"],
  ])("is refused with a wrong argument: %s", async (_, args, message) => {
    const said = sentence(() => server(args as never));
    expect(said).toContain(`JupyterServer "lab": ${message}`);
    expect(said).not.toMatch(/of anna|0123456789/);
    await w.done();
    expect(names(w.resources)).toEqual([]);
  });

  test("is refused with a late password that is empty", async () => {
    server({ password: pulumi.output(Promise.resolve("")) });
    await w.done();
    expect(w.lateErrors()).toEqual([expect.stringContaining('JupyterServer "lab": password: is empty, or no text; ')]);
    expect(w.all(CONTAINER)).toEqual([]);
  });
});

describe("a JupyterHub", () => {
  const hub = (args: Partial<JupyterHubArgs> = {}) =>
    new JupyterHub("hub", { image: "team/hub", users: { kevin: "of kevin", stu01: "of stu" }, tls, ...args });
  const settingsOf = ({ read }: Awaited<ReturnType<typeof made>>) => read("/etc/berth-hub/settings.json");

  test("E5: port 443 with TLS, an admin, homes that outlive the stack", async () => {
    const made1 = hub({ admins: ["kevin"], adminAccess: true });
    const container = await made();
    expect(container.inputs).toMatchObject({
      image: "team/hub",
      user: "root",
      command: ["jupyterhub", "-f", "/etc/berth-hub/jupyterhub_config.py"],
      ports: [{ internal: 443, external: 443, ip: "", protocol: "tcp" }],
      volumes: [
        { containerPath: "/home", volumeName: "hub-home" },
        { containerPath: "/srv/berth-hub", volumeName: "hub-hub" },
      ],
    });
    expect(settingsOf(container)).toEqual({
      bindUrl: "https://:443/",
      tls: true,
      admins: ["kevin"],
      adminAccess: true,
      notebookDir: "~",
    });
    expect(w.all(VOLUME).map(({ retainOnDelete }) => retainOnDelete)).toEqual([true, true]);
    expect(await value(made1.address)).toBe("https://localhost:443");
  });

  test("has hashes of the passwords, in a file for root alone, and the key as well", async () => {
    hub();
    const { files, read, secrets } = await made();
    const users = read("/etc/berth-hub/users.json") as unknown as Record<string, string>;
    expect(Object.keys(users)).toEqual(["kevin", "stu01"]);
    for (const hash of Object.values(users)) expect(hash).toMatch(/^scrypt:[0-9a-f]{24}:[0-9a-f]{128}$/);
    for (const name of ["users.json", "key.pem"]) expect(files[`/etc/berth-hub/${name}`]!.permissions).toBe("0400");
    expect(secrets).toContain("uploads");
    expect(JSON.stringify(w.resources)).not.toMatch(/of kevin|of stu/);
  });

  test("behind a proxy", async () => {
    const made1 = hub({ tls: "none", port: 8000, notebookDir: "/data" });
    const container = await made();
    expect(container.inputs.ports).toEqual([{ internal: 8000, external: 8000, ip: "", protocol: "tcp" }]);
    expect(settingsOf(container)).toMatchObject({ bindUrl: "http://:8000/", tls: false, notebookDir: "/data" });
    expect(container.files["/etc/berth-hub/key.pem"]).toBeUndefined();
    expect(await value(made1.address)).toBe("http://localhost:8000");
  });

  test("service.volumes replaces the homes, not the hub's own", async () => {
    hub({ service: { volumes: ["others:/home"] } });
    const { inputs } = await made();
    expect((inputs.volumes as { volumeName: string }[]).map(({ volumeName }) => volumeName)).toEqual([
      "hub-hub",
      "others",
    ]);
  });

  test.each<[string, object, string]>([
    ["no image", { image: undefined }, "image: is missing"],
    ["no users", { users: undefined }, "users: is not a map of users"],
    ["a list", { users: ["kevin"] }, "users: is a list; give an object"],
    ["nobody", { users: {} }, "users: is empty, so nobody could log in"],
    ["a late map", { users: pulumi.output({ kevin: "x" }) }, "users: is not a map of users that is known already"],
    ["root", { users: { root: "x" } }, "users.root: is not a name for a user of its own"],
    ["capitals", { users: { Kevin: "x" } }, "users.Kevin: is not a name for a user of its own"],
    ["a path", { users: { "../x": "x" } }, "users.../x: is not a name for a user of its own"],
    ["an empty password", { users: { kevin: "" } }, "users.kevin: is empty, or no text"],
    ["no password", { users: { kevin: undefined } }, "users.kevin: is missing"],
    ["admins", { admins: "kevin" }, "admins: is text; give a list."],
    ["another admin", { admins: ["kevin", "anna"] }, 'admins[1]: "anna" is none of users'],
    ["an inherited admin", { admins: ["toString"] }, 'admins[0]: "toString" is none of users'],
    ["adminAccess", { adminAccess: 1 }, "adminAccess: is a number; give true or false."],
    ["port", { port: -1 }, "port: -1 is not a whole number in range"],
    ["no tls", { tls: undefined }, "tls: is missing, and passwords would travel in clear"],
    ["another key", { tls: { ...tls, key: write("h.pem", OTHER_KEY) } }, "tls.key: belongs to another certificate"],
    ["notebookDir", { notebookDir: "work" }, 'notebookDir: "work" is not a folder of the container'],
    ["homes", { homes: "/a:/b" }, 'homes: "/a:/b" is no folder or volume'],
    ["homes' name", { homes: "!" }, 'homes: "!" is not a name'],
    ["gpus", { gpus: [] }, "gpus: names no GPU"],
    ["command", { command: "bash" }, "command: is JupyterHub itself here"],
  ])("is refused with a wrong argument: %s", async (_, args, message) => {
    expect(sentence(() => hub(args as never))).toContain(`JupyterHub "hub": ${message}`);
    await w.done();
    expect(names(w.resources)).toEqual([]);
  });
});

test.each(["swarm", "kubernetes"] as const)("both are made on %s as well, with secrets of its own", async (engine) => {
  w = await world({ config: { "berth:engine": engine } });
  new JupyterServer("lab", { password: "of anna", port: 30001 });
  new JupyterHub("hub", { image: "team/hub", users: { kevin: "of kevin" }, tls, port: 30002 });
  await w.done();
  const secrets = w.resources.filter(({ type }) => /[:/]Secret$/.test(type));
  expect(secrets.length).toBeGreaterThanOrEqual(2);
  for (const { secrets: hidden } of secrets) expect(hidden).not.toEqual([]);
  expect(JSON.stringify(w.resources)).not.toMatch(/of anna|of kevin/);
});
