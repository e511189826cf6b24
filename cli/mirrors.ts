import { join } from "node:path";
import { columnsOf, listed, padded, say, withoutStop } from "../core/description/say";
import { type EngineAddress, engineAddress } from "../core/engines/dockerApi/connection/address";
import { EngineClient } from "../core/engines/dockerApi/connection/client";
import { HUB_HOST } from "../core/engines/dockerApi/images/pushCredentials";
import { fromHere, fromHostOf } from "../core/engines/dockerApi/registry/way";
import { parseImage } from "../core/description/names";
import { sizeText } from "./doctor/finding";
import { candidateFile, mirrorUrl, USUAL_FILE } from "./mirrors/candidates";
import { type Agreement, agreements, fewAtOnce, type Measured, measure } from "./mirrors/measure";
import { currentProject } from "./project";
import { StackFile } from "./stackFile";
import { shortName } from "./stackName";
import { hasColours } from "./status";
import { UsageError } from "./usageError";

interface Options {
  from?: string;
  host?: string;
  image?: string;
  stack?: string;
  write?: boolean;
  json?: boolean;
}

interface Row extends Measured {
  agreement?: Agreement;
  /** It stands in the engine's daemon.json. */
  used: boolean;
  /** It answers, and has the genuine image as far as that can be told. */
  ok: boolean;
}

/** Mirrors that are asked at the same time: they share one line, and an SSH server lets only few log in at once. */
const AT_ONCE = 4;

/** As registries call what the kernel calls it. */
const ARCHITECTURES: Record<string, string> = { x86_64: "amd64", aarch64: "arm64", armv7l: "arm" };

/**
 * `berth mirrors`: asks mirrors of Docker Hub from where the engine is. The exit code is 1 where none is of use, or one
 * that the engine uses is not.
 */
export async function mirrors(urls: string[], options: Options): Promise<number> {
  const { image = "busybox", json = false, write = false } = options;
  if (options.stack !== undefined && !write) throw new UsageError(say`--stack: says where --write writes; add --write`);
  if (parseImage(image, "--image").registry)
    throw new UsageError(say`--image: name one of Docker Hub, such as busybox`);
  const { folder, own } = await currentProject();
  const given = urls.map(checkedUrl);
  const file = candidateFile(options.from, folder);
  const address = engineAddress(
    options.host === undefined ? {} : { host: options.host },
    options.host === undefined ? process.env : withoutEngine(process.env),
  );
  const target = write ? writable(folder, own, options, address) : undefined;

  const far = address.host.startsWith("ssh:");
  const { used, architecture, error } = await engineMirrors(address, far ? 15_000 : 3_000);
  const all = [...new Set([...given, ...(file?.mirrors ?? []), ...used])];
  if (all.length === 0)
    throw new UsageError(
      say`mirrors: there is none to ask${error ? ` (${error})` : ""}; name some, or list them in ${USUAL_FILE}`,
    );
  const question = { image, architecture, patience: far ? 15_000 : 5_000, way: far ? fromHostOf(address) : fromHere() };
  const [hub, ...measured] = await fewAtOnce([`https://${HUB_HOST}`, ...all], AT_ONCE, (url) => measure(url, question));
  const agreed = agreements(measured, hub!);
  const rows = measured
    .map((one): Row => {
      const agreement = agreed.get(one);
      const ok = one.error === undefined && agreement !== "differs";
      return { ...one, agreement, used: used.includes(one.url), ok };
    })
    .sort((a, b) => Number(b.ok) - Number(a.ok) || (b.speed ?? 0) - (a.speed ?? 0));
  const best = rows.filter(({ ok }) => ok).map(({ url }) => url);
  const written = target && best.length ? target(best) : undefined;

  if (json)
    console.log(
      JSON.stringify({ from: address.host, image, hub, mirrors: rows, ...(written && { written }) }, undefined, 2),
    );
  else {
    console.log(printed(rows, hub!).join("\n"));
    if (written) console.log(`\n${written}`);
  }
  if (written && rows.some(({ agreement }) => agreement === "alone"))
    console.error(
      say`warning: a mirror can serve anything, and there was nobody to compare this one with; name a second one`,
    );
  if (file?.warning) console.error(say`warning: ${file.warning}`);
  if (error) console.error(say`note: which mirrors the engine uses is not known: ${error}`);
  if (best.length === 0) console.error(say`error: no mirror is of use${write ? say`, and nothing was written` : ""}`);
  return best.length && rows.every(({ ok, used: inUse }) => ok || !inUse) ? 0 : 1;
}

function checkedUrl(url: string): string {
  try {
    return mirrorUrl(url, "mirrors");
  } catch (error) {
    throw new UsageError(withoutStop((error as Error).message));
  }
}

/** With an engine that is named, the environment's has no say. */
const withoutEngine = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(
    Object.entries(env).filter(([name]) => !/^DOCKER_(HOST|CONTEXT|CERT_PATH|TLS_VERIFY)$/.test(name)),
  );

interface EngineSays {
  used: string[];
  architecture: string;
  /** Why nothing is known. */
  error?: string;
}

async function engineMirrors(address: EngineAddress, patience: number): Promise<EngineSays> {
  const standard = process.arch === "arm64" ? "arm64" : "amd64";
  if (!EngineClient.supports(address))
    return { used: [], architecture: standard, error: say`${address.host} is reached by the Docker provider only` };
  let client: EngineClient | undefined;
  try {
    client = new EngineClient(address);
    const info = await client.request<{ Architecture?: string; RegistryConfig?: { Mirrors?: string[] | null } }>(
      "GET",
      "/info",
      undefined,
      patience,
    );
    const used = (info.RegistryConfig?.Mirrors ?? []).map((url) => url.replace(/\/$/, ""));
    return { used, architecture: ARCHITECTURES[info.Architecture ?? ""] ?? standard };
  } catch (error) {
    const why = say`no engine answers at ${address.host} (${(error as Error).message})`;
    return { used: [], architecture: standard, error: why };
  } finally {
    client?.close();
  }
}

/**
 * Where `--write` writes: the settings of a stack about this machine. It is looked at beforehand, so that a wrong one is
 * refused before anybody is asked.
 *
 * @returns writes, and says what that was
 */
function writable(
  folder: string,
  own: boolean,
  { stack = "host", host }: Options,
  address: EngineAddress,
): (best: string[]) => string {
  if (own)
    return (best) =>
      say`This project has no stack of berth's own about a machine. In its program:\n\n  new DaemonConfig("mirrors", { registryMirrors: ${JSON.stringify(best)} });`;
  const name = shortName(stack);
  if (name.split("-")[0] !== "host")
    throw new UsageError(say`--stack: "${stack}" is not about a machine; name it host, or host- and something`);
  const file = new StackFile(join(folder, `Pulumi.${name}.yaml`));
  const about = file.get("host:address") as string | undefined;
  const there = address.host.startsWith("ssh:") ? new URL(address.host) : undefined;
  if (about !== undefined && about !== there?.hostname)
    throw new UsageError(
      say`--write: the stack ${name} is about ${about}, and ${address.host} is asked; add --host ssh://${about}, or name another stack with --stack host-NAME`,
    );
  if (about === undefined && there && file.get("host:registryMirrors") !== undefined)
    throw new UsageError(
      say`--write: the stack ${name} is about this machine, and ${host ?? address.host} is asked; name another stack with --stack host-NAME`,
    );
  return (best) => {
    const before = (file.get("host:registryMirrors") ?? []) as string[];
    const preview = say`\`berth preview ${name}\` shows what that changes on the machine, and \`berth up ${name}\` does it.`;
    if (JSON.stringify(before) === JSON.stringify(best))
      return say`Pulumi.${name}.yaml has these mirrors already. ${preview}`;
    if (about === undefined && there) {
      file.set("host:address", there.hostname);
      if (there.username) file.set("host:user", decodeURIComponent(there.username));
      if (there.port) file.set("host:port", there.port);
    }
    file.set("host:registryMirrors", best);
    file.write();
    return say`host:registryMirrors in Pulumi.${name}.yaml: ${listed(best)}.\n${preview}`;
  };
}

const AGREED: Record<Agreement, () => string> = {
  hub: () => say`the image is Docker Hub's`,
  others: () => say`the image is that of the other mirrors; Docker Hub does not answer`,
  alone: () => say`there is nobody to compare its image with`,
  differs: () => say`its image is another one: old, or not genuine`,
};

type Word = "ok" | "dead" | "differs";

/** The whole of what is printed, line by line. */
function printed(rows: Row[], hub: Measured): string[] {
  const lines: [word: Word, row: Measured, text: string, used: boolean][] = rows.map((row) => [
    row.error !== undefined ? "dead" : row.ok ? "ok" : "differs",
    row,
    row.error?.replace(`${row.url} `, "") ?? AGREED[row.agreement!](),
    row.used,
  ]);
  lines.push([
    hub.error === undefined ? "ok" : "dead",
    hub,
    hub.error?.replace(`${hub.url} `, "") ?? say`Docker Hub itself`,
    false,
  ]);
  const width = Math.max(...lines.map(([, { url }]) => url.length));
  const words: Record<Word, string> = { ok: say`ok`, dead: say`dead`, differs: say`differs` };
  const room = Math.max(...Object.values(words).map(columnsOf));
  return lines.map(([word, { url, latency, speed }, text, used]) => {
    const colour = hasColours() ? (word === "ok" ? 32 : word === "dead" && !used ? 33 : 31) : undefined;
    const cell = padded(words[word], room);
    const shown = colour === undefined ? cell : `\u001b[${colour}m${cell}\u001b[39m`;
    const times =
      latency === undefined ? "" : `${String(latency).padStart(5)} ms  ${`${sizeText(speed!)}/s`.padStart(11)}  `;
    const inUse = !used
      ? ""
      : word === "ok"
        ? say`; the engine uses it`
        : say`; the engine uses it, and each pull waits for it`;
    return `${url.padEnd(width)}  ${shown}  ${times}${text}${inUse}`;
  });
}
