import { describeIf } from "../skips";
import { cleanUp, missingCli, Project, type ProjectOptions } from "./harness";

interface Change {
  /** What is set, as the test's title has it. */
  what: string;
  settings: Record<string, unknown>;
  /** Exactly these operations are previewed. */
  preview: string[];
  /** What the provider then did, in this order. */
  done: string[];
}

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
      { what: "name", settings: { "nginx:containerName": "other" }, preview: ["update Nginx nginx"], done: [] },
      {
        what: "image",
        settings: { "nginx:image": "nginx:1.27" },
        preview: ["update Nginx nginx", "create RemoteImage nginx:1.27", "replace Container nginx", "delete RemoteImage nginx"],
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
    creates: ["Stack berth-elasticsearch", "Elasticsearch elasticsearch", "RemoteImage elasticsearch:7.6.2", "Volume es-data", "Container elasticsearch"],
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
    changes: [],
  },
  {
    stack: "networks",
    creates: [],
    changes: [],
  },
  {
    stack: "tomcat",
    secrets: { "tomcat:rootPassword": "a password" },
    creates: [],
    changes: [],
  },
];

cleanUp();

describeIf(missingCli, "lifecycle of the stacks", () => {
  test.concurrent.each(LIFECYCLES)(
    "$stack",
    async ({ creates, changes, kept = [], ...options }) => {
      const project = await Project.create(options);
      const unchanged = async () => {
        expect(await project.changes("--expect-no-changes")).toEqual([]);
        expect(await project.changes("--refresh", "--expect-no-changes")).toEqual([]);
      };
      const sort = (lines: string[]) => [...lines].sort();

      expect(sort(await project.changes())).toEqual(sort(creates.map((created) => `create ${created}`)));
      expect(project.containers()).toEqual([]);
      await project.up();
      await unchanged();
      project.store.takeJournal();

      for (const { what, settings, preview, done } of changes) {
        const before = project.containers();
        project.configure(settings);
        expect([what, ...(await project.changes())]).toEqual([what, ...preview]);
        expect(project.containers()).toEqual(before);
        await project.up();
        expect([what, ...project.store.takeJournal()]).toEqual([what, ...done]);
      }
      if (changes.length) await unchanged();

      await project.destroy();
      expect(project.containers()).toEqual([]);
      expect(project.networks()).toEqual([]);
      expect(project.volumes()).toEqual(kept);
    },
    120_000,
  );
});
