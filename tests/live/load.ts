import { fork } from "node:child_process";
import { request } from "node:http";

/** What became of requests that were sent during something. */
export interface Load {
  answered: number;
  /** When and why each of the others failed. */
  failed: string[];
  /** Versions that the pages have named, each once. */
  bodies: string[];
}

const PER_SECOND = 100;
/** Nothing that is tested here takes longer. */
const AT_MOST = 240;
const TIMEOUT = 5000;

/**
 * Sends requests steadily from another process while something happens. Each has a connection of its own, as from
 * another user: one that is kept would stay with its pod.
 */
export async function underLoad(url: string, during: () => Promise<unknown>): Promise<Load> {
  const child = fork(__filename, [url], { execArgv: ["-r", "sucrase/register/ts"] });
  const result = new Promise<Load>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`the sender of requests ended with ${code}`)));
    child.on("message", (message) => {
      if (message !== "begun") resolve(message as Load);
    });
  });
  try {
    await Promise.race([new Promise((resolve) => child.once("message", resolve)), result]);
    await during();
    // Those that are on their way when the last pod goes.
    await new Promise((resolve) => setTimeout(resolve, 2000));
    child.send("end");
    return await result;
  } finally {
    child.kill();
  }
}

/**
 * Each request comes from an address of its own, as it would from so many users. From a single one, source ports come
 * again within the minutes in which the kernel still binds them to a pod that has gone.
 */
function* addresses(): Generator<string, never> {
  for (let count = 0; ; count++) yield `127.${1 + (count >> 16)}.${(count >> 8) & 255}.${1 + (count % 254)}`;
}
const users = addresses();

function ask(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { agent: false, timeout: TIMEOUT, localAddress: users.next().value };
    const sent = request(url, options, (response) => {
      let body = "";
      response.on("data", (chunk: Buffer) => {
        body += chunk;
      });
      response.on("error", reject);
      response.on("aborted", () => reject(new Error("cut off")));
      response.on("end", () =>
        response.statusCode === 200 ? resolve(body) : reject(new Error(`${response.statusCode}`)),
      );
    });
    sent.on("timeout", () => sent.destroy(new Error(`no answer in ${TIMEOUT / 1000} s`)));
    sent.on("error", reject);
    sent.end();
  });
}

/** The sender's own process. */
function send(url: string): void {
  const load: Load = { answered: 0, failed: [], bodies: [] };
  const began = Date.now();
  const bodies = new Set<string>();
  const open = new Set<Promise<void>>();
  const timer = setInterval(() => {
    const one: Promise<void> = ask(url)
      .then(
        (body) => {
          load.answered++;
          const version = /nginx:[\d.]+/.exec(body)?.[0];
          if (version) bodies.add(version);
        },
        (error: Error) => void load.failed.push(`${((Date.now() - began) / 1000).toFixed(1)} s: ${error.message}`),
      )
      .finally(() => open.delete(one));
    open.add(one);
  }, 1000 / PER_SECOND);
  const end = async () => {
    clearInterval(timer);
    await Promise.all(open);
    process.send!({ ...load, bodies: [...bodies].sort() }, undefined, undefined, () => process.exit());
  };
  process.once("message", end);
  setTimeout(end, AT_MOST * 1000).unref();
  process.send!("begun");
}

if (require.main === module) send(process.argv[2]!);
