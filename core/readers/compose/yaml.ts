import { type Document as YamlDocument, parseAllDocuments, visit, type YAMLError } from "yaml";
import { ODD_BLANK } from "../../description/lookAlikes";
import { ComposeError, refuse } from "./errors";
import { contentsOf, quickDocuments, type RawNode } from "./rawYaml";
import { formatPath, isMapping, type Mapping, type Node, type Path, position, type Source } from "./tree";
import { say } from "../../description/say";

/** One document of a file. */
export interface Document {
  root: Node;
  /** Paths that a `!reset` or `!override` tag stands at: what earlier files say there is dropped. */
  dropped: string[][];
}

/** Bounds that no real file comes near; without them a small file can ask for any amount of memory. */
const MAX_TEXT = 4 * 2 ** 20;
const MAX_NODES = 200_000;
const MAX_DEPTH = 100;
/** Open brackets, also those inside of texts. */
const MAX_BRACKETS = 1000;

const INTEGER = /^[-+]?(?:0[bB][01]+|0[oO]?[0-7]+|0[xX][0-9a-fA-F]+|0|[1-9][0-9]*)$/;
const FLOAT = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/;
const TIME = /^\d{4}-\d{1,2}-\d{1,2}(?:(?:[Tt]| +)\d{1,2}:\d{1,2}:\d{1,2}(?:\.\d+)?(?: *(?:Z|[-+]\d{1,2}:\d{2}))?)?$/;
const INFINITE: Record<string, number> = { "+": Infinity, "": Infinity, "-": -Infinity };

function integer(text: string): bigint {
  const [, sign = "", prefix = "", digits = ""] = /^([-+]?)(0[bBoOxX]?(?=.))?(.*)$/s.exec(text)!;
  const base = prefix === "0" ? "0o" : prefix.toLowerCase();
  const value = BigInt(base + digits);
  return sign === "-" ? -value : value;
}

/** A floating point number as Go's %v prints it. */
function goFloat(value: number): string {
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : value < 0 ? "-Inf" : "NaN";
  const [, exponent = "0"] = value.toExponential().split("e");
  const power = Number(exponent);
  if (power >= -4 && power < 6) return Object.is(value, -0) ? "-0" : String(value);
  const digits = value.toExponential().split("e")[0];
  return `${digits}e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
}

/** A plain scalar as go-yaml reads it, on which Compose is built: yes and no are text, 0644 is octal. */
export function resolvePlain(text: string): { value: Node["value"]; text?: string } {
  if (/^(?:|~|null|Null|NULL)$/.test(text)) return { value: null };
  if (/^(?:true|True|TRUE)$/.test(text)) return { value: true };
  if (/^(?:false|False|FALSE)$/.test(text)) return { value: false };
  // Everything else begins like a number or is text.
  if (!/^[-+.0-9]/.test(text)) return { value: text };
  const bare = text.replaceAll("_", "");
  const exact = INTEGER.test(bare) && bare !== "-0" ? integer(bare) : undefined;
  // 64 bits, with a sign where there is one; beyond them it is a floating point number where it looks like one.
  if (exact !== undefined && exact >= -(2n ** 63n) && exact < 2n ** 64n) {
    const value = Number(exact);
    return Number.isSafeInteger(value) ? { value } : { value, text: String(exact) };
  }
  if (FLOAT.test(bare)) {
    const value = Number(bare);
    const printed = goFloat(value);
    return printed === String(value) ? { value } : { value, text: printed };
  }
  const infinite = /^([-+]?)\.(?:inf|Inf|INF)$/.exec(text);
  if (infinite) return { value: INFINITE[infinite[1]!]!, text: goFloat(INFINITE[infinite[1]!]!) };
  if (/^\.(?:nan|NaN|NAN)$/.test(text)) return { value: Number.NaN, text: "NaN" };
  return { value: text };
}

const ODD_ROW = new RegExp(`^[ \\t]*(?=${ODD_BLANK.source})`, "m");
/** Characters that YAML does not allow; tab, line feed and carriage return are fine. */
const CONTROL = /[^\P{Cc}\t\n\r\x85]|[\ufffe\uffff]/u;
const CORE = "tag:yaml.org,2002:";

class Reader {
  private readonly anchors = new Map<string, RawNode>();
  private readonly open = new Set<RawNode>();
  private count = 0;
  /** Where the reader is: one array, since a large file has many places. */
  private readonly path: (string | number)[] = [];
  readonly dropped: string[][] = [];

  constructor(private readonly source: Source) {}

  private fail(offset: number, problem: string, remedy: string, path: Path = this.path): ComposeError {
    return new ComposeError(
      { file: this.source.name, ...position(this.source, offset) },
      formatPath(path),
      problem,
      remedy,
    );
  }

  private below(node: RawNode | undefined, key: string | number, at: number, keyAt?: number): Node | undefined {
    this.path.push(key);
    const result = this.read(node, at, keyAt);
    this.path.pop();
    return result;
  }

  /** Undefined where a `!reset` tag takes the value away. */
  read(node: RawNode | undefined, at: number, keyAt?: number): Node | undefined {
    if (node === undefined) return { value: null, source: this.source, at, keyAt };
    const offset = node.at;
    if (++this.count > MAX_NODES)
      throw this.fail(
        offset,
        say`the file has more than ${MAX_NODES} values once aliases are written out`,
        say`split it`,
      );
    if (this.path.length > MAX_DEPTH)
      throw this.fail(
        offset,
        say`is nested more than ${MAX_DEPTH} levels deep`,
        say`flatten it`,
        this.path.slice(0, 3),
      );
    if (node.kind === "alias") return this.readAlias(node, keyAt);
    if (node.anchor) this.anchors.set(node.anchor, node);
    const tag = node.tag;
    if (tag === "!reset" || tag === "!override") {
      // Compose takes no items out of lists; a tag on an item only says what becomes of the item itself.
      if (this.path.every((part) => typeof part === "string")) this.dropped.push(this.path.map(String));
      if (tag === "!reset") return undefined;
    } else if (tag && tag !== "!" && !this.fits(node, tag)) {
      const shown = tag.startsWith(CORE) ? `!!${tag.slice(CORE.length)}` : tag;
      throw this.fail(offset, say`has the tag ${shown}, which means nothing here`, say`remove the tag`);
    }
    const common = { source: this.source, at: offset, keyAt };
    if (node.kind === "scalar") return { ...this.scalar(node), ...common };
    this.open.add(node);
    const value = node.kind === "mapping" ? this.mapping(node) : this.list(node);
    this.open.delete(node);
    return { value, ...common };
  }

  private fits({ kind }: RawNode, tag: string): boolean {
    const scalars = ["str", "int", "float", "bool", "null"];
    const known = kind === "mapping" ? ["map"] : kind === "list" ? ["seq"] : scalars;
    return known.some((name) => tag === CORE + name);
  }

  private readAlias(node: RawNode, keyAt?: number): Node | undefined {
    const target = this.anchors.get(node.text);
    const offset = node.at;
    if (!target) throw this.fail(offset, say`*${node.text} names no anchor above it`, say`write &${node.text} first`);
    if (this.open.has(target))
      throw this.fail(offset, say`*${node.text} stands inside its own anchor`, say`break the circle`);
    return this.read(target, offset, keyAt);
  }

  private scalar({ text, tag, plain, at }: RawNode, isKey = false): { value: Node["value"]; text?: string } {
    if (tag === "!" || tag === `${CORE}str` || (!plain && !tag)) return { value: text };
    if (tag?.startsWith(CORE)) {
      const resolved = resolvePlain(text);
      const kind = resolved.value === null ? "null" : typeof resolved.value;
      const wanted = tag.slice(CORE.length);
      const fits = wanted === "bool" ? kind === "boolean" : wanted === "null" ? kind === "null" : kind === "number";
      if (!fits) throw this.fail(at, say`${JSON.stringify(text)} is no !!${wanted}`, say`remove the tag`);
      return resolved;
    }
    if (!isKey && TIME.test(text) && !this.path.some((part) => String(part).startsWith("x-")))
      throw this.fail(
        at,
        say`${text} is a point in time in YAML, which Compose would pass on in another form`,
        say`put it in quotes`,
      );
    return resolvePlain(text);
  }

  private list({ items, at }: RawNode): Node[] {
    const result: Node[] = [];
    for (const item of items) {
      const read = this.below(item, result.length, at);
      if (read) result.push(read);
    }
    return result;
  }

  private mapping(node: RawNode): Mapping {
    const result = new Map<string, Node>();
    const seen = new Map<string, number>();
    const merged: Mapping[] = [];
    for (const [key, value] of node.entries) {
      const keyNode = key?.kind === "alias" ? this.anchors.get(key.text) : key;
      const offset = key?.at ?? node.at;
      if (keyNode?.anchor) this.anchors.set(keyNode.anchor, keyNode);
      const scalar = keyNode?.kind === "scalar" ? keyNode : undefined;
      const name = scalar ? this.scalar(scalar, true).value : null;
      if (typeof name !== "string")
        throw this.fail(
          offset,
          scalar ? say`the key ${scalar.text || say`(empty)`} is not text` : say`a key is not text`,
          say`put the key in quotes`,
        );
      const first = seen.get(name);
      if (first !== undefined)
        throw this.fail(
          offset,
          say`is there twice, first in line ${position(this.source, first).line}`,
          say`remove one of them`,
          [...this.path, name],
        );
      seen.set(name, offset);
      if (name === "<<" && scalar?.plain) {
        merged.push(...this.merged(value, offset));
        continue;
      }
      const read = this.below(value, name, offset, offset);
      if (read) result.set(name, read);
    }
    // What stands in the mapping itself wins, then what is merged first.
    for (const map of merged)
      for (const [name, value] of map) if (!seen.has(name) && !result.has(name)) result.set(name, value);
    return result;
  }

  private merged(value: RawNode | undefined, offset: number): Mapping[] {
    const target = value?.kind === "alias" ? this.anchors.get(value.text) : value;
    const parts = target?.kind === "list" ? target.items : [value];
    return parts.map((part) => {
      const read = this.read(part, offset);
      if (!isMapping(read))
        throw this.fail(offset, say`merges something that is no mapping`, say`name the anchor of a mapping`, [
          ...this.path,
          "<<",
        ]);
      return read.value;
    });
  }
}

const REMEDIES: Partial<Record<YAMLError["code"], string>> = {
  TAB_AS_INDENT: say`use blanks in its place`,
  BAD_SCALAR_START: say`put the value in quotes`,
};

/** Where what is wrong begins: for a quote that nothing closes, the quote and not the end of the file. */
function startOf(document: YamlDocument, error: YAMLError): number {
  const [at] = error.pos;
  let start = at;
  if (error.code === "MISSING_CHAR")
    visit(document, {
      Scalar(_, { type, range }) {
        if (type?.startsWith("QUOTE_") && range && range[0] < at && range[1] >= at) start = range[0];
      },
    });
  return start;
}

/**
 * Reads the documents of a file.
 * @throws ComposeError with line and column for what is not YAML, keys that are there twice or no text, unknown
 * tags, aliases without end and files beyond all bounds
 */
export function readYaml(text: string, name: string): Document[] {
  const lines = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) lines.push(at + 1);
  const odd = ODD_ROW.exec(text);
  const source: Source = { name, lines, oddRow: odd ? odd.index + odd[0].length : undefined };
  if (text.length > MAX_TEXT)
    throw new ComposeError(
      { file: name },
      "",
      say`is larger than ${MAX_TEXT / 2 ** 20} MiB`,
      say`split it with include`,
    );
  const control = CONTROL.exec(text);
  if (control)
    throw new ComposeError(
      { file: name, ...position(source, control.index) },
      "",
      say`holds a control character, which YAML does not allow`,
      say`save it as UTF-8 text, or write the character as an escape in double quotes`,
    );
  checkNesting(text, source);
  return (quickDocuments(text) ?? thoroughDocuments(text, source)).map((contents) => {
    const reader = new Reader(source);
    const root = reader.read(contents, contents?.at ?? 0);
    if (!isMapping(root))
      throw root
        ? refuse(root, "", say`is not a mapping at the top level`, say`begin with "services:"`)
        : new ComposeError({ file: name }, "", say`is taken away as a whole by !reset`, say`remove the tag`);
    return { root, dropped: reader.dropped };
  });
}

/** The documents by the parser that says where and why a text is no YAML. */
function thoroughDocuments(text: string, source: Source): (RawNode | undefined)[] {
  return parse(text, source).map((document) => {
    const [error] = document.errors;
    if (error) {
      const where = { file: source.name, ...position(source, startOf(document, error)) };
      throw new ComposeError(
        where,
        "",
        say`is not YAML: ${error.message.replace(/[\s.]+/g, " ").trim()}`,
        REMEDIES[error.code] ?? say`mend the text there`,
      );
    }
    return contentsOf(document);
  });
}

function parse(text: string, source: Source): YamlDocument.Parsed[] {
  try {
    return parseAllDocuments(text, {
      schema: "failsafe",
      uniqueKeys: false,
      prettyErrors: false,
      strict: false,
      logLevel: "silent",
    }) as YamlDocument.Parsed[];
  } catch (error) {
    // The parser's own stack is used up.
    if (error instanceof RangeError) throw tooDeep({}, source);
    throw error;
  }
}

/** Refuses brackets without end, on which the parser would spend a long time before it gives up. */
function checkNesting(text: string, source: Source): void {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (char === "]" || char === "}") depth = Math.max(0, depth - 1);
    else if ((char === "[" || char === "{") && ++depth > MAX_BRACKETS) throw tooDeep(position(source, at), source);
  }
}

function tooDeep(where: object, source: Source): ComposeError {
  return new ComposeError(
    { file: source.name, ...where },
    "",
    say`is nested more than ${MAX_DEPTH} levels deep`,
    say`flatten it`,
  );
}
