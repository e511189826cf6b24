import * as ts from "typescript";
import type { ArgumentType } from "../core/pulumi/checkTypes";
import { argumentsOf, exported, isPublic, unwrapped } from "./exported";

/** Deeper than any description; types of whole Kubernetes objects have no end. */
const DEEPEST = 6;

class Types {
  constructor(private readonly checker: ts.TypeChecker) {}

  /** Of a parameter of a constructor. */
  of(type: ts.Type, depth = 0): ArgumentType | undefined {
    const parts = unwrapped(this.checker, type);
    if (parts.some((part) => part.flags & (ts.TypeFlags.Any | ts.TypeFlags.Unknown))) return undefined;
    let found: ArgumentType = { kinds: [] };
    for (const part of parts) {
      const one = this.one(part, depth);
      if (!one) return undefined;
      found = this.both(found, one)!;
    }
    return found;
  }

  /** What is one or the other. */
  private both(one: ArgumentType | undefined, other: ArgumentType | undefined): ArgumentType | undefined {
    if (!one || !other) return one ?? other;
    const fields: Record<string, ArgumentType> = { ...(one.fields as object) };
    for (const [name, field] of Object.entries(other.fields ?? {})) fields[name] = this.both(fields[name], field)!;
    return {
      kinds: [...new Set([...one.kinds, ...other.kinds])],
      items: this.both(one.items, other.items),
      values: this.both(one.values, other.values),
      fields: Object.keys(fields).length ? fields : undefined,
    };
  }

  private one(type: ts.Type, depth: number): ArgumentType | undefined {
    if (type.flags & ts.TypeFlags.StringLike) return { kinds: ["string"] };
    if (type.flags & ts.TypeFlags.NumberLike) return { kinds: ["number"] };
    if (type.flags & ts.TypeFlags.BooleanLike) return { kinds: ["boolean"] };
    if (this.checker.isArrayLikeType(type)) {
      const items = this.checker.getIndexTypeOfType(type, ts.IndexKind.Number);
      return { kinds: ["list"], items: items && depth < DEEPEST ? this.of(items, depth + 1) : undefined };
    }
    if (type.getCallSignatures().length) return undefined;
    const values = this.checker.getIndexTypeOfType(type, ts.IndexKind.String);
    const fields: Record<string, ArgumentType> = {};
    if (depth < DEEPEST && !this.checker.getPropertyOfType(type, "urn"))
      for (const field of type.getProperties()) {
        const [at] = field.declarations ?? [];
        // The SDKs check what is theirs.
        if (!at || !isPublic(field)) continue;
        const shape = this.of(this.checker.getTypeOfSymbolAtLocation(field, at), depth + 1);
        if (shape) fields[field.name] = shape;
      }
    return {
      kinds: ["object"],
      values: values && depth < DEEPEST ? this.of(values, depth + 1) : undefined,
      fields: Object.keys(fields).length ? fields : undefined,
    };
  }
}

/** The component classes of the package that take their arguments behind their name. */
function components({ checker, symbols }: ReturnType<typeof exported>): [string, ts.Symbol][] {
  return [...symbols].filter(([, symbol]) => {
    if (!(symbol.flags & ts.SymbolFlags.Class)) return false;
    const [signature] = checker.getTypeOfSymbolAtLocation(symbol, symbol.valueDeclaration!).getConstructSignatures();
    return signature?.parameters[1]?.name === "args" && checker.getDeclaredTypeOfSymbol(symbol).getProperty("urn");
  });
}

type Fields = Record<string, ArgumentType | null>;

/** Fields that stand more than once become a number, for each class that runs containers takes all that a service does. */
class Shared {
  readonly list: Fields[] = [];
  private readonly times = new Map<string, number>();
  private readonly places = new Map<string, number>();

  /** What lies within a type. */
  private static within = ({ items, fields, values }: ArgumentType) => ({ items, fields: fields as Fields, values });

  count(all: Fields): void {
    for (const type of Object.values(all)) if (type) this.countType(type);
  }

  private countType(type: ArgumentType): void {
    const { items, fields, values } = Shared.within(type);
    if (items) this.countType(items);
    if (values) this.countType(values);
    if (!fields) return;
    const text = JSON.stringify(fields);
    this.times.set(text, (this.times.get(text) ?? 0) + 1);
    this.count(fields);
  }

  short(all: Fields): Fields {
    return Object.fromEntries(Object.entries(all).map(([name, type]) => [name, type && this.shortType(type)]));
  }

  private shortType(type: ArgumentType): ArgumentType {
    const { items, fields, values } = Shared.within(type);
    return {
      kinds: type.kinds,
      items: items && this.shortType(items),
      fields: fields && this.shortFields(fields),
      values: values && this.shortType(values),
    };
  }

  private shortFields(fields: Fields): ArgumentType["fields"] {
    const text = JSON.stringify(fields);
    if ((this.times.get(text) ?? 0) < 2) return this.short(fields) as Record<string, ArgumentType>;
    if (!this.places.has(text)) this.places.set(text, this.list.push(this.short(fields)) - 1);
    return this.places.get(text);
  }
}

/** The text of core/pulumi/argumentTypes.json: what the arguments of the components may be, by class. */
export function argumentTypes(): string {
  const all = exported();
  const types = new Types(all.checker);
  const classes = components(all).map(([name, symbol]): [string, Fields] => {
    const args = argumentsOf(all.checker, symbol);
    const fields = types.of(args)?.fields as Fields;
    const names = args.getProperties().map((property) => property.name);
    // Other components are looked at by the one that takes them.
    return [
      name,
      Object.fromEntries(names.map((each) => [each, each === "dependsOn" ? null : (fields[each] ?? null)])),
    ];
  });
  const shared = new Shared();
  for (const [, fields] of classes) shared.count(fields);
  const short = Object.fromEntries(classes.map(([name, fields]) => [name, shared.short(fields)]));
  return `${JSON.stringify({ classes: short, shared: shared.list })}\n`;
}
