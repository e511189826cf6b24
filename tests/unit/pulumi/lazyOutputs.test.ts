import { spawnSync } from "node:child_process";
import { join } from "node:path";

// jest loads modules by itself, so that the patch is tried in a process of its own.
const ROOT = join(__dirname, "../../..");

const start = (program: string) =>
  spawnSync(
    process.execPath,
    [
      "--require",
      join(ROOT, "core/pulumi/patches/lazyLoading.js"),
      "-e",
      `const pulumi = require("@pulumi/pulumi"); const { Container } = require("@pulumi/docker"); ${program}`,
    ],
    { cwd: ROOT, encoding: "utf8" },
  );

function run(program: string): unknown {
  const { stdout, stderr } = start(`
    const made = [];
    pulumi.runtime.setMocks({
      call: () => ({}),
      newResource: ({ name, inputs }) => {
        made.push({ name, inputs });
        return { id: name + "-id", state: { ...inputs, hostname: "h-" + name } };
      },
    }, "project", "stack", false);
    const valueOf = (output) => new Promise((done) => output.apply(done));
    (async () => { ${program} })().then((value) => console.log(JSON.stringify(value)), (error) => console.log(JSON.stringify(error.message)));`);
  if (!stdout) throw new Error(stderr);
  return JSON.parse(stdout);
}

const isMade = "const isMade = (of, key) => Object.getOwnPropertyDescriptor(of, key).get === undefined;";

test("an output is made when it is asked for, before or after the resource is there", () => {
  expect(
    run(`${isMade}
      const web = new Container("web", { image: "nginx", name: "web" });
      const early = web.hostname;
      const before = [isMade(web, "hostname"), isMade(web, "image"), isMade(web, "ports")];
      await valueOf(web.urn);
      const late = web.image;
      return [before, await valueOf(early), await valueOf(late), early === web.hostname, isMade(web, "ports")];`),
  ).toEqual([[true, false, false], "h-web", "nginx", true, false]);
});

test("it belongs to its resource, and knows of secrets", () => {
  expect(
    run(`const web = new Container("web", { image: "nginx", domainname: pulumi.secret("x") });
      const [early, secret] = [web.image, web.domainname];
      await valueOf(web.urn);
      return [
        [...early.resources()].map((of) => of === web),
        [...(await web.name.allResources())].map((of) => of === web),
        await secret.isSecret, await web.image.isSecret,
      ];`),
  ).toEqual([[true], [true], true, false]);
});

test("another resource depends on what it comes from", () => {
  expect(
    run(`const web = new Container("web", { image: "nginx" });
      const next = new Container("next", { image: "nginx", hostname: web.hostname });
      await valueOf(next.urn);
      return made.map(({ name, inputs }) => [name, inputs.hostname]);`),
  ).toEqual([
    ["web", null],
    ["next", "h-web"],
  ]);
});

test("one can be set by somebody else, and none is there twice", () => {
  expect(
    run(`class Own extends pulumi.ComponentResource {
        constructor(name, args) { super("a:b:Own", name, args); this.size = 3; }
      }
      class Twice extends Container {
        constructor(name) { super(name, { image: "nginx" }, { parent: new Own("parent", { size: 1 }) }); }
      }
      const own = new Own("own", { size: 1, more: 2 });
      own.more = 5;
      return [own.size, own.more, Object.keys(own).filter((key) => ["size", "more"].includes(key)), "image" in new Twice("a")];`),
  ).toEqual([3, 5, ["size", "more"], true]);
});

test("a failure is still told", () => {
  const { status, stderr } = start(`
    pulumi.runtime.setMocks({ call: () => ({}), newResource: () => { throw new Error("it is bad"); } }, "p", "s", false);
    new Container("bad", { image: "nginx" });`);
  expect(stderr).toContain("it is bad");
  expect(status).not.toBe(0);
});

test("an SDK whose inside is another stays as it is", () => {
  const { outputsWhenAsked } = jest.requireActual<{ outputsWhenAsked(rpc: object): object }>(
    "../../../core/pulumi/patches/lazyOutputs",
  );
  const another = { transferProperties: (everything: object) => everything };
  const { transferProperties } = another;
  outputsWhenAsked(another);
  outputsWhenAsked({});
  expect(another.transferProperties).toBe(transferProperties);
});
