import * as pulumi from "@pulumi/pulumi";
import {
  choice,
  flag,
  list,
  credential,
  password,
  port,
  portOr,
  readSettings,
  type Setting,
  text,
} from "../../../stacks/lib/settings";
import { value, type World, world } from "../mocks";
import { sentence } from "../refusal";

let w: World;
/** Reads one setting named `it` of the program `demo`. */
async function read<T>(
  setting: Setting<T>,
  given?: string,
  options: { preview?: boolean; secret?: boolean } = {},
): Promise<() => T> {
  const config: Record<string, string> = given === undefined ? {} : { "demo:it": given };
  w = await world({ config, preview: options.preview, secretConfig: options.secret ? ["demo:it"] : [] });
  return () => readSettings("demo", { it: setting }).it as T;
}

test.each<[string, Setting<unknown>, string | undefined, unknown]>([
  ["text", text("standard", "doc"), undefined, "standard"],
  ["text without a standard", text(undefined, "doc"), undefined, undefined],
  ["text", text("standard", "doc"), "given", "given"],
  ["an empty text", text("standard", "doc"), "", ""],
  ["a choice", choice(["a", "b"], "a", "doc"), undefined, "a"],
  ["a choice", choice(["a", "b"], "a", "doc"), "b", "b"],
  ["a port", port(80, "doc"), undefined, 80],
  ["a port without a standard", port(undefined, "doc"), undefined, undefined],
  ["a port", port(80, "doc"), "65535", 65535],
  ["a port or a word", portOr(["free", "none"], "doc"), undefined, undefined],
  ["a port or a word", portOr(["free", "none"], "doc"), "free", "free"],
  ["a port or a word", portOr(["free", "none"], "doc"), "8080", 8080],
  ["a flag", flag(true, "doc"), undefined, true],
  ["a flag", flag(true, "doc"), "false", false],
  ["a flag", flag(false, "doc"), "true", true],
  ["a list", list(["a"], "doc"), undefined, ["a"]],
  ["a list", list(["a"], "doc"), '["b","c"]', ["b", "c"]],
  ["an empty list", list(["a"], "doc"), "[]", []],
])("%s (%#)", async (_, setting, given, expected) => {
  expect((await read(setting, given))()).toEqual(expected);
});

const LIST = "demo:it: is not a list of texts; set it with `pulumi config set --path 'demo:it[0]' VALUE`.";

test.each<[string, Setting<unknown>, string, string]>([
  [
    "an encrypted list",
    list([], "doc"),
    '["a",{"secure":"v1:x"}]',
    "demo:it: is encrypted, which berth's own plan cannot read; use `pulumi preview`, which can.",
  ],
  ["a choice", choice(["a", "b"], "a", "doc"), "c", 'demo:it: "c" is not known; use a, b.'],
  ["a port", port(80, "doc"), "http", 'demo:it: "http" is not a port; use 1 to 65535.'],
  ["a port", port(80, "doc"), "0", 'demo:it: "0" is not a port; use 1 to 65535.'],
  ["a port", port(80, "doc"), "65536", 'demo:it: "65536" is not a port; use 1 to 65535.'],
  ["a port", port(80, "doc"), "", 'demo:it: "" is not a port; use 1 to 65535.'],
  ["a port", port(80, "doc"), "8e1", 'demo:it: "8e1" is not a port; use 1 to 65535.'],
  [
    "a port or a word",
    portOr(["free", "none"], "doc"),
    "any",
    'demo:it: "any" is not a port; use 1 to 65535, free or none.',
  ],
  [
    "a port or a word",
    portOr(["free", "none"], "doc"),
    "70000",
    'demo:it: "70000" is not a port; use 1 to 65535, free or none.',
  ],
  ["a flag", flag(true, "doc"), "yes", 'demo:it: "yes" is not true or false; use true or false.'],
  ["a list", list([], "doc"), "a", LIST],
  ["a list", list([], "doc"), '{"a":1}', LIST],
  ["a list", list([], "doc"), "[1]", LIST],
  ["a list", list([], "doc"), '"a"', LIST],
])("%s that is wrong: %#", async (_, setting, given, message) => {
  expect(sentence(await read(setting, given))).toBe(message);
});

test("each tells what it is", () => {
  expect(text("a", "Doc")).toMatchObject({ doc: "Doc", shown: "a" });
  expect(text(undefined, "Doc").shown).toBe("");
  expect(choice(["a", "b"], "b", "Doc")).toMatchObject({ doc: "Doc: a, b", shown: "b" });
  expect(port(80, "Doc").shown).toBe("80");
  expect(port(undefined, "Doc").shown).toBe("");
  expect(portOr(["free", "none"], "Doc").doc).toBe("Doc: a port, free or none");
  expect(flag(false, "Doc").shown).toBe("false");
  expect(list(["a", "b"], "Doc").shown).toBe("a, b");
  expect(password("Doc")).toMatchObject({ secret: true, shown: "none: asked for" });
});

describe("a password", () => {
  const HOW = "set one with `pulumi config set --secret demo:it`";

  test("is a secret, whether it was set as one or not", async () => {
    for (const secret of [true, false]) {
      const output = (await read(password("doc"), "s3cret", { secret }))();
      expect(await value(output)).toBe("s3cret");
      expect(await pulumi.isSecret(output)).toBe(true);
    }
    expect(w.warnings).toEqual([]);
  });

  test("that is missing stops an up before anything is made", async () => {
    expect(sentence(await read(password("doc")))).toBe(`demo:it: is not set; ${HOW}.`);
  });

  test("that is missing is warned about on a preview, which goes on", async () => {
    const output = (await read(password("doc"), undefined, { preview: true }))();
    expect(w.warnings).toEqual([`demo:it is not set: \`berth up\` makes one, \`pulumi up\` stops here; ${HOW}.`]);
    expect(await pulumi.isSecret(output)).toBe(true);
  });

  test("that nobody but its owner has stops every up, and a preview says so", async () => {
    (await read(credential("doc"), undefined, { preview: true }))();
    expect(w.warnings).toEqual([`demo:it is not set: \`up\` will stop here; ${HOW}.`]);
  });

  test.each([true, false])("that is empty is as good as none (preview: %p)", async (preview) => {
    expect(sentence(await read(password("doc"), "", { preview }))).toBe(`demo:it: is empty; ${HOW}.`);
  });
});

describe("a program's settings", () => {
  const schema = { a: text("1", "doc"), b: port(80, "doc") };

  test("are read together", async () => {
    await world({ config: { "demo:b": "81", "other:c": "x", "berth:owner": "me" } });
    expect(readSettings("demo", schema)).toEqual({ a: "1", b: 81 });
  });

  test("that are not known are refused: a slip must not go unseen", async () => {
    await world({ config: { "demo:prot": "81" } });
    expect(sentence(() => readSettings("demo", schema))).toBe(
      "demo:prot: is not a setting of the demo stack; use demo:a, demo:b.",
    );
  });

  test("of no setting at all", async () => {
    await world();
    expect(readSettings("demo", {})).toEqual({});
  });
});
