import { createReadStream, readFileSync, readlinkSync } from "node:fs";
import { isAbsolute, join, relative } from "node:path";
import { say } from "../../core/description/say";
import { type ContextEntry, contextEntries } from "../../core/engines/dockerApi/images/buildContext";
import { TAR_END, tarHeaders, tarPadding } from "./tarball";

/** Name of a Dockerfile that does not lie in the context, as it is sent. */
const OUTSIDE = ".berth.dockerfile";

/** A build context as it is sent to an engine. */
export interface SentContext {
  entries: ContextEntry[];
  /** Where the Dockerfile is in it. */
  dockerfile: string;
  archive: AsyncIterable<Buffer>;
}

/**
 * Reads what the digest of a build counts, as a tar stream.
 *
 * @param dockerfile absolute path; one that is not in the context goes along, and is kept out of the image
 */
export function sentContext(context: string, dockerfile: string): SentContext {
  const entries = contextEntries(context, dockerfile);
  const inside = relative(context, dockerfile);
  const isInside = !inside.startsWith("..") && !isAbsolute(inside) && entries.some(({ path }) => path === inside);
  return {
    entries,
    dockerfile: isInside ? inside : OUTSIDE,
    archive: isInside ? archive(context, entries) : withDockerfile(context, entries, dockerfile),
  };
}

function* text(path: string, content: Buffer): Generator<Buffer> {
  yield* tarHeaders({ path, mode: 0o644, size: content.length });
  yield content;
  yield tarPadding(content.length);
}

/** As the Docker client does it: `.dockerignore` names the file, so that `COPY .` leaves it out. */
async function* withDockerfile(context: string, entries: ContextEntry[], dockerfile: string): AsyncGenerator<Buffer> {
  const own = entries.find(({ path }) => path === ".dockerignore");
  const patterns = own ? readFileSync(join(context, own.path), "utf8") : ".dockerignore";
  yield* text(".dockerignore", Buffer.from(`${patterns}\n${OUTSIDE}\n`));
  yield* text(OUTSIDE, readFileSync(dockerfile));
  yield* archive(
    context,
    entries.filter((entry) => entry !== own),
  );
}

async function* archive(context: string, entries: ContextEntry[]): AsyncGenerator<Buffer> {
  for (const { path, kind, stats } of entries) {
    const file = join(context, path);
    const common = { path, mode: stats.mode & 0o7777, mtime: stats.mtime };
    if (kind === "folder") yield* tarHeaders({ ...common, type: "Directory", size: 0 });
    else if (kind === "link")
      yield* tarHeaders({ ...common, type: "SymbolicLink", linkpath: readlinkSync(file), size: 0 });
    else {
      yield* tarHeaders({ ...common, size: stats.size });
      let read = 0;
      for await (const chunk of createReadStream(file, { highWaterMark: 1 << 18 })) {
        read += (chunk as Buffer).length;
        yield chunk as Buffer;
      }
      if (read !== stats.size) throw new Error(say`${file} has changed while it was being read; run it again`);
      yield tarPadding(stats.size);
    }
  }
  yield TAR_END;
}
