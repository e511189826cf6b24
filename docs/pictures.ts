import { pictureOfPlan } from "../cli/pictureOf";
import { planStack } from "../cli/plan";
import { HOME } from "../cli/project";
import { toSvg } from "../core/writers/picture/svg";
import { PROGRAMS, run } from "../stacks";

/** What there is to see on each picture, by the name of its setup. */
const SHOWS: Record<string, [english: string, chinese: string]> = {
  nginx: ["One web server. From outside it is found on port 666.", "一个网页服务器，从外面通过 666 端口访问。"],
  mysql: [
    "Two folders of the host hold configuration and data, and a lock stands where the password goes.",
    "配置和数据各挂载宿主机的一个目录，锁表示此处是密码。",
  ],
  elasticsearch: ["Two ports of one container.", "一个容器的两个端口。"],
  volumes: [
    "One volume in two containers, and a container that takes over the volumes of another.",
    "两个容器共用一个数据卷，另有一个容器挂载了别的容器的数据卷。",
  ],
  networks: [
    "Both containers are on both networks, so one box stands for the two; `container:` is a dotted line.",
    "两个容器同在两个网络中，所以两个网络画成一个框；`container:` 用虚线表示。",
  ],
  tomcat: ["Tomcat waits until MySQL is healthy.", "Tomcat 等到 MySQL 健康之后才启动。"],
  jenkins: ["Ports and folders of two services.", "两个服务的端口和目录。"],
  flask: ["A folder of the project and a volume in one service.", "一个服务挂载了项目目录和一个数据卷。"],
  compose: [
    "Any compose files; without settings they are those of the Flask app.",
    "任意 compose 文件；未设置时用 Flask 应用的文件。",
  ],
  notes: [
    "What a note makes: a network of its own, and a web server beside it.",
    "一篇笔记里的内容：一个自定义网络，旁边是一个网页服务器。",
  ],
  run: ["Any `docker run` lines; without settings it is this one.", "任意 `docker run` 命令；未设置时就是这一条。"],
  gpu: ["GPUs by their index.", "用编号标出 GPU。"],
  paddlex: ["Every GPU, on the network of the host.", "使用全部 GPU 和宿主机的网络。"],
  workspace: ["Each person has a GPU, a port and a folder.", "每人一块 GPU、一个端口、一个目录。"],
  jupyter: ["Secret files have a lock as well.", "含密码的文件同样带锁。"],
  swarm: ["A service of a Swarm.", "Swarm 上的一个服务。"],
  kubernetes: [
    "Deployments in three namespaces, the Services before them, and the ports of the nodes.",
    "三个命名空间里的 Deployment、各自的 Service，以及节点端口。",
  ],
  lifecycle: [
    "A Pod, and a Deployment that is reached only inside the cluster.",
    "一个 Pod，以及一个只能在集群内访问的 Deployment。",
  ],
  manifests: [
    "What manifests describe: a web page behind a node port, and Redis with a claim of its own.",
    "清单描述的内容：节点端口后面的网页，以及带有自己的 PVC 的 Redis。",
  ],
  images: ["What is no service has a card without lines.", "不是服务的东西只画一张卡片，没有连线。"],
  portainer: ["A container that is given the Docker socket.", "一个拿到 Docker 套接字的容器。"],
  host: ["Parts of a machine, in the order in which they are set up.", "一台机器的各个部分，以及先后顺序。"],
};

/** The pictures of all documented setups as SVG, by their names, as they are without settings. */
export async function pictures(): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const [name, load] of Object.entries(PROGRAMS)) {
    const { sample = {} } = await load();
    const plan = await planStack("berth", name, { values: sample, secrets: [] }, () => run({ engine: false }));
    found[name] = await toSvg(await pictureOfPlan(plan, HOME));
  }
  return found;
}

/** One paragraph for each setup: its name, what there is to see, and the picture. */
const list = (language: 0 | 1, folder: string) =>
  Object.keys(PROGRAMS)
    .map((name) => {
      const shows = SHOWS[name];
      if (!shows) throw new Error(`docs/pictures.ts: say what there is to see on the picture of ${name}`);
      return `\`${name}\`: ${shows[language]}\n\n![${name}](${folder}pictures/${name}.svg)`;
    })
    .join("\n\n");

/** The text of docs/pictures.md. */
export const picturesPage = (): string => `# Pictures

English | [中文](zh-CN/pictures.md)

\`berth picture\` draws a stack, a compose file or \`docker run\` lines from berth's own plan. It needs no engine, no Pulumi CLI
and no network.

\`\`\`sh
npx berth picture tomcat --output tomcat.html
npx berth picture compose.yaml > compose.svg
npx berth picture lines.sh --to mermaid
\`\`\`

- \`svg\` is one file for light and dark. Blue is what is published, green is where data lies, a dotted line is a wait.
- \`html\` is a page. A click on a service, or the Tab key, shows its \`docker run\` line and its description.
- \`mermaid\` is text that GitHub and many editors draw.

Secrets are shown by their names only. A number on a card is a warning, which stands below.

## The documented setups

Made by \`npm run docs\`, from each setup as it is without settings.

${list(0, "")}
`;

/** The text of docs/zh-CN/pictures.md. */
export const chinesePicturesPage = (): string => `# 示意图

[English](../pictures.md) | 中文

\`berth picture\` 按 berth 自己的计划画出一个栈、一个 compose 文件或几条 \`docker run\` 命令，不需要容器引擎、Pulumi CLI 或网络。

\`\`\`sh
npx berth picture tomcat --output tomcat.html
npx berth picture compose.yaml > compose.svg
npx berth picture lines.sh --to mermaid
\`\`\`

- \`svg\` 是一个文件，深色浅色都清晰。蓝色是对外发布的端口，绿色是存放数据的地方，虚线表示等待。
- \`html\` 是一个网页。点击一个服务，或用 Tab 键选中它，就会显示它的 \`docker run\` 命令和描述。
- \`mermaid\` 是文本，GitHub 和许多编辑器都能画出来。

密码等机密只显示名称。卡片上的数字是警告的编号，警告写在图下方。

## 文档中的各个方案

由 \`npm run docs\` 生成，都是未设置时的样子。

${list(1, "../")}
`;
