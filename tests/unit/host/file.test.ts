import {
  mistakeIn,
  type Path,
  pathsOf,
  repeatedIn,
  settingsOf,
  settingsOfNote,
  withSettings,
} from "../../../core/host/daemon/file";

describe("what dockerd would not read", () => {
  test.each([
    ["", "1:1 the file is empty"],
    ['{\n  "debug": true // verbose\n}', "2:17 JSON knows no comments"],
    ['{ "a": 1, /* b */ "c": 2 }', "1:11 JSON knows no comments"],
    ['{\n  "debug": true,\n}', "3:1 a name in quotes is missing here (a comma too many?)"],
    ['{\n  "debug": true\n  "mtu": 1\n}', "3:3 a comma is missing here"],
    ['{ "debug": yes }', "1:12 this word is not JSON"],
    ['{ "debug": true', "1:16 a } is missing here"],
    ["[1]", "1:1 it is not an object { }"],
  ])("%j", (text, expected) => {
    const mistake = mistakeIn(text)!;
    expect(`${mistake.line}:${mistake.column} ${mistake.problem}`).toBe(expected);
  });

  test("JSON is fine, with // in its texts too", () => {
    expect(mistakeIn('{"registry-mirrors": ["https://a"], "x": "/* no */"}')).toBeUndefined();
    expect(mistakeIn("{}")).toBeUndefined();
  });
});

describe("a daemon.json of a note", () => {
  test("four lists of one name are one list, in their order", () => {
    const text = `{
 "registry-mirrors": ["https://registry.cn-hangzhou.aliyuncs.com"],
 "registry-mirrors": ["https://registry.docker-cn.com"],
 "registry-mirrors": ["https://mirror.ccs.tencentyun.com"],
 "registry-mirrors": ["http://f1361db2.m.daocloud.io"]
}`;
    const { settings, slips } = settingsOfNote(text);
    expect(settings).toEqual({
      "registry-mirrors": [
        "https://registry.cn-hangzhou.aliyuncs.com",
        "https://registry.docker-cn.com",
        "https://mirror.ccs.tencentyun.com",
        "http://f1361db2.m.daocloud.io",
      ],
    });
    expect(slips).toEqual([
      "registry-mirrors stands 4 times, of which dockerd would read the last only: they are one list now",
    ]);
  });

  test("a comment is left out, with its line", () => {
    const { settings, slips } = settingsOfNote('{\n "log-opts":{\n "max-size": "100m"  // per file\n },\n}');
    expect(settings).toEqual({ "log-opts": { "max-size": "100m" } });
    expect(slips).toEqual(["line 3: a comment, which JSON does not know and dockerd does not start with, is left out"]);
  });

  test("what stands twice in a list stands once", () => {
    const { settings, slips } = settingsOfNote(
      '{"registry-mirrors": ["https://dockerproxy.com", "https://b", "https://dockerproxy.com"]}',
    );
    expect(settings).toEqual({ "registry-mirrors": ["https://dockerproxy.com", "https://b"] });
    expect(slips).toHaveLength(1);
  });

  test("of two single values the last counts, as for dockerd", () => {
    expect(settingsOfNote('{"debug": true, "debug": false}').settings).toEqual({ debug: false });
  });

  test.each([
    ["{", "line 1, column 2: a } is missing here"],
    ["hello", "line 1, column 1: this word is not JSON"],
    ["7", "it is not an object { }"],
  ])("%j is refused", (text, message) => {
    expect(() => settingsOfNote(text)).toThrow(message);
  });
});

describe("changing a file", () => {
  const set = (text: string | undefined, settings: Record<string, unknown>) =>
    withSettings(
      text,
      pathsOf(settings).map((path) => [
        path,
        path.length === 1 ? settings[path[0]] : (settings[path[0]] as Record<string, unknown>)[path[1]],
      ]),
    );
  const odd = '{\n\t"zzz": {"b": 1,   "a": [ 1,2 ]},\n\t"debug":false,\n\t"log-opts": {"max-file": "3"}\n}';

  test("touches nothing but what is declared", () => {
    expect(set(odd, { debug: true })).toBe(odd.replace("false", "true"));
  });

  test("adds in the file's own form", () => {
    const result = set(odd, { mtu: 1400 })!;
    expect(result.startsWith(odd.slice(0, -2))).toBe(true);
    expect(result).toContain('\n\t"mtu": 1400');
    expect(settingsOf(result)).toEqual({ ...settingsOf(odd), mtu: 1400 });
  });

  test("other people's entries of a map stay", () => {
    expect(settingsOf(set(odd, { "log-opts": { "max-size": "100m" } }))["log-opts"]).toEqual({
      "max-file": "3",
      "max-size": "100m",
    });
  });

  test("something else in a map's place gives way", () => {
    expect(settingsOf(set('{"log-opts": 7}', { "log-opts": { "max-size": "1m" } }))).toEqual({
      "log-opts": { "max-size": "1m" },
    });
  });

  test("the same settings change not one byte", () => {
    expect(set(odd, { debug: false, "log-opts": { "max-file": "3" } })).toBe(odd);
  });

  test("a list is what is declared, in its order", () => {
    expect(settingsOf(set('{"dns": ["a", "b"]}', { dns: ["b", "a"] }))).toEqual({ dns: ["b", "a"] });
  });

  test("a name that stands twice stands once afterwards", () => {
    const text = '{"registry-mirrors": ["https://a"], "mtu": 1, "registry-mirrors": ["https://b"]}';
    expect(repeatedIn(text)).toEqual(["registry-mirrors"]);
    const result = set(text, { "registry-mirrors": ["https://b"] })!;
    expect(repeatedIn(result)).toEqual([]);
    expect(settingsOf(result)).toEqual({ mtu: 1, "registry-mirrors": ["https://b"] });
  });

  test("there is no file: a plain one", () => {
    expect(set(undefined, { debug: true, "log-opts": { "max-size": "1m", "max-file": "2" } })).toBe(
      '{\n  "debug": true,\n  "log-opts": {\n    "max-size": "1m",\n    "max-file": "2"\n  }\n}\n',
    );
    expect(set(undefined, {})).toBeUndefined();
  });

  test("removing takes the setting and its comma; an empty map goes with its last entry", () => {
    const gone: [Path, undefined][] = [
      [["debug"], undefined],
      [["log-opts", "max-file"], undefined],
    ];
    const result = withSettings(odd, gone)!;
    expect(settingsOf(result)).toEqual({ zzz: { b: 1, a: [1, 2] } });
    expect(result).toContain('"zzz": {"b": 1,   "a": [ 1,2 ]}');
  });
});

test("any change of any text gives what it says and leaves the rest", () => {
  let seed = 7;
  const random = (below: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return seed % below;
  };
  const value = (depth: number): unknown =>
    [1, true, "a, b", "}", [1, "x"], [], ...(depth ? [{}, { p: value(0), q: value(0) }] : [])][random(depth ? 8 : 6)];
  const names = ["debug", "log-opts", "runtimes", "mtu", "x"];
  const spaces = ["", " ", "\n", "\n  ", "\t", " \n\t"];
  const space = () => spaces[random(spaces.length)]!;
  const write = (item: unknown): string =>
    item !== null && typeof item === "object" && !Array.isArray(item)
      ? `{${Object.entries(item)
          .map(([name, inner]) => `${space()}"${name}"${space()}:${space()}${write(inner)}${space()}`)
          .join(",")}${space()}}`
      : JSON.stringify(item);
  for (let round = 0; round < 500; round++) {
    const before = Object.fromEntries(names.filter(() => random(2)).map((name) => [name, value(1)]));
    const text = write(before);
    const key = names[random(names.length)]!;
    const path: Path = ["log-opts", "runtimes"].includes(key) && random(2) ? [key, ["p", "r"][random(2)]!] : [key];
    const wanted = random(3) ? value(path.length === 1 ? 1 : 0) : undefined;
    const after = withSettings(text, [[path, wanted]])!;

    const expected: Record<string, unknown> = structuredClone(before);
    const isMap = (item: unknown) => item !== null && typeof item === "object" && !Array.isArray(item);
    if (path.length === 1) expected[key] = wanted;
    else {
      const map: Record<string, unknown> = isMap(expected[key]) ? (expected[key] as Record<string, unknown>) : {};
      const held = path[1] in map;
      map[path[1]] = wanted;
      if (wanted !== undefined || (held && Object.values(map).some((item) => item !== undefined))) expected[key] = map;
      else if (held) expected[key] = undefined;
    }
    expect(`${text}\n${JSON.stringify(settingsOf(after))}`).toBe(`${text}\n${JSON.stringify(expected)}`);
    // What was not asked for is there to the letter.
    for (const [name, item] of Object.entries(before)) {
      const written = /** as it stood */ new RegExp(`"${name}"\\s*:\\s*`).exec(text)!;
      if (name !== key && typeof item !== "object")
        expect(after).toContain(
          text.slice(written.index, written.index + written[0].length + JSON.stringify(item).length),
        );
    }
  }
});
