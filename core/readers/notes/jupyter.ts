import { say } from "../../description/say";

/** Arguments of `JupyterServer`, by the names of Jupyter's own settings; "" is what a container needs anyway. */
const SERVER: Record<string, string> = {
  ip: "ip",
  port: "port",
  allow_root: "allowRoot",
  notebook_dir: "notebookDir",
  root_dir: "notebookDir",
  password: "password",
  hashed_password: "password",
  token: "token",
  certfile: "tls",
  keyfile: "tls",
  open_browser: "",
  no_browser: "",
  allow_remote_access: "",
};

/** Arguments of `JupyterHub`, likewise. */
const HUB: Record<string, string> = {
  port: "port",
  admin_access: "adminAccess",
  admin_users: "admins",
  allowed_users: "users",
  whitelist: "users",
  notebook_dir: "notebookDir",
  ssl_cert: "tls",
  ssl_key: "tls",
  ip: "",
};

const OF_HUB = /^(?:JupyterHub|\w*Authenticator|\w*Spawner)$/;
/** Their values are named, not shown. */
const HIDDEN = /^(?:password|token|users|tls)$/;

interface Setting {
  hub: boolean;
  name: string;
  /** As the note calls it. */
  shown: string;
  value: string;
}

/** What a block of Jupyter's configuration, or of its command line, sets. */
function settingsOf(text: string): Setting[] {
  const assigned = [...text.matchAll(/^[ \t]*c\.([A-Z]\w+)\.(\w+)[ \t]*=[ \t]*([^#\n]*)/gm)].map(
    ([, holder = "", name = "", value = ""]): Setting => ({
      hub: OF_HUB.test(holder),
      name,
      shown: `c.${holder}.${name}`,
      value: value.trim(),
    }),
  );
  const started = [...text.matchAll(/^[ \t$]*(jupyter[ \t]+(?:lab|notebook|server)|jupyterhub)[ \t]+(-[^\n]*)/gm)];
  const flags = started.flatMap(([, program = "", words = ""]) =>
    [...words.matchAll(/--([\w-]+(?:\.\w+)?)(?:[= ](?!-)('[^']*'|"[^"]*"|\S+))?/g)].map(
      ([, flag = "", value = "true"]): Setting => ({
        hub: program === "jupyterhub",
        name: flag.split(".").at(-1)!.replaceAll("-", "_"),
        shown: `--${flag}`,
        value,
      }),
    ),
  );
  return [...assigned, ...flags].filter(({ name }) => name !== "generate_config" && name !== "help");
}

/** Whether words within a sentence are a command line of Jupyter; its name alone is not. */
export const startsJupyter = (text: string): boolean =>
  /^[ \t$]*(?:jupyter[ \t]+(?:lab|notebook|server)|jupyterhub)[ \t]+--?\w/.test(text);

/** How the settings of Jupyter in a note are said to berth; undefined where they are none that a component takes. */
export function jupyterArguments(text: string): string | undefined {
  const settings = settingsOf(text);
  const said = [false, true].flatMap((hub) => {
    const own = settings.filter((setting) => setting.hub === hub);
    const argument = ({ name }: Setting) => (hub ? HUB : SERVER)[name];
    const taken = own.flatMap((setting) => {
      const name = argument(setting);
      return name ? [HIDDEN.test(name) ? name : `${name} ${setting.value}`] : [];
    });
    if (taken.length === 0) return [];
    const left = own.filter((setting) => argument(setting) === undefined).map(({ shown }) => shown);
    const rest = left.length ? say` (without ${left.join(", ")})` : "";
    return [
      say`the component \`${hub ? "JupyterHub" : "JupyterServer"}\` takes ${[...new Set(taken)].join(", ")}${rest}`,
    ];
  });
  return said.length ? said.join(say`; `) : undefined;
}
