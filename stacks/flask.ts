import { join } from "node:path";
import { ComposeProject } from "../components/composeProject";
import { say } from "../core/description/say";
import { choice, port, readSettings } from "./lib/settings";

export const settings = {
  setup: choice(["C2", "C3"], "C2", say`Version of the project`),
  port: port(5000, say`Host port of the application`),
};

/**
 * A small Flask application that counts its visits in Redis, built from `stacks/flask/`. Documented setups C2
 * and C3: a changed source file builds the image anew and replaces only `web`; the counter goes on.
 */
export function program() {
  const { setup, port: published } = readSettings("flask", settings);
  const file = { C2: "docker-compose.yml", C3: "docker-compose.v2.yml" }[setup];
  const project = new ComposeProject("flask", {
    files: [join(__dirname, "flask", file)],
    services: { web: { ports: [`${published}:5000`] } },
  });
  return { url: project.services.web?.[0]?.url(5000), containers: project.containerNames };
}
