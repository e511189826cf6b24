import * as pulumi from "@pulumi/pulumi";
import { Service } from "../../../components/service";
import { sessionFor } from "../../../core/engines/dockerApi/session";
import { allOrNothing } from "../../../core/pulumi/allOrNothing";
import { shortenStackTraces } from "../../../core/pulumi/patches/shortStackTraces";
import { CONTAINER, quiet, world } from "../mocks";

describe("an error in a program", () => {
  test("makes nothing, though resources were declared before it", async () => {
    const w = await world();
    const error = new Error("third of five");
    expect(() =>
      allOrNothing(() => {
        new Service("one", { image: "nginx", volumes: ["data:/a"] });
        new Service("two", { image: "nginx" });
        throw error;
      }),
    ).toThrow(error);
    await quiet();
    expect(w.resources).toEqual([]);
  });

  describe("host paths that are missing", () => {
    const declare = async (one: string[], two: string[]) => {
      const w = await world();
      const nothing = { containers: [], images: [], networks: [], volumes: [], listeners: [], routes: [] };
      sessionFor().snapshot = { ...nothing, local: true, apiVersion: "1.41" };
      const run = () => {
        new Service("one", { image: "nginx", volumes: one });
        new Service("two", { image: "nginx", volumes: two });
      };
      return { w, run };
    };

    test("are one sentence for all services, and make nothing", async () => {
      const { w, run } = await declare(["/gone/a:/a", "/:/b"], ["/gone/c:/c", "/gone/nginx.conf:/etc/nginx.conf"]);
      expect(() => allOrNothing(run)).toThrow(
        'Service "one": volumes[0]: the host paths /gone/a, /gone/c and /gone/nginx.conf are missing; create them first (`mkdir -p /gone/a /gone/c /gone && touch /gone/nginx.conf`), or set bind',
      );
      await quiet();
      expect(w.resources).toEqual([]);
    });

    test("are those of one service where nobody waits for the program's end", async () => {
      expect((await declare(["/gone/a:/a"], ["/gone/c:/c"])).run).toThrow("the host path /gone/a is missing;");
      const { w, run } = await declare([], ["/gone/c:/c"]);
      expect(run).toThrow('Service "two": volumes[0]: the host path /gone/c is missing;');
      await w.done();
    });
  });

  test("without one everything is made, and the result handed on", async () => {
    const w = await world();
    expect(allOrNothing(() => new Service("one", { image: "nginx" }) && "outputs")).toBe("outputs");
    await w.done();
    expect(w.all(CONTAINER)).toHaveLength(1);
  });
});

describe("stack traces", () => {
  const before = Error.prepareStackTrace;
  let formatted: Error[];
  beforeEach(() => {
    formatted = [];
    Error.prepareStackTrace = (error, frames) => {
      formatted.push(error);
      return `${error.message} at ${frames[0]?.getFileName()}`;
    };
  });
  afterEach(() => {
    Error.prepareStackTrace = before;
    delete process.env.PULUMI_DEBUG_PROMISE_LEAKS;
  });
  /** The trace of an error whose top frame lies in a file. */
  const trace = (message: string, file: string | undefined): unknown =>
    Error.prepareStackTrace!(new Error(message), [{ getFileName: () => file } as NodeJS.CallSite]);

  const SDK = "/app/node_modules/@pulumi/pulumi";
  const OF_THE_SDK = [
    `${SDK}/runtime/debuggable.js`,
    `${SDK}/runtime/resource.js`,
    `${SDK}/output.js`,
    "C:\\app\\node_modules\\@pulumi\\pulumi\\output.js",
  ];

  test.each(OF_THE_SDK)("that the SDK takes for each property is cut short: %s", (file) => {
    shortenStackTraces();
    expect(trace("", file)).toBe("");
    expect(formatted).toEqual([]);
  });

  test.each<[string, string | undefined]>([
    ["", "/app/components/services/service.ts"],
    ["a user's error", "/app/stacks/nginx.ts"],
    ["an error of the SDK that says something", `${SDK}/output.js`],
    ["", `${SDK}/runtime/rpc.js`],
    ["", undefined],
  ])("of anything else stays: %j in %s", (message, file) => {
    shortenStackTraces();
    expect(trace(message, file)).toBe(`${message} at ${file}`);
  });

  test("stays as well where promise leaks are looked for", () => {
    process.env.PULUMI_DEBUG_PROMISE_LEAKS = "1";
    shortenStackTraces();
    expect(trace("", OF_THE_SDK[0])).toBe(` at ${OF_THE_SDK[0]}`);
  });

  test("names the SDK's own files, whose maps are one folder too high", () => {
    shortenStackTraces();
    expect(trace("e", "/app/node_modules/@pulumi/output.ts:378:13")).toBe(
      "e at /app/node_modules/@pulumi/pulumi/output.ts:378:13",
    );
    const right = "/app/node_modules/@pulumi/docker/container.ts:5:1";
    expect(trace("e", right)).toBe(`e at ${right}`);
  });

  test("is left to Node where nobody formats it", () => {
    Error.prepareStackTrace = undefined as never;
    shortenStackTraces();
    expect(Error.prepareStackTrace).toBeUndefined();
  });
});

test("a resource takes no stack trace into the state", () => {
  const resource = pulumi.Resource as unknown as { stackTrace(skip: number): object[] };
  expect(resource.stackTrace(0)).toEqual([]);
});
