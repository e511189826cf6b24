import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../../../stacks";
import { IMAGE, quiet, REGISTRY_IMAGE, value, type World, world } from "../mocks";

const ARCHIVE = "berth:services:ImageArchive";
let w: World;
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "berth images-"));
  writeFileSync(join(folder, "Dockerfile.app"), "FROM busybox");
});
afterEach(() => rmSync(folder, { recursive: true }));

async function stack(config: Record<string, string>, secretConfig: string[] = []): Promise<Record<string, unknown>> {
  w = await world({ stack: "images", config, secretConfig, preview: true });
  const outputs = await run({ engine: false });
  await w.done();
  return outputs;
}

test("an image is built, pushed and saved with others", async () => {
  const outputs = await stack(
    {
      "images:context": folder,
      "images:dockerfile": "Dockerfile.app",
      "images:image": "app:2",
      "images:push": "registry.example/app:2",
      "images:username": "ci",
      "images:password": "Passw0rd",
      "images:insecure": "true",
      "images:save": "app.tar.gz",
      "images:saveAlso": '["nginx"]',
    },
    ["images:password"],
  );
  expect(w.one(IMAGE).inputs).toMatchObject({ name: "app:2", build: { dockerfile: join(folder, "Dockerfile.app") } });
  expect(w.one(REGISTRY_IMAGE).inputs).toMatchObject({
    name: "registry.example/app:2",
    authConfig: { address: "http://registry.example", username: "ci", password: "Passw0rd" },
  });
  expect(w.one(REGISTRY_IMAGE).secrets).toEqual(["authConfig.password"]);
  expect(w.one(ARCHIVE).inputs).toMatchObject({ images: ["app:2", "nginx"], file: join(process.cwd(), "app.tar.gz") });
  expect(Object.keys(outputs)).toEqual(["built", "pushed", "digest", "saved", "sha256"]);
});

test("an image that is on the engine is pushed under another name, and nothing else", async () => {
  const outputs = await stack({ "images:image": "nginx", "images:push": "127.0.0.1:5000/nginx" });
  expect(w.all(IMAGE)).toEqual([]);
  expect(w.all(ARCHIVE)).toEqual([]);
  expect(await value(outputs.pushed as never)).toBe("127.0.0.1:5000/nginx:latest");
});

test.each<[Record<string, string>, string]>([
  [{}, "images: nothing is to be done; set images:context, images:push, images:save or images:load."],
  [{ "images:image": "nginx" }, "images: nothing is to be done;"],
  [
    { "images:push": "r.example/a", "images:username": "ci" },
    "images:username: has no effect without images:password; set that too, or remove it.",
  ],
  [{ "images:push": "r.example/a", "images:password": "x" }, "images:password: has no effect without images:username;"],
  [
    { "images:save": "a.tar", "images:username": "ci", "images:password": "x" },
    "images:username: has no effect without images:push;",
  ],
  [{ "images:save": "a.tar", "images:dockerfile": "D" }, "images:dockerfile: has no effect without images:context;"],
  [{ "images:push": "r.example/a", "images:saveAlso": '["b"]' }, "images:saveAlso: has no effect without images:save;"],
  [{ "images:push": "r.example/a", "images:insecure": "yes" }, 'images:insecure: "yes" is not true or false;'],
  [
    { "images:load": "absent.tar" },
    `LoadedImages "loaded": file: there is no file ${join(process.cwd(), "absent.tar")};`,
  ],
  [{ "images:save": "a.zip" }, 'ImageArchive "saved": file: '],
])("%j is refused", async (config, message) => {
  w = await world({ stack: "images", config, preview: true });
  await expect(run({ engine: false })).rejects.toThrow(message);
  await quiet();
  expect(w.resources).toEqual([]);
});
