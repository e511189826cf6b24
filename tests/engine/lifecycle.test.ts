import { describeIf } from "../skips";
import { cleanUp, missingCli, Project, type ProjectOptions, typeAndName } from "./harness";

interface Change {
  /** What is set, as the test's title has it. */
  what: string;
  settings: Record<string, unknown>;
  /** Exactly these operations are previewed, in any order. */
  preview: string[];
  /** Exactly this the provider then did; a container is created and then deleted, anything else the other way round. */
  done: string[];
  /** Looks at the engine afterwards. */
  after?(project: Project): void;
}

const ids = (project: Project) => project.store.list("containers").map(({ Id }) => Id);
const joined = (project: Project, name: string) => Object.keys(project.container(name).NetworkSettings.Networks).sort();

interface Lifecycle extends ProjectOptions {
  /** What the first preview creates, in any order. */
  creates: string[];
  changes: Change[];
  /** Volumes that are left after destroy. */
  kept?: string[];
}

const LIFECYCLES: Lifecycle[] = [
  {
    stack: "nginx",
    creates: ["Stack berth-nginx", "Nginx nginx", "RemoteImage nginx", "Container nginx"],
    changes: [
      {
        what: "port",
        settings: { "nginx:port": "8123" },
        preview: ["update Nginx nginx", "replace Container nginx"],
        done: ["delete containers nginx", "create containers nginx"],
      },
      {
        what: "name",
        settings: { "nginx:containerName": "other" },
        preview: ["update Nginx nginx"],
        done: [],
        after: (project) => expect(project.containers()).toEqual(["other"]),
      },
      {
        what: "image",
        settings: { "nginx:image": "nginx:1.27" },
        preview: [
          "update Nginx nginx",
          "create RemoteImage nginx:1.27",
          "replace Container nginx",
          "delete RemoteImage nginx",
        ],
        done: ["create images nginx:1.27", "delete containers nginx", "create containers nginx", "delete images nginx"],
      },
    ],
  },
  {
    stack: "mysql",
    config: { "mysql:setup": "A10" },
    secrets: { "mysql:rootPassword": "first password" },
    creates: ["Stack berth-mysql", "Mysql mysql", "RemoteImage mysql:latest", "Volume mysql", "Container mysql"],
    changes: [
      {
        what: "port",
        settings: { "mysql:port": "3307" },
        preview: ["update Mysql mysql", "replace Container mysql"],
        done: ["delete containers mysql", "create containers mysql"],
      },
    ],
    kept: ["mysql"],
  },
  {
    stack: "elasticsearch",
    config: { "elasticsearch:data": "es-data" },
    creates: [
      "Stack berth-elasticsearch",
      "Elasticsearch elasticsearch",
      "RemoteImage elasticsearch:7.6.2",
      "Volume es-data",
      "Container elasticsearch",
    ],
    changes: [
      {
        what: "memory limit",
        settings: { "elasticsearch:memory": "1g" },
        preview: ["update Container elasticsearch"],
        done: ["update containers elasticsearch"],
      },
      {
        what: "heap",
        settings: { "elasticsearch:heapMax": "600m" },
        preview: ["update Elasticsearch elasticsearch", "replace Container elasticsearch"],
        done: ["delete containers elasticsearch", "create containers elasticsearch"],
      },
    ],
    kept: ["es-data"],
  },
  {
    stack: "volumes",
    creates: [
      ...["Stack berth-volumes", "NamedVolume my_volume", "RemoteImage centos"],
      ...["Service docker-1", "Service docker-2", "Service docker02", "Service volume-1", "Service volume-2"],
      ...["Volume docker-1-data", "Volume centos-02", "Volume my_volume"],
      ...["Container docker-1", "Container docker-2", "Container docker02", "Container volume-1", "Container volume-2"],
    ],
    changes: [
      {
        what: "volume",
        settings: { "volumes:volume": "other" },
        preview: [
          "update NamedVolume my_volume",
          "create Volume other",
          "replace Container volume-1",
          "replace Container volume-2",
          "delete Volume my_volume",
        ],
        // The old volume leaves the state, not the engine.
        done: [
          ...["create volumes other", "delete containers volume-1", "create containers volume-1"],
          ...["delete containers volume-2", "create containers volume-2"],
        ],
      },
    ],
    kept: ["(anonymous)", "centos-02", "my_volume", "other"],
  },
  {
    stack: "networks",
    creates: [
      ...[
        "Stack berth-networks",
        "BridgeNetwork my-bridge",
        "BridgeNetwork mynet",
        "Network my-bridge",
        "Network mynet",
      ],
      ...["Container beside-test1", "Container on-bridge", "Container on-host", "Container on-none", "Container test1"],
      ...["Container test2", "RemoteImage busybox", "Service beside-test1", "Service on-bridge", "Service on-host"],
      ...["Service on-none", "Service test1", "Service test2"],
    ],
    changes: [
      {
        what: "a network less",
        settings: { "networks:test1": ["mynet"] },
        preview: ["update Service test1"],
        done: [],
        after: (project) => {
          expect(joined(project, "test1")).toEqual(["mynet"]);
          expect(joined(project, "test2")).toEqual(["my-bridge", "mynet"]);
        },
      },
      {
        what: "subnet",
        settings: { "networks:subnet": "10.99.0.0/16", "networks:gateway": "10.99.0.1" },
        // The containers let go of the network and join again; they stay.
        preview: [
          "update BridgeNetwork mynet",
          "replace Network mynet",
          "update Service test1",
          "update Service test2",
        ],
        done: ["delete networks mynet", "create networks mynet"],
        after: (project) => {
          const network = project.store.find("networks", "mynet")!;
          expect(network.IPAM.Config).toEqual([{ Subnet: "10.99.0.0/16", Gateway: "10.99.0.1" }]);
          for (const name of ["test1", "test2"]) {
            expect(project.container(name).NetworkSettings.Networks.mynet!.NetworkID).toBe(network.Id);
          }
        },
      },
    ],
  },
  {
    stack: "tomcat",
    secrets: { "tomcat:rootPassword": "a password" },
    creates: [
      ...["Stack berth-tomcat", "BridgeNetwork tomcat-mysql", "Network tomcat-mysql"],
      ...["Mysql tomcat-db", "RemoteImage mysql:5.7", "Volume tomcat-db-data", "Container tomcat-db"],
      ...["Tomcat tomcat01", "RemoteImage tomcat:8", "Container tomcat01"],
    ],
    changes: [
      {
        what: "port",
        settings: { "tomcat:port": "8090" },
        preview: ["update Tomcat tomcat01", "replace Container tomcat01"],
        done: ["delete containers tomcat01", "create containers tomcat01"],
      },
    ],
    kept: ["tomcat-db-data"],
  },
  {
    stack: "jenkins",
    creates: [
      ...["Stack berth-jenkins", "JenkinsWithNginx jenkins", "Network jenkins_default", "Network jenkins_default"],
      ...["RemoteImage jenkinsci/blueocean", "Service jenkins-docker_jenkins-1", "Container jenkins-docker_jenkins-1"],
      ...["RemoteImage nginx", "Service jenkins-docker_nginx-1", "Container jenkins-docker_nginx-1"],
    ],
    changes: [
      {
        what: "port of the site",
        settings: { "jenkins:httpPort": "8123" },
        preview: ["update Service jenkins-docker_nginx-1", "replace Container jenkins-docker_nginx-1"],
        done: ["delete containers jenkins-docker_nginx-1", "create containers jenkins-docker_nginx-1"],
      },
    ],
  },
  {
    stack: "flask",
    creates: [
      ...["Stack berth-flask", "ComposeProject flask", "Network flask_default", "Network flask_default"],
      ...["NamedVolume flask_logvolume01", "Volume flask_logvolume01", "RemoteImage flask-web", "RemoteImage redis"],
      ...["Service flask-redis-1", "Container flask-redis-1", "Service flask-web-1", "Container flask-web-1"],
    ],
    changes: [
      {
        what: "version 2",
        settings: { "flask:setup": "C3" },
        preview: [
          ...["create RemoteImage redis:alpine", "update Service flask-redis-1", "replace Container flask-redis-1"],
          ...["update Service flask-web-1", "replace Container flask-web-1", "delete RemoteImage redis"],
          // No service has it any more; it leaves the state, not the engine.
          ...["delete NamedVolume flask_logvolume01", "delete Volume flask_logvolume01"],
        ],
        done: [
          ...["create images redis:alpine", "delete images redis"],
          ...["delete containers flask-redis-1", "create containers flask-redis-1"],
          ...["delete containers flask-web-1", "create containers flask-web-1"],
        ],
      },
    ],
    kept: ["flask_logvolume01"],
  },
  {
    stack: "dev",
    secrets: { "mysql:rootPassword": "a password" },
    creates: [
      ...["Stack berth-dev", "Nginx nginx", "RemoteImage nginx", "Container nginx"],
      ...["Mysql mysql", "RemoteImage mysql:latest", "Volume mysql", "Container mysql"],
      ...["Elasticsearch elasticsearch", "RemoteImage elasticsearch:7.6.2", "Container elasticsearch"],
    ],
    changes: [
      {
        what: "port",
        settings: { "nginx:port": "8123" },
        preview: ["update Nginx nginx", "replace Container nginx"],
        done: ["delete containers nginx", "create containers nginx"],
      },
    ],
    kept: ["mysql"],
  },
];

/** Types and names of what berth's own plan shows. */
async function planned(project: Project): Promise<string[]> {
  const args = ["cli/berth.js", "plan", project.stack, "--json"];
  const { code, stdout, output } = await project.run(process.execPath, args);
  if (code !== 0) throw new Error(`berth plan ended with ${code}:\n${output}`);
  return (JSON.parse(stdout) as { type: string; name: string }[]).map(({ type, name }) => `${type} ${name}`);
}

cleanUp();

describeIf(missingCli, "lifecycle of the stacks", () => {
  test.concurrent.each(LIFECYCLES)(
    "$stack",
    async ({ creates, changes, kept = [], ...options }) => {
      const project = await Project.create(options);
      const sort = (lines: string[]) => [...lines].sort();

      expect(sort(await project.changes())).toEqual(sort(creates.map((created) => `create ${created}`)));
      expect(sort(await planned(project))).toEqual(sort(project.steps.map(({ urn }) => typeAndName(urn))));
      expect(project.containers()).toEqual([]);
      await project.up();
      expect(await project.changes("--expect-no-changes")).toEqual([]);
      expect(await project.changes("--refresh", "--expect-no-changes")).toEqual([]);
      project.store.takeJournal();

      for (const { what, settings, preview, done, after } of changes) {
        const before = ids(project);
        project.configure(settings);
        expect([what, ...sort(await project.changes())]).toEqual([what, ...sort(preview)]);
        expect(ids(project)).toEqual(before);
        await project.up();
        const journal = project.store.takeJournal();
        expect([what, ...sort(journal)]).toEqual([what, ...sort(done)]);
        for (const [at, line] of journal.entries()) {
          const deleted = journal.lastIndexOf(line.replace("create", "delete"));
          if (!line.startsWith("create") || deleted < 0) continue;
          // What ran before is set aside until the new container answers.
          if (line.startsWith("create containers")) expect(deleted).toBeGreaterThan(at);
          else expect(deleted).toBeLessThan(at);
        }
        // Whatever was not deleted is the same container still.
        const gone = before.filter((id) => !ids(project).includes(id));
        expect(gone).toHaveLength(done.filter((line) => line.startsWith("delete containers")).length);
        after?.(project);
      }
      expect(await project.changes("--refresh", "--expect-no-changes")).toEqual([]);

      await project.destroy();
      expect(project.containers()).toEqual([]);
      expect(project.networks()).toEqual([]);
      // An anonymous volume has a random name.
      expect(sort(project.volumes().map((name) => name.replace(/^[0-9a-f]{64}$/, "(anonymous)")))).toEqual(kept);
    },
    300_000,
  );
});
