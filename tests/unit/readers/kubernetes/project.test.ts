import { parseDockerLines } from "../../../../core/readers/dockerRun";
import { projectOfObjects, readManifests } from "../../../../core/readers/kubernetes";
import { toCompose } from "../../../../core/writers/compose";
import { toKubernetes } from "../../../../core/writers/kubernetes";
import { toRun } from "../../../../core/writers/run";
import { TEXTS } from "./texts";

const described = (text: string) => projectOfObjects(readManifests([{ file: "app.yaml", text }]).objects, "app");
const { project, secretNames } = described(TEXTS.shop!);
const said = (name = TEXTS.shop!) => described(name).project.notices.map(({ at, text }) => `${at}: ${text}`);

const POD = (rest: string, spec = "") => `apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
${spec}  containers:
    - name: web
      image: nginx:1.27
${rest}`;
const only = (text: string) => {
  const { services } = described(text).project;
  expect(Object.keys(services)).toEqual(["web"]);
  return services.web!;
};

describe("a shop on one machine", () => {
  test("each container is a service; those of one pod share its network", () => {
    expect(Object.keys(project.services)).toEqual(["db", "web", "web-exporter", "web-wait"]);
    expect(project.services["web-exporter"]).toMatchObject({
      networkMode: "container:web",
      dependsOn: { web: { condition: "service_started" } },
      command: ["--target=http://localhost:8080"],
    });
    expect(project.services["web-exporter"]).not.toHaveProperty("networks");
  });

  test("an init container has to end first, and is tried again until it does", () => {
    expect(project.services.web!.dependsOn).toEqual({ "web-wait": { condition: "service_completed_successfully" } });
    expect(project.services["web-wait"]).toMatchObject({ restart: "on-failure", image: "busybox" });
  });

  test("a node port is a host port, of the main container also where another one listens", () => {
    expect(project.services.web!.ports).toEqual(["30080:8080", "9113"]);
  });

  test("Services are names, long ones too where somebody calls them so", () => {
    expect(project.services.web!.networks).toEqual([{ name: "app_default", aliases: ["web", "front"] }]);
    expect(project.services.db!.networks).toEqual([
      { name: "app_default", aliases: ["db", "db.shop.svc.cluster.local"] },
    ]);
    expect(project.networks).toEqual({ default: { name: "app_default" } });
  });

  test("variables come from ConfigMaps and Secrets, and are expanded as the cluster does", () => {
    expect(project.services.web!.environment).toEqual({
      MODE: "production",
      EMPTY: "",
      "nginx.conf": expect.stringContaining("listen 8080"),
      DB_HOST: "db.shop.svc.cluster.local",
      URL: "mysql://db.shop.svc.cluster.local/$(X)",
      API_TOKEN: "t0ps3cret",
    });
    expect(project.services.db!.environment).toEqual({ MYSQL_ROOT_PASSWORD: "hunter2", MYSQL_DATABASE: "shop" });
    expect(secretNames.get("db")).toEqual(new Set(["MYSQL_ROOT_PASSWORD"]));
  });

  test("volumes: claims, folders of the pod, memory, paths of the node, files of ConfigMaps and Secrets", () => {
    const { volumes, tmpfs, configs, secrets } = project.services.web!;
    expect(volumes).toEqual([
      { type: "volume", source: "app_web-cache", target: "/cache" },
      { type: "volume", source: "app_data", target: "/uploads" },
      { type: "bind", source: "/var/log/web", target: "/var/log/web", bind: { createHostPath: true } },
    ]);
    expect(tmpfs).toEqual(["/fast:size=67108864"]);
    expect(configs).toEqual([
      expect.objectContaining({ source: "settings-nginx.conf", target: "/etc/nginx/conf.d/default.conf" }),
    ]);
    expect(secrets!.map(({ source, target, mode }) => [source, target, mode])).toEqual([
      ["login-user", "/run/login/user", 0o400],
      ["login-key", "/run/login/key", 0o400],
      ["login-password", "/run/login/password", 0o400],
    ]);
    expect(project.services.db!.volumes).toEqual([{ type: "volume", source: "app_data-db", target: "/var/lib/mysql" }]);
  });

  test("limits, users, capabilities and a check by a command", () => {
    expect(project.services.db).toMatchObject({
      cpus: 1.5,
      memLimit: 512 * 2 ** 20,
      memReservation: 256 * 2 ** 20,
      healthcheck: { test: ["CMD", "mysqladmin", "ping"], interval: "5s", timeout: "1s" },
    });
    expect(project.services.web).toMatchObject({
      user: "1000:1000",
      pullPolicy: "always",
      restart: "always",
      capDrop: ["ALL"],
      capAdd: ["NET_BIND_SERVICE"],
      securityOpt: ["no-new-privileges"],
    });
  });

  test("what gets lost is said of each field and object", () => {
    expect(said()).toEqual([
      "StatefulSet shop/db: spec.volumeClaimTemplates: the size 2Gi of data is left out: a volume of Docker may fill its disk",
      "StatefulSet shop/db: spec.template.spec.containers[0].resources.requests.cpu: is left out: nothing is set aside on one machine; limits stay",
      "Deployment shop/web: spec.replicas: 3 become one: one machine runs one of each",
      "Service shop/front: others reach front on the port 80, and on one machine the container's own: write 8080 where 80 is",
      "Deployment shop/web: spec.template.spec.containers[0].env[3].valueFrom: is left out: only a cluster knows it; set POD yourself",
      "Deployment shop/web: spec.template.spec.containers[0].livenessProbe: is left out: Docker does not end a container that fails a check",
      "Deployment shop/web: spec.strategy: is left out: one container is replaced by the next one, without others beside it",
      "Deployment shop/web: spec.template.metadata.annotations: is left out: they choose pods, or speak to programs of a cluster",
      "Deployment shop/web: spec.template.spec.nodeSelector: is left out: one machine has no nodes to choose from",
      "Deployment shop/web: spec.template.spec.securityContext.fsGroup: is left out: give the volume's files to that group yourself",
      "PersistentVolumeClaim shop/data: spec.resources.requests.storage: is left out: a volume of Docker may fill its disk",
      "Ingress shop/front: is left out: publish a port, or put a reverse proxy in front",
      "HorizontalPodAutoscaler shop/web: is left out: one machine runs one of each",
    ]);
  });

  test("no secret is in the clear in what is printed", () => {
    const options = { folder: "/srv", secretNames };
    const compose = toCompose(project, options).text;
    const run = toRun(project, options).lines.join("\n");
    for (const text of [compose, run]) expect(text).not.toMatch(/hunter2|t0ps3cret|ada\b/);
    expect(compose).toContain("MYSQL_ROOT_PASSWORD: ${MYSQL_ROOT_PASSWORD:?set it}");
  });
});

describe("single fields", () => {
  test("a Pod with the network of its node", () => {
    const service = only(
      POD(
        "      ports: [{containerPort: 80, hostPort: 8080}]\n",
        "  hostNetwork: true\n  hostPID: true\n  hostIPC: true\n",
      ),
    );
    expect(service).toMatchObject({ networkMode: "host", pid: "host", ipc: "host" });
    expect(service).not.toHaveProperty("ports");
  });

  test("host ports, names, DNS and the time to end", () => {
    const spec =
      "  hostname: shop\n  terminationGracePeriodSeconds: 45\n  hostAliases: [{ip: 10.0.0.2, hostnames: [a, b]}]\n  dnsPolicy: None\n  dnsConfig: {nameservers: [1.1.1.1], searches: [x.example]}\n";
    const text = POD(
      "      ports: [{containerPort: 53, hostPort: 5353, protocol: UDP}]\n      tty: true\n      stdin: true\n",
      spec,
    );
    expect(only(text)).toMatchObject({
      ports: ["5353:53/udp"],
      hostname: "shop",
      stopGracePeriod: "45s",
      extraHosts: { a: "10.0.0.2", b: "10.0.0.2" },
      dns: ["1.1.1.1"],
      dnsSearch: ["x.example"],
      tty: true,
      stdinOpen: true,
    });
    expect(said(text)).toEqual([]);
  });

  test.each([
    ["Always", "always"],
    ["OnFailure", "on-failure"],
    ["Never", "no"],
  ])("restartPolicy %s is %s", (policy, restart) => {
    expect(only(POD("", `  restartPolicy: ${policy}\n`)).restart).toBe(restart);
  });

  test("a Job ends by itself, with as many tries as it says; a CronJob is left out", () => {
    const { services } = described(TEXTS["further kinds"]!).project;
    expect(Object.keys(services)).toEqual(["once"]);
    expect(services.once!.restart).toBe("on-failure:2");
    expect(said(TEXTS["further kinds"])).toContain(
      "CronJob cleanup: is left out: Docker starts nothing at given times: let cron of the machine call `docker run`",
    );
  });

  test("GPUs", () => {
    expect(only(POD("      resources: {limits: {nvidia.com/gpu: 2}, requests: {nvidia.com/gpu: 2}}\n")).gpus).toEqual([
      { count: 2 },
    ]);
  });

  test("the same check for readiness and liveness is one, and what it does no more is said", () => {
    const probe = "{exec: {command: [test, -e, /ok]}}";
    const text = POD(`      readinessProbe: ${probe}\n      livenessProbe: ${probe}\n`);
    expect(only(text).healthcheck!.test).toEqual(["CMD", "test", "-e", "/ok"]);
    expect(said(text)).toEqual([
      "Pod web: livenessProbe: is a health check now: Docker does not end a container that fails it",
    ]);
  });

  test("a requests' check and handlers are named", () => {
    const text = POD(
      '      readinessProbe: {httpGet: {path: /, port: 80}, periodSeconds: 3}\n      lifecycle: {preStop: {exec: {command: [sleep, "5"]}}}\n',
    );
    expect(said(text)).toEqual([
      "Pod web: spec.containers[0].readinessProbe: is left out: Docker asks only with a command inside of the container: write a healthcheck that the image can run",
      "Pod web: spec.containers[0].lifecycle: is left out: Docker runs nothing after a start or before an end: do it in the command, or trap SIGTERM there",
    ]);
  });

  test("what comes from an object that is not there is taken from outside, or named", () => {
    const text = POD(
      "      env: [{name: KEY, valueFrom: {secretKeyRef: {name: keys, key: one}}}, {name: MAY, valueFrom: {secretKeyRef: {name: keys, key: two, optional: true}}}]\n      envFrom: [{configMapRef: {name: gone}}]\n      volumeMounts: [{name: v, mountPath: /v}]\n",
      "  volumes: [{name: v, configMap: {name: gone}}]\n",
    );
    expect(only(text).environment).toEqual({ KEY: null });
    expect(said(text)).toEqual([
      "Pod web: spec.containers[0].envFrom[0]: is left out: the ConfigMap gone is not among the objects; add its variables",
      "Pod web: spec.containers[0].env[0]: KEY takes its value from where it is started: the Secret keys with one is not among the objects",
      "Pod web: spec.containers[0].volumeMounts[0]: is left out: the ConfigMap gone is not among the objects; mount its files at /v",
    ]);
  });

  test("a volume that only clusters have, and a Service that leads nowhere", () => {
    const text = `${POD("      volumeMounts: [{name: v, mountPath: /v}]\n", "  volumes: [{name: v, nfs: {server: s, path: /p}}]\n")}---
apiVersion: v1
kind: Service
metadata: {name: other}
spec: {selector: {app: other}, ports: [{port: 80}]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: unused}
`;
    expect(said(text)).toEqual([
      "Pod web: spec.containers[0].volumeMounts[0]: is left out: a volume of the kind nfs is a matter of clusters; mount something in its place",
      "Service other: is left out: it leads to no pods of these files",
      "ConfigMap unused: is left out: no container of these files reads it",
    ]);
  });

  test("workloads of one name in two namespaces are two services", () => {
    const pod = (namespace: string) => POD("").replace("name: web}", `name: web, namespace: ${namespace}}`);
    const { services } = described(`${pod("a")}---\n${pod("b")}`).project;
    expect(Object.keys(services)).toEqual(["web", "b-web"]);
  });

  test("the pod of a StatefulSet is found by its own name too", () => {
    const text = TEXTS.shop!.replace("value: db.shop.svc.cluster.local", "value: db-0.db.shop.svc.cluster.local");
    expect(described(text).project.services.db!.networks).toEqual([
      { name: "app_default", aliases: ["db", "db-0.db.shop.svc.cluster.local"] },
    ]);
  });

  test("objects that run nothing are refused", () => {
    expect(() => described("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n")).toThrow(
      "ConfigMap a: nothing of these objects runs a container by itself; name the files with a Deployment, StatefulSet, DaemonSet, Job or Pod.",
    );
  });
});

test("what berth prints to fill a claim is what Docker does by itself", () => {
  const folder = "/srv";
  const given = parseDockerLines(["docker run -d --name web -v web-data:/data nginx:1.27"], "web", {
    environment: {},
    folder,
    home: "/root",
  });
  const { text } = toKubernetes(given, { folder });
  expect(text).toContain("name: berth-fill-volumes");
  const { services } = described(text).project;
  expect(Object.keys(services)).toEqual(["web"]);
  expect(services.web!.volumes).toEqual([{ type: "volume", source: "app_web-data", target: "/data" }]);
  expect(services.web).not.toHaveProperty("dependsOn");
});
