import { describeIf } from "../skips";
import { cleanUp, missingCli, Project } from "./harness";

cleanUp();

const PASSWORD = "a password nobody guesses";

describeIf(missingCli, "the stack portainer", () => {
  test("is refused without the socket by name, and nothing is made", async () => {
    const project = await Project.create({ stack: "portainer", secrets: { "portainer:adminPassword": PASSWORD } });
    const preview = await project.pulumi(["preview", "--stack", "portainer"]);
    expect(preview.code).not.toBe(0);
    expect(preview.output).toContain("Portainer is of no use without the engine's socket");
    expect(preview.output).toContain("`pulumi config set portainer:dockerSocket true`");
    expect(project.store.takeJournal()).toEqual([]);
  }, 120_000);

  test("the documented line, its password nowhere in clear, and its data kept", async () => {
    const project = await Project.create({
      stack: "portainer",
      config: { "portainer:dockerSocket": true },
      secrets: { "portainer:adminPassword": PASSWORD },
    });
    const said = [(await project.preview("--diff")).output, (await project.up()).output];
    const { Args, NetworkSettings } = project.container("portainer");
    expect(NetworkSettings.Ports).toEqual({ "9443/tcp": [{ HostIp: "0.0.0.0", HostPort: "9443" }] });
    expect(Args.uploads).toEqual([
      expect.objectContaining({ file: "/run/berth-portainer/admin-password", content: PASSWORD }),
    ]);
    expect(await project.changes("--refresh")).toEqual([]);
    said.push((await project.must(["stack", "export", "--stack", "portainer"])).output);
    expect(said.filter((output) => output.includes(PASSWORD))).toEqual([]);
    await project.destroy();
    expect(project.containers()).toEqual([]);
    expect(project.volumes()).toEqual(["portainer_data"]);
  }, 180_000);
});
