import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runProgram } from "../runProgram";
import { sessionOf } from "../sessions";
import { describeIf } from "../skips";
import type { Cases } from "./cases";
import { IDLE } from "./features";
import {
  cleanUp,
  inspectAll,
  made,
  missingLab,
  removeAll,
  type Result,
  ROOT,
  type RunOptions,
  shell,
  Stack,
  until,
} from "./liveStack";
import { CHANGES, changes, Foreign, KILLS, kills, LANES, type Trial } from "./numbers/trials";
import { TOOLS } from "./numbers/tools";

cleanUp();

/**
 * What docs/resilience.md has in a table. Some trials by default; all of them, also beside other tools, as the page says.
 * Only berth has to be right.
 */
const WANTED = (process.env.BERTH_LIVE_TOOLS ?? "berth").split(",");
const CHOSEN = Object.entries(TOOLS).filter(([title]) => WANTED.includes(title));

/** Seconds for one trial on a busy machine, and for the first and the last step. */
const EACH = 150;

const all = async (trials: AsyncGenerator<Trial>): Promise<Trial[]> => {
  const found: Trial[] = [];
  for await (const trial of trials) found.push(trial);
  return found;
};

describeIf(missingLab, "trials at the wrong time, or with the wrong thing, change nothing", () => {
  const name = "numbers";
  const cases = (more: object = {}): Cases => ({
    services: { "live-num-one": { command: IDLE, volumes: ["live-num-one:/data"], removeData: true, ...more } },
  });
  let stack: Stack;
  beforeAll(async () => {
    removeAll();
    stack = await Stack.create(name, { cases: cases() });
    await stack.up();
  }, 240_000);

  const berth = (words: string[], { env, onStart }: RunOptions = {}): Promise<Result> =>
    runProgram(process.execPath, [join(ROOT, "cli/berth.js"), ...words], {
      cwd: stack.folder,
      env: { ...stack.environment, ...env },
      onStart,
      detached: onStart !== undefined,
    });
  const up = (options?: RunOptions) => berth(["up", name, "--yes"], options);
  const state = () => join(stack.backend, ".pulumi/stacks/berth-live", `${name}.json`);
  const onEngine = () => {
    const names = made().flatMap((line) => (line.startsWith("container ") ? [line.slice(10)] : []));
    const containers = inspectAll(names).map(({ Id, Name, State }) => [Id, Name, State.StartedAt, State.Running]);
    return JSON.stringify(containers);
  };
  const look = () => onEngine() + readFileSync(state(), "utf8");
  /** Nothing is changed, and somebody who reads it knows what to do. */
  const refused = async (run: () => Promise<Result>, says: RegExp[], same = look) => {
    const before = same();
    const { code, output } = await run();
    expect(code).not.toBe(0);
    for (const text of says) expect(output).toMatch(text);
    expect(output).not.toMatch(/panic|goroutine|^\s+at .*:\d+:\d+/m);
    expect(same()).toBe(before);
  };
  const locks = () =>
    readdirSync(join(stack.backend, ".pulumi"), { recursive: true, encoding: "utf8" }).filter((file) =>
      /^locks.*json$/.test(file),
    );

  test("two at once, and one that was killed", async () => {
    stack.declare(
      cases({ healthcheck: { test: ["CMD", "test", "-f", "/data/go"], interval: "1s" }, waitTimeout: "4m" }),
    );
    let leader = 0;
    const first = up({ onStart: ({ pid }) => (leader = pid!) });
    try {
      await until(
        "it waits",
        () => locks().length === 1 && made().filter((line) => /^container/.test(line)).length === 2,
        120,
      );
      // The first one goes on with its own state.
      await refused(up, [/locked by 1 lock/, /pulumi cancel/], onEngine);
      await refused(
        () => berth(["backup", name, "--to", join(stack.folder, "b.tar")]),
        [/is being changed by .*berth pulumi cancel/],
        onEngine,
      );
    } finally {
      for (const { pid } of sessionOf(leader)) process.kill(pid, "SIGKILL");
      await first;
    }
    await refused(up, [/locked by 1 lock/, /pulumi cancel/]);
    const { code } = await berth(["pulumi", "cancel", "--stack", name, "--yes"]);
    expect(code).toBe(0);
    stack.declare(cases());
    expect(await up()).toMatchObject({ code: 0 });
    expect(made()).toEqual(["container live-num-one", "volume live-num-one"]);
  }, 400_000);

  test("a state that is cut in half", async () => {
    const whole = readFileSync(state(), "utf8");
    writeFileSync(state(), whole.slice(0, whole.length / 2));
    let said = "";
    await refused(async () => {
      const result = await up();
      said = result.output;
      return result;
    }, [/^.*the state of the stack numbers is cut off.*the one before it is whole: `cp /m]);
    // What it says helps.
    shell(/`(cp [^`]*)`/.exec(said)![1]!, stack.folder);
    expect(await up()).toMatchObject({ code: 0 });
    expect(await stack.changes(["--refresh", "--expect-no-changes"])).toEqual([]);
  }, 400_000);

  test("a wrong passphrase", async () => {
    stack.declare(cases({ environment: { A: "1" } }));
    await refused(() => up({ env: { PULUMI_CONFIG_PASSPHRASE: "another" } }), [/incorrect passphrase/]);
  }, 240_000);
});

describeIf(missingLab, "trials", () => {
  beforeAll(Foreign.make, 60_000);

  test.each(CHOSEN)(
    "what %s makes, changes and destroys goes on after a kill",
    async (title, make) => {
      // A quick tool may have ended before each of its kills.
      const lanes = Array.from({ length: LANES }, (_, lane) => kills(make(), Math.ceil(KILLS / LANES), lane, LANES));
      const trials = (await Promise.all(lanes.map(all))).flat();
      if (title !== "berth") return;
      expect(trials.length).toBeGreaterThan(0);
      expect(trials.filter(({ ok }) => !ok)).toEqual([]);
    },
    (KILLS + 2) * EACH * 1000,
  );

  test.each(CHOSEN)(
    "after a change by %s that works or fails a service answers",
    async (title, make) => {
      const trials = await all(changes(make(), CHANGES));
      expect(trials.length).toBeGreaterThan(0);
      if (title === "berth") expect(trials.filter(({ ok }) => !ok)).toEqual([]);
    },
    (CHANGES + 2) * EACH * 1000,
  );
});
