import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { berth } from "./inProcess";

const folder = mkdtempSync(join(tmpdir(), "berth-from-notes-"));
const note = join(folder, "docker.md");
const other = join(folder, "other.md");
writeFileSync(
  note,
  `# Notes

\`\`\`sh
docker ps
docker run -d --name nginx01 -p 666:80 nginx:1.27
docker run -d --name mysql01 -e MYSQL_ROOT_PASSWORD=hunter2 mysql:8
docker run -d --name nginx01 -p 667:80 nginx:1.27
docker run -d image_name
docker network create --getway 10.0.0.1 mynet
docker service scale web=3
\`\`\`

\`\`\`yaml
apiVersion: v1
kind: Pod
metadata:
  name: pod
spec:
  containers:
    - name: web
      image: nginx:1.27
      env:
        - name: DB_PASSWORD
          value: hunter2222
\`\`\`
`,
);
writeFileSync(other, "`docker run -d --name other -p 666:80 nginx:1.27` and `docker logs other`\n");
afterAll(() => rmSync(folder, { recursive: true }));

test("the report says of each line what it is, and no secret", async () => {
  const { code, out } = await berth("from-notes", note);
  expect(code).toBe(0);
  expect(
    out,
  ).toBe(`${note}: 3 setups are ready to run, 1 is for kubectl, 1 to be filled in first, 1 does not run as written, 1 said in another way, 1 left out

Ready to run
  nginx01: Nginx (line 5)
      docker run -d --name nginx01 -p 666:80 nginx:1.27
  mysql01: Service (line 6)
      docker run -d --name mysql01 -e MYSQL_ROOT_PASSWORD=******* mysql:8
      warning: services.mysql01.environment.MYSQL_ROOT_PASSWORD: is a secret in clear: keep it in a secret of the stack, or in a file that is not committed
  nginx01-2: Nginx (line 7)
      docker run -d --name nginx01 -p 667:80 nginx:1.27

For a cluster: --only NAME --to typescript prints their code
  pod: Pod pod (line 14)

Not side by side
  the name nginx01: nginx01, nginx01-2

To be filled in first
  line 8  docker run -d image_name
      fill in: image_name

Not as written
  line 9  docker network create --getway 10.0.0.1 mynet
      --getway: is not a flag of docker network create; did you mean --gateway?

Said in another way
  line 10  docker service scale web=3
      set \`replicas\` of that service

Left out, with the lines
  is for the time after \`up\`: run it by hand
      docker ps (4)

Next
  berth from-notes ${note} --only nginx01 --to typescript   its code; compose, run and kubernetes too
  berth init containers --from ${note}   a project with a program for each setup
  without code: a stack of the program notes, with berth:notes ["${note}"] and berth:setups ["nginx01"]
`);
});

test("several notes, of which setups clash, and a choice of setups", async () => {
  const { out } = await berth("from-notes", note, other);
  expect(out).toContain("Not side by side, in several notes\n  host port 666: nginx01, other");
  const chosen = await berth("from-notes", note, "--only", "mysql01");
  expect(chosen.out).toContain("mysql01: Service (line 6)");
  expect(chosen.out).not.toMatch(/nginx01:|To be filled in|Next/);
});

test("a setup in every form", async () => {
  const typescript = await berth("from-notes", note, "--only", "nginx01", "--to", "typescript");
  expect(typescript.out).toContain('new Nginx("nginx01", { version: "1.27", port: 666 })');
  const line = await berth("from-notes", other, "--to", "run");
  expect(line.out).toBe("docker run -d --name other -p 666:80 nginx:1.27\n");
  const manifest = await berth("from-notes", note, "--only", "pod", "--to", "kubernetes");
  expect(manifest.out).toMatch(/^apiVersion: v1\nkind: Pod\nmetadata:\n {2}name: pod\n/);
  expect(manifest.out).not.toContain("hunter2222");
  expect(manifest.err).toContain("DB_PASSWORD is a secret and is not printed");
});

test("a service of a Swarm is one in what is printed, however many tasks it has", async () => {
  const swarm = join(folder, "swarm.md");
  writeFileSync(swarm, "`docker service create --name web --replicas 3 -p 80:80 nginx:1.27`\n");
  const { out } = await berth("from-notes", swarm, "--to", "typescript");
  expect(out).toContain('new SwarmService("web", { image: "nginx:1.27", ports: ["80:80"], replicas: 3 })');
  expect((await berth("from-notes", swarm)).out).toContain("web: SwarmService");
});

test("JSON holds the same, and no secret", async () => {
  const { out } = await berth("from-notes", note, "--json");
  expect(out).not.toContain("hunter2");
  const [read] = JSON.parse(out) as { setups: object[]; items: object[]; clashes: object[] }[];
  expect(read!.setups).toMatchObject([
    { name: "nginx01", kind: "lines", lines: [5], components: ["Nginx"] },
    {
      name: "mysql01",
      components: ["Service"],
      notices: expect.arrayContaining([expect.objectContaining({ level: "warning" })]),
    },
    { name: "nginx01-2" },
    { name: "pod", kind: "kubernetes", objects: ["Pod pod"] },
  ]);
  expect(read!.items).toHaveLength(8);
  expect(read!.items[4]).toMatchObject({ line: 8, fate: "template", holes: ["image_name"], setups: [] });
});

test.each([
  [["from-notes"], 2, "from-notes: name a note in Markdown"],
  [["from-notes", note, "--only", "ngin01"], 2, '--only: .* has no setup "ngin01"; did you mean nginx01\\?'],
  [["from-notes", note, "--to", "typescript"], 2, "--to: prints one setup; name it with --only: nginx01, mysql01"],
  [["from-notes", note, "--json", "--to", "run"], 2, "--json: is the report"],
  [["from-notes", note, "--save", "x", "--to", "run"], 2, "--save: makes a project in TypeScript"],
  [["from-notes", "nowhere.md"], 1, "^error: nowhere.md: cannot be read \\(ENOENT\\); name a note in Markdown\\n$"],
  [["init", join(folder, "new"), "--from", note, "--setup", "web"], 2, '--setup: .* has no setup "web"'],
  [["init", join(folder, "new"), "--setup", "web"], 2, "--setup: chooses from a note"],
  [
    ["init", join(folder, "new"), "--from", note, "--from", "docker run nginx"],
    2,
    "is a note, which does not stand beside",
  ],
])("%j is refused", async (args, code, message) => {
  const result = await berth(...args);
  expect([result.code, result.err]).toEqual([code, expect.stringMatching(message)]);
});

test("berth init makes one program for each setup, and from-notes --save the same", async () => {
  const [first, second] = [join(folder, "alpha"), join(folder, "omega")];
  const { code, out, err } = await berth("init", first, "--from", note);
  expect(code).toBe(0);
  expect(out).toContain(`Made a Pulumi project in ${first}: nginx01, mysql01, nginx01-2, pod. Next:`);
  expect(out).toContain("pulumi config set --secret mysqlRootPassword --stack mysql01");
  expect(err).toContain("warning: mysql01: services.mysql01");
  expect(err).toContain(`note: ${note}: not ready to run, by line: 8, 9; \`berth from-notes ${note}\` says why`);
  const files = readdirSync(first).sort();
  expect(files).toEqual(expect.arrayContaining(["index.ts", "mysql01.ts", "nginx01-2.ts", "nginx01.ts"]));
  const text = (project: string) =>
    readdirSync(project)
      .map((file) => readFileSync(join(project, file), "utf8"))
      .join("\n");
  expect(text(first)).not.toContain("hunter2");
  expect(readFileSync(join(first, "nginx01-2.ts"), "utf8")).toContain("port: 667");
  expect(readFileSync(join(first, "pod.ts"), "utf8")).toContain('engine: "kubernetes"');
  expect(readFileSync(join(first, "index.test.ts"), "utf8")).toContain('["pod", ["Pod pod"]]');
  await berth("from-notes", note, "--save", second);
  expect(text(second).replaceAll("omega", "alpha")).toBe(text(first));
});

test("one setup is the program of the whole project", async () => {
  const one = join(folder, "one");
  await berth("init", one, "--from", note, "--setup", "nginx01-2");
  expect(readdirSync(one).filter((file) => file.endsWith(".ts"))).toEqual(["index.test.ts", "index.ts"]);
  expect(readFileSync(join(one, "index.ts"), "utf8")).toContain("port: 667");
});
