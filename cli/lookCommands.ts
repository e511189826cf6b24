import type { ArgumentSpec, CommandSpec } from "./commandSpec";
import { say } from "../core/description/say";

const STACK: ArgumentSpec = { name: "<stack>", doc: say`the stack`, kind: "stack" };
const NETWORK = say`Machines, images and slow networks:`;

/** Commands that say how it stands with this machine, with images and with what is between them. */
export const LOOKS: CommandSpec[] = [
  {
    name: "doctor",
    group: NETWORK,
    summary: say`what this machine has and lacks, each with the command that cures it`,
    description: say`Looks at Node.js, the Pulumi CLI, plugins, state, passphrase, engine, GPUs, images, mirrors, proxies, names, clock and disk; only what the stack needs can be missing. All looks are taken at once, and none takes longer than 2 s, or 10 s where the engine is reached by ssh. Nothing is changed. The exit code is 0 where nothing is missing, and 1 otherwise.`,
    arguments: [{ name: "[stack]", doc: say`the stack (default: any on a Docker engine)`, kind: "stack" }],
    expects: say`name one stack`,
    options: [{ flags: "--json", doc: say`for other programs` }],
    examples: [
      ["berth doctor", say`what stacks on a Docker engine need`],
      ["berth doctor gpu", say`what the stack gpu needs: an engine with GPUs, its image`],
      ["DOCKER_HOST=ssh://ada@server berth doctor", say`with the engine of another machine`],
    ],
    action: async ([stack], options) => (await import("./doctor")).doctor(stack, options),
  },
  {
    name: "outdated",
    group: NETWORK,
    summary: say`newer tags and digests of the images of a stack; --lock pins them`,
    description: say`Asks the registry of each image, with the logins of \`docker login\`: whether its tag stands for another image than what runs, and for newer tags of the same scheme (1.27-alpine leads to 1.29-alpine). Where Docker Hub does not answer, the mirrors of the engine do. --lock writes today's digests into the stack's settings (berth:images), so that the same images run everywhere; once more renews them. The exit code is 1 where a registry could not be asked.`,
    arguments: [STACK],
    expects: say`name one stack`,
    options: [
      { flags: "--lock", doc: say`write the digests into the settings of the stack` },
      { flags: "--json", doc: say`for other programs` },
    ],
    examples: [
      ["berth outdated nginx", say`what there is that is newer`],
      ["berth outdated nginx --lock && berth up nginx", say`run what the tags stand for today, and keep it`],
    ],
    action: async ([stack], options) => (await import("./outdated")).outdated(stack!, options),
  },
  {
    name: "mirrors",
    group: NETWORK,
    summary: say`which mirrors of Docker Hub answer, how fast, and with the genuine image`,
    description: say`Asks those that are named, those in mirrors.yaml, and those that the engine uses, from this machine or, with --host, from the engine's: a manifest, and 256 KiB of a layer. Digests are compared with Docker Hub's, or where that does not answer, with one another. --write puts those of use into the settings of the stack host, fastest first; nothing is changed on the machine. The exit code is 1 where none is of use, or one that the engine uses is not.`,
    arguments: [{ name: "[url...]", doc: say`mirrors, as in daemon.json: https://mirror.example` }],
    options: [
      {
        flags: "--from <file>",
        doc: say`a dated list of mirrors (default: mirrors.yaml, where it is there)`,
        kind: "file",
      },
      { flags: "--host <address>", doc: say`the engine whose mirrors they are: ssh://ada@gpu1` },
      { flags: "--image <name>", doc: say`the image that they are asked for (default: busybox)` },
      { flags: "--write", doc: say`write them into the settings of the stack host` },
      { flags: "--stack <stack>", doc: say`where --write writes (default: host)`, kind: "stack" },
      { flags: "--json", doc: say`for other programs` },
    ],
    examples: [
      ["berth mirrors", say`those that the engine uses, and those in mirrors.yaml`],
      ["berth mirrors https://mirror.example --host ssh://ada@gpu1", say`from another machine`],
      ["berth mirrors --write && berth up host", say`use the fastest from now on`],
    ],
    action: async (urls, options) => (await import("./mirrors")).mirrors(urls, options),
  },
];
