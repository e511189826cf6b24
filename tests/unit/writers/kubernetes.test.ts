import { parseAllDocuments } from "yaml";
import { toKubernetes } from "../../../core/writers/kubernetes";
import { isSecretValue } from "../../../core/description/secretValue";
import type { ProjectDescription, ProjectService } from "../../../core/description/project";
import { inLanguage } from "../inLanguage";
import { project } from "../project";
import { refusal } from "../refusal";
import { FIELDS, withField } from "./fields";
import { PROJECTS } from "./projects";

interface Read {
  kind: string;
  metadata: { name: string };
  // biome-ignore lint/suspicious/noExplicitAny: each kind has a spec of its own.
  spec: any;
}

function print(given: ProjectDescription) {
  const { text, notices } = toKubernetes(given, { folder: "/srv" });
  // As kubectl reads it: by the rules of YAML 1.1.
  const documents = parseAllDocuments(text, { version: "1.1" });
  const objects = documents.map((document) => {
    expect([...document.errors, ...document.warnings]).toEqual([]);
    return document.toJS() as Read;
  });
  return { text, objects, notices, said: notices.map(({ level, at, text: what }) => `${level}: ${at}: ${what}`) };
}
const one = (service: ProjectService, more: Partial<ProjectDescription> = {}) => print(project({ web: service }, more));
const titles = (objects: Read[]) => objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
const find = (objects: Read[], title: string) => {
  const found = objects.filter((object) => `${object.kind} ${object.metadata.name}` === title);
  expect([title, found.length]).toEqual([title, 1]);
  return found[0]!;
};
const podOf = (objects: Read[], title: string) => find(objects, title).spec.template.spec;

test("a service with its ports", () => {
  const { text, said } = one({ image: "nginx:1.27", ports: ["32600:80"] });
  expect(said).toEqual([]);
  expect(text).toBe(`apiVersion: v1
kind: Service
metadata:
  name: web
  labels:
    app: web
spec:
  type: NodePort
  ports:
    - name: p80-tcp
      port: 80
      targetPort: 80
      protocol: TCP
      nodePort: 32600
  selector:
    app: web
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  labels:
    app: web
spec:
  replicas: 1
  selector:
    matchLabels:
      app: web
  template:
    metadata:
      labels:
        app: web
    spec:
      containers:
        - name: web
          image: nginx:1.27
          imagePullPolicy: IfNotPresent
          ports:
            - name: p80-tcp
              containerPort: 80
              protocol: TCP
          lifecycle:
            preStop:
              sleep:
                seconds: 5
      terminationGracePeriodSeconds: 15
      automountServiceAccountToken: false
      enableServiceLinks: false
`);
});

test("secret values are not printed; the line that makes the Secret is", () => {
  const environment = { PASSWORD: "s3cret", ALLOW_EMPTY_PASSWORD: "no", FROM_OUTSIDE: null, A: "no" };
  const secrets = [
    { source: "key", content: "t0psecret" },
    { source: "file", file: "/etc/hosts" },
  ];
  const { text, objects, said } = one({ image: "mysql:8.4", environment, secrets });
  expect(text).not.toMatch(/s3cret|t0psecret/);
  expect(titles(objects)).toEqual(["Service web", "Deployment web"]);
  expect(podOf(objects, "Deployment web").containers[0].env).toEqual([
    { name: "PASSWORD", valueFrom: { secretKeyRef: { name: "web-env", key: "PASSWORD" } } },
    { name: "FROM_OUTSIDE", valueFrom: { secretKeyRef: { name: "web-env", key: "FROM_OUTSIDE" } } },
    { name: "ALLOW_EMPTY_PASSWORD", value: "no" },
    { name: "A", value: "no" },
  ]);
  expect(said).toEqual([
    'warning: services.web: PASSWORD and FROM_OUTSIDE are secrets and are not printed: make the Secret first with `kubectl create secret generic web-env --from-literal=PASSWORD="$PASSWORD" --from-literal=FROM_OUTSIDE="$FROM_OUTSIDE"`',
    'warning: services.web: key and file are secrets and are not printed: make the Secret first with `kubectl create secret generic web-secrets --from-literal=key="$KEY" --from-file=file=/etc/hosts`',
  ]);
});

test("variables that somebody marked are secret whatever their names", () => {
  const secretNames = new Map([["web", new Set(["PLAIN"])]]);
  const given = project({ web: { image: "nginx:1", environment: { PLAIN: "hidden" } } });
  const { text, notices } = toKubernetes(given, { folder: "/srv", secretNames });
  expect(text).not.toContain("hidden");
  expect(notices).toEqual([expect.objectContaining({ text: expect.stringMatching(/^PLAIN is a secret and is not/) })]);
});

test("what Kubernetes cannot do is left out with a warning, and only that", () => {
  const { objects, said } = one({
    image: "nginx:1.27",
    ulimits: { nofile: 1 },
    ports: ["127.0.0.1:8080:80", "30443:443"],
    extraHosts: ["host:host-gateway", "db:10.0.0.1"],
    sysctls: { a: "1" },
    healthcheck: { test: "true", interval: "1500ms", timeout: "5s" },
    networks: [{ name: "app", ipv4Address: "10.0.0.2", aliases: ["api"] }],
    volumes: ["/srv/x:/x:z", "data:/d"],
    restart: "no",
    init: true,
  });
  for (const field of [
    "ulimits",
    "restart",
    "networks[0].ipv4Address",
    "extraHosts.host",
    "healthcheck.interval",
    "init",
    "ports[0]",
  ])
    expect(said.filter((line) => line.startsWith(`warning: services.web.${field}: is left out: `))).toHaveLength(1);
  expect(said.filter((line) => line.includes(": is left out: "))).toHaveLength(7);
  expect(said.filter((line) => line.includes("z and Z are left out for /x:"))).toHaveLength(1);
  expect(titles(objects)).toEqual([
    "PersistentVolumeClaim data",
    "Service web",
    "Service web-published",
    "Service api",
    "Deployment web",
  ]);
  const pod = podOf(objects, "Deployment web");
  expect(pod).toMatchObject({
    hostAliases: [{ ip: "10.0.0.1", hostnames: ["db"] }],
    securityContext: { sysctls: [{ name: "a", value: "1" }] },
    containers: [
      {
        readinessProbe: { periodSeconds: 30, timeoutSeconds: 5 },
        volumeMounts: [
          { name: "berth-bind-0", mountPath: "/x" },
          { name: "data", mountPath: "/d", subPath: "data" },
        ],
      },
    ],
  });
  // What is not published is still there for the others.
  const ports = (name: string) => find(objects, `Service ${name}`).spec.ports.map(({ port }: { port: number }) => port);
  expect(ports("web")).toEqual([443, 80]);
  expect(ports("web-published")).toEqual([443]);
});

test("names are made to fit, and said", () => {
  const given = project({
    db_1: { image: "mysql:8.4", networks: [{ name: "app", aliases: ["db_1", "sql"] }], volumes: ["my_data:/d"] },
    "1st": { image: "nginx:1.27", volumes: ["my_data:/d:ro"] },
  });
  const { objects, said } = print(given);
  expect(titles(objects)).toEqual([
    "PersistentVolumeClaim my-data",
    "Service db-1",
    "Service sql",
    "Deployment db-1",
    "Service app-1st",
    "Deployment app-1st",
  ]);
  expect(said).toContain(
    "warning: services.db_1: is called db-1: Kubernetes takes no db_1; change it where others name it",
  );
  expect(said).toContain(
    "warning: services.1st: is called app-1st: Kubernetes takes no 1st; change it where others name it",
  );
});

test("two volumes that would be one claim are refused", () => {
  const given = project({ web: { image: "nginx", volumes: ["a_b:/d"] }, app: { image: "nginx", volumes: ["a.b:/d"] } });
  expect(refusal(() => print(given))).toContain("would both be the claim a-b");
});

test("two services that share a disk of one node are told so", () => {
  const shared = { image: "nginx", volumes: ["data:/d"] };
  const { objects, said } = print(
    project({ web: shared, app: shared, other: { image: "nginx", volumes: ["own:/d"] } }),
  );
  expect(titles(objects).filter((title) => title.startsWith("PersistentVolumeClaim"))).toEqual([
    "PersistentVolumeClaim data",
    "PersistentVolumeClaim own",
  ]);
  expect(said.filter((line) => line.includes("shared"))).toEqual([
    'warning: services.app: volumes: data is shared with web, and its claim is for one node (ReadWriteOnce): pods on another node wait for ever. Set kubernetes: { volumes: { "data": { accessMode: "ReadWriteMany" } } } where the storage can do that, or give each its own volume',
  ]);
});

test("services that wait, are built, or are waited for", () => {
  const given = project({
    migrate: { image: "shop:1", build: { context: "/srv" } },
    web: { image: "shop:1", dependsOn: { migrate: { condition: "service_completed_successfully" } } },
  });
  const { objects, said } = print(given);
  expect(titles(objects)).toEqual(["Job migrate", "Service web", "Deployment web"]);
  expect(said).toEqual([
    "warning: services.migrate.build: build shop:1 and push it to a registry that the nodes reach; only its name is printed",
    "note: services.web.dependsOn: kubectl apply waits for nobody: web starts beside migrate, and again until it finds them",
  ]);
});

test("networks and volumes of the project", () => {
  const { objects, said } = one(
    { image: "nginx", volumes: ["theirs:/t", "nfs:/n"], networks: ["app"] },
    {
      networks: { app: { name: "app", internal: true }, plain: { name: "plain" } },
      volumes: {
        theirs: { name: "theirs", external: true },
        nfs: { name: "nfs", driverOpts: { type: "nfs" } },
      },
    },
  );
  expect(titles(objects)).toEqual(["PersistentVolumeClaim nfs", "Service web", "Deployment web"]);
  expect(podOf(objects, "Deployment web").containers[0].volumeMounts[0]).toEqual({ name: "theirs", mountPath: "/t" });
  expect(said.map((line) => line.slice(0, 45))).toEqual([
    "warning: networks.app: its settings are left ",
    "note: volumes.theirs: is external: the claim ",
    "warning: volumes.nfs: its driver is left out:",
    "note: services.web: networks: all pods of the",
  ]);
});

test("an alias that another service has is left out", () => {
  const networks = [{ name: "app", aliases: ["api"] }];
  const { objects, said } = print(project({ web: { image: "nginx", networks }, app: { image: "nginx", networks } }));
  expect(titles(objects).filter((title) => title === "Service api")).toHaveLength(1);
  expect(said).toContain(
    "warning: services.app: its Service api is left out: another service of the project has that name",
  );
});

test.each(PROJECTS)("%s: every service has a controller, no secret is printed", (_, given) => {
  const { objects, text } = print(given);
  const controllers = objects.filter(({ kind }) => ["Deployment", "DaemonSet", "Job"].includes(kind));
  expect(controllers).toHaveLength(Object.keys(given.services).length);
  const variables = controllers.flatMap(({ spec }) => spec.template.spec.containers[0].env ?? []);
  for (const { name, value } of variables) expect([name, isSecretValue(name, value ?? null)]).toEqual([name, false]);
  const secrets = Object.values(given.services).flatMap(({ environment = {} }) =>
    Object.entries(environment as Record<string, string>).filter(([name, value]) => isSecretValue(name, value)),
  );
  for (const [, value] of secrets.filter(([, { length }]) => length > 3)) expect(text).not.toContain(value);
  for (const [name] of secrets)
    expect(variables).toContainEqual({ name, valueFrom: { secretKeyRef: { name: expect.any(String), key: name } } });
});

test.each(FIELDS)("%s: %j is printed, or left out with a warning", (key, value) => {
  const service = withField(key, value);
  const { objects } = one({ containerName: "web", ...service });
  expect(objects.some(({ kind }) => ["Deployment", "DaemonSet", "Job"].includes(kind))).toBe(true);
});

test("a service whose name is one letter keeps it: two are a rule of Docker's containers", () => {
  const { objects, said } = print(project({ a: { image: "nginx:1" } }));
  expect(titles(objects)).toEqual(["Service a", "Deployment a"]);
  expect(said).toEqual([]);
});

test("what a Swarm reads is printed where a cluster has an equivalent, and said by its key where not", () => {
  const { objects, said } = one({
    image: "nginx:1",
    replicas: 3,
    swarm: {
      placement: {
        constraints: ["node.labels.disk == ssd", "node.role != manager", "engine.labels.x == y"],
        preferences: [{ spread: "node.labels.zone" }],
        maxReplicasPerNode: 1,
      },
      updateConfig: { parallelism: 2, delay: "10s", order: "start-first", failureAction: "rollback" },
      restartPolicy: { window: "1m" },
      reservations: { cpus: 0.25 },
      labels: { team: "web" },
    },
  });
  const { spec, metadata } = find(objects, "Deployment web");
  expect(metadata).toMatchObject({ annotations: { team: "web" } });
  expect(spec).toMatchObject({
    replicas: 3,
    minReadySeconds: 10,
    strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 2, maxUnavailable: 0 } },
  });
  const { affinity, topologySpreadConstraints, containers } = spec.template.spec;
  expect(affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms).toEqual([
    {
      matchExpressions: [
        { key: "disk", operator: "In", values: ["ssd"] },
        { key: "node-role.kubernetes.io/control-plane", operator: "DoesNotExist" },
      ],
    },
  ]);
  expect(affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution).toEqual([
    { topologyKey: "kubernetes.io/hostname", labelSelector: { matchLabels: { app: "web" } } },
  ]);
  expect(topologySpreadConstraints).toMatchObject([{ topologyKey: "zone", maxSkew: 1 }]);
  expect(containers[0].resources.requests).toEqual({ cpu: "0.25" });
  expect(said).toEqual([
    "note: services.web.deploy.placement.constraints: is left out: nodes of a cluster have nothing like engine.labels.x == y",
    "note: services.web.deploy.update_config.failure_action: is left out: an update that fails stops; `kubectl rollout undo` goes back",
    "note: services.web.deploy.restart_policy.window: is left out: a cluster starts what has ended again for ever",
  ]);
});

test("a global service is a DaemonSet", () => {
  const { objects, said } = one({
    image: "nginx:1",
    swarm: { global: true, updateConfig: { parallelism: 0, order: "stop-first" }, endpointMode: "dnsrr" },
    expose: ["80"],
  });
  expect(find(objects, "DaemonSet web").spec.updateStrategy).toEqual({ rollingUpdate: { maxUnavailable: "100%" } });
  expect(find(objects, "Service web").spec).toMatchObject({ clusterIP: "None", ports: [{ port: 80 }] });
  expect(said).toEqual([]);
});

test("a warning is one in each language", () => {
  const levels = (language: string): string[] =>
    inLanguage(language, () => {
      const writer = require("../../../core/writers/kubernetes") as { toKubernetes: typeof toKubernetes };
      const service = { image: "nginx:1.27", volumes: [{ type: "bind", source: "/srv/data", target: "/data" }] };
      const { notices } = writer.toKubernetes(project({ web: service as ProjectService }), { folder: "/srv" });
      return notices.map(({ level, text }) => `${level}: ${/[.。]$/.test(text) ? text : ""}`);
    });
  expect(levels("en")).toEqual(["warning: "]);
  expect(levels("zh")).toEqual(["warning: "]);
});
