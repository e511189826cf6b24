import { describeIf } from "../skips";
import { cleanUp, missingCli, Project } from "./harness";

/** A program that looks at no engine by itself: one service, described by the setting berth:service, and of the networks in berth:networks. */
const ONE_SERVICE = `
require("./core/loadTypescript");
const pulumi = require("@pulumi/pulumi");

module.exports = async () => {
  const { BridgeNetwork } = require("./components/bridgeNetwork");
  const { Service } = require("./components/service");
  const config = new pulumi.Config("berth");
  for (const name of config.getObject("networks") ?? []) new BridgeNetwork(name);
  new Service("web", config.requireObject("service"));
};
`;

const IN_PLACE = ["update Service web"];
const REPLACED = ["replace Container web"];
const BOTH = [...IN_PLACE, ...REPLACED];

cleanUp();

describeIf(missingCli, "changes of one service", () => {
  test.concurrent("what Docker changes in place keeps the container", async () => {
    const project = await Project.create({ stack: "one", program: ONE_SERVICE });
    let service: Record<string, unknown> = { image: "nginx" };
    const set = (change: Record<string, unknown>) => {
      service = { ...service, ...change };
      project.configure({ "berth:service": service, "berth:networks": ["front", "back"] });
    };
    set({});
    await project.up();
    const { Id } = project.container("web");
    const step = async (change: Record<string, unknown>, preview: string[]) => {
      set(change);
      expect(await project.changes()).toEqual(preview);
      await project.up();
      expect(project.store.list("containers")).toHaveLength(1);
    };

    await step({ restart: "always", memLimit: "512m" }, ["update Container web"]);
    expect(project.container("web")).toMatchObject({ Id, Args: { restart: "always", memory: 512, memorySwap: 1024 } });
    await step({ memLimit: "1g", containerName: "renamed" }, [...IN_PLACE, "update Container web"]);
    expect(project.container("renamed")).toMatchObject({ Id, Args: { memory: 1024 } });
    await step({ networks: [{ name: "front", aliases: ["www"] }] }, IN_PLACE);
    expect(project.container("renamed")).toMatchObject({
      Id,
      NetworkSettings: { Networks: { front: { Aliases: ["www"] } } },
    });
    await step({ networks: ["front", "back"] }, IN_PLACE);
    expect(Object.keys(project.container("renamed").NetworkSettings.Networks).sort()).toEqual(["back", "front"]);
    expect(project.container("renamed").Id).toBe(Id);
    expect(await project.changes("--refresh", "--expect-no-changes")).toEqual([]);

    // A limit can be changed but not taken away.
    await step({ cpus: 0.5 }, BOTH);
    const { Id: next } = project.container("renamed");
    expect(next).not.toBe(Id);
    await step({ cpus: 0.75 }, IN_PLACE);
    expect(project.container("renamed")).toMatchObject({ Id: next, HostConfig: { NanoCpus: 750_000_000 } });
    set({ memLimit: undefined });
    expect(await project.changes()).toEqual(REPLACED);
  }, 300_000);

  test.concurrent("two services change names and addresses, and what was changed by hand is put right", async () => {
    const text = (a: string, b: string) => `name: pair
services:
  a:
    image: nginx
    container_name: ${a}
    cpus: 0.5
    networks: { lan: { ipv4_address: 10.0.0.1${a === "one" ? 1 : 2} } }
  b:
    image: nginx
    container_name: ${b}
    networks: { lan: { ipv4_address: 10.0.0.1${b === "one" ? 1 : 2} } }
networks:
  lan: { ipam: { config: [{ subnet: 10.0.0.0/24 }] } }
`;
    const project = await Project.create({ stack: "compose", files: { "compose.yaml": text("one", "two") } });
    await project.up();
    const ids = { one: project.container("one").Id, two: project.container("two").Id };
    const addressOf = (name: string) =>
      project.container(name).NetworkSettings.Networks.pair_lan?.IPAMConfig?.IPv4Address;
    project.write({ "compose.yaml": text("two", "one") });
    expect((await project.changes()).sort()).toEqual(["update Service pair-a-1", "update Service pair-b-1"]);
    await project.up();
    expect(project.container("one").Id).toBe(ids.two);
    expect(project.container("two").Id).toBe(ids.one);
    expect([addressOf("one"), addressOf("two")]).toEqual(["10.0.0.11", "10.0.0.12"]);
    expect(await project.changes("--expect-no-changes")).toEqual([]);

    // A network left, another one joined, a name and a limit.
    const [one, two] = ["one", "two"].map((name) => project.container(name));
    const theirs = { NetworkID: "theirs", Aliases: null, IPAMConfig: null };
    project.store.put("containers", { ...one!, NetworkSettings: { ...one!.NetworkSettings, Networks: { theirs } } });
    project.store.put("containers", { ...two!, Name: "/foo", HostConfig: { ...two!.HostConfig, NanoCpus: 2e9 } });
    const said = (await project.preview()).output;
    expect(said).toContain("pair-b-1: with this `up` its living container joins pair_lan.");
    expect(said).toContain(
      "pair-a-1: with this `up` its living container gets its declared limits, is called two and not foo.",
    );
    await project.up();
    expect(addressOf("one")).toBe("10.0.0.11");
    expect(project.container("one").NetworkSettings.Networks).toHaveProperty("theirs");
    expect(project.container("two")).toMatchObject({ Id: ids.one, HostConfig: { NanoCpus: 500_000_000 } });
    expect((await project.preview()).output).not.toContain("with this `up`");

    // A change that the engine refuses leaves everything as it was; a better one goes through.
    project.write({ "compose.yaml": text("two", "one").replace("10.0.0.12", "10.9.0.12") });
    const { code, output } = await project.tryUp();
    expect(code).not.toBe(0);
    expect(output).toContain(
      "two cannot be changed: Invalid address 10.9.0.12: It does not belong to any of this network's subnets; it is as it was.",
    );
    expect(addressOf("two")).toBe("10.0.0.12");
    project.write({ "compose.yaml": text("two", "one").replace("10.0.0.12", "10.0.0.13") });
    await project.up();
    expect(addressOf("two")).toBe("10.0.0.13");
  }, 300_000);

  test.concurrent("what somebody has removed is said by a preview and made by `up`, without a refresh", async () => {
    const project = await Project.create({
      stack: "compose",
      files: {
        "compose.yaml": `name: gone
services:
  web: { image: nginx, depends_on: [db] }
  db: { image: redis, volumes: ["data:/data"] }
  beside: { image: nginx, network_mode: "service:db" }
  app: { build: ./app }
volumes: { data: { driver_opts: { type: nfs, device: ":/export" } } }
`,
        "app/Dockerfile": "FROM busybox\n",
      },
    });
    await project.up();
    expect(await project.changes("--expect-no-changes")).toEqual([]);

    project.store.remove("containers", project.container("gone-web-1"));
    expect(await project.changes()).toEqual(["replace Container gone-web-1"]);
    expect((await project.preview()).output).toContain(
      "gone-web-1: its container is not on the engine; `up` makes one.",
    );
    await project.up();
    expect(project.containers()).toEqual(["gone-app-1", "gone-beside-1", "gone-db-1", "gone-web-1"]);
    expect(await project.changes("--expect-no-changes")).toEqual([]);

    // As by `docker system prune --all --volumes`.
    for (const kind of ["containers", "volumes"] as const)
      for (const object of project.store.list(kind)) project.store.remove(kind, object as never);
    for (const image of ["nginx", "redis"]) project.store.remove("images", project.store.image(image)!);
    project.store.remove("networks", project.store.find("networks", "gone_default")!);
    await project.up();
    expect(project.containers()).toEqual(["gone-app-1", "gone-beside-1", "gone-db-1", "gone-web-1"]);
    expect(project.store.find("volumes", "gone_data")!.Options).toEqual({ type: "nfs", device: ":/export" });
    expect(project.networks()).toEqual(["gone_default"]);
    expect(await project.changes("--expect-no-changes")).toEqual([]);
    expect(await project.changes("--refresh", "--expect-no-changes")).toEqual([]);

    // What this stack builds comes from nowhere else.
    project.store.remove("containers", project.container("gone-app-1"));
    project.store.remove("images", project.store.image("gone-app")!);
    const { code, output } = await project.tryUp();
    expect(code).not.toBe(0);
    expect(output).toContain(
      "image: gone-app was built by this stack and is not on the engine any more; `pulumi up --refresh` builds it again.",
    );
    await project.must(["up", "--yes", "--skip-preview", "--refresh", "--stack", "compose"]);
    expect(project.containers()).toContain("gone-app-1");
  }, 300_000);

  test.concurrent("a tag that means another image now makes its containers anew", async () => {
    const project = await Project.create({
      stack: "compose",
      files: {
        "compose.yaml": `name: tags
services:
  one: { image: "app:1" }
  two: { image: "app:1" }
  fixed: { image: "app:1", platform: linux/amd64 }
  other: { image: nginx }
`,
      },
    });
    await project.up();
    const before = project.container("tags-other-1").Id;
    const pulled = { ...project.store.image("app:1")!, Id: "sha256:pulled" };
    project.store.put("images", pulled);
    expect((await project.changes()).sort()).toEqual(["replace Container tags-one-1", "replace Container tags-two-1"]);
    expect((await project.preview()).output).toContain(
      "tags-one-1: app:1 is another image now; `up` makes its container anew.",
    );
    await project.up();
    expect(project.container("tags-other-1").Id).toBe(before);
    expect(await project.changes("--expect-no-changes")).toEqual([]);
    // Its name was taken away: nobody knows a better one.
    project.store.remove("images", pulled);
    expect((await project.preview()).output).not.toContain("is another image now");
    expect(await project.changes("--expect-no-changes")).toEqual([]);
  }, 300_000);

  test.concurrent("every edit and removal replaces it, and what reads back differently does not", async () => {
    const project = await Project.create({ stack: "one", program: ONE_SERVICE });
    const service = {
      image: "nginx",
      platform: "linux/amd64",
      cpus: 0.5,
      capAdd: ["NET_ADMIN"],
      healthcheck: { test: "true", interval: "90s", timeout: "1m" },
      ports: ["8081:80", "8082:80"],
      environment: { MODE: "test" },
      hostname: "web",
      labels: { team: "a" },
      init: true,
    };
    project.configure({ "berth:service": service });
    await project.up();
    expect(await project.changes("--expect-no-changes")).toEqual([]);
    expect(await project.changes("--refresh", "--expect-no-changes")).toEqual([]);

    const edits: [Record<string, unknown>, string[]][] = [
      [{ hostname: undefined }, REPLACED],
      [{ environment: undefined }, BOTH],
      [{ healthcheck: { test: "true", interval: "80s", timeout: "1m" } }, REPLACED],
      [{ healthcheck: undefined, labels: undefined, init: undefined }, REPLACED],
    ];
    for (const [edit, preview] of edits) {
      project.configure({ "berth:service": { ...service, ...edit } });
      expect([edit, ...(await project.changes())]).toEqual([edit, ...preview]);
    }
  }, 300_000);

  test.concurrent("a refresh sees what was changed by hand", async () => {
    const project = await Project.create({
      stack: "one",
      program: ONE_SERVICE,
      config: { "berth:service": { image: "nginx" } },
    });
    await project.up();
    const container = project.container("web");

    const image = project.store.find("images", "nginx")!;
    project.store.put("images", { ...image, Id: "sha256:moved" });
    expect(await project.changes("--refresh")).toEqual(REPLACED);
    project.store.put("images", image);

    project.store.put("containers", {
      ...container,
      State: { Status: "exited", Running: false, Restarting: false, ExitCode: 1 },
    });
    // berth itself starts it; the provider has nothing to do.
    const { output } = await project.preview("--refresh");
    expect(output).toContain("web: its container has ended with exit code 1; with this `up` it starts again.");

    project.store.remove("containers", container);
    expect(await project.changes("--refresh")).toEqual(["create Container web"]);
    await project.must(["up", "--yes", "--skip-preview", "--refresh", "--stack", "one"]);
    expect(project.containers()).toEqual(["web"]);
  }, 300_000);
});
