import * as docker from "@pulumi/docker";
import {
  checkConsent,
  checkSameNetwork,
  type DeclaredNetworkOptions,
  makerOf,
  markAdopted,
  orphanWarnings,
  sayOfAdoption,
} from "../../../../core/engines/dockerApi/adoption";
import { takerTag } from "../../../../core/engines/dockerApi/predecessors";
import { checkContainerName, checkPorts } from "../../../../core/engines/dockerApi/preflight";
import { sessionFor } from "../../../../core/engines/dockerApi/session";
import {
  type EngineSnapshot,
  type LiveContainer,
  type LiveNetwork,
  takeSnapshot,
} from "../../../../core/engines/dockerApi/snapshot";
import { namesToAdopt } from "../../../../core/pulumi/settings";
import { parseMounts } from "../../../../core/description/mounts";
import { parsePorts } from "../../../../core/description/ports";
import { useEngine } from "../../fakeEngine";
import { world } from "../../mocks";
import { refusal, sentence } from "../../refusal";

const engine = useEngine();
const OWNER = { stack: "berth/shop", owner: "me" };
const OTHER = { "berth.stack": "berth/blog", "berth.owner": "me" };
const ASIDE = `web.berth-adopted-${takerTag(OWNER)}`;

const web = (given: Partial<LiveContainer> = {}): LiveContainer => ({
  ...{ id: "c1", name: "web", image: "nginx:1.25", labels: {}, ports: [], closer: { autoRemove: false } },
  ...given,
});
const on = (...containers: LiveContainer[]): EngineSnapshot => ({
  ...{ local: true, apiVersion: "1.41", networks: [], volumes: [], images: [], listeners: [], routes: [] },
  containers,
});
const marked = (names: string[], ...containers: LiveContainer[]) =>
  markAdopted(on(...containers), OWNER, names)
    .containers.filter(({ adopted }) => adopted)
    .map(({ name }) => name);

beforeEach(() => world({ stack: "dev" }));

describe("the setting", () => {
  test.each<[string | undefined, string[]]>([
    [undefined, []],
    ["", []],
    ["web", ["web"]],
    ['["web", "shop_default"]', ["web", "shop_default"]],
  ])("%j names %j", async (value, names) => {
    await world({ config: value === undefined ? {} : { "berth:adopt": value } });
    expect(namesToAdopt()).toEqual(names);
  });

  test.each<[string, string]>([
    ["web,db", "web,db"],
    ['["web", 1]', "1"],
    ['["web", "d b"]', "d b"],
    ["[web", "[web"],
  ])("%j is refused", async (value, wrong) => {
    await world({ config: { "berth:adopt": value } });
    expect(sentence(namesToAdopt)).toMatch(new RegExp(`^berth:adopt: ${wrong.replace("[", "\\[")} is no name; `));
  });

  test("may name only what the stack has", () => {
    const check = (names: string[], late = false) =>
      checkConsent(names, { containers: ["web"], networks: ["lan"], volumes: ["data"], late });
    expect(() => check(["web", "data", "lan"])).not.toThrow();
    expect(() => check(["other"], true)).not.toThrow();
    expect(sentence(() => check(["web", "dat"]))).toBe(
      "berth:adopt: dat is the name of no container, network or volume of this stack; did you mean data? `berth pulumi config rm --path 'berth:adopt[1]' --stack dev` takes it out.",
    );
    expect(sentence(() => check(["elsewhere"]))).toContain("of this stack, which has web, lan, data.");
  });

  test("is about the stack's engine, and no other", async () => {
    await world({ config: { "berth:adopt": "web" } });
    expect(sessionFor().adopts).toEqual(["web"]);
    expect(sessionFor(new docker.Provider("other", { host: "tcp://other:2375" })).adopts).toEqual([]);
  });
});

describe("a container is taken over", () => {
  test("with consent, and else not", () => {
    expect(marked(["web"], web(), web({ id: "c2", name: "db" }))).toEqual(["web"]);
    expect(marked([], web())).toEqual([]);
  });

  test("that an apply has set aside, whatever the setting says", () => {
    const elses = `web.berth-adopted-${takerTag({ stack: "berth/shop", owner: "you" })}`;
    expect(marked([], web({ name: ASIDE }), web({ name: elses }))).toEqual([ASIDE]);
  });

  test.each<[string, LiveContainer[], string]>([
    [
      "of another stack",
      [web({ labels: OTHER })],
      "belongs to the stack berth/blog; choose another name, destroy that stack (`berth destroy blog` in its project; named volumes stay), or, where it is lost, remove the container with `docker rm -f web`.",
    ],
    [
      "of a Swarm",
      [web({ labels: { "com.docker.swarm.service.name": "web" } })],
      "is a task of the Swarm service web, which makes it again; choose another name.",
    ],
    [
      "of a pod",
      [web({ labels: { "io.kubernetes.pod.name": "p" } })],
      "is of the pod p, and the cluster makes it again; choose another name.",
    ],
    [
      "that its end removes",
      [web({ closer: { autoRemove: true } })],
      "was started with --rm: the engine removes it when it stops, with its anonymous volumes, and it could not come back; stop it with `docker stop web` (that removes it; copy out what is not in a named volume or a folder of the host), and take the name out of berth:adopt.",
    ],
    [
      "beside one that was set aside",
      [web(), web({ id: "c2", name: ASIDE })],
      `is there beside ${ASIDE}, which an \`up\` that was cut off has set aside under that name; remove the one of the two that nobody wants with \`docker rm -f\`.`,
    ],
    [
      "whose network another one has",
      [web(), web({ id: "c2", name: "side", networkMode: "container:c1" })],
      "shares its network with the container side, which would lose it; take both over, as services of this stack: `berth pulumi config set --path 'berth:adopt[1]' side --stack dev`.",
    ],
  ])("but not one %s", (_, containers, why) => {
    const snapshot = markAdopted(on(...containers), OWNER, ["web"]);
    expect(snapshot.containers[0]!.adopted).toBeUndefined();
    expect(refusal(() => checkContainerName("web", snapshot, OWNER, ["web"]))).toBe(
      `containerName: web, which berth:adopt names, ${why}`,
    );
  });

  test("with the ports that it has, which no other service gets meanwhile", () => {
    const snapshot = markAdopted(on(web({ ports: [{ ip: "0.0.0.0", port: 80, protocol: "tcp" }] })), OWNER, ["web"]);
    const check = (name?: string) => checkPorts(parsePorts(["80:80"], "ports"), "x", [], snapshot, OWNER, name);
    expect(() => check("web")).not.toThrow();
    for (const name of ["db", undefined])
      expect(refusal(() => check(name))).toBe(
        "ports[0]: 80:80: host port 80 is taken by the container web (nginx:1.25), which another service takes over; leave the ports as they are until that is done.",
      );
  });

  test("one that was set aside under another name holds its own port", () => {
    const held = { name: ASIDE, ports: [{ ip: "", port: 80, protocol: "tcp" }] };
    const snapshot = markAdopted(on(web(held)), OWNER, []);
    expect(() => checkPorts(parsePorts(["80:80"], "ports"), "x", [], snapshot, OWNER, "web")).not.toThrow();
  });
});

describe("what a preview says", () => {
  const said = (live: LiveContainer, declared: Partial<Parameters<typeof sayOfAdoption>[2]> = {}) =>
    sayOfAdoption("web", live, { image: "nginx:1.25", volumes: [], networks: [], inherits: false, ...declared }).map(
      ({ level, text }) => `${level} ${text}`,
    );
  const hash = "ab".repeat(32);

  test("what is replaced and what stays", () => {
    const mounts = [
      { type: "volume", source: "html", target: "/html" },
      { type: "bind", source: "/srv/conf", target: "/conf/" },
    ];
    const volumes = parseMounts(["html:/html", "/srv/conf:/conf"], "volumes", "/");
    expect(said(web({ mounts, created: 1_795_000_000 }), { volumes })).toEqual([
      "info web: takes over the container web (nginx:1.25, made by hand, since 2026-11-18). It is replaced, and comes back where the new one does not answer. What stays: the volume html at /html, /srv/conf of the host at /conf/.",
    ]);
    expect(said(web({ running: false }), { image: "nginx:1.27" })).toEqual([
      "info web: takes over the container web (nginx:1.25, made by hand, not running). It is replaced by one of nginx:1.27, and comes back where the new one does not answer. It has no volumes and no folders of the host.",
    ]);
  });

  test("each volume, folder and network that the new one does not have", () => {
    const mounts = [
      { type: "volume", source: hash, target: "/data" },
      { type: "volume", source: "html", target: "/html" },
      { type: "bind", source: "/srv/conf", target: "/conf" },
    ];
    const live = web({ mounts, networks: { lan: { NetworkID: "n" }, bridge: { NetworkID: "b" } } });
    expect(said(live, { volumes: parseMounts(["/data", "other:/html"], "volumes", "/") }).slice(1)).toEqual([
      `warn web: the volume ${hash} at /data is not in the description, so that the new container does not have it. It stays where it is; volumes: ["${hash}:/data"] goes on with it.`,
      'warn web: the volume html at /html is not in the description, so that the new container does not have it. It stays where it is; volumes: ["html:/html"] goes on with it.',
      'warn web: the folder /srv/conf at /conf is not in the description, so that the new container does not have it. It stays where it is; volumes: ["/srv/conf:/conf"] goes on with it.',
      "warn web: the network lan is not in the description, so that the new container does not join it.",
    ]);
    expect(said(live, { volumes: undefined, networks: undefined })).toHaveLength(1);
    expect(said(live, { inherits: true, networks: ["lan"] })).toHaveLength(1);
  });

  test("what was written inside it, and that its Compose project is over", () => {
    const labels = { "com.docker.compose.project": "shop", "com.docker.compose.project.config_files": "/srv/c.yaml" };
    const written = ["/a", "/b", "/c", "/d"];
    expect(said(web({ labels, closer: { autoRemove: false, written } })).slice(1)).toEqual([
      "warn web: files that were written inside the old container go with it: /a, /b, /c and 1 more. `docker diff web` lists them, `docker cp web:PATH .` copies one.",
      "warn web: `docker compose up` in the project shop (/srv/c.yaml) would want web back: do not use that project for it any more.",
    ]);
  });

  test("that it goes on where an apply was cut off, and what nobody goes on with", () => {
    expect(said(web({ name: ASIDE }))).toEqual([
      `info web: an \`up\` that took over the container web was cut off and has set it aside as ${ASIDE}; this one goes on from there.`,
    ]);
    const snapshot = on(web({ name: `${ASIDE}-always` }), web());
    expect(orphanWarnings(snapshot, OWNER, ["web"])).toEqual([]);
    expect(orphanWarnings(snapshot, OWNER, ["db"])).toEqual([
      `The container web was set aside as ${ASIDE}-always by an \`up\` that was cut off, and no service of the stack has its name any more; \`docker rename ${ASIDE}-always web && docker update --restart=always web && docker start web\` has it run as before.`,
    ]);
  });

  test.each<[Record<string, string>, string]>([
    [{ own: "1" }, "made by hand"],
    [{ "com.docker.compose.project": "shop" }, "made by the Compose project shop"],
    [{ "io.portainer.accesscontrol.public": "" }, "made by Portainer"],
    [
      {
        "com.docker.compose.project": "shop",
        "com.docker.compose.project.config_files": "/data/compose/7/docker-compose.yml",
      },
      "made by Portainer's stack shop",
    ],
  ])("who made it by %j", (labels, maker) => {
    expect(makerOf(labels)).toBe(maker);
  });
});

test("the engine is asked closer of what may be taken over, and tells files from folders", async () => {
  const path = (mode: number) => ({
    "x-docker-container-path-stat": Buffer.from(JSON.stringify({ mode })).toString("base64"),
  });
  engine
    .says("GET /version", { ApiVersion: "1.41" })
    .says("GET /containers/json?all=1", [
      { Id: "c1", Names: ["/web"], Image: "nginx", Mounts: [{ Type: "volume", Name: "v", Destination: "/data" }] },
      { Id: "c2", Names: ["/db"], Image: "mysql" },
    ])
    .says("GET /networks", [])
    .says("GET /volumes", { Volumes: [] })
    .says("GET /images/json", [])
    .says("GET /containers/c1/json", { HostConfig: { AutoRemove: true } })
    .says(
      "GET /containers/c1/changes",
      [
        ["/etc", 0],
        ["/etc/app.conf", 0],
        ["/etc/gone", 2],
        ["/var", 0],
        ["/var/lib", 1],
        ["/data", 1],
        ["/run/x.pid", 1],
        ["/tmp/x", 1],
      ].map(([Path, Kind]) => ({ Path, Kind })),
    )
    .on("HEAD /containers/c1/archive?path=/etc/app.conf", { headers: path(0o644) })
    .on("HEAD /containers/c1/archive?path=/var/lib", { headers: path(2 ** 31 + 0o755) });
  const { containers } = await takeSnapshot(engine.client, ["web"]);
  expect(containers.map(({ closer }) => closer)).toEqual([{ autoRemove: true, written: ["/etc/app.conf"] }, undefined]);
  expect(engine.calls.filter((call) => String(call).includes("/c2/"))).toEqual([]);
});

describe("a network is used as it is", () => {
  const live: LiveNetwork = {
    ...{ id: "n", name: "lan", driver: "bridge", labels: {}, subnets: ["10.1.0.0/24"] },
    ...{ gateways: ["10.1.0.1"], ipRanges: [], internal: false, options: { mtu: "1400" } },
  };
  const check = (declared: Partial<DeclaredNetworkOptions>) =>
    checkSameNetwork(live, { subnets: [], gateways: [], ipRanges: [], ...declared });

  test("where it is as declared, or nothing is said of it", () => {
    for (const declared of [{}, { driver: "bridge", subnets: ["10.1.0.0/24"], options: { mtu: "1400" } }])
      expect(() => check(declared)).not.toThrow();
  });

  test.each<[Partial<DeclaredNetworkOptions>, string, string]>([
    [{ driver: "macvlan" }, "driver", "has bridge and not macvlan"],
    [{ subnets: ["10.2.0.0/24"] }, "ipam.config[0].subnet", "has 10.1.0.0/24 and not 10.2.0.0/24"],
    [{ gateways: ["10.1.0.9"] }, "ipam.config[0].gateway", "has 10.1.0.1 and not 10.1.0.9"],
    [{ ipRanges: ["10.1.0.0/28"] }, "ipam.config[0].ipRange", "has none and not 10.1.0.0/28"],
    [{ internal: true }, "internal", "has false and not true"],
    [{ ipv6: true }, "enableIpv6", "has false and not true"],
    [{ options: { mtu: "9000" } }, "options.mtu", "has 1400 and not 9000"],
  ])("and refused where %j is declared", (declared, argument, difference) => {
    expect(refusal(() => check(declared))).toBe(
      `${argument}: the network lan, which berth:adopt names, ${difference}; others may be on it, so it is not made anew; declare it as it is, or choose another name.`,
    );
  });
});
