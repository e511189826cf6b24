import * as ts from "typescript";
import { COMPONENTS } from "../cli/plugin/components";
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
    const fields: Record<string, ArgumentType> = { ...one.fields };
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

/** The text of core/pulumi/argumentTypes.json: what the arguments of the plugin's components may be, by class. */
export function argumentTypes(): string {
  const { checker, symbols } = exported();
  const types = new Types(checker);
  const classes = Object.values(COMPONENTS).map(({ className }) => {
    const { fields } = types.of(argumentsOf(checker, symbols.get(className)!))!;
    // Other components, which a program in another language cannot hand over.
    return [className, { ...fields, dependsOn: undefined }];
  });
  return `${JSON.stringify(Object.fromEntries(classes))}\n`;
}
