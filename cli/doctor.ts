import { engineFindings } from "./doctor/engine";
import { type Finding, missing, ok, type Standing } from "./doctor/finding";
import { cliFinding, nodeFinding, packageFindings, stateFinding } from "./doctor/here";
import { DOCKER_ONLY, type StackNeeds, stackNeeds } from "./doctor/needs";
import { outsideFindings } from "./doctor/outside";
import { passphraseFinding } from "./doctor/passphrase";
import { columnsOf, padded, say } from "../core/description/say";
import { onPath } from "../core/host/findExecutable";
import { currentProject } from "./project";
import { readStackConfig } from "./stackConfig";
import { shortName } from "./stackName";
import { hasColours } from "./status";
import { missingCluster, type Plugin } from "./tools";

/** `berth doctor`: what this machine has and lacks for a stack. All looks are taken at once, each with its limit. */
export async function doctor(given: string | undefined, { json = false }: { json?: boolean }): Promise<number> {
  const project = await currentProject();
  const stack = given && shortName(given);
  const values = stack ? readStackConfig(project.folder, project.name, stack).values : {};
  // First, since it keeps this process busy: an answer that has come in time would seem late.
  const needs = stack ? await stackNeeds(project, stack, values) : DOCKER_ONLY;
  const docker = needs.places.some((place) => place === "docker" || place === "swarm");
  const host = needs.places.includes("host");
  const cluster = needs.places.includes("kubernetes");
  const plugins: Plugin[] = [
    ...(docker ? ["docker" as const] : []),
    ...(cluster ? ["kubernetes" as const] : []),
    ...(host ? ["command" as const] : []),
  ];
  const looks: (Finding | Finding[] | Promise<Finding | Finding[]>)[] = [
    programFinding(stack, needs),
    nodeFinding(),
    packageFindings(project, plugins),
    cliFinding(),
    stateFinding(project),
    passphraseFinding(project.folder, stack, process.env),
    docker ? engineFindings(values, needs) : [],
    host ? hostFinding(values["host:address"]) : [],
    cluster ? clusterFinding(values) : [],
    outsideFindings(),
  ];
  const found = (await Promise.all(looks)).flat();
  const lacking = found.filter(({ standing }) => standing === "missing").length;
  if (json) console.log(JSON.stringify({ stack, ok: lacking === 0, findings: found }, undefined, 2));
  else console.log(printed(stack, found).join("\n"));
  return lacking === 0 ? 0 : 1;
}

function programFinding(stack: string | undefined, { failure }: StackNeeds): Finding[] {
  if (failure === undefined) return [];
  return [missing("program", say`the stack ${stack} cannot be planned: ${failure}`)];
}

function hostFinding(address: string | undefined): Finding[] {
  if (address === undefined) return [];
  return onPath("ssh")
    ? [ok("SSH", say`there is a client; \`berth preview host\` looks at ${address}`)]
    : [missing("SSH", say`there is no client, which leads to ${address}`, "sudo apt-get install openssh-client")];
}

async function clusterFinding(values: Record<string, string>): Promise<Finding[]> {
  const lack = await missingCluster(values);
  if (lack) return [missing("cluster", lack.silent, lack.how)];
  return [ok("cluster", say`it answers, or it is reached in a way that only the provider goes`)];
}

const COLOURS: Partial<Record<Standing, number>> = { ok: 32, warning: 33, missing: 31 };

const painted = (standing: Standing, text: string): string => {
  const colour = hasColours() ? COLOURS[standing] : undefined;
  return colour === undefined ? text : `\u001b[${colour}m${text}\u001b[39m`;
};

/** What is looked at, where that is no name. */
const NAMES: Record<string, () => string> = {
  program: () => say`program`,
  packages: () => say`packages`,
  state: () => say`state`,
  passphrase: () => say`passphrase`,
  "Docker engine": () => say`Docker engine`,
  GPUs: () => say`GPUs`,
  disk: () => say`disk`,
  images: () => say`images`,
  mirrors: () => say`mirrors`,
  proxies: () => say`proxies`,
  clock: () => say`clock`,
  cluster: () => say`cluster`,
};
const nameOf = (what: string): string =>
  NAMES[what]?.() ?? what.replace(/^plugin (.*)$/, (_, name) => say`plugin ${name}`);

/** The whole of what is printed, line by line. */
export function printed(stack: string | undefined, findings: Finding[]): string[] {
  const found = findings.map((one) => ({ ...one, what: nameOf(one.what) }));
  const width = Math.max(...found.map(({ what }) => columnsOf(what)));
  const words = { ok: say`ok`, note: say`note`, warning: say`warning`, missing: say`missing` };
  const room = Math.max(...Object.values(words).map(columnsOf));
  const margin = " ".repeat(room + 2 + width + 2);
  const lines = found.flatMap(({ what, standing, text, cure = [] }) => [
    `${painted(standing, padded(words[standing], room))}  ${padded(what, width)}  ${text}`,
    ...cure.map((line) => `${margin}${line}`),
  ]);
  const count = (of: Standing) => found.filter(({ standing }) => standing === of).length;
  const [lacking, warned] = [count("missing"), count("warning")];
  const forWhat = stack ? say`the stack ${stack}` : say`stacks on a Docker engine`;
  const end = lacking
    ? lacking === 1
      ? say`1 thing is missing for ${forWhat}`
      : say`${lacking} things are missing for ${forWhat}`
    : say`Nothing is missing for ${forWhat}`;
  const more = warned ? (warned === 1 ? say`; 1 warning` : say`; ${warned} warnings`) : "";
  return [...lines, "", say`${end}${more}.`];
}
