import { join } from "node:path";
import { projectFiles } from "../cli/init";

const NAME = "PROJECT-NAME";

/** The files of the template for `pulumi new`: the project that `berth init` makes, with Pulumi's words for its name. */
export async function templateFiles(): Promise<Record<string, string>> {
  const { files } = await projectFiles(join(__dirname, NAME), { name: NAME });
  const template = [
    "template:",
    "  displayName: Containers with berth",
    "  description: nginx in a Docker container, to begin with",
    "",
  ];
  return Object.fromEntries(
    Object.entries(files).map(([file, text]) => [
      file,
      (file === "Pulumi.yaml" ? text.replace("Containers as code", "${DESCRIPTION}") + template.join("\n") : text)
        .replaceAll(NAME, "${PROJECT}")
        .replaceAll(NAME.toLowerCase(), "${PROJECT}"),
    ]),
  );
}
