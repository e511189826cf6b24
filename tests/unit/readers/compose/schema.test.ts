import spec from "../../../../core/readers/compose/compose-spec.json";
import { refused, service } from "./compose";

/** What core/readers/compose/schema.ts understands, and what says nothing about a value. */
const CHECKED = [
  "$ref",
  "type",
  "oneOf",
  "enum",
  "pattern",
  "minimum",
  "maximum",
  "required",
  "properties",
  "patternProperties",
  "additionalProperties",
  "items",
  "uniqueItems",
];
const SILENT = ["$schema", "$id", "title", "description", "deprecated", "default", "$defs", "format"];

function words(schema: unknown, found = new Set<string>()): Set<string> {
  if (typeof schema !== "object" || schema === null) return found;
  for (const [word, value] of Object.entries(schema)) {
    found.add(word);
    if (["properties", "patternProperties", "$defs"].includes(word))
      for (const inner of Object.values(value as object)) words(inner, found);
    else if (Array.isArray(value)) for (const inner of value) words(inner, found);
    else words(value, found);
  }
  return found;
}

test("the specification's schema uses no word that the check does not know", () => {
  expect([...words(spec)].filter((word) => !CHECKED.includes(word) && !SILENT.includes(word))).toEqual([]);
});

test.each<[file: string, message: string]>([
  [
    "services: {a: {image: x, ports: 80}}",
    "1:33: services.a.ports: must be a list, and is a number; write a list, each item behind a -.",
  ],
  [
    "services: {a: {image: x, command: {a: b}}}",
    "1:26: services.a.command: must be a string or list, and is a mapping; write text, in quotes where it looks like a number or like true.",
  ],
  [
    "services: {a: {image: x, build: {contxt: .}}}",
    "1:34: services.a.build.contxt: is not a field that Compose knows here; write context if that is what you mean.",
  ],
  [
    "services: {a: {image: x, ports: [{published: 1}]}}",
    "1:34: services.a.ports[0].target: is missing; name the port of the container.",
  ],
  [
    "services: {a: {image: x, depends_on: {b: {condition: now}}}}",
    '1:54: services.a.depends_on.b.condition: "now" is not one of the values that it can have; use service_started, service_healthy, service_completed_successfully.',
  ],
  [
    "services: {a: {image: x, oom_score_adj: 2000}}",
    "1:41: services.a.oom_score_adj: must be less than or equal to 1000; lower it.",
  ],
  [
    "services: {a: {image: x, healthcheck: {test: c, retires: 3}}}",
    "1:49: services.a.healthcheck.retires: is not a field that Compose knows here; write retries if that is what you mean.",
  ],
  [
    "services: {a: {image: x, security_opt: [a, b, a]}}",
    "1:47: services.a.security_opt[2]: is the same as item 0; remove one of them.",
  ],
  [
    "volumes: {v: {driver: [x]}}",
    "1:15: volumes.v.driver: must be a string, and is a list; write text, in quotes where it looks like a number or like true.",
  ],
  [
    "service: {a: {image: x}}",
    "1:1: service: is not a section of a compose file; write services if that is what you mean.",
  ],
])("%s", (file, message) => {
  expect(refused(file)).toBe(`compose.yaml:${message}`);
});

test("notes are taken anywhere", () => {
  expect(
    service("x-a: 1\ndeploy: {x-b: {c: d}}\nnetworks: {n: {x-c: 1}}", "networks: {n: {x-d: 1}}\nx-e: [1]").image,
  ).toBe("nginx");
});
