import { REFUSED as docker } from "../core/mapping/docker";
import { REFUSED as kubernetes } from "../core/mapping/kubernetes/refused";
import { REFUSED as swarm } from "../core/mapping/swarm";
import { language } from "../core/description/say";
import { PARSERS, type Refusals } from "../core/description/service";
import { table } from "./table";

const ENGINES: [name: string, refused: Refusals][] = [
  ["Docker", docker],
  ["Swarm", swarm],
  ["Kubernetes", kubernetes],
];
const FIELDS = Object.keys(PARSERS) as (keyof typeof PARSERS)[];

/** What stands around the tables, and what no table of the engines says. */
interface Words {
  head: string;
  field: string;
  /** Whether an engine takes a field. */
  taken: [yes: string, no: string];
  everywhere: (fields: string[]) => string;
  becomes: string;
  described: string;
  /** A row each: what is described, and what it is on each engine. */
  rows: string[][];
  why: (engine: string) => string;
  reason: string;
  /** Between a reason and the way out. */
  between: string;
}

const ENGLISH: Words = {
  head: `# What each engine can do

English | [中文](zh-CN/engines.md)

Made by \`npm run docs\` from the tables of the engines; do not edit.

A service is described once and runs where \`berth:engine\` (or the argument \`engine\`) says: \`docker\`, \`swarm\` or
\`kubernetes\`. What an engine cannot do is refused at preview by the field's name, never dropped. Single values can be
refused too (a user by name on Kubernetes, a bridge network on a Swarm); the sentence says what to write instead.`,
  field: "field",
  taken: ["yes", "refused"],
  everywhere: (fields) => `Every engine takes ${fields.join(", ")}.`,
  becomes: "What becomes of what",
  described: "described",
  rows: [
    ["a service", "container", "service", "Deployment and Service; DaemonSet for `mode: global`, Job for a job"],
    ["`replicas`", "1", "tasks", "pods"],
    [
      "published port",
      "host port",
      "port of every node",
      "node port: itself in 30000 to 32767, else 30000 + port modulo 2768, or `kubernetes.nodePorts`",
    ],
    ["named volume", "volume", "volume of the node", "claim; filled from the image when it is empty, as Docker does"],
    ["folder of the host", "bind", "bind on the node", "hostPath on the node"],
    ["`healthcheck`", "health check", "health check", "readiness probe, and a startup probe for `startPeriod`"],
    [
      "`secrets`, `configs`",
      "files in the container",
      "secrets and configs, named after their content",
      "Secret and ConfigMap",
    ],
    ["secret variable", "variable", "variable", "Secret that the variable refers to"],
    ["`networks`", "networks", "overlay networks", "none: pods reach each other; addresses and drivers are refused"],
    ["`gpus`", "device requests", "generic resources", "`nvidia.com/gpu`; a count only"],
    [
      "`build`",
      "image on the engine",
      "image named after its content, pushed to `berth:registry` where one is set",
      "the same; a registry is needed",
    ],
    ["name of a service", "container's name and aliases", "service's name and aliases", "Service's name and aliases"],
  ],
  why: (engine) => `Why ${engine} refuses`,
  reason: "reason and way out",
  between: "; ",
};

const CHINESE: Words = {
  head: `# 各引擎的能力

[English](../engines.md) | 中文

由 \`npm run docs\` 根据各引擎的表格生成，不要手工修改。

服务只描述一次，在哪里运行由 \`berth:engine\`（或参数 \`engine\`）决定：\`docker\`、\`swarm\` 或 \`kubernetes\`。引擎做不到的字段，预览时按名字拒绝，
不会悄悄丢掉。个别取值也可能被拒绝，例如 Kubernetes 上用名字写的用户、Swarm 上的 bridge 网络；报错会说明该怎么写。`,
  field: "字段",
  taken: ["支持", "拒绝"],
  everywhere: (fields) => `所有引擎都支持 ${fields.join("、")}。`,
  becomes: "描述在各引擎上变成什么",
  described: "描述",
  rows: [
    ["一个服务", "容器", "服务", "Deployment 和 Service；`mode: global` 是 DaemonSet，任务是 Job"],
    ["`replicas`", "1", "任务数", "Pod 数"],
    [
      "端口映射",
      "宿主机端口",
      "每个节点的端口",
      "节点端口：30000 到 32767 之间的照用，其他是 30000 + 端口除以 2768 的余数，或用 `kubernetes.nodePorts` 指定",
    ],
    ["具名数据卷", "数据卷", "节点上的数据卷", "PVC；为空时用镜像里的文件填充，和 Docker 一样"],
    ["宿主机目录", "bind 挂载", "节点上的 bind 挂载", "节点上的 hostPath"],
    ["`healthcheck`", "健康检查", "健康检查", "readiness 探针；有 `startPeriod` 时再加 startup 探针"],
    ["`secrets`, `configs`", "容器里的文件", "按内容命名的 secret 和 config", "Secret 和 ConfigMap"],
    ["敏感的环境变量", "环境变量", "环境变量", "Secret，由环境变量引用"],
    ["`networks`", "网络", "overlay 网络", "没有：Pod 之间本来就互通；写了地址或驱动会被拒绝"],
    ["`gpus`", "device requests", "generic resources", "`nvidia.com/gpu`，只能写数量"],
    ["`build`", "引擎上的镜像", "按内容命名的镜像；设置了 `berth:registry` 就推送到那里", "同左；必须有镜像仓库"],
    ["服务的名字", "容器名和别名", "服务名和别名", "Service 名和别名"],
  ],
  why: (engine) => `${engine} 为什么拒绝`,
  reason: "原因和替代办法",
  between: "；",
};

/** One page for every field that at least one engine refuses, in the language of this process. */
export function enginesPage(): string {
  const words = language() === "zh" ? CHINESE : ENGLISH;
  const refusedSomewhere = FIELDS.filter((field) => ENGINES.some(([, refused]) => refused[field])).sort();
  const everywhere = FIELDS.filter((field) => !refusedSomewhere.includes(field)).sort();
  const summary = refusedSomewhere.map((field) => [
    `\`${field}\``,
    ...ENGINES.map(([, refused]) => words.taken[refused[field] ? 1 : 0]),
  ]);
  const reasons = ENGINES.map(([name, refused]) => {
    const rows = refusedSomewhere.flatMap((field) =>
      refused[field] ? [[`\`${field}\``, refused[field].join(words.between)]] : [],
    );
    return `## ${words.why(name)}\n\n${table([words.field, words.reason], rows)}`;
  });
  return `${words.head}

${table([words.field, ...ENGINES.map(([name]) => name)], summary)}

${words.everywhere(everywhere.map((field) => `\`${field}\``))}

## ${words.becomes}

${table([words.described, ...ENGINES.map(([name]) => name)], words.rows)}

${reasons.join("\n\n")}
`;
}
