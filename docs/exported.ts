import { join } from "node:path";
import * as ts from "typescript";

const ROOT = join(__dirname, "..");

/** What the package exports, by name, as TypeScript's own checker sees it. */
export function exported(): { checker: ts.TypeChecker; symbols: Map<string, ts.Symbol> } {
  const { config } = ts.readConfigFile(join(ROOT, "tsconfig.json"), ts.sys.readFile) as { config: object };
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, ROOT);
  const file = join(ROOT, "components/index.ts");
  const program = ts.createProgram([file], { ...options, types: ["node"] });
  const checker = program.getTypeChecker();
  const module = checker.getSymbolAtLocation(program.getSourceFile(file)!)!;
  const symbols = checker.getExportsOfModule(module).map((symbol) => {
    const own = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
    return [symbol.name, own] as const;
  });
  return { checker, symbols: new Map(symbols) };
}

/** A symbol's docstring without its tags. */
export const docOf = (checker: ts.TypeChecker, symbol: ts.Symbol): string =>
  ts.displayPartsToString(symbol.getDocumentationComment(checker)).replace(/\s*\n\s*/g, " ");

/** The text behind a tag of a docstring. */
export function tagOf(checker: ts.TypeChecker, symbol: ts.Symbol, tag: string): string | undefined {
  const [found] = symbol.getJsDocTags(checker).filter(({ name }) => name === tag);
  return found && ts.displayPartsToString(found.text).replace(/\s*\n\s*/g, " ");
}

/** Whether people see this member of a class or an interface. */
export function isPublic(member: ts.Symbol): boolean {
  const [at] = member.declarations ?? [];
  return (
    at !== undefined &&
    !at.getSourceFile().fileName.includes("node_modules") &&
    !(ts.getCombinedModifierFlags(at) & (ts.ModifierFlags.Private | ts.ModifierFlags.Protected))
  );
}
