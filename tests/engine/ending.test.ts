import type { ChildProcess } from "node:child_process";
import { chmodSync, existsSync, readdirSync } from "node:fs";
import { delimiter, join } from "node:path";
import { sessionOf } from "../sessions";
import { describeIf } from "../skips";
import { cleanUp, endSession, missingCli, Project, ROOT, until } from "./harness";

cleanUp();

/** A job that is not done for as long as the test takes; `more` begins with the wait for it. */
const waiting = (more = "") => `
require("./core/loadTypescript");
const { Service, program } = require("./components");
module.exports = program(() => {
  const job = new Service("job", { image: "busybox", command: ["sleep", "1"], mode: "replicated-job", waitTimeout: "10m" });
  job.containerId.apply(() => {
    require("node:fs").writeFileSync("begun", "");
    ${more}
  });
});
`;

const PROGRAMS = {
  "waits for a container": waiting(),
  "says something now and then": waiting(
    `setInterval(() => { void require("@pulumi/pulumi").log.warn("still here"); console.log("still here"); }, 50);`,
  ),
  computes: waiting("setTimeout(() => { for (;;); }, 300);"),
};

/** The same job, as a program in another language has it. */
const BY_PLUGIN = `
const pulumi = require("@pulumi/pulumi");
const job = { image: "busybox", command: ["sleep", "1"], mode: "replicated-job", waitTimeout: "10m" };
new pulumi.ComponentResource("berth:index:Container", "job", job, {}, true);
`;

const missing = missingCli ?? (process.platform === "linux" ? undefined : "processes are looked for in /proc");

/** A process of the CLI's session whose command line names something. */
const processOf = (leader: number, name: string): number | undefined =>
  sessionOf(leader).find(({ command }) => command.includes(name))?.pid;

const PROGRAM = "@pulumi/pulumi/cmd/run";
const HOST = "pulumi-language-nodejs";
const PLUGIN = "pulumi-resource-berth";

/** Kills an `up` at a moment, and waits for a process to end; one that stays does so for ever. */
async function killedProgramEnds(
  project: Project,
  victims: string[],
  moment: () => Promise<void>,
  which = PROGRAM,
): Promise<void> {
  let cli: ChildProcess;
  const up = project.tryUp({
    onStart: (child) => {
      cli = child;
    },
  });
  const leader = cli!.pid!;
  try {
    await moment();
    expect(processOf(leader, which)).toBeDefined();
    const others = victims.map((name) => processOf(leader, name)!);
    for (const pid of others) process.kill(pid, "SIGKILL");
    cli!.kill("SIGKILL");
    await until("it ends", () => processOf(leader, which) === undefined);
    // Plain code's stays for five minutes.
    if (which === PROGRAM) await until("its language host ends", () => processOf(leader, HOST) === undefined);
  } finally {
    endSession(leader);
    await up;
  }
}

/** Until the job is made and the program has heard of it. */
const begun = (project: Project) => until("the wait begins", () => existsSync(join(project.folder, "begun")));

describeIf(missing, "an up whose CLI is killed", () => {
  test.each(Object.keys(PROGRAMS) as (keyof typeof PROGRAMS)[])(
    "leaves no program that %s",
    async (what) => {
      const project = await Project.create({ stack: "own", program: PROGRAMS[what] });
      await killedProgramEnds(project, [], async () => {
        await begun(project);
        await new Promise((resolve) => setTimeout(resolve, 500));
      });
    },
    300_000,
  );

  test("leaves no program without its language host either", async () => {
    const project = await Project.create({ stack: "own", program: PROGRAMS["waits for a container"] });
    await killedProgramEnds(project, [HOST], () => begun(project));
  }, 300_000);

  test("leaves no plugin of berth's own", async () => {
    const project = await Project.create({ stack: "own", program: BY_PLUGIN });
    project.variables = { PATH: [join(ROOT, "cli/plugin"), project.environment.PATH].join(delimiter) };
    await killedProgramEnds(project, [], () => until("the job runs", () => project.containers().length === 1), PLUGIN);
  }, 300_000);

  test("leaves no program of a stack that makes containers", async () => {
    const line = (index: number) => `docker run -d --name web${index} -p ${21000 + index}:80 nginx`;
    const commands = Array.from({ length: 20 }, (_, index) => line(index));
    const project = await Project.create({ stack: "run", config: { "berth:commands": commands } });
    await killedProgramEnds(project, [], () => until("some run", () => project.containers().length >= 8));
  }, 300_000);
});

/** A process of somebody's own that runs such a program through the automation API. */
const AUTOMATION = `
require("./core/loadTypescript");
const { LocalWorkspace } = require("@pulumi/pulumi/automation");
const { Service } = require("./components");
const { connectEngine } = require("./core/engines/dockerApi/session");
const program = async () => {
  await connectEngine();
  const job = new Service("job", { image: "busybox", command: ["sleep", "1"], mode: "replicated-job", waitTimeout: "10m" });
  job.containerId.apply(() => require("node:fs").writeFileSync("begun", ""));
};
LocalWorkspace.createOrSelectStack({ stackName: "own", projectName: "own", program })
  .then((stack) => stack.up())
  .then(() => console.log("it was done"), () => {
    console.log("it failed");
    setTimeout(() => {
      console.log("the process goes on");
      process.exit(7);
    }, 3000);
  });
`;

describeIf(missing, "a process that runs programs by the automation API", () => {
  test("goes on when its CLI is killed", async () => {
    const project = await Project.create({ stack: "own", files: { "automation.js": AUTOMATION } });
    let leader: number | undefined;
    const run = project.run("node", ["automation.js"], {
      onStart: ({ pid }) => {
        leader = pid;
      },
    });
    try {
      await begun(project);
      process.kill(processOf(leader!, "pulumi\0up")!, "SIGKILL");
      const { code, output } = await run;
      expect(output).toContain("it failed\nthe process goes on");
      expect(code).toBe(7);
    } finally {
      endSession(leader!);
      await run;
    }
  }, 300_000);
});

describeIf(missing, "berth up that is killed with its CLI", () => {
  test("leaves no language host that has started no program yet", async () => {
    // It looks for the SDK first, which takes a while here.
    const slow = `#!/bin/sh\nsleep 5\nexec "${process.execPath}" "$@"\n`;
    const project = await Project.create({ stack: "nginx", files: { "slow/node": slow } });
    chmodSync(join(project.folder, "slow/node"), 0o755);
    project.variables = { PATH: [join(project.folder, "slow"), project.environment.PATH].join(delimiter) };
    let leader: number;
    const up = project.run(process.execPath, ["cli/berth.js", "up", "nginx", "--yes"], {
      onStart: ({ pid }) => {
        leader = pid!;
      },
    });
    try {
      await until("it is there", () => processOf(leader, HOST) !== undefined);
      process.kill(-leader!, "SIGKILL");
      await until("it ends", () => processOf(leader, HOST) === undefined);
    } finally {
      endSession(leader!);
      await up;
    }
  }, 300_000);
});

describeIf(missing, "berth up that is told to end", () => {
  const locks = ({ backend }: Project) =>
    readdirSync(join(backend, ".pulumi"), { recursive: true, encoding: "utf8" }).filter((name) =>
      /^locks.*json$/.test(name),
    );

  /** Runs `berth up` to a moment, and says how it ended. */
  async function ended(project: Project, moment: () => Promise<void>, end: (berth: ChildProcess) => void) {
    let berth: ChildProcess;
    const up = project.run("node", ["cli/berth.js", "up", "nginx", "--yes", "--skip-preview"], {
      onStart: (child) => {
        berth = child;
      },
    });
    const leader = berth!.pid!;
    try {
      await moment();
      expect(locks(project)).toHaveLength(1);
      end(berth!);
      const { code, output } = await up;
      await until("nobody is left", () => processOf(leader, "pulumi") === undefined);
      return { code, signal: berth!.signalCode, output, locks: locks(project) };
    } finally {
      endSession(leader);
      await up;
    }
  }

  test.each([
    ["SIGTERM", 143, null],
    ["SIGINT", 130, null],
    ["SIGHUP", null, "SIGHUP"],
  ] as const)(
    "by %s cancels, leaves nobody, and frees the lock",
    async (name, code, signal) => {
      const project = await Project.create({ stack: "nginx", program: PROGRAMS["waits for a container"] });
      const how = await ended(
        project,
        () => begun(project),
        (berth) => berth.kill(name),
      );
      expect(how).toMatchObject({ code, signal, locks: [] });
      expect(how.output).toContain("received; cancelling");
      // What was made is known, and the next one goes on with it.
      const { Id } = project.container("job");
      project.write({ "index.js": PROGRAMS["waits for a container"].replace('"replicated-job"', "undefined") });
      await project.up();
      expect(project.container("job").Id).toBe(Id);
    },
    300_000,
  );

  test("twice does not wait for what has begun", async () => {
    const project = await Project.create({ stack: "nginx" });
    project.store.hold("containers", true);
    const how = await ended(
      project,
      () => until("the container is made", () => project.containers().length === 1),
      (berth) => {
        berth.kill("SIGTERM");
        setTimeout(() => berth.kill("SIGTERM"), 1000);
      },
    );
    expect(how).toMatchObject({ code: 143, locks: [] });
    expect(how.output).toContain("received; terminating");
    project.store.hold("containers", false);
    await project.up();
    expect(await project.changes("--expect-no-changes")).toEqual([]);
  }, 300_000);
});
