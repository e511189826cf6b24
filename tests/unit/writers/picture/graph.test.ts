import { parseCompose } from "../../../../core/readers/compose";
import { parseDockerLines } from "../../../../core/readers/dockerRun";
import { pictureOfObjects } from "../../../../core/writers/picture/ofObjects";
import { gpuText, pictureOfProject } from "../../../../core/writers/picture/ofProject";
import type { Picture } from "../../../../core/writers/picture/picture";

const context = { folder: "/srv", environment: {}, home: "/home/ada", secretsLater: true };
const compose = (text: string): Picture =>
  pictureOfProject(parseCompose(text, { name: "compose.yaml", projectName: "shop" }, context), { folder: "/srv" });
const lines = (...given: string[]): Picture =>
  pictureOfProject(parseDockerLines(given, "setup", context), { folder: "/srv" });
const card = ({ cards }: Picture, name: string) => cards.find((one) => one.name === name)!;

test("published ports: the address outside, the port inside; ranges are one row", () => {
  const { cards } = lines(
    "docker run -d --name web -p 127.0.0.1:8080:80 -p 53:53/udp -p 3000-3005:3000-3005 -p 9000 -P nginx:1.27",
  );
  expect(cards[0]!.ports).toEqual([
    { outside: "127.0.0.1:8080", inside: "80" },
    { outside: "53", inside: "53/udp" },
    { outside: "3000-3005", inside: "3000-3005" },
    { outside: "any port", inside: "9000" },
    { outside: "any ports", inside: "all" },
  ]);
});

test("volumes and folders: one store for each, whoever mounts it; a folder of the project is relative", () => {
  const picture = lines(
    "docker run -d --name box-a -v data:/a -v /srv/html:/html:ro -v /cache --tmpfs /run nginx:1.27",
    "docker run -d --name box-b -v data:/b -v /cache nginx:1.27",
  );
  expect(picture.stores).toEqual([
    { id: "v1", kind: "volume", name: "data" },
    { id: "v2", kind: "path", name: "./html" },
    { id: "v3", kind: "volume", name: "anonymous" },
    { id: "v4", kind: "volume", name: "anonymous" },
  ]);
  expect(card(picture, "box-a").mounts).toEqual([
    { path: "/a", readOnly: false, store: "v1" },
    { path: "/html", readOnly: true, store: "v2" },
    { path: "/cache", readOnly: false, store: "v3" },
  ]);
  expect(card(picture, "box-b").mounts.map(({ store }) => store)).toEqual(["v1", "v4"]);
});

test("networks: a box with its subnet; a service stands in one and names the others", () => {
  const picture = compose(`
services:
  web: {image: "nginx:1.27", networks: [front, back]}
  api: {image: "nginx:1.27", networks: [back]}
  edge: {image: "nginx:1.27", networks: [front]}
networks:
  front: {internal: true}
  back: {ipam: {config: [{subnet: 10.1.0.0/24}]}}
`);
  expect(picture.boxes).toEqual([
    { id: "n1", kind: "network", labels: [{ name: "shop_back", detail: "10.1.0.0/24" }] },
    { id: "n2", kind: "network", labels: [{ name: "shop_front", detail: "internal" }] },
  ]);
  expect(picture.cards.map(({ name, box }) => [name, box])).toEqual([
    ["web", "n1"],
    ["api", "n1"],
    ["edge", "n2"],
  ]);
  expect(card(picture, "web").chips).toEqual([{ kind: "network", text: "shop_front" }]);
});

test("networks with the same members share a box, and none is left empty that could have a member", () => {
  const both = "services:\n  a: {image: 'x:1', networks: [one, two]}\n  b: {image: 'x:1', networks: [one, two]}\n";
  const shared = compose(`${both}networks: {one: {}, two: {}}\n`);
  expect(shared.boxes.map(({ labels }) => labels.map(({ name }) => name))).toEqual([["shop_one", "shop_two"]]);
  expect(shared.cards.flatMap(({ chips }) => chips)).toEqual([]);

  const moved = compose(`
services:
  a: {image: "x:1", networks: [one]}
  b: {image: "x:1", networks: [one, two]}
networks: {one: {}, two: {}, three: {}}
`);
  expect(moved.cards.map(({ box }) => moved.boxes.find(({ id }) => id === box)!.labels[0]!.name)).toEqual([
    "shop_one",
    "shop_two",
  ]);
});

test("no network, the host's, and another container's", () => {
  const picture = lines(
    "docker run -d --name box-a --network host nginx:1.27",
    "docker run -d --name box-b --network none nginx:1.27",
    "docker run -d --name box-c --network container:box-a nginx:1.27",
  );
  expect(picture.boxes).toEqual([]);
  expect(card(picture, "box-a").chips).toEqual([{ kind: "plain", text: "host network" }]);
  expect(card(picture, "box-b").chips).toEqual([{ kind: "plain", text: "no network" }]);
  expect(card(picture, "box-c").waits).toEqual([
    { on: card(picture, "box-a").id, text: "network of box-a", shares: "network" },
  ]);
});

test("dependencies with their condition; links and volumes of others once", () => {
  const picture = compose(`
services:
  db: {image: "x:1", healthcheck: {test: "true"}}
  job: {image: "x:1"}
  cache: {image: "x:1"}
  web:
    image: x:1
    depends_on:
      db: {condition: service_healthy}
      job: {condition: service_completed_successfully}
      cache: {condition: service_started}
    links: [db, cache]
    volumes_from: [job]
`);
  const id = (name: string) => card(picture, name).id;
  expect(card(picture, "web").waits).toEqual([
    { on: id("job"), text: "volumes of job", shares: "volume" },
    { on: id("db"), text: "db is healthy" },
    { on: id("cache"), text: "cache has started" },
  ]);
});

test.each<[string, string | undefined]>([
  ["--gpus all", "all GPUs"],
  ["--gpus 2", "2 GPUs"],
  ["--gpus 1", "1 GPU"],
  [`--gpus '"device=0,2"'`, "GPU 0, 2"],
  ["--gpus device=GPU-3a23c669-1f69-c64e-cf85-44e9b07e7a2a", "GPU GPU-3a23…"],
  ["--runtime nvidia -e NVIDIA_VISIBLE_DEVICES=1,3", "GPU 1, 3"],
  ["--runtime nvidia -e NVIDIA_VISIBLE_DEVICES=all", "all GPUs"],
  ["--runtime nvidia -e NVIDIA_VISIBLE_DEVICES=none", undefined],
  ["-e NVIDIA_VISIBLE_DEVICES=0", undefined],
])("GPUs of %s: %s", (flags, text) => {
  const { chips } = lines(`docker run -d --name train ${flags} pytorch/pytorch:2.4`).cards[0]!;
  expect(chips).toEqual(text === undefined ? [] : [{ kind: "gpu", text }]);
});

test("no request is no GPU", () => expect(gpuText([], undefined)).toBeUndefined());

test("replicas, and one on every node", () => {
  const picture = compose(`
services:
  many: {image: "x:1", deploy: {replicas: 3}}
  one: {image: "x:1"}
  each: {image: "x:1", deploy: {mode: global}}
`);
  expect(picture.cards.map(({ chips }) => chips.map(({ text }) => text))).toEqual([["× 3"], [], ["on every node"]]);
});

test("a lock for each secret: by its name, by what the stack says, and files; never a value", () => {
  const project = parseCompose(
    `
services:
  db:
    image: x:1
    environment: {DB_PASSWORD: hunter2, MODE: plain, PIN: "4711"}
    secrets: [cert]
secrets: {cert: {file: ./cert.pem}}
`,
    { name: "compose.yaml", projectName: "shop" },
    context,
  );
  const picture = pictureOfProject(project, { folder: "/srv", secretNames: new Map([["db", new Set(["PIN"])]]) });
  expect(picture.cards[0]!.secrets).toEqual(["DB_PASSWORD", "PIN", "cert"]);
  expect(JSON.stringify(picture)).not.toMatch(/hunter2|4711/);
});

test("the line and the description are those of the other writers", () => {
  const [db] = lines("docker run -d --name db -e DB_PASSWORD=hunter2 -v data:/data redis:7").cards;
  expect(db!.run).toEqual(["docker run -d --name db -v data:/data -e DB_PASSWORD redis:7"]);
  expect(db!.description).toBe(
    "db:\n  image: redis:7\n  container_name: db\n  environment:\n    DB_PASSWORD: ${DB_PASSWORD:?set it}\n  volumes:\n    - data:/data\n",
  );
});

test("a cluster: a workload that is made after another one waits for it", () => {
  const spec = { template: { spec: { containers: [{ name: "x", image: "busybox:1" }] } } };
  const claim = { kind: "PersistentVolumeClaim", metadata: { name: "data" } };
  const db = { kind: "Deployment", metadata: { name: "db" }, spec };
  const web = { kind: "Deployment", metadata: { name: "web" }, spec, after: [claim, db] };
  const { cards } = pictureOfObjects("cluster", [web, claim, db]);
  expect(cards.map(({ id, name, waits }) => [id, name, waits])).toEqual([
    ["c1", "web", [{ on: "c2", text: "db is ready" }]],
    ["c2", "db", []],
  ]);
});

test("a cluster: workloads in their namespaces, with node ports, claims, folders, GPUs and locks", () => {
  const pod = {
    hostNetwork: true,
    containers: [
      {
        name: "web",
        image: "nginx:1.27",
        env: [
          { name: "TOKEN", valueFrom: { secretKeyRef: { name: "s", key: "t" } } },
          { name: "MODE", value: "a" },
        ],
        volumeMounts: [
          { name: "data", mountPath: "/data" },
          { name: "logs", mountPath: "/logs", readOnly: true },
          { name: "tls", mountPath: "/tls" },
          { name: "scratch", mountPath: "/tmp" },
        ],
        resources: { limits: { "nvidia.com/gpu": "2" } },
      },
      { name: "sidecar", image: "busybox:1" },
    ],
    volumes: [
      { name: "data", persistentVolumeClaim: { claimName: "web-data" } },
      { name: "logs", hostPath: { path: "/var/log/web" } },
      { name: "tls", secret: { secretName: "web-tls" } },
      { name: "scratch", emptyDir: {} },
    ],
  };
  const picture = pictureOfObjects("cluster", [
    {
      kind: "Deployment",
      metadata: { name: "web", namespace: "prod" },
      spec: { replicas: 3, template: { metadata: { labels: { app: "web" } }, spec: pod } },
    },
    {
      kind: "Service",
      metadata: { name: "web", namespace: "prod" },
      spec: {
        type: "NodePort",
        selector: { app: "web" },
        ports: [
          { port: 80, targetPort: 8080, nodePort: 30080 },
          { port: 53, protocol: "UDP" },
        ],
      },
    },
    // The same labels in another namespace, which a Service does not reach.
    {
      kind: "Service",
      metadata: { name: "web" },
      spec: { type: "NodePort", selector: { app: "web" }, ports: [{ port: 1 }] },
    },
    { kind: "Pod", metadata: { name: "lone" }, spec: { containers: [{ name: "lone", image: "busybox:1" }] } },
    { kind: "PersistentVolumeClaim", metadata: { name: "spare", namespace: "prod" } },
  ]);
  expect(picture.boxes.map(({ id, kind, labels }) => [id, kind, labels[0]!.name])).toEqual([
    ["n1", "namespace", "prod"],
    ["n2", "namespace", "default"],
  ]);
  const [web, lone] = picture.cards;
  expect(web).toMatchObject({
    name: "web",
    subtitle: "nginx:1.27",
    box: "n1",
    secrets: ["TOKEN", "web-tls"],
    ports: [
      { outside: "node 30080", inside: "8080" },
      { outside: "node port", inside: "53/udp" },
    ],
    mounts: [
      { path: "/data", readOnly: false, store: "v1" },
      { path: "/logs", readOnly: true, store: "v2" },
    ],
  });
  expect(web!.chips.map(({ text }) => text)).toEqual([
    "× 3",
    "2 GPUs",
    "host network",
    "+ sidecar",
    "web:80",
    "web:53",
  ]);
  expect(web!.description).toMatch(/^kind: Deployment\nmetadata:\n {2}name: web\n {2}namespace: prod\nspec:\n/);
  expect(lone).toMatchObject({ box: "n2", ports: [], chips: [{ kind: "plain", text: "Pod" }] });
  expect(picture.stores).toEqual([
    { id: "v1", kind: "claim", name: "web-data" },
    { id: "v2", kind: "path", name: "/var/log/web" },
    { id: "v3", kind: "claim", name: "spare" },
  ]);
});
