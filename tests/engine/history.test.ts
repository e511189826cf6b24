import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describeIf } from "../skips";
import { cleanUp, missingCli, Project } from "./harness";

cleanUp();

const lines = (...commands: string[]) => ({ "berth:program": "run", "berth:commands": commands });
const web = (port: number, rest: string) => `docker run -d --name web -p ${port}:80 ${rest}`;
const DB = "docker run -d --name db -e MYSQL_ROOT_PASSWORD mysql:5.7";

const berth = (project: Project, ...words: string[]) =>
  project.run(process.execPath, [join(project.folder, "cli/berth.js"), ...words]);

/** The changes of each update, newest first. */
async function historyOf(project: Project): Promise<Record<string, string[]>[]> {
  const { stdout, output } = await berth(project, "history", project.stack, "--json");
  try {
    return (JSON.parse(stdout) as { updates: { services: Record<string, string[]> }[] }).updates.map(
      ({ services }) => services,
    );
  } catch {
    throw new Error(output);
  }
}

const settings = (project: Project) => readFileSync(project.settingsFile, "utf8");
const digestOf = (project: Project, image: string) => project.store.image(image)!.Id;

describeIf(missingCli, "berth history and berth rollback", () => {
  test.concurrent("go back, stay there, and go on", async () => {
    const project = await Project.create({ stack: "run", config: lines(web(8080, "-e TZ=UTC nginx:1.27"), DB) });
    project.variables = { MYSQL_ROOT_PASSWORD: "very-secret-1" };
    await project.up();
    const old = digestOf(project, "nginx:1.27");
    project.configure(lines(web(8081, "nginx:1.28"), DB));
    await project.up();
    expect(await historyOf(project)).toEqual([
      { web: ["image nginx:1.27 -> nginx:1.28", "environment TZ", "ports 8080:80 -> 8081:80"] },
      { web: ["made (nginx:1.27)"], db: ["made (mysql:5.7)"] },
    ]);
    const before = project.container("db").Id;

    const back = await berth(project, "rollback", "run", "--yes");
    expect(back.output).toContain(`image nginx:1.28 -> nginx:1.27@${old}`);
    expect(back.output).toContain("web runs as after update 1 of ");
    expect(back.code).toBe(0);
    const { Image, NetworkSettings, Args } = project.container("web");
    expect(Image).toBe(`nginx:1.27@${old}`);
    expect(NetworkSettings.Ports["80/tcp"]![0]!.HostPort).toBe("8080");
    expect(Args.envs).toEqual(["TZ=UTC"]);
    expect(project.container("db").Id).toBe(before);
    expect(await project.changes("--expect-no-changes")).toEqual([]);
    const [last] = await historyOf(project);
    expect(last).toEqual({
      web: [`image nginx:1.28 -> nginx:1.27@${old.slice(0, 19)}`, "environment TZ", "ports 8081:80 -> 8080:80"],
    });

    // What the program says later is hidden, and that is said.
    project.configure(lines(web(8082, "nginx:1.29"), DB));
    const { output } = await project.preview();
    expect(output).toContain("web: the program has changed it since it was rolled back, and the rollback hides that");
    expect(await project.changes("--expect-no-changes")).toEqual([]);

    const end = await berth(project, "rollback", "run", "web", "--end", "--yes");
    expect(end.code).toBe(0);
    expect(project.container("web").Image).toBe("nginx:1.29");
    expect(settings(project)).not.toContain("rollback");
    expect(await project.changes("--expect-no-changes")).toEqual([]);
  }, 400_000);

  test.concurrent("take secrets from the program, and refuse where it has them no more", async () => {
    const shop = (image: string, secret = "-e MYSQL_ROOT_PASSWORD") =>
      lines(`docker run -d --name db ${secret} -v data:/var/lib/mysql ${image}`);
    const project = await Project.create({ stack: "run", config: shop("mysql:5.7") });
    project.variables = { MYSQL_ROOT_PASSWORD: "very-secret-1" };
    await project.up();
    project.configure(shop("mysql:8.0"));
    await project.up();
    project.variables = { MYSQL_ROOT_PASSWORD: "very-secret-2" };
    const back = await berth(project, "rollback", "run", "--yes");
    expect(back.output).toContain("from the program as it is now: environment.MYSQL_ROOT_PASSWORD");
    // Its data is of a later version.
    expect(back.output).toContain("mysql 5.7 does not read the data of a later version, 8.0");
    expect(back.code).toBe(0);
    expect(project.container("db").Args.envs).toEqual(["MYSQL_ROOT_PASSWORD=very-secret-2"]);
    const backend = join(project.backend, ".pulumi/stacks/berth/run.json");
    for (const text of [settings(project), back.output, readFileSync(backend, "utf8")])
      expect(text).not.toMatch(/very-secret/);

    await berth(project, "rollback", "run", "--end", "--yes");
    project.configure(shop("mysql:8.0", "-e MYSQL_ALLOW_EMPTY_PASSWORD=yes"));
    await project.up();
    const text = settings(project);
    const refused = await berth(project, "rollback", "run", "db", "--to", "1", "--yes");
    expect(refused.code).toBe(1);
    expect(refused.output).toContain(
      "db: environment.MYSQL_ROOT_PASSWORD was a secret then, which is not kept, and the program does not have it any more",
    );
    expect(settings(project)).toBe(text);
  }, 400_000);

  test.concurrent("that fails costs nothing", async () => {
    const project = await Project.create({ stack: "run", config: lines(web(8080, "nginx:1.27")) });
    await project.up();
    const old = digestOf(project, "nginx:1.27");
    project.configure(lines(web(8080, "nginx:1.28")));
    await project.up();
    const { Id } = project.container("web");
    // It has gone meanwhile, and its registry does not have it any more.
    project.store.remove("images", project.store.image("nginx:1.27")!);
    project.engine.unfetchable.set(`nginx:${old}`, "manifest unknown");
    const back = await berth(project, "rollback", "run", "--yes");
    expect(back.code).not.toBe(0);
    expect(back.output).toContain(`nginx:1.27@${old} cannot be fetched from`);
    expect(back.output).toContain("`berth up run` tries again, `berth rollback run --end` ends it");
    expect(project.container("web")).toMatchObject({ Id, State: { Running: true } });
    project.engine.unfetchable.clear();
    await project.up();
    expect(project.container("web").Image).toBe(`nginx:1.27@${old}`);
    expect(await project.changes("--expect-no-changes")).toEqual([]);
  }, 400_000);

  test.concurrent("of a change that failed goes back to what runs again", async () => {
    const project = await Project.create({ stack: "run", config: lines(web(8080, "nginx:1.27")) });
    await project.up();
    const { Id } = project.container("web");
    project.configure(lines(web(8080, 'nginx:1.28 sh -c "exit 3"')));
    expect((await project.tryUp()).code).not.toBe(0);
    expect(project.container("web").Id).toBe(Id);
    expect((await historyOf(project))[0]).toEqual({ web: ["did not come up (nginx:1.28)"] });
    expect((await berth(project, "rollback", "run", "--yes")).code).toBe(0);
    expect(project.containers()).toEqual(["web"]);
    expect(project.container("web").Image).toBe(`nginx:1.27@${digestOf(project, "nginx:1.27")}`);
    expect(await project.changes("--expect-no-changes")).toEqual([]);
  }, 400_000);

  test.concurrent("build nothing, and refuse an image that was built here and is gone", async () => {
    const files = {
      "shop/compose.yaml": "services:\n  app:\n    build: .\n    ports: ['8080:80']\n",
      "shop/Dockerfile": "FROM nginx\n",
    };
    const config = { "berth:program": "compose", "berth:files": ["shop/compose.yaml"] };
    const project = await Project.create({ stack: "compose", config, files });
    await project.up();
    const { ImageID } = project.container("shop-app-1");
    project.write({ "shop/Dockerfile": "FROM nginx\nRUN true\n" });
    await project.up();
    const text = settings(project);
    const refused = await berth(project, "rollback", "compose", "app", "--yes");
    expect(refused.output).toContain(`${ImageID!.slice(0, 19)} is not on the engine, and no registry knows`);
    expect(refused.output).toContain("nothing was applied, and the settings of the stack are as they were");
    expect(settings(project)).toBe(text);
    project.store.put("images", { Id: ImageID!, Name: "old" });
    project.store.takeJournal();
    expect((await berth(project, "rollback", "compose", "app", "--yes")).code).toBe(0);
    expect(project.container("shop-app-1").ImageID).toBe(ImageID);
    expect(project.store.takeJournal().filter((line) => line.startsWith("create images"))).toHaveLength(1);
    expect(await project.changes("--expect-no-changes")).toEqual([]);
  }, 400_000);

  test.concurrent("of a stack that is not there say so", async () => {
    const project = await Project.create({ stack: "nginx" });
    for (const command of ["history", "rollback"]) {
      const { code, output } = await berth(project, command, "mysql", ...(command === "rollback" ? ["--yes"] : []));
      expect({ code, output }).toEqual({
        code: 1,
        output: 'error: there is no stack "mysql", so that nothing has been applied; `berth up mysql` makes it\n',
      });
    }
    expect(existsSync(join(project.folder, "Pulumi.mysql.yaml"))).toBe(false);
  }, 400_000);
});
