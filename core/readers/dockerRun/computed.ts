import { readFileSync, realpathSync, statSync } from "node:fs";
import * as os from "node:os";
import { basename, dirname, resolve } from "node:path";
import type { DockerRunContext } from "./context";

/** The system hands no longer argument to a program. */
const LONGEST = 128 * 1024;

/** Ids of the user that berth runs as; Windows has none. */
const uid = () => process.getuid?.();
const gid = () => process.getgid?.();

function userName({ environment }: DockerRunContext): string | undefined {
  try {
    return os.userInfo().username;
  } catch {
    // The user of a container often has no entry in /etc/passwd.
    return environment.USER || environment.LOGNAME;
  }
}

function groupName(): string | undefined {
  try {
    const row = readFileSync("/etc/group", "utf8")
      .split("\n")
      .find((group) => group.split(":")[2] === String(gid()));
    return row?.split(":")[0];
  } catch {
    return undefined;
  }
}

/** `id` with one of -u and -g, as a number or (-n) as a name, for nobody but the user that berth runs as. */
function ids(args: string[], context: DockerRunContext): string | number | undefined {
  const long: Record<string, string> = { "--user": "u", "--group": "g", "--name": "n", "--real": "r" };
  const isFlag = (arg: string) => arg.startsWith("-");
  const flags = args
    .filter(isFlag)
    .map((arg) => long[arg] ?? arg.slice(1))
    .join("");
  const [user, ...more] = args.filter((arg) => !isFlag(arg));
  if (more.length || (user !== undefined && user !== userName(context))) return undefined;
  const which = flags.replace(/[nr]/g, "");
  const named = flags.includes("n");
  if (which === "u") return named ? userName(context) : uid();
  if (which === "g") return named ? groupName() : gid();
  return undefined;
}

const UNAME: Record<string, () => string> = { s: os.type, n: os.hostname, r: os.release, m: os.machine };

/** Programs whose answer is known without running them. */
const PROGRAMS: Record<string, (args: string[], context: DockerRunContext) => string | number | undefined> = {
  id: ids,
  whoami: (args, context) => (args.length ? undefined : userName(context)),
  hostname: ([flag = "", ...more]) =>
    more.length
      ? undefined
      : flag === ""
        ? os.hostname()
        : /^(-s|--short)$/.test(flag)
          ? os.hostname().split(".")[0]
          : undefined,
  uname: ([flag = "-s", ...more]) => (more.length ? undefined : UNAME[/^-([snrm])$/.exec(flag)?.[1] ?? ""]?.()),
  arch: (args) => (args.length ? undefined : os.machine()),
  nproc: (args) => (args.length ? undefined : os.availableParallelism()),
  pwd: ([flag = "-L", ...more], { folder }) => (/^-[LP]$/.test(flag) && !more.length ? folder : undefined),
  echo: (args) => (args[0]?.startsWith("-") ? undefined : args.join(" ")),
  basename: ([path, ...more]) => (path === undefined || more.length ? undefined : basename(path)),
  dirname: ([path, ...more]) => (path === undefined || more.length ? undefined : dirname(path)),
  realpath: ([path, ...more], { folder }) => (path === undefined || more.length ? undefined : real(folder, path)),
  readlink: ([flag, path, ...more], { folder }) =>
    flag !== "-f" || path === undefined || more.length ? undefined : real(folder, path),
  cat: (paths, { folder }) => textOf(paths, folder),
};

/** What files of the line's folder hold; none is too large for an argument. */
function textOf(paths: string[], folder: string): string | undefined {
  if (paths.length === 0 || paths.some((path) => path.startsWith("-"))) return undefined;
  try {
    const files = paths.map((path) => resolve(folder, path));
    if (files.some((file) => !statSync(file).isFile() || statSync(file).size > LONGEST)) return undefined;
    return files.map((file) => readFileSync(file, "utf8")).join("");
  } catch {
    return undefined;
  }
}

function real(folder: string, path: string): string {
  const whole = resolve(folder, path);
  try {
    return realpathSync(whole);
  } catch {
    return whole;
  }
}

/** What a program would print, where that is known without running it. */
export function printedBy([program = "", ...args]: string[], context: DockerRunContext): string | undefined {
  // PowerShell and cmd.exe do not tell upper case from lower case.
  const name = program === "PWD" ? "pwd" : program;
  const value = Object.hasOwn(PROGRAMS, name) ? PROGRAMS[name]!(args, context) : undefined;
  // A shell leaves out the line breaks at the end.
  return value === undefined ? undefined : String(value).replace(/\n+$/, "");
}

/** Variables that a shell sets by itself and does not export. */
export function shellVariable(name: string, context: DockerRunContext): string | undefined {
  const own: Record<string, () => string | number | undefined> = {
    HOME: () => context.home,
    UID: uid,
    EUID: uid,
    HOSTNAME: os.hostname,
    USER: () => userName(context),
    LOGNAME: () => userName(context),
  };
  const value = Object.hasOwn(own, name) ? own[name]!() : undefined;
  return value === undefined ? undefined : String(value);
}
