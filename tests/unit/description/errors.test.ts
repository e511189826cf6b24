import { ArgumentError, checkArguments, checkFields, show } from "../../../core/description/errors";
import { refusal } from "../refusal";

test("an error is one sentence of path, problem and remedy", () => {
  const error = new ArgumentError("ports[0]", "70000 is not a port", "use 1 to 65535");
  expect(error.message).toBe("ports[0]: 70000 is not a port; use 1 to 65535.");
  expect(error.name).toBe("ArgumentError");
  expect(error).toMatchObject({ argument: "ports[0]", problem: "70000 is not a port", remedy: "use 1 to 65535" });
});

test.each([
  ["text", '"text"'],
  ['a "quoted"\nline', '"a \\"quoted\\"\\nline"'],
  [5, "5"],
  [Number.NaN, "NaN"],
  [Number.POSITIVE_INFINITY, "Infinity"],
  [true, "true"],
  [null, "null"],
  [undefined, "undefined"],
  [["a", 1], '["a",1]'],
  [{ a: 1 }, '{"a":1}'],
  ["x".repeat(200), `"${"x".repeat(76)}...`],
])("shows %p as %s", (value, shown) => {
  expect(show(value)).toBe(shown);
});

test("a shown value is never longer than 80 characters", () => {
  expect(show("y".repeat(78))).toHaveLength(80);
  expect(show("y".repeat(79))).toHaveLength(80);
});

test("fields that are not known are refused", () => {
  expect(() => checkFields({ a: 1 }, ["a", "b"], "it", "a thing")).not.toThrow();
  expect(refusal(() => checkFields({ a: 1, c: 2 }, ["a", "b"], "it[0]", "a thing"))).toBe(
    "it[0].c: is not a field of a thing; use a, b.",
  );
  const known = ["source", "target", "deviceReadBps"];
  expect(refusal(() => checkFields({ targt: 1 }, known, "it", "a thing"))).toBe(
    "it.targt: is not a field of a thing; use target.",
  );
  expect(refusal(() => checkFields({ device_read_bps: 1 }, known, "it", "a thing"))).toBe(
    "it.device_read_bps: is not a field of a thing; use deviceReadBps.",
  );
});

test("arguments that are not known are answered with the one that was meant, with all, or with the type of many", () => {
  const refused = (known: readonly string[]) => refusal(() => checkArguments({ portz: 1 }, known, "Thing"));
  const many = Array.from({ length: 17 }, (_, index) => `field${index}`);
  expect(refused([...many, "ports"])).toBe("portz: is not an argument of Thing; use ports.");
  expect(refused(["a", "b"])).toBe("portz: is not an argument of Thing; use a, b.");
  expect(refused(many.slice(1))).toBe(`portz: is not an argument of Thing; use ${many.slice(1).join(", ")}.`);
  expect(refused(many)).toBe("portz: is not an argument of Thing; see the type ThingArgs for the arguments.");
});
