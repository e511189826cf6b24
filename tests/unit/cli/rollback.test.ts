import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { goingBack, type Question } from "../../../cli/goingBack";
import type { RanPlainly } from "../../../cli/ran";
import { withRollback, writeText } from "../../../cli/rollbackSetting";
import type { RollbackSetting } from "../../../core/engines/rollback";
import { PIN } from "./recordedHistory";

const ran = (image: string, more: Partial<RanPlainly> = {}): RanPlainly => ({
  engine: "docker",
  secret: [],
  description: { image },
  ...more,
});

/** A history by what ran after each update, and what is asked of it. */
function question(afters: Record<string, RanPlainly>[], more: Partial<Question> = {}): Question {
  const last = afters.at(-1) ?? {};
  return {
    stack: "shop",
    afters: afters.map((services, index) => ({
      update: { number: index + 1, kind: "update", result: "succeeded", start: "", message: "", changes: {} },
      ran: new Map(Object.entries(services)),
    })),
    isLast: true,
    now: new Map(Object.entries(last)),
    declared: Object.keys(last),
    before: {},
    ...more,
  };
}

const [ONE, TWO, THREE] = ["nginx:1", "nginx:2", "nginx:3"].map((image) => ran(image));
const back = (asked: Question) => {
  return goingBack(asked)?.going.map(({ name, update, was }) => `${name} ${update.number} ${was.description.image}`);
};

describe("what services go back to", () => {
  test("is the last update after which they ran in another way", () => {
    expect(back(question([{ web: ONE! }, { web: ONE! }, { web: TWO! }, { web: TWO! }]))).toEqual(["web 2 nginx:1"]);
  });

  test("is of those alone that the last change was about", () => {
    const afters = [
      { web: ONE!, db: ONE! },
      { web: ONE!, db: TWO! },
      { web: TWO!, db: TWO! },
    ];
    expect(back(question(afters))).toEqual(["web 2 nginx:1"]);
    expect(back(question(afters, { chosen: ["db"] }))).toEqual(["db 1 nginx:1"]);
    expect(back(question(afters, { to: 1 }))).toEqual(["web 1 nginx:1", "db 1 nginx:1"]);
  });

  test("goes by the digest where that is known, and by secrets never", () => {
    const moved = (pin: string) => ran("nginx", { image: `nginx:latest@${PIN(pin)}` });
    expect(back(question([{ web: moved("a") }, { web: moved("b") }]))).toEqual(["web 1 nginx"]);
    const pinned = ran(`nginx:latest@${PIN("a")}`, { image: `nginx:latest@${PIN("a")}` });
    const hidden = { ...pinned, secret: ["environment.TOKEN"] };
    const asked = question([{ web: moved("a") }, { web: pinned }, { web: hidden }]);
    expect(() => back(asked)).toThrow("web: has not run in another way before");
  });

  test("is further back for one that has been rolled back", () => {
    const before = { web: { update: 2 } } as unknown as RollbackSetting;
    const afters = [{ web: ONE! }, { web: TWO! }, { web: THREE! }, { web: TWO! }];
    expect(back(question(afters))).toEqual(["web 3 nginx:3"]);
    expect(back(question(afters, { before }))).toEqual(["web 1 nginx:1"]);
    expect(back(question(afters, { before, to: 3 }))).toEqual(["web 3 nginx:3"]);
  });

  test("of one that did not come up is what ran last", () => {
    expect(back(question([{ web: ONE! }, { web: TWO! }, {}], { declared: ["web"] }))).toEqual(["web 2 nginx:2"]);
  });

  test("is looked for in older updates where the newest have none", () => {
    expect(back(question([{ web: TWO! }, { web: TWO! }], { isLast: false }))).toBeUndefined();
    expect(back(question([{ web: TWO! }, { web: TWO! }], { isLast: false, chosen: ["web"] }))).toBeUndefined();
  });

  test("leaves what was not there then", () => {
    const answer = goingBack(question([{ web: ONE! }, { web: TWO!, cache: ONE! }]));
    expect(answer!.stay).toEqual(["cache"]);
    expect(answer!.going.map(({ name }) => name)).toEqual(["web"]);
  });

  test.each<[string, Question, string]>([
    ["nothing was kept", question([{}], { declared: ["web"] }), "web: what ran before is not kept"],
    ["nothing was other", question([{ web: ONE! }, { web: ONE! }]), "web: has not run in another way before"],
    [
      "it is as asked already",
      question([{ web: ONE! }], { chosen: ["web"], to: 1 }),
      "web runs as after update 1 already",
    ],
    ["all is", question([{ web: ONE! }], { to: 1 }), "all of the stack shop runs as after update 1 already"],
    [
      "it was not there",
      question([{ db: ONE! }, { web: ONE!, db: ONE! }], { chosen: ["web"], to: 1 }),
      "--to: web did not answer after update 1; the first after which it did is 2",
    ],
    [
      "one is not declared any more",
      question([{ web: ONE!, old: ONE! }, { web: TWO! }]),
      "after update 1 there ran also old, which the program does not declare any more; put that back into the program, or name",
    ],
    ["there is no service", question([{ web: ONE! }], { declared: [] }), "the stack shop declares no service"],
  ])("is refused where %s", (_why, asked, says) => {
    expect(() => goingBack(asked)).toThrow(says);
  });
});

describe("the setting", () => {
  const folder = mkdtempSync(join(tmpdir(), "berth-rollback-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "Pulumi.shop.yaml");
  const SETTING: RollbackSetting = {
    web: {
      update: 1,
      date: "2026-11-26T10:20:00.000Z",
      engine: "docker",
      description: { image: "nginx:1.27", ports: ["8080:80"], environment: { A: "yes", B: "1_000", C: "a: b # c\n" } },
    },
  };

  test("is added and taken away, and the rest stays as somebody wrote it", () => {
    const text = "# mine\nencryptionsalt: v1:abc\nconfig:\n  # the port\n  nginx:port: 8080 # or another\n";
    writeText(file, text);
    const written = withRollback(file, SETTING);
    expect(written.startsWith(text)).toBe(true);
    expect((parse(written) as { config: object }).config).toMatchObject({ "berth:rollback": SETTING });
    // The CLI reads YAML 1.1, in which these are something else without quotes.
    for (const word of ['"2026-11-26T10:20:00.000Z"', '"8080:80"', '"yes"', '"1_000"']) expect(written).toContain(word);
    writeText(file, written);
    expect(withRollback(file, {})).toBe(text);
  });

  test("is written where there are no settings yet", () => {
    writeText(file, undefined);
    expect(parse(withRollback(file, SETTING))).toEqual({ config: { "berth:rollback": SETTING } });
    writeText(file, "config:\n");
    writeText(file, withRollback(file, SETTING));
    expect(parse(readFileSync(file, "utf8"))).toEqual({ config: { "berth:rollback": SETTING } });
    expect(withRollback(file, {})).toBe("");
    expect(readdirSync(folder)).toEqual(["Pulumi.shop.yaml"]);
  });

  test("is refused where the CLI would read a secret in it, or the file is no YAML", () => {
    const labelled = { web: { ...SETTING.web!, description: { image: "nginx", labels: { secure: "x" } } } };
    expect(() => withRollback(file, labelled)).toThrow('web.labels: has "secure" alone in it');
    writeFileSync(file, "config: [");
    expect(() => withRollback(file, SETTING)).toThrow(/Pulumi\.shop\.yaml: /);
  });
});
