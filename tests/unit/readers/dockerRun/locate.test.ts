import { inLanguage } from "../../inLanguage";
import { plain } from "./world";

/** What Docker's engine layer refuses of a line, in the words of the line, in one language. */
const refused = (language: string, flags: string): string =>
  inLanguage(language, () => {
    const { parseDockerLines } = require("../../../../core/readers/dockerRun");
    const { checkForDocker } = require("../../../../core/mapping/docker");
    const { locate, services } = parseDockerLines([`docker run --name web ${flags}`], "berth", plain);
    try {
      checkForDocker(services.web, { projectFolder: "/project", outer: {} });
    } catch (error) {
      return locate("web", error).message.split("\n")[0];
    }
  });

// A remedy is found by what it says, and that is another text in each language.
test.each([
  [
    "--dns 8.8.8.8 --dns 1.1.1.1 nginx",
    "write --dns 1.1.1.1 --dns 8.8.8.8 if the order does not matter, or set it in the engine's daemon.json.",
    "顺序不重要时写 --dns 1.1.1.1 --dns 8.8.8.8，否则在引擎的 daemon.json 里设置。",
  ],
  [
    "--stop-timeout 0 nginx",
    "write --stop-timeout 1, or --stop-signal SIGKILL to kill at once.",
    "写 --stop-timeout 1，或写 --stop-signal SIGKILL 立即终止。",
  ],
  [
    "nginx ''",
    "give the program with --entrypoint: then the whole line goes through it.",
    "用 --entrypoint 写程序：整条命令就由它执行。",
  ],
])("the way out is said in flags, in both languages: %s", (flags, english, chinese) => {
  expect(refused("en", flags)).toContain(`; ${english}`);
  expect(refused("zh", flags)).toContain(`；${chinese}`);
});
