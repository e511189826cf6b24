import { language } from "../core/description/say";
import { FORMER, KEYS } from "../core/host/daemon/keys";
import { NAMES } from "../components/daemonConfig";
import { table } from "./table";

/** What stands around the tables. */
interface Words {
  head: string;
  columns: string[];
  reload: string;
  restart: string;
  each: string;
  former: string;
  formerColumns: string[];
}

const ENGLISH: Words = {
  head: `# Every setting of daemon.json

English | [中文](zh-CN/daemon-json.md)

Made by \`npm run docs\` from the table in \`core/host/daemon/keys.ts\`; do not edit.

An argument of [DaemonConfig](api/index.md#daemonconfig), or a name in its \`settings\`; in the stack \`host\` by
\`pulumi config set --path 'host:daemon.NAME' VALUE\`. A setting that dockerd does not know keeps it from starting, so
names that are not in this table are refused, and so are those that are newer than the engine.

- **reload**: the engine takes a change, and the setting's removal, without a restart where no other setting needs one.
- **restart**: the engine restarts; containers live on with \`live-restore\`, which is on unless you say otherwise.
- **each entry by itself**: entries that somebody else has added stay; of all others the whole value is what is declared.`,
  columns: ["setting", "argument", "a change needs", "merged", "from engine"],
  reload: "reload",
  restart: "restart",
  each: "each entry by itself",
  former: "## Names of old notes\n\nRefused, each with what it is called today.",
  formerColumns: ["name", "today"],
};

const CHINESE: Words = {
  head: `# daemon.json 的全部设置

[English](../daemon-json.md) | 中文

由 \`npm run docs\` 根据 \`core/host/daemon/keys.ts\` 里的表格生成，不要手工修改。

可以写成 [DaemonConfig](../api/index.md#daemonconfig) 的参数，或写在它的 \`settings\` 里；在 stack \`host\` 里用
\`pulumi config set --path 'host:daemon.NAME' VALUE\`。dockerd 遇到不认识的设置就不启动，所以表里没有的名字会被拒绝，比引擎新的设置也一样。

- **重新加载**：只要没有别的设置需要重启，修改或去掉这一项都不用重启引擎。
- **重启**：引擎会重启；有 \`live-restore\` 时容器继续运行，它默认打开。
- **逐项合并**：别人加的条目保留；其他设置的整个值都按声明。`,
  columns: ["设置", "参数", "修改时需要", "合并方式", "引擎版本起"],
  reload: "重新加载",
  restart: "重启",
  each: "逐项合并",
  former: "## 旧笔记里的名字\n\n会被拒绝，并说明现在的名字。",
  formerColumns: ["名字", "现在"],
};

const code = (text: string) => `\`${text}\``;

const argumentOf = (key: string): string => {
  const name = Object.entries(NAMES).find(([, named]) => named === key)?.[0];
  return name ? code(name) : "";
};

/** Every setting of the engine, in the language of this process. */
export function daemonJsonPage(): string {
  const words = language() === "zh" ? CHINESE : ENGLISH;
  const rows = Object.entries(KEYS).map(([key, { reload, map, since }]) => [
    code(key),
    argumentOf(key),
    reload ? words.reload : words.restart,
    map ? words.each : "",
    since ?? "",
  ]);
  const former = Object.entries(FORMER).map(([key, [problem]]) => [code(key), problem]);
  return `${words.head}

${table(words.columns, rows)}

${words.former}

${table(words.formerColumns, former)}
`;
}
