import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseDockerLines } from "../../../../core/readers/dockerRun";
import { chosenSetups, type Note, type NoteItem, readNotes } from "../../../../core/readers/notes";
import { cpuTime } from "../../cpuTime";
import { inLanguage } from "../../inLanguage";

const context = { environment: {}, folder: "/project", home: "/home/ann" };

/** Reads a note that does not stand on disk. */
function read(text: string, file = "/project/note.md"): Note {
  return readNotes([{ file, text }], context)[0]!;
}

const block = (text: string, language = "sh") => `\`\`\`${language}\n${text}\n\`\`\`\n`;
/** What was found, in a form that is easy to compare. */
const found = ({ items }: Note) => items.map(({ line, fate, what }) => [line, fate, what]);
const onlyItem = (text: string): NoteItem => {
  const { items } = read(text);
  expect(items).toHaveLength(1);
  return items[0]!;
};
const project = (note: Note, name: string) => note.setups.find((setup) => setup.name === name)!.project!;

describe("where commands stand", () => {
  const line = "docker run -d --name web nginx:1.27";
  test.each([
    ["a fence", block(line), 2],
    ["a fence of another language", block(line, "python"), 2],
    ["a fence of tildes", `~~~\n${line}\n~~~`, 2],
    ["a longer fence with a shorter one in it", `\`\`\`\`\n\`\`\`\n${line}\n\`\`\`\n\`\`\`\``, 3],
    ["a fence that nobody closes", `\`\`\`sh\n${line}`, 2],
    ["a fence in a list, with rows less indented", `1. one\n   \`\`\`sh\n${line}\n   \`\`\``, 3],
    ["a fence behind the mark of a list", `2. \`\`\`sh\n   ${line}\n   \`\`\``, 2],
    ["a fence in a quote", `> \`\`\`sh\n> ${line}\n> \`\`\``, 2],
    ["indentation", `Text:\n\n    ${line}\n`, 3],
    ["indentation by a tab", `Text:\n\n\t${line}\n`, 3],
    ["backquotes", `Run \`${line}\` now.`, 1],
    ["two backquotes", `Run \`\` ${line} \`\` now.`, 1],
    ["a cell of a table", `| a | b |\n|---|---|\n| \`${line}\` | it |`, 3],
    ["HTML", `<pre><code>${line}</code></pre>`, 1],
    ["HTML over several rows", `<pre>\n${line}\n</pre>`, 2],
    ["an element in a row", `Run <code>${line}</code> now.`, 1],
    ["a tag of a blog", `{% highlight bash %}\n${line}\n{% endhighlight %}`, 2],
    ["a row of prose", `${line}  `, 1],
    ["a row of a list", `- ${line}`, 1],
    ["a row beside one with a slip in its command", `docker exe -it web sh\n\n${line}`, 3],
    ["a row behind a word and a full-width colon", `\u4f8b\u5982\uff1a${line}`, 1],
    ["a prompt", block(`$ ${line}`), 2],
    ["a root's prompt", block(`# ${line}`), 2],
    ["a prompt with an environment, a user and a folder", block(`(base) ann@host:~$ ${line}`), 2],
    ["a prompt with the name of a machine", block(`host-B $ ${line}`), 2],
    ["a heading of the file, and Windows' line ends", `---\ntitle: x\n---\r\n\r\n\`\`\`\r\n${line}\r\n\`\`\``, 6],
    ["a row behind another command", block(`cd /tmp && ${line}`), 2],
    ["sudo and a variable", block(`sudo ${line}`), 2],
  ])("%s", (_, text, row) => {
    const note = read(text);
    expect(note.setups.map(({ name, lines }) => [name, lines])).toEqual([["web", [row]]]);
    expect(project(note, "web").services.web).toEqual({ image: "nginx:1.27", containerName: "web" });
  });

  test.each([
    ["a sentence", "docker run is what starts a container."],
    [
      "a sentence in Chinese",
      "docker run \u7684\u76f8\u5173\u53c2\u6570\u5728\u4e0b\u9762\u6162\u6162\u8bf4\u660e\u3002",
    ],
    ["the name of a program", "Install `docker` and `docker-compose.yml`."],
    ["another program", "`python run.py`"],
    ["a comment of HTML", `<!--\n${line}\n-->`],
    ["front matter", `---\ntitle: docker run nginx\n---\n`],
  ])("no command: %s", (_, text) => {
    expect(read(text).items).toEqual([]);
  });

  test("a command over several rows, one behind a comment, and what a terminal printed", () => {
    const text = block(
      "$ docker run -d \\\n  --name web \\\n  nginx:1.27\n0cd976dc0a98\n$ docker ps\nCONTAINER ID   IMAGE",
    );
    expect(found(read(text))).toEqual([
      [2, "ready", "docker run"],
      [5, "left out", "2 rows"],
      [6, "left out", "docker ps"],
    ]);
  });

  test("comments between the rows of a command are taken off, with a warning", () => {
    const note = read(block("docker run -d \\\n  --name web \\ # its name\n  nginx:1.27   # the image"));
    expect(note.setups.map(({ name }) => name)).toEqual(["web"]);
    expect(note.setups[0]!.notices).toEqual([expect.objectContaining({ level: "warning", at: "#" })]);
  });

  test("so are rows of comments, and what they say is left out is a hole", () => {
    const rows = (middle: string) => read(block(`docker run -d \\\n  --name web \\\n  ${middle}\n  nginx:1.27`));
    expect(rows("# its image:").setups.map(({ name }) => name)).toEqual(["web"]);
    expect(rows("# [and other variables]").items).toMatchObject([
      { fate: "template", holes: expect.arrayContaining(["[and other variables]"]) },
    ]);
  });

  test("two commands side by side are a drawing", () => {
    expect(read(block("docker run one      docker run two")).setups).toEqual([]);
  });

  test("a row that was commented out is left out, beside others that are not", () => {
    const note = read(block("# docker run -d nginx:1.26\ndocker run -d nginx:1.27"));
    expect(note.items.map(({ fate, why }) => [fate, why])).toEqual([
      ["left out", "is commented out"],
      ["ready", ""],
    ]);
  });

  test("a quote without an end does not take the next command in", () => {
    const note = read(block("docker run -d -e 'A=b nginx\ndocker run -d --name two nginx:1.27"));
    expect(found(note)).toEqual([
      [2, "faulty", "docker run"],
      [3, "ready", "docker run"],
    ]);
  });
});

test("messages in another language change nothing about what a note holds", () => {
  const text = [
    block("docker run -d --name web -e A=$UNSET nginx"),
    block("docker run -d --name db --env-file missing.env mysql"),
    block("services:\n  web:\n    ports: ['80:80']\n", "yaml"),
    block("services:\n  web:\n", "yaml"),
    block("services:\n  web:\n    image: nginx\n    environment: { A: '${B:?say it}' }\n", "yaml"),
    block("services:\n  web:\n    image: nginx\n    env_file: missing.env\n", "yaml"),
    block("services:\n  web:\n    image: nginx\n    prots: ['80:80']\n", "yaml"),
  ].join("\n");
  const fates = (language: string) => {
    const note = inLanguage(language, () => {
      const reader = require("../../../../core/readers/notes") as { readNotes: typeof readNotes };
      return reader.readNotes([{ file: "/project/note.md", text }], context)[0]!;
    });
    return note.items.map(({ fate, holes }) => [fate, holes.map((hole) => hole.replace(/^\W+ ?|^the file /, ""))]);
  };
  expect(fates("en")).toEqual([
    ["template", ["UNSET"]],
    ["template", ["missing.env"]],
    ["understood", []],
    ["understood", []],
    ["template", ["B"]],
    ["template", ["missing.env"]],
    ["faulty", []],
  ]);
  expect(fates("zh")).toEqual(fates("en"));
});

describe("what becomes of a command", () => {
  test.each([
    ["docker run -d nginx", "ready", ""],
    ["docker create --name web nginx", "ready", ""],
    ["podman run -d nginx", "ready", ""],
    ["docker network create mynet", "ready", ""],
    ["docker volume create data", "ready", ""],
    ["docker service create -p 80:80 --name web nginx", "ready", ""],
    ["docker service scale web=3", "understood", "replicas"],
    ["docker service update --replicas 3 web", "understood", "replicas"],
    ["docker service update --image nginx:1.27 web", "understood", "change that argument"],
    ["docker service create --name web --secret key nginx", "understood", "--secret is not taken over"],
    ["docker stack deploy -c stack.yml shop", "understood", "does not show stack.yml"],
    ["docker swarm init --advertise-addr 10.0.0.1", "understood", "Swarm"],
    ["docker swarm join-token worker", "understood", "workerJoinCommand"],
    ["docker secret create key key.txt", "understood", "secrets"],
    ["docker build -t app .", "understood", "no line of the note runs its image"],
    ["docker build -t app", "faulty", "names no folder"],
    ["docker tag app me/app", "understood", "PushedImage"],
    ["docker push me/app", "understood", "images:push"],
    ["docker save -o app.tar app", "understood", "images:save"],
    ["docker load -i app.tar", "understood", "images:load"],
    ["docker login", "understood", "images:username"],
    ["docker compose up -d", "understood", "does not show its file"],
    ["docker-compose -f a.yml -f b.yml up", "understood", "does not show a.yml, b.yml"],
    ["docker compose down -v", "left out", "berth:removeVolumes"],
    ["docker compose logs", "left out", "run it by hand"],
    ["docker pull nginx", "left out", "fetches the images"],
    ["docker commit web app", "left out", "done once"],
    ["docker rm -f web", "left out", "removes its containers by itself"],
    ["docker rmi app", "left out", "removes no more"],
    ["docker exec -it web sh", "left out", "after `up`"],
    ["docker stats", "left out", "after `up`"],
    ["docker inspect web", "left out", "after `up`"],
    ["docker network disconnect mynet web", "left out", "no longer names"],
    ["docker-machine create one", "left out", "docker:host"],
    ["docker wibble web", "left out", "no command of docker"],
    ["docker run", "left out", "nothing to run"],
    ["docker ps/start/stop", "left out", "nothing to run"],
    ["kubectl create namespace development", "understood", 'new Namespace("development")'],
    ["kubectl scale deployment web --replicas=4", "understood", "replicas"],
    ["kubectl set image deployment/web web=nginx:1.27", "understood", "image"],
    ["kubectl expose deployment web --port=80", "understood", "nodePort"],
    ["kubectl apply -f web.yaml", "understood", "does not show web.yaml"],
    ["kubectl get pods", "left out", "after `up`"],
    ["kubectl delete pod web", "left out", "removes no more"],
    ["docker run -d --getway x nginx", "faulty", "--getway: is not a flag of docker run"],
    ["docekr network create mynet", "faulty", "did you mean docker?"],
    ["docker run -d nginx > log.txt", "faulty", "files go into or out of the command"],
    ["for i in 1 2; do docker run -d nginx; done", "faulty", "belongs to a script"],
    ["docker run cmd -l  # \u62a5\u9519", "left out", "the note says of it"],
  ] as const)("%s: %s", (text, fate, why) => {
    const item = onlyItem(block(text));
    expect([item.fate, item.why]).toEqual([fate, expect.stringContaining(why)]);
  });

  test.each([
    ["docker run -d \u955c\u50cf\u540d\u79f0", ["\u955c\u50cf\u540d\u79f0"]],
    ["docker run -it --name docker02 image_name", ["image_name"]],
    ["docker run -d mysql:<tag>", ["<tag>"]],
    ["docker run -d mysql:tag", ["tag"]],
    ["docker run [OPTIONS] IMAGE [COMMAND]", ["[OPTIONS]", "[COMMAND]", "IMAGE"]],
    ["docker run [\u53ef\u9009\u53c2\u6570] nginx", ["[\u53ef\u9009\u53c2\u6570]"]],
    [
      "docker run -it -v \u4e3b\u673a\u76ee\u5f55\uff1a\u5bb9\u5668\u5185\u76ee\u5f55",
      ["\u4e3b\u673a\u76ee\u5f55\uff1a\u5bb9\u5668\u5185\u76ee\u5f55", "the image"],
    ],
    ["docker run -e PORT=3000", ["the image"]],
    ["docker run -d -p hostPort:containerPort nginx", ["hostPort:containerPort"]],
    ["docker run -d -v /path/to/html:/html nginx", ["/path/to/html:/html"]],
    ["docker run -d -e API_KEY=your_api_key nginx", ["API_KEY"]],
    ["docker run -d -e TOKEN=xxxxxx nginx", ["TOKEN"]],
    ["docker run -d --name container_name nginx", ["container_name"]],
    ["docker run -d -e DB_HOST=... nginx", ["DB_HOST"]],
    ["docker run -d 0cd976dc0a98", ["0cd976dc0a98"]],
    ["docker run -d myapp", ["myapp"]],
    ["docker run -d username/app", ["username/app"]],
    ["docker run -d {image}", ["{image}"]],
    ["docker run ... nginx", ["the image"]],
    ["ID=$(docker run -d image-name sh)", ["image-name"]],
    ["docker run -d -e TAG=$TAG nginx:$TAG", ["$TAG"]],
    ["docker run -d --env-file prod.env nginx", ["the file prod.env"]],
    ["docker run -d --link db nginx", ["the container db"]],
    ["docker network connect mynet web", ["the container web"]],
    ["docker service create --name web images", ["images"]],
    ["docker build -t <name> .", ["<name>"]],
    ["docker build -t image_name:tag .", ["image_name:tag"]],
    ["docker push <user>/app", ["<user>"]],
    ["docker swarm join --token xxxxx", ["xxxxx"]],
    ["kubectl create namespace <name>", ["<name>"]],
  ])("a hole: %s", (text, holes) => {
    const item = onlyItem(block(text));
    expect([item.fate, item.holes]).toEqual(["template", holes]);
  });

  test.each([
    "docker run -d -e TITLE=\u6211\u7684\u7f51\u7ad9 nginx",
    "docker run -d nginx sh -c 'echo \u4f60\u597d'",
    'docker run -d --health-cmd "curl -f http://localhost/ || exit 1" nginx',
    "docker run -d -v /etc/nginx:/path/in/container nginx",
    "docker run -d mysql",
    "docker run -d my.registry.example.org/team/app:1.0",
    "docker run -d -p [::1]:80:80 nginx",
    "docker run --rm alpine awk '{print $1}' /etc/hosts",
  ])("no hole: %s", (text) => {
    expect(onlyItem(block(text))).toMatchObject({ fate: "ready", holes: [] });
  });

  test.each([
    ["docker login -u me -p hunter2 registry.example.org", "docker login -u me -p ******* registry.example.org"],
    ["docker login --username me --password=hunter2", "docker login --username me --password=*******"],
    ["docker swarm join --token SWMTKN-1-abc 10.0.0.1:2377", "docker swarm join --token ************ 10.0.0.1:2377"],
    ["docker run -d -p 80:80 nginx", "docker run -d -p 80:80 nginx"],
    ["docker run -d redis:7 --requirepass hunter2", "docker run -d redis:7 --requirepass *******"],
  ])("%s is shown as %s", (text, shown) => {
    expect(onlyItem(block(text)).text).toBe(shown);
  });

  test("a value that is named like a secret is masked", () => {
    const note = read(block("docker run -d -e MYSQL_ROOT_PASSWORD=hunter2 mysql:8"));
    expect(JSON.stringify([note.items, note.setups.map(({ project: _, ...rest }) => rest)])).not.toContain("hunter2");
  });
});

describe("files", () => {
  test.each([
    ["services:\n  web:\n    image: nginx:1.27", "yaml", "compose file", "ready"],
    ["version: '3'\nservices:\n  web:\n    image: nginx:1.27", "shell", "compose file", "ready"],
    ["services:\n  web:\n    image: <image>", "yaml", "compose file", "template"],
    ["services:\n  web:\n    image: nginx\n  db:\n    ...", "yaml", "compose file", "template"],
    ["services:\n  web:\n    imgae: nginx", "yaml", "compose file", "faulty"],
    ["services:\n  web:\n    image: nginx:${TAG:?}", "yaml", "compose file", "template"],
    ["services:\n  web:\n    ports: ['80:80']", "yaml", "compose file", "understood"],
    ["services:\n  web:\n  db:\n    image: mysql:8", "yaml", "compose file", "understood"],
    ["web:\n  image: nginx\n  ports:\n    - 80:80", "yaml", "part of a compose file", "understood"],
    ["FROM nginx:1.27\nCOPY . /html", "", "Dockerfile", "understood"],
    ["COPY . /html\nCMD nginx", "dockerfile", "part of a Dockerfile", "understood"],
    ["# syntax=docker/dockerfile:1\nARG TAG\nFROM nginx:$TAG", "shell", "Dockerfile", "understood"],
    ["apiVersion: v1\nkind: Namespace\nmetadata:\n  name: web", "yaml", "manifests", "ready"],
    ["apiVersion: v1\nkind: Service\nmetadata:\n  name: web", "yaml", "manifests", "faulty"],
    ["apiVersion: v1\nkind: Namespace\nmetadata:\n  name: <name>", "yaml", "manifests", "template"],
    ["replicas: 4\nimage: nginx:1.8", "yaml", "part of a manifest", "understood"],
    [
      '{\n "registry-mirrors": ["https://a.example.org"],\n "registry-mirrors": []\n}',
      "json",
      "daemon.json",
      "understood",
    ],
    ['"log-opts": { "max-size": "1m" } // rows', "json", "daemon.json", "understood"],
    ["c.JupyterHub.port = 443", "python", "settings of Jupyter", "understood"],
    ["print('docker')", "python", "row", "left out"],
    ["# nothing but a remark", "sh", "block", "left out"],
  ])("%j is %s a %s, %s", (text, language, what, fate) => {
    expect(onlyItem(block(text, language))).toMatchObject({ what, fate });
  });

  test.each([
    [
      '{\n "registry-mirrors": ["a"],\n "registry-mirrors": ["b"],\n "debug": true\n}',
      "registry-mirrors (2 times), debug",
    ],
    [
      '{\n "log-driver": "local", // to a file\n "log-opts": { "max-size": "1m" }\n}',
      "log-driver, log-opts, with comments",
    ],
    ['"proxies":{\n "http-proxy": "http://p//q:1"\n}', "proxies, without its braces"],
  ])("%j is said as %j", (text, said) => {
    expect(onlyItem(block(text, "json"))).toMatchObject({ what: "daemon.json", text: said });
  });

  test.each([
    [
      'c.JupyterHub.ip="0.0.0.0"\nc.JupyterHub.port=443\nc.JupyterHub.admin_user = {"kevin"}\nc.Authenticator.admin_users = {"kevin"} # who\nc.Spawner.notebook_dir = "~"',
      'the component `JupyterHub` takes port 443, admins {"kevin"}, notebookDir "~" (without c.JupyterHub.admin_user)',
    ],
    [
      "c.NotebookApp.password = u'sha1:abc'\nc.NotebookApp.port =8888",
      "the component `JupyterServer` takes password, port 8888",
    ],
    [
      "c.ServerApp.terminado_settings = {}\njupyter lab --notebook-dir=/ --ip='*' --port=8888 --allow-root --no-browser",
      "the component `JupyterServer` takes notebookDir /, ip '*', port 8888, allowRoot true (without c.ServerApp.terminado_settings)",
    ],
    ["jupyter notebook --generate-config", "the components `JupyterServer` and `JupyterHub`; `berth settings jupyter`"],
  ])("settings of Jupyter, as arguments: %j", (text, why) => {
    const item = onlyItem(block(text, "python"));
    expect([item.fate, item.why]).toEqual(["understood", expect.stringContaining(why)]);
    expect(item.why).not.toContain("sha1");
  });

  test.each([
    ["Write `jupyterhub --generate-config` first.", "the components `JupyterServer` and `JupyterHub`"],
    ["Start it with `$ jupyter lab --port 9999`.", "the component `JupyterServer` takes port 9999"],
  ])("a command line of Jupyter within a sentence: %j", (text, why) => {
    expect(onlyItem(text)).toMatchObject({ fate: "understood", why: expect.stringContaining(why) });
  });

  test("the name of Jupyter within a sentence is no command line", () => {
    expect(read("`jupyter lab` shows notebooks, `jupyterhub` serves many people.").items).toEqual([]);
  });

  test("a refusal of manifests names the line of the note, as does one of YAML that is none", () => {
    const refused = (text: string) => onlyItem(`# Note\n\n${block(text, "yaml")}`).why;
    expect(refused("apiVersion: v1\nkind: Pod\nmetadata:\n  name: web")).toBe(
      "line 4: Pod web: spec: is missing; say there what the Pod is",
    );
    expect(refused("apiVersion: v1\nkind: Pod\nmetadata: [a")).toMatch(/^line \d+: /);
    expect(refused("apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [a.yaml]")).toContain(
      "run `kubectl kustomize` on its folder",
    );
  });

  test("a refusal of a compose file names the line of the note", () => {
    const item = onlyItem(`# A note\n\n${block("services:\n  web:\n    imgae: nginx", "yaml")}`);
    expect(item.why).toMatch(/^line 6: services\.web/);
  });

  test("a file below the command that opens it, and in a here-document", () => {
    const opened = read(block("vim docker-compose.yml\n\nservices:\n  web:\n    image: nginx:1.27"));
    expect(found(opened)).toEqual([
      [2, "left out", "row"],
      [4, "ready", "compose file"],
    ]);
    const written = read(
      block('sudo tee /etc/docker/daemon.json <<-\'EOF\'\n{ "debug": true, "log-driver": "local" }\nEOF\ndocker ps'),
    );
    expect(found(written)).toEqual([
      [3, "understood", "daemon.json"],
      [5, "left out", "docker ps"],
    ]);
  });

  test("what applies a file without its name means the one with its services, or the one that is called so", () => {
    const file = (key: string, title = "") => `${title}\n\n${block(`services:\n  ${key}:\n    image: nginx`, "yaml")}`;
    const why = (text: string) => read(text).items.at(-1)!.why;
    const two = `${file("web", "`docker-compose.yml`:")}${file("db", "Another one:")}`;
    expect(why(two + block("docker compose up -d"))).toBe("`up` of web does it (line 4)");
    expect(why(two + block("docker compose up -d db"))).toBe("`up` of db does it (line 11)");
    expect(
      why(`# One\n${file("web", "`docker-compose.yml`:")}# Two\n${file("db")}${block("docker compose up -d")}`),
    ).toMatch(/^`up` of db/);
    // A file of another name is another one.
    const later = `${file("web", "`a.yml`:")}\`docker compose -f b.yml up\`\n\n${file("db")}`;
    expect(read(later).items.map(({ why: said }) => said)).toContain("`up` of db does it (line 13)");
  });

  test("what applies a file that is not ready says so", () => {
    const why = (image: string) =>
      read(block(`services:\n  web:\n    image: ${image}`, "yaml") + block("docker compose up")).items[1]!.why;
    expect(why("<image>")).toBe("applies line 2, which is to be filled in first");
    expect(why("[nginx]")).toBe("applies line 2, which does not run as written");
  });

  test("a file in a here-document is only that, whatever stands around it", () => {
    const text =
      'sudo mkdir -p /etc/docker\ncat > /etc/docker/daemon.json <<EOF\n{\n  "debug": true\n}\nEOF\ndocker ps';
    const { items } = read(`\`daemon.json\`:\n\n${block(text)}`);
    expect(items.find(({ what }) => what === "daemon.json")).toMatchObject({ line: 6, text: "debug" });
  });

  test("commands of another program's file are none of the note's, and it says so", () => {
    const { items } = read(block("build:\n  script:\n    - docker run -d nginx", "yaml"));
    expect(items).toMatchObject([{ fate: "left out", why: "its commands stand within other text: not run" }]);
  });

  test("what applies a file names its setup, or what the note does not show", () => {
    const note = read(
      `\`docker-compose.yml\`:\n\n${block("services:\n  web:\n    image: nginx:1.27", "yaml")}` +
        block(
          "docker compose up -d\ndocker stack deploy -c docker-compose.yml shop\ndocker compose -f docker-compose.yml -f b.yml up",
        ),
    );
    expect(note.items.slice(1).map(({ why }) => why)).toEqual([
      "`up` of web does it (line 4)",
      "`up` of web with `berth:engine: swarm` does it (line 4)",
      "the note does not show b.yml: give the files to `berth from-compose`",
    ]);
  });

  describe("compose files that a command reads as one", () => {
    const base = `\`compose.yaml\`:\n\n${block("services:\n  web:\n    image: nginx:1.27\n    ports: ['80:80']", "yaml")}`;
    const over = (text: string) => `\`compose.prod.yaml\`:\n\n${block(text, "yaml")}`;
    const restart = over("services:\n  web:\n    restart: always\n  db:\n    image: mysql:8");
    const call = (line: string) => block(line);

    test("are one setup, the later ones over the earlier", () => {
      const note = read(base + restart + call("docker compose -f compose.yaml -f compose.prod.yaml up -d"));
      expect(note.setups.map(({ name, lines }) => [name, lines])).toEqual([["web-db", [4, 12]]]);
      expect(note.setups[0]!.project!.services).toMatchObject({
        web: { image: "nginx:1.27", restart: "always" },
        db: { image: "mysql:8" },
      });
      expect(found(note)).toEqual([
        [4, "ready", "compose file"],
        [12, "ready", "compose file"],
        [19, "understood", "docker compose -f"],
      ]);
      expect(note.items.map(({ text }) => text).slice(0, 2)).toEqual([
        "compose.yaml and compose.prod.yaml: services web, db",
        "compose.prod.yaml: over line 4",
      ]);
      expect(note.items[2]!.why).toBe("`up` of web-db does it (lines 4 and 12)");
    });

    test("and the first one by itself, where another command says so", () => {
      const both = call("docker compose up -d\n# or\ndocker compose -f compose.yaml -f compose.prod.yaml up -d");
      const note = read(base + restart + both);
      expect(note.setups.map(({ lines }) => lines)).toEqual([[4, 12], [4]]);
      const [together, alone] = note.setups.map(({ name }) => name);
      expect(note.items.slice(2).map(({ why }) => why)).toEqual([
        expect.stringContaining(alone!),
        `\`up\` of ${together} does it (lines 4 and 12)`,
      ]);
    });

    test("stay apart where they cannot be one", () => {
      const wrong = over("services:\n  web:\n    imgae: nginx");
      const note = read(base + wrong + call("docker compose -f compose.yaml -f compose.prod.yaml up -d"));
      expect(note.setups.map(({ name }) => name)).toEqual(["web"]);
      expect(note.items[1]).toMatchObject({ fate: "faulty" });
      expect(note.items[2]!.why).toContain("as one: save them as files");
    });
  });

  test("manifests are a setup with the kinds and names of their objects", () => {
    const text =
      "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: web\n---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: front";
    const note = read(`\`web.yaml\`:\n\n${block(text, "yaml")}\n${block("kubectl apply -f web.yaml")}`);
    expect(note.setups).toMatchObject([
      { name: "web", kind: "kubernetes", objects: ["Namespace web", "ConfigMap front"] },
    ]);
    expect(note.items.at(-1)!.why).toContain("(line 4)");
  });
});

describe("what belongs together", () => {
  test("a network, who is on it, and who is connected to it", () => {
    const note = read(
      block(
        "docker network create mynet\ndocker run -d --name db --network mynet redis:7\ndocker run -d --name app nginx:1.27",
      ) + block("docker network connect mynet app\ndocker run -d --name other nginx:1.27"),
    );
    expect(note.setups.map(({ name, lines }) => [name, lines])).toEqual([
      ["mynet", [2, 3, 4, 7]],
      ["other", [8]],
    ]);
    expect(project(note, "mynet").networks).toEqual({ mynet: { name: "mynet" } });
    expect(project(note, "mynet").services.app!.networks).toEqual(["mynet"]);
  });

  test("links, shared volumes and networks of other containers", () => {
    const note = read(
      block(
        "docker run -d --name db mysql:8\ndocker run -d --name app --link db:mysql tomcat:10\n" +
          "docker run -d --name data -v /data busybox\ndocker run -d --name user --volumes-from data busybox\n" +
          "docker run -d --name side --network container:user busybox",
      ),
    );
    expect(note.setups.map(({ name, lines }) => [name, lines])).toEqual([
      ["app", [2, 3]],
      ["side", [4, 5, 6]],
    ]);
  });

  test("a volume that a line makes, with its driver, for each who mounts it", () => {
    const note = read(
      block(
        "docker volume create -d nfs data\ndocker run -d --name aa -v data:/d nginx:1.27\ndocker run -d --name bb nginx:1.27",
      ),
    );
    expect(note.setups.map(({ name }) => name)).toEqual(["aa", "bb"]);
    expect(project(note, "aa").volumes).toEqual({ data: { name: "data", driver: "nfs" } });
  });

  test("variables and folders of the rows above", () => {
    const note = read(
      block('export TAG=1.27\nNAME="web-$TAG"\nOTHER=3') +
        block("cd /srv/site\ndocker run -d --name $NAME -v $(pwd):/html nginx:$TAG"),
    );
    const { services } = project(note, "web-1.27");
    expect(services["web-1.27"]).toMatchObject({ image: "nginx:1.27", volumes: ["/srv/site:/html"] });
  });

  test("a Dockerfile, the line that builds it, and the lines that run the image", () => {
    const note = read(
      block("FROM busybox\nCMD ls", "dockerfile") +
        block("docker build -t one:1.0 --build-arg A=b .\ndocker run one:1.0") +
        block("FROM busybox\nENTRYPOINT ls", "dockerfile") +
        block("docker build -t two .\ndocker run --name second two:latest"),
    );
    expect(note.setups.map(({ name }) => name)).toEqual(["one", "second"]);
    expect(project(note, "one").services.one!.build).toEqual({
      context: "/project",
      dockerfileInline: "FROM busybox\nCMD ls",
      args: { A: "b" },
    });
    expect(project(note, "second").services.second!.build!.dockerfileInline).toContain("ENTRYPOINT");
    expect(note.items.filter(({ what }) => what === "Dockerfile").map(({ why }) => why)).toEqual([
      "`up` of one builds one:1.0 from it",
      "`up` of second builds two:latest from it",
    ]);
  });

  test("an image of one's own name is none where the note builds it", () => {
    const note = read(
      block("FROM busybox", "dockerfile") + block("docker build -t my-app:1 .\ndocker run -d my-app:1"),
    );
    expect(note.items.map(({ fate }) => fate)).toEqual(["understood", "understood", "ready"]);
  });

  test("a published image is not built: not by a line below, nor from files that are not there", () => {
    const line = "docker run -d --name app me/app";
    for (const text of [`${line}\ndocker build -t me/app .`, `docker build -t me/app .\n${line}`])
      expect(project(read(block(text)), "app").services.app).toEqual({ image: "me/app", containerName: "app" });
  });

  test("an image without a Dockerfile is a hole", () => {
    const note = read(block("docker build -t app .\ndocker run -d app"));
    expect(note.items.at(-1)).toMatchObject({ fate: "template", holes: ["the Dockerfile of app"] });
  });

  test("a compose file and the Dockerfile of its chapter, not that of another one", () => {
    const compose = block("services:\n  web:\n    build: .", "yaml");
    const dockerfile = block("FROM busybox\nCOPY app.py /", "dockerfile");
    const near = read(`# One\n${dockerfile}${compose}`);
    expect(project(near, "web").services.web!.build!.dockerfileInline).toContain("app.py");
    expect(near.setups[0]!.notices[0]!.text).toMatch(/^copies app\.py, which is not in \/project/);
    const far = read(`# One\n${dockerfile}# Two\n${compose}`);
    expect(project(far, "web").services.web!.build!.dockerfileInline).toBeUndefined();
    expect(far.setups[0]!.notices[0]!.text).toMatch(/^there is no Dockerfile in \/project/);
  });

  test("the variables of an .env file, for lines and for compose files", () => {
    const env = `\`.env\`\n${block("TAG=1.27\nGREETING='a b'", "env")}`;
    const lines = read(env + block("docker run -d --name web --env-file .env nginx:1.27"));
    expect(project(lines, "web").services.web!.environment).toEqual({ TAG: "1.27", GREETING: "a b" });
    const compose = read(env + block("services:\n  web:\n    image: nginx:$TAG\n    env_file: .env", "yaml"));
    expect(project(compose, "web").services.web).toMatchObject({
      image: "nginx:1.27",
      environment: { TAG: "1.27", GREETING: "a b" },
    });
    expect(project(compose, "web").services.web!.envFile).toBeUndefined();
  });

  test("services of a Swarm and their network, apart from containers", () => {
    const note = read(
      block(
        "docker network create -d overlay net\ndocker service create --name db --network net --replicas 3 redis:7\n" +
          "docker service create --mode global --constraint node.role==manager --name agent --network net busybox",
      ),
    );
    expect(note.setups).toMatchObject([{ name: "net", kind: "service", engine: "swarm" }]);
    const { services, networks } = project(note, "net");
    expect(networks.net!.driver).toBe("overlay");
    expect(services.db).toMatchObject({ replicas: 3, networks: ["net"] });
    expect(services.agent!.swarm).toEqual({ global: true, placement: { constraints: ["node.role==manager"] } });
  });

  test("variants are told apart, and those that clash are said to", () => {
    const note = read(
      block(
        "docker run -d --name aa -p 80:80 nginx:1.27\ndocker run -d --name aa -p 81:80 nginx:1.27\ndocker run -d -p 80:80 httpd:2.4",
      ) + block("docker run httpd:2.4\ndocker run -d -p 53:53/udp busybox\ndocker run -d -p 127.0.0.1:80:80 redis:7"),
    );
    expect(note.setups.map(({ name }) => name)).toEqual(["aa", "aa-2", "httpd", "httpd-2", "busybox", "redis"]);
    expect(note.clashes).toEqual([
      { about: "the name aa", setups: ["aa", "aa-2"] },
      { about: "host port 80", setups: ["aa", "httpd"] },
    ]);
    // Nobody has named it, so that it need not clash.
    expect(Object.keys(project(note, "httpd-2").services)).toEqual(["httpd-2"]);
  });

  test("the same line a second time is the same setup", () => {
    const note = read("`sudo docker run hello-world` and later `docker run hello-world`");
    expect(note.setups.map(({ name, lines }) => [name, lines])).toEqual([["hello-world", [1, 1]]]);
    expect(note.items.map(({ setups }) => setups)).toEqual([["hello-world"], ["hello-world"]]);
  });
});

describe("what `up` refuses before it makes anything is not ready", () => {
  test.each([
    [
      "docker run -d --name web --uts host nginx",
      "--uts: the Docker provider cannot set the UTS namespace; set --hostname",
    ],
    ["docker run -d --name web --dns 8.8.8.8 --dns 1.1.1.1 nginx", "--dns: the Docker provider cannot keep the order"],
    ["docker run -d --name web --oom-score-adj 5 nginx", "--oom-score-adj: the Docker provider cannot set the OOM"],
    ['docker run -d --name web nginx ""', "command: the Docker provider cannot pass an empty argument"],
    ["docker network create host", "docker network create host: name: host is a network of Docker's own"],
    [
      "docker network create --subnet 10.0.0.0/24 --gateway 10.1.0.1 lan",
      "docker network create lan: --gateway: 10.1.0.1 is outside the subnet 10.0.0.0/24",
    ],
  ])("%s", (line, why) => {
    const note = read(block(line));
    expect(note.setups).toEqual([]);
    expect(note.items).toMatchObject([{ fate: "faulty", why: expect.stringContaining(why) }]);
  });

  test("a line takes those that belong to it with it, and no others", () => {
    const note = read(
      block("FROM busybox", "dockerfile") +
        block(
          "docker build -t app .\ndocker network create lan\ndocker run -d --name app --uts host --network lan app\ndocker run -d --name web nginx",
        ),
    );
    expect(note.setups.map(({ name }) => name)).toEqual(["web"]);
    expect(note.items.map(({ what, fate }) => [what, fate])).toEqual([
      ["Dockerfile", "understood"],
      ["docker build", "understood"],
      ["docker network create", "faulty"],
      ["docker run", "faulty"],
      ["docker run", "ready"],
    ]);
    // What it would have been built for is no setup.
    expect(note.items[1]!.why).toContain("no line of the note runs its image");
  });

  const WITHOUT_IPV4 = "services:\n  web:\n    image: nginx\nnetworks:\n  default:\n    enable_ipv4: false";
  test("a compose file says the place in it", () => {
    expect(onlyItem(block(WITHOUT_IPV4, "yaml"))).toMatchObject({
      fate: "faulty",
      why: "networks.default.enable_ipv4: the Docker provider cannot switch IPv4 off; remove it",
    });
    expect(onlyItem(block("services:\n  web:\n    image: nginx\n    uts: host", "yaml")).why).toMatch(/^line 5: /);
  });

  test("a note that deploys its compose file to a Swarm means a Swarm", () => {
    const file = "services:\n  web:\n    image: nginx\n    dns: [8.8.8.8, 1.1.1.1]";
    const { setups } = read(block(file, "yaml") + block("docker stack deploy -c stack.yml web"));
    expect(setups).toMatchObject([{ name: "web", engine: "swarm" }]);
  });

  test("an overlay says what its engine has to be", () => {
    const { setups } = read(block("docker network create -d overlay lan"));
    expect(setups[0]!.notices).toMatchObject([{ level: "warning", at: "the network lan" }]);
  });
});

describe("choosing", () => {
  const notes = readNotes(
    [
      { file: "a.md", text: block("docker run -d --name nginx01 nginx:1.27\ndocker run -d --name mysql01 mysql:8") },
      {
        file: "b.md",
        text: block(
          "docker network create net\ndocker run -d --name app --network net busybox\ndocker run -d --name nginx01 nginx:1.26",
        ),
      },
    ],
    context,
  );
  const names = (...wanted: string[]) => chosenSetups(notes, wanted, "berth:setups").map(({ name }) => name);

  test("by name, and by the name of a container; names are of their own in several notes", () => {
    expect(names()).toEqual(["nginx01", "mysql01", "app", "nginx01-2"]);
    expect(names("mysql01", "app", "mysql01")).toEqual(["mysql01", "app"]);
  });

  test("a wrong name is refused in one sentence with the nearest", () => {
    expect(() => names("mysq01")).toThrow(
      'berth:setups: a.md, b.md has no setup "mysq01"; did you mean mysql01? There are nginx01, mysql01, app, nginx01-2',
    );
    expect(() => chosenSetups([read("nothing")], ["web"], "--only")).toThrow(
      "--only: /project/note.md has no setup that is ready to run",
    );
  });
});

test("files beside the note are taken as they are there", () => {
  const folder = mkdtempSync(join(tmpdir(), "berth-notes-"));
  try {
    writeFileSync(join(folder, "Dockerfile"), "FROM scratch\n");
    const file = join(folder, "README.md");
    const note = read(block("docker build -t app .\ndocker run -d --name app app"), file);
    expect(project(note, "app").services.app!.build).toEqual({ context: folder });
    writeFileSync(join(folder, "compose.yml"), "services: {}\n");
    expect(read("`docker compose up -d`", file).items[0]!.why).toBe(
      "the file is beside the note: `berth from-compose compose.yml` reads it",
    );
    expect(read("`docker compose -f a.yml up`", file).items[0]!.why).toContain("does not show a.yml");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

describe("whole notes", () => {
  const names = ["docker.zh.md", "server.en.md", "plain.zh.md", "gpu.zh.md", "desktop.zh.md"];
  const notes = names.map((name) => {
    const text = readFileSync(join(__dirname, name), "utf8");
    return { name, text, note: read(text, `/project/${name}`) };
  });

  /** What becomes of the kinds of commands and files; of what is left out only how much it is. */
  const GOLDEN: Record<string, Partial<Record<NoteItem["fate"], Record<string, number> | number>>> = {
    "docker.zh.md": {
      ready: { "docker run": 14, "compose file": 1 },
      template: {
        "docker run": 5,
        "docker build": 1,
        "docker swarm init": 1,
        "docker swarm join": 1,
        "docker service create": 1,
      },
      faulty: { "docker build": 1, "docker network create": 1, "docker network connect": 1 },
      understood: {
        Dockerfile: 3,
        "docker build": 2,
        "docker login": 1,
        "docker push": 1,
        "docker-compose up": 2,
        "docker swarm join-token": 1,
        "docker service update": 1,
        "docker service scale": 1,
        "settings of Jupyter": 3,
      },
      "left out": 22,
    },
    "server.en.md": {
      ready: { "docker run": 5, "docker volume create": 1, "compose file": 2, manifests: 3 },
      template: { "docker run": 5, "docker build": 1, "docker save": 1, "docker load": 1, "kubectl create": 1 },
      understood: {
        Dockerfile: 1,
        "daemon.json": 3,
        "docker-compose -f": 1,
        "docker-compose up": 1,
        "kubectl apply": 2,
        "kubectl create": 1,
        "kubectl scale": 1,
        "kubectl set": 1,
        "kubectl expose": 1,
        "part of a manifest": 1,
      },
      "left out": 15,
    },
    "plain.zh.md": {
      ready: { "docker run": 10, "docker network create": 1, "docker network connect": 2 },
      template: { "docker run": 2, "docker push": 1 },
      understood: { Dockerfile: 1, "docker build": 1, "docker push": 1 },
      "left out": 9,
    },
    "gpu.zh.md": {
      ready: { "docker run": 4 },
      understood: { "docker save": 1, "docker load": 1 },
      "left out": 17,
    },
    "desktop.zh.md": {
      ready: { "docker run": 1, "docker volume create": 1 },
      template: { "docker run": 8, "docker build": 2, "docker tag": 1, "docker push": 1 },
      understood: { Dockerfile: 1, "daemon.json": 3, "docker login": 1, "docker compose up": 1 },
      "left out": 29,
    },
  };
  test.each(names)("%s: what becomes of each kind", (name) => {
    const counted: Record<string, Record<string, number> | number> = {};
    for (const { fate, what } of notes.find((one) => one.name === name)!.note.items) {
      if (fate === "left out") {
        counted[fate] = ((counted[fate] as number | undefined) ?? 0) + 1;
        continue;
      }
      const kinds = (counted[fate] ?? {}) as Record<string, number>;
      counted[fate] = { ...kinds, [what]: (kinds[what] ?? 0) + 1 };
    }
    expect(counted).toEqual(GOLDEN[name]);
  });

  test("nothing is lost in silence: every block and every command has an item", () => {
    for (const { name, text, note } of notes) {
      const lines = new Set(note.items.map(({ line }) => line));
      const rows = text.split("\n");
      const missing: string[] = [];
      let start = -1;
      for (const [index, row] of rows.entries()) {
        if (/^\s*```/.test(row)) {
          const inside = Array.from({ length: index - start }, (_, at) => start + at + 1);
          if (start >= 0 && !inside.some((line) => lines.has(line))) missing.push(`${name}:${start}: block`);
          start = start >= 0 ? -1 : index + 1;
        }
        const shown =
          /(?:^|[\s`])(?:docker|docekr|kubectl|docker-compose) (?:run|create|network|volume|service|stack|swarm|build|up|push|save|load|apply|scale)\b/;
        if (shown.test(row) && !/^\s*#|[\u3002]$|^\|\s|^\s+/.test(row) && !lines.has(index + 1))
          missing.push(`${name}:${index + 1}: ${row}`);
      }
      expect(missing).toEqual([]);
      // What is ready has a setup, and nothing else has.
      for (const { fate, setups, holes, why } of note.items) {
        expect(setups.length > 0).toBe(fate === "ready");
        expect(holes.length > 0).toBe(fate === "template");
        if (fate === "faulty" || fate === "left out" || fate === "understood") expect(why).not.toBe("");
      }
    }
  });

  /** Documented commands of the catalogue, with the setup of the note that has to say the same. */
  const documented: [row: string, setup: string, ...lines: string[]][] = [
    ["A1", "nginx01", "docker run -d --name nginx01 -p 666:80 nginx"],
    ["A2", "web-server", "docker run -d -p 8080:80 --name web-server nginx"],
    ["A2", "web", "docker run --name web -d -p 80:80 nginx"],
    ["A2", "mynginx1", "docker run -d -p 90:80 --name mynginx1 nginx"],
    ["A3", "mynginx", "docker run -d -P --name mynginx nginx"],
    ["A4", "nginx01-2", "docker run -d -P --name nginx01 -v /etc/nginx nginx"],
    ["A5", "nginx02", "docker run -d -P --name nginx02 -v juming-nginx:/etc/nginx nginx"],
    ["A6", "nginx03", "docker run -d -P --name nginx03 -v /etc/nginx:/etc/nginx nginx"],
    ["A7", "nginx05", "docker run -d -P --name nginx05 -v juming:/etc/nginx:ro nginx"],
    ["A7", "nginx05-2", "docker run -d -P --name nginx05 -v juming:/etc/nginx:rw nginx"],
    ["A8", "nginx", "docker run -d -v $(pwd):/root -p 80:80 --name nginx nginx"],
    [
      "A9",
      "mysql01",
      "docker run -d -p 3306:3306 -v /home/mysql/conf:/etc/mysql/conf.d -v /home/mysql/data:/var/lib/mysql -e MYSQL_ROOT_PASSWORD=123456 --name mysql01 mysql:5.7",
    ],
    ["A10", "mysql1", "docker run -d -v mysql:/var/lib/mysql --name mysql1 -e MYSQL_ALLOW_EMPTY_PASSWORD=true mysql"],
    [
      "A10",
      "mysql1-2",
      "docker run -d -v mysql:/var/lib/mysql -p 3306:3306 --name mysql1 -e MYSQL_ROOT_PASSWORD=root mysql",
    ],
    [
      "A11",
      "elasticsearch",
      'docker run -d --name elasticsearch -p 9200:9200 -p 9300:9300 -e "discovery.type=single-node" -e ES_JAVA_OPTS="-Xms64m -Xmx512m" elasticsearch:7.6.2',
    ],
    ["A12", "test2-2", "docker run -it --name test2 -h centos-02 -v /opt/centos-02:/data centos"],
    [
      "A13",
      "test2",
      'docker run -d --name test2 -e hostname=host busybox /bin/sh -c "while true; do sleep 3600; done"',
    ],
    ["A15", "my_volume", "docker volume create my_volume"],
    [
      "B2",
      "my-bridge",
      "docker network create -d bridge my-bridge",
      "docker run -it --name test1 -h centos-01 -v /data centos",
      'docker run -d --name test2 --link test1 busybox /bin/sh -c "while true; do sleep 3600; done"',
      "docker network connect my-bridge test1",
      "docker network connect my-bridge test2",
    ],
    [
      "E1",
      "tf_img_cls",
      "docker run -i -d -v /export/username/:/export/username/ --name=tf_img_cls --net=host --runtime=nvidia -e NVIDIA_VISIBLE_DEVICE=0 ai-image.jdcloud.com",
    ],
    ["E3", "cuda", "docker run --runtime=nvidia --rm nvidia/cuda nvidia-smi"],
  ];
  test.each(documented)("%s: %s is what its documented command says", (_, name, ...lines) => {
    const setups = notes.flatMap(({ note }) => note.setups).filter((setup) => setup.name === name);
    const { services, networks, volumes } = parseDockerLines(lines, name, context);
    expect(setups.map(({ project: described }) => described)).toContainEqual(
      expect.objectContaining({ services, networks, volumes }),
    );
  });

  test.each([
    ["A12", "docker run -it --name docker02 --volumes-from docker-1 image_name", "image_name"],
    ["A14", "docker run --env-file .env", "the image"],
    ["A15", "docker run -d -v my_volume:/path/in/container my_image", "my_image"],
    ["E4", "docker run --gpus all --name paddlex --network=host -it <image_name> /bin/bash", "<image_name>"],
    ["F1", "docker swarm join --token xxxxx", "xxxxx"],
    ["F2", "docker service create -p 8888:80 --name new_service images", "images"],
  ])("%s: %s is offered with its hole", (_, text, hole) => {
    expect(notes.flatMap(({ note }) => note.items)).toContainEqual(
      expect.objectContaining({ text, fate: "template", holes: expect.arrayContaining([hole]) }),
    );
  });

  test("G1, G2, G5: the manifests, by their objects", () => {
    const { note } = notes.find((one) => one.name === "server.en.md")!;
    expect(note.setups.flatMap(({ objects = [] }) => objects)).toEqual([
      "Deployment nginx-deployment",
      "Service nginx-service",
      "Pod lifecycle-demo",
    ]);
  });

  test.each([
    ["D3", "gpu.zh.md", "docker save -o centos.tar xianhu/centos:git", "`ImageArchive`"],
    ["D3", "gpu.zh.md", "docker load -i centos.tar", "`LoadedImages`"],
    ["C3", "server.en.md", "docker-compose up --no-deps -d web", "`up` of web-redis does it"],
    [
      "C4",
      "server.en.md",
      "docker-compose -f docker-compose.yml -f production.yml up -d",
      "does not show production.yml",
    ],
    ["C5", "desktop.zh.md", "docker compose down -v --rmi all", "berth:removeVolumes and berth:removeImages"],
    ["E5", "docker.zh.md", "jupyter lab --generate-config", "`JupyterServer` takes notebookDir /, ip '*', port 8888"],
    [
      "E5",
      "docker.zh.md",
      'c.JupyterHub.ip="0.0.0.0"',
      '`JupyterHub` takes port 443, adminAccess True, admins {"kevin"}',
    ],
    ["F2", "docker.zh.md", "docker service scale new_service=3", "set `replicas`"],
    ["G3", "server.en.md", "replicas: 4", "change the manifest that it belongs to"],
    ["G4", "server.en.md", "kubectl create namespace development", 'new Namespace("development")'],
    ["H2", "server.en.md", "registry-mirrors (2 times)", "host:daemonFile"],
    ["H2", "desktop.zh.md", "proxies, without its braces", "host:daemonFile"],
  ])("%s: %s has %s, and what says the same", (_, name, text, why) => {
    const { items } = notes.find((one) => one.name === name)!.note;
    expect(items.find((item) => item.text.includes(text))?.why).toContain(why);
  });

  test("C1 and C2: the compose files, with what Compose would make of them", () => {
    const { note } = notes.find((one) => one.name === "server.en.md")!;
    const { services, networks } = project(note, "docker_jenkins-docker_nginx");
    expect(services.docker_jenkins).toMatchObject({
      image: "jenkinsci/blueocean",
      containerName: "jenkins",
      restart: "always",
      volumes: [
        { source: "/home/jenkins/jenkins_home/", target: "/var/jenkins_name" },
        { source: "/var/run/docker.sock", target: "/var/run/docker.sock" },
        { source: "/usr/bin/docker", target: "/usr/bin/docker" },
        { source: "/usr/local/bin/docker-compose", target: "/usr/local/bin/docker-compose" },
      ],
    });
    expect(Object.values(networks)).toEqual([{ name: "docker_jenkins-docker_nginx_default" }]);
    expect(project(note, "web-redis").services.web).toMatchObject({
      image: "web-redis-web",
      build: { context: "/project", dockerfileInline: expect.stringContaining("flask") },
      environment: { FLASK_ENV: "development" },
    });
  });
});

test("a note of 5,000 lines is read quickly", () => {
  const part =
    readFileSync(join(__dirname, "docker.zh.md"), "utf8") + readFileSync(join(__dirname, "server.en.md"), "utf8");
  const rows = part.split("\n");
  const text = Array.from({ length: Math.ceil(5000 / rows.length) }, () => part).join("\n");
  read(part);
  // A quarter of a second where nothing else runs.
  const start = cpuTime();
  const { items } = read(text);
  expect(items.length).toBeGreaterThan(1000);
  expect(cpuTime() - start).toBeLessThan(1500);
});
