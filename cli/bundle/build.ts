import { Readable } from "node:stream";
import { stripVTControlCharacters } from "node:util";
import { say } from "../../core/description/say";
import { contentOf } from "../../core/engines/dockerApi/images/build";
import type { EngineClient } from "../../core/engines/dockerApi/connection/client";
import { digest } from "../../core/description/digest";
import { type SentContext, sentContext } from "./contextTar";
import type { PlannedBuild } from "./images";

/** What the older builder says of a Dockerfile that wants the newer one. */
const WANTS_BUILDKIT = /BuildKit|unknown (flag|instruction)/i;
const LAST_LINES = 10;

/** The folder that a build sends; undefined where the engine fetches what it needs. */
export const contextOf = ({ build }: PlannedBuild): SentContext | undefined =>
  build.remoteContext === undefined ? sentContext(build.context, build.dockerfile!) : undefined;

function query({ name, platform, build }: PlannedBuild, dockerfile: string | undefined): URLSearchParams {
  const found = new URLSearchParams({ rm: "1", forcerm: "1" });
  const set = (key: string, value: string | number | undefined) => {
    if (value !== undefined) found.set(key, String(value));
  };
  const setJson = (key: string, value: object | undefined) => set(key, value && JSON.stringify(value));
  for (const tag of [name, ...(build.tags ?? [])]) found.append("t", tag);
  set("remote", build.remoteContext);
  set("dockerfile", dockerfile);
  setJson("buildargs", build.buildArgs);
  setJson("labels", build.labels);
  setJson("cachefrom", build.cacheFroms);
  set("target", build.target);
  set("networkmode", build.networkMode);
  set("platform", build.platform ?? platform);
  set("shmsize", build.shmSize);
  set("nocache", build.noCache ? 1 : undefined);
  set("pull", build.pullParent ? 1 : undefined);
  // The engine knows no other form; descriptions may have Compose's `host=address`.
  for (const host of build.extraHosts ?? []) found.append("extrahosts", host.replace(/^([^:=]+)=/, "$1:"));
  return found;
}

/** Builds once; the error's text where it fails. */
async function attempt(
  client: EngineClient,
  planned: PlannedBuild,
  version: "1" | "2",
  tell: (line: string) => void,
): Promise<{ error?: string; lines: string[] }> {
  const lines: string[] = [];
  const sent = contextOf(planned);
  const search = query(planned, sent ? sent.dockerfile : planned.build.dockerfile);
  search.set("version", version);
  let rest = "";
  const take = (text: string): string | undefined => {
    const { stream, error } = JSON.parse(text) as { stream?: unknown; error?: string };
    if (typeof stream === "string")
      for (const line of stripVTControlCharacters(stream).split(/[\r\n]+/)) {
        if (line.trim() === "") continue;
        lines.push(line);
        tell(`  ${line}`);
      }
    return error;
  };
  try {
    const answer = await client.stream(
      "POST",
      `/build?${search}`,
      sent && { content: Readable.from(sent.archive), type: "application/x-tar" },
      // A step may be silent for as long as it compiles.
      3_600_000,
    );
    answer.setEncoding("utf8");
    for await (const chunk of answer) {
      const parts = (rest + String(chunk)).split("\n");
      rest = parts.pop()!;
      for (const part of parts) {
        const error = part.trim() === "" ? undefined : take(part);
        if (error !== undefined) return { error, lines };
      }
    }
    return { error: rest.trim() === "" ? undefined : take(rest), lines };
  } catch (error) {
    return { error: (error as Error).message, lines };
  }
}

/**
 * Builds an image on an engine, as `up` would, and looks whether it was built from what was planned.
 *
 * @param tell gets what the build says
 * @throws Error where it cannot be built, with the last lines of what the build said
 */
export async function buildPlanned(
  client: EngineClient,
  planned: PlannedBuild,
  tell: (line: string) => void,
): Promise<void> {
  const { name, build } = planned;
  tell(say`Building ${name}.`);
  let { error, lines } = await attempt(client, planned, "1", tell);
  if (error !== undefined && WANTS_BUILDKIT.test(error)) {
    tell(say`  Again, with BuildKit, which says less.`);
    ({ error, lines } = await attempt(client, planned, "2", tell));
  }
  if (error !== undefined) {
    const last = lines.slice(-LAST_LINES).map((line) => `\n  ${line}`);
    throw new Error(
      say`${name} cannot be built (${error.trim()})${last.length ? say`; the last lines of the build:${last.join("")}` : ""}`,
    );
  }
  const { context, dockerfile, remoteContext, ...options } = build;
  const content = remoteContext ?? contentOf(context, dockerfile!).content;
  if (digest({ ...options, content }) !== planned.content)
    throw new Error(say`${context} has changed while ${name} was being built; run it again`);
}
