import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { run } from "../../../stacks";
import { passwords } from "../../../stacks/lib/settings";
import { CERTIFICATE, KEY } from "../components/certificates";
import { CONTAINER, value, type World, world, type WorldOptions } from "../mocks";
import { sentence } from "../refusal";

const folder = mkdtempSync(join(tmpdir(), "berth-jupyter-stack-"));
const certificate = join(folder, "cert.pem");
const key = join(folder, "key.pem");
writeFileSync(certificate, CERTIFICATE);
writeFileSync(key, KEY);
afterAll(() => rmSync(folder, { recursive: true }));

let w: World;
/** Runs the stack as the plan does: without an engine. */
async function stack(config: Record<string, string>, options: WorldOptions = {}): Promise<Record<string, unknown>> {
  const given = Object.entries({ password: "of kevin", ...config }).filter(([, setting]) => setting !== "-");
  const settings = Object.fromEntries(given.map(([name, setting]) => [`jupyter:${name}`, setting]));
  w = await world({ stack: "jupyter", config: { "berth:owner": "me", ...settings }, ...options });
  const outputs = await run({ engine: false });
  await w.done();
  expect(w.lateErrors()).toEqual([]);
  return outputs;
}
type Upload = { file: string; content: string };
const json = (path: string) =>
  JSON.parse((w.one(CONTAINER).inputs.uploads as Upload[]).find(({ file }) => file === path)!.content) as object;
const refused = async (config: Record<string, string>) => {
  let said: unknown;
  await stack(config).catch((error: unknown) => {
    said = error;
  });
  expect(w.all(CONTAINER)).toEqual([]);
  return sentence(() => {
    throw said;
  });
};

test("JupyterLab with the documented flags", async () => {
  const { address, ...outputs } = await stack({});
  expect(Object.keys(outputs)).toEqual(["containerName"]);
  expect(await value(address as pulumi.Output<string>)).toBe("http://localhost:8888");
  expect(w.one(CONTAINER, "lab").inputs.command).toEqual([
    "jupyter",
    "lab",
    "--ip=*",
    "--port=8888",
    "--no-browser",
    "--allow-root",
    "--notebook-dir=/",
  ]);
});

test("the Notebook with every setting", async () => {
  const settings = {
    setup: "notebook",
    image: "team/lab",
    port: "9999",
    data: "/",
    notebookDir: "/home",
    certificate,
    key,
  };
  const { address } = await stack(settings);
  expect(await value(address as pulumi.Output<string>)).toBe("https://localhost:9999");
  expect(w.one(CONTAINER, "notebook").inputs).toMatchObject({
    image: "team/lab",
    command: ["jupyter", "notebook", "--ip=*", "--port=8888", "--no-browser", "--allow-root", "--notebook-dir=/home"],
    volumes: [{ containerPath: "/home/jovyan/work", hostPath: "/" }],
  });
});

test("JupyterHub with the documented admin, and further users", async () => {
  const users = JSON.stringify({ stu01: "of stu" });
  const { address } = await stack({ setup: "hub", image: "team/hub", certificate, key, users });
  expect(await value(address as pulumi.Output<string>)).toBe("https://localhost:443");
  expect(json("/etc/berth-hub/settings.json")).toMatchObject({
    admins: ["kevin"],
    adminAccess: true,
    notebookDir: "~",
  });
  expect(Object.keys(json("/etc/berth-hub/users.json"))).toEqual(["stu01", "kevin"]);
  expect(JSON.stringify(w.resources)).not.toMatch(/of kevin|of stu/);
  // Passwords were read as secrets, so the SDK has nothing to warn of.
  expect(w.warnings).toEqual([]);
});

test("JupyterHub behind a proxy, with another admin and port", async () => {
  await stack({ setup: "hub", image: "team/hub", behindProxy: "true", admin: "anna", port: "8000" });
  expect(json("/etc/berth-hub/settings.json")).toMatchObject({ bindUrl: "http://:8000/", admins: ["anna"] });
});

test("a newcomer's preview goes on without a password", async () => {
  await stack({ password: "-" }, { preview: true });
  expect(w.warnings).toEqual([expect.stringContaining("jupyter:password is not set: `berth up` makes one")]);
});

test.each<[Record<string, string>, string]>([
  [{ password: "-" }, "jupyter:password: is not set; "],
  [{ setup: "server" }, 'jupyter:setup: "server" is not known; '],
  [{ certificate }, "jupyter:key: is not set; certificate and key go together"],
  [{ key }, "jupyter:certificate: is not set; certificate and key go together"],
  [{ setup: "hub" }, "jupyter:image: is not set; hub needs an image"],
  [{ setup: "hub", image: "i" }, "jupyter:certificate: is not set; set it and jupyter:key"],
  [{ users: "anna" }, "jupyter:users: is not a map of passwords; "],
  [{ setup: "hub", image: "i", behindProxy: "true", admin: "root" }, "users.root: is not a name for a user"],
])("%j is refused", async (config, message) => {
  expect(await refused(config)).toContain(message);
});

describe("passwords by user", () => {
  const read = async (setting: string | undefined) => {
    w = await world({ config: setting === undefined ? {} : { "demo:it": setting }, secretConfig: ["demo:it"] });
    return () => passwords("doc").read(new pulumi.Config("demo"), "it");
  };

  test("are secrets, one by one", async () => {
    const { anna, bert } = (await read('{"anna":"a","bert":"b"}'))();
    expect(await Promise.all([anna, bert].map((one) => value(one!)))).toEqual(["a", "b"]);
    expect(await pulumi.isSecret(anna!)).toBe(true);
    expect(w.warnings).toEqual([]);
  });

  test("are none by default, and not made by berth", async () => {
    expect((await read(undefined))()).toEqual({});
    expect(passwords("doc")).toMatchObject({ secret: true, given: true });
  });

  test("that only the CLI can decrypt stay secrets in a plan", async () => {
    const { anna } = (await read('{"anna":{"secure":"AAA="}}'))();
    expect(await pulumi.isSecret(anna!)).toBe(true);
    expect(await value(anna!)).not.toContain("AAA");
  });

  test.each([
    ["text", "demo:it: is not a map of passwords; "],
    ["[1]", "demo:it: is not a map of passwords; "],
    ["null", "demo:it: is not a map of passwords; "],
    ['{"anna":""}', "demo:it.anna: is no password; "],
    ['{"anna":1}', "demo:it.anna: is no password; "],
    ['{"anna":null}', "demo:it.anna: is no password; "],
  ])("%s is refused", async (setting, message) => {
    const said = sentence(await read(setting));
    expect(said).toContain(message);
    expect(said).toContain("pulumi config set --secret --path 'demo:it.NAME'");
  });
});
