import { describeIf } from "../skips";
import { cleanUp, killedUp, missingCli, Project, until } from "./harness";

cleanUp();

describeIf(missingCli, "an up that was killed", () => {
  test.concurrent("goes on after a container was made", async () => {
    const project = await Project.create({ stack: "nginx" });
    await killedUp(project, "containers", "nginx01");
    const { Id } = project.container("nginx01");
    await project.up();
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

  test.concurrent("goes on after the old container was set aside for its successor", async () => {
    const project = await Project.create({ stack: "nginx" });
    await project.up();
    project.configure({ "nginx:port": "8123" });
    await killedUp(project, "containers", "nginx01");
    await project.up();
    expect(project.containers()).toEqual(["nginx01"]);
    expect(project.container("nginx01").NetworkSettings.Ports["80/tcp"]![0]!.HostPort).toBe("8123");
    expect(await project.changes("--expect-no-changes")).toEqual([]);
  }, 300_000);

  test.concurrent("goes back where the old declaration is there again", async () => {
    const project = await Project.create({ stack: "nginx" });
    await project.up();
    const { Id } = project.container("nginx01");
    project.configure({ "nginx:port": "8123" });
    await killedUp(project, "containers", "nginx01");
    project.configure({ "nginx:port": undefined });
    const { output } = await project.up();
    expect(output).toContain("The container nginx01 runs again; an apply that was cut off had set it aside.");
    expect(project.containers()).toEqual(["nginx01"]);
    expect(project.container("nginx01")).toMatchObject({ Id, State: { Running: true } });
    expect(await project.changes("--expect-no-changes")).toEqual([]);
  }, 300_000);
});

describeIf(missingCli, "a change that fails", () => {
  const lines = (...commands: string[]) => ({ "berth:program": "run", "berth:commands": commands });
  const GOOD = "docker run -d --name web -p 8080:80 nginx";
  const AGAIN = "The container web from before this change runs again; the next `up` tries again.";

  test.concurrent("has the old container run again, and is tried again by the next up", async () => {
    const project = await Project.create({ stack: "run", config: lines(GOOD) });
    await project.up();
    const { Id } = project.container("web");
    project.configure(lines(`${GOOD} sh -c "exit 3"`));
    const first = await project.tryUp();
    expect(first.output).toContain("web ended with exit code 3. Its last lines:");
    expect(first.output).toContain(AGAIN);
    expect(project.container("web")).toMatchObject({ Id, State: { Running: true } });
    expect(project.containers()).toEqual(["web", "web.berth-failed"]);

    expect(await project.changes()).toContain("replace Container web");
    expect((await project.tryUp()).output).toContain(AGAIN);
    expect(project.container("web").Id).toBe(Id);
    expect(project.containers()).toEqual(["web", "web.berth-failed"]);

    project.configure(lines(GOOD));
    await project.up();
    expect(project.containers()).toEqual(["web"]);
    expect(project.container("web").State.Running).toBe(true);
    expect(await project.changes("--expect-no-changes")).toEqual([]);
  }, 300_000);

  test.concurrent("at the provider has the old container run again", async () => {
    const project = await Project.create({ stack: "run", config: lines(GOOD) });
    await project.up();
    const { Id } = project.container("web");
    project.configure(lines("docker run -d --name web -p 8081:80 -v data:/data nginx"));
    // After the look at the engine and before the container's turn.
    project.store.hold("volumes", true);
    const up = project.tryUp();
    await until("the volume is made", () => project.volumes().includes("data"));
    project.foreignContainer("other", 8081);
    project.store.hold("volumes", false);
    const { output } = await up;
    expect(output).toContain("port is already allocated");
    expect(output).toContain(`web could not be changed. ${AGAIN}`);
    expect(project.containers()).toEqual(["other", "web"]);
    expect(project.container("web")).toMatchObject({ Id, State: { Running: true } });
    // The state knows the container that runs, and of no other.
    project.configure(lines(GOOD));
    // The CLI plans deletions side by side, so these two come in either order.
    const changes = await project.changes();
    expect(changes.sort()).toEqual(["delete NamedVolume data", "delete Volume data", "update Service web"]);
  }, 300_000);

  test.concurrent("of a renamed service has the old container run again, and destroy leaves nothing", async () => {
    const project = await Project.create({ stack: "run", config: lines(GOOD) });
    await project.up();
    project.configure(lines(GOOD.replace("web", "shop").concat(' sh -c "exit 3"')));
    const { output } = await project.tryUp();
    expect(output).toContain(AGAIN);
    expect(project.containers()).toEqual(["shop.berth-failed", "web"]);
    expect(project.container("web").State.Running).toBe(true);
    await project.destroy();
    expect(project.containers()).toEqual([]);
  }, 300_000);

  test.concurrent("is none where two services swap their ports", async () => {
    const swapped = (one: number, two: number) =>
      lines(`docker run -d --name one -p ${one}:80 nginx`, `docker run -d --name two -p ${two}:80 nginx`);
    const project = await Project.create({ stack: "run", config: swapped(8001, 8002) });
    await project.up();
    project.configure(swapped(8002, 8001));
    await project.up();
    expect(project.containers()).toEqual(["one", "two"]);
    expect(project.container("one").NetworkSettings.Ports["80/tcp"]![0]!.HostPort).toBe("8002");
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
