import * as pulumi from "@pulumi/pulumi";
import { type Program, PROGRAMS, run } from "../../../stacks";
import { useEngine } from "../fakeEngine";
import { quiet, world } from "../mocks";
import { random } from "../../random";

useEngine();

/** How many stacks with mutated settings are tried; more are tried by hand with BERTH_FUZZ. */
const COUNT = Number(process.env.BERTH_FUZZ ?? 600);

const PIECES = [
  ..."'\"\\$`{}()<>|&;#~*?[]=:,-/. \t\n\0\u00e9\u3000\uff1a\u955c\u{1f600}0179",
  "",
  "true",
  "null",
  "[]",
  "{}",
  "[1]",
  "[null]",
  '[""]',
  '["a","a"]',
  "[{}]",
  '[{"name":null}]',
  '{"a":{"b":[]}}',
  "-1",
  "65536",
  "99999999999999999999",
  "1e9",
  "NaN",
  "__proto__",
  "constructor",
  "/",
  "../..",
  "/data:/data",
  "a".repeat(300),
  "http://",
  "ssh://a@b",
  "127.0.0.1",
  "10.0.0.0/8",
  "1g",
  "0.5",
  "nginx:1.27",
  "kubernetes",
  "swarm",
];
const BERTH = ["engine", "registry", "nodeAddress", "adopt", "imageMirrors", "images", "rollback", "owner"];

const SENTENCE = /^[^\n]+[.?](\n {2}.*)*$/;

/** What each program says of itself, with the key of every setting. */
const programs = async (): Promise<[name: string, program: Program][]> =>
  Promise.all(Object.entries(PROGRAMS).map(async ([name, load]) => [name, await load()] as [string, Program]));

/** A value with some pieces in it, or in the place of a part: of a text, or of anything in a list or record. */
function mutate(value: string, next: (below: number) => number): string {
  const pick = () => PIECES[next(PIECES.length)]!;
  if (/^[[{]/.test(value) && next(4) > 0) {
    const texts = [...value.matchAll(/"(?:[^"\\]|\\.)*"|-?\d+|true|false|null/g)];
    const text = texts[next(texts.length || 1)];
    if (text) {
      const other = next(2) ? JSON.stringify(pick()) : ["null", "1", "{}", "[]", "true", "1.5", '""'][next(7)]!;
      return value.slice(0, text.index) + other + value.slice(text.index + text[0].length);
    }
  }
  const at = next(value.length + 1);
  return next(3) ? value.slice(0, at) + pick() + value.slice(at + next(3)) : pick();
}

test(
  `${COUNT} stacks with mutated settings are made, or end with one sentence and make nothing`,
  async () => {
    const next = random(20261127);
    const all = await programs();
    let made = 0;
    let refused = 0;
    const wrong: string[] = [];
    for (let turn = 0; turn < COUNT; turn++) {
      const [name, { settings, namespace = name, sample = {} }] = all[turn % all.length]!;
      const config: Record<string, string> = { "berth:owner": "me", ...sample };
      for (let times = 1 + next(2); times > 0; times--) {
        const keys = Object.keys(settings);
        const key =
          next(6) === 0 || keys.length === 0
            ? `berth:${BERTH[next(BERTH.length)]}`
            : `${namespace}:${keys[next(keys.length)]}`;
        const before = config[key] ?? settings[key.split(":")[1]!]?.shown ?? "";
        config[key] = mutate(before, next);
      }
      const w = await world({ stack: name, config });
      const told = (error: unknown) => {
        const { message } = error as Error;
        const where = `${message}\n${JSON.stringify(config)}\n${(error as Error).stack}`;
        const meant =
          pulumi.RunError.isInstance(error) ||
          (pulumi.ResourceError.isInstance(error) && (error as { hideStack?: boolean }).hideStack);
        if (!meant || /"undefined"|\[object|is not a function|Cannot read/.test(message)) wrong.push(where);
        // Below the sentence the place in what was pasted is shown.
        if (!SENTENCE.test(message)) wrong.push(`no sentence: ${where}`);
      };
      let error: unknown;
      try {
        await run({ engine: false });
      } catch (thrown) {
        error = thrown;
      }
      if (error) {
        refused++;
        told(error);
        await quiet();
        if (w.resources.some(({ custom }) => custom))
          wrong.push(`something was made: ${(error as Error).message}\n${JSON.stringify(config)}`);
      } else {
        made++;
        await w.done();
        for (const message of w.lateErrors())
          if (!SENTENCE.test(message)) wrong.push(`late: ${message}\n${JSON.stringify(config)}`);
      }
    }
    expect(wrong).toEqual([]);
    // A fuzz with one outcome would test one branch only.
    expect(made).toBeGreaterThan(COUNT / 10);
    expect(refused).toBeGreaterThan(COUNT / 10);
  },
  600_000 + COUNT * 100,
);
