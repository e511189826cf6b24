// Writes the site into site/, or the folder that is named: `npm run site`.
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { ROOT } from "./pages";
import { buildSite } from "./site";

const FOLDER = resolve(process.argv[2] ?? join(ROOT, "site"));

void buildSite().then(
  ({ files }) => {
    rmSync(FOLDER, { recursive: true, force: true });
    for (const [path, text] of files) {
      const file = join(FOLDER, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
    console.log(pathToFileURL(join(FOLDER, "index.html")).href);
  },
  (error: Error) => {
    console.error(`error: ${error.message}`);
    process.exitCode = 1;
  },
);
