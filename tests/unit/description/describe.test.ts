import { describe as inverse, tidy } from "../../../core/description/describe";
import { PARSERS, parseService } from "../../../core/description/service";
import type { ServiceDescription } from "../../../core/description/types";
import { FIELDS, withField } from "../writers/fields";

const context = { projectFolder: "/srv", outer: {} };
const parse = (given: ServiceDescription) => parseService(given, context);
const short = (given: Partial<ServiceDescription>) => inverse(parse({ image: "nginx", ...given }), "/srv");

test("the cases cover every field", () => {
  const covered = new Set([...FIELDS.map(([key]) => key), "envFile"]);
  expect(Object.keys(PARSERS).filter((key) => !covered.has(key as never))).toEqual([]);
});

test.each(FIELDS)("%s: %j is its own shortest form", (key, value) => {
  const given = withField(key, value);
  expect(inverse(parse(given), "/srv")).toEqual(given);
  expect(tidy(given, "/srv")).toEqual(given);
  expect(parse(inverse(parse(given), "/srv"))).toEqual(parse(given));
});

test.each<[Partial<ServiceDescription>, Partial<ServiceDescription>]>([
  [{ ports: [{ target: 80, published: "666" }, 90] }, { ports: ["666:80", "90"] }],
  [{ ports: ["1:1", "2:2", "3:3", "5:5"] }, { ports: ["1-3:1-3", "5:5"] }],
  // Neither the host port nor the protocol may differ inside a range.
  [{ ports: ["1:1", "3:2", "4:3/udp"] }, { ports: ["1:1", "3:2", "4:3/udp"] }],
  [{ volumes: [{ type: "bind", source: "/srv/html", target: "/x/" }] }, { volumes: ["./html:/x"] }],
  [{ volumes: ["/srvother/x:/x", "/srv:/y"] }, { volumes: ["/srvother/x:/x", ".:/y"] }],
  [{ volumes: [{ target: "/data" }] }, { volumes: ["/data"] }],
  [{ command: "sh -c 'a b'" }, { command: ["sh", "-c", "a b"] }],
  [{ command: ["nginx", "-g"] }, { command: "nginx -g" }],
  [{ capAdd: ["cap_net_admin"] }, { capAdd: ["NET_ADMIN"] }],
  [{ gpus: [{}] }, { gpus: "all" }],
  [{ networks: [{ name: "mynet" }] }, { networks: ["mynet"] }],
  [{ healthcheck: { test: ["CMD-SHELL", "true"], interval: 120 } }, { healthcheck: { test: "true", interval: "2m" } }],
  [
    { memLimit: 2 ** 29, stopGracePeriod: 90 },
    { memLimit: "512m", stopGracePeriod: "1m30s" },
  ],
  [
    { labels: ["a=b"], extraHosts: ["h:10.0.0.1"] },
    { labels: { a: "b" }, extraHosts: { h: "10.0.0.1" } },
  ],
])("%j becomes %j", (given, expected) => {
  expect(short(given)).toEqual({ image: "nginx", ...expected });
});

test("values of environment files become variables; the service's own win", () => {
  const spec = { ...parse({ image: "nginx", environment: { B: "own" } }) };
  spec.envFile = [{ values: { A: "1", B: "file" }, secret: false }];
  expect(inverse(spec, "/srv")).toEqual({ image: "nginx", environment: { A: "1", B: "own" } });
});

test("tidy reads no file and no variable", () => {
  const given = {
    image: "nginx",
    environment: ["A=1", "B", "C="],
    envFile: ["/srv/missing.env", { path: "/etc/missing.env", required: false, format: "raw" as const }],
    secrets: [
      { source: "s", file: "/srv/missing" },
      { source: "t", environment: "UNSET" },
    ],
  };
  expect(tidy(given, "/srv")).toEqual({
    image: "nginx",
    environment: { A: "1", B: null, C: "" },
    envFile: ["./missing.env", { path: "/etc/missing.env", required: false, format: "raw" }],
    secrets: [
      { source: "s", file: "./missing" },
      { source: "t", environment: "UNSET" },
    ],
  });
  expect(tidy({ image: "nginx", envFile: "a.env" }, "/srv").envFile).toEqual(["./a.env"]);
});

test("what belongs to a project only is kept", () => {
  const given = {
    image: "web",
    build: { context: "/srv" },
    dependsOn: { db: { condition: "service_started" as const } },
  };
  expect(tidy({ ...given, replicas: 2, ports: [80] }, "/srv")).toEqual({ ...given, replicas: 2, ports: ["80"] });
});
