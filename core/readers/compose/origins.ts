import type { ArgumentError } from "../../description/errors";
import { PARSERS } from "../../description/service";
import { ComposeError, refuse } from "./errors";
import { formatPath, isList, isMapping, isText, type Node, type Path } from "./tree";
import { snakeCase } from "../../description/snakeCase";

/** Where in the file a field of a description comes from. */
export interface Origin {
  node: Node;
  path: Path;
  /** Origins of the items, where they do not stand in the file in the same way. */
  items?: Origin[];
}

/** Names of fields inside of a sentence, as the reader of a compose file knows them. */
function inFileWords(text: string): string {
  return text.replace(/\b[a-z]+\d?(?:[A-Z][a-z]+\d?)+\b/g, (word) => (word in PARSERS ? snakeCase(word) : word));
}

/** Walks from a field's origin along the rest of an argument: `[1].target` or `.NAME`. */
function follow(origin: Origin, rest: string): Origin {
  let { node, path } = origin;
  let items = origin.items;
  let left = rest;
  while (left !== "") {
    const index = /^\[(\d+)\]/.exec(left);
    if (index) {
      const at = Number(index[1]);
      left = left.slice(index[0].length);
      const item = items?.[at];
      items = undefined;
      if (item) ({ node, path } = item);
      else if (isList(node) && node.value[at]) {
        node = node.value[at];
        path = [...path, at];
      } else break;
      continue;
    }
    left = left.replace(/^\./, "");
    // Variables and labels may have dots in their names, so the longest name is tried first.
    if (isMapping(node)) {
      const { value } = node;
      const part = /^[^.[]+/.exec(left)?.[0] ?? left;
      const key = [left, part, snakeCase(part)].find((candidate) => value.has(candidate));
      if (key === undefined) break;
      node = value.get(key)!;
      path = [...path, key];
      left = key === left ? "" : left.slice(part.length);
    } else if (isList(node)) {
      const at = node.value.findIndex((item) => isText(item) && item.value.split(/[=:]/, 1)[0] === left);
      if (at < 0) break;
      node = node.value[at]!;
      path = [...path, at];
      left = "";
    } else break;
  }
  return { node, path };
}

/** A refusal by the description's own words, said by the words and the place of the file. */
export function translate(error: ArgumentError, origins: ReadonlyMap<string, Origin>, whole: Origin): ComposeError {
  if (error instanceof ComposeError) return error;
  const field = /^[a-zA-Z0-9]+/.exec(error.argument)?.[0] ?? "";
  const [head = "", detail] = error.argument.split(/: (.*)/s);
  const origin = origins.get(field);
  const { node, path } = origins.get(head) ?? (origin ? follow(origin, head.slice(field.length)) : whole);
  const problem = inFileWords(detail ? `${detail}: ${error.problem}` : error.problem);
  return refuse(node, formatPath(path), problem, inFileWords(error.remedy));
}
