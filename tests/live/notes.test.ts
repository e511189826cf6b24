// Whole notes: everything in them that is ready to run is applied at once by the program `notes`, and each container is
// compared with the one that the blocks of the note make when they are pasted into a shell.
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readNotes } from "../../core/readers/notes";
import { describeIf } from "../skips";
import { ALLOWED_DIFFERENCES, type AllowedDifference } from "./allowedDifferences";
import { differences, notAllowed } from "./compare";
import {
  cleanUp,
  docker,
  httpStatus,
  inside,
  inspect,
  type Inspect,
  labelled,
  missing,
  removeAll,
  shell,
  Stack,
  works,
} from "./liveStack";

cleanUp();

interface WholeNote {
  title: string;
  stack: string;
  text: string;
  /** Files of it that a reader saves before he pastes its commands. */
  files?: Record<string, string>;
  /** Its setups, in their order, and all of the containers that they make. */
  setups: string[];
  containers: string[];
  /** What is neither applied nor pasted. */
  left: string[];
  shows?(): void;
}

const ENV = "GREETING=hello\nTEXT=a b\n";
const DOCKERFILE = 'FROM busybox\nCOPY greeting.txt /greeting.txt\nCMD ["sleep", "3600"]\n';
const sh = (...rows: string[]) => `\`\`\`sh\n${rows.join("\n")}\n\`\`\`\n`;

const NOTES: WholeNote[] = [
  {
    title: "a note in Chinese: ports, volumes, a command",
    stack: "notes-zh",
    text: `# 容器笔记

网站放在 24666 端口：

${sh("# 左边是宿主机的端口", "docker run -d --name live-note-web -p 24666:80 nginx", "docker ps  # 看一看")}
匿名卷、具名卷、只读：

${sh(
  "docker run -d -P --name live-note-anonymous -v /etc/nginx nginx",
  "docker run -d -P --name live-note-named -v live-note-conf:/etc/nginx nginx",
  "docker run -d -P --name live-note-ro -v live-note-other:/etc/nginx:ro nginx",
)}
\`docker run -d --name live-note-loop --restart=always -e hostname=host busybox /bin/sh -c "while true; do sleep 3600; done"\`

自己的镜像：\`docker run -d 镜像名称\`，删除：\`docker rm -f 容器id\`。
`,
    setups: ["live-note-web", "live-note-anonymous", "live-note-named", "live-note-ro", "live-note-loop"],
    containers: ["live-note-web", "live-note-anonymous", "live-note-named", "live-note-ro", "live-note-loop"],
    left: ["docker ps", "docker run -d 镜像名称", "docker rm -f 容器id"],
    shows() {
      test("the site answers", async () => expect(await httpStatus("http://localhost:24666/")).toBe(200));
    },
  },
  {
    title: "a note in English: a network, an .env file, an image of its own",
    stack: "notes-en",
    text: `# Three boxes

## Two that find one another

${sh(
  "docker network create --driver bridge --subnet 10.213.9.0/24 --gateway 10.213.9.1 live-note-lan",
  "docker run -d --name live-note-box01 --network live-note-lan busybox sleep 3600",
  "docker run -d --name live-note-box02 --network live-note-lan --network-alias box busybox sleep 3600",
  "docker exec live-note-box01 ping -c 1 box",
)}
One of somebody else joins them:

${sh("docker run -d --name live-note-guest busybox sleep 3600", "docker network connect live-note-lan live-note-guest")}
## Variables

\`.env\`:

\`\`\`
${ENV}\`\`\`

${sh(
  "TAG=latest",
  "NAME=live-note-variables",
  "docker run -d --name $NAME --env-file .env -e TAG=$TAG busybox:$TAG sleep 3600",
)}
## An image

\`\`\`dockerfile
${DOCKERFILE}\`\`\`

${sh("docker build -t live-note-image .", "docker run -d --name live-note-built live-note-image")}
Push it with \`docker push <user>/live-note-image\`.
`,
    files: { ".env": ENV, Dockerfile: DOCKERFILE },
    setups: ["live-note-lan", "live-note-variables", "live-note-built"],
    containers: ["live-note-box01", "live-note-box02", "live-note-guest", "live-note-variables", "live-note-built"],
    left: [
      "docker exec live-note-box01 ping -c 1 box",
      ".env file",
      "Dockerfile",
      "docker build -t live-note-image .",
      "docker push <user>/live-note-image",
    ],
    shows() {
      test("the boxes find one another, and the image holds its file", () => {
        inside("live-note-box01", "ping", "-c", "1", "box");
        expect(inside("live-note-built", "cat", "/greeting.txt")).toBe("hello");
      });
    },
  },
  {
    title: "a README: commands over several rows, with limits",
    stack: "notes-readme",
    text: `# The service

1. Its data:

   ${sh("docker volume create live-note-data").replaceAll("\n", "\n   ")}
2. The server:

   ${sh(
     "$ docker run -d \\",
     "    --name live-note-server \\",
     "    --hostname server.example \\",
     "    --restart unless-stopped \\",
     "    -p 127.0.0.1:24667:80 -p 24668-24669:9000-9001/udp \\",
     "    -v live-note-data:/usr/share/nginx/html \\",
     "    -e 'GREETING=two words' -l com.example.of=notes \\",
     "    --memory 128m --cpus 0.5 --ulimit nofile=1024:2048 \\",
     "    --cap-drop ALL --cap-add CHOWN --cap-add SETUID --cap-add SETGID --cap-add NET_BIND_SERVICE \\",
     "    --health-cmd 'true || exit 1' --health-interval 30s \\",
     "    --log-opt max-size=10m --stop-timeout 3 \\",
     "    nginx",
   ).replaceAll("\n", "\n   ")}
3. Somebody who writes into it, in the [network](#network) of the server:

   | what | command |
   | ---- | ------- |
   | writer | \`docker run -d --name live-note-writer --network container:live-note-server --volumes-from live-note-server -u 1000:1000 -w /tmp --read-only --tmpfs /tmp busybox sleep 3600\` |

Watch it with \`docker stats live-note-server\`; \`docker run [OPTIONS] IMAGE\` has the rest.
`,
    setups: ["live-note-writer"],
    containers: ["live-note-server", "live-note-writer"],
    left: ["docker stats live-note-server", "docker run [OPTIONS] IMAGE"],
    shows() {
      test("the server answers, also in the network that the writer shares", async () => {
        expect(await httpStatus("http://127.0.0.1:24667/")).toBe(200);
        expect(inside("live-note-writer", "wget", "-q", "-O", "-", "127.0.0.1")).toContain("nginx");
      });
    },
  },
];

const ALLOWED: AllowedDifference[] = [
  ...ALLOWED_DIFFERENCES.filter(({ rows }) => !rows),
  { path: /^Config\.Healthcheck\b/, why: "a typed service says when it answers", rows: ["live-note-web"] },
  {
    path: /^(Config\.Healthcheck\b|HostConfig\.Binds\[0\]$|Mounts\[\/etc\/nginx\]\.(Name|Source)$)/,
    why: "an anonymous volume is named when the container is made",
    rows: ["live-note-anonymous"],
  },
  { path: /^Config\.Healthcheck\b/, why: "as above", rows: ["live-note-named", "live-note-ro"] },
  {
    path: /^HostConfig\.NetworkMode$/,
    stack: "bridge",
    why: "a container with aliases is made on the bridge and moved, or the provider would lose the aliases",
    rows: ["live-note-box01", "live-note-box02"],
  },
  {
    path: /^(HostConfig\.NetworkMode$|NetworkSettings\.IPPrefixLen$|NetworkSettings\.Networks\.bridge\.)/,
    why: "a container that joins a network leaves the engine's default bridge, which a note of its setup says",
    rows: ["live-note-guest"],
  },
  {
    path: /^NetworkSettings\.(Networks[.[][\w-]+\]?\.)?(IPAddress|MacAddress|Gateway)$/,
    why: "the engine hands addresses out in the order of arrival",
  },
];

/** The blocks of commands and the documented lines in the text, as somebody pastes them. */
function pasted({ text }: WholeNote): string {
  const blocks = [...text.matchAll(/^ *```sh\n([\s\S]*?)^ *```/gm)].map(([, rows]) => rows!.replace(/^ *\$ /gm, ""));
  const inText = [...text.matchAll(/`(docker run -d --name [^`]+)`/g)].map(([, line]) => line!);
  return [...blocks, ...inText].join("\n");
}

describe.each(NOTES)("$title", (note) => {
  describeIf(missing, "applied whole", () => {
    const context = {} as { stack: Stack; folder: string };
    const byHand: Record<string, Inspect> = {};

    beforeAll(async () => {
      removeAll();
      const stack = await Stack.create(note.stack);
      const folder = join(stack.folder, "note");
      mkdirSync(folder);
      Object.assign(context, { stack, folder });
      writeFileSync(join(folder, "greeting.txt"), "hello");
      for (const [file, text] of Object.entries(note.files ?? {})) writeFileSync(join(folder, file), text);
      shell(labelled(pasted(note)), folder);
      for (const name of note.containers) byHand[name] = inspect(name);
      for (const file of Object.keys(note.files ?? {})) rmSync(join(folder, file));
      removeAll();
      for (const volume of ["live-note-conf", "live-note-other"])
        if (works("volume", "inspect", volume)) docker("volume", "rm", volume);
      const file = join(folder, "note.md");
      writeFileSync(file, note.text);
      stack.set({ "berth:program": "notes", "berth:notes": [file], "berth:setups": note.setups });
      await stack.up();
    }, 300_000);
    afterAll(() => {
      removeAll();
      if (works("image", "inspect", "live-note-image")) docker("image", "rm", "live-note-image");
    }, 60_000);

    test("its setups are all that is ready to run, and what is left has its reason", () => {
      const [read] = readNotes([{ file: join(context.folder, "note.md"), text: note.text }], {
        environment: {},
        folder: context.stack.folder,
        home: "/root",
      });
      expect(read!.setups.map(({ name }) => name)).toEqual(note.setups);
      const others = read!.items.filter(({ fate }) => fate !== "ready");
      expect(others.map(({ what, text }) => (/file/.test(what) ? what : text))).toEqual(note.left);
    });
    test.each(note.containers)("%s is as the pasted command makes it", (name) => {
      expect(notAllowed(name, differences(byHand[name]!, inspect(name)), ALLOWED)).toEqual([]);
    });
    test("a preview that asks the engine has nothing to do", async () => {
      expect(await context.stack.changes(["--refresh", "--expect-no-changes"])).toEqual([]);
    }, 120_000);
    note.shows?.();
  });
});
