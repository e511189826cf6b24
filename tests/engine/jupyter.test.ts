import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describeIf } from "../skips";
import { cleanUp, missingCli, Project } from "./harness";

cleanUp();

/** Every file below a folder, as one text. */
const textOf = (folder: string): string =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8"))
    .join("\n");

const PASSWORD = "a password nobody guesses";

describeIf(missingCli, "the stack jupyter", () => {
  test.concurrent("lab: the password is nowhere in clear, and an unchanged one is no change (E5)", async () => {
    const project = await Project.create({ stack: "jupyter", secrets: { "jupyter:password": PASSWORD } });
    const { output } = await project.up();
    const [name] = project.containers();
    const container = project.container(name!);
    expect(container.NetworkSettings.Ports).toEqual({ "8888/tcp": [{ HostIp: "0.0.0.0", HostPort: "8888" }] });
    const uploads = container.Args.uploads as { content: string }[];
    expect(uploads.some(({ content }) => /sha512:[0-9a-f]+:[0-9a-f]{128}/.test(content))).toBe(true);
    for (const text of [output, JSON.stringify(container.Args), textOf(project.backend)])
      expect(text).not.toContain(PASSWORD);
    expect(await project.changes("--refresh", "--expect-no-changes")).toEqual([]);

    await project.must(["config", "set", "--stack", "jupyter", "--secret", "jupyter:password"], {
      input: "another one",
    });
    const changes = await project.changes();
    expect(changes.some((change) => /Container/.test(change))).toBe(true);
  }, 300_000);

  test.concurrent("hub without TLS is refused, and nothing is made", async () => {
    const project = await Project.create({
      stack: "jupyter",
      config: { "jupyter:setup": "hub", "jupyter:image": "hub:1" },
      secrets: { "jupyter:password": PASSWORD },
    });
    const { code, output } = await project.tryUp();
    expect(code).not.toBe(0);
    expect(output).toContain("jupyter:certificate: is not set");
    expect(project.containers()).toEqual([]);
  }, 300_000);
});
