import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { providersIn, stateOf } from "../../../cli/state";

let root: string;
const given = process.env.PULUMI_BACKEND_URL;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "berth-state-"));
  delete process.env.PULUMI_BACKEND_URL;
});
afterEach(() => {
  rmSync(root, { recursive: true });
  if (given === undefined) delete process.env.PULUMI_BACKEND_URL;
  else process.env.PULUMI_BACKEND_URL = given;
});

function keep(folder: string, name = "dev.json") {
  const stacks = join(root, folder, ".pulumi/stacks/notes");
  mkdirSync(stacks, { recursive: true });
  writeFileSync(join(stacks, name), "the state");
}
const project = (backend: string) => writeFileSync(join(root, "Pulumi.yaml"), `name: notes\n${backend}`);
const state = () => stateOf(root, "notes", "dev");

test("is where Pulumi.yaml says", async () => {
  project("backend: { url: 'file://./states' }");
  expect(await state()).toBe("");
  keep("states");
  expect(await state()).toBe("the state");
});

test("is where the environment says, first of all", async () => {
  project("backend: { url: 'file://./states' }");
  keep("states");
  process.env.PULUMI_BACKEND_URL = `file://${root}/other?metadata=skip`;
  expect(await state()).toBe("");
  keep("other");
  expect(await state()).toBe("the state");
});

test.each([["backend: { url: 's3://bucket' }"], ["runtime: nodejs"]])("%s: is not to be seen here", async (backend) => {
  project(backend);
  keep(".");
  expect(await state()).toBeUndefined();
});

test("that is packed is not read", async () => {
  project("backend: { url: 'file://.' }");
  keep(".", "dev.json.gz");
  expect(await state()).toBeUndefined();
});

test("names its providers", () => {
  const urn = (name: string) => `urn:pulumi:a::b::pulumi:providers:${name}::default`;
  expect([...providersIn(`${urn("docker")} ${urn("docker")} ${urn("kubernetes")}`)]).toEqual(["docker", "kubernetes"]);
});
