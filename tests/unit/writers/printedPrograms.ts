import { join } from "node:path";
import { transform } from "sucrase";
import ts from "typescript";

const ROOT = join(__dirname, "../../..");

/** What the compiler says of printed programs of stacks/, as texts with the program behind. */
export function compilerErrors(texts: string[]): string[] {
  const printed = texts.map((text, index): [string, string] => [join(ROOT, "stacks", `printed${index}.ts`), text]);
  const files = new Map(printed);
  const { options: settings } = ts.parseJsonConfigFileContent(
    ts.readConfigFile(join(ROOT, "tsconfig.json"), ts.sys.readFile).config,
    ts.sys,
    ROOT,
  );
  const host = ts.createCompilerHost(settings);
  const { readFile, fileExists } = host;
  host.readFile = (name) => files.get(name) ?? readFile(name);
  host.fileExists = (name) => files.has(name) || fileExists(name);
  const { getSourceFile } = host;
  host.getSourceFile = (name, target, ...rest) =>
    files.has(name) ? ts.createSourceFile(name, files.get(name)!, target) : getSourceFile(name, target, ...rest);
  const check = join(ROOT, "stacks", "printedCheck.ts");
  const names = printed.map((_, index) => index);
  files.set(
    check,
    `import type { Program } from "./index";
${names.map((index) => `import * as p${index} from "./printed${index}";`).join("\n")}
export const all: Program[] = [${names.map((index) => `p${index}`).join(", ")}];
`,
  );
  const program = ts.createProgram([check], settings, host);
  return [...files.keys()].flatMap((name) => {
    const source = program.getSourceFile(name)!;
    const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
    return found.map(({ file, messageText }) => `${ts.flattenDiagnosticMessageText(messageText, "\n")}\n${file?.text}`);
  });
}

/** Loads a printed program of stacks/. */
export function loadPrinted(text: string): { program(): Record<string, unknown> } {
  const { code } = transform(text, { transforms: ["typescript", "imports"] });
  const exported = {} as { program(): Record<string, unknown> };
  const load = (name: string) =>
    require(name.replace(/^\.\.?/, (start) => (start === "." ? "../../../stacks" : "../../..")));
  new Function("require", "exports", code)(load, exported);
  return exported;
}
