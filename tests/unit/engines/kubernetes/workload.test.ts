import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { REFUSED } from "../../../../core/mapping/kubernetes/refused";
import { PARSERS } from "../../../../core/description/service";
import type { ServiceDescription } from "../../../../core/description/types";
import { FIELDS } from "../../writers/fields";
import { refusal } from "../../refusal";
import { container, type Described, made, manifests, ofKind, pod, template } from "./made";

const folder = mkdtempSync(join(tmpdir(), "berth-kubernetes-"));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string, content: string | Buffer): string => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};
const refused = (description: Described, options?: Parameters<typeof made>[1]) =>
  refusal(() => made(description, options));

const app = (name: string) => ({ app: name });
/** The nodes still send requests to a pod that goes. */
const draining = { lifecycle: { preStop: { sleep: { seconds: 5 } } } };
const podOf = (name: string, more: object, terminationGracePeriodSeconds = 10) => ({
  metadata: { labels: app(name) },
  spec: {
    containers: [{ name, image: "nginx", imagePullPolicy: "IfNotPresent", ...more }],
    terminationGracePeriodSeconds,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
  },
});

describe("whole services", () => {
  test("nginx on a port", () => {
    expect(manifests({ ports: ["32600:80"], restart: "always" })).toEqual([
      {
        apiVersion: "v1",
        kind: "Service",
        metadata: { name: "web", labels: app("web") },
        spec: {
          type: "NodePort",
          selector: app("web"),
          ports: [{ name: "p80-tcp", port: 80, targetPort: 80, protocol: "TCP", nodePort: 32600 }],
        },
      },
      {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name: "web", labels: app("web") },
        spec: {
          replicas: 1,
          selector: { matchLabels: app("web") },
          template: podOf("web", { ports: [{ name: "p80-tcp", containerPort: 80, protocol: "TCP" }], ...draining }, 15),
        },
      },
    ]);
  });

  test("a database with a volume and a password", () => {
    const described: Described = {
      image: "mysql:8.4",
      containerName: "mysql01",
      environment: { MYSQL_ROOT_PASSWORD: "s3cret", MYSQL_DATABASE: "shop" },
      volumes: ["mysql_data:/var/lib/mysql"],
      expose: [3306],
      restart: "unless-stopped",
      memLimit: "1g",
    };
    const [claim, secret, service, deployment, ...others] = manifests(described);
    expect(others).toEqual([]);
    expect(claim).toEqual({
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: { name: "mysql-data" },
      spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "10Gi" } } },
    });
    expect(secret).toEqual({
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "mysql01-env", labels: app("mysql01") },
      stringData: { MYSQL_ROOT_PASSWORD: "s3cret" },
    });
    expect(service!.spec).toEqual({
      type: "ClusterIP",
      selector: app("mysql01"),
      ports: [{ name: "p3306-tcp", port: 3306, targetPort: 3306, protocol: "TCP" }],
    });
    const { template, ...spec } = deployment!.spec as { template: { spec: object } };
    expect(spec).toEqual({
      replicas: 1,
      selector: { matchLabels: app("mysql01") },
      // Two databases must never write to the same files.
      strategy: { type: "Recreate" },
    });
    expect(template.spec).toEqual({
      initContainers: [
        {
          name: "berth-fill-volumes",
          image: "mysql:8.4",
          imagePullPolicy: "IfNotPresent",
          command: ["/bin/sh", "-c", expect.any(String), "sh", "/berth/mysql-data/data", "/var/lib/mysql"],
          volumeMounts: [{ name: "mysql-data", mountPath: "/berth/mysql-data" }],
          securityContext: { runAsUser: 0, runAsGroup: 0 },
        },
      ],
      containers: [
        {
          name: "mysql01",
          image: "mysql:8.4",
          imagePullPolicy: "IfNotPresent",
          env: [
            {
              name: "MYSQL_ROOT_PASSWORD",
              valueFrom: { secretKeyRef: { name: "mysql01-env", key: "MYSQL_ROOT_PASSWORD" } },
            },
            { name: "MYSQL_DATABASE", value: "shop" },
          ],
          ports: [{ name: "p3306-tcp", containerPort: 3306, protocol: "TCP" }],
          resources: { limits: { memory: "1Gi" } },
          volumeMounts: [{ name: "mysql-data", mountPath: "/var/lib/mysql", subPath: "data" }],
        },
      ],
      volumes: [{ name: "mysql-data", persistentVolumeClaim: { claimName: "mysql-data" } }],
      terminationGracePeriodSeconds: 10,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
    });
  });

  test("a program beside its database, by names of a network", () => {
    const [redis, ...more] = manifests({ image: "redis", containerName: "redis", networks: ["app"] });
    expect(redis).toEqual({
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "redis", labels: app("redis") },
      spec: { clusterIP: "None", selector: app("redis") },
    });
    expect(more.map(({ kind }) => kind)).toEqual(["Deployment"]);
    const flask = made({
      image: "shop/flask:1",
      ports: ["8080:5000"],
      environment: { REDIS_HOST: "redis" },
      networks: [{ name: "app", aliases: ["api", "web"] }],
    });
    expect(flask.services.map(({ metadata, spec }) => [(metadata as { name: string }).name, spec])).toEqual([
      [
        "web",
        {
          type: "NodePort",
          selector: app("web"),
          // 30000 + 8080 modulo 2768
          ports: [{ name: "p5000-tcp", port: 5000, targetPort: 5000, protocol: "TCP", nodePort: 32544 }],
        },
      ],
      ["api", { clusterIP: "None", selector: app("web") }],
    ]);
    expect(flask.notes).toEqual([
      "8080:5000 is published on the node port 32544: node ports lie from 30000 to 32767.",
      expect.stringMatching(/^networks: all pods of the cluster reach each other;/),
    ]);
  });

  test("a variable that its image is to lose", () => {
    const { notes, controller } = made({ environment: { A: "1", NOWHERE: null } });
    expect(notes).toEqual(["environment: a pod cannot be without a variable that its image sets: NOWHERE."]);
    expect(JSON.stringify(controller)).toContain('"env":[{"name":"A","value":"1"}]');
  });

  test("a job", () => {
    const [job, ...others] = manifests({ mode: "replicated-job", command: "sh -c 'exit 0'" });
    expect(others).toEqual([]);
    expect(job).toEqual({
      apiVersion: "batch/v1",
      kind: "Job",
      metadata: { name: "web", labels: app("web") },
      spec: {
        backoffLimit: 0,
        template: {
          ...podOf("web", { args: ["sh", "-c", "exit 0"] }),
          spec: { ...podOf("web", { args: ["sh", "-c", "exit 0"] }).spec, restartPolicy: "Never" },
        },
      },
    });
    const spec = (description: Described) => made({ mode: "replicated-job", ...description }).controller.spec;
    expect(spec({ restart: "on-failure:3", replicas: 2 })).toMatchObject({
      completions: 2,
      parallelism: 2,
      backoffLimit: 3,
      template: { spec: { restartPolicy: "OnFailure" } },
    });
    // Docker knows no end of it.
    expect(spec({ restart: "on-failure" })).toMatchObject({ backoffLimit: 2147483647 });
    expect(spec({ restart: "no" })).toMatchObject({ backoffLimit: 0, template: { spec: { restartPolicy: "Never" } } });
  });

  test("one on each node", () => {
    expect(made({ mode: "global" }).controller).toEqual({
      apiVersion: "apps/v1",
      kind: "DaemonSet",
      metadata: { name: "web", labels: app("web") },
      spec: { selector: { matchLabels: app("web") }, template: podOf("web", {}) },
    });
    expect(refused({ mode: "global", replicas: 2 })).toMatch(/^replicas: a global service has one pod on each node;/);
  });

  test("replicas, namespace and the time to wait", () => {
    const objects = manifests({ replicas: 0, waitTimeout: "90s", volumes: ["data:/d"] }, { namespace: "production" });
    expect(objects.map(({ metadata }) => (metadata as { namespace?: string }).namespace)).toEqual(
      Array(3).fill("production"),
    );
    expect(objects.at(-1)!.spec).toMatchObject({ replicas: 0, progressDeadlineSeconds: 90 });
    expect(refused({}, { namespace: "Prod_1" })).toContain('kubernetes.namespace: "Prod_1"');
  });
});

/** What each field does to the objects of a service that has nothing else. */
const MAPPED: { [K in keyof ServiceDescription]?: [description: Described, expected: object] } = {
  image: [{ image: "redis:7" }, { image: "redis:7" }],
  platform: [
    { platform: "linux/arm64" },
    { nodeSelector: { "kubernetes.io/os": "linux", "kubernetes.io/arch": "arm64" } },
  ],
  pullPolicy: [{ pullPolicy: "always" }, { imagePullPolicy: "Always" }],
  command: [{ command: "a 'b c'" }, { args: ["a", "b c"] }],
  entrypoint: [{ entrypoint: ["/e", "x"] }, { command: ["/e", "x"] }],
  environment: [
    { environment: { A: "1", B: "" } },
    {
      env: [
        { name: "A", value: "1" },
        { name: "B", value: "" },
      ],
    },
  ],
  envFile: [{ envFile: [{ path: file("plain.env", "A=1\n"), required: true }] }, { env: [{ name: "A", value: "1" }] }],
  ports: [{ ports: ["30080:80"] }, { ports: [{ name: "p80-tcp", containerPort: 80, protocol: "TCP" }] }],
  expose: [{ expose: ["53/udp"] }, { ports: [{ name: "p53-udp", containerPort: 53, protocol: "UDP" }] }],
  volumes: [{ volumes: ["data:/d"] }, { volumeMounts: [{ name: "data", mountPath: "/d", subPath: "data" }] }],
  tmpfs: [
    { tmpfs: "/run:size=64m" },
    { volumes: [{ name: "berth-tmpfs-0", emptyDir: { medium: "Memory", sizeLimit: "64Mi" } }] },
  ],
  networkMode: [{ networkMode: "host" }, { hostNetwork: true, dnsPolicy: "ClusterFirstWithHostNet" }],
  user: [{ user: "1000:33" }, { securityContext: { runAsUser: 1000, runAsGroup: 33 } }],
  groupAdd: [{ groupAdd: [999, "root"] }, { securityContext: { supplementalGroups: [999, 0] } }],
  workingDir: [{ workingDir: "/code" }, { workingDir: "/code" }],
  hostname: [{ hostname: "one" }, { hostname: "one" }],
  capAdd: [{ capAdd: ["CAP_NET_ADMIN"] }, { securityContext: { capabilities: { add: ["NET_ADMIN"] } } }],
  capDrop: [{ capDrop: ["ALL"] }, { securityContext: { capabilities: { drop: ["ALL"] } } }],
  privileged: [{ privileged: true }, { securityContext: { privileged: true } }],
  readOnly: [{ readOnly: true }, { securityContext: { readOnlyRootFilesystem: true } }],
  securityOpt: [
    {
      securityOpt: [
        "no-new-privileges:true",
        "seccomp=unconfined",
        "apparmor=unconfined",
        "label=type:x",
        "label:level:s0:c1",
      ],
    },
    {
      securityContext: {
        allowPrivilegeEscalation: false,
        seccompProfile: { type: "Unconfined" },
        appArmorProfile: { type: "Unconfined" },
        seLinuxOptions: { type: "x", level: "s0:c1" },
      },
    },
  ],
  gpus: [{ gpus: [{ count: 2 }] }, { resources: { limits: { "nvidia.com/gpu": "2" } } }],
  runtime: [{ runtime: "nvidia" }, { runtimeClassName: "nvidia" }],
  healthcheck: [
    { healthcheck: { test: "curl localhost" } },
    {
      readinessProbe: {
        exec: { command: ["/bin/sh", "-c", "curl localhost"] },
        periodSeconds: 30,
        timeoutSeconds: 30,
        failureThreshold: 3,
      },
    },
  ],
  sysctls: [
    { sysctls: { "net.core.somaxconn": 1024 } },
    { securityContext: { sysctls: [{ name: "net.core.somaxconn", value: "1024" }] } },
  ],
  extraHosts: [
    { extraHosts: ["db:10.0.0.2", "sql:10.0.0.2", "six:fd00::1"] },
    {
      hostAliases: [
        { ip: "10.0.0.2", hostnames: ["db", "sql"] },
        { ip: "fd00::1", hostnames: ["six"] },
      ],
    },
  ],
  dns: [{ dns: ["8.8.8.8"] }, { dnsPolicy: "None", dnsConfig: { nameservers: ["8.8.8.8"] } }],
  dnsOpt: [
    { dnsOpt: ["ndots:2", "rotate"] },
    { dnsConfig: { options: [{ name: "ndots", value: "2" }, { name: "rotate" }] } },
  ],
  dnsSearch: [{ dnsSearch: "example.org" }, { dnsConfig: { searches: ["example.org"] } }],
  stopGracePeriod: [{ stopGracePeriod: "1m30s" }, { terminationGracePeriodSeconds: 90 }],
  tty: [{ tty: true }, { tty: true }],
  stdinOpen: [{ stdinOpen: true }, { stdin: true }],
  shmSize: [
    { shmSize: "1g" },
    {
      volumeMounts: [{ name: "berth-shm", mountPath: "/dev/shm" }],
      volumes: [{ name: "berth-shm", emptyDir: { medium: "Memory", sizeLimit: "1Gi" } }],
    },
  ],
  memLimit: [{ memLimit: "512m" }, { resources: { limits: { memory: "512Mi" } } }],
  memReservation: [{ memReservation: "1000001b" }, { resources: { requests: { memory: "1000001" } } }],
  cpus: [{ cpus: 1.5 }, { resources: { limits: { cpu: "1500m" } } }],
  ipc: [{ ipc: "host" }, { hostIPC: true }],
  pid: [{ pid: "host" }, { hostPID: true }],
  usernsMode: [{ usernsMode: "host" }, { hostUsers: true }],
};

/** Fields that are shown elsewhere in this file, or that change nothing for the reason given. */
const ELSEWHERE: { [K in keyof ServiceDescription]?: string } = {
  containerName: "the name of every object",
  networks: "membership is satisfied; aliases are Services, the rest is refused",
  publishAll: "refused where it is true",
  restart: "says whether a job tries again; Deployments always start again",
  mode: "chooses the controller",
  replicas: "of the controller",
  waitTimeout: "of the controller, and of the provider",
  cgroup: "private is what pods have, host is refused",
  init: "refused where it is true",
  labels: "annotations of the pod",
  annotations: "annotations of the pod",
  secrets: "a Secret",
  configs: "a ConfigMap",
};

describe("fields", () => {
  test("every field of a description is mapped, refused, or known to change nothing here", () => {
    const groups = [MAPPED, REFUSED, ELSEWHERE].map((group) => Object.keys(group));
    expect(groups.flat().sort()).toEqual(Object.keys(PARSERS).sort());
  });

  test.each(Object.entries(MAPPED))("%s", (_, [description, expected]) => {
    const { containers, ...rest } = pod(description);
    const [{ name, ...ofContainer }] = containers as [(typeof containers)[0]];
    const base = pod({});
    for (const [field, value] of Object.entries(expected)) {
      const found = [rest, ofContainer].map((part) => (part as Record<string, unknown>)[field]);
      expect(found).toContainEqual(value);
      expect((base as unknown as Record<string, unknown>)[field]).not.toEqual(value);
      expect((base.containers[0] as unknown as Record<string, unknown>)[field]).not.toEqual(value);
    }
    expect(name).toBe("web");
  });

  test.each(Object.keys(REFUSED))("%s is refused with a reason", (field) => {
    const [, value] = FIELDS.find(([key]) => key === field)!;
    const said = refused({ [field]: value });
    const [problem, remedy] = REFUSED[field as keyof typeof REFUSED]!;
    expect(said).toBe(`${field}: ${problem}; ${remedy}.`);
  });

  test.each(FIELDS.filter(([field]) => !(field in REFUSED)))(
    "%s: %p is mapped or refused by its name",
    (field, value) => {
      let said: string | undefined;
      try {
        made({ [field]: value });
      } catch {
        said = refused({ [field]: value });
      }
      if (said !== undefined) expect(said).toMatch(new RegExp(`^(kubernetes\\.)?${field}\\b`));
    },
  );
});

test.each<[Described, string, string?]>([
  [{ containerName: "docker_jenkins" }, "containerName: ", 'use "docker-jenkins".'],
  [{ containerName: "1st" }, "containerName: ", 'use "app-1st".'],
  [{ image: `sha256:${"0".repeat(64)}` }, "image: ", "which nodes cannot fetch"],
  [{ platform: "linux/arm/v7" }, "platform: ", 'use "linux/arm".'],
  [{ entrypoint: "" }, "entrypoint: ", "set command too."],
  [{ environment: { "1A": "x" } }, "environment.1A: "],
  [{ ports: ["127.0.0.1:8080:80"] }, "ports[0]: ", "not on 127.0.0.1 alone"],
  [{ ports: ["8001:80", "8002:80"] }, "ports[1]: ", "80/tcp is published twice"],
  [{ publishAll: true }, "publishAll: ", "only the image knows its ports"],
  [{ networkMode: "none" }, "networkMode: ", "every pod has a network"],
  [{ networkMode: "container:db" }, "networkMode: ", "only containers of one pod share it"],
  [{ pid: "container:db" }, "pid: "],
  [{ ipc: "container:db" }, "ipc: "],
  [{ ipc: "none" }, "ipc: "],
  [{ ipc: "shareable" }, "ipc: "],
  [{ cgroup: "host" }, "cgroup: "],
  [{ hostname: "a.example.org" }, "hostname: ", 'use "a-example-org".'],
  [{ hostname: "a", networkMode: "host" }, "hostname: "],
  [{ sysctls: { "net.core.somaxconn": 1 }, networkMode: "host" }, "sysctls.net.core.somaxconn: "],
  [{ networks: [{ name: "app", ipv4Address: "10.0.0.2" }] }, "networks[0].ipv4Address: "],
  [{ networks: [{ name: "app", driverOpts: { a: "b" } }] }, "networks[0].driverOpts: "],
  [{ networks: [{ name: "app", aliases: ["db_1"] }] }, "networks[0].aliases[0]: ", 'use "db-1".'],
  [{ networks: [{ name: "app", aliases: ["db.example"] }] }, "networks[0].aliases[0]: ", "has a domain"],
  [{ extraHosts: { host: "host-gateway" } }, "extraHosts.host: "],
  [{ dns: ["1.1.1.1", "2.2.2.2", "3.3.3.3", "4.4.4.4"] }, "dns: 4 nameservers", "name 3."],
  [{ dns: "1.1.1.1", networks: ["app"] }, "dns: ", "the cluster's DNS"],
  [{ dnsSearch: "." }, "dnsSearch: "],
  [{ user: "nginx" }, "user: ", "/etc/passwd"],
  [{ user: "1:www-data" }, "user: "],
  [{ groupAdd: ["audio"] }, "groupAdd[0]: "],
  [{ securityOpt: ["seccomp=./profile.json"] }, "securityOpt[0]: "],
  [{ securityOpt: ["label=disable"] }, "securityOpt[0]: "],
  [{ securityOpt: ["systempaths=unconfined"] }, "securityOpt[0]: "],
  [{ securityOpt: ["no-new-privileges"], privileged: true }, "securityOpt: "],
  [{ securityOpt: ["no-new-privileges"], capAdd: ["SYS_ADMIN"] }, "securityOpt: "],
  [{ gpus: "all" }, "gpus[0].count: Kubernetes counts GPUs", "[{ count: 1 }]"],
  [{ gpus: [{ deviceIds: ["0"] }] }, "gpus[0].deviceIds: "],
  [{ gpus: [{ count: 1, driver: "cdi" }] }, "gpus[0].driver: "],
  [{ gpus: [{ count: 1, options: { a: "b" } }] }, "gpus[0].options: "],
  [{ gpus: [{ count: 1, capabilities: ["utility"] }] }, "gpus[0].capabilities: ", "NVIDIA_DRIVER_CAPABILITIES"],
  [{ cpus: 0.0005 }, "cpus: ", "use 0.001."],
  [{ healthcheck: { interval: "5s" } }, "healthcheck.test: ", "does not read the HEALTHCHECK"],
  [{ healthcheck: { test: "x", interval: "1500ms" } }, "healthcheck.interval: ", 'use "2s".'],
  [{ healthcheck: { test: "x", timeout: "500ms" } }, "healthcheck.timeout: ", 'use "1s".'],
  [{ healthcheck: { test: "x", startPeriod: "9s", startInterval: "2.5s" } }, "healthcheck.startInterval: "],
  [{ stopGracePeriod: "1.5s" }, "stopGracePeriod: ", 'use "2s".'],
  [{ init: true }, "init: "],
  [{ restart: "no" }, "restart: ", 'mode: "replicated-job"'],
  [{ restart: "on-failure:3" }, "restart: "],
  [{ replicas: 2 ** 31 }, "replicas: "],
  [{ labels: { "a/b/c": "x" } }, "labels: "],
  [{ labels: { a: "1" }, annotations: { a: "2" } }, "annotations.a: "],
  [{ volumes: ["a_b:/1", "a.b:/2"] }, "volumes[1]: ", "would both be the claim a-b"],
  [{ volumes: ["/x:/y:shared"] }, "volumes[0]: ", 'use "rshared".'],
  [{ volumes: ["/x:/y:rshared"] }, "volumes[0]: ", "privileged: true"],
  [{ volumes: ["data:/d"], replicas: 2 }, "volumes[0]: 2 pods would write", '"data": { accessMode: "ReadWriteMany" }'],
  [{ volumes: ["data:/d"], mode: "global" }, "volumes[0]: the pods of all nodes"],
  [{ volumes: [{ type: "tmpfs", target: "/t", tmpfs: { mode: 0o700 } }] }, "volumes[0].tmpfs.mode: 0o700"],
  [{ tmpfs: "/t:mode=700" }, "tmpfs./t: 0o700"],
  [{ tmpfs: "/t:noexec" }, "tmpfs./t: "],
  [{ shmSize: "1g", tmpfs: "/dev/shm" }, "volumes: /dev/shm is mounted twice"],
  [{ secrets: [{ source: "a", file: "/none/such" }] }, "secrets[0].file: cannot read /none/such (ENOENT)"],
  [{ configs: [{ source: "a", file: "/" }] }, "configs[0].file: cannot read / (EISDIR)"],
  [{ secrets: [{ source: "a", content: "x", uid: "1000" }] }, "secrets[0].uid: "],
  [{ secrets: [{ source: "a", content: "x", gid: "1000" }] }, "secrets[0].gid: "],
  [{ secrets: [{ source: "a", content: "x", mode: 0o4755 }] }, "secrets[0].mode: "],
  [{ configs: [{ source: "a", content: "x".repeat(2 ** 20 + 1) }] }, "configs[0]: configs are larger than 1 MiB"],
  [{ secrets: [{ source: "a", content: "x", target: "/f" }], volumes: ["data:/f"] }, "volumes: /f is mounted twice"],
])("%p is refused", (description, start, part = "") => {
  const said = refused(description);
  expect(said.startsWith(start)).toBe(true);
  expect(said).toContain(part);
});

describe("ports", () => {
  const services = (description: Described, options?: Parameters<typeof made>[1]) =>
    ofKind("Service", description, options).map(({ metadata, spec }) => ({
      name: (metadata as { name: string }).name,
      ...(spec as { type?: string; clusterIP?: string; ports?: { port: number; nodePort?: number }[] }),
    }));

  test("what is only exposed is not opened on the nodes", () => {
    const [inside, outside, ...others] = services({ ports: ["30080:80"], expose: [80, 9000] });
    expect(others).toEqual([]);
    expect(inside).toMatchObject({ name: "web", type: "ClusterIP" });
    expect(inside!.ports!.map(({ port, nodePort }) => [port, nodePort])).toEqual([
      [80, undefined],
      [9000, undefined],
    ]);
    expect(outside).toMatchObject({ name: "web-published", type: "NodePort", ports: [{ port: 80, nodePort: 30080 }] });
    expect(outside!.ports).toHaveLength(1);
  });

  test("node ports by the rule, by choice, and by the cluster", () => {
    const ports = ["32767:1", "30000:2", "32768:3", "80:4", "80:4/udp", "5"];
    const [service] = services({ ports }, { nodePorts: { 4: 31000 } });
    expect(service!.ports!.map(({ nodePort }) => nodePort)).toEqual([
      32767,
      30000,
      30000 + (32768 % 2768),
      31000,
      31000,
      undefined,
    ]);
    expect(refused({ ports: ["80:80"] }, { nodePorts: { 81: 30000 } })).toMatch(/^kubernetes\.nodePorts\.81: /);
    expect(refused({ ports: ["80:80"] }, { nodePorts: { 80: 80 } })).toMatch(/^kubernetes\.nodePorts\.80: 80 is not/);
  });

  test("every address is every address", () => {
    expect(services({ ports: ["0.0.0.0:30080:80"] })).toMatchObject([{ ports: [{ nodePort: 30080 }] }]);
  });

  test("a job has a name only where it has ports", () => {
    expect(services({ mode: "replicated-job" })).toEqual([]);
    expect(services({ mode: "replicated-job", expose: [80] })).toMatchObject([{ name: "web", type: "ClusterIP" }]);
  });
});

test("only what is rolled, and serves, still answers while it goes", () => {
  const served: Described = { expose: [80], stopGracePeriod: "1m" };
  expect(pod(served)).toMatchObject({ containers: [draining], terminationGracePeriodSeconds: 65 });
  for (const more of [{ volumes: ["data:/d"] }, { mode: "global" }, { mode: "replicated-job" }] as Described[]) {
    expect(container({ ...served, ...more })).not.toHaveProperty("lifecycle");
    expect(pod({ ...served, ...more }).terminationGracePeriodSeconds).toBe(60);
  }
  expect(container({})).not.toHaveProperty("lifecycle");
});

describe("what reaches the container as it stands", () => {
  test("Kubernetes expands nothing", () => {
    const text = "$$ $(A) $A $$(B) ${C} $";
    const kept = "$$$ $$(A) $A $$$$(B) ${C} $";
    expect(container({ entrypoint: [text], command: [text], environment: { X: text } })).toMatchObject({
      command: [kept],
      args: [kept],
      env: [{ name: "X", value: kept }],
    });
    expect(container({ healthcheck: { test: ["CMD", text] } }).readinessProbe!.exec!.command).toEqual([kept]);
    // A Secret is never expanded.
    expect(ofKind("Secret", { environment: { PASSWORD: text } })[0]!.stringData).toEqual({ PASSWORD: text });
  });

  test("a cleared entrypoint leaves the command alone", () => {
    expect(container({ entrypoint: "", command: ["ls", "-l"] })).toMatchObject({ command: ["ls", "-l"] });
    expect(container({ entrypoint: "", command: ["ls"] })).not.toHaveProperty("args");
  });
});

describe("health", () => {
  test("a start period asks often and never ends the container", () => {
    const healthcheck = { test: ["CMD", "ok"], startPeriod: "2m", interval: "10s", timeout: "5s", retries: 5 };
    expect(container({ healthcheck })).toMatchObject({
      readinessProbe: { exec: { command: ["ok"] }, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 5 },
      startupProbe: { exec: { command: ["ok"] }, periodSeconds: 5, timeoutSeconds: 5, failureThreshold: 2147483647 },
    });
    expect(container({ healthcheck: { ...healthcheck, startInterval: "1s" } }).startupProbe!.periodSeconds).toBe(1);
    expect(container({ healthcheck })).not.toHaveProperty("livenessProbe");
  });

  test("no check where it is switched off", () => {
    for (const healthcheck of [{ disable: true }, { test: ["NONE"] }])
      expect(container({ healthcheck })).not.toHaveProperty("readinessProbe");
  });
});

describe("files", () => {
  test("secrets and configs, as text and as bytes", () => {
    const secrets = [
      { source: "password", content: "s3cret" },
      { source: "key", file: file("key.der", Buffer.from([0xff, 0x00, 0x80])), target: "/etc/ssl/key", mode: 0o400 },
    ];
    const configs = [{ source: "my.cnf", file: file("my.cnf", "[mysqld]\n"), target: "/etc/mysql/my.cnf", uid: "0" }];
    expect(ofKind("Secret", { secrets })).toEqual([
      {
        apiVersion: "v1",
        kind: "Secret",
        metadata: { name: "web-secrets", labels: app("web") },
        stringData: { password: "s3cret" },
        data: { key: "/wCA" },
      },
    ]);
    expect(ofKind("ConfigMap", { configs })).toEqual([
      {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: "web-configs", labels: app("web") },
        data: { "my.cnf": "[mysqld]\n" },
      },
    ]);
    const { containers, volumes } = pod({ secrets, configs });
    expect(containers[0]!.volumeMounts).toEqual([
      { name: "berth-secrets", mountPath: "/run/secrets/password", subPath: "password", readOnly: true },
      { name: "berth-secrets", mountPath: "/etc/ssl/key", subPath: "key", readOnly: true },
      { name: "berth-configs", mountPath: "/etc/mysql/my.cnf", subPath: "my.cnf", readOnly: true },
    ]);
    expect(volumes).toEqual([
      {
        name: "berth-secrets",
        secret: {
          secretName: "web-secrets",
          items: [
            { key: "password", path: "password", mode: 0o444 },
            { key: "key", path: "key", mode: 0o400 },
          ],
        },
      },
      {
        name: "berth-configs",
        configMap: { name: "web-configs", items: [{ key: "my.cnf", path: "my.cnf", mode: 0o444 }] },
      },
    ]);
    expect(ofKind("ConfigMap", { configs: [{ source: "b", file: file("b", Buffer.from([0xff])) }] })).toMatchObject([
      { binaryData: { b: "/w==" } },
    ]);
  });

  test("one source at two places has two keys", () => {
    const configs = ["/a", "/b"].map((target) => ({ source: "x y", content: target, target }));
    expect(ofKind("ConfigMap", { configs })[0]!.data).toEqual({ "x-y": "/a", "x-y-1": "/b" });
  });
});

describe("volumes", () => {
  const claims = (description: Described, options?: Parameters<typeof made>[1]) =>
    ofKind("PersistentVolumeClaim", description, options);

  test("claims by their options", () => {
    const volumes = { data: { size: "1Gi", storageClassName: "fast", accessMode: "ReadWriteMany" as const } };
    expect(claims({ volumes: ["data:/d"], replicas: 3 }, { volumes })[0]!.spec).toEqual({
      accessModes: ["ReadWriteMany"],
      resources: { requests: { storage: "1Gi" } },
      storageClassName: "fast",
    });
    expect(made({ volumes: ["data:/d"] }, { volumes }).controller.spec).not.toHaveProperty("strategy");
    const wrong = (options: object) => refused({ volumes: ["data:/d"] }, { volumes: { data: options } });
    expect(wrong({ size: "10GB" })).toMatch(/^kubernetes\.volumes\.data\.size: .*; use "10Gi"\.$/);
    expect(wrong({ size: "0" })).toMatch(/^kubernetes\.volumes\.data\.size: /);
    expect(wrong({ storageClassName: "A b" })).toMatch(/^kubernetes\.volumes\.data\.storageClassName: /);
    expect(wrong({ accessMode: "RWO" })).toMatch(/^kubernetes\.volumes\.data\.accessMode: "RWO" is not known/);
    expect(wrong({ accessMode: "ReadOnlyMany" })).toMatch(/^volumes\[0\]: .* mount it read-only\.$/);
    expect(wrong({ existing: true, size: "1Gi" })).toMatch(/^kubernetes\.volumes\.data\.size: belongs to the claim/);
  });

  test("what is there already is mounted as a whole and not made", () => {
    const options = { volumes: { data: { existing: true } } };
    expect(claims({ volumes: ["data:/d"] }, options)).toEqual([]);
    expect(container({ volumes: ["data:/d"] }, options).volumeMounts).toEqual([{ name: "data", mountPath: "/d" }]);
  });

  test("anonymous volumes have claims of their own", () => {
    expect(claims({ volumes: ["/var/lib/data"] }).map(({ metadata }) => metadata)).toEqual([
      { name: "web-var-lib-data" },
    ]);
  });

  test("parts of one volume, and volumes that are only read, are not filled", () => {
    const subpath: Described = {
      volumes: [
        { source: "data", target: "/a", volume: { subpath: "a" } },
        { source: "data", target: "/b", volume: { subpath: "b/c" }, readOnly: true },
      ],
    };
    expect(container(subpath).volumeMounts).toEqual([
      { name: "data", mountPath: "/a", subPath: "data/a" },
      { name: "data", mountPath: "/b", subPath: "data/b/c", readOnly: true },
    ]);
    expect(claims(subpath)).toHaveLength(1);
    for (const volumes of [subpath.volumes!, ["data:/d:ro"], ["data:/d:nocopy"]])
      expect(pod({ volumes })).not.toHaveProperty("initContainers");
  });

  test("an empty volume gets what the image has, once", () => {
    const command = pod({ volumes: ["data:/d"] }).initContainers![0]!.command!;
    // As Kubernetes expands it.
    const [shell = "", ...words] = command.slice(0, 4).map((word) => word.replace(/\$\$/g, "$"));
    const fill = (...pairs: string[]) => execFileSync(shell, [...words, ...pairs]);
    const at = (...parts: string[]) => join(folder, "fill", ...parts);
    for (const path of ["image", "claim", "disk/lost+found", "used"]) mkdirSync(at(path), { recursive: true });
    writeFileSync(at("image", "a b"), "");
    writeFileSync(at("image", ".hidden"), "", { mode: 0o640 });
    writeFileSync(at("used", "mine"), "");
    // A copy that was cut short.
    mkdirSync(at("claim", "data.new"));
    writeFileSync(at("claim", "data.new", "half"), "");
    fill(
      at("claim", "data"),
      at("image"),
      at("disk"),
      at("image"),
      at("used"),
      at("image"),
      at("claim", "none"),
      at("no"),
    );
    expect(readdirSync(at("claim")).sort()).toEqual(["data", "none"]);
    expect(readdirSync(at("claim", "data")).sort()).toEqual([".hidden", "a b"]);
    expect(statSync(at("claim", "data", ".hidden")).mode & 0o777).toBe(0o640);
    expect(readdirSync(at("disk")).sort()).toEqual([".hidden", "a b", "lost+found"]);
    expect(readdirSync(at("used"))).toEqual(["mine"]);
    expect(readdirSync(at("claim", "none"))).toEqual([]);
    rmSync(at("claim", "data", "a b"));
    fill(at("claim", "data"), at("image"));
    expect(readdirSync(at("claim", "data"))).toEqual([".hidden"]);
  });

  test("what only reads may run beside its successor, and many times", () => {
    const read = made({ volumes: ["data:/d:ro", "/etc/hosts:/h:ro"], replicas: 3 });
    expect(read.controller.spec).not.toHaveProperty("strategy");
    expect(made({ volumes: ["/opt/x:/x"] }).controller.spec).toMatchObject({ strategy: { type: "Recreate" } });
    expect(made({ networkMode: "host" }).controller.spec).toMatchObject({ strategy: { type: "Recreate" } });
  });

  test("paths of the nodes", () => {
    const hosts = file("hosts", "");
    const { warnings, controller } = made({
      privileged: true,
      volumes: [
        `${folder}:/a:ro`,
        `${hosts}:/b`,
        "/none/such:/c:rslave",
        { type: "bind", source: "/none/other", target: "/d", bind: { createHostPath: true, propagation: "rshared" } },
        `${hosts}/below:/e`,
      ],
    });
    const { volumes, containers } = (controller.spec as { template: { spec: ReturnType<typeof pod> } }).template.spec;
    expect(volumes!.map(({ hostPath }) => hostPath)).toEqual([
      { path: folder, type: "Directory" },
      { path: hosts, type: "File" },
      { path: "/none/such" },
      { path: "/none/other", type: "DirectoryOrCreate" },
      { path: `${hosts}/below` },
    ]);
    expect(containers[0]!.volumeMounts!.map(({ readOnly, mountPropagation }) => [readOnly, mountPropagation])).toEqual([
      [true, undefined],
      [undefined, undefined],
      [undefined, "HostToContainer"],
      [undefined, "Bidirectional"],
      [undefined, undefined],
    ]);
    expect(warnings).toEqual([expect.stringMatching(/^volumes: .* are paths of the node that runs the pod/)]);
  });
});

describe("the pod", () => {
  test("labels of Docker are annotations", () => {
    const described: Described = { labels: { "traefik.http.x": "Host(`a`)" }, annotations: { note: "b" } };
    const options = { podLabels: { tier: "web" }, podAnnotations: { "example.com/c": "d" } };
    expect(template(described, options).metadata).toEqual({
      labels: { app: "web", tier: "web" },
      annotations: { "traefik.http.x": "Host(`a`)", note: "b", "example.com/c": "d" },
    });
    expect(refused({}, { podLabels: { app: "other" } })).toMatch(/^kubernetes\.podLabels\.app: /);
    expect(refused({}, { podLabels: { a: "b c" } })).toMatch(/^kubernetes\.podLabels\.a: /);
    expect(refused({}, { podAnnotations: { "a b": "c" } })).toMatch(/^kubernetes\.podAnnotations: /);
  });

  test("what only Kubernetes wants to know", () => {
    const options = {
      imagePullSecrets: ["registry"],
      serviceAccountName: "web",
      automountServiceAccountToken: true,
      nodeSelector: { disk: "ssd" },
    };
    expect(pod({ platform: "linux/amd64" }, options)).toMatchObject({
      imagePullSecrets: [{ name: "registry" }],
      serviceAccountName: "web",
      automountServiceAccountToken: true,
      nodeSelector: { "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64", disk: "ssd" },
    });
    expect(refused({}, { imagePullSecrets: ["A_b"] })).toContain('kubernetes.imagePullSecrets[0]: "A_b"');
    expect(refused({}, { serviceAccountName: "A_b" })).toContain("kubernetes.serviceAccountName: ");
    expect(refused({ platform: "linux/amd64" }, { nodeSelector: { "kubernetes.io/arch": "arm64" } })).toMatch(
      /^kubernetes\.nodeSelector\.kubernetes\.io\/arch: arm64 is not linux\/amd64;/,
    );
  });

  test("the program has the last word", () => {
    expect(pod({}, { transformPod: (spec) => ({ ...spec, priorityClassName: "high" }) }).priorityClassName).toBe(
      "high",
    );
    expect(refused({}, { transformPod: (() => undefined) as never })).toMatch(
      /^kubernetes\.transformPod: returns undef/,
    );
  });
});
