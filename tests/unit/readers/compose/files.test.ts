import { join } from "node:path";
import { load, notices, parse, refused } from "./compose";

const FILES = {
  "compose.yaml": `services:
  a: {extends: b, image: a, environment: {X: "1"}, command: !reset }
  b: {extends: {file: sub/base.yml, service: c}, command: run}
`,
  "sub/base.yml": `services:
  c: {extends: e, volumes: ["./x:/x"], environment: {X: "0", Y: "2"}}
  e: {image: e, extends: {file: ../up.yml, service: f}, labels: [l=1]}
`,
  "up.yml": "services: {f: {image: f, volumes: ['./u:/u'], restart: always}}",
};

// docker compose config gives the same.
test("extends goes through files, and paths stay where they were written", () => {
  const { services, root } = load(FILES);
  const bind = (source: string, target: string) => ({
    type: "bind",
    source: join(root, source),
    target,
    bind: { createHostPath: true },
  });
  const common = { restart: "always", labels: { l: "1" }, volumes: [bind("u", "/u"), bind("sub/x", "/x")] };
  expect(services.a).toMatchObject({ ...common, image: "a", environment: { X: "1", Y: "2" } });
  expect(services.a).not.toHaveProperty("command");
  expect(services.b).toMatchObject({ ...common, image: "e", command: "run", environment: { X: "0", Y: "2" } });
});

test("extends in a circle is refused, also through files", () => {
  expect(refused("services: {a: {extends: b}, b: {extends: a}}")).toBe(
    "compose.yaml:1:25: services.a.extends: goes round in a circle: a extends b extends a; take one extends out.",
  );
  const files = {
    "compose.yaml": "services: {a: {extends: {file: o.yml, service: b}}}",
    "o.yml": "services: {b: {extends: {file: compose.yaml, service: a}}}",
  };
  expect(() => load(files)).toThrow(/goes round in a circle/);
});

test("include brings services with their own folder and variables; the including file wins", () => {
  const { services, networks, root } = load({
    "compose.yaml": `name: inc
include:
  - sub/compose.yaml
  - path: [other/a.yml, other/b.yml]
    project_directory: .
    env_file: [other/o.env]
services:
  main: {image: "m:\${TAG:-none}", depends_on: [s, o], environment: [FROMENV, TAG]}
  s: {ports: ["81:80"]}
`,
    "sub/compose.yaml":
      'services: {s: {image: "s:${TAG}", volumes: ["./d:/d"], build: {dockerfile_inline: "FROM x"}, environment: [TAG]}}',
    "sub/.env": "TAG=subtag",
    "other/a.yml":
      'services: {o: {image: "o:${T2:?need}", volumes: ["./d:/d"], networks: [on]}}\nnetworks: {on: {driver: bridge}}',
    "other/b.yml": "services: {o: {command: [x]}}",
    "other/o.env": "T2=t2",
    ".env": "FROMENV=yes",
  });
  expect(services.main).toMatchObject({ image: "m:none", environment: { FROMENV: "yes" } });
  expect(services.s).toMatchObject({
    image: "s:subtag",
    environment: { TAG: "subtag" },
    volumes: [{ source: join(root, "sub/d") }],
    build: { context: join(root, "sub"), dockerfileInline: "FROM x" },
    ports: [{ published: "81", target: 80 }],
  });
  expect(services.o).toMatchObject({ image: "o:t2", command: ["x"], volumes: [{ source: join(root, "d") }] });
  expect(networks.on).toEqual({ name: "inc_on", driver: "bridge" });
});

test("files are found by their standard names, also from below", () => {
  const files = {
    "docker-compose.yml": "services: {a: {image: x}}",
    "compose.yml": "name: n\nservices: {a: {image: y}}",
    "compose.override.yml": "services: {a: {command: c}}",
    "deep/x": "",
  };
  const project = load(files);
  expect(project.services.a).toMatchObject({ image: "y", command: "c" });
  expect(project.files).toEqual(["compose.yml", "compose.override.yml"].map((name) => join(project.root, name)));
  expect(project.workingDir).toBe(project.root);
  expect(project.notices).toEqual([
    { level: "warning", at: "compose.yml", text: "is used, and not docker-compose.yml beside it" },
  ]);
  expect(
    load(
      { "a.yml": "services: {a: {image: x}}", "b.yml": "services: {a: {tty: true}}" },
      {},
      { COMPOSE_FILE: "a.yml:b.yml" },
    ).services.a!.tty,
  ).toBe(true);
});

test.each<[options: object, environment: Record<string, string>, expected: string]>([
  [{}, {}, "my_app-1"],
  [{}, { COMPOSE_PROJECT_NAME: "env" }, "env"],
  [{ projectName: "given" }, { COMPOSE_PROJECT_NAME: "env" }, "given"],
])("the name with %j and %j is %s", (options, environment, expected) => {
  const files = { "compose.yaml": "name: _My_App-${N:-1}!\nservices: {a: {image: x, command: $COMPOSE_PROJECT_NAME}}" };
  const project = load(files, options, environment);
  expect([project.name, project.services.a!.command]).toEqual([expected, expected]);
});

test("a name that is given must fit as it is", () => {
  expect(() => load({ "compose.yaml": "services: {a: {image: x}}" }, { projectName: "My App" })).toThrow(
    'compose.yaml: name: "My App" is not a project name; use lower case letters',
  );
});

test("the folder gives the name, and the project directory the paths", () => {
  const project = load(
    { "My.Dir/c.yml": "services: {a: {image: x, volumes: ['./d:/d']}}" },
    { files: ["My.Dir/c.yml"] },
  );
  expect(project.name).toBe("mydir");
  expect(project.services.a!.volumes).toMatchObject([{ source: join(project.root, "My.Dir/d") }]);
  const moved = load(
    { "My.Dir/c.yml": "services: {a: {image: x, volumes: ['./d:/d']}}" },
    { files: ["My.Dir/c.yml"], projectDirectory: "." },
  );
  expect(moved.services.a!.volumes).toMatchObject([{ source: join(moved.root, "d") }]);
});

const PROFILES = `services:
  a: {image: x, depends_on: {b: {condition: service_started, required: false}}}
  b: {image: y, profiles: [p], networks: [n]}
  c: {image: z, profiles: [q, p]}
networks: {n: }
`;

test("profiles switch services on", () => {
  expect(parse(PROFILES).disabled).toEqual(["b", "c"]);
  expect(parse(PROFILES).services.a).not.toHaveProperty("dependsOn");
  expect(notices(PROFILES)).toEqual([
    "note services.a.depends_on.b: b is switched off by its profiles, and not required",
    "note networks.n: no service that is switched on uses it, so it is not made",
  ]);
  expect(parse(PROFILES, {}, { profiles: ["q"] }).disabled).toEqual(["b"]);
  expect(parse(PROFILES, { COMPOSE_PROFILES: "x, p" }).disabled).toEqual([]);
  expect(parse(PROFILES, {}, { profiles: ["*"] }).networks).toEqual({
    n: { name: "demo_n" },
    default: { name: "demo_default" },
  });
  expect(refused(PROFILES.replace("required: false", "required: true"))).toBe(
    'compose.yaml:2:30: services.a.depends_on.b: service "a" needs service "b", which is switched off by its profiles; switch its profile on too, or remove profiles.',
  );
});

test("what has no effect is said", () => {
  const file = `version: "3"
services:
  a:
    image: x
    attach: false
    deploy: {placement: {constraints: [a]}, update_config: {parallelism: 1}, mode: global}
    ports: [{target: 80, published: 80, name: web}]
    volumes: ["vol:/v:cached"]
volumes: {vol: , w: }
`;
  expect(notices(file)).toEqual([
    "note version: is obsolete and has no effect; remove it",
    "note services.a.volumes[0]: cached is for Docker Desktop on a Mac only and has no effect",
    "note services.a.attach: is about the terminal of docker compose up; it has no effect here",
    "note services.a.ports[0].name: is a note for readers; it has no effect on an engine",
    "note services.a.deploy.placement: is for a Swarm; it has no effect on a single engine",
    "note services.a.deploy.update_config: is for a Swarm; it has no effect on a single engine",
    "note services.a.deploy.mode: is for a Swarm; on a single engine it means one container",
    "note volumes.w: no service that is switched on uses it, so it is not made",
  ]);
});
