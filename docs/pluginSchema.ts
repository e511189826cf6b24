import * as ts from "typescript";
import { COMPONENTS } from "../cli/plugin/components";
import { argumentsOf, docOf, exported, isPublic, outputOf, partsOf, tagOf, unwrapped } from "./exported";

interface TypeSpec {
  type?: string;
  items?: TypeSpec;
  additionalProperties?: TypeSpec;
  $ref?: string;
  plain?: boolean;
}
interface PropertySpec extends TypeSpec {
  description?: string;
}

/** What a component tells other components of this package. */
const INTERNAL = new Set(["services", "containers", "description", "logicalName", "engine"]);

const ANY: TypeSpec = { $ref: "pulumi.json#/Any" };

/** Makes the schema of Pulumi's other languages from the types of the components, so that there is nothing to keep in step. */
class Schema {
  private readonly checker: ts.TypeChecker;
  private readonly index: Map<string, ts.Symbol>;

  constructor() {
    const { checker, symbols } = exported();
    this.checker = checker;
    this.index = symbols;
  }

  resource(className: string) {
    const symbol = this.index.get(className)!;
    const node = symbol.valueDeclaration!;
    const args = argumentsOf(this.checker, symbol);
    const inputs = args.getProperties().filter(({ name }) => name !== "dependsOn" && name !== "engine");
    const optional = (one: ts.Symbol) => (one.flags & ts.SymbolFlags.Optional) !== 0;
    const own = this.checker.getDeclaredTypeOfSymbol(symbol).getProperties();
    const outputs = own.flatMap((property): [string, PropertySpec][] => {
      const at = property.valueDeclaration;
      if (!at || !(ts.isPropertyDeclaration(at) || ts.isGetAccessor(at)) || property.name.startsWith("_")) return [];
      if (!isPublic(property) || INTERNAL.has(property.name)) return [];
      const { spec } = this.property(property, node);
      const { plain: _, ...type } = spec;
      return type.$ref && !this.isData(property, node)
        ? []
        : [[property.name, { ...type, description: this.doc(property) }]];
    });
    return {
      isComponent: true,
      description: this.doc(symbol),
      inputProperties: Object.fromEntries(
        inputs.map((input) => [input.name, { ...this.property(input, node).spec, description: this.doc(input) }]),
      ),
      requiredInputs: inputs.filter((input) => !optional(input)).map(({ name }) => name),
      properties: Object.fromEntries(outputs),
      // Else they are `Optional` in Java, and pointers in Go.
      required: own
        .filter((one) => !optional(one) && outputs.some(([name]) => name === one.name))
        .map(({ name }) => name),
    };
  }

  private doc(symbol: ts.Symbol): string | undefined {
    const standard = tagOf(this.checker, symbol, "default");
    const shown = standard && `Default: ${standard}.`;
    return [docOf(this.checker, symbol), shown].filter(Boolean).join(" ") || undefined;
  }

  private property(symbol: ts.Symbol, node: ts.Node): { spec: PropertySpec } {
    const type = this.checker.getTypeOfSymbolAtLocation(symbol, node);
    const late = this.isLate(type);
    const spec = this.map(type);
    return { spec: late ? spec : this.plain(spec) };
  }

  /** What is known when it is written, down to the items of lists: `[]string` in Go, where it would be inputs. */
  private plain(spec: TypeSpec): TypeSpec {
    if (spec.$ref) return spec;
    const { items, additionalProperties } = spec;
    return {
      ...spec,
      plain: true,
      ...(items && { items: this.plain(items) }),
      ...(additionalProperties && { additionalProperties: this.plain(additionalProperties) }),
    };
  }

  /** Other components and resources are no data. */
  private isData(symbol: ts.Symbol, node: ts.Node): boolean {
    const type = unwrapped(this.checker, this.checker.getTypeOfSymbolAtLocation(symbol, node))[0];
    return type !== undefined && !this.checker.getPropertyOfType(type, "urn");
  }

  private isLate(type: ts.Type): boolean {
    return partsOf(type).some((part) => outputOf(this.checker, part) !== undefined);
  }

  private map(type: ts.Type): TypeSpec {
    const parts = unwrapped(this.checker, type);
    const kinds = new Set(parts.map((part) => JSON.stringify(this.one(part))));
    return kinds.size === 1 ? (JSON.parse([...kinds][0]!) as TypeSpec) : ANY;
  }

  private one(type: ts.Type): TypeSpec {
    if (type.flags & ts.TypeFlags.StringLike) return { type: "string" };
    // What may have a fraction, such as `cpus`, may be text too, so it is no number here. A test asks each component.
    if (type.flags & ts.TypeFlags.NumberLike) return { type: "integer" };
    if (type.flags & ts.TypeFlags.BooleanLike) return { type: "boolean" };
    if (this.checker.isArrayType(type))
      return { type: "array", items: this.map(this.checker.getTypeArguments(type as ts.TypeReference)[0]!) };
    const values = type.getProperties().length === 0 && this.checker.getIndexTypeOfType(type, ts.IndexKind.String);
    return values ? { type: "object", additionalProperties: this.map(values) } : ANY;
  }
}

/** The text of the plugin's schema. */
export function pluginSchema(): string {
  const schema = new Schema();
  // Without a version the CLI generates no SDK for a language (`pulumi package add`).
  const { description, license, version } = require("../package.json") as Record<string, string>;
  const own = { respectSchemaVersion: true };
  const resources = Object.entries(COMPONENTS).map(([name, { className }]) => [
    `berth:index:${name}`,
    schema.resource(className),
  ]);
  return `${JSON.stringify(
    {
      name: "berth",
      version,
      displayName: "berth",
      description,
      license,
      // Else a C# project names Pulumi as its author.
      publisher: "pulumi-berth",
      resources: Object.fromEntries(resources),
      // A C# project that `pulumi package gen-sdk` makes does not build without its version.
      language: { csharp: own, go: own, nodejs: own, python: own },
    },
    undefined,
    2,
  )}\n`;
}
