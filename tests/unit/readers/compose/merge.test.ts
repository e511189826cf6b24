import { load, parse } from "./compose";

const two = (base: string, over: string, key = "a") =>
  load(
    { "base.yml": `services: {${key}: {image: x, ${base}}}`, "over.yml": `services: {${key}: {${over}}}` },
    { files: ["base.yml", "over.yml"] },
  ).services.a!;

// compose-go's override/merge_*_test.go.
test.each<[base: string, over: string, expected: object]>([
  ["command: [a]", "command: b c", { command: "b c" }],
  ["entrypoint: [a, b]", "entrypoint: [c]", { entrypoint: ["c"] }],
  ["cap_add: [A, B]", "cap_add: [B, C]", { capAdd: ["A", "B", "C"] }],
  ["environment: {A: 1, B: 2}", "environment: [B=3, C=4]", { environment: { A: "1", B: "3", C: "4" } }],
  ["labels: [a=1]", "labels: {a: 2, b: }", { labels: { a: "2", b: "" } }],
  ["dns: 1.1.1.1", "dns: [8.8.8.8, 1.1.1.1]", { dns: ["1.1.1.1", "8.8.8.8"] }],
  ["extra_hosts: {h: 1.1.1.1}", "extra_hosts: [h=1.1.1.1, g=2.2.2.2]", { extraHosts: ["h=1.1.1.1", "g=2.2.2.2"] }],
  ["expose: [80]", "expose: ['80', '90']", { expose: ["80", "90"] }],
  ["tmpfs: /a", "tmpfs: [/b]", { tmpfs: ["/a", "/b"] }],
  ["sysctls: {a.b: 1}", "sysctls: [a.b=2, c.d=3]", { sysctls: { "a.b": "2", "c.d": "3" } }],
  ["ulimits: {nofile: 5}", "ulimits: {nofile: {soft: 1, hard: 2}}", { ulimits: { nofile: { soft: 1, hard: 2 } } }],
  [
    "logging: {driver: json-file, options: {max-size: 1m}}",
    "logging: {options: {max-file: '3'}}",
    { logging: { driver: "json-file", options: { "max-size": "1m", "max-file": "3" } } },
  ],
  [
    "logging: {driver: json-file, options: {max-size: 1m}}",
    "logging: {driver: syslog}",
    { logging: { driver: "syslog" } },
  ],
  [
    "healthcheck: {test: one, interval: 1s}",
    "healthcheck: {test: [CMD, two]}",
    { healthcheck: { test: ["CMD", "two"], interval: "1s" } },
  ],
  [
    "volumes: ['/a:/x', '/b:/y:ro']",
    "volumes: [{type: bind, source: /c, target: /x}]",
    {
      volumes: [
        { type: "bind", source: "/c", target: "/x", bind: { createHostPath: true } },
        { type: "bind", source: "/b", target: "/y", readOnly: true, bind: { createHostPath: true } },
      ],
    },
  ],
  [
    "ports: ['80:80', '81:81']",
    "ports: ['80:80', '82:81']",
    {
      ports: [
        { target: 80, published: "80", protocol: "tcp" },
        { target: 81, published: "81", protocol: "tcp" },
        { target: 81, published: "82", protocol: "tcp" },
      ],
    },
  ],
  ["ports: ['80:80']", "ports: !override ['90:80']", { ports: [{ target: 80, published: "90", protocol: "tcp" }] }],
  ["environment: {A: 1}", "environment: !override {B: 2}", { environment: { B: "2" } }],
  [
    "devices: ['/dev/a:/dev/x']",
    "devices: ['/dev/b:/dev/x:r']",
    { devices: [{ source: "/dev/b", target: "/dev/x", permissions: "r" }] },
  ],
])("{%s} and {%s}", (base, over, expected) => {
  expect(two(base, over)).toMatchObject(expected);
});

test("!reset takes a value away, and what stands below it", () => {
  const service = two(
    "ports: ['80:80'], environment: {A: 1, B: 2}, command: x",
    "ports: !reset [], environment: {A: !reset }, command: !reset null",
  );
  expect(service).toEqual({ image: "x", environment: { B: "2" }, networks: expect.anything() });
});

test("documents of one file are merged, and their tags hold for the ones before", () => {
  const { services } = parse(
    "services: {a: {image: x, ports: ['1:1']}}\n---\nservices: {a: {ports: !reset [], command: y}}\n",
  );
  expect(services.a).toEqual({ image: "x", command: "y", networks: expect.anything() });
});

test("networks and dependencies in lists and mappings meet", () => {
  const { services } = load(
    {
      "compose.yaml":
        "services: {a: {image: x, networks: [n], depends_on: [b]}, b: {image: y}}\nnetworks: {n: , m: }\n",
      "compose.override.yaml":
        "services: {a: {networks: {m: {aliases: [z]}}, depends_on: {b: {condition: service_healthy}}}}\n",
    },
    { projectName: "p" },
  );
  expect(services.a!.networks).toEqual([
    { name: "p_m", aliases: ["a", "z"] },
    { name: "p_n", aliases: ["a"] },
  ]);
  expect(services.a!.dependsOn).toEqual({ b: { condition: "service_healthy" } });
});

test("anchors and merge keys: what stands there wins, then what is merged first", () => {
  const { services } = parse(`
x-a: &a {image: i, labels: &l {q: r}}
x-b: &b {restart: always, labels: {z: z}}
services:
  one: {<<: [*a, *b], environment: &e {K: v}}
  two: {<<: *b, image: two, environment: *e}
  three: {<<: *a, labels: {<<: *l, more: m}, x-note: {any: thing}}
`);
  expect(services.one).toMatchObject({ image: "i", labels: { q: "r" }, restart: "always", environment: { K: "v" } });
  expect(services.two).toMatchObject({ image: "two", labels: { z: "z" }, environment: { K: "v" } });
  expect(services.three).toMatchObject({ image: "i", labels: { q: "r", more: "m" } });
});

test("an error in a merged file names the file that it stands in", () => {
  expect(() => two("ports: ['80:80']", "volumes: [gone:/x]")).toThrow(
    'over.yml:1:26: services.a.volumes[0]: service "a" refers to undefined volume gone;',
  );
  expect(() => two("command: x", "ports: {a: b}")).toThrow("over.yml:1:16: services.a.ports: must be a list");
});
