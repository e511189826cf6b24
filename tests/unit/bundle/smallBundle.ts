import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BundledImage, BundleManifest } from "../../../cli/bundle/manifest";
import type { SourceFile } from "../../../cli/bundle/tarball";
import { writeBundle } from "../../../cli/bundle/write";

export const HEAD: Omit<BundleManifest, "files" | "images"> = {
  format: 1,
  stack: "web",
  platform: process.platform,
  arch: process.arch,
  berth: { version: "0.1.0" },
  versions: { node: "20.0.0", pulumi: "3.226.0", plugins: {} },
  secrets: false,
};

/** The files of a small bundle, by their paths. */
export const FILES: Record<string, string> = {
  "bin/node": "#!/bin/sh\necho node\n",
  "bin/pulumi": "#!/bin/sh\necho pulumi\n",
  "home/plugins/resource-docker-v5.2.0/pulumi-resource-docker": "plugin",
  "project/Pulumi.yaml": "name: berth\n",
  "project/Pulumi.web.yaml": "config:\n  web:port: 80\n",
  "project/stacks/web.ts": "// one\n",
  "project/empty": "",
  [`project/node_modules/${"long".repeat(30)}/${"name".repeat(30)}/index.js`]: "module.exports = 1;\n",
};

const sources = (files: Record<string, string>): SourceFile[] =>
  Object.entries(files).map(([path, text]) => ({
    path,
    executable: path.startsWith("bin/"),
    content: Buffer.from(text),
  }));

async function* chunks(text: string): AsyncGenerator<Buffer> {
  yield Buffer.from(text);
}

/** Writes a bundle of files that are told by their text. */
export async function smallBundle(
  file: string,
  files: Record<string, string> = FILES,
  { head = {}, images }: { head?: Partial<typeof HEAD>; images?: { list: BundledImage[]; text: string } } = {},
): Promise<string> {
  const all = sources(files);
  await writeBundle(
    file,
    { ...HEAD, ...head },
    {
      tools: all.filter(({ path }) => !path.startsWith("project/")),
      project: all.filter(({ path }) => path.startsWith("project/")),
      images: images && { list: images.list, archive: chunks(images.text) },
    },
    () => undefined,
  );
  return file;
}

/** Every file below a folder with its text; `{}` where there is no folder. */
export function textsBelow(folder: string): Record<string, string> {
  if (!existsSync(folder)) return {};
  return Object.fromEntries(
    readdirSync(folder, { recursive: true })
      .map(String)
      .filter((path) => statSync(join(folder, path)).isFile())
      .sort()
      .map((path) => [path, readFileSync(join(folder, path), "utf8")]),
  );
}

/** A folder for the tests of one file. */
export function useFolder(): () => string {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "berth bundle-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  return () => folder;
}
