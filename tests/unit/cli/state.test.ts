import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parse } from "yaml";
import { isSelected, mendState, providersIn, stateOf } from "../../../cli/state";

let root: string;
const given = { ...process.env };
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "berth-state-"));
  delete process.env.PULUMI_BACKEND_URL;
  process.env.PULUMI_HOME = root;
});
afterEach(() => {
  rmSync(root, { recursive: true });
  process.env = { ...given };
});

function keep(folder: string, name = "dev.json") {
  const stacks = join(root, folder, ".pulumi/stacks/notes");
  mkdirSync(stacks, { recursive: true });
  writeFileSync(join(stacks, name), "the state");
}
const project = (backend: string) => writeFileSync(join(root, "Pulumi.yaml"), `name: notes\n${backend}`);
const named = (name = "notes") => ({
  folder: root,
  name,
  settings: parse(readFileSync(join(root, "Pulumi.yaml"), "utf8")),
});
const state = () => stateOf(named(), "organization/notes/dev");

test("is where Pulumi.yaml says", () => {
  project("backend: { url: 'file://./states' }");
  expect(state()).toBe("");
  keep("states");
  expect(state()).toBe("the state");
});

test("is where the environment says, first of all", () => {
  project("backend: { url: 'file://./states' }");
  keep("states");
  process.env.PULUMI_BACKEND_URL = `file://${root}/other?metadata=skip`;
  expect(state()).toBe("");
  keep("other");
  expect(state()).toBe("the state");
});

test("is where somebody has logged in, where nothing else is said", () => {
  project("runtime: nodejs");
  writeFileSync(join(root, "credentials.json"), JSON.stringify({ current: `file://${root}/mine` }));
  keep("mine");
  expect(state()).toBe("the state");
  process.env.PULUMI_CREDENTIALS_PATH = join(root, "elsewhere");
  expect(state()).toBeUndefined();
  delete process.env.PULUMI_CREDENTIALS_PATH;
  project("backend: { url: 'file://./states' }");
  expect(state()).toBe("");
});

test.each([["backend: { url: 's3://bucket' }"], ["runtime: nodejs"]])("%s: is not to be seen here", (backend) => {
  project(backend);
  keep(".");
  expect(state()).toBeUndefined();
});

test("that is packed is not read", () => {
  project("backend: { url: 'file://.' }");
  keep(".", "dev.json.gz");
  expect(state()).toBeUndefined();
});

test("names its providers", () => {
  const urn = (name: string) => `urn:pulumi:a::b::pulumi:providers:${name}::default`;
  expect([...providersIn(`${urn("docker")} ${urn("docker")} ${urn("kubernetes")}`)]).toEqual(["docker", "kubernetes"]);
});

describe("after a CLI was killed while it wrote", () => {
  const file = (name: string) => join(root, ".pulumi/stacks/notes", name);
  const write = (name: string, text: string) => writeFileSync(file(name), text);
  const mend = () => {
    try {
      mendState(named(), "dev");
      return "";
    } catch (error) {
      return (error as Error).message.replaceAll(/[^ `(]*\/\.pulumi/g, ".pulumi");
    }
  };
  beforeEach(() => {
    project("backend: { url: 'file://.' }");
    keep(".");
    write("dev.json", "{}");
  });

  test("what describes the state is taken away where it is cut off, and else kept", () => {
    write("dev.json.attrs", "");
    write("dev.json.bak.attrs", '{"md5":"');
    const lock = "../../locks/organization/notes/dev/one.json.attrs";
    mkdirSync(dirname(file(lock)), { recursive: true });
    write(lock, '{"user');
    expect(mend()).toBe("");
    expect(["dev.json.attrs", "dev.json.bak.attrs", lock].filter((name) => existsSync(file(name)))).toEqual([]);
    write("dev.json.attrs", '{"md5":""}');
    expect(mend()).toBe("");
    expect(existsSync(file("dev.json.attrs"))).toBe(true);
  });

  test("a state that is cut off is said, with what to do", () => {
    write("dev.json", '{"version": 3, "check');
    expect(mend()).toBe(
      "the state of the stack dev is cut off (.pulumi/stacks/notes/dev.json); so is the one before it: look in .pulumi/backups for one that is not",
    );
    write("dev.json.bak", "{}");
    expect(mend()).toBe(
      "the state of the stack dev is cut off (.pulumi/stacks/notes/dev.json); the one before it is whole: `cp .pulumi/stacks/notes/dev.json.bak .pulumi/stacks/notes/dev.json`, then the same command again; what was made since then is found by its labels",
    );
  });

  test("a stack without a state, or with one elsewhere, is left alone", () => {
    rmSync(file("dev.json"));
    expect(mend()).toBe("");
    project("backend: { url: 's3://bucket' }");
    write("dev.json", "{");
    expect(mend()).toBe("");
  });
});

describe("the stack that the CLI has selected", () => {
  const backend = () => `file://${root}/states`;
  /** As the CLI writes it down for a project. */
  function note(text: string) {
    project(`backend: { url: '${backend()}' }`);
    const id = createHash("sha1").update(join(root, "Pulumi.yaml")).digest("hex");
    mkdirSync(join(root, "workspaces"));
    writeFileSync(join(root, "workspaces", `notes-${id}-workspace.json`), text);
  }
  const noteOf = (url: string, stack: string) => note(JSON.stringify({ stacks: { [url]: stack } }));
  const dev = () => isSelected(named(), "dev");

  test("is known from its notes", () => {
    noteOf(backend(), "organization/notes/dev");
    expect(dev()).toBe(true);
    expect(isSelected(named(), "prod")).toBe(false);
    expect(isSelected(named("others"), "dev")).toBe(false);
  });

  test("is another one in another backend", () => {
    noteOf("file://elsewhere", "organization/notes/dev");
    expect(dev()).toBe(false);
  });

  test.each(["", "{", "[]", '{"stack": "organization/notes/dev"}', "null"])("is not known from %j", (text) => {
    note(text);
    expect(dev()).toBe(false);
  });

  test("is not known without notes", () => {
    project("runtime: nodejs");
    expect(dev()).toBe(false);
  });
});
