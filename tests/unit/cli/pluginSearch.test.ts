import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  hasOtherSdks,
  maySkipSearch,
  mayTrustInputs,
  placesOf,
  placesOfTypes,
  takeMoreAtOnce,
  trustInputs,
  writeStateOnce,
} from "../../../cli/pluginSearch";
import type { Place, Plugin } from "../../../cli/tools";

const KUBERNETES = '{"urn":"urn:pulumi:a::berth::pulumi:providers:kubernetes::default_4_34_2"}';

test.each<[Place[], string | undefined, Plugin[], boolean]>([
  // What the stack needs is there, what it does not need is not.
  [["docker"], "", ["docker"], true],
  [["docker", "swarm"], "", ["docker", "command"], true],
  [["host"], "{}", ["command"], true],
  [["kubernetes"], KUBERNETES, ["kubernetes"], true],
  // Nothing is looked for.
  [["docker"], "", ["docker", "kubernetes", "command"], false],
  // The CLI has to look for what is needed.
  [["docker"], "", [], false],
  [["host"], "", ["docker"], false],
  [["docker", "kubernetes"], "", ["docker"], false],
  // A stack that has moved still takes its old objects away.
  [["docker"], KUBERNETES, ["docker"], false],
  [["docker"], KUBERNETES.replaceAll("kubernetes", "random"), ["docker"], false],
  // A state that is kept elsewhere may hold anything.
  [["docker"], undefined, ["docker"], false],
])("a stack on %j with the state %j and the plugins %j: %s", (places, state, there, expected) => {
  expect(maySkipSearch(places, state, (plugin) => there.includes(plugin))).toBe(expected);
});

test.each<[string | undefined, boolean]>([
  [KUBERNETES.replaceAll("kubernetes", "docker"), true],
  [KUBERNETES, false],
  [KUBERNETES + KUBERNETES.replaceAll("kubernetes", "docker"), false],
  // Nothing is compared, or nobody knows with what.
  ["", false],
  [undefined, false],
])("equal inputs of the state %j are no change: %s", (state, expected) => {
  expect(mayTrustInputs(state)).toBe(expected);
});

const container = (inputs: object, outputs: object) => ({
  type: "docker:index/container:Container",
  urn: KUBERNETES.replaceAll("kubernetes", "docker"),
  inputs,
  outputs,
});
test.each<[object, object, string[], string | undefined]>([
  [{ restart: "no", memory: 64 }, { restart: "no", memory: 64, memorySwap: 0, cpuSet: "" }, [], "true"],
  [{}, { restart: "no" }, ["--yes", "--diff"], "true"],
  // A refresh is to come,
  [{}, {}, ["--yes", "--refresh"], undefined],
  [{}, {}, ["-yr"], undefined],
  // or has been.
  [{ restart: "no" }, { restart: "always" }, [], undefined],
  [{}, { memory: 64 }, [], undefined],
  [{}, { cpus: "0.5" }, [], undefined],
  // That is for berth to put right.
  [{ cpus: "0.7" }, { cpus: "0.5" }, [], "true"],
  [{ cpuQuota: 50_000 }, { cpus: "0.5" }, [], "true"],
])("inputs %j with what was read, %j, and %j", (inputs, outputs, args, expected) => {
  const before = process.env.PULUMI_ENABLE_LEGACY_DIFF;
  delete process.env.PULUMI_ENABLE_LEGACY_DIFF;
  try {
    trustInputs(JSON.stringify({ checkpoint: { latest: { resources: [container(inputs, outputs)] } } }), args);
    expect(process.env.PULUMI_ENABLE_LEGACY_DIFF).toBe(expected);
  } finally {
    if (before === undefined) delete process.env.PULUMI_ENABLE_LEGACY_DIFF;
    else process.env.PULUMI_ENABLE_LEGACY_DIFF = before;
  }
});

test.each<[Place[] | undefined, string | undefined, string | undefined, RegExp]>([
  [["docker"], "", undefined, /^(3[2-9]|[4-9]\d|\d{3,})$/],
  [undefined, KUBERNETES.replaceAll("kubernetes", "docker"), undefined, /^\d+$/],
  [["kubernetes"], "", undefined, /^(3[2-9]|[4-9]\d|\d{3,})$/],
  [undefined, KUBERNETES, undefined, /^(3[2-9]|[4-9]\d|\d{3,})$/],
  [["docker", "kubernetes"], "", undefined, /^(3[2-9]|[4-9]\d|\d{3,})$/],
  [undefined, KUBERNETES.replaceAll("kubernetes", "random"), undefined, /^undefined$/],
  // What the user says, and what the CLI does by itself.
  [["docker"], "", "4", /^4$/],
  [["docker", "host"], "", undefined, /^undefined$/],
  [undefined, "", undefined, /^undefined$/],
])(
  "on %j with the state %j and PULUMI_PARALLEL=%s the CLI takes %s steps at once",
  (places, state, given, expected) => {
    const before = process.env.PULUMI_PARALLEL;
    try {
      if (given === undefined) delete process.env.PULUMI_PARALLEL;
      else process.env.PULUMI_PARALLEL = given;
      takeMoreAtOnce(places, state);
      expect(String(process.env.PULUMI_PARALLEL)).toMatch(expected);
    } finally {
      if (before === undefined) delete process.env.PULUMI_PARALLEL;
      else process.env.PULUMI_PARALLEL = before;
    }
  },
);

test("places follow from programs and the engine of the stack", () => {
  expect(placesOf(["nginx", "host", "lifecycle"], "swarm")).toEqual(["swarm", "host", "kubernetes"]);
  expect(placesOf(["nginx"], undefined)).toEqual(["docker"]);
});

test("places follow from the plan of somebody's own program, where all its plugins are known", () => {
  const docker = ["pulumi:pulumi:Stack", "berth:services:Nginx", "docker:index/container:Container"];
  expect(placesOfTypes(docker)).toEqual(["docker"]);
  expect(placesOfTypes([...docker, "kubernetes:core/v1:Pod", "command:local:Command"])).toEqual([
    "docker",
    "kubernetes",
    "host",
  ]);
  expect(placesOfTypes([...docker, "random:index/randomPassword:RandomPassword"])).toBeUndefined();
});

test("an SDK that berth does not know keeps the search", () => {
  const folder = mkdtempSync(join(tmpdir(), "berth-sdks-"));
  const write = (dependencies: object) => writeFileSync(join(folder, "package.json"), JSON.stringify({ dependencies }));
  write({ "pulumi-berth": "1", "@pulumi/pulumi": "3", "@pulumi/docker": "5", jest: "30" });
  expect(hasOtherSdks(folder)).toBe(false);
  write({ "pulumi-berth": "1", "@pulumi/random": "4" });
  expect(hasOtherSdks(folder)).toBe(true);
  rmSync(folder, { recursive: true });
});

test.each<[string | undefined, string | undefined, string | undefined]>([
  [KUBERNETES.replaceAll("kubernetes", "docker"), undefined, "true"],
  [KUBERNETES.replaceAll("kubernetes", "docker"), "false", "false"],
  // What another provider says of something that has gone already, nobody has tried.
  [KUBERNETES, undefined, undefined],
  [undefined, undefined, undefined],
])("the state %j is written once with PULUMI_SKIP_CHECKPOINTS=%s: %s", (state, given, expected) => {
  const before = process.env.PULUMI_SKIP_CHECKPOINTS;
  try {
    if (given === undefined) delete process.env.PULUMI_SKIP_CHECKPOINTS;
    else process.env.PULUMI_SKIP_CHECKPOINTS = given;
    writeStateOnce(state);
    expect(process.env.PULUMI_SKIP_CHECKPOINTS).toBe(expected);
  } finally {
    if (before === undefined) delete process.env.PULUMI_SKIP_CHECKPOINTS;
    else process.env.PULUMI_SKIP_CHECKPOINTS = before;
  }
});
