import { parseDotEnv } from "../../description/environment";
import type { NoteBlock } from "./blocks";
import { say } from "../../description/say";

/** What a block is as a whole. */
export type FileKind =
  | "compose"
  | "compose part"
  | "dockerfile"
  | "dockerfile part"
  | "kubernetes"
  | "kubernetes part"
  | "daemon.json"
  | "env"
  | "jupyter";

const DAEMON_KEYS =
  /"(?:registry-mirrors|insecure-registries|data-root|graph|log-driver|log-opts|exec-opts|storage-driver|storage-opts|default-runtime|runtimes|live-restore|max-concurrent-(?:down|up)loads|default-address-pools|proxies|bip|iptables|ipv6|userns-remap|default-ulimits|hosts|dns|features|experimental|debug|cgroup-parent|node-generic-resources|mtu)"\s*:/;
const INSTRUCTION =
  /^[ \t]*(?:FROM|RUN|CMD|LABEL|MAINTAINER|EXPOSE|ENV|ADD|COPY|ENTRYPOINT|VOLUME|USER|WORKDIR|ARG|ONBUILD|STOPSIGNAL|HEALTHCHECK|SHELL)[ \t]+\S/;
const ASSIGNMENT = /^(?:export[ \t]+)?[A-Za-z_][\w.]*[ \t]*=/;

const isComment = (row: string) => /^\s*(?:#|$)/.test(row);

/** A block of commands is no file, whatever else stands in it. */
const COMMANDS = /^[ \t]*(?:[$#>][ \t]+)?(?:sudo[ \t]+)?(?:docker|podman|kubectl)(?:-compose)?[ \t]+[a-z]/m;

/** Says what a block is, by what stands in it; the language behind its fence is a hint only. */
export function fileKind({ text, language, named }: NoteBlock): FileKind | undefined {
  const title = named[0] ?? "";
  const rows = text.split("\n");
  const said = rows.filter((row) => !isComment(row));
  const first = said[0] ?? "";
  if (/^services:\s*(?:#.*)?$/m.test(text) && /^(?:[\w"'-]+\s*:|---)/.test(first)) return "compose";
  if (/^apiVersion:\s*\S/m.test(text) && /^kind:\s*\S/m.test(text)) return "kubernetes";
  if (/^\s*\{[\s\S]*"apiVersion"\s*:[\s\S]*"kind"\s*:/.test(text)) return "kubernetes";
  const instructions = said.filter((row) => INSTRUCTION.test(row)).length;
  if (/^(?:FROM|ARG)[ \t]+\S/.test(first.trimStart()) && /^[ \t]*FROM[ \t]/m.test(text)) return "dockerfile";
  if (/^[ \t]*FROM[ \t]+\S/m.test(text) && instructions > 1 && (/docker/.test(language) || /dockerfile/i.test(title)))
    return "dockerfile";
  if (COMMANDS.test(text)) return undefined;
  if (/^docker(?:file)?$/.test(language) && instructions > 0 && INSTRUCTION.test(first)) return "dockerfile part";
  if (/^\s*(?:[{"]|\/[/*])/.test(first) && DAEMON_KEYS.test(text)) return "daemon.json";
  if (/^c\.[A-Z]\w+\.\w+\s*=/m.test(text) || /^jupyter(?:hub)?[ \t-]/m.test(text)) return "jupyter";
  if (/^\.env/.test(title) || /^(?:dotenv|env)$/.test(language))
    return said.length && said.every((row) => ASSIGNMENT.test(row)) ? "env" : undefined;
  const yaml = said.length > 0 && said.every((row) => /^\s*(?:-\s|[\w"./-]+\s*:|[\]})])/.test(row));
  if (!yaml) return undefined;
  if (
    /^\s*-?\s*(?:image|build)\s*:/m.test(text) &&
    /^\s*(?:ports|volumes|environment|restart|container_name|depends_on)\s*:/m.test(text)
  )
    return /^\s*(?:containers|containerPort|spec)\s*:/m.test(text) ? "kubernetes part" : "compose part";
  if (/^\s*(?:replicas|containers|containerPort|nodePort|matchLabels|spec|apiVersion)\s*:/m.test(text))
    return "kubernetes part";
  if (
    /^(?:volumes|networks|secrets|configs|deploy|depends_on|environment|ports)\s*:/m.test(text) ||
    /compose/.test(title)
  )
    return "compose part";
  return undefined;
}

const NAMES: Partial<Record<FileKind, RegExp>> = {
  compose: /compose.*\.ya?ml$/i,
  dockerfile: /dockerfile/i,
  kubernetes: /\.(?:ya?ml|json)$/,
  "daemon.json": /\.json$/,
  env: /env/,
};

/** Which of the files that a note names beside a block it is; of compose files other names are taken too. */
export const titleOf = ({ named }: NoteBlock, kind: FileKind): string | undefined =>
  named.find((name) => NAMES[kind]?.test(name)) ??
  (kind === "compose" ? named.find((name) => /\.ya?ml$/.test(name)) : undefined);

/** Variables of a block with the content of an `.env` file. */
export function variablesOf(block: NoteBlock): Record<string, string> {
  try {
    return parseDotEnv(block.text, block.title ?? ".env", {}, () => {}, {});
  } catch {
    return {};
  }
}

/** What a daemon.json of a note sets: its keys, and what dockerd would not read. */
export function daemonKeys(text: string): string {
  const outer = /^\s*(?:\/\/[^\n]*\n\s*|\/\*[\s\S]*?\*\/\s*)*\{/.test(text) ? 1 : 0;
  const keys: string[] = [];
  let depth = 0;
  let comments = false;
  for (const [token, name, , colon] of text.matchAll(
    /"((?:\\.|[^"\\\n])*)"(\s*)(:?)|\/\/[^\n]*|\/\*[\s\S]*?\*\/|(?:^|\s)#[^\n]*|[{}[\]]/g,
  )) {
    if (/^[{[]/.test(token)) depth += 1;
    else if (/^[}\]]/.test(token)) depth -= 1;
    else if (name === undefined) comments = true;
    else if (colon && depth === outer) keys.push(name);
  }
  const said = [...new Set(keys)].map((key) => {
    const times = keys.filter((other) => other === key).length;
    return times > 1 ? say`${key} (${times} times)` : key;
  });
  return `${said.join(", ")}${comments ? say`, with comments` : ""}${outer ? "" : say`, without its braces`}`;
}
