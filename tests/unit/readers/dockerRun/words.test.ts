// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are expansions of the shell
import { spawnSync } from "node:child_process";
import { realpathSync } from "node:fs";
import { readWords, splitCommands } from "../../../../core/readers/dockerRun/words";
import { describeIf } from "../../../skips";
import { errorOf, marked, plain, world } from "./world";

const words = (line: string) => readWords(line, plain).words.map(({ text }) => text);

// What bash makes of each, with HOME=/home/ann OUTER=outer EMPTY= and the current folder /project.
test.each<[string, string[]]>([
  ["a b\tc", ["a", "b", "c"]],
  [`'a b' "c d" e\\ f`, ["a b", "c d", "e f"]],
  [`a'b'"c"d`, ["abcd"]],
  [`'' "" a`, ["", "", "a"]],
  [`"a\\b\\$\\\`\\"\\\\"`, ['a\\b$`"\\']],
  [`'a\\b$HOME'`, ["a\\b$HOME"]],
  ["$'a\\tb\\x41\\101\\'\\\\'", ["a\tbAA'\\"]],
  [`$"text"`, ["text"]],
  ["a\\\nb \\\n c", ["ab", "c"]],
  ["a \\\r\n  b", ["a", "b"]],
  ["a `\n  b ^\n c", ["a", "b", "c"]],
  ["a \\\n> b", ["a", "b"]],
  // As the Pulumi CLI writes a setting anew; bash would end the command there.
  ["a \\\n\n   b", ["a", "b"]],
  [`"a\\\nb"`, ["ab"]],
  [`"a\nb"`, ["a\nb"]],
  ["a #b c", ["a"]],
  ["a#b '#c'", ["a#b", "#c"]],
  ["a # it's\n", ["a"]],
  ["$OUTER ${OUTER}x $OUTER-x", ["outer", "outerx", "outer-x"]],
  ["a$EMPTY $EMPTY b", ["a", "b"]],
  [`"$EMPTY" "$WIDE"`, ["", "a b"]],
  ["${NOPE:-x} ${EMPTY:-y} ${EMPTY-z} ${OUTER:-w} ${OUTER:+v}${NOPE:+u}", ["x", "y", "outer", "v"]],
  ["${NOPE:-$HOME/x} ${NOPE:-${ALSO:-deep}} ${OUTER:-$NOPE}", ["/home/ann/x", "deep", "outer"]],
  [`"\${NOPE:-a b}"`, ["a b"]],
  ["$PWD/a ${PWD} $(pwd)/b `pwd`/c $( pwd -P )", ["/project/a", "/project", "/project/b", "/project/c", "/project"]],
  ["-e A=1 `#optional` -e `# why` B=2", ["-e", "A=1", "-e", "B=2"]],
  ["~ ~/a a~ x=~/y '~/z'", ["/home/ann", "/home/ann/a", "a~", "x=~/y", "~/z"]],
  ["$ a$ $. $%", ["$", "a$", "$.", "$%"]],
  ["{} {{.Name}} a{b}c {a b}", ["{}", "{{.Name}}", "a{b}c", "{a", "b}"]],
  [
    "http://m{1...4}/d{1...4} {a..bc} {1..} {..2} {a.b}",
    ["http://m{1...4}/d{1...4}", "{a..bc}", "{1..}", "{..2}", "{a.b}"],
  ],
  ["'{a,b}' {'a,b'} {a\\,b}", ["{a,b}", "{a,b}", "{a,b}"]],
  ["-e A=*x http://x/?a=b [::1]:80", ["-e", "A=*x", "http://x/?a=b", "[::1]:80"]],
  ["a > /dev/null 2>&1", ["a"]],
  ["a 2>/dev/null &", ["a"]],
  ["a &>/dev/null;", ["a"]],
  ["a2 > /dev/null", ["a2"]],
])("%j is read as %j", (line, expected) => {
  expect(words(line)).toEqual(expected);
});

// What the shells of Windows make of each.
test.each<[string, string[]]>([
  ["%cd%:/a %CD%/b", ["/project:/a", "/project/b"]],
  ['"%cd%\\data\\x:/a" %USERPROFILE%\\y:/b', ["/project/data/x:/a", "/home/ann/y:/b"]],
  ["${PWD}\\data:/a $pwd/b", ["/project/data:/a", "/project/b"]],
  ["$env:OUTER ${env:OUTER}", ["outer", "outer"]],
  // No variables: a format, and what is in quotes that cmd.exe knows nothing of.
  ["+%Y%m%d '%cd%' 100%", ["+%Y%m%d", "%cd%", "100%"]],
])("%j is read as %j there", (line, expected) => {
  expect(words(line)).toEqual(expected);
});

const bash = spawnSync("bash", ["--version"]).status === 0;
describeIf(bash ? undefined : "there is no bash", "what is known without running it", () => {
  test.each([
    "$(id -u):$(id -g)",
    "`id -u`",
    "$(id -un) $(id -nu) $(id --user --name)",
    "$(id -gn)",
    '$(id -u "$(whoami)")',
    "$(whoami)",
    "$UID ${UID} ${UID:-7} $EUID",
    "$(hostname) $HOSTNAME $(hostname -s)",
    "$(uname) $(uname -s) $(uname -m) $(uname -r) $(uname -n)",
    "$(arch) $(nproc)",
    "$(echo a b)",
    '$(basename "$PWD") $(dirname "$PWD") $(realpath .) $(readlink -f ..)',
    "${NOPE:-$(id -u)} ${NOPE:-`id -u`}",
    "$(cat a.txt) `cat ./a.txt b.txt` $(<b.txt) $(< ./b.txt)",
  ])("%s is what bash makes of it", (expression) => {
    const folder = realpathSync(world({ "a.txt": "one\n\n", "b.txt": "two words" }).folder);
    const { stdout } = spawnSync("bash", ["-c", `printf '%s\n' "${expression}"`], { encoding: "utf8", cwd: folder });
    expect(stdout).not.toBe("\n");
    expect(readWords(`"${expression}"`, { ...plain, folder }).words.map(({ text }) => `${text}\n`)).toEqual([stdout]);
  });
});

test("a secret whose value is not known is left to a setting, where the result is only printed", () => {
  const later = { ...plain, secretsLater: true };
  for (const expression of [
    "$NOPE",
    "${NOPE}",
    "${NOPE:?say it}",
    "$(cat token)",
    "`cat token`",
    "<your token>",
    "$1",
  ]) {
    const [word] = readWords(`TOKEN=${expression}`, later).words;
    expect(word!.text).toBe(`TOKEN=${expression}`);
    expect(word!.unknown?.message).toBe(errorOf(() => readWords(`TOKEN=${expression}`, plain)).message);
  }
  expect(readWords("TOKEN=$OUTER b", later).words.map(({ unknown }) => unknown)).toEqual([undefined, undefined]);
});

test("each word knows its place, and whether it was quoted", () => {
  const { words: read } = readWords(`ab 'c d' $OUTER`, plain);
  expect(read.map(({ text, offset, length, quoted }) => [text, offset, length, quoted])).toEqual([
    ["ab", 0, 2, false],
    ["c d", 3, 5, true],
    ["outer", 9, 6, false],
  ]);
  expect(read[1]!.origins).toEqual([4, 5, 6]);
});

test("what only the shell looks at is told", () => {
  expect(readWords("a > /dev/null 2>&1 &", plain).dropped).toEqual(["> /dev/null", "2>&1", "&"]);
});

test.each<[string, string, string]>([
  ["a $(date +%F)", "$(date +%F)", "date prints something else each time"],
  ["a $(id)", "$(id)", "id would have to run for this, and nothing is run here"],
  ["a $(id -u nobody-of-that-name)", "$(id -u nobody-of-that-name)", "id would have to run"],
  ["a $(echo $(uptime))", "$(echo $(uptime))", "echo would have to run"],
  ["a $(hostname | tr a b)", "$(hostname | tr a b)", "hostname would have to run"],
  ["a ${A:-$(uptime)}", "$(uptime)", "uptime would have to run for this"],
  ["a `date`", "`date`", "date prints something else each time"],
  ["a `pwd", "`pwd", "pwd would have to run"],
  ["a $(cat no-such-file)", "$(cat no-such-file)", "cat would have to run"],
  ["a $((1+1))", "$((1+1))", "arithmetic"],
  ["a $NOPE/b", "$NOPE", "the variable NOPE is not set, so docker would get nothing"],
  ["a ${NOPE}", "${NOPE}", "NOPE is not set"],
  ["a ${NOPE:?say it}", "${NOPE:?", "say it"],
  ["a $constructor", "$constructor", "constructor is not set"],
  ["a $1", "$1", "parameter of a shell script"],
  ["a ${#X}", "${", "kind of expansion"],
  ["a ${X:-b", "${", "has no end"],
  ["a $WIDE", "$WIDE", "holds blanks"],
  ["a 'b c", "'", "has no end"],
  ['a "b c', '"', "has no end"],
  ["a $'b", "$'", "has no end"],
  ["a $'\\0'", "$'\\0'", "no character"],
  ["a b\\", "\\", "nothing behind it"],
  ["a \\ \nb", "\\ ", "blanks behind the backslash"],
  ["a\nb", "b", "another line follows"],
  ["a | b", "|", "another program"],
  ["a && b", "&&", "another command"],
  ["a; b", ";", "another command"],
  ["a || b", "||", "another command"],
  ["a > file", ">", "files go into or out"],
  ["a < file", "<", "files go into or out"],
  ["a <your name>", "<your name>", "placeholder"],
  ["a -e Z=<your zone, e.g. x>", "<your zone, e.g. x>", "placeholder"],
  ["a A=b|c", "|", "put the whole word into single quotes"],
  ["a http://x/?b=c&d=e", "&", "put the whole word into single quotes"],
  ["a A=b=c;d=e", ";", "put the whole word into single quotes"],
  ["a \\  # why", "\\  # why", "the comment ends the command"],
  ["a (b)", "(", "subshell"],
  ["a *.conf", "*", "files that match"],
  ["a b?", "?", "files that match"],
  ["a {b,c}", "{b,c}", "several words"],
  ["a {1..3}", "{1..3}", "several words"],
  ["a {a..e..2}", "{a..e..2}", "several words"],
  ["a {-1..3}", "{-1..3}", "several words"],
  [`a {"b":1,"c":2}`, `{"b":1,"c":2}`, "several words"],
  ["a {{b},c}", "{{b},c}", "several words"],
  ["a x{b{c,d}}", "{c,d}", "several words"],
  ["a ~bob/x", "~bob", "another user"],
  ["a \0b", "\0", "NUL"],
])("%j is refused at %j", (line, place, text) => {
  const error = errorOf(() => readWords(line, plain));
  expect(error.message).toContain(text);
  expect(marked(error)).toBe(place);
  expect(line.startsWith(place[0]!, error.offset)).toBe(true);
});

test("deep nesting is refused, not followed", () => {
  expect(errorOf(() => words("${A:-".repeat(5000))).message).toContain("nested too deeply");
});

test("a folder with blanks has to be quoted", () => {
  const wide = { ...plain, folder: "/my work" };
  expect(readWords('"$PWD"/a "$(pwd)" "`pwd`"', wide).words.map(({ text }) => text)).toEqual([
    "/my work/a",
    "/my work",
    "/my work",
  ]);
  expect(errorOf(() => readWords("$(pwd)/a", wide)).message).toContain("holds blanks");
  expect(errorOf(() => readWords("`pwd`/a", wide)).message).toContain("holds blanks");
});

test("pasted text is cut where a command ends", () => {
  const text = `a \\\n b\n# it's\nc 'd\ne'\n\nf # don't\ng \`\n h\n`;
  expect(splitCommands(text).map(({ start, end }) => text.slice(start, end))).toEqual([
    "a \\\n b",
    "# it's",
    "c 'd\ne'",
    "",
    "f # don't",
    "g `\n h",
    "",
  ]);
});

test("and where the shell begins another command on the same row", () => {
  const text = `a && b || 'c && d'; e $(f; g && h) ; sudo i\nA=b;c d;docker e\ncat <<'END'\nj && k\nit's\nEND\nl`;
  expect(splitCommands(text).map(({ start, end, joint }) => [joint, text.slice(start, end).trim()])).toEqual([
    ["", "a"],
    ["&&", "b"],
    ["||", "'c && d'"],
    [";", "e $(f; g && h)"],
    [";", "sudo i"],
    // A connection string that nobody quoted, which the reader of words has something to say about.
    ["", "A=b;c d"],
    [";", "docker e"],
    ["", "cat <<'END'\nj && k\nit's\nEND"],
    ["", "l"],
  ]);
});
