import * as checks from "../../../../core/mapping/kubernetes/checks";
import { refusal } from "../../refusal";

describe("names", () => {
  test.each(["a", "web-1", "1", "0-a", "a".repeat(63)])("takes the label %s", (name) => {
    expect(checks.labelName(name, "name")).toBe(name);
  });

  test.each([
    ["docker_jenkins", "docker-jenkins"],
    ["Web.Server", "web-server"],
    ["-web-", "web"],
    ["web__1", "web-1"],
    ["a".repeat(64), "a".repeat(63)],
    [`${"a".repeat(62)}_b`, "a".repeat(62)],
  ])("suggests a name in place of %s", (name, near) => {
    const said = refusal(() => checks.labelName(name, "containerName"));
    expect(said).toMatch(/^containerName: "[^ ]* is not a name that Kubernetes takes/);
    expect(said).toContain(`; use "${near}".`);
  });

  test("suggests a name of its own where nothing is left", () => {
    expect(refusal(() => checks.labelName("___", "name"))).toContain('; use a name such as "web-1".');
    expect(refusal(() => checks.labelName("", "name"))).toContain('; use a name such as "web-1".');
    expect(refusal(() => checks.labelName(undefined as never, "name"))).toBe(
      "name: undefined is not text; give a name as a string.",
    );
  });

  test("a Service's name begins with a letter", () => {
    expect(checks.serviceName("a1", "name")).toBe("a1");
    expect(refusal(() => checks.serviceName("1a", "name"))).toContain('; use "app-1a".');
    expect(refusal(() => checks.serviceName("a_1", "name"))).toContain('; use "a-1".');
  });

  test("takes subdomains, and suggests one", () => {
    expect(checks.subdomainName("a.b-c.d", "name")).toBe("a.b-c.d");
    expect(checks.subdomainName("a".repeat(253), "name")).toHaveLength(253);
    expect(refusal(() => checks.subdomainName("My_App..x.", "name"))).toContain('; use "my-app.x".');
    expect(refusal(() => checks.subdomainName("a".repeat(254), "name"))).toContain(`; use "${"a".repeat(253)}".`);
  });
});

describe("labels and annotations", () => {
  test.each(["app", "App_1.x", "app.kubernetes.io/name", "a".repeat(63), "example.com/A"])(
    "takes the key %s",
    (key) => {
      expect(checks.labelKey(key, "labels")).toBe(key);
      expect(checks.annotationKey(key, "annotations")).toBe(key);
    },
  );

  test.each(["", "-a", "a-", "a b", "a/b/c", "/a", "a/", "a".repeat(64), "ä", "a_b/c"])("refuses the key %p", (key) => {
    expect(refusal(() => checks.labelKey(key, "labels"))).toContain("is not a key of a label;");
    expect(refusal(() => checks.annotationKey(key, "annotations"))).toContain("is not a key of an annotation;");
  });

  test("only an annotation's domain may have capital letters", () => {
    expect(checks.annotationKey("Example.com/a", "annotations")).toBe("Example.com/a");
    refusal(() => checks.labelKey("Example.com/a", "labels"));
  });

  test.each(["", "a", "1.27", "A_b-c", "a".repeat(63)])("takes the label's value %p", (value) => {
    expect(checks.labelValue(value, "labels.a")).toBe(value);
  });

  test.each(["a b", "-", "a/b", "_a", "a".repeat(64)])("refuses the label's value %p", (value) => {
    expect(refusal(() => checks.labels({ tier: value }, "podLabels"))).toMatch(/^podLabels\.tier: .* not a value of a/);
  });

  test("annotations take any text up to 256 KiB", () => {
    const value = { "example.com/note": "any text, {}", b: "a".repeat(256 * 1024 - 29) };
    expect(checks.annotations(value, "podAnnotations")).toBe(value);
    expect(refusal(() => checks.annotations({ ...value, b: `${value.b}a` }, "podAnnotations"))).toMatch(
      /^podAnnotations: annotations are longer/,
    );
    expect(refusal(() => checks.annotations({ a: 1 as never }, "podAnnotations"))).toMatch(/^podAnnotations\.a: 1 is/);
  });
});

describe("quantities", () => {
  test.each(["0", "0.5", ".5", "5.", "100m", "64Mi", "1e3", "1E3", "1e-3", "1k", "2Gi", "10Ei", "+1", "500n", 2, 0.5])(
    "takes %p",
    (value) => {
      expect(checks.quantity(value, "cpu")).toBe(value);
    },
  );

  test.each(["", "m", "1 Gi", "1MiB", "1K", "1mi", "1e", "1e1.5", "0x1", "1,5", "Infinity", Number.NaN, null, {}])(
    "refuses %p",
    (value) => {
      expect(refusal(() => checks.quantity(value as never, "cpu"))).toMatch(
        /^cpu: .* is not a Kubernetes quantity; use /,
      );
    },
  );

  test("says what was meant", () => {
    expect(refusal(() => checks.quantity("512MB", "size"))).toBe(
      'size: "512MB" is not a Kubernetes quantity; use "512Mi".',
    );
    expect(refusal(() => checks.quantity("1g", "size"))).toContain('use "1Gi"');
    expect(refusal(() => checks.bytesQuantity("512m", "memory"))).toBe(
      'memory: "512m" is not a whole number of bytes: m stands for a thousandth; use "512Mi".',
    );
  });

  test("processors, memory and disks are above zero", () => {
    for (const check of [checks.positiveQuantity, checks.bytesQuantity]) {
      for (const value of ["0", "0Mi", "-1", "-64Mi"])
        expect(refusal(() => check(value, "memory"))).toMatch(/is not above zero;/);
      for (const value of ["1", "64Mi", "1e3", "1.5Gi", 4096]) expect(check(value, "memory")).toBe(value);
    }
    expect(refusal(() => checks.quantity("-1", "cpu"))).toBe('cpu: "-1" is below zero; use zero or more.');
    expect(checks.positiveQuantity("100m", "cpu")).toBe("100m");
    expect(refusal(() => checks.bytesQuantity("0.5", "memory"))).toContain("not a whole number of bytes;");
  });

  test("compares across units", () => {
    expect(checks.compareQuantities("1Gi", "1G", "size")).toBeGreaterThan(0);
    expect(checks.compareQuantities("1000m", 1, "cpu")).toBe(0);
    expect(checks.compareQuantities("100m", "0.2", "cpu")).toBeLessThan(0);
  });
});

describe("numbers", () => {
  test("node ports are 30000 to 32767", () => {
    for (const port of [30000, 32600, 32767]) expect(checks.nodePort(port, "nodePort")).toBe(port);
    for (const port of [29999, 32768, 80, 30000.5, "30080", undefined])
      expect(refusal(() => checks.nodePort(port as number, "nodePort"))).toBe(
        `nodePort: ${JSON.stringify(port) ?? "undefined"} is not a node port; use a whole number from 30000 to 32767.`,
      );
  });

  test("replicas are whole and not below zero", () => {
    for (const count of [0, 1, 4]) expect(checks.replicas(count, "replicas")).toBe(count);
    for (const count of [-1, 1.5, "2", Number.NaN, 2 ** 31])
      expect(refusal(() => checks.replicas(count as number, "replicas"))).toMatch(
        /^replicas: .* not a number of pods;/,
      );
  });

  test("maxSurge is a whole number or a percentage", () => {
    for (const value of [0, 1, "25%", "0%", "150%"]) expect(checks.numberOrPercentage(value, "maxSurge")).toBe(value);
    for (const value of [-1, 0.25, "25", "-1%", "2.5%", "", null])
      expect(refusal(() => checks.numberOrPercentage(value as never, "maxSurge"))).toMatch(/^maxSurge: .* is neither/);
    expect(refusal(() => checks.numberOrPercentage("25", "maxSurge"))).toContain('; use 25 or "25%".');
  });
});

test("names of ports", () => {
  for (const name of ["http", "nginx-port", "p80-tcp", "a".repeat(15), "1a"])
    expect(checks.portName(name, "portName")).toBe(name);
  for (const [name, near] of [
    ["my_http", '"my-http"'],
    ["HTTP", '"http"'],
    ["a--b", '"a-b"'],
    ["a-very-long-port-name", '"a-very-long-por"'],
    ["80", 'a name such as "http"'],
    ["", 'a name such as "http"'],
  ] as const)
    expect(refusal(() => checks.portName(name, "portName"))).toContain(`; use ${near}.`);
});

test("images that a node can fetch", () => {
  for (const image of ["nginx", "nginx:1.7.9", "registry.example:5000/a/b@sha256:".concat("0".repeat(64))])
    expect(checks.image(image, "image")).toBe(image);
  expect(refusal(() => checks.image("Nginx", "image"))).toContain("must be in lower case");
  expect(refusal(() => checks.image(`sha256:${"0".repeat(64)}`, "image"))).toContain("which nodes cannot fetch;");
});

test("a selector finds the pods of its template", () => {
  const value = { app: "nginx" };
  expect(checks.selector(value, "selector", { app: "nginx", tier: "web" })).toBe(value);
  expect(refusal(() => checks.selector(value, "selector", { app: "web" }))).toBe(
    'selector.app: "nginx" finds no pods: the pods have "web"; give the pods\' template the same label.',
  );
  expect(refusal(() => checks.selector(value, "selector", { tier: "web" }))).toContain("the pods have no such label");
  expect(refusal(() => checks.selector({}, "selector", {}))).toContain("is empty and finds no pods");
  refusal(() => checks.selector({ app: "a b" }, "selector", { app: "a b" }));
});

test("names of variables and keys of data", () => {
  for (const name of ["A", "_a", "a.b-c", "discovery.type"])
    expect(checks.variableName(name, "environment")).toBe(name);
  for (const name of ["1A", "", "a b", "a=b"]) refusal(() => checks.variableName(name, "environment"));
  for (const key of ["my.cnf", "..data".slice(1), "a_b"]) expect(checks.dataKey(key, "configs[0]")).toBe(key);
  for (const key of ["..data", ".", "..", "a/b", "", "a".repeat(254)]) refusal(() => checks.dataKey(key, "configs[0]"));
});
