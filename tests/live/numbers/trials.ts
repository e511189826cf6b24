import { spawnSync } from "node:child_process";
import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { sessionOf } from "../../sessions";
import { IDLE } from "../features";
import { BY_HAND, docker, httpStatus, inspectAll, LAB_DIR, type Result, ROOT, shell, until } from "../liveStack";
import type { Declared, Step, Tool } from "./tools";

/** All that these trials make is called so. */
const PREFIX = "live-num-";
const FOREIGN = "live-foreign-num";

/** How many of a trial, and where what comes out is kept: one line of JSON for each. */
export const KILLS = Number(process.env.BERTH_LIVE_KILLS ?? 4);
/** How many twenties are killed side by side. */
export const LANES = Number(process.env.BERTH_LIVE_LANES ?? 1);
export const CHANGES = Number(process.env.BERTH_LIVE_CHANGES ?? 8);
const RESULTS = process.env.BERTH_LIVE_RESULTS;

/** Another seed makes other moments. */
let seed = Number(process.env.BERTH_LIVE_SEED ?? 1);
/** Where the round of trials begins, so that one can be gone through in parts. */
const FIRST = Number(process.env.BERTH_LIVE_FIRST ?? 0);

/** Seconds after which no trial of a kind begins. */
const SECONDS = Number(process.env.BERTH_LIVE_SECONDS ?? 3600);
const endFromNow = () => Date.now() + SECONDS * 1000;

/** A number between 0 and 1, the same ones for a seed (mulberry32). */
function random(): number {
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
}

export interface Trial {
  tool: string;
  what: string;
  /** All was as it is to be. */
  ok: boolean;
  /** What was not. */
  wrong: string[];
  [more: string]: unknown;
}

const sleep = (seconds: number) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));
const seconds = (since: number) => Math.round((Date.now() - since) / 100) / 10;

function keep(trial: Trial): Trial {
  if (RESULTS) appendFileSync(RESULTS, `${JSON.stringify(trial)}\n`);
  return trial;
}

const lastWords = ({ output }: Result) =>
  output
    .split("\n")
    .filter((line) => /rror|unhealthy|locked|runs again|cannot|not /i.test(line))
    .slice(-6)
    .join(" | ")
    .slice(-1500);

// --- the engine ----------------------------------------------------------------

const enginePid = () => Number(readFileSync(join(LAB_DIR, "run/dockerd.pid"), "utf8"));

const startEngine = () => void shell("tests/live/lab/lab.sh restart-docker >/dev/null 2>&1", ROOT);

/** Everything of some trials that is there, by the engine's words. */
function there(prefix: string): string[] {
  const list = (...words: string[]) => docker(...words, "--filter", `name=${prefix}`).split("\n");
  return [
    ...list("ps", "-a", "--format", "container {{.Names}}"),
    ...list("network", "ls", "--format", "network {{.Name}}"),
    ...list("volume", "ls", "--format", "volume {{.Name}}"),
  ]
    .filter(Boolean)
    .sort();
}

/** For whoever looks into a trial that went wrong. */
const engineThen = () =>
  shell(
    "docker ps -a --no-trunc; docker network ls; docker network inspect $(docker network ls -q --filter name=live-num) || true; ss -lntp || true",
  );

/** Takes away whatever a trial has left. */
function clear(prefix: string): void {
  for (const line of there(prefix)) {
    const [kind, name] = line.split(" ") as [string, string];
    spawnSync("docker", kind === "container" ? ["rm", "-f", "-v", name] : [kind, "rm", name]);
  }
}

const inVolume = (volume: string) => join(LAB_DIR, "docker/volumes", volume, "_data/kept");

/** Somebody else's container, with data. */
export class Foreign {
  private readonly before = this.look();

  static make(): void {
    shell(`docker rm -f -v ${FOREIGN} 2>/dev/null || true; docker volume rm ${FOREIGN} 2>/dev/null || true`);
    shell(
      `docker run -d ${BY_HAND} --restart always --name ${FOREIGN} -v ${FOREIGN}:/data busybox sh -c 'echo theirs >/data/kept; trap exit TERM; sleep 36000 & wait'`,
    );
  }

  private look(): string {
    const [{ Id, State } = { Id: "none", State: undefined }] = inspectAll([FOREIGN]);
    return `${Id} ${State?.Running} ${existsSync(inVolume(FOREIGN)) && readFileSync(inVolume(FOREIGN), "utf8")}`;
  }

  /** Whether it is there as it was; an engine that has just begun starts it anew. */
  async isUntouched(): Promise<boolean> {
    return until("the other container runs", () => this.look() === this.before, 30).catch(() => false);
  }
}

// --- kills -----------------------------------------------------------------------

/** Services that are made, changed and destroyed together. */
const COUNT = Number(process.env.BERTH_LIVE_SERVICES ?? 20);

/** Services of a lane, beside those of other lanes. */
class Twenty {
  readonly prefix: string;
  readonly names: string[];

  constructor(private readonly lane: number) {
    this.prefix = `${PREFIX}${"abcdefgh"[lane]}-`;
    this.names = Array.from({ length: COUNT }, (_, index) => `${this.prefix}${index}`);
  }

  declared(change: number): Declared {
    return {
      network: `${this.prefix}net`,
      services: Object.fromEntries(
        this.names.map((name, index) => [
          name,
          {
            image: "busybox",
            command: IDLE,
            environment: { CHANGE: `${change}` },
            ports: [`${23500 + COUNT * this.lane + index}:80`],
            volumes: [`${name}:/data`],
            ...(index % 2 ? { restart: "always" as const } : {}),
          },
        ]),
      ),
    };
  }

  /** What is not as it is to be behind an `up` with a change, or a `destroy`. */
  wrong(tool: Tool, change: number | undefined): string[] {
    const { names, prefix } = this;
    const found = there(prefix);
    if (change === undefined) return found.map((line) => `${line} is left`);
    const expected = [
      ...names.map((name) => `container ${name}`),
      `network ${prefix}net`,
      ...names.map((name) => `volume ${name}`),
    ];
    const wrong = [
      ...expected.filter((line) => !found.includes(line)).map((line) => `${line} is missing`),
      ...found.filter((line) => !expected.includes(line)).map((line) => `${line} is left`),
    ];
    const containers = inspectAll(names.filter((name) => found.includes(`container ${name}`)));
    for (const { Name, State, Config } of containers) {
      if (!State.Running) wrong.push(`${Name} does not run`);
      if (!Config.Env?.includes(`CHANGE=${change}`)) wrong.push(`${Name} is not as declared`);
    }
    const known = tool.known?.();
    if (known && String(known) !== String(containers.map(({ Id }) => Id).sort()))
      wrong.push(`the state knows others: ${known.length}`);
    return wrong;
  }

  /** Data of which only these services know. */
  fill(): void {
    for (const name of this.names) writeFileSync(inVolume(name), name);
  }

  lost(): string[] {
    return this.names
      .filter((name) => !existsSync(inVolume(name)) || readFileSync(inVolume(name), "utf8") !== name)
      .map((name) => `${name} has lost its data`);
  }
}

const ROUND = ["made", "changed", "destroyed"] as const;
const WAYS = ["the CLI", "its process group", "the provider", "the engine"] as const;
type Way = (typeof WAYS)[number];

/** Kills a step after some seconds; undefined where it had ended before. */
async function kill(tool: Tool, step: Step, way: Way, after: number): Promise<{ left: string[] } | undefined> {
  let leader = 0;
  let ended = false;
  const run = tool.run(step, { onStart: ({ pid }) => (leader = pid!) });
  void run.then(() => (ended = true));
  await sleep(after);
  const provider = () => sessionOf(leader).find(({ command }) => command.includes(tool.provider ?? ""))?.pid;
  if (way === "the provider") await until("its provider runs", () => ended || provider() !== undefined, 60);
  if (ended) return undefined;
  const keeper = () =>
    tool.cli ? sessionOf(leader).find(({ command }) => command.startsWith(tool.cli!))?.pid : leader;
  if (way === "the CLI") await until("the CLI runs", () => ended || keeper() !== undefined, 60);
  if (ended) return undefined;
  if (way === "the CLI") process.kill(keeper()!, "SIGKILL");
  else if (way === "its process group") process.kill(-leader, "SIGKILL");
  else if (way === "the provider") process.kill(provider()!, "SIGKILL");
  else {
    process.kill(enginePid(), "SIGKILL");
    await sleep(1);
    startEngine();
  }
  // Where only the provider or the engine is gone, the tool has to notice that.
  const patience = way === "the CLI" || way === "its process group" ? 15 : 200;
  const gone = () => sessionOf(leader).length === 0;
  await until("nobody is left", gone, patience).catch(() => {});
  const left = sessionOf(leader);
  for (const { pid } of left) process.kill(pid, "SIGKILL");
  await run;
  return { left: left.map(({ command }) => command.replaceAll("\0", " ").slice(0, 120)) };
}

/** Kills one step after another, each of which has to be resumed by the next of its kind. */
export async function* kills(tool: Tool, count: number, lane = 0, lanes = 1): AsyncGenerator<Trial> {
  const end = endFromNow();
  const twenty = new Twenty(lane);
  clear(twenty.prefix);
  await tool.begin(`kills-${lane}`);
  const foreign = new Foreign();
  const lasts: Record<(typeof ROUND)[number], number> = { made: 20, changed: 25, destroyed: 15 };
  // Of an engine that is killed all lanes would hear.
  const ways = WAYS.filter((way) => (way !== "the provider" || tool.provider) && (way !== "the engine" || lanes === 1));
  let change = 0;
  for (let done = 0, turn = 0; done < count && Date.now() < end; turn++) {
    const what = ROUND[turn % ROUND.length]!;
    const way = ways[(FIRST + lane + done) % ways.length]!;
    const step = what === "destroyed" ? "destroy" : "up";
    if (step === "up") tool.declare(twenty.declared(++change));
    const begun = Date.now();
    const after = random() * lasts[what];
    const killed = await kill(tool, step, way, after);
    const ended = seconds(begun);
    const resuming = Date.now();
    let wrong: string[] = [];
    if (killed) {
      await tool.recover();
      const result = await tool.run(step);
      if (result.code !== 0) wrong = [`${step} ended with ${result.code}: ${result.output.slice(-4000)}`];
    }
    lasts[what] = Math.min(120, killed ? after + seconds(resuming) * 0.7 : ended);
    wrong.push(...twenty.wrong(tool, step === "up" ? change : undefined));
    if (what === "changed") wrong.push(...twenty.lost());
    if (!(await foreign.isUntouched())) wrong.push("what others have was touched");
    if (killed) {
      done++;
      yield keep({
        ...{ tool: tool.title, what: "kill", ok: wrong.length + killed.left.length === 0, wrong, left: killed.left },
        ...(wrong.length > 0 ? { engine: engineThen() } : {}),
        ...{ step: what, way, after: Math.round(after * 10) / 10, ended, resumed: seconds(resuming), services: COUNT },
      });
    }
    if (wrong.length > 0) {
      clear(twenty.prefix);
      await tool.begin(`kills-${lane}`);
      // The next one is the first of a round.
      turn = ROUND.length - 1;
    } else if (what === "made") twenty.fill();
  }
  if (Date.now() < end) await tool.run("destroy");
  clear(twenty.prefix);
}

// --- changes -------------------------------------------------------------

const PORT = 23560;
const WEB = `${PREFIX}web`;
type Service = Declared["services"][string];

const web = (more: Partial<Service> = {}): Declared => ({
  services: {
    [WEB]: { image: "nginx", ports: [`${PORT}:80`], volumes: [`${WEB}:/data`], stop: 2, restart: "always", ...more },
  },
});

interface Tried {
  change: Partial<Service>;
  /** It is to succeed. */
  works?: boolean;
  /** Before it. */
  before?(): void;
  /** In its midst, when the old one has gone out of the way. */
  meanwhile?(): void | Promise<void>;
  /** Behind it. */
  after?(): void;
}

const listener = createServer();
const FULL = join(LAB_DIR, "docker/tmp");
const DIGGER = ["sh", "-c", "dd if=/dev/zero of=/full/file bs=1M count=8 && exec nginx -g 'daemon off;'"];

const TRIED: Record<string, Tried> = {
  "that works": { change: { environment: { NEXT: "1" } }, works: true },
  "unknown image": { change: { image: "live-num-nowhere:1" } },
  "crash at start": { change: { command: ["sh", "-c", "echo broken; exit 3"] } },
  "health check never true": { change: { check: ["false"] } },
  "port taken meanwhile": {
    change: { ports: [`${PORT + 1}:80`] },
    meanwhile: () => new Promise((resolve) => void listener.listen(PORT + 1, "0.0.0.0", () => resolve())),
    after: () => void listener.close(),
  },
  "disk of the service full": { change: { tmpfs: ["/full:size=1m"], command: DIGGER } },
  "disk of the engine full": {
    change: { image: "nginx:1.25" },
    before: () =>
      void shell(
        `docker rmi -f nginx:1.25 >/dev/null 2>&1 || true; mount -t tmpfs -o size=4k tmpfs ${FULL}; cat /dev/zero >${FULL}/all 2>/dev/null || true`,
      ),
    after: () => void shell(`umount ${FULL}`),
  },
  "engine restarted": {
    change: { environment: { NEXT: "1" } },
    meanwhile: async () => {
      await sleep(random() * 3);
      startEngine();
    },
  },
};

const TITLES = Object.keys(TRIED).filter((title) => title.includes(process.env.BERTH_LIVE_CHANGE ?? ""));

/** Asks a page all the time, and knows how long nobody has answered. */
class Visitor {
  private longest = 0;
  private answered = Date.now();
  private stopped = false;
  private readonly all = this.visit();

  private async visit(): Promise<void> {
    while (!this.stopped) {
      const begun = Date.now();
      if ((await httpStatus(`http://127.0.0.1:${PORT}`)) === 200) {
        this.longest = Math.max(this.longest, begun - this.answered);
        this.answered = Date.now();
      }
      await sleep(0.2);
    }
  }

  async leave(): Promise<number> {
    this.stopped = true;
    await this.all;
    this.longest = Math.max(this.longest, Date.now() - this.answered);
    return Math.round(this.longest / 100) / 10;
  }
}

/** What is wrong where the new one answers though the tool has failed, while it cleaned up: its next run has to end that. */
async function unfinished(tool: Tool): Promise<string[]> {
  const result = await tool.run("up");
  const answers = (await httpStatus(`http://127.0.0.1:${PORT}`)) === 200;
  return answers && result.code === 0
    ? []
    : [`another one answers, and the next run fails: ${result.output.slice(-4000)}`];
}

/** Changes that work or fail, one after another: behind each the new or the old service has to answer. */
export async function* changes(tool: Tool, count: number): AsyncGenerator<Trial> {
  const end = endFromNow();
  clear(WEB);
  const foreign = new Foreign();
  const running = () => docker("ps", "-q", "--no-trunc", "--filter", `name=^/${WEB}$`);
  const back = async () => {
    tool.declare(web());
    const result = await tool.run("up");
    if (result.code !== 0) throw new Error(`${tool.title} could not go back: ${lastWords(result)}`);
    await until("the first one answers", async () => (await httpStatus(`http://127.0.0.1:${PORT}`)) === 200);
    return running();
  };
  await tool.begin("changes");
  let id = await back();
  writeFileSync(inVolume(WEB), WEB);
  for (let done = 0; done < count && Date.now() < end; done++) {
    const title = TITLES[(FIRST + done) % TITLES.length]!;
    const { change, works, before, meanwhile, after } = TRIED[title]!;
    const visitor = new Visitor();
    const begun = Date.now();
    let run: Promise<Result> | undefined;
    let result: Result;
    try {
      before?.();
      tool.declare(web(change));
      let ended = false;
      run = tool.run("up");
      void run.then(() => (ended = true));
      if (meanwhile) {
        await until("the old one makes room", () => ended || running() !== id, 120);
        await meanwhile();
      }
      result = await run;
    } catch (error) {
      await Promise.all([run, visitor.leave()]);
      throw error;
    } finally {
      after?.();
    }
    const took = seconds(begun);
    // A change that got through all the same is none that failed: it answers, too.
    const answers = await until(
      "it answers",
      async () => (await httpStatus(`http://127.0.0.1:${PORT}`)) === 200,
      20,
    ).catch(() => false);
    const down = await visitor.leave();
    const wrong = [
      ...(answers ? [] : [`nobody answers: ${lastWords(result)}`]),
      ...(works && result.code !== 0 ? [`it ended with ${result.code}: ${lastWords(result)}`] : []),
      ...(answers && result.code !== 0 && running() !== id ? await unfinished(tool) : []),
      ...(readFileSync(inVolume(WEB), "utf8") === WEB ? [] : ["its data is lost"]),
      ...((await foreign.isUntouched()) ? [] : ["what others have was touched"]),
    ];
    yield keep({
      ...{ tool: tool.title, what: "change", ok: wrong.length === 0, wrong, title, took, down },
      ...{ code: result.code, says: wrong.length > 0 ? result.output.slice(-4000) : lastWords(result) },
    });
    if (wrong.length > 0 || running() !== id) id = await back();
    if (!existsSync(inVolume(WEB))) writeFileSync(inVolume(WEB), WEB);
  }
  // The state agrees with what runs.
  await back();
  await tool.run("destroy");
}
