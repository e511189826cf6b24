import { stringify } from "yaml";
import { describeIf } from "../skips";
import { cleanUp, missingCli, Project } from "./harness";

cleanUp();

interface Service {
  name: string;
  state: string;
  ok: boolean;
  declared: boolean;
  changed: string[];
  notes: string[];
}

/** berth without the Pulumi CLI on its PATH, the passphrase and the state. */
function berth(project: Project, ...args: string[]) {
  const env = {
    PATH: "/usr/bin:/bin",
    PULUMI_CONFIG_PASSPHRASE: "another one",
    PULUMI_BACKEND_URL: "file:///nonexistent",
    PULUMI_HOME: "/nonexistent",
  };
  return project.run(process.execPath, ["cli/berth.js", ...args], { env });
}

/** Exit code, and `name: state` of each service with what else is to be said of it. */
async function status(project: Project) {
  const { code, stdout, output } = await berth(project, "status", project.stack, "--json");
  let services: Service[];
  try {
    ({ services } = JSON.parse(stdout) as { services: Service[] });
  } catch {
    throw new Error(`no JSON:\n${output}`);
  }
  const said = services.map(({ name, state, declared, changed, notes }) =>
    [`${name}: ${state}`, ...changed, ...(declared ? [] : ["undeclared"]), ...notes].join(", "),
  );
  return { code, said };
}

const lines = (...given: string[]) => ({ "berth:commands": given });
const WEB = "docker run -d --name web -p 8080:80 nginx";

describeIf(missingCli, "berth status", () => {
  test.concurrent("follows a service from its declaration to its end, with no passphrase", async () => {
    const project = await Project.create({ stack: "run", config: lines(WEB) });
    expect(await status(project)).toEqual({ code: 1, said: ["web: missing"] });
    await project.up();
    expect(await status(project)).toEqual({ code: 0, said: ["web: running"] });

    // Changed in the program, not yet on the engine.
    project.configure(lines(WEB.replace("8080", "8081")));
    expect(await status(project)).toEqual({ code: 1, said: ["web: running, declaration"] });
    await project.up();
    expect(await status(project)).toEqual({ code: 0, said: ["web: running"] });

    const container = project.container("web");
    project.store.put("containers", {
      ...container,
      State: { ...container.State, Running: false, Status: "exited", ExitCode: 137 },
    });
    expect(await status(project)).toEqual({ code: 1, said: ["web: exited"] });
    project.store.remove("containers", container);
    expect(await status(project)).toEqual({ code: 1, said: ["web: missing"] });

    project.store.put("containers", container);
    project.configure(lines("docker run -d --name other nginx"));
    expect(await status(project)).toEqual({ code: 1, said: ["other: missing", "web: running, undeclared"] });
    await project.destroy();
    project.configure(lines(WEB));
    project.foreignContainer("web", 8080);
    expect(await status(project)).toEqual({
      code: 1,
      said: ["web: missing, a container of this name is there that the stack has not made"],
    });
  }, 300_000);

  test.concurrent("says of a failed change that the one before runs", async () => {
    const project = await Project.create({ stack: "run", config: lines(WEB) });
    await project.up();
    project.configure(lines(`${WEB} sh -c "exit 3"`));
    expect((await project.tryUp()).code).not.toBe(0);
    expect(project.containers()).toEqual(["web", "web.berth-failed"]);
    expect(await status(project)).toEqual({
      code: 1,
      said: ["web: running, declaration, the last change failed; the one before runs"],
    });
  }, 300_000);

  test.concurrent("knows what is declared where a setting is a secret", async () => {
    const project = await Project.create({ stack: "mysql", secrets: { "mysql:rootPassword": "hunter2-of-the-test" } });
    await project.up();
    const { code, output } = await berth(project, "status", "mysql");
    expect({ code, output }).toEqual({
      code: 0,
      output: expect.stringContaining("All of the stack mysql is as declared."),
    });
    for (const container of project.store.list("containers"))
      expect(JSON.stringify(container.Config.Labels)).toMatch(/"berth\.digest":"[0-9a-f]{32}"/);
  }, 300_000);

  test.concurrent("of a compose file has the names in the file, and prints them in a table", async () => {
    const services = { web: { image: "nginx", ports: ["8080:80"] }, cache: { image: "redis" } };
    const project = await Project.create({
      stack: "compose",
      files: { "compose.yaml": stringify({ name: "shop", services }) },
    });
    await project.up();
    const { stdout, code } = await berth(project, "ps", "compose");
    expect(code).toBe(0);
    expect(stdout.split("\n").map((line) => line.trim().split(/\s{2,}/))).toEqual([
      ["SERVICE", "NAME", "STATE", "PORTS", "UPTIME", "IMAGE"],
      ["web", "shop-web-1", "running", "8080->80/tcp", "3 minutes", "nginx"],
      ["cache", "shop-cache-1", "running", "3 minutes", "redis"],
      [""],
      ["All of the stack compose is as declared."],
      [""],
    ]);
  }, 300_000);

  test.concurrent("waits until all is as declared, says for whom, and gives up in the end", async () => {
    const project = await Project.create({ stack: "run", config: lines(WEB) });
    const [waited] = await Promise.all([berth(project, "status", "run", "--wait"), project.up()]);
    expect(waited).toMatchObject({ code: 0, output: expect.stringContaining("waiting for web (missing)") });
    project.store.remove("containers", project.container("web"));
    const vain = await berth(project, "status", "run", "--wait", "--timeout", "1");
    expect(vain.code).toBe(1);
    expect(vain.output).toContain("error: --wait: not as declared after 1 s: web (missing)");
  }, 300_000);

  test.concurrent("of a Swarm counts what runs of each service", async () => {
    const project = await Project.create({ stack: "run", config: { ...lines(WEB), "berth:engine": "swarm" } });
    project.store.put("swarm", { Name: "swarm", NodeAddr: "10.0.0.1" });
    expect(await status(project)).toEqual({ code: 1, said: ["web: missing"] });
    await project.up();
    expect(await status(project)).toEqual({ code: 0, said: ["web: running"] });
    const [service] = project.store.list("services");
    service!.Spec.Mode = { Replicated: { Replicas: 3 } };
    project.store.put("services", service!);
    expect(await status(project)).toEqual({ code: 1, said: ["web: running, replicas"] });
  }, 300_000);

  test.concurrent("says in one sentence that no engine answers", async () => {
    const project = await Project.create({ stack: "run", config: lines(WEB) });
    project.variables = { DOCKER_HOST: "tcp://127.0.0.1:1" };
    const { code, stdout, output } = await berth(project, "status", "run");
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(output).toMatch(/^error: no Docker engine answers at tcp:\/\/127\.0\.0\.1:1: .*ECONNREFUSED.*\n$/);
  }, 300_000);
});

describeIf(missingCli, "what runs", () => {
  test.concurrent("is stopped, started, restarted, read and opened by its names", async () => {
    const services = { web: { image: "nginx", ports: ["8080:80"] }, cache: { image: "redis" } };
    const project = await Project.create({
      stack: "compose",
      files: { "compose.yaml": stringify({ name: "shop", services }) },
    });
    const run = async (...args: string[]) => {
      const { code, output } = await berth(project, ...args);
      return [code, ...output.trim().split("\n")];
    };
    expect(await run("logs", "compose", "web")).toEqual([
      1,
      "error: shop-web-1 is not on the engine; `berth up compose` makes it",
    ]);
    await project.up();
    expect(await run("logs", "compose")).toEqual([0, "web   | a last line", "cache | a last line"]);
    expect(await run("logs", "compose", "shop-cache-1")).toEqual([0, "a last line"]);
    expect(await run("logs", "compose", "wbe")).toEqual([
      1,
      'error: the stack compose has no service "wbe"; did you mean web?',
    ]);
    expect(await run("open", "compose")).toEqual([0, "http://localhost:8080"]);
    expect((await run("open", "compose", "cache"))[1]).toContain("cache publishes no TCP port that is open now");

    expect(await run("stop", "compose")).toEqual([0, "cache: stopped", "web: stopped"]);
    expect(project.container("shop-web-1").State.Running).toBe(false);
    expect(await run("stop", "compose", "web")).toEqual([0, "web: does not run"]);
    expect((await status(project)).said).toEqual(["shop-web-1: exited", "shop-cache-1: done"]);
    expect(await run("start", "compose", "web")).toEqual([0, "web: started"]);
    expect(await run("start", "compose")).toEqual([0, "web: runs already", "cache: started"]);
    const { Id } = project.container("shop-web-1");
    expect(await run("restart", "compose", "web")).toEqual([0, "web: restarted"]);
    expect(project.container("shop-web-1").Id).toBe(Id);
    expect(await status(project)).toMatchObject({ code: 0 });
    // Nothing of that is a change to what is declared.
    expect(await project.changes("--expect-no-changes")).toEqual([]);
  }, 300_000);

  test.concurrent("with another's network is started anew with it", async () => {
    const project = await Project.create({
      stack: "run",
      config: lines(WEB, "docker run -d --name side --network container:web nginx", "docker run -d --name far nginx"),
    });
    await project.up();
    const started = project.container("far").State.StartedAt;
    const { code, output } = await berth(project, "restart", "run", "web");
    expect([code, output]).toEqual([
      0,
      "web: restarted\nside: restarted, since it shares the network of another one\n",
    ]);
    expect(project.container("far").State.StartedAt).toBe(started);
  }, 300_000);

  test.concurrent("of a Swarm is stopped by docker's own words", async () => {
    const project = await Project.create({ stack: "run", config: { ...lines(WEB), "berth:engine": "swarm" } });
    project.store.put("swarm", { Name: "swarm", NodeAddr: "10.0.0.1" });
    await project.up();
    const { code, output } = await berth(project, "stop", "run");
    expect([code, output]).toEqual([
      1,
      "error: web: berth does not do this on swarm; use `docker service scale web=0`\n",
    ]);
  }, 300_000);
});
