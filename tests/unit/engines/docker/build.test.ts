import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildImage, readContext } from "../../../../core/engines/dockerApi/images/build";

import { Session } from "../../../../core/engines/dockerApi/session";
import { world } from "../../mocks";
import { refusal } from "../../refusal";

let folder: string;
const write = (path: string, text: string) => {
  mkdirSync(join(folder, path, ".."), { recursive: true });
  writeFileSync(join(folder, path), text);
};
const digest = () => readContext(folder, join(folder, "Dockerfile")).digest;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "berth context-"));
  write("Dockerfile", "FROM busybox");
  write("src/app.py", "1");
  write("node_modules/a/index.js", "a");
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Whether the digest is another one after the change. */
const changes = (change: () => void) => {
  const before = digest();
  change();
  return digest() !== before;
};

describe("a build context counts", () => {
  test.each<[string, () => void]>([
    ["a file's text", () => write("src/app.py", "2")],
    ["a new file", () => write("src/b.py", "")],
    ["an executable bit", () => chmodSync(join(folder, "src/app.py"), 0o755)],
    ["a link", () => symlinkSync("app.py", join(folder, "src/link"))],
    ["an empty folder", () => mkdirSync(join(folder, "empty"))],
    ["the Dockerfile", () => write("Dockerfile", "FROM alpine")],
  ])("%s", (_, change) => {
    expect(changes(change)).toBe(true);
  });

  test("a file that moves", () => {
    write("x/a", "same");
    expect(
      changes(() => {
        rmSync(join(folder, "x"), { recursive: true });
        write("y/a", "same");
      }),
    ).toBe(true);
  });
});

describe("it does not count", () => {
  test("dates", () => {
    expect(changes(() => utimesSync(join(folder, "src/app.py"), 1, 1))).toBe(false);
  });

  test.each([
    ["a folder that is left out", "node_modules\n", "node_modules/b.js", false],
    ["a pattern for every depth", "**/*.log\n", "src/x.log", false],
    ["a comment names nothing", "# src\n", "src/b.py", true],
    [
      "an exception inside a folder that is left out",
      "node_modules\n!node_modules/keep\n",
      "node_modules/keep/k",
      true,
    ],
    ["its neighbour", "node_modules\n!node_modules/keep\n", "node_modules/drop/k", false],
  ])("%s", (_, ignore, path, counts) => {
    write(".dockerignore", ignore);
    expect(changes(() => write(path, "new"))).toBe(counts);
  });

  test("but the Dockerfile always does", () => {
    write(".dockerignore", "*\n");
    expect(changes(() => write("Dockerfile", "FROM alpine"))).toBe(true);
    expect(changes(() => write("src/app.py", "3"))).toBe(false);
  });
});

test("environment files that would be sent along are named", () => {
  write(".env", "");
  write("src/.env.production", "");
  write("src/.envoy", "");
  const named = () => readContext(folder, join(folder, "Dockerfile")).envFiles;
  expect(named()).toEqual([".env", "src/.env.production"]);
  write(".dockerignore", "**/.env*\n");
  expect(named()).toEqual([]);
});

test("a Dockerfile's text needs a project that can be written to", async () => {
  await world();
  write("project/.berth", "a file in the way of a folder");
  const session = new Session(join(folder, "project"));
  const build = { context: folder, dockerfileInline: "FROM busybox" };
  const file = join(folder, "project/.berth/dockerfiles/app");
  expect(refusal(() => buildImage(session, "app", build, { argument: "services.web.build.", keep: true }))).toBe(
    `services.web.build.dockerfileInline: its text has to lie in a file for the provider, and ${file} cannot be written (ENOTDIR); run this where the project can be written to, or put the text into a Dockerfile.`,
  );
});
