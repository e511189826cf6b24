// Programs in other languages have no compiler that knows the types: a wrong value has to be refused, in a sentence.
import * as pulumi from "@pulumi/pulumi";
import { COMPONENTS } from "../../../cli/plugin/components";
import { make } from "../../../cli/plugin/provider";
import schema from "../../../cli/plugin/schema.json";
import types from "../../../core/pulumi/argumentTypes.json";
import type { ArgumentType, Kind } from "../../../core/pulumi/checkTypes";
import { quiet, type Recorded, world } from "../mocks";

/** What each component needs at least. */
const LEAST: Record<string, object> = {
  BridgeNetwork: {},
  Compose: { files: ["examples/compose/compose.yaml"] },
  Container: { image: "busybox" },
  DockerHost: {},
  DockerRun: { lines: ["docker run -d --name line busybox"] },
  Elasticsearch: {},
  GpuContainer: { image: "busybox" },
  GpuWorkspace: { people: [{ name: "ada", gpus: [0], sshPort: 2222, authorizedKeys: ["ssh-ed25519 AAAA ada"] }] },
  JenkinsWithNginx: {},
  Mysql: { rootPassword: "hunter2" },
  Nginx: {},
  WebApp: { image: "nginx" },
};

interface Field {
  type?: string;
}
const fields = Object.entries(COMPONENTS).flatMap(([component]) =>
  Object.entries(
    (schema.resources as Record<string, { inputProperties: Record<string, Field> }>)[`berth:index:${component}`]!
      .inputProperties,
  ).map(([field, { type }]) => ({ component, field, type })),
);

/** What a component makes, or the error that it ends with. */
async function outcome(component: string, args: object): Promise<{ made: Recorded[] } | { error: Error }> {
  const w = await world({ config: { "berth:owner": "me" } });
  try {
    await make("one", `berth:index:${component}`, { ...LEAST[component], ...args }, {});
  } catch (error) {
    await quiet();
    w.lateErrors();
    return { error: error as Error };
  }
  await w.done();
  const [late] = w.lateErrors();
  return late ? { error: new pulumi.RunError(late) } : { made: w.resources };
}

/** A sentence for the user, and no trace of the code; a pasted line is shown with a mark below the place. */
const isSentence = (error: Error) =>
  (pulumi.RunError.isInstance(error) || (error as Partial<pulumi.ResourceError>).hideStack === true) &&
  /^.*\.(\n.*\n *\^)?$/.test(error.message);

test("the table names every component", () => {
  expect(Object.keys(LEAST).sort()).toEqual(Object.keys(COMPONENTS).sort());
});

// What no provider can set is refused whatever its value.
const REFUSED = ["oomScoreAdj", "memSwappiness"];
const integers = fields.filter(({ field, type }) => type === "integer" && !REFUSED.includes(field));

test.each(integers)("$component: $field takes no fraction", async ({ component, field }) => {
  const { error } = (await outcome(component, { [field]: 1.5 })) as { error: Error };
  expect(isSentence(error)).toBe(true);
  expect(error.message).toMatch(new RegExp(`${field}: 1.5 is not a (whole number|port|node port|number of pods)`));
});

const VALUES: Record<Kind, unknown[]> = {
  boolean: [true],
  number: [7],
  string: ["a text!", ""],
  list: [["a text!"], [{ zzz: 1 }], [[7]], []],
  object: [{ zzz: 1 }, { zzz: ["a text!"] }, {}],
};

test.each(fields)("$component: $field is refused in a sentence, or made", async ({ component, field }) => {
  const { className } = COMPONENTS[component]!;
  const { kinds } = (types.classes as unknown as Record<string, Record<string, ArgumentType>>)[className]![field]!;
  const problems: string[] = [];
  for (const [kind, values] of Object.entries(VALUES) as [Kind, unknown[]][])
    for (const value of values) {
      const result = await outcome(component, { [field]: value });
      const shown = `${field}: ${JSON.stringify(value)}`;
      if ("error" in result && !isSentence(result.error)) problems.push(`${shown} fails: ${result.error.stack}`);
      if (kinds.includes(kind)) continue;
      const expected = new RegExp(`^${className} "one": ${field}: is .*; give `);
      if ("made" in result || !expected.test(result.error.message)) problems.push(`${shown} is taken`);
    }
  expect(problems).toEqual([]);
});

test("an argument with a slip is told the one that was meant", async () => {
  const { error } = (await outcome("Nginx", { imgae: "nginx" })) as { error: Error };
  expect(error.message).toBe('Nginx "one": imgae: is not an argument of Nginx; use image.');
});

test.each(Object.keys(LEAST))("%s takes no argument that it does not know", async (component) => {
  const { error } = (await outcome(component, { zzz: 1 })) as { error: Error };
  const many = fields.filter((one) => one.component === component).length > 16;
  expect(error.message).toContain(
    `zzz: is not an argument of ${component}; ${many ? `see the type ${component}Args ` : "use "}`,
  );
  expect(isSentence(error)).toBe(true);
});
