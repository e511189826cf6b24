import { nearest } from "../../description/nearest";

/** Commands of docker's client, in front of which people write `docker`. */
const DOCKER =
  "attach build builder buildx commit compose config container context cp create desktop diff events exec export history image images import info init inspect kill list load login logout logs machine manifest network node pause plugin port ps pull push rename restart rm rmi run save scan scout search secret service stack start stats stop swarm system tag top trust unpause update version volume wait";
const COMPOSE =
  "build config convert cp create down events exec images kill logs ls pause port ps pull push restart rm run start stop top unpause up version wait watch";
const KUBECTL =
  "annotate api-resources api-versions apply attach auth autoscale cluster-info completion config cordon cp create delete describe diff drain edit exec explain expose get label logs patch port-forward proxy replace rollout run scale set taint top uncordon version wait";

const KNOWN: Record<string, ReadonlySet<string>> = {
  docker: new Set(DOCKER.split(" ")),
  podman: new Set(DOCKER.split(" ")),
  "nvidia-docker": new Set(["run", "create", "ps", "pull", "build", "volume"]),
  "docker-compose": new Set(COMPOSE.split(" ")),
  "podman-compose": new Set(COMPOSE.split(" ")),
  kubectl: new Set(KUBECTL.split(" ")),
  "docker-machine": new Set("create ls ssh stop start rm env ip inspect regenerate-certs status kill".split(" ")),
};

const BEFORE =
  /^(?:(?:[A-Za-z_]\w*=(?:"[^"]*"|'[^']*'|\S*)|(?:sudo|doas|env|exec|time|nohup|command|winpty)(?:[ \t]+-\S+)*)[ \t]+)*/;
const PROGRAM = /^(?:[\w.~/\\:][\w.~/\\:-]*[/\\])?([a-z][a-z-]{3,16})(?:\.exe)?(?=[ \t]|$)[ \t]*(\S*)/;

/** What a command calls. */
export interface Called {
  program: string;
  /** The word behind the program, as it stands. */
  first: string;
  /** As it is written, where that is a slip of the pen. */
  misspelt?: string;
}

/** The program that a command calls, where it is one of containers; slips of the pen too, as in `docekr ps`. */
export function calledBy(command: string): Called | undefined {
  const [, program = "", first = ""] = PROGRAM.exec(command.slice(BEFORE.exec(command)![0].length)) ?? [];
  if (program === "") return undefined;
  if (Object.hasOwn(KNOWN, program)) return { program, first };
  if (!/^[dkp]o?[a-z-]{3,15}$/.test(program)) return undefined;
  const meant = nearest(program, ["docker", "docker-compose", "kubectl"]);
  const sub = first.replace(/^-+/, "");
  return meant && (KNOWN[meant]!.has(sub) || (meant === "docker-compose" && first.startsWith("-")))
    ? { program: meant, first, misspelt: program }
    : undefined;
}

/** English that goes on behind the name of a command: "docker run is ...". */
const ENGLISH =
  /^\S+[ \t]+\S+[ \t]+(?:is|are|was|the|a|an|and|or|command|commands|will|can|could|to|of|in|on|for|with|by|as|does|do|has|creates|starts|runs|which|that|you|your|it|this)\b/;

/**
 * Whether a text begins as a command of containers does.
 *
 * @param strict in prose, where it has to look like nothing else
 */
export function startsCommand(text: string, strict = false): boolean {
  // Most rows are ruled out by their first letters.
  if (!/^(?:[\w./\\-]*[dk]|sudo|doas|env|[A-Za-z_]\w*=|exec|time|nohup|winpty|command|podman)/.test(text)) return false;
  const called = calledBy(text);
  if (!called) return false;
  const { program, first } = called;
  if (!strict) return /^[a-z-]/.test(first);
  // A slip of the pen is no word of a sentence where flags stand behind it.
  if (!KNOWN[program]!.has(first) && !(nearest(first, [...KNOWN[program]!]) && /^\S+[ \t]+\S+[ \t]+-/.test(text)))
    return false;
  const said = text.replace(/\s#.*$/s, "");
  // A sentence that begins with a command goes on in words.
  if (/[\u3002\uff0c\uff1b\uff01\uff1f]|[\u3400-\u9fff]{9}/.test(said)) return false;
  return !/(?:[^\s][.:,;!?]|\uff1a)\s*$/.test(said) && !ENGLISH.test(said);
}

/** Whether a program of containers has this command. */
export const knows = (program: string, command: string): boolean => KNOWN[program]?.has(command) ?? false;
