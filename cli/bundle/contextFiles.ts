import { isAbsolute, join, relative } from "node:path";
import { isWithin } from "../../core/description/isWithin";
import { contextOf } from "./build";
import type { PlannedBuild } from "./images";
import { sourceFile } from "./project";
import type { SourceFile } from "./tarball";
import { few, say } from "../../core/description/say";

/** Of this place alone: a checkout's history, states and keys. */
const OF_THIS_PLACE = /^\.(git|berth|pulumi)(\/|$)/;

/** What builds send, as far as it lies in the checkout. */
export interface ContextFiles {
  /** What git does not know of it: without that, the same folder would be told by another digest there. */
  files: SourceFile[];
  /** Folders and Dockerfiles that lie elsewhere. */
  elsewhere: string[];
}

/**
 * Looks after the folders that a stack builds from: in the bundle they have to be what they are here.
 *
 * @param known files that the bundle holds anyway
 * @param settings path of the stack's settings, which the bundle holds in a form of their own
 * @throws Error where a folder holds what a bundle does not
 */
export function contextFiles(
  root: string,
  builds: PlannedBuild[],
  known: SourceFile[],
  settings: string | undefined,
): ContextFiles {
  const paths = new Set(known.map(({ path }) => path));
  const files: SourceFile[] = [];
  const elsewhere: string[] = [];
  const inside = (file: string): string | undefined => {
    const path = relative(root, file);
    return path.startsWith("..") || isAbsolute(path) ? undefined : path;
  };
  const take = (path: string) => {
    const place = `project/${path}`;
    if (paths.has(place)) return;
    paths.add(place);
    files.push(sourceFile(place, join(root, path)));
  };
  for (const planned of builds) {
    const { context, dockerfile = "" } = planned.build;
    const sent = contextOf(planned);
    if (!sent) continue;
    const place = inside(dockerfile);
    const contextElsewhere = inside(context) === undefined;
    if (contextElsewhere) elsewhere.push(context);
    // One that stands in the description is written anew.
    if (place !== undefined && !OF_THIS_PLACE.test(place)) take(place);
    if (place === undefined && !isWithin(context, dockerfile)) elsewhere.push(dockerfile);
    if (contextElsewhere) continue;
    const within = sent.entries.map((entry) => ({ ...entry, place: inside(join(context, entry.path))! }));
    const refuse = (found: string[], why: string) => {
      if (found.length)
        throw new Error(
          say`the build of ${planned.name} sends ${few(found, 1)}, ${why}; leave that out in ${join(context, ".dockerignore")}`,
        );
    };
    const placesOf = (chosen: typeof within) => chosen.map((entry) => entry.place);
    refuse(
      placesOf(within.filter((entry) => OF_THIS_PLACE.test(entry.place) || `project/${entry.place}` === settings)),
      say`which no bundle holds as it is here`,
    );
    const sentFiles = placesOf(within.filter(({ kind }) => kind !== "folder"));
    refuse(
      placesOf(
        within.filter((entry) => entry.kind === "folder" && !sentFiles.some((file) => isWithin(entry.place, file))),
      ),
      say`a folder without files, which no bundle holds`,
    );
    for (const path of sentFiles) take(path);
  }
  return { files, elsewhere };
}
