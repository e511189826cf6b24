import { FLAGS } from "../dockerRun/flags";
import { splitVariable } from "../../description/environment";
import { withoutRemarks } from "./remarks";
import { say } from "../../description/say";

/** Characters of Chinese, Japanese and Korean. */
const CJK = /[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]/;
const ANGLE = /(?<![<\\])<(?![<(\s&-])([^<>\n|]{1,60})>/g;
const BRACKET =
  /(?<=^|[\s:/=,])\[(?::?[A-Za-z_][\w:_. -]{0,60}(?:\.\.\.)?|[^\]"']{0,20}[\u3400-\u9fff][^\]"']{0,30})\](?:\.\.\.)?/g;
const BRACES = /(?<![$\w{\\])\{\{?\s*([A-Za-z_\u3400-\u9fff][\w\u3400-\u9fff .-]{0,40})\s*\}?\}/g;
const DOTS = /^(?:\.{3,}|\u2026+|\u3002{3,})$/;
const STARS = /x{3,}|\bx\.x\b|\*{3,}|\?{3,}/i;
const OWN = /\b(?:your|ur)[-_ ]?(?=[A-Za-z_])|\byour\b|\u4f60\u7684|\u60a8\u7684|\u81ea\u5df1\u7684|\u66ff\u6362/i;
const PATH =
  /\/(?:path|PATH)\/(?:to|on|in|of)\/|\/(?:your|my)[-_/]|\/xxx*\b|^\/?(?:host|local|server|source|your)[-_]?(?:dir|path|folder|directory|data)\b|^\/?(?:host|not)\/(?:path|exists?|dir|folder)\b/;

const IMAGE =
  /^(?:(?:my|your|some|the|new|target|source|a)[-_ ]?)?(?:docker[-_]?|base[-_]?)?(?:images?|img)(?:s?[-_]?(?:name|id|tag))*$|^(?:repository|repo|reponame|image_?name|镜像.*)$/i;
const TAG = /^(?:tag|tags|tagname|tag_?name|version|\u7248\u672c\u53f7?|\u6807\u7b7e|latest_?version)$/i;
const OWNER =
  /^(?:your.*|user(?:name)?|dockerhub[-_]?\w*|docker[-_]?id|hub-user|namespace|account|\u7528\u6237\u540d?)$/i;
const NAME =
  /^(?:(?:your|the)[-_]?)?(?:container|service|network|volume)?[-_ ]?(?:name|id|NAME|ID)$|^(?:CONTAINER|SERVICE|NETWORK|VOLUME|N|container|network|volume)$/;
const WORD = /^(?:COMMAND|CMD|ARGS?|OPTIONS?|IMAGE|ARG\.\.\.|command|options|args?)$/;
const VALUE = /^(?:value|val|VALUE|VAL|\w*(?:_here|-here)|changeme_\w+)$/;

/** The words of a command, roughly, as far as holes are concerned: with their quotes. */
const words = (text: string): string[] =>
  text
    .replace(/(?:\\|`|\^)[ \t]*\n/g, " ")
    .match(/(?:"(?:\\[\s\S]|[^"\\])*"|'[^']*'|\$\([^()]*\)|<[^<>\n]*>|\[[^\][\n]*\]|[^\s"'])+/g) ?? [];

const inQuotes = (word: string) => /^["']/.test(word);
const bare = (word: string) => word.replace(/^(["'])([\s\S]*)\1$/, "$2");

/** Places in any text that only stand for something: `<tag>`, `[OPTIONS]`, `{name}`, `your_key`. */
function marked(text: string): string[] {
  // In quotes they may well be meant: a template of Go, a pattern.
  const open = text.replace(/'[^'\n]*'|"[^"\n]*"/g, (quoted) =>
    /<[^<>]+>|\u4f60|\byour/i.test(quoted) ? quoted : " ",
  );
  return [
    ...[...open.matchAll(ANGLE)].map(([all]) => all),
    ...[...open.matchAll(BRACKET)].map(([all]) => all),
    ...[...open.matchAll(BRACES)].map(([all]) => all),
  ];
}

/**
 * Holes in the name of an image.
 *
 * @param made images that the note builds
 * @param named the name is given here, so that any name of one's own will do
 */
export function holesOfImage(image: string, made: ReadonlySet<string>, named = false): string[] {
  const text = bare(image);
  if (made.has(text) || made.has(`${text}:latest`)) return [];
  const [, path = "", tag = ""] = /^([^@]*?)(?::([^/:@]*))?(?:@.*)?$/.exec(text) ?? [];
  const parts = path.split("/");
  const last = parts.at(-1)!;
  if (CJK.test(text)) return [text];
  // Nothing but an image of one machine is called so, and which one it is the note does not say.
  const local =
    /^[0-9a-f]{12}$|^[0-9a-f]{64}$/.test(text) || /^(?:my|your)(?!sql\b)[-_.\w]/i.test(parts.length === 1 ? last : "");
  if ((local && !named) || NAME.test(text)) return [text];
  if (IMAGE.test(last) || WORD.test(text)) return [text];
  if (DOTS.test(text)) return [say`the image`];
  const owner = parts.length > 1 && OWNER.test(parts.at(-2)!) ? [text] : [];
  return [...owner, ...(TAG.test(tag) ? [tag] : []), ...(STARS.test(text) || OWN.test(text) ? [text] : [])].slice(0, 1);
}

/** Holes in the value of a flag, by what the flag is about. */
function ofFlag(field: string, value: string): string[] {
  const text = bare(value);
  if (DOTS.test(text)) return [text];
  switch (field) {
    case "--env": {
      const [name, said] = splitVariable(text);
      const given = bare(said ?? "");
      if (/^(?:KEY|key|VAR|VARIABLE|NAME|ENV)$/.test(name) || VALUE.test(given)) return [text];
      if (DOTS.test(given) || OWN.test(given) || (given !== "" && STARS.test(given) && !/\s/.test(given)))
        return [name];
      return CJK.test(given) &&
        /\u5bc6\u7801|\u53e3\u4ee4|\u7528\u6237|\u5730\u5740|\u57df\u540d|\u7aef\u53e3|\u81ea\u5df1|\u586b/.test(given)
        ? [name]
        : [];
    }
    case "--publish":
    case "--expose": {
      const rest = text.replace(/\/(?:tcp|udp|sctp)$/i, "").replace(/\$\{[^}]*\}|\$\w+|localhost|\[[\da-f:]+\]/gi, "");
      return /[A-Za-z\u3040-\uffef]/.test(rest) ? [text] : [];
    }
    case "--mount":
      return CJK.test(text) || PATH.test(text.replace(/(?:^|,)(?:target|dst|destination)=[^,]*/, "")) || OWN.test(text)
        ? [text]
        : [];
    case "--volume":
      // A path in the container is as good as any other.
      return CJK.test(text) || PATH.test(text.split(":")[0]!) || OWN.test(text) || STARS.test(text) ? [text] : [];
    case "--name":
    case "--network":
    case "--link":
    case "--volumes-from":
    case "--hostname":
      return CJK.test(text) || NAME.test(text) || STARS.test(text) || OWN.test(text) ? [text] : [];
    case "--label":
    case "--health-cmd":
      return [];
    default:
      return CJK.test(text) && !inQuotes(value) ? [text] : STARS.test(text) || PATH.test(text) ? [text] : [];
  }
}

const BY_NAME = new Map(FLAGS.flatMap((flag) => flag.names.map((name) => [name, flag] as const)));
const BEFORE = /^(?:sudo|doas|env|exec|time|nohup|command|winpty|-\w|\w+=\S*|docker|podman|nvidia-docker|container)$/;

/**
 * What a `docker run` line, or one like it, leaves to whoever copies it. Nothing is filled in: a hole has a name, and
 * whoever reads it knows what belongs there.
 *
 * @param made images that the note builds itself, which no word for an image in general can be taken for
 */
export function holesOfRun(given: string, made: ReadonlySet<string>): string[] {
  // What a variable takes the id of is the command inside of it.
  const text = /^[ \t]*(?:export[ \t]+)?\w+=(?:\$\(|`)([\s\S]*)[)`][ \t]*$/.exec(given)?.[1] ?? given;
  const holes = marked(text);
  const all = words(withoutRemarks(text));
  let at = all.findIndex((word) => /^(?:run|create)$/.test(word)) + 1;
  if (at === 0) at = all.findIndex((word) => !BEFORE.test(word));
  const without = (word: string) => holes.some((hole) => word.includes(hole) || hole.includes(word));
  const look = (field: string, value: string) => {
    if (!without(value)) holes.push(...ofFlag(field, value));
  };
  /** The word behind a flag. */
  const behind = (field: string) => {
    at += 1;
    if (all[at] !== undefined) look(field, all[at]!);
  };
  for (; at < all.length; at += 1) {
    const word = all[at]!;
    if (word === "--") continue;
    if (!word.startsWith("-") || word === "-") break;
    const [, name = word, inline] = /^(--[\w-]+)=([\s\S]*)$/.exec(word) ?? [];
    if (word.startsWith("--")) {
      const flag = BY_NAME.get(name);
      if (inline !== undefined) look(flag?.names[0] ?? name, inline);
      else if (flag && flag.kind !== "boolean") behind(flag.names[0]!);
      continue;
    }
    for (let letter = 1; letter < word.length; letter += 1) {
      const flag = BY_NAME.get(`-${word[letter]}`);
      if (!flag || flag.kind === "boolean") continue;
      const joined = word.slice(letter + 1).replace(/^=/, "");
      if (joined !== "") look(flag.names[0]!, joined);
      else behind(flag.names[0]!);
      break;
    }
  }
  const image = all[at];
  if (image === undefined || image.startsWith("#")) holes.push(say`the image`);
  else {
    if (!without(image)) holes.push(...holesOfImage(image, made));
    for (const word of all.slice(at + 1)) {
      if (without(word) || inQuotes(word)) continue;
      if (DOTS.test(word) || WORD.test(word) || (CJK.test(word) && !/[=/:]/.test(word))) holes.push(word);
      if (/^[|>&]/.test(word)) break;
    }
  }
  return [...new Set(holes)];
}

/** Holes in the words of another command, all of which are names. */
export function holesOfWords(text: string): string[] {
  const rest = words(text).filter((word) => !word.startsWith("--format"));
  const named = rest
    .slice(2)
    .filter(
      (word) =>
        !inQuotes(word) &&
        (CJK.test(word) || NAME.test(word) || DOTS.test(word) || STARS.test(word) || WORD.test(word) || OWN.test(word)),
    );
  return [...new Set([...marked(text), ...named])];
}

/** Holes in a compose file or a manifest: in its values, not in its comments. */
export function holesOfYaml(text: string, made: ReadonlySet<string>): string[] {
  const holes: string[] = [];
  for (const row of text.split("\n")) {
    if (DOTS.test(row.trim())) holes.push("...");
    const said = row.replace(/(?:^|\s)#.*$/, "");
    const [, key = "", value = ""] = /^\s*(?:-\s+)?(?:([\w.-]+)\s*[:=]\s*)?(.*)$/.exec(said) ?? [];
    if (value === "") continue;
    if (/<[^<>\s][^<>]*>/.test(value) && !/<\/|<<|=>|->/.test(value)) holes.push(...marked(value));
    else if (key === "image") holes.push(...holesOfImage(value.trim(), made, /^\s*build\s*:/m.test(text)));
    else if (OWN.test(value) && !/https?:|@/.test(value)) holes.push(value.trim());
    else if (PATH.test(value)) holes.push(value.trim());
    else if (/^\s*-\s+/.test(said) && CJK.test(value) && /:/.test(value) && !/\s/.test(value.trim()))
      holes.push(value.trim());
  }
  return [...new Set(holes)];
}
