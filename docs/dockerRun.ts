import { language } from "../core/description/say";
import { FLAGS, type Fate, type FlagEntry } from "../core/readers/dockerRun";
import { table } from "./table";

/** What stands around the tables. */
interface Words {
  head: string;
  parts: [fate: Fate, heading: string, text: string][];
  podman: string;
  columns: string[];
  sentence: (entry: Pick<FlagEntry, "says" | "remedy">) => string;
}

const ENGLISH: Words = {
  head: `# Every flag of docker run

English | [中文](zh-CN/docker-run-flags.md)

Made by \`npm run docs\` from the table in \`core/readers/dockerRun/flags.ts\`; do not edit. How to use a line:
[docker run](docker-run.md).

A line is read as the shell and the docker client read it, and nothing is run. \`docker run\`, \`docker create\`,
\`docker container run\`, \`podman run\` and \`nvidia-docker run\` are taken, with a prompt, \`sudo\` or variables in front and
continued over several rows. What needs a program or other files is refused with the place marked: \`$(...)\` except
\`$(pwd)\`, pipes, redirections except to \`/dev/null\`, unquoted patterns, a second command, and variables that are not set.`,
  parts: [
    ["honoured", "Honoured", "Each becomes the field of the service that stands beside it."],
    ["equivalent", "Met by something else", "What the flag did is done in another way."],
    [
      "refused by the provider",
      "Refused when it is applied",
      "The description has the field, but the Docker provider has no word for it. The line is read; applying it is refused.",
    ],
    ["client", "The client's own", "These concern the program that the line is typed into. A notice says so."],
    ["refused", "Refused", "Nothing in a stack can do this. The error names the way out."],
    ["gone", "Gone from Docker", "Refused as well."],
  ],
  podman: "## Flags of podman run\n\nTaken only in a line that begins with `podman`.",
  columns: ["flag", "field", "what becomes of it"],
  sentence({ says, remedy }) {
    const text = remedy === undefined ? says : `${says}; ${remedy}`;
    return `${text[0]!.toUpperCase()}${text.slice(1)}.`;
  },
};

const CHINESE: Words = {
  head: `# docker run 的全部参数

[English](../docker-run-flags.md) | 中文

由 \`npm run docs\` 根据 \`core/readers/dockerRun/flags.ts\` 里的表格生成，不要手工修改。命令怎么用，见 [docker run](docker-run.md)。

命令按 shell 和 docker 客户端的规则读取，不会执行。\`docker run\`、\`docker create\`、\`docker container run\`、\`podman run\` 和
\`nvidia-docker run\` 都可以，前面可以有提示符、\`sudo\` 或变量，也可以分成几行。需要运行程序或读取其他文件的写法会被拒绝，并标出位置：除
\`$(pwd)\` 以外的 \`$(...)\`、管道、除 \`/dev/null\` 以外的重定向、没有引号的通配符、第二条命令，以及没有设置的变量。`,
  parts: [
    ["honoured", "照办", "每个参数变成旁边写的服务字段。"],
    ["equivalent", "用别的方式做到", "参数的作用由别的方式实现。"],
    ["refused by the provider", "应用时拒绝", "描述里有这个字段，但 Docker provider 不支持。命令能读取，应用时拒绝。"],
    ["client", "只和客户端有关", "这些参数针对输入命令的那个程序。读取时会有一条提示。"],
    ["refused", "拒绝", "stack 里做不到。报错会给出替代办法。"],
    ["gone", "Docker 已经取消", "同样拒绝。"],
  ],
  podman: "## podman run 的参数\n\n只在以 `podman` 开头的命令里接受。",
  columns: ["参数", "字段", "变成什么"],
  sentence: ({ says, remedy }) => `${remedy === undefined ? says : `${says}；${remedy}`}。`,
};

const code = (text: string) => `\`${text}\``;

/** Every flag with what becomes of it, in the language of this process. */
export function dockerRunPage(): string {
  const { head, parts, podman, columns, sentence } = language() === "zh" ? CHINESE : ENGLISH;
  const row = (entry: FlagEntry): string[] => [
    entry.names.map(code).join(", "),
    entry.field ? code(entry.field) : "",
    sentence(entry),
  ];
  const flags = (entries: FlagEntry[]) => table(columns, entries.map(row));
  const sections = parts.map(([fate, heading, text]) => {
    const entries = FLAGS.filter((entry) => entry.becomes === fate && !entry.podman);
    return `## ${heading}\n\n${text}\n\n${flags(entries)}`;
  });
  return `${head}

${sections.join("\n\n")}

${podman}

${flags(FLAGS.filter((entry) => entry.podman))}
`;
}
