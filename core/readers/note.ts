/** What a note in Markdown holds that can be read: the blocks between its fences, in their order. */
export interface NoteBlocks {
  /** Blocks with docker's commands. */
  lines: string[];
  /** Compose files. */
  compose: string[];
}

const FENCE = /^[ \t]*(`{3,}|~{3,})[^\n]*\n([\s\S]*?)^[ \t]*\1[`~]*[ \t]*$/gm;
const RUNS = /\b(docker|podman)\s+(container\s+)?(run|create)\b/;
const SERVICES = /^services:\s*$/m;

/** Finds docker's commands and compose files in a note; all the rest is for people. */
export function readNote(text: string): NoteBlocks {
  const blocks = [...text.replaceAll("\r\n", "\n").matchAll(FENCE)].map(([, , block]) => block!);
  return {
    lines: blocks.filter((block) => RUNS.test(block) && !SERVICES.test(block)),
    compose: blocks.filter((block) => SERVICES.test(block)),
  };
}
