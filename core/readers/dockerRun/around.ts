import type { Notice } from "../../description/project";
import { say } from "../../description/say";

const BY_ITSELF = say`a stack starts, replaces and removes its containers by itself`;
const AFTERWARDS = say`is for the time after \`up\`: run it by hand`;
const CLEANS = say`a stack removes no more than it has made: run it by hand where it is needed`;
const IMAGE = say`is not run, and the image has to be there before \`up\`: run it by hand`;
const FROM_FILE = say`is not read here: give its file to \`berth from-compose\``;

/** Commands of docker that make no container, in all their spellings, and what becomes of them. */
const TOLD: [commands: string, text: string, level: Notice["level"]][] = [
  ["pull", say`a stack fetches the images that it needs by itself`, "note"],
  ["start rm stop kill restart wait pause unpause", BY_ITSELF, "note"],
  ["exec logs ps ls list inspect top stats port attach diff events images history", AFTERWARDS, "note"],
  ["info version search context login logout push save export commit", AFTERWARDS, "note"],
  ["rmi prune remove system", CLEANS, "note"],
  ["build buildx builder tag load import", IMAGE, "warning"],
  ["cp", say`is not run: mount the files that the container needs`, "warning"],
  ["compose stack service swarm", FROM_FILE, "warning"],
];
const NOTICES = new Map(
  TOLD.flatMap(([commands, text, level]) =>
    commands.split(" ").map((name): [string, Pick<Notice, "text" | "level">] => [name, { text, level }]),
  ),
);
const GROUPS = ["container", "network", "volume", "image"];

/** Flags of the client in front of the command that take a value. */
const WITH_VALUE = /^(?:-H|--host|-c|--context|--config|-l|--log-level)$/;

/** What is said of a docker command that makes nothing; undefined for one that has to be read, or is none. */
export function noticeOf(program: string, words: string[]): Notice | undefined {
  let index = 0;
  while (words[index]?.startsWith("-")) index += WITH_VALUE.test(words[index]!) ? 2 : 1;
  const [first = "", second = ""] = words.slice(index);
  const grouped = GROUPS.includes(first);
  const name = grouped ? second : first;
  // Volumes and networks are removed by nobody but their owner.
  const own = grouped && first !== "container" && name === "rm" ? "prune" : name;
  const notice = NOTICES.get(own);
  return notice && { ...notice, at: grouped ? `${program} ${first} ${second}` : `${program} ${first}` };
}

/** Words with which a shell begins a loop or a condition, whose commands are not simply run one after the other. */
export const KEYWORDS =
  /^(?:if|then|else|elif|fi|for|while|until|do|done|case|esac|function|select|\[\[?|[{}()!]|\(.*)$/;
