import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { OverlayNetworkArgs } from "../../components/overlayNetwork";
import type { SwarmServiceArgs } from "../../components/swarmService";
import { describeIf } from "../skips";
import {
  cleanUp,
  docker,
  errorsOf,
  freePort,
  httpStatus,
  missing,
  missingLab,
  ROOT,
  Stack,
  until,
  works,
} from "./liveStack";

const ADDRESS = "127.0.0.1";

/** Without IPVS in the kernel a Swarm takes published ports and virtual addresses, and sends nothing there. */
const missingIngress = missing ?? (existsSync("/proc/net/ip_vs") ? undefined : "the kernel has no IPVS");

const state = () => docker("info", "--format", "{{.Swarm.LocalNodeState}}");
let ours = false;

/** Whatever these tests make carries the project's label, in a Swarm too. */
function removeServices(): void {
  if (state() !== "active") return;
  const made = (kind: "service" | "secret" | "config", label: string) =>
    docker(kind, "ls", "--filter", `label=${label}`, "--format", "{{.Name}}").split("\n").filter(Boolean);
  const stacks = ["swarm", "services", "stack"].map((name) => `berth.stack=berth-live/${name}`);
  for (const kind of ["service", "secret", "config"] as const) {
    const names = stacks.flatMap((label) => made(kind, label));
    if (names.length) docker(kind, "rm", ...names);
  }
}

beforeAll(() => {
  if (missing) return;
  removeServices();
  ours = state() === "inactive";
}, 60_000);

afterAll(async () => {
  if (missing || process.env.BERTH_LIVE_KEEP) return;
  removeServices();
  if (ours && state() === "active") docker("swarm", "leave", "--force");
}, 120_000);

// After the services: they hold networks.
cleanUp();

interface Declared {
  networks?: Record<string, OverlayNetworkArgs>;
  services: Record<string, SwarmServiceArgs>;
}

const PROGRAM = `
delete require.extensions[".ts"];
require("${ROOT}/core/pulumi/patches/lazyLoading");
require("sucrase/register/ts");
const { readFileSync } = require("node:fs");
const { connectEngine } = require("${ROOT}/core/engines/dockerApi/session");
const { OverlayNetwork } = require("${ROOT}/components/overlayNetwork");
const { SwarmService } = require("${ROOT}/components/swarmService");
module.exports = async () => {
  await connectEngine();
  const { networks = {}, services } = JSON.parse(readFileSync("declared.json", "utf8"));
  for (const [name, args] of Object.entries(networks)) new OverlayNetwork(name, args);
  const made = Object.entries(services).map(([name, args]) => [name, new SwarmService(name, args)]);
  return Object.fromEntries(made.map(([name, service]) => [name, { endpoints: service.endpoints, exec: service.exec }]));
};
`;

/** A stack of services that the test itself declares. */
async function services(declared: Declared): Promise<Stack & { say(next: Declared): void }> {
  const stack = await Stack.create("services");
  writeFileSync(join(stack.folder, "index.js"), PROGRAM);
  const say = (next: Declared) => writeFileSync(join(stack.folder, "declared.json"), JSON.stringify(next));
  say(declared);
  return Object.assign(stack, { say });
}

interface Inspected {
  ID: string;
  Spec: {
    Labels: Record<string, string>;
    TaskTemplate: { ContainerSpec: Record<string, unknown>; [key: string]: unknown };
    Mode: object;
    [key: string]: unknown;
  };
}
const inspect = (name: string) => (JSON.parse(docker("service", "inspect", name)) as Inspected[])[0]!;
const running = (name: string) =>
  docker("service", "ls", "--filter", `name=${name}`, "--format", "{{.Replicas}}").split(" ")[0];
/** Runs a shell line as somebody would who follows the output `exec`. */
const inTask = (name: string, line: string) => {
  const [id] = docker("ps", "-q", "--filter", `label=com.docker.swarm.service.name=${name}`).split("\n");
  return docker("exec", id!, "sh", "-c", line);
};

describeIf(missingLab, "the documented Swarm", () => {
  const port = freePort(8888);
  let stack: Stack;

  test("F1, F2: up makes a manager and the service, which answers; again it changes nothing", async () => {
    stack = await Stack.create("swarm", {
      config: { "swarm:advertiseAddr": ADDRESS, "swarm:port": port, "swarm:publishMode": "host" },
    });
    const { output } = await stack.preview();
    expect(output).toContain(ours ? "up makes this engine the first manager of a swarm, at 127.0.0.1." : "one manager");
    await stack.up();
    expect(
      docker("info", "--format", "{{.Swarm.LocalNodeState}} {{.Swarm.NodeAddr}} {{.Swarm.ControlAvailable}}"),
    ).toBe(`active ${ADDRESS} true`);
    expect(await httpStatus(`http://localhost:${port}`)).toBe(200);
    expect(running("new_service")).toBe("1/1");
    const cluster = docker("node", "ls", "-q");
    expect(await stack.changes()).toEqual([]);
    const again = await stack.up();
    expect(again.output).toContain("there is one manager: while it is down nothing can be changed");
    expect(docker("node", "ls", "-q")).toBe(cluster);
  }, 200_000);

  test("F1: the lines to join by are outputs, and secret", async () => {
    const token = docker("swarm", "join-token", "-q", "worker");
    const line = `docker swarm join --token ${token} ${ADDRESS}:2377`;
    const outputs = ["stack", "output", "workerJoinCommand", "--stack", "swarm"];
    expect((await stack.must([...outputs, "--show-secrets"])).stdout.trim()).toBe(line);
    expect((await stack.must(outputs)).stdout).not.toContain("SWMTKN");
    expect(stack.stateText()).not.toContain("SWMTKN");
  }, 60_000);

  test("another address is refused on a preview", async () => {
    stack.set({ "swarm:advertiseAddr": "192.0.2.7" });
    const { code, output } = await stack.preview();
    expect(code).not.toBe(0);
    expect(output).toContain('Swarm "swarm": advertiseAddr: this engine is in a swarm already, at 127.0.0.1;');
    stack.set({ "swarm:advertiseAddr": ADDRESS });
  }, 60_000);

  test("destroy removes the service and stays in the swarm", async () => {
    await stack.destroy();
    expect(works("service", "inspect", "new_service")).toBe(false);
    expect(state()).toBe("active");
  }, 100_000);
});

describeIf(missingIngress, "the ingress", () => {
  test("F2: every node answers on the port", async () => {
    const port = freePort(8888);
    const stack = await Stack.create("swarm", { config: { "swarm:advertiseAddr": ADDRESS, "swarm:port": port } });
    await stack.up();
    expect(await httpStatus(`http://localhost:${port}`)).toBe(200);
    await stack.destroy();
  }, 200_000);
});

describeIf(missingLab, "services of a swarm", () => {
  beforeAll(() => {
    if (state() === "inactive") docker("swarm", "init", "--advertise-addr", ADDRESS);
  });

  /** Everything that a removal has to take away again. */
  const full: SwarmServiceArgs = {
    image: "nginx",
    environment: { COLOUR: "green", API_TOKEN: "a token of the live tests" },
    labels: { tier: "front" },
    serviceLabels: { team: "web" },
    volumes: ["berth-live-swarm:/data"],
    tmpfs: ["/scratch:size=1m,mode=1777"],
    healthcheck: { test: "true", interval: "1s" },
    extraHosts: { db: "10.0.0.9" },
    sysctls: { "net.ipv4.ip_unprivileged_port_start": "0" },
    ulimits: { nofile: 4096 },
    capAdd: ["NET_ADMIN"],
    capDrop: ["MKNOD"],
    dns: ["192.0.2.1", "192.0.2.2"],
    user: "root",
    workingDir: "/tmp",
    hostname: "front",
    stopSignal: "SIGQUIT",
    stopGracePeriod: "3s",
    shmSize: "8m",
    init: true,
    tty: true,
    pidsLimit: 200,
    memLimit: "64m",
    memReservation: "8m",
    cpus: 0.5,
    logging: { driver: "json-file", options: { "max-size": "1m" } },
    restart: "on-failure:3",
    restartPolicy: { delay: "1s", window: "10s" },
    reservations: { cpus: 0.1 },
    placement: { constraints: ["node.role == manager"], maxReplicasPerNode: 8 },
    updateConfig: {
      parallelism: 2,
      monitor: "1s",
      failureAction: "rollback",
      maxFailureRatio: 0.15,
      order: "start-first",
    },
    rollbackConfig: { order: "start-first" },
    endpointMode: "dnsrr",
  };
  const bare: SwarmServiceArgs = { image: "nginx" };
  let stack: Awaited<ReturnType<typeof services>>;
  let id: string;

  test("what is declared is what runs, and nothing changes on its own", async () => {
    stack = await services({ services: { front: full } });
    await stack.up();
    ({ ID: id } = inspect("front"));
    expect(
      inTask("front", "echo $COLOUR; hostname; pwd; ulimit -n; cat /etc/hosts | grep db; df -k /dev/shm | tail -1"),
    ).toMatch(/^green\nfront\n\/tmp\n4096\n10\.0\.0\.9\s+db\n\S+\s+8192 /);
    expect(await stack.changes()).toEqual([]);
    expect(await stack.changes(["--refresh"])).toEqual([]);
    expect(stack.stateText()).not.toContain("a token of the live tests");
  }, 200_000);

  test("scaling 1 to 3 leaves the running task alone", async () => {
    const [task] = docker("service", "ps", "-q", "--filter", "desired-state=running", "front").split("\n");
    stack.say({ services: { front: { ...full, replicas: 3 } } });
    expect(await stack.changes()).toEqual(["update SwarmService front"]);
    await stack.up();
    expect(running("front")).toBe("3/3");
    expect(inspect("front").ID).toBe(id);
    expect(docker("service", "ps", "-q", "--filter", "desired-state=running", "front").split("\n")).toContain(task);
  }, 100_000);

  test("a change by hand is repaired", async () => {
    docker("service", "update", "-d", "--replicas", "5", "--label-add", "by=hand", "--env-add", "COLOUR=red", "front");
    await stack.up(["--refresh"]);
    const { Labels, Mode, TaskTemplate } = inspect("front").Spec;
    expect(Labels).not.toHaveProperty("by");
    expect(Mode).toEqual({ Replicated: { Replicas: 3 } });
    expect(TaskTemplate.ContainerSpec.Env).toContain("COLOUR=green");
    expect(stack.stateText()).not.toContain("a token of the live tests");
    expect(await stack.changes(["--refresh"])).toEqual([]);
  }, 200_000);

  test("every removal takes effect, in place", async () => {
    stack.say({ services: { front: bare } });
    await stack.up();
    const { ID, Spec } = inspect("front");
    expect(ID).toBe(id);
    const { Image, ...container } = Spec.TaskTemplate.ContainerSpec;
    expect(Image).toMatch(/^nginx:latest@sha256:/);
    expect(container).toEqual({ Isolation: "default", DNSConfig: {}, StopGracePeriod: 1e10 });
    expect(Spec.TaskTemplate).toMatchObject({
      Resources: { Limits: {}, Reservations: {} },
      RestartPolicy: { Condition: "any", Delay: 5e9, MaxAttempts: 0, Window: 0 },
    });
    expect(Spec.TaskTemplate).not.toHaveProperty("LogDriver");
    expect(Spec.TaskTemplate.Placement).not.toHaveProperty("Constraints");
    expect(Object.keys(Spec.Labels).sort()).toEqual(["berth.owner", "berth.service", "berth.stack"]);
    expect(Spec.EndpointSpec).toEqual({ Mode: "vip" });
    expect(await stack.changes(["--refresh"])).toEqual([]);
  }, 200_000);

  test("from replicas to one on each node: the service is made anew", async () => {
    stack.say({ services: { front: { ...bare, global: true } } });
    await stack.up();
    const { ID, Spec } = inspect("front");
    expect(ID).not.toBe(id);
    expect(Spec.Mode).toEqual({ Global: {} });
    expect(running("front")).toBe("1/1");
  }, 200_000);

  test("a service that does not come up fails with its last lines", async () => {
    stack.say({
      services: {
        front: { ...bare, command: ["sh", "-c", "echo no luck; exit 3"], restartPolicy: { delay: "100ms" } },
      },
    });
    const failed = await stack.tryUp();
    expect(failed.code).not.toBe(0);
    expect(errorsOf(failed)).toMatch(/front does not come up\. A task is failed: .*exit code 3[\s\S]*no luck/);
  }, 200_000);

  test("a name that somebody else's service has is refused on a preview", async () => {
    docker("service", "create", "-d", "--name", "berth-live-other", "--label", "berth.stack=berth-live/stack", "nginx");
    stack.say({ services: { front: { ...bare, serviceName: "berth-live-other" } } });
    const { code, output } = await stack.preview();
    docker("service", "rm", "berth-live-other");
    expect(code).not.toBe(0);
    expect(output).toContain(
      'SwarmService "front": serviceName: a service named berth-live-other is in the swarm already, made by the stack berth-live/stack; choose another name, or remove it with `docker service rm berth-live-other`.',
    );
  }, 100_000);

  test("an apply that was killed is resumed", async () => {
    stack.say({ services: {} });
    await stack.up();
    stack.say({ services: { front: { ...bare, secrets: [{ source: "word", content: "abracadabra" }] } } });
    await stack.up();
    const before = inspect("front").ID;
    // What the state of a killed apply looks like: the engine has the service, the state does not.
    await stack.must(["state", "delete", "--yes", "--stack", "services", urn("Service", "front")]);
    await stack.up();
    expect(inspect("front").ID).not.toBe(before);
    expect(inTask("front", "cat /run/secrets/word")).toBe("abracadabra");
    expect(await stack.changes()).toEqual([]);
  }, 200_000);

  const urn = (kind: string, name: string) => {
    const state = JSON.parse(readFileSync(join(stack.backend, ".pulumi/stacks/berth-live/services.json"), "utf8")) as {
      checkpoint: { latest: { resources: { urn: string }[] } };
    };
    return state.checkpoint.latest.resources.find((resource) => resource.urn.endsWith(`:${kind}::${name}`))!.urn;
  };

  test("a secret and a config rotate without a clash", async () => {
    const rotated = (word: string): Declared => ({
      services: {
        front: {
          ...bare,
          secrets: [{ source: "word", content: `secret ${word}` }],
          configs: [{ source: "site", target: "/etc/site", content: `config ${word}` }],
        },
      },
    });
    stack.say(rotated("one"));
    await stack.up();
    const { ID } = inspect("front");
    stack.say(rotated("two"));
    await stack.up();
    expect(inTask("front", "cat /run/secrets/word /etc/site")).toBe("secret twoconfig two");
    expect(inspect("front").ID).toBe(ID);
    expect(docker("secret", "ls", "-q").split("\n")).toHaveLength(1);
    expect(docker("config", "ls", "-q").split("\n")).toHaveLength(1);
    expect(stack.stateText()).not.toContain("secret one");
    expect(stack.stateText()).not.toContain(Buffer.from("secret two").toString("base64"));
    expect(await stack.changes(["--refresh"])).toEqual([]);
  }, 200_000);

  test("B4: an update that starts first loses no request", async () => {
    const web: SwarmServiceArgs = {
      image: "nginx:1.7.9",
      networks: ["berth-live-overlay"],
      // The name gives the tasks' own addresses: a virtual one needs IPVS.
      endpointMode: "dnsrr",
      replicas: 2,
      healthcheck: { test: "curl -so /dev/null http://127.0.0.1/", interval: "1s" },
      stopSignal: "SIGQUIT",
      updateConfig: { order: "start-first", monitor: "1s" },
    };
    const networks = { "berth-live-overlay": { attachable: true, subnet: "10.99.7.0/24" } };
    stack.say({ networks, services: { web } });
    await stack.up();
    const loop = "while :; do curl -s -m 5 -o /dev/null -w '%{http_code}\\n' http://web/; sleep 0.02; done";
    const client = docker("run", "-d", "--network", "berth-live-overlay", "nginx", "sh", "-c", loop);
    try {
      await until("the client asks", () => docker("logs", client).includes("200"));
      stack.say({ networks, services: { web: { ...web, image: "nginx:1.8" } } });
      await stack.up();
      const codes = docker("logs", client).split("\n");
      expect(codes.length).toBeGreaterThan(100);
      expect(codes.filter((code) => code !== "200")).toEqual([]);
    } finally {
      docker("rm", "-f", client);
    }
  }, 300_000);

  test("a network's other subnet: the services move over", async () => {
    const { ID } = inspect("web");
    const declared = JSON.parse(readFileSync(join(stack.folder, "declared.json"), "utf8")) as Declared;
    stack.say({ ...declared, networks: { "berth-live-overlay": { attachable: true, subnet: "10.99.8.0/24" } } });
    await stack.up();
    expect(inspect("web").ID).toBe(ID);
    expect(
      docker("network", "inspect", "berth-live-overlay", "--format", "{{range .IPAM.Config}}{{.Subnet}}{{end}}"),
    ).toBe("10.99.8.0/24");
    expect(running("web")).toBe("2/2");
  }, 300_000);

  test("destroy takes everything away", async () => {
    await stack.destroy();
    expect(docker("service", "ls", "-q", "--filter", "label=berth.stack=berth-live/services")).toBe("");
    // A node keeps it until its last task has ended.
    await until("the network is gone", () => !works("network", "inspect", "berth-live-overlay"));
    // Volumes stay on the nodes.
    expect(works("volume", "inspect", "berth-live-swarm")).toBe(true);
    docker("volume", "rm", "berth-live-swarm");
  }, 100_000);
});

describeIf(missingLab, "a compose file as a stack", () => {
  test("F3: docker stack deploy, with a secret and a config that rotate", async () => {
    const port = freePort(8899);
    const stack = await Stack.create("stack", {
      config: { "berth:engine": "swarm", "berth:program": "compose", "berth:projectName": "shop" },
    });
    const folder = join(stack.folder, "shop");
    mkdirSync(folder);
    writeFileSync(
      join(folder, "compose.yaml"),
      `services:
  web:
    image: nginx
    ports: [{target: 80, published: ${port}, mode: host}]
    secrets: [password]
    configs: [{source: site, target: /etc/site.conf}]
    deploy:
      labels: {team: shop}
      update_config: {order: stop-first, monitor: 1s}
      placement: {constraints: [node.role == manager]}
  worker:
    image: nginx
    deploy: {replicas: 2, endpoint_mode: dnsrr}
secrets: {password: {file: ./password.txt}}
configs: {site: {file: ./site.conf}}
`,
    );
    writeFileSync(join(folder, "password.txt"), "hunter2");
    writeFileSync(join(folder, "site.conf"), "a=1\n");
    stack.set({ "berth:files": [join(folder, "compose.yaml")] });
    expect((await stack.up()).output).not.toContain("is for a Swarm");
    expect(docker("stack", "services", "shop", "--format", "{{.Name}} {{.Replicas}}").split("\n").sort()).toEqual([
      "shop_web 1/1",
      "shop_worker 2/2",
    ]);
    expect(await httpStatus(`http://localhost:${port}`)).toBe(200);
    expect(
      inTask(
        "shop_web",
        "cat /run/secrets/password /etc/site.conf; curl -s -o /dev/null -w '%{http_code}' http://tasks.worker/",
      ),
    ).toBe("hunter2a=1\n200");
    expect(inspect("shop_web").Spec.Labels).toMatchObject({ team: "shop", "com.docker.stack.namespace": "shop" });
    expect(await stack.changes()).toEqual([]);
    writeFileSync(join(folder, "password.txt"), "hunter3");
    const { ID } = inspect("shop_web");
    await stack.up();
    expect(inTask("shop_web", "cat /run/secrets/password")).toBe("hunter3");
    expect(inspect("shop_web").ID).toBe(ID);
    expect(stack.stateText()).not.toMatch(/hunter[23]/);
    await stack.destroy();
    expect(docker("stack", "ls", "--format", "{{.Name}}")).toBe("");
    rmSync(folder, { recursive: true });
  }, 300_000);
});
