import { COLLECTION_STYLE, EVENT_ID, getScalarValue, parseEvents, SCALAR_STYLE } from "js-yaml";
import { type Document, isAlias, isMap, isScalar, isSeq, type ParsedNode } from "yaml";

/** A node of a YAML text before anything is resolved. */
export interface RawNode {
  kind: "scalar" | "mapping" | "list" | "alias";
  /** Offset of the value, behind tag and anchor. */
  at: number;
  /** In full: `tag:yaml.org,2002:str`, `!reset`. */
  tag?: string;
  anchor?: string;
  /** Text of a scalar, name of an alias; "" for collections. */
  text: string;
  /** A scalar without quotes, which may mean a number. */
  plain: boolean;
  /** Items of a list. */
  items: (RawNode | undefined)[];
  /** Entries of a mapping; undefined where nothing is written. */
  entries: [key: RawNode | undefined, value: RawNode | undefined][];
}

const CORE = "tag:yaml.org,2002:";
const NONE: never[] = [];

function fullTag(written: string): string {
  if (written.startsWith("!!")) return CORE + written.slice(2);
  return written.startsWith("!<") ? written.slice(2, -1) : written;
}

/**
 * The documents of a text that is plainly right, from the events of a quick parser. Undefined where it finds
 * something wrong, and for what no usual file has: directives, a byte order mark, rows that end with a carriage
 * return alone, a document that is no mapping.
 * The thorough parser then says what it is, and where.
 */
export function quickDocuments(text: string): RawNode[] | undefined {
  if (text.startsWith("\uFEFF") || /\r(?!\n)/.test(text)) return undefined;
  let events: ReturnType<typeof parseEvents>;
  try {
    events = parseEvents(text, {});
  } catch {
    return undefined;
  }
  const roots: RawNode[] = [];
  const open: { node: RawNode; key?: RawNode; keyEnd?: number }[] = [];
  let expectsRoot = false;

  const put = (node: RawNode, end = node.at) => {
    const parent = open.at(-1);
    if (!parent) {
      roots.push(node);
      expectsRoot = false;
    } else if (parent.node.kind === "list") parent.node.items.push(node);
    else if (parent.key) {
      parent.node.entries.push([parent.key, node]);
      parent.key = undefined;
    } else {
      parent.key = node;
      parent.keyEnd = end;
    }
  };
  const slice = (start: number, end: number) => (start < 0 ? undefined : text.slice(start, end));

  let depth = 0;
  for (const event of events) {
    switch (event.type) {
      case EVENT_ID.DOCUMENT:
        if (event.directives.length || expectsRoot) return undefined;
        expectsRoot = true;
        depth++;
        break;
      case EVENT_ID.POP:
        if (open.length) open.pop();
        else {
          if (expectsRoot) return undefined;
          depth--;
        }
        break;
      case EVENT_ID.ALIAS:
        put({
          kind: "alias",
          at: event.anchorStart - 1,
          text: text.slice(event.anchorStart, event.anchorEnd),
          plain: false,
          items: NONE,
          entries: NONE,
        });
        break;
      default: {
        const written = slice(event.tagStart, event.tagEnd);
        const tag = written === undefined ? undefined : fullTag(written);
        const anchor = slice(event.anchorStart, event.anchorEnd);
        if (event.type === EVENT_ID.SCALAR) {
          const plain = event.style === SCALAR_STYLE.PLAIN;
          const quoted = event.style === SCALAR_STYLE.SINGLE_QUOTED || event.style === SCALAR_STYLE.DOUBLE_QUOTED;
          // Where nothing is written the place is behind the key's colon.
          const parent = open.at(-1);
          const behind = parent?.key ? text.indexOf(":", parent.keyEnd) + 1 : (parent?.node.at ?? 0);
          const start = event.valueStart < 0 ? behind : event.valueStart;
          const header =
            plain || quoted ? start : Math.max(text.lastIndexOf("|", start - 1), text.lastIndexOf(">", start - 1));
          const at = quoted ? start - 1 : header;
          const value = getScalarValue(text, event);
          put({ kind: "scalar", at, tag, anchor, text: value, plain, items: NONE, entries: NONE }, event.valueEnd);
        } else {
          const parent = open.at(-1);
          // `a: &x b: c` on one row is no YAML, which the quick parser does not say.
          const sameRow = parent?.key && !text.slice(parent.keyEnd, event.start).includes("\n");
          if (sameRow && event.style === COLLECTION_STYLE.BLOCK) return undefined;
          const kind = event.type === EVENT_ID.MAPPING ? "mapping" : "list";
          const node: RawNode = {
            kind,
            at: event.start,
            tag,
            anchor,
            text: "",
            plain: false,
            items: kind === "list" ? [] : NONE,
            entries: kind === "mapping" ? [] : NONE,
          };
          put(node);
          open.push({ node });
        }
      }
    }
  }
  return depth === 0 && roots.length > 0 && roots.every(({ kind }) => kind === "mapping") ? roots : undefined;
}

/** The same from the thorough parser. */
export function rawNode(node: ParsedNode | null): RawNode | undefined {
  if (node === null) return undefined;
  const common = { at: node.range[0], text: "", plain: false, items: NONE, entries: NONE };
  if (isAlias(node)) return { ...common, kind: "alias", text: node.source };
  const { tag, anchor } = node as { tag?: string; anchor?: string };
  if (isScalar(node))
    return { ...common, kind: "scalar", tag, anchor, text: String(node.source), plain: node.type === "PLAIN" };
  if (isSeq(node))
    return { ...common, kind: "list", tag, anchor, items: node.items.map((item) => rawNode(item as ParsedNode)) };
  const entries = (isMap(node) ? node.items : []).map(({ key, value }): RawNode["entries"][number] => [
    rawNode(key as ParsedNode | null),
    rawNode(value as ParsedNode | null),
  ]);
  return { ...common, kind: "mapping", tag, anchor, entries };
}

export const contentsOf = (document: Document.Parsed): RawNode | undefined =>
  rawNode(document.contents as ParsedNode | null);
