import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describeIf } from "../skips";
import { REGISTRY_PASSWORD as PASSWORD } from "./doubles/engine";
import { digest } from "./doubles/store";
import { cleanUp, missingCli, Project, type ProjectOptions } from "./harness";

const WRONG = "Passw0rd-that-is-wrong";
const TARGET = "registry.example:5000/team/app:1";
const CONTEXT = { "context/Dockerfile": "FROM busybox", "context/text": "1" };

cleanUp();

/** A stack `images` with an image of some content on its engine. */
async function start(options: Partial<ProjectOptions>, ...images: string[]): Promise<Project> {
  const project = await Project.create({ stack: "images", ...options });
  for (const Name of images) project.store.put("images", { Id: `sha256:${digest(Name)}`, Name });
  return project;
}

const count = (project: Project, request: string) => project.engine.requests.filter((one) => one === request).length;

describeIf(missingCli, "images", () => {
  test("pushed where they have changed, with a password that is in clear nowhere", async () => {
    const project = await start({
      files: CONTEXT,
      config: { "images:context": "context", "images:push": TARGET, "images:username": "ci" },
      secrets: { "images:password": WRONG },
    });
    const said: string[] = [];
    const refused = await project.tryUp();
    said.push(refused.output);
    expect(refused.code).not.toBe(0);
    expect(refused.output).toContain(
      "credentials: registry.example:5000 refuses the user ci (login attempt to http://registry.example:5000/v2/ failed with status: 401 Unauthorized); check user and password.",
    );
    expect(project.store.takeJournal().filter((line) => line.startsWith("push "))).toEqual([]);

    await project.must(["config", "set", "--secret", "images:password", "--stack", "images"], { input: PASSWORD });
    said.push((await project.preview("--diff")).output, (await project.up()).output);
    const first = project.store.image("app")!.Id;
    expect(project.store.takeJournal().filter((line) => line.startsWith("push "))).toEqual([`push ${TARGET} ${first}`]);
    expect(project.store.image(TARGET)!.Id).toBe(first);
    const outputs = JSON.parse((await project.must(["stack", "output", "--json", "--stack", "images"])).stdout);
    expect(outputs).toEqual({
      built: "app",
      pushed: TARGET,
      digest: `registry.example:5000/team/app@sha256:${digest(first)}`,
    });
    expect(await project.changes("--refresh")).toEqual([]);

    project.write({ "context/text": "2" });
    expect((await project.changes()).sort()).toEqual([
      "replace RegistryImage pushed",
      "replace RemoteImage app",
      "replace Tag pushed",
    ]);
    await project.up();
    const second = project.store.image("app")!.Id;
    expect(second).not.toBe(first);
    expect(project.store.takeJournal().filter((line) => line.startsWith("push "))).toEqual([
      `push ${TARGET} ${second}`,
    ]);

    // A password alone pushes nothing, but has to be right.
    await project.must(["config", "set", "--secret", "images:password", "--stack", "images"], { input: WRONG });
    expect(await project.changes()).toEqual(["update RegistryImage pushed"]);
    said.push((await project.preview("--diff")).output);
    const wrong = await project.tryUp();
    said.push(wrong.output, (await project.must(["stack", "export", "--stack", "images"])).output);
    expect(wrong.output).toContain("credentials: registry.example:5000 refuses the user ci (");
    for (const password of [PASSWORD, WRONG]) expect(said.filter((output) => output.includes(password))).toEqual([]);
    expect(said.at(-1)).toContain('"username": "ci"');
  }, 300_000);

  test("saved where they have changed, and loaded where they are not", async () => {
    const project = await start({ config: { "images:image": "nginx", "images:save": "out/nginx.tar.gz" } }, "nginx");
    const file = join(project.folder, "out/nginx.tar.gz");
    const id = `sha256:${digest("nginx")}`;
    const preview = await project.preview();
    expect(preview.output).toContain(`\`up\` saves nginx:latest (${id.slice(0, 19)}) to ${file}.`);
    expect(existsSync(join(project.folder, "out"))).toBe(false);

    await project.up();
    const { images, sha256, size } = JSON.parse(readFileSync(`${file}.json`, "utf8"));
    expect(images).toEqual([{ name: "nginx:latest", id }]);
    expect(size).toBe(readFileSync(file).length);
    expect(readFileSync(`${file}.sha256`, "utf8")).toBe(`${sha256}  nginx.tar.gz\n`);
    expect(count(project, "GET /images/get")).toBe(1);
    expect(await project.changes()).toEqual([]);
    await project.up();
    expect(count(project, "GET /images/get")).toBe(1);

    project.store.put("images", { Id: `sha256:${digest("newer")}`, Name: "nginx" });
    await project.up();
    expect(count(project, "GET /images/get")).toBe(2);

    // The way back, on the same engine after it has lost the image.
    project.configure({ "images:save": undefined, "images:image": undefined, "images:load": file });
    await project.up();
    expect(count(project, "POST /images/load")).toBe(0);
    project.store.remove("images", project.store.image("nginx")!);
    const whole = readFileSync(file);
    const damaged = Buffer.from(whole);
    damaged[damaged.length >> 1]! ^= 1;
    writeFileSync(file, damaged);
    const refused = await project.tryUp();
    expect(refused.code).not.toBe(0);
    expect(refused.output).toContain(`${file} is damaged: its SHA-256 is `);
    expect(count(project, "POST /images/load")).toBe(0);
    writeFileSync(file, whole);
    expect((await project.preview()).output).toContain(`\`up\` loads nginx:latest from ${file}.`);
    expect(count(project, "POST /images/load")).toBe(0);
    expect((await project.up()).output).toContain(`Loaded nginx:latest from ${file}.`);
    expect(project.store.image("nginx:latest")!.Id).toBe(`sha256:${digest("newer")}`);
    expect((await project.up()).output).not.toContain("Loaded");
    expect(count(project, "POST /images/load")).toBe(1);

    rmSync(file);
    const gone = await project.pulumi(["preview", "--stack", "images"]);
    expect(gone.code).not.toBe(0);
    expect(gone.output).toContain(
      `LoadedImages "loaded": file: there is no file ${file}; copy it there, or correct the name.`,
    );
  }, 300_000);

  test("that are not on the engine are refused before anything is made", async () => {
    const project = await start({ config: { "images:image": "absent:1", "images:push": TARGET } });
    const refused = await project.tryUp();
    expect(refused.output).toContain(
      'PushedImage "pushed": image: absent:1 is not on the engine; build, pull or load it first, or correct the name.',
    );
    expect(project.store.takeJournal()).toEqual([]);
  }, 120_000);
});
