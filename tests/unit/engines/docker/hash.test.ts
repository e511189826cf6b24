import { replacementKey } from "../../../../core/mapping/docker";
import { declarationHash } from "../../../../core/engines/docker/container";

/** A declaration with something in every argument that counts. */
const FIXED = {
  image: "nginx:1.27",
  name: "web",
  command: ["nginx", "-g", "daemon off;"],
  envs: ["A=1", "B=2"],
  ports: [{ internal: 80, external: 8080, ip: undefined, protocol: "tcp" }],
  volumes: [{ containerPath: "/data", volumeName: "data" }],
  networkMode: "mynet",
  networksAdvanced: [{ name: "mynet", aliases: ["web"] }],
  restart: "always",
  mustRun: true,
  hostname: "web01",
  healthcheck: { tests: ["CMD", "true"], interval: "10s" },
  memory: 512,
  memorySwap: 1024,
  cpus: "0.5",
  destroyGraceSeconds: 10,
  labels: [{ label: "a", value: "1" }],
};

test("the hash of a fixed declaration is a contract: another value would replace every container", () => {
  expect(declarationHash(FIXED)).toBe("a33778dd3ca712326c20dbc335b026da");
  expect(declarationHash({ image: "nginx", networkMode: "bridge", restart: "no", mustRun: true })).toBe(
    "8d64ad2168702c6875a4592cadeb8337",
  );
});

test("the order of keys does not matter, that of lists does", () => {
  const backwards = Object.fromEntries(Object.entries(FIXED).reverse());
  const healthcheck = { interval: "10s", tests: ["CMD", "true"] };
  expect(declarationHash({ ...backwards, healthcheck })).toBe(declarationHash(FIXED));
  expect(declarationHash({ ...FIXED, command: ["-g", "nginx", "daemon off;"] })).not.toBe(declarationHash(FIXED));
});

test("a property that is undefined is as good as none", () => {
  expect(
    declarationHash({ ...FIXED, user: undefined, healthcheck: { ...FIXED.healthcheck, retries: undefined } }),
  ).toBe(declarationHash(FIXED));
});

test.each<[string, Record<string, unknown>]>([
  ["name", { name: "other" }],
  ["restart", { restart: "no" }],
  ["retries", { restart: "on-failure", maxRetryCount: 3 }],
  ["memory", { memory: 256, memorySwap: 512 }],
  ["less memory", { memory: undefined, memorySwap: undefined }],
  ["memoryReservation", { memoryReservation: 64 }],
  ["cpuShares and cpuSet", { cpuShares: 2, cpuSet: "0" }],
  ["another number of cpus", { cpus: "1.5" }],
  ["joined networks", { networkMode: "other", networksAdvanced: [{ name: "other" }, { name: "mynet" }] }],
  ["left networks", { networkMode: "bridge", networksAdvanced: undefined }],
  ["the grace period of delete", { destroyGraceSeconds: 60 }],
  ["mustRun", { mustRun: false }],
  ["most processes, which can be taken away too", { pidsLimit: 64 }],
])("changed in place and no part of the hash: %s", (_, change) => {
  expect(declarationHash({ ...FIXED, ...change })).toBe(declarationHash(FIXED));
});

test.each(
  Object.keys(FIXED).filter(
    (key) =>
      ![
        "name",
        "networksAdvanced",
        "networkMode",
        "restart",
        "mustRun",
        "memory",
        "memorySwap",
        "destroyGraceSeconds",
      ].includes(key),
  ),
)("taking %s away replaces", (key) => {
  expect(declarationHash({ ...FIXED, [key]: undefined })).not.toBe(declarationHash(FIXED));
});

test.each<[string, Record<string, unknown>]>([
  ["image", { image: "nginx:1.28" }],
  ["envs", { envs: ["A=1", "B=3"] }],
  ["ports", { ports: [{ internal: 80, external: 8081, protocol: "tcp" }] }],
  ["healthcheck", { healthcheck: { tests: ["CMD", "true"], interval: "20s" } }],
  ["labels", { labels: [{ label: "a", value: "2" }] }],
  ["user", { user: "root" }],
  ["init", { init: true }],
  ["tmpfs", { tmpfs: { "/run": "" } }],
  ["the host's network", { networkMode: "host", networksAdvanced: undefined }],
  ["no network", { networkMode: "none", networksAdvanced: undefined }],
  ["another's network", { networkMode: "container:x", networksAdvanced: undefined }],
  ["memory nodes to some", { cpusetMems: "0" }],
  ["the weight of block devices to one", { blkioWeight: 300 }],
  ["real time to some", { cpuRtRuntime: 1000 }],
  ["a limit in the other way", { cpus: undefined, cpuPeriod: 100000, cpuQuota: 50000 }],
])("changing %s replaces", (_, change) => {
  expect(declarationHash({ ...FIXED, ...change })).not.toBe(declarationHash(FIXED));
});

test("two modes that share another's network differ", () => {
  const hash = (networkMode: string) => declarationHash({ image: "x", networkMode });
  expect(new Set(["host", "none", "bridge", "container:a", "container:b"].map(hash)).size).toBe(5);
  expect(hash("mynet")).toBe(hash("bridge"));
});

test("what the key says of limits and networks", () => {
  const key = replacementKey(FIXED);
  expect(key).toMatchObject({ cpus: true, networkMode: "bridge" });
  for (const name of ["name", "networksAdvanced", "restart", "memory", "mustRun"]) expect(key).not.toHaveProperty(name);
});

test("a secret value is not in the hash in clear", () => {
  expect(declarationHash({ image: "x", envs: ["P=123456"] })).toMatch(/^[0-9a-f]{32}$/);
});
