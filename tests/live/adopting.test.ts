// What runs already becomes a stack's own, with its data. Nobody has given these things a label of the stack: they are
// taken away by their names.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { engineAddress } from "../../core/engines/dockerApi/connection/address";
import { EngineClient } from "../../core/engines/dockerApi/connection/client";
import { setAsideAs } from "../../core/engines/dockerApi/predecessors";
import { describeIf } from "../skips";
import { cleanUp, docker, inside, inspect, killAt, missing, shell, Stack, until, works } from "./liveStack";

cleanUp();

const PORT = 23790;
const NAME = "live-adopt";
const URL = `http://localhost:${PORT}`;
const PAGE = "/usr/share/nginx/html/index.html";
const LINE = `docker run -d --name ${NAME} -p ${PORT}:80 --network ${NAME}-lan --network-alias www -v ${NAME}-html:/usr/share/nginx/html --restart always nginx:1.25`;

/** Names that begin so, of one kind. */
const named = (list: string, format: string) =>
  docker(...list.split(" "), "--format", format)
    .split("\n")
    .filter((name) => /^live-?adopt/.test(name));
const containers = () => named("ps -a", "{{.Names}}").sort();

function tidy(): void {
  if (missing) return;
  const steps: [string, string[]][] = [
    ["rm -f -v", containers()],
    ["network rm", named("network ls", "{{.Name}}")],
    ["volume rm", named("volume ls", "{{.Name}}")],
  ];
  for (const [command, names] of steps) if (names.length) docker(...command.split(" "), ...names);
}
beforeAll(tidy, 60_000);
afterEach(tidy, 60_000);

/** A web server that somebody has started by hand, with a page of his own. */
function startedByHand(): string {
  docker("network", "create", `${NAME}-lan`);
  shell(LINE);
  inside(NAME, "sh", "-c", `echo the old page > ${PAGE}`);
  return inspect(NAME).Id;
}

const lines = (line: string, ...adopt: string[]) => ({
  "berth:program": "run",
  "berth:commands": [`docker network create ${NAME}-lan`, line],
  "berth:adopt": adopt.length ? adopt : undefined,
});
const page = async () => (await fetch(URL, { signal: AbortSignal.timeout(5000) })).text();
const unchanged = async (stack: Stack) =>
  expect((await stack.changes(["--expect-no-changes"])).filter((change) => !change.startsWith("read "))).toEqual([]);

describeIf(missing, "what runs already", () => {
  test("made by hand: its data, network and port stay, and destroy leaves what the stack has not made", async () => {
    const old = startedByHand();
    const stack = await Stack.create("adopt-hand", { config: lines(LINE) });
    expect((await stack.preview()).output).toContain("berth pulumi config set --path 'berth:adopt[0]'");
    stack.set(lines(LINE, NAME, `${NAME}-lan`));
    const { output } = await stack.preview();
    expect(output).toMatch(new RegExp(`takes over the container ${NAME} \\(nginx:1.25, made by hand, since `));
    expect(output).toContain(`What stays: the volume ${NAME}-html at /usr/share/nginx/html.`);
    expect(inspect(NAME).Id).toBe(old);
    await stack.up();
    expect(containers()).toEqual([NAME]);
    expect(inspect(NAME).Id).not.toBe(old);
    expect(await page()).toBe("the old page\n");
    await unchanged(stack);
    await stack.destroy();
    expect(works("network", "inspect", `${NAME}-lan`)).toBe(true);
    expect(docker("run", "--rm", "-v", `${NAME}-html:/html`, "busybox", "cat", "/html/index.html")).toBe(
      "the old page",
    );
  }, 300_000);

  test("that does not answer as the stack declares it: the old one comes back as it was", async () => {
    const old = startedByHand();
    const before = inspect(NAME);
    const failing = `${LINE.replace("always", "no")} sh -c "exit 3"`;
    const stack = await Stack.create("adopt-fails", { config: lines(failing, NAME, `${NAME}-lan`) });
    const { output } = await stack.tryUp();
    expect(output).toContain(`The container ${NAME} from before this change runs again`);
    const after = inspect(NAME);
    expect(after.Id).toBe(old);
    expect(after.HostConfig).toEqual(before.HostConfig);
    const lan = `${NAME}-lan`;
    const aliases = ({ NetworkSettings }: typeof after) =>
      (NetworkSettings as unknown as { Networks: Record<string, { Aliases: string[] }> }).Networks[lan]!.Aliases;
    expect(aliases(after)).toEqual(aliases(before));
    expect(await until("it answers", page)).toBe("the old page\n");
    stack.set(lines(LINE, NAME, lan));
    await stack.up();
    expect(containers()).toEqual([NAME]);
    expect(await page()).toBe("the old page\n");
    await unchanged(stack);
    await stack.destroy();
  }, 300_000);

  test("where the up is killed in the middle: the next one goes on", async () => {
    const old = startedByHand();
    const stack = await Stack.create("adopt-killed", { config: lines(LINE, NAME, `${NAME}-lan`) });
    await killAt(stack, "up", () => containers().some((name) => setAsideAs(name)?.taker !== undefined));
    expect(works("container", "inspect", old)).toBe(true);
    await stack.up();
    expect(containers()).toEqual([NAME]);
    expect(inspect(NAME).Id).not.toBe(old);
    expect(await page()).toBe("the old page\n");
    await unchanged(stack);
    await stack.destroy();
  }, 300_000);

  test("made by Compose: the stack of the same file takes the whole project over", async () => {
    const folder = mkdtempSync(join(tmpdir(), "berth-adopt-"));
    const file = join(folder, "compose.yaml");
    writeFileSync(
      file,
      `name: liveadopt
services:
  web:
    image: nginx:1.25
    ports: ["${PORT}:80"]
    volumes: ["html:/usr/share/nginx/html"]
  cache:
    image: redis:alpine
    volumes: ["data:/data"]
volumes: { html: , data: }
`,
    );
    try {
      shell(`docker compose -f ${file} up -d`);
      inside("liveadopt-web-1", "sh", "-c", `echo of Compose > ${PAGE}`);
      inside("liveadopt-cache-1", "sh", "-c", "echo kept > /data/mine");
      const old = ["web", "cache"].map((key) => inspect(`liveadopt-${key}-1`).Id);
      const stack = await Stack.create("adopt-compose", {
        config: {
          "berth:program": "compose",
          "berth:files": [file],
          "berth:adopt": ["liveadopt-web-1", "liveadopt-cache-1", "liveadopt_default"],
        },
      });
      const { output } = await stack.preview();
      expect(output).toContain("made by the Compose project liveadopt");
      expect(output).toContain(
        `\`docker compose up\` in the project liveadopt (${file}) would want liveadopt-web-1 back`,
      );
      await stack.up();
      expect(containers()).toEqual(["liveadopt-cache-1", "liveadopt-web-1"]);
      for (const id of old) expect(works("container", "inspect", id)).toBe(false);
      expect(await page()).toBe("of Compose\n");
      expect(inside("liveadopt-cache-1", "cat", "/data/mine")).toBe("kept");
      // They find one another by the names of their services.
      expect(inside("liveadopt-web-1", "getent", "hosts", "cache")).toContain("cache");
      await unchanged(stack);
      await stack.destroy();
      expect(named("volume ls", "{{.Name}}").sort()).toEqual(["liveadopt_data", "liveadopt_html"]);
      expect(works("network", "inspect", "liveadopt_default")).toBe(true);
    } finally {
      rmSync(folder, { recursive: true });
    }
  }, 300_000);

  test("made by a call of the API, as Portainer does: it goes on with an anonymous volume", async () => {
    const client = new EngineClient(engineAddress({}, { DOCKER_HOST: process.env.DOCKER_HOST }));
    const { Id } = await client.request<{ Id: string }>("POST", `/containers/create?name=${NAME}`, {
      Image: "nginx:1.25",
      Labels: { "io.portainer.accesscontrol.users": "ada" },
      Volumes: { "/usr/share/nginx/html": {} },
      HostConfig: {
        PortBindings: { "80/tcp": [{ HostPort: String(PORT) }] },
        RestartPolicy: { Name: "unless-stopped" },
      },
    });
    await client.request("POST", `/containers/${Id}/start`);
    client.close();
    inside(NAME, "sh", "-c", `echo of Portainer > ${PAGE}`);
    const volume = inspect(NAME).Mounts[0]!.Name!;
    const line = (mount: string) => `docker run -d --name ${NAME} -p ${PORT}:80${mount} nginx:1.25`;
    const config = (mount: string) => ({ ...lines(line(mount), NAME), "berth:commands": [line(mount)] });
    const stack = await Stack.create("adopt-portainer", { config: config("") });
    const { output } = await stack.preview();
    expect(output).toContain("made by Portainer, since");
    expect(output).toContain(`the volume ${volume} at /usr/share/nginx/html is not in the description`);
    stack.set(config(` -v ${volume}:/usr/share/nginx/html`));
    await stack.up();
    expect(await page()).toBe("of Portainer\n");
    await unchanged(stack);
    await stack.destroy();
    expect(containers()).toEqual([]);
    expect(works("volume", "inspect", volume)).toBe(true);
    docker("volume", "rm", volume);
  }, 300_000);
});
