import * as ts from "typescript";
import { docOf, exported, isPublic, tagOf } from "../../../docs/exported";

const { checker, symbols } = exported();

/** A name of the package, and its members where it is a class or an interface. */
function named(): { at: string; symbol: ts.Symbol }[] {
  const seen = new Set<ts.Symbol>();
  return [...symbols].flatMap(([name, symbol]) => {
    const hasMembers = (symbol.flags & (ts.SymbolFlags.Class | ts.SymbolFlags.Interface)) !== 0;
    const members = hasMembers ? checker.getDeclaredTypeOfSymbol(symbol).getProperties().filter(isPublic) : [];
    return [
      { at: name, symbol },
      ...members
        .filter((member) => !seen.has(member) && seen.add(member))
        .map((member) => ({ at: `${name}.${member.name}`, symbol: member })),
    ];
  });
}

/** What readers of compose files and lines make, of any setup. */
const GENERAL = new Set(["Network", "Project"]);

const isClass = (symbol: ts.Symbol) => (symbol.flags & ts.SymbolFlags.Class) !== 0;
const classes = [...symbols].filter(([, symbol]) => isClass(symbol));

test("everything that the package exports, and every argument and output of it, says what it is", () => {
  const all = named();
  expect(all.length).toBeGreaterThan(500);
  expect(all.filter(({ symbol }) => !docOf(checker, symbol)).map(({ at }) => at)).toEqual([]);
});

test("every component has an example, names its documented setup, and says what it refuses", () => {
  const components = classes.filter(([, symbol]) =>
    checker.getPropertyOfType(checker.getDeclaredTypeOfSymbol(symbol), "urn"),
  );
  expect(components.length).toBeGreaterThan(25);
  const lacking = components.flatMap(([name, symbol]) => [
    ...(tagOf(checker, symbol, "example") ? [] : [`${name}: no @example`]),
    ...(tagOf(checker, symbol, "throws") ? [] : [`${name}: no @throws`]),
    ...(/\b[A-J]\d/.test(docOf(checker, symbol)) || GENERAL.has(name) ? [] : [`${name}: no documented setup`]),
  ]);
  expect(lacking).toEqual([]);
});
