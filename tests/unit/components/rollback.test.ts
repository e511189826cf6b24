// Services that run as they did before, by the setting `berth:rollback`.
import * as pulumi from "@pulumi/pulumi";
import { Mysql } from "../../../components/mysql";
import { Nginx } from "../../../components/nginx";
import { Project } from "../../../components/project";
import { Service } from "../../../components/service";
import type { LateSpec } from "../../../core/description/service";
import type { ServiceArgs, ServiceDescription } from "../../../core/description/types";
import { dockerEngine } from "../../../core/engines/docker/engine";
import { described } from "../../../core/engines/ran";
import { digestOfProgram, localTime, programSays, type RolledBack } from "../../../core/engines/rollback";
import { readArguments } from "../../../core/engines/serviceArguments";
import { allOrNothing } from "../../../core/pulumi/allOrNothing";
import { FIELDS, withField } from "../writers/fields";
import { CONTAINER, IMAGE, value, type World, type WorldOptions, world } from "../mocks";
import { sentence } from "../refusal";

const DATE = "2026-11-26T10:20:00.000Z";
const PIN = `nginx:1.27@sha256:${"a".repeat(64)}`;
const back = (description: ServiceDescription, more: Partial<RolledBack> = {}): RolledBack => ({
  update: 3,
  date: DATE,
  engine: "docker",
  description,
  ...more,
});

let notes: string[];
async function after(setting: Record<string, unknown>, options: WorldOptions = {}): Promise<World> {
  const made = await world({
    ...options,
    config: { "berth:owner": "me", "berth:rollback": JSON.stringify(setting), ...options.config },
  });
  notes = [];
  pulumi.log.info = async (message) => void notes.push(message);
  return made;
}

const anyEngine = { ...dockerEngine, refused: {} };
const spec = (args: ServiceArgs) => readArguments("web", args, anyEngine, (run) => run()).spec;
const plainly = async (late: LateSpec) =>
  JSON.parse(JSON.stringify(await value(pulumi.output(described(late, process.cwd()))))) as ServiceDescription;

test("an unchanged program without the setting is what it was", async () => {
  const w = await world({ config: { "berth:owner": "me" } });
  new Service("web", { image: "nginx" });
  await w.done();
  expect(w.one(CONTAINER).inputs.image).toBe("nginx");
});

test("a service is made of its description then, with the image by its digest", async () => {
  const w = await after({ web: back({ image: PIN, containerName: "web", ports: ["8080:80"], restart: "always" }) });
  const web = new Nginx("web", { version: "1.28", port: 9090, volumes: ["data:/data"] });
  new Service("other", { image: "redis" });
  await w.done();
  const { inputs } = w.one(CONTAINER, "web");
  expect(inputs).toMatchObject({ image: PIN, ports: [{ internal: 80, external: 8080 }], restart: "always" });
  expect(inputs.volumes).toBeUndefined();
  expect(w.all(IMAGE).map(({ inputs: { name } }) => name)).toEqual([PIN, "redis"]);
  expect((await value(web.description)).image).toBe(PIN);
  expect(notes).toEqual([
    `web runs as after update 3 of ${localTime(DATE)}, not as the program says; \`berth rollback test --end\` ends that.`,
  ]);
  expect(w.warnings).toEqual([]);
});

test("one sentence names all that has been rolled back", async () => {
  const w = await after({
    one: back({ image: "a1" }),
    two: back({ image: "b1" }),
    old: back({ image: "c1" }, { update: 1 }),
  });
  for (const name of ["one", "two", "old"]) new Service(name, { image: "nginx" });
  await w.done();
  const time = localTime(DATE);
  expect(notes).toEqual([
    `one, two run as after update 3 of ${time}; old runs as after update 1 of ${time}, not as the program says; \`berth rollback test --end\` ends that.`,
  ]);
});

test.each(FIELDS)("%s: %j: what is kept says the same again", async (key, given) => {
  await world();
  const args = withField(key, given) as ServiceArgs;
  const known = (late: LateSpec) => value(pulumi.output(late as unknown as object));
  expect(await known(spec(await plainly(spec(args))))).toEqual(await known(spec(args)));
});

describe("what was secret then", () => {
  test("comes from the program, and is secret still", async () => {
    const description = { image: "mysql:5.7", containerName: "db", environment: { TZ: "UTC" } };
    const w = await after({ db: back(description, { fromProgram: ["environment.MYSQL_ROOT_PASSWORD"] }) });
    new Mysql("db", { version: "8.0", rootPassword: pulumi.secret("of today"), port: "none", database: "shop" });
    await w.done();
    const { inputs, secrets } = w.one(CONTAINER);
    expect(inputs.envs).toEqual(["TZ=UTC", "MYSQL_ROOT_PASSWORD=of today"]);
    expect(secrets).toEqual(["envs"]);
  });

  test("may be a file or a whole field", async () => {
    const description = { image: "app:1", secrets: [{ source: "key", target: "/run/key" }] } as ServiceDescription;
    const w = await after({ web: back(description, { fromProgram: ["secrets.key", "command"] }) });
    new Service("web", {
      image: "app:2",
      command: pulumi.secret(["--token", "x"]),
      secrets: [{ source: "key", content: pulumi.secret("of today") as unknown as string }],
    });
    await w.done();
    const { inputs, secrets } = w.one(CONTAINER);
    expect(inputs.command).toEqual(["--token", "x"]);
    expect(inputs.uploads).toMatchObject([{ content: "of today", file: "/run/key" }]);
    expect(secrets).toEqual(expect.arrayContaining(["command", "uploads"]));
  });

  test("may be in a map that is late as a whole", async () => {
    const w = await after({ web: back({ image: "app:1" }, { fromProgram: ["environment.TOKEN"] }) });
    new Service("web", { image: "app:2", environment: pulumi.output({ TOKEN: "of today", MORE: "1" }) });
    await w.done();
    expect(w.one(CONTAINER).inputs.envs).toEqual(["TOKEN=of today"]);
  });

  test.each([
    ["environment.TOKEN", "environment.TOKEN"],
    ["secrets.key", "secrets.key"],
    ["command", "command"],
    ["environment", "environment"],
  ])("is refused where the program does not have it any more: %s", async (path, named) => {
    const description = { image: "app:1", secrets: [{ source: "key" }] } as unknown as ServiceDescription;
    await after({ web: back(description, { fromProgram: [path] }) });
    expect(sentence(() => new Service("web", { image: "app:2" }))).toBe(
      `Service "web": ${named}: was a secret then, which is not kept, and the program does not have it any more, so it cannot run as after update 3 (berth:rollback); give it in the program again, or end that with \`berth rollback test web --end\`.`,
    );
  });

  test("never stands in what is kept", async () => {
    const late = spec({
      image: "app",
      environment: { DB_PASSWORD: "very-secret", TZ: "UTC" },
      secrets: [{ source: "key", content: "very-secret" }],
    });
    const kept = described(late, process.cwd());
    const { environment, secrets } = kept as { environment: Record<string, unknown>; secrets: { content: unknown }[] };
    expect(await pulumi.isSecret(environment.DB_PASSWORD as pulumi.Output<string>)).toBe(true);
    expect(environment.TZ).toBe("UTC");
    expect(await pulumi.isSecret(secrets[0]!.content as pulumi.Output<string>)).toBe(true);
  });
});

describe("a project", () => {
  const services = { web: { image: "nginx:1.99" }, app: { image: "app", build: { context: "/nowhere" } } };
  const project = { name: "shop", services, networks: {}, volumes: {}, notices: [] };
  const compose = { files: ["/now/compose.yaml"], workingDir: "/now" };

  test("neither fetches nor builds what nobody runs, and keeps the labels of where it is", async () => {
    const w = await after({
      "shop-web-1": back({ image: PIN, labels: { mine: "1" } }),
      "shop-app-1": back({ image: `sha256:${"b".repeat(64)}` }),
    });
    new Project("shop", project, { compose });
    await w.done();
    expect(w.all(IMAGE).map(({ inputs: { name } }) => name)).toEqual([PIN, `sha256:${"b".repeat(64)}`]);
    const { labels } = w.one(CONTAINER, "shop-web-1").inputs as { labels: { label: string; value: string }[] };
    const all = Object.fromEntries(labels.map(({ label, value: text }) => [label, text]));
    expect(all).toMatchObject({ mine: "1", "com.docker.compose.project.working_dir": "/now" });
    expect(all["com.docker.compose.service"]).toBeUndefined();
  });

  test("that lies elsewhere is described in the same way", async () => {
    const kept = async (workingDir: string) => {
      const w = await world({ config: { "berth:owner": "me" } });
      new Project(
        "shop",
        { ...project, services: { web: { image: "nginx" } } },
        { compose: { files: [], workingDir } },
      );
      await w.done();
      const says = programSays().get("shop-web-1")!;
      return [JSON.stringify(await plainly(says)), digestOfProgram(says)];
    };
    expect(await kept("/now")).toEqual(await kept("/elsewhere"));
  });
});

test("what the program has changed since then is told, and the rest is not", async () => {
  const secret = (text: string) => ({ image: "nginx:1", environment: { TOKEN: text } });
  const hides = digestOfProgram(spec(secret("one")));
  const setting = { web: back({ image: "a1" }, { hides }) };
  const w = await after(setting);
  new Service("web", secret("two"));
  await w.done();
  expect(w.warnings).toEqual([]);
  const changed = await after(setting);
  new Service("web", { ...secret("two"), image: "nginx:2" });
  await changed.done();
  expect(changed.warnings).toEqual([
    "web: the program has changed it since it was rolled back, and the rollback hides that; `berth rollback test web --end` ends it.",
  ]);
});

test("a service that is not declared any more is told", async () => {
  const w = await after({ web: back({ image: "a1" }), gone: back({ image: "a1" }) });
  allOrNothing(() => void new Service("web", { image: "nginx" }));
  await w.done();
  expect(w.warnings).toEqual([
    "berth:rollback: what is not declared any more: gone; `berth rollback test gone --end` takes that away.",
  ]);
});

test("what cannot run now is refused as what it is", async () => {
  const w = await after({ web: back({ image: "a1", ports: ["8080:80"] }) });
  new Service("other", { image: "nginx", ports: ["8080:80"] });
  expect(sentence(() => new Nginx("web", { port: 9090 }))).toMatch(
    /^Nginx "web": port: .*8080.*other.*, so it cannot run as after update 3 \(berth:rollback\); .*, or end that with `berth rollback test web --end`\.$/,
  );
  await w.done();
  await after({ web: back({ image: "a1" }, { engine: "swarm" }) });
  expect(sentence(() => new Service("web", { image: "nginx" }))).toContain(
    "engine: it ran on swarm then, and not on docker, so it cannot run as after update 3",
  );
});

test.each(["no JSON", "[]", '"web"', '{"web":1}', '{"web":{"update":1}}'])("%s is no such setting", async (text) => {
  await world({ config: { "berth:rollback": text } });
  expect(sentence(() => new Service("web", { image: "nginx" }))).toMatch(
    /^berth:rollback: is not what `berth rollback` writes; /,
  );
});
