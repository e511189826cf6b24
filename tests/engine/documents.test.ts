import { PULUMI } from "../unit/documents/commands";
import { readPage } from "../unit/documents/markdown";
import { shownIn } from "../unit/documents/output";
import { commandsOf } from "../unit/documents/shell";
import { describeIf } from "../skips";
import { cleanUp, missingCli, Project } from "./harness";

cleanUp();

/** A row as a pipe and every machine has it: without the tree of a terminal and without times, whether done or not yet. */
const plain = (row: string) =>
  row
    .replace(/[│├└─]/g, " ")
    .replace(/\([\d.]+m?s\)/g, "")
    .replace(/\b(creat|updat|replac|delet)(e|ed|ing)\b/g, "$1")
    .replace(/\s+/g, " ")
    .trim();

/** Does what a command of a page does, in the project's folder; where it asks, the answer is yes. */
async function follow(project: Project, [program, ...words]: string[]): Promise<string> {
  if (program === "curl") return "";
  if (program === "pulumi") return (await project.must(words)).output;
  const [command, stack] = [words[1]!, words[3]!];
  // As where somebody answers, a preview comes first, and the CLI does all of it.
  const { code, output } = await project.run("node", ["cli/berth.js", command, stack, "--yes", "--skip-preview=false"]);
  if (code !== 0) throw new Error(`berth ${command} ${stack} ended with ${code}:\n${output}`);
  return output;
}

describeIf(missingCli, "documents", () => {
  // In Chinese they are the same: tests/unit/documents/languages.test.ts.
  test("README.md: apply, change and destroy print what it shows", async () => {
    const steps = shownIn(readPage("README.md")).filter(({ commands }) => commands.includes("npm run "));
    expect(steps).toHaveLength(3);
    const project = await Project.create({ stack: "nginx" });
    for (const { commands, output } of steps) {
      let printed = "";
      for (const { words } of commandsOf(commands)) printed += await follow(project, words);
      const rows = printed.split("\n").map(plain);
      // A row may end with the number of its warnings, and the provider's double names labels among what differs.
      const there = (row: string) => {
        const [begin, differing = ""] = plain(row).split("[diff: ");
        const names = differing.match(/\w+/g) ?? [];
        return rows.some((one) => one.startsWith(begin!.trim()) && names.every((name) => one.includes(name)));
      };
      const missing = output.split("\n").filter((row) => row !== "..." && !there(row));
      expect({ missing, printed }).toEqual({ missing: [], printed });
    }
    expect(project.containers()).toEqual([]);
    await project.close();
  }, 150_000);

  test("the Pulumi CLI has every command and flag that the pages give it", async () => {
    const project = await Project.create({ stack: "nginx" });
    const helps = await Promise.all(
      Object.keys(PULUMI).map(async (command) => (await project.must([...command.split(" "), "--help"])).output),
    );
    for (const [index, [command, flags]] of Object.entries(PULUMI).entries()) {
      // The help of its parent would come for a word that is no command.
      const name = command.split(" ").at(-1)!;
      expect(helps[index]).toMatch(new RegExp(`Usage:\\n +pulumi ${command}\\b|Aliases:\\n.*\\b${name}\\b`));
      for (const flag of flags)
        expect({ command, help: helps[index] }).toEqual({ command, help: expect.stringContaining(flag) });
    }
    await project.close();
  }, 150_000);
});
