import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createHttp2Server, type Http2Server, type ServerHttp2Session } from "node:http2";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describeIf } from "../../skips";

const ROOT = join(__dirname, "../../..");
const FOLDER = mkdtempSync(join(tmpdir(), "berth-end-"));
/** Where the SDK's own start of a program lies, below anybody's node_modules. */
const RUN = join(FOLDER, "node_modules/@pulumi/pulumi/cmd/run/index.js");
const OTHER = join(FOLDER, "automation.js");

const PROGRAM = `
require(${JSON.stringify(join(ROOT, "core/loadTypescript"))});
const { endWithCli } = require(${JSON.stringify(join(ROOT, "core/pulumi/endWithCli.ts"))});
endWithCli();
const DOING = {
  wait: () => setInterval(() => {}, 1000),
  compute: () => { for (;;); },
  // As the SDK's handler of uncaught errors does.
  report: () => {
    process.on("uncaughtException", () => process.stderr.write("it went wrong\\n"));
    setInterval(() => process.stdout.write("still here\\n"), 50);
  },
  // As the SDK does when nobody answers it.
  leave: () => {
    const { parentOf } = require(${JSON.stringify(join(ROOT, "core/pulumi/endPlugins"))});
    const cli = parentOf(process.ppid);
    setInterval(() => parentOf(process.ppid) !== cli && process.exit(0), 5);
  },
};
console.log("ready");
setTimeout(DOING[process.env.DOING], 100);
`;

beforeAll(() => {
  mkdirSync(dirname(RUN), { recursive: true });
  for (const file of [RUN, OTHER]) writeFileSync(file, PROGRAM);
});

const pids: number[] = [];
const servers: Server[] = [];
afterAll(() => {
  for (const pid of pids) if (lives(pid)) process.kill(pid, "SIGKILL");
  for (const server of servers) server.close();
  rmSync(FOLDER, { recursive: true });
});

const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

interface Cli {
  address: string;
  /** Breaks the connection of a program, when there is one; the server goes on. */
  disconnect(): Promise<void>;
  /** As the system does it for a process that is killed. */
  kill(): void;
}

async function listening(server: Server | Http2Server, open: Set<{ destroy(): void }>): Promise<Cli> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  servers.push(server as Server);
  const destroy = () => {
    for (const connection of open) connection.destroy();
    open.clear();
  };
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    disconnect: async () => {
      for (let left = 200; open.size === 0; left--) {
        if (left === 0) throw new Error("no program holds a connection");
        await sleep(50);
      }
      destroy();
    },
    kill: () => {
      server.close();
      destroy();
    },
  };
}

/** The server of a CLI that lives. */
function cli(): Promise<Cli> {
  const open = new Set<ServerHttp2Session>();
  return listening(
    createHttp2Server().on("session", (session) => open.add(session.on("error", () => {}))),
    open,
  );
}

/** That of one which is stopped: the system takes connections, and nobody answers. */
function stoppedCli(): Promise<Cli> {
  const open = new Set<Socket>();
  return listening(
    createServer((socket) => open.add(socket.on("error", () => {}))),
    open,
  );
}

const DOING = ["wait", "compute", "report"] as const;

async function start(doing: (typeof DOING)[number], engine: string, file = RUN): Promise<ChildProcess> {
  const env = { ...process.env, DOING: doing, PULUMI_NODEJS_ENGINE: engine };
  const child = spawn(process.execPath, [file, "."], { env, stdio: ["ignore", "pipe", "pipe"] });
  pids.push(child.pid!);
  await once(child.stdout!, "data");
  child.stdout!.resume();
  child.stderr!.resume();
  return child;
}

/** A script that starts the program, as a language host does, and tells a pid. */
const hostTelling = (pid: "program.pid" | "process.pid") => `
  const program = require("node:child_process").spawn(process.execPath, [${JSON.stringify(RUN)}, "."], { stdio: ["ignore", "pipe", "ignore"] });
  program.stdout.once("data", () => console.log(${pid}));
  setInterval(() => {}, 1000);
`;

/** Starts a script around a program that does something, and the pid that it tells. */
async function tells(script: string, doing: string, engine: string): Promise<{ child: ChildProcess; pid: number }> {
  const env = { ...process.env, DOING: doing, PULUMI_NODEJS_ENGINE: engine };
  const child = spawn(process.execPath, ["-e", script], { env, stdio: ["ignore", "pipe", "inherit"] });
  pids.push(child.pid!);
  const pid = Number((await once(child.stdout!, "data"))[0]);
  pids.push(pid);
  return { child, pid };
}

const lives = (pid: number) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

/** A program that stays does so for ever; a busy machine may take its time. */
async function ended(pid: number): Promise<boolean> {
  for (let left = 200; left > 0 && lives(pid); left--) await sleep(100);
  return !lives(pid);
}

describe("a program whose CLI is killed ends", () => {
  test.concurrent.each(["wait", "compute"] as const)("when its work is to %s", async (doing) => {
    const server = await cli();
    const program = await start(doing, server.address);
    await sleep(500);
    server.kill();
    expect(await ended(program.pid!)).toBe(true);
  });

  test.concurrent("when it was just beginning", async () => {
    const server = await cli();
    server.kill();
    expect(await ended((await start("compute", server.address)).pid!)).toBe(true);
  });

  test.concurrent("when nobody reads what it writes", async () => {
    const program = await start("report", (await cli()).address);
    for (const stream of [program.stdout!, program.stderr!]) stream.destroy();
    expect(await ended(program.pid!)).toBe(true);
  });

  test.concurrent("when the language host between them is killed", async () => {
    const { child: host, pid: program } = await tells(hostTelling("program.pid"), "compute", (await cli()).address);
    await sleep(500);
    expect(lives(program)).toBe(true);
    host.kill("SIGKILL");
    expect(await ended(program)).toBe(true);
  });
});

describeIf(
  process.platform === "linux" ? undefined : "elsewhere processes are not to be seen in /proc",
  "a provider",
  () => {
    const IDLE = "console.log(process.pid); setInterval(() => {}, 1000)";
    /** Something that is called like a provider, for a CLI; below a process called so. */
    async function provider(address: string, below?: string): Promise<number> {
      const start = `require("node:child_process").spawn(process.execPath, ["-e", ${JSON.stringify(IDLE)}, ${JSON.stringify(address)}], { argv0: "/x/pulumi-resource-fake", stdio: "inherit" })`;
      const child = below
        ? spawn(process.execPath, ["-e", `${start}; setInterval(() => {}, 1000)`], { argv0: below })
        : spawn(process.execPath, ["-e", IDLE, address], { argv0: "/x/pulumi-resource-fake" });
      pids.push(child.pid!);
      const pid = Number(String((await once(child.stdout!, "data"))[0]));
      pids.push(pid);
      return pid;
    }

    test.concurrent("ends with a CLI that is killed, and only that of this CLI", async () => {
      const [server, another] = [await cli(), await cli()];
      const [own, other] = [await provider(server.address), await provider(another.address)];
      const program = await start("wait", server.address);
      server.kill();
      expect(await ended(program.pid!)).toBe(true);
      expect(await ended(own)).toBe(true);
      expect(lives(other)).toBe(true);
    });

    test.concurrent("ends, and the language host too, where the program has ended first", async () => {
      const { address } = await cli();
      const own = await provider(address);
      const host = JSON.stringify(hostTelling("process.pid"));
      const script = `
        require("node:child_process").spawn(process.execPath, ["-e", ${host}], { argv0: "/x/pulumi-language-fake", stdio: "inherit" });
        setInterval(() => {}, 1000);
      `;
      const { child, pid: language } = await tells(script, "leave", address);
      await sleep(500);
      expect(lives(language)).toBe(true);
      child.kill("SIGKILL");
      expect(await ended(language)).toBe(true);
      expect(await ended(own)).toBe(true);
    });

    test.concurrent("stays while the CLI that has started it lives, though the program's output has no reader", async () => {
      const server = await cli();
      const own = await provider(server.address, "pulumi");
      const program = await start("report", server.address);
      for (const stream of [program.stdout!, program.stderr!]) stream.destroy();
      expect(await ended(program.pid!)).toBe(true);
      await sleep(500);
      expect(lives(own)).toBe(true);
    });
  },
);

describe("a program goes on", () => {
  test.concurrent.each(DOING)("while its CLI lives, when its work is to %s", async (doing) => {
    const server = await cli();
    const program = await start(doing, server.address);
    await server.disconnect();
    // It finds it again.
    await server.disconnect();
    await sleep(2500);
    expect(lives(program.pid!)).toBe(true);
  });

  test.concurrent("while its CLI is stopped", async () => {
    const server = await stoppedCli();
    const program = await start("wait", server.address);
    await server.disconnect();
    await sleep(2500);
    expect(lives(program.pid!)).toBe(true);
  });

  test.concurrent("where the CLI knows no server of its own", async () => {
    const program = await start("wait", "");
    await sleep(2000);
    expect(lives(program.pid!)).toBe(true);
  });

  test.concurrent("in a process that others have started", async () => {
    const server = await cli();
    const program = await start("wait", server.address, OTHER);
    server.kill();
    await sleep(2500);
    expect(lives(program.pid!)).toBe(true);
  });
});
