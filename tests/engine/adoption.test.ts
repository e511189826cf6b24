import { describeIf } from "../skips";
import { cleanUp, killedUp, missingCli, Project } from "./harness";
import { type Container, newId } from "./doubles/store";

cleanUp();

const LINE = "docker run -d --name web -p 8080:80 --network lan -v html:/html nginx";
const settings = (line: string, ...adopts: string[]) => ({
  "berth:program": "run",
  "berth:commands": ["docker network create lan", line],
  ...(adopts.length ? { "berth:adopt": adopts } : { "berth:adopt": undefined }),
});

/** A stack, on an engine on which somebody has made all that it declares. */
async function begun(line: string, ...adopts: string[]): Promise<{ project: Project; old: Container }> {
  const project = await Project.create({ stack: "run", config: settings(line, ...adopts) });
  const lan = { Id: newId(), Name: "lan", Driver: "bridge", Labels: {}, IPAM: { Config: [{ Subnet: "10.9.0.0/24" }] } };
  project.store.put("networks", lan);
  project.store.put("volumes", { Name: "html", Driver: "local", Options: {}, Labels: {} });
  const found = project.foreignContainer("web", 8080);
  const old: Container = {
    ...found,
    Mounts: [{ Type: "volume", Name: "html", Destination: "/html" }],
    HostConfig: { RestartPolicy: { Name: "always" } },
    NetworkSettings: {
      ...found.NetworkSettings,
      Networks: { lan: { NetworkID: lan.Id, Aliases: ["www"], IPAMConfig: null } },
    },
  };
  project.store.put("containers", old);
  return { project, old };
}

const unchanged = async (project: Project) => {
  const changes = await project.changes("--expect-no-changes");
  expect(changes.filter((change) => change !== "read Network lan")).toEqual([]);
};

describeIf(missingCli, "what runs already", () => {
  test.concurrent("is refused without consent, with the command that gives it", async () => {
    const { project, old } = await begun(LINE);
    const { code, output } = await project.pulumi(["preview", "--stack", project.stack]);
    expect(code).not.toBe(0);
    expect(output).toContain("berth pulumi config set --path 'berth:adopt[0]' lan --stack run");
    await project.must(["config", "set", "--path", "berth:adopt[0]", "lan", "--stack", "run"]);
    const second = await project.pulumi(["preview", "--stack", project.stack]);
    expect(second.output).toContain("berth pulumi config set --path 'berth:adopt[1]' web --stack run");
    await project.must(["config", "set", "--path", "berth:adopt[1]", "web", "--stack", "run"]);
    await project.up();
    expect(project.container("web").Id).not.toBe(old.Id);
    await unchanged(project);
  }, 300_000);

  test.concurrent("becomes the stack's own with its data, and destroy leaves what it has not made", async () => {
    const { project, old } = await begun(`${LINE}`, "web", "lan", "html");
    const { output } = await project.preview();
    expect(output).toContain(
      "web: takes over the container web (foreign, made by hand). It is replaced by one of nginx",
    );
    expect(output).toContain("What stays: the volume html at /html.");
    expect(project.container("web").Id).toBe(old.Id);

    await project.up();
    expect(project.containers()).toEqual(["web"]);
    expect(project.container("web").Id).not.toBe(old.Id);
    expect(project.container("web").NetworkSettings.Networks).toHaveProperty("lan");
    await unchanged(project);
    // The consent can go once a container is the stack's own; that to a network stays.
    project.configure(settings(LINE, "lan"));
    await unchanged(project);
    expect((await project.up()).output).not.toContain("takes over");

    await project.destroy();
    expect(project.containers()).toEqual([]);
    expect([project.networks(), project.volumes()]).toEqual([["lan"], ["html"]]);
    expect(project.store.takeJournal()).not.toContain("delete networks lan");
  }, 300_000);

  test.concurrent("comes back where its successor fails", async () => {
    const { project, old } = await begun(`${LINE} sh -c "exit 3"`, "web", "lan");
    const { output } = await project.tryUp();
    expect(output).toContain("The container web from before this change runs again; the next `up` tries again.");
    expect(project.containers()).toEqual(["web", "web.berth-failed"]);
    const { RestartCount: _, State, ...back } = project.container("web");
    expect(back).toMatchObject({ Id: old.Id, HostConfig: old.HostConfig, NetworkSettings: old.NetworkSettings });
    expect(State.Running).toBe(true);

    project.configure(settings(LINE, "web", "lan"));
    await project.up();
    expect(project.containers()).toEqual(["web"]);
    expect(project.container("web").Id).not.toBe(old.Id);
    await unchanged(project);
  }, 300_000);

  test.concurrent("and a destroy after a failure leaves it running", async () => {
    const { project, old } = await begun(`${LINE} sh -c "exit 3"`, "web", "lan");
    await project.tryUp();
    await project.destroy();
    expect(project.containers()).toEqual(["web"]);
    expect(project.container("web")).toMatchObject({ Id: old.Id, State: { Running: true } });
  }, 300_000);

  test.concurrent("is taken over by the next up where one was killed", async () => {
    const { project, old } = await begun(LINE, "web", "lan");
    await killedUp(project, "containers", "web");
    expect(project.containers().filter((name) => name.startsWith("web.berth-adopted-"))).toHaveLength(1);
    const { output } = await project.preview();
    expect(output).toContain("web: an `up` that took over the container web was cut off");
    await project.up();
    expect(project.containers()).toEqual(["web"]);
    expect(project.container("web").Id).not.toBe(old.Id);
    await unchanged(project);
  }, 300_000);

  test.concurrent("comes back where one was killed and the next up fails, without the setting too", async () => {
    const { project, old } = await begun(LINE, "web", "lan");
    await killedUp(project, "containers", "web");
    project.configure(settings(`${LINE} sh -c "exit 3"`, "lan"));
    await project.tryUp();
    expect(project.containers()).toEqual(["web", "web.berth-failed"]);
    expect(project.container("web")).toMatchObject({
      Id: old.Id,
      HostConfig: old.HostConfig,
      State: { Running: true },
    });
  }, 300_000);

  test.concurrent("keeps its volume though the stack's data is to go", async () => {
    const program = `
      require("./core/loadTypescript");
      const { Service, program } = require("./components");
      module.exports = program(() => {
        new Service("web", { image: "nginx", volumes: ["html:/html", "own:/own"], removeData: true });
        return {};
      });`;
    const project = await Project.create({ stack: "web", program, config: { "berth:adopt": ["html"] } });
    project.store.put("volumes", { Name: "html", Driver: "local", Options: {}, Labels: {} });
    const { output } = await project.up();
    expect(output).toContain("web: the stack has not made the volume html, so it stays when the stack goes");
    expect(await project.changes("--expect-no-changes")).toEqual([]);
    await project.destroy();
    expect(project.volumes()).toEqual(["html"]);
  }, 300_000);

  test.concurrent("that the stack does not declare, or that is another stack's, is refused", async () => {
    const { project, old } = await begun(LINE, "web", "lan", "wbe");
    const preview = () => project.pulumi(["preview", "--stack", project.stack]);
    expect((await preview()).output).toContain(
      "berth:adopt: wbe is the name of no container, network or volume of this stack; did you mean web?",
    );
    project.configure(settings(LINE, "web", "lan"));
    project.store.put("containers", {
      ...old,
      Config: { Labels: { "berth.stack": "berth/blog", "berth.owner": "x" } },
    });
    const { code, output } = await preview();
    expect(code).not.toBe(0);
    expect(output).toContain("web, which berth:adopt names, belongs to the stack berth/blog");
    project.store.put("containers", old);
    const [lan] = project.store.list("networks").slice(3);
    project.store.put("networks", { ...lan!, Driver: "macvlan" });
    expect((await preview()).output).toContain("the network lan, which berth:adopt names, has macvlan and not bridge");
  }, 300_000);
});
