// Programs are run without a look at their types: what a component does not take has to be refused by itself.
import * as pulumi from "@pulumi/pulumi";
import * as components from "../../../components";
import types from "../../../core/pulumi/argumentTypes.json";
import { quiet, world } from "../mocks";

type Class = new (name: string, args?: unknown) => unknown;
const byName = components as unknown as Record<string, Class>;
const classes = Object.keys(types.classes) as (keyof typeof types.classes)[];

/** The sentence that a component ends with, and what it has made before. */
async function refusal(name: string, args: unknown): Promise<string> {
  const w = await world({ config: { "berth:owner": "me" } });
  let message = "made";
  try {
    new byName[name]!("one", args);
  } catch (error) {
    expect((error as Partial<pulumi.ResourceError>).hideStack).toBe(true);
    message = (error as Error).message;
  }
  await quiet();
  w.lateErrors();
  expect(w.resources).toEqual([]);
  return message;
}

test("every component that takes arguments is known", () => {
  const named = Object.entries(components)
    .filter(([, value]) => typeof value === "function" && value.prototype instanceof pulumi.ComponentResource)
    .map(([name]) => name);
  // The description of a project is what its own reader checks.
  expect(named.filter((name) => name !== "Project").sort()).toEqual([...classes].sort());
});

test.each(classes)("%s says which argument it does not have", async (name) => {
  const [first] = Object.keys(types.classes[name]);
  expect(await refusal(name, { [`${first}x`]: 1 })).toBe(
    `${name} "one": ${first}x: is not an argument of ${name}; use ${first}.`,
  );
});

test.each(classes)("%s takes an object", async (name) => {
  for (const args of [null, "text", ["text"]])
    expect(await refusal(name, args)).toBe(
      `${name} "one": args: are missing; give an object with the arguments of ${name}.`,
    );
});

// A function is of no kind.
const kinds = classes.flatMap((name) =>
  Object.entries(types.classes[name]).flatMap(([argument, type]) => (type ? [{ name, argument }] : [])),
);
test.each(kinds)("$name looks at the kind of $argument", async ({ name, argument }) => {
  expect(await refusal(name, { [argument]: () => 1 })).toMatch(
    new RegExp(`^${name} "one": ${argument}: is no value; give `),
  );
});

test("what would remove data is not taken for true", async () => {
  expect(await refusal("NamedVolume", { removeData: "no" })).toBe(
    'NamedVolume "one": removeData: is text; give true or false.',
  );
});

describe("dependsOn", () => {
  test.each<[unknown, string]>([
    ["db", "dependsOn: is no list; give a list of services of the program"],
    [
      ["db"],
      "dependsOn[0]: is no service of the program; give the object that `new` has made, or { service, condition }",
    ],
    [
      [undefined],
      "dependsOn[0]: is no service of the program; give the object that `new` has made, or { service, condition }",
    ],
  ])("%j is refused", async (dependsOn, sentence) => {
    expect(await refusal("Service", { image: "nginx", dependsOn })).toBe(`Service "one": ${sentence}.`);
  });

  test("a condition that is none", async () => {
    const w = await world();
    const db = new components.Service("db", { image: "nginx" });
    const dependsOn = [{ service: db, condition: "healthy" }];
    expect(() => new components.Service("one", { image: "nginx", dependsOn: dependsOn as never })).toThrow(
      'Service "one": dependsOn[0].condition: "healthy" is not known; use service_healthy, service_started, service_completed_successfully.',
    );
    await w.done();
  });
});

describe("a command in one string", () => {
  const warned = async (fields: object) => {
    const w = await world();
    new components.Service("one", { image: "node:22", ...fields });
    await w.done();
    return w.warnings;
  };

  test("that has words of a shell, which none reads", async () => {
    const end = "as words; write sh -c '...' around all of it where a shell should run it";
    const says = (field: string, words: string) => [
      `one: ${field}: no shell reads this, and the program gets ${words} ${end}`,
    ];
    expect(await warned({ command: "npm ci && npm start" })).toEqual(says("command", '"&& npm start"'));
    expect(await warned({ entrypoint: "a; b" })).toEqual(says("entrypoint", '"; b"'));
    expect(await warned({ command: pulumi.output("a 2>&1 | b") })).toEqual(says("command", '"2>&1 | b"'));
  });

  test.each([
    "sh -c 'a && b'",
    "curl http://x/?a=1&b=2",
    "nginx -g 'daemon off;'",
    "sleep 1;",
    ["npm", "ci", "&&", "npm", "start"],
  ])("%j is as it is meant", async (command) => {
    expect(await warned({ command })).toEqual([]);
  });
});
