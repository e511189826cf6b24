import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { takeLanguage } from "../../cli/language";
import { both, columnsOf, either, languageOf, padded, templateOf, withoutStop } from "../../core/description/say";

const ROOT = join(__dirname, "../..");
const CATALOGUE: Record<string, string> = JSON.parse(readFileSync(join(ROOT, "core/description/zh.json"), "utf8"));

const FOLDERS = ["cli", "components", "core", "stacks"];
const sources = FOLDERS.flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".d.ts"))
    .map((file) => join(folder, file).replaceAll("\\", "/")),
).map((file) => ({
  file,
  tree: ts.createSourceFile(file, readFileSync(join(ROOT, file), "utf8"), ts.ScriptTarget.Latest, true),
}));

type Literal = ts.StringLiteral | ts.TemplateLiteral;
const isLiteral = (node: ts.Node): node is Literal => ts.isStringLiteral(node) || ts.isTemplateLiteral(node);

/** What stands between the holes, as at run time. */
const textsOf = (node: Literal): string[] =>
  ts.isTemplateExpression(node)
    ? [node.head.text, ...node.templateSpans.map(({ literal }) => literal.text)]
    : [(node as ts.StringLiteral).text];

function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node);
  ts.forEachChild(node, (child) => walk(child, visit));
}

const isTagged = (node: ts.Node) => ts.isTaggedTemplateExpression(node.parent) && node.parent.tag.getText() === "say";

/** The templates that are said, with the files that say them. */
const said = new Map<string, string[]>();
for (const { file, tree } of sources)
  walk(tree, (node) => {
    if (!isLiteral(node) || !isTagged(node)) return;
    const template = templateOf(textsOf(node));
    said.set(template, [...(said.get(template) ?? []), file]);
  });

const holesOf = (text: string) => [...new Set(text.match(/\{\d+\}/g))].sort();

test("every message has its Chinese, and every Chinese text its message", () => {
  expect(said.size).toBeGreaterThan(200);
  expect([...said.keys()].filter((template) => !(template in CATALOGUE))).toEqual([]);
  expect(Object.keys(CATALOGUE).filter((template) => !said.has(template))).toEqual([]);
});

test("Chinese texts have the holes of the English ones, and the blanks at their ends that lead to other words", () => {
  const differ = Object.entries(CATALOGUE).filter(([en, zh]) => String(holesOf(en)) !== String(holesOf(zh)));
  expect(differ).toEqual([]);
});

test("Chinese texts have Chinese marks, and a blank between Chinese and Latin letters", () => {
  // In code nothing is translated.
  const bare = (text: string) => text.replace(/`[^`]*`/g, "x");
  const wrong = Object.values(CATALOGUE).filter((zh) =>
    /[\u4e00-\u9fff][,;!?]|[\u4e00-\u9fff][A-Za-z]|[A-Za-z][\u4e00-\u9fff]|[\u4e00-\u9fff]\(|\)[\u4e00-\u9fff]/.test(
      bare(zh),
    ),
  );
  expect(wrong).toEqual([]);
});

/** Whose arguments are read by people. */
const SPEAKERS =
  /(?:Error|^ok|^console\.log|^fail|^refuse\w*|^refused|^missing|^warning|^note|\.warn|\.fail|\.refuse\w*|console\.error|std\w+\.write|log\.\w+)$/;
/** What makes the settings of a stack: the last argument says what a setting is. */
const SETTING_OF =
  /^(?:text|choice|port|portOr|count|flag|list|record|records|password|passwords|optionalSecret|credential)$/;
/** Fields that are read by people. */
const FIELDS = /^(?:text|problem|remedy|doc|summary|description|expects|why)$/;

function isRead(node: ts.Node): boolean {
  for (let at = node; at.parent; at = at.parent) {
    const { parent } = at;
    if (ts.isNewExpression(parent) || ts.isCallExpression(parent)) {
      const called = parent.expression.getText();
      if (parent.arguments?.includes(at as ts.Expression) && SPEAKERS.test(called)) return true;
      const inStacks = parent.getSourceFile().fileName.startsWith("stacks/");
      if (inStacks && SETTING_OF.test(called) && parent.arguments?.at(-1) === at) return true;
    }
    if (ts.isPropertyAssignment(parent)) return parent.initializer === at && FIELDS.test(parent.name.getText());
    if (ts.isFunctionLike(parent) || ts.isStatement(parent)) return false;
    // Conditions are not what is said.
    if (ts.isBinaryExpression(parent) && /^[=!]==$/.test(parent.operatorToken.getText())) return false;
    if (ts.isConditionalExpression(parent) && parent.condition === at) return false;
  }
  return false;
}

/** What is typed, and so the same in all languages. What stands behind a `#` is for people. */
const TYPED =
  /^\s*(?:sudo [a-z-]+|(?:berth|pulumi) [a-z]+(?: |$)|docker (?:swarm|node) |cd |mkdir |df |deb \[|npm |npx |@pulumi\/)[^#]*$/;

/** The template of a message, by which one is known again. */
const isTemplate = ({ parent }: ts.Node): boolean =>
  ts.isCallExpression(parent) && /^(?:isSaid|holesIn)$/.test(parent.expression.getText());

/** One word of English and a value, wherever it goes to; "Pulling x." is the same for a sentence. */
const REMEDY = /^(?:use|write|give|set|name|add|remove|see) (?:["'{[~/\d]|x\b)/;

test("what people read is tagged", () => {
  const untagged = sources.flatMap(({ file, tree }) => {
    const found: string[] = [];
    walk(tree, (node) => {
      if (!isLiteral(node) || ts.isTaggedTemplateExpression(node.parent) || isTemplate(node)) return;
      const text = textsOf(node).join("x");
      const words = /[A-Za-z]+[,:;]? [a-z]+/.test(text) && isRead(node) && !TYPED.test(text);
      if (!words && !REMEDY.test(text) && !/^[A-Z][a-z]+ x\.$/.test(text)) return;
      const { line } = tree.getLineAndCharacterOfPosition(node.getStart());
      found.push(`${file}:${line + 1}: ${node.getText().slice(0, 60)}`);
    });
    return found;
  });
  expect(untagged).toEqual([]);
});

/**
 * Texts of several words that are said in no other language, by file: they are words of command lines and of code, go into
 * files, states, JSON and shells, or are what engines and other programs say.
 */
const NO_MESSAGES: Record<string, number> = {
  "cli/backup/databases.ts": 6,
  "cli/bundle/images.ts": 1,
  "cli/bundle/scripts.ts": 3,
  "cli/commands.ts": 19,
  "cli/completion.ts": 3,
  "cli/doctor/engine.ts": 2,
  "cli/exec.ts": 2,
  "cli/fromNotes.ts": 3,
  "cli/init.ts": 1,
  "cli/init/files.ts": 15,
  "cli/logs.ts": 1,
  "cli/lookCommands.ts": 1,
  "cli/outdated/ask.ts": 1,
  "cli/ownProgram.ts": 1,
  "cli/pictureOf.ts": 1,
  "cli/plan.ts": 3,
  "cli/power.ts": 6,
  "cli/pulumi.ts": 1,
  "cli/rollback.ts": 3,
  "cli/rollbackSetting.ts": 1,
  "cli/updates.ts": 1,
  "core/description/healthchecks.ts": 1,
  "core/engines/docker/leftVolumes.ts": 1,
  "core/engines/docker/status.ts": 1,
  "core/engines/dockerApi/connection/sshCommand.ts": 1,
  "core/engines/dockerApi/predecessors.ts": 3,
  "core/engines/firstStart.ts": 1,
  "core/engines/kubernetes/engine.ts": 1,
  "core/host/connection.ts": 3,
  "core/host/facts.ts": 1,
  "core/mapping/swarm.ts": 5,
  "core/pulumi/runNow.ts": 1,
  "core/readers/compose/errors.ts": 1,
  "core/readers/dockerRun/around.ts": 6,
  "core/readers/dockerRun/command.ts": 3,
  "core/readers/dockerRun/flags.ts": 3,
  "core/readers/dockerRun/lines.ts": 1,
  "core/readers/notes/commands.ts": 20,
  "core/readers/notes/composeFiles.ts": 5,
  "core/readers/notes/files.ts": 5,
  "core/readers/notes/groups.ts": 4,
  "core/readers/notes/pieces.ts": 7,
  "core/readers/notes/programs.ts": 4,
  "core/readers/notes/refused.ts": 1,
  "core/readers/notes/service.ts": 1,
  "core/writers/compose.ts": 1,
  "core/writers/dockerRun.ts": 2,
  "core/writers/manifests.ts": 1,
  "core/writers/picture/html.ts": 4,
  "core/writers/picture/svg.ts": 11,
  "core/writers/programText.ts": 6,
  "core/writers/run.ts": 3,
  "core/writers/typescript.ts": 1,
  "stacks/host.ts": 1,
  "stacks/lib/settings.ts": 1,
  "stacks/lifecycle.ts": 3,
  "stacks/networks.ts": 1,
  "stacks/run.ts": 1,
  "stacks/volumes.ts": 1,
};

/** Whether a literal is a text of several words, and not what code compares with, imports or knows things by. */
function isText(node: Literal): boolean {
  const { parent } = node;
  if (ts.isTaggedTemplateExpression(parent) || ts.isLiteralTypeNode(parent) || ts.isImportDeclaration(parent))
    return false;
  if (ts.isPropertyAssignment(parent) && parent.name === node) return false;
  if (ts.isBinaryExpression(parent) && /^[=!]==$/.test(parent.operatorToken.getText())) return false;
  if (
    ts.isCallExpression(parent) &&
    /^(?:isSaid|holesIn|require|\w+\.(?:test|includes|split|startsWith))$/.test(parent.expression.getText())
  )
    return false;
  const text = textsOf(node).join("x");
  return /(?<![\w./:-])[A-Za-z][a-z]+[,:;]? [a-z]{2,}(?![\w/])/.test(text) && !TYPED.test(text);
}

test("nothing of several words is untagged but what is counted here", () => {
  const found: Record<string, number> = {};
  for (const { file, tree } of sources)
    walk(tree, (node) => {
      if (isLiteral(node) && isText(node)) found[file] = (found[file] ?? 0) + 1;
    });
  expect(found).toEqual(NO_MESSAGES);
});

test.each([
  [{}, "en"],
  [{ LANG: "zh_CN.UTF-8" }, "zh"],
  [{ LANG: "zh_CN" }, "zh"],
  [{ LANG: "zh_CN.GB18030" }, "en"],
  [{ LANG: "zh_CN.UTF-8", LC_MESSAGES: "en_US.UTF-8" }, "en"],
  [{ LANG: "en_US.UTF-8", LC_MESSAGES: "zh_TW.utf8" }, "zh"],
  [{ LANG: "zh_CN.UTF-8", LC_MESSAGES: "zh_CN.UTF-8", LC_ALL: "C" }, "en"],
  [{ LANG: "zh_CN.UTF-8", LC_ALL: "" }, "zh"],
  [{ LANG: "zh_CN.UTF-8", BERTH_LANG: "en" }, "en"],
  [{ LC_ALL: "C", BERTH_LANG: "zh" }, "zh"],
  [{ LANG: "zhuang" }, "en"],
])("the language of %p is %s", (environment, language) => {
  expect(languageOf(environment)).toBe(language);
});

test("--lang is taken out wherever it is berth's own", () => {
  const take = (...args: string[]) => {
    const environment: NodeJS.ProcessEnv = {};
    return [takeLanguage(args, environment), environment.BERTH_LANG];
  };
  expect(take("--lang", "zh", "up", "nginx")).toEqual([["up", "nginx"], "zh"]);
  expect(take("up", "nginx", "--yes", "--lang=zh")).toEqual([["up", "nginx", "--yes"], "zh"]);
  expect(take("exec", "--lang", "en", "web", "web", "ls", "--lang", "fr")).toEqual([
    ["exec", "web", "web", "ls", "--lang", "fr"],
    "en",
  ]);
  expect(take("plan", "nginx", "--json", "--lang", "zh")).toEqual([["plan", "nginx", "--json"], "en"]);
  expect(take("plan", "--", "--lang")).toEqual([["plan", "--", "--lang"], undefined]);
  expect(take("plan", "--lang", "fr")).toEqual([
    '--lang: "fr" is not a language that berth speaks; use en or zh',
    undefined,
  ]);
  expect(take("plan", "--lang")).toEqual(["--lang: has no value; use en or zh", undefined]);
});

test("no sentence loses its stop in one language alone", () => {
  const cut = sources.flatMap(({ file, tree }) => (tree.text.includes('replace(/\\.$/, "")') ? [file] : []));
  // The name of a field of docker's: `build.`.
  expect(cut).toEqual(["core/engines/dockerApi/images/build.ts"]);
  expect(["is gone.", "没有了。", "is gone"].map(withoutStop)).toEqual(["is gone", "没有了", "is gone"]);
});

test("lists end with their word", () => {
  expect([either([]), either(["a"]), either(["a", "b"]), both(["a", "b", "c"])]).toEqual([
    "",
    "a",
    "a or b",
    "a, b and c",
  ]);
});

test("Chinese letters take two columns", () => {
  expect([columnsOf("端口 80，好"), padded("端口", 6)]).toEqual([11, "端口  "]);
});

/** A command of berth in a process of its own. */
const berth = (environment: NodeJS.ProcessEnv, ...args: string[]) => {
  const { BERTH_LANG: _, LC_ALL: __, LC_MESSAGES: ___, LANG: ____, ...others } = process.env;
  return spawnSync(process.execPath, [join(ROOT, "cli/berth.js"), ...args], {
    env: { ...others, ...environment },
    encoding: "utf8",
  });
};

test("a command speaks the user's language, with the same exit code", () => {
  const english = berth({}, "stauts");
  expect([english.status, english.stderr]).toEqual([
    2,
    "error: unknown command 'stauts'; did you mean status? (see `berth --help`)\n",
  ]);
  for (const chinese of [berth({ LANG: "zh_CN.UTF-8" }, "stauts"), berth({ LANG: "C" }, "stauts", "--lang", "zh")])
    expect([chinese.status, chinese.stderr]).toEqual([
      2,
      "错误：没有命令 'stauts'；是不是 status？（见 `berth --help`）\n",
    ]);
  expect(berth({}, "--lang", "fr").status).toBe(2);
});

test("no help speaks two languages", () => {
  const { stdout } = berth({ BERTH_LANG: "zh" }, "up", "--help");
  expect(stdout).toContain("用法：");
  expect(stdout.replace(/`[^`]*`|<[^>]*>|\[[^\]]*\]|^ +berth .*$/gm, "")).not.toMatch(/[a-z]+ [a-z]+ [a-z]+/);
});

test("JSON is the same in all languages", () => {
  const plan = (language: string) => berth({ BERTH_LANG: language }, "plan", "nginx", "--json").stdout;
  expect(JSON.parse(plan("zh"))).toEqual(JSON.parse(plan("en")));
});
