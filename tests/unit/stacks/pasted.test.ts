import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ComposeProject } from "../../../components/composeProject";
import { DockerRun } from "../../../components/dockerRun";
import { run } from "../../../stacks";
import { CONTAINER, IMAGE, NETWORK, quiet, VOLUME, type World, world, type WorldOptions } from "../mocks";
import { sentence } from "../refusal";

let w: World;

async function stack(name: string, config: Record<string, string> = {}, options: WorldOptions = {}) {
  w = await world({ stack: name, config: { "berth:owner": "me", ...config }, ...options });
  const outputs = await run({ engine: false });
  await w.done();
  expect(w.lateErrors()).toEqual([]);
  return outputs;
}
const refused = (name: string, config: Record<string, string> = {}) =>
  world({ stack: name, config }).then(async (fresh) => {
    w = fresh;
    const error = (await run({ engine: false }).catch((problem: unknown) => problem)) as Error;
    expect(w.resources).toEqual([]);
    return error.message;
  });
const flask = join(__dirname, "../../../stacks/flask");

describe("flask", () => {
  test("C2: the built image, the volume, the link's start order", async () => {
    await stack("flask", { "flask:port": "5055" });
    expect(w.one(IMAGE, "flask-web").inputs.build).toMatchObject({ context: flask });
    const { inputs } = w.one(CONTAINER, "flask-web-1");
    expect(inputs.ports).toMatchObject([{ internal: 5000, external: 5055 }]);
    expect(inputs.volumes).toMatchObject([
      { hostPath: flask, containerPath: "/code" },
      { volumeName: "flask_logvolume01", containerPath: "/var/log" },
    ]);
    expect(w.one(CONTAINER, "flask-web-1").dependencies.join()).toContain("flask-redis-1");
  });

  test("C3: the mode is set, the smaller Redis runs", async () => {
    await stack("flask", { "flask:setup": "C3" });
    expect(w.one(CONTAINER, "flask-web-1").inputs.envs).toEqual(["FLASK_ENV=development"]);
    expect(w.one(CONTAINER, "flask-redis-1").inputs.image).toBe("redis:alpine");
  });
});

describe("jenkins", () => {
  test("C1: settings reach their places", async () => {
    await stack("jenkins", {
      "jenkins:tlsPort": "443",
      "jenkins:nginxFolder": "/srv/nginx",
      "jenkins:jenkinsHome": "home",
    });
    const { inputs } = w.one(CONTAINER, "jenkins-docker_nginx-1");
    expect(inputs.ports).toMatchObject([{ external: 80 }, { internal: 443, external: 443 }]);
    expect(inputs.volumes).toContainEqual({ hostPath: "/srv/nginx/html", containerPath: "/usr/share/nginx/html" });
    // A name is a volume; with its data it stays.
    expect(w.one(VOLUME, "home").retainOnDelete).toBe(true);
  });
});

describe("compose", () => {
  const files = (...names: string[]) => ({ "berth:files": JSON.stringify(names.map((name) => join(flask, name))) });

  test("C4: the named files, merged", async () => {
    await stack("compose-shop", {
      ...files("docker-compose.yml", "docker-compose.v2.yml"),
      "berth:projectName": "shop",
    });
    const { inputs } = w.one(CONTAINER, "shop-web-1");
    expect(inputs.envs).toEqual(["FLASK_ENV=development"]);
    expect(inputs.volumes).toHaveLength(2);
    expect(w.one(CONTAINER, "shop-redis-1").inputs.image).toBe("redis:alpine");
    expect(w.one(NETWORK, "shop_default").inputs.name).toBe("shop_default");
  });

  test("C5: data goes only when asked for", async () => {
    await stack("compose", files("docker-compose.yml"));
    expect(w.one(VOLUME).retainOnDelete).toBe(true);
    await stack("compose", { ...files("docker-compose.yml"), "berth:removeVolumes": "true" });
    expect(w.one(VOLUME).retainOnDelete).toBe(false);
  });

  test("what the engine layer refuses is said by its place in the file, but not where code has set it", async () => {
    const folder = mkdtempSync(join(tmpdir(), "berth compose-"));
    const file = join(folder, "compose.yaml");
    writeFileSync(file, "services:\n  web:\n    image: nginx:1.27\n    oom_score_adj: 5\n");
    try {
      expect(await refused("compose", { "berth:files": JSON.stringify([file]) })).toBe(
        `${file}:4:20: services.web.oom_score_adj: the Docker provider cannot set the OOM score; set mem_limit and mem_reservation instead.`,
      );
      writeFileSync(file, "services:\n  web:\n    image: nginx:1.27\n    stop_grace_period: 5s\n");
      await world();
      const project = () => new ComposeProject("code", { files: [file], services: { web: { stopGracePeriod: "0s" } } });
      expect(sentence(project)).toMatch(/^services\.web\.stop_grace_period: the Docker provider takes 0s for none/);
      // Here nothing holds the network back, which was declared before.
      await quiet();
      writeFileSync(file, "services:\n  web:\n    imgae: nginx\n");
      expect(sentence(project)).toMatch(/^\S+ compose-\w+\/compose\.yaml:3:5: services\.web/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("a file that is not there makes nothing", async () => {
    expect(await refused("compose", files("nowhere.yml"))).toMatch(/nowhere\.yml/);
  });

  test("a setting that is not known is refused, those of every stack are not", async () => {
    expect(await refused("compose", { "berth:file": "x", "berth:program": "compose" })).toMatch(
      /^berth:file: is not a setting of the berth stack; use berth:files, /,
    );
  });
});

describe("run", () => {
  test("a wrong setting of the stack is said, though it stands in no line", async () => {
    const mirrors = JSON.stringify({ "docker.io": "https://mirror.example" });
    const config = { "berth:commands": '["docker run -d --name web nginx"]', "berth:imageMirrors": mirrors };
    expect(await refused("run", config)).toMatch(
      /^berth:imageMirrors\["docker\.io"\]: "https:\/\/mirror\.example" is not the beginning of an image's name; use a host/,
    );
  });

  const lines = (...commands: string[]) => ({ "berth:commands": JSON.stringify(commands) });

  test("pasted lines, with the network that they make and the link between them", async () => {
    const outputs = await stack(
      "run",
      lines(
        "docker network create --subnet 10.9.0.0/24 mine",
        "docker run -d --name db --net mine redis:7",
        "docker run -d --name web --net mine --link db:cache -p 8080:80 nginx:1.27",
      ),
    );
    expect(Object.keys(outputs)).toEqual(["containers", "endpoints"]);
    expect(w.one(NETWORK, "mine").inputs.ipamConfigs).toMatchObject([{ subnet: "10.9.0.0/24" }]);
    expect(w.one(CONTAINER, "db").inputs.networksAdvanced).toMatchObject([{ name: "mine", aliases: ["cache"] }]);
    expect(w.one(CONTAINER, "web").dependencies.join()).toContain("db");
  });

  test("a slip is warned of", async () => {
    await stack("run", lines("docker run -d --name db -p 3306:3306 -e MYSQL_ALLOW_EMPTY_PASSWORD=1 mysql:8"));
    expect(w.warnings.join("\n")).toMatch(/services\.db\.ports\[0\]: .*MYSQL_ALLOW_EMPTY_PASSWORD=1 lets everybody in/);
  });

  test("a secret is in clear where the line has it, and not where the setting is encrypted", async () => {
    const line = lines("docker run -d --name db -e POSTGRES_PASSWORD=qwertz17 -e PGUSER=me postgres:16");
    await stack("run", line);
    expect(w.warnings.join("\n")).toContain("services.db.environment.POSTGRES_PASSWORD: is a secret in clear");
    // As the CLI tells the program which settings are encrypted.
    process.env.PULUMI_CONFIG_SECRET_KEYS = '["berth:commands"]';
    process.env.BERTH_TEST_PASSWORD = "qwertz17";
    try {
      await stack("run", line);
      expect(w.warnings.join("\n")).not.toContain("in clear");
      delete process.env.PULUMI_CONFIG_SECRET_KEYS;
      await stack("run", lines("docker run -d --name db -e POSTGRES_PASSWORD=$BERTH_TEST_PASSWORD postgres:16"));
      expect(w.warnings.join("\n")).not.toContain("in clear");
    } finally {
      delete process.env.BERTH_TEST_PASSWORD;
      delete process.env.PULUMI_CONFIG_SECRET_KEYS;
    }
  });

  test("no lines, and a wrong one", async () => {
    expect(await refused("run")).toBe(
      "berth:commands: names no line; add one with `pulumi config set --path 'berth:commands[0]' 'docker run ...'`.",
    );
    const message = await refused("run", lines("docker run --publsh 80:80 nginx"));
    expect(message).toContain("--publsh");
    expect(message).toContain("^");
  });

  // Nothing but the engine layer knows that it cannot do these.
  test.each([
    ["--uts host", "--uts: the Docker provider cannot set the UTS namespace; set --hostname, or remove it.", "host"],
    [
      "--annotation a=b",
      "--annotation: the Docker provider cannot set OCI annotations; use --label, or remove it.",
      "a=b",
    ],
    [
      "--oom-score-adj 5",
      "--oom-score-adj: the Docker provider cannot set the OOM score; set --memory and --memory-reservation instead.",
      "5",
    ],
    [
      "--memory-swappiness 5",
      "--memory-swappiness: the Docker provider cannot set swappiness; set --memory-swap equal to --memory to do without swap.",
      "5",
    ],
    [
      "--dns 8.8.8.8 --dns 1.1.1.1",
      "--dns: the Docker provider cannot keep the order 8.8.8.8, 1.1.1.1; write --dns 1.1.1.1 --dns 8.8.8.8 if the order does not matter, or set it in the engine's daemon.json.",
      "8.8.8.8",
    ],
    [
      "--link db",
      "--link: links are legacy and the Docker provider cannot make them; give the line of that container too, or put both onto one network with --network.",
      "db",
    ],
    [
      "--stop-timeout 0",
      "--stop-timeout: the Docker provider takes 0s for none, and the engine then waits 10s; write --stop-timeout 1, or --stop-signal SIGKILL to kill at once.",
      "0",
    ],
  ])("what the engine layer refuses is said in the words of the line: %s", async (flags, message, place) => {
    const line = `docker run --name web ${flags} nginx:1`;
    const [said, row, mark] = (await refused("run", lines(line))).split("\n");
    expect(said).toBe(message);
    expect(row!.trim()).toBe(line);
    expect(row!.slice(mark!.indexOf("^"), mark!.length)).toBe(place);
  });

  test("an empty argument, too, and what code has set over the line in the words of the code", async () => {
    expect(await refused("run", lines("docker run -d redis:7 redis-server --save ''"))).toMatch(
      /^command: the Docker provider cannot pass an empty argument; give the program with --entrypoint: then the whole line goes through it\.\n.*\n +\^\^$/,
    );
    await world();
    const code = () =>
      new DockerRun("web", { lines: ["docker run -d --name web nginx:1"], services: { web: { uts: "host" } } });
    expect(sentence(code)).toBe(
      'Service "web": uts: the Docker provider cannot set the UTS namespace; set hostname, or remove it.',
    );
  });
});
