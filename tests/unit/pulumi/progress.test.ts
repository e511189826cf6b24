import * as pulumi from "@pulumi/pulumi";
import { progressOf } from "../../../core/pulumi/progress";
import { TERMINAL } from "../../../core/pulumi/terminal";

let said: { text: string; urn: string; passing: boolean }[];

beforeEach(() => {
  said = [];
  jest.useFakeTimers({ doNotFake: ["nextTick", "queueMicrotask", "setImmediate"] });
  jest.spyOn(pulumi.log, "info").mockImplementation(async (text, resource, _stream, ephemeral) => {
    const urn = await (resource!.urn as unknown as { promise(): Promise<string> }).promise();
    said.push({ text, urn, passing: ephemeral === true });
  });
});
afterEach(() => {
  jest.restoreAllMocks();
  jest.useRealTimers();
  delete process.env[TERMINAL];
});

async function seconds(count: number): Promise<string[]> {
  const tell = progressOf("urn:pulumi:dev::shop::docker:index/container:Container::web");
  for (let second = 0; second <= count; second++) {
    await tell(() => `second ${second}`);
    jest.advanceTimersByTime(1_000);
  }
  return said.map(({ text }) => text);
}

test("short work is not told of", async () => {
  expect(await seconds(2)).toEqual([]);
});

test("in a log every quarter of a minute, in the row of its resource", async () => {
  expect(await seconds(40)).toEqual(["second 3", "second 18", "second 33"]);
  expect(said[0]).toEqual({
    text: "second 3",
    urn: "urn:pulumi:dev::shop::docker:index/container:Container::web",
    passing: true,
  });
});

test("on a terminal every second", async () => {
  process.env[TERMINAL] = "true";
  expect(await seconds(6)).toEqual(["second 3", "second 4", "second 5", "second 6"]);
});
