import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isSecretName, parseEnvironment, readEnvFiles } from "../../../core/description/environment";
import type { EnvFileDescription } from "../../../core/description/types";
import { refusal } from "../refusal";

const outer = { HOME: "/root", EMPTY: "", UNSET: undefined };

test.each<[Record<string, unknown> | string[], Record<string, string | null>]>([
  [{}, {}],
  [[], {}],
  [
    { A: "1", B: 2, C: true, D: "" },
    { A: "1", B: "2", C: "true", D: "" },
  ],
  [
    { HOME: null, EMPTY: null, UNSET: null, NEVER: null },
    { HOME: "/root", EMPTY: "", UNSET: null, NEVER: null },
  ],
  [{ A: undefined }, {}],
  [["A=1", "B=", "C=a=b", "HOME", "NEVER"], { A: "1", B: "", C: "a=b", HOME: "/root", NEVER: null }],
  [["A=1", "A=2"], { A: "2" }],
  [{ "discovery.type": "single-node" }, { "discovery.type": "single-node" }],
  [{ ES_JAVA_OPTS: "-Xms64m -Xmx512m" }, { ES_JAVA_OPTS: "-Xms64m -Xmx512m" }],
  [{ A: " two\nlines " }, { A: " two\nlines " }],
])("%j", (value, expected) => {
  expect(parseEnvironment(value, "environment", outer)).toEqual(expected);
});

test.each<[Record<string, unknown> | string[], string]>([
  [{ "": "x" }, "environment.: \"\" is not a variable name; use a name without '=' and spaces."],
  [{ "A=B": "x" }, "environment.A=B: \"A=B\" is not a variable name; use a name without '=' and spaces."],
  [{ "A B": "x" }, "environment.A B: \"A B\" is not a variable name; use a name without '=' and spaces."],
  [["A=1", "=x"], "environment[1]: \"\" is not a variable name; use a name without '=' and spaces."],
  [["A: 1"], "environment[0]: \"A: 1\" is not a variable name; use a name without '=' and spaces."],
  [{ A: {} }, "environment.A: is not text; give a string, number or boolean."],
  [{ A: ["x"] }, "environment.A: is not text; give a string, number or boolean."],
  [{ A: "x\0y" }, "environment.A: holds a NUL character; remove it."],
])("%j is refused", (value, message) => {
  expect(refusal(() => parseEnvironment(value, "environment", outer))).toBe(message);
});

test.each([
  "MYSQL_ROOT_PASSWORD",
  "MYSQL_PASSWORD",
  "password",
  "db_passwd",
  "API_KEY",
  "APIKEY",
  "AWS_SECRET_ACCESS_KEY",
  "AWS_ACCESS_KEY_ID",
  "GITHUB_TOKEN",
  "TLS_PRIVATE_KEY",
  "SSH_PASSPHRASE",
  "GOOGLE_CREDENTIALS",
  "bootstrap.password",
  "spring.datasource.password",
  "es-token",
])("%s is the name of a secret", (name) => {
  expect(isSecretName(name)).toBe(true);
});

test.each([
  "PORT",
  "hostname",
  "MYSQL_ALLOW_EMPTY_PASSWORD",
  "MYSQL_RANDOM_ROOT_PASSWORD",
  "MYSQL_ROOT_PASSWORD_FILE",
  "TOKEN_PATH",
  "TOKENIZER",
  "PASSWORDLESS",
  "MONKEY",
  "SECRETARY",
])("%s is not", (name) => {
  expect(isSecretName(name)).toBe(false);
});

describe("environment files", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "berth-env-"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const read = (content: string, options: Partial<EnvFileDescription> = {}) => {
    writeFileSync(join(folder, ".env"), content);
    return readEnvFiles([{ path: ".env", ...options }], "envFile", folder, outer)[0]!.values;
  };

  test.each<[string, Record<string, string>]>([
    ["", {}],
    ["\n\n# only a comment\n", {}],
    ["A=1", { A: "1" }],
    ["A=1\r\nB=2\r\n", { A: "1", B: "2" }],
    ["\uFEFFA=1\n", { A: "1" }],
    ["A=\nB=2", { A: "", B: "2" }],
    ["  A = spaced  \n", { A: "spaced" }],
    ["A=two words", { A: "two words" }],
    ["A=a=b==", { A: "a=b==" }],
    ["export A=1", { A: "1" }],
    ["  # indented\nA=1 # why", { A: "1" }],
    ["A= # nothing", { A: "" }],
    // A # inside a word is no comment: passwords have them.
    ["PASSWORD=abc#def", { PASSWORD: "abc#def" }],
    ["PASSWORD=#abc", { PASSWORD: "#abc" }],
    ['A="quoted # text" # why', { A: "quoted # text" }],
    ["A='single $HOME \\n'", { A: "single $HOME \\n" }],
    ["A='it\\'s'", { A: "it's" }],
    ['A="line\\nnext\\ttab"', { A: "line\nnext\ttab" }],
    ['A="say \\"hi\\" \\\\n \\$5 \\q"', { A: 'say "hi" \\n $5 \\q' }],
    ['A="two\nlines"\nB=2', { A: "two\nlines", B: "2" }],
    ["A=\"\"\nB=''", { A: "", B: "" }],
    ['A=x"y"', { A: 'x"y"' }],
    ["A=$B $(C)", { A: " $(C)" }],
    ["A=1\nB=$A ${HOME} ${A:-x} ${C:-y} $$A", { A: "1", B: "1 /root 1 y $A" }],
    ["A=\"${HOME}/x \\$HOME\"\nB='$HOME'", { A: "/root/x $HOME", B: "$HOME" }],
    ["HOME=mine\nA=$HOME", { HOME: "mine", A: "/root" }],
    ["A: 1\nB : 'x y'", { A: "1", B: "x y" }],
    ['A="\\0101\\a"', { A: "A\x07" }],
    ['# Default: "info"\n#X="y"\n  # KEY = \'\'  # note\r\n#A: "\nA=1', { A: "1" }],
    ["HOME\nNEVER\nA=1", { HOME: "/root", A: "1" }],
    ["A=1\nA=2", { A: "2" }],
    ["discovery.type=single-node", { "discovery.type": "single-node" }],
  ])("%j, as Compose reads it", (content, expected) => {
    expect(read(content)).toEqual(expected);
  });

  test.each<[string, Record<string, string>]>([
    ["A=1\nB=2\r\n", { A: "1", B: "2" }],
    ['A="kept" # too', { A: '"kept" # too' }],
    ["A= spaces \n", { A: " spaces " }],
    ["  A=1", { A: "1" }],
    ["# comment\n   # indented\n\n   \nA=1", { A: "1" }],
    ["HOME\nNEVER", { HOME: "/root" }],
    ["A=#x", { A: "#x" }],
  ])("%j, as docker run --env-file reads it", (content, expected) => {
    expect(read(content, { format: "raw" })).toEqual(expected);
  });

  test.each<[string, "raw" | undefined, string]>([
    [
      'A="open',
      undefined,
      "envFile[0]: line 1: the quoted value of A has no end; close the quote; only a comment may follow it.",
    ],
    [
      "B=1\n\nA='x' y",
      undefined,
      "envFile[0]: line 3: the quoted value of A has no end; close the quote; only a comment may follow it.",
    ],
    [
      'B="two\nlines"\nA B=1',
      undefined,
      "envFile[0]: line 3: \"A B\" is not a variable name; use a name without '=' and spaces.",
    ],
    ["=x", undefined, "envFile[0]: line 1: \"\" is not a variable name; use a name without '=' and spaces."],
    ["# c\n\nA B=1", "raw", "envFile[0]: line 3: \"A B\" is not a variable name; use a name without '=' and spaces."],
    [
      "A=${B",
      undefined,
      'envFile[0]: line 1: "${B" is not a valid interpolation; close ${NAME}, or write $$ where a dollar sign is meant.',
    ],
    [
      "\nA=${B:?must be set}",
      undefined,
      "envFile[0]: line 2: the required variable B is missing a value: must be set; set it in the environment or in .env.",
    ],
    ["A=1\n=x", "raw", "envFile[0]: line 2: \"\" is not a variable name; use a name without '=' and spaces."],
  ])("%j is refused (%s)", (content, format, message) => {
    expect(refusal(() => read(content, { format }))).toBe(message);
  });

  test("several files keep their order and their secrecy", () => {
    writeFileSync(join(folder, "one.env"), "A=1\nB=1");
    writeFileSync(join(folder, "two.env"), "B=2");
    expect(
      readEnvFiles(["one.env", { path: join(folder, "two.env"), secret: true }], "envFile", folder, outer),
    ).toEqual([
      { values: { A: "1", B: "1" }, secret: false },
      { values: { B: "2" }, secret: true },
    ]);
    expect(readEnvFiles("./one.env", "envFile", folder, outer)).toHaveLength(1);
  });

  test("a missing file is refused, or passed over by name", () => {
    const file = join(folder, "missing.env");
    const remedy = "create it, or set required: false";
    expect(refusal(() => readEnvFiles("missing.env", "envFile", folder, outer))).toBe(
      `envFile: cannot read ${file} (ENOENT); ${remedy}.`,
    );
    expect(refusal(() => readEnvFiles([{ path: "missing.env", required: true }], "envFile", folder, outer))).toBe(
      `envFile[0]: cannot read ${file} (ENOENT); ${remedy}.`,
    );
    expect(readEnvFiles([{ path: "missing.env", required: false }], "envFile", folder, outer)).toEqual([]);
  });

  test.each([
    [".env.example", ".env"],
    ["env.sample", ".env"],
    ["example.env", ".env"],
    ["db.env-dist", "db.env"],
    [".env.dev.template", ".env.dev"],
  ])("%s beside it is what %s comes from", (example, name) => {
    const own = mkdtempSync(join(folder, "example-"));
    for (const other of ["other.env.example", "README", example]) writeFileSync(join(own, other), "");
    expect(refusal(() => readEnvFiles(name, "envFile", own, outer))).toBe(
      `envFile: cannot read ${join(own, name)} (ENOENT); copy ${example} to ${name}, and fill it in.`,
    );
  });

  test("a folder is not an optional file", () => {
    expect(refusal(() => readEnvFiles([{ path: ".", required: false }], "envFile", folder, outer))).toMatch(
      /^envFile\[0\]: cannot read .* \(EISDIR\)/,
    );
  });

  test("a field that is not known is refused", () => {
    expect(refusal(() => readEnvFiles([{ path: ".env", Required: false } as never], "envFile", folder, outer))).toBe(
      "envFile[0].Required: is not a field of an environment file; use required.",
    );
  });
});
