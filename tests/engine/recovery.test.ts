import { describeIf } from "../skips";
import { cleanUp, killedUp, missingCli, Project, until } from "./harness";

cleanUp();

describeIf(missingCli, "an up that was killed", () => {
  test.concurrent("goes on after a container was made", async () => {
    const project = await Project.create({ stack: "nginx" });
    await killedUp(project, "containers", "nginx01");
    const { Id } = project.container("nginx01");
    const { output } = await project.up();
    expect(output).toContain("Removed the container nginx01, left behind by an apply that was cut off.");
    expect(project.containers()).toEqual(["nginx01"]);
    expect(project.container("nginx01").Id).not.toBe(Id);
    expect(await project.changes("--expect-no-changes")).toEqual([]);
  }, 300_000);

  test.concurrent("goes on after a network was made", async () => {
    const project = await Project.create({ stack: "networks" });
    await killedUp(project, "networks", "mynet");
    const { Id } = project.store.find("networks", "mynet")!;
    await project.up();
    expect(project.networks()).toEqual(["my-bridge", "mynet"]);
    expect(project.store.find("networks", "mynet")!.Id).not.toBe(Id);
    expect(await project.changes("--expect-no-changes")).toEqual([]);
  }, 300_000);

  test.concurrent("finds the volume again that was made", async () => {
    const project = await Project.create({ stack: "elasticsearch", config: { "elasticsearch:data": "es-data" } });
    await killedUp(project, "volumes", "es-data");
    await project.up();
    expect(project.store.takeJournal()).not.toContain("delete volumes es-data");
    expect(project.volumes()).toEqual(["es-data"]);
    expect(await project.changes("--expect-no-changes")).toEqual([]);
  }, 300_000);

  test.concurrent("goes on after the old container was deleted for its successor", async () => {
    const project = await Project.create({ stack: "nginx" });
    await project.up();
    project.configure({ "nginx:port": "8123" });
    await killedUp(project, "containers", "nginx01");
    await project.up();
    expect(project.container("nginx01").NetworkSettings.Ports["80/tcp"]![0]!.HostPort).toBe("8123");
    expect(await project.changes("--expect-no-changes")).toEqual([]);
  }, 300_000);
});

describeIf(missingCli, "a container that came up meanwhile", () => {
  test.concurrent("is left alone, and the error says so", async () => {
    const project = await Project.create({ stack: "elasticsearch", config: { "elasticsearch:data": "es-data" } });
    // After the look at the engine and before the container's turn.
    project.store.hold("volumes", true);
    const up = project.tryUp();
    await until("the volume is made", () => project.volumes().includes("es-data"));
    const { Id } = project.foreignContainer("elasticsearch");
    project.store.hold("volumes", false);
    const { code, output } = await up;
    expect(code).not.toBe(0);
    expect(output).toContain("a container named elasticsearch is there already and is not this service's");
    expect(output).not.toMatch(/^\s+at .*:\d+:\d+/m);
    expect(project.container("elasticsearch").Id).toBe(Id);
  }, 300_000);
});
