import { join } from "node:path";
import * as ts from "typescript";

const ROOT = join(__dirname, "..");

interface Exported {
  checker: ts.TypeChecker;
  symbols: Map<string, ts.Symbol>;
}
let known: Exported | undefined;

/** What the package exports, by name, as TypeScript's own checker sees it; read once, as the types of the SDKs take seconds. */
export function exported(): Exported {
  known ??= read();
  return known;
}

function read(): Exported {
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

/** The type of what a class takes behind its name. */
export function argumentsOf(checker: ts.TypeChecker, symbol: ts.Symbol): ts.Type {
  const node = symbol.valueDeclaration!;
  const [signature] = checker.getTypeOfSymbolAtLocation(symbol, node).getConstructSignatures();
  return checker.getNonNullableType(checker.getTypeOfSymbolAtLocation(signature!.parameters[1]!, node));
}

export const partsOf = (type: ts.Type): ts.Type[] => (type.isUnion() ? type.types : [type]);

/** The T of an Output or a Promise. */
export function outputOf(checker: ts.TypeChecker, type: ts.Type): ts.Type | undefined {
  const name = type.aliasSymbol?.name ?? type.symbol?.name;
  if (name === "Promise" || name === "OutputInstance") return checker.getTypeArguments(type as ts.TypeReference)[0];
  if (name === "Output") return type.aliasTypeArguments?.[0];
  // Output<T> is an intersection of the Output itself with whatever T has.
  return type.isIntersection() ? type.types.map((part) => outputOf(checker, part)).find(Boolean) : undefined;
}

/** What a value is when it is there. */
export function unwrapped(checker: ts.TypeChecker, type: ts.Type): ts.Type[] {
  const parts = partsOf(type).flatMap((part): ts.Type[] => {
    if (part.flags & (ts.TypeFlags.Undefined | ts.TypeFlags.Null)) return [];
    const inner = outputOf(checker, part);
    return inner ? unwrapped(checker, inner) : [part];
  });
  return [...new Set(parts)];
}
