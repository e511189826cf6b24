import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { create, extract } from "tar";
import { type Image, withTag } from "./store";

/** What `docker save` gives, without any layers. */
export function archiveOf(parent: string, images: Pick<Image, "Id" | "Name">[]): Buffer {
  const folder = mkdtempSync(join(parent, "save-"));
  const manifest = images.map(({ Id, Name }) => ({
    Config: `${Id.replace("sha256:", "")}.json`,
    RepoTags: [withTag(Name)],
    Layers: [],
  }));
  for (const { Config } of manifest) writeFileSync(join(folder, Config), "{}");
  writeFileSync(join(folder, "manifest.json"), JSON.stringify(manifest));
  const file = `${folder}.tar`;
  create({ sync: true, cwd: folder, file }, [...new Set(manifest.map(({ Config }) => Config)), "manifest.json"]);
  return readFileSync(file);
}

/** What `docker load` makes of it. */
export function imagesIn(parent: string, archive: Buffer): Image[] {
  const folder = mkdtempSync(join(parent, "load-"));
  writeFileSync(`${folder}.tar`, archive);
  mkdirSync(folder, { recursive: true });
  extract({ sync: true, cwd: folder, file: `${folder}.tar` });
  const manifest = JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8")) as {
    Config: string;
    RepoTags: string[];
  }[];
  return manifest.flatMap(({ Config, RepoTags }) =>
    RepoTags.map((Name) => ({ Id: `sha256:${basename(Config, ".json")}`, Name })),
  );
}
