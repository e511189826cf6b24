import { ArgumentError } from "../../../../core/description/errors";
import { DockerRunError, FLAGS, parseDockerLines, parseDockerRun } from "../../../../core/readers/dockerRun";
import { cpuTime } from "../../cpuTime";
import { plain } from "./world";
import { random } from "../../../random";

const run = () => {
  throw new Error("a program was run");
};
jest.mock("node:child_process", () => ({
  spawn: run,
  spawnSync: run,
  exec: run,
  execSync: run,
  execFile: run,
  execFileSync: run,
  fork: run,
}));

const SEEDS = [
  `docker run -d --name nginx01 -p 666:80 -v "$PWD"/html:/usr/share/nginx/html:ro --restart=always nginx`,
  `$ sudo docker run -itd \\\n  -e MYSQL_ROOT_PASSWORD='a b' -v data:/var/lib/mysql --network name=app,alias=db,ip=172.20.0.5 mysql:8`,
  `docker run --rm --gpus '"device=0,1"' --mount type=bind,src=./a,dst=/a,readonly --mount 'src=v1,dst=/b,"volume-opt=o=a,b"' img sh -c "echo \${HOME:-x}"`,
  `podman run --arch arm64 --health-cmd 'curl -f x' --health-interval 1m30s -m 512m --cpus 1.5 --ulimit nofile=1:2 img $'a\\tb' > /dev/null 2>&1`,
  `docker network create -d bridge --subnet 192.168.0.0/16 mynet`,
  `export A=1 B=$(date)\ncd x && docker rm -f web; docker run -d --name web -u $(id -u) -e A -v %cd%\\d:/x img:$A\ndocker logs web`,
  `docker -H tcp://x create --link db:mysql --add-host a:[::1] --dns 8.8.8.8 --tmpfs /run:size=1m --device /dev/fuse app:1`,
];
const PIECES = [
  ..."'\"\\$`{}()<>|&;#~*?[]=:,-/ \t\n\r\0\u00e9\u{1f600}",
  "${",
  "$(",
  "$'",
  "--",
  "__proto__",
  "constructor",
  "\\\n",
  "docker run ",
  "99999999999999999999",
  "-1",
  "0x",
  ...FLAGS.flatMap(({ names }) => names),
];

function mutate(line: string, next: (below: number) => number): string {
  let text = line;
  for (let count = 1 + next(6); count > 0; count -= 1) {
    const at = next(text.length + 1);
    const kind = next(5);
    const piece = PIECES[next(PIECES.length)]!;
    if (kind === 0) text = text.slice(0, at) + text.slice(at + 1 + next(4));
    else if (kind === 1) text = `${text.slice(0, at)} ${piece} ${text.slice(at)}`;
    else if (kind === 2) {
      const from = next(text.length + 1);
      text = text.slice(0, at) + text.slice(from, from + next(30)) + text.slice(at);
    } else if (kind === 3) text = text.slice(0, at) + piece.repeat(1 + next(3)) + text.slice(at);
    else text = text.slice(0, at);
  }
  return text;
}

function check(action: () => unknown, line: string): "taken" | "refused" {
  try {
    action();
    return "taken";
  } catch (error) {
    if (!(error instanceof ArgumentError)) throw new Error(`${JSON.stringify(line)} ends in ${(error as Error).stack}`);
    const where = error instanceof DockerRunError ? /\n {2,}.*\n {2,}[ .]*\^+$/.test(error.message) : error.argument;
    if (!where || !error.problem || !error.remedy) throw new Error(`${JSON.stringify(line)}: ${error.message}`);
    return "refused";
  }
}

test("20,000 damaged lines end in a description or in an error with a place and a cause, at once", () => {
  const next = random(20261121);
  const count = { taken: 0, refused: 0 };
  let slowest = 0;
  for (let index = 0; index < 20_000; index += 1) {
    const line = mutate(SEEDS[index % SEEDS.length]!, next);
    const second = SEEDS[next(SEEDS.length)]!;
    const read = () =>
      check(
        () => (index % 4 === 0 ? parseDockerLines([line, second], "demo", plain) : parseDockerRun(line, plain)),
        line,
      );
    let start = cpuTime();
    count[read()] += 1;
    let took = cpuTime() - start;
    // Garbage may have been collected meanwhile: a line that is slow by itself is slow again.
    for (let again = 0; took > 50 && again < 3; again += 1) {
      start = cpuTime();
      read();
      took = Math.min(took, cpuTime() - start);
    }
    slowest = Math.max(slowest, took);
  }
  expect(slowest).toBeLessThan(200);
  // Neither half may be empty: a reader that refuses or takes everything proves nothing.
  expect(count.taken).toBeGreaterThan(500);
  expect(count.refused).toBeGreaterThan(5_000);
}, 30_000);

test.each([
  ["a long word", `docker run ${"a".repeat(200_000)}`],
  ["many quotes", `docker run ${"''".repeat(50_000)} nginx`],
  ["many flags", `docker run ${"-e A=1 ".repeat(5_000)} nginx`],
  ["many blanks", `docker run ${" ".repeat(200_000)} nginx`],
  ["many rows", `docker run ${"\\\n".repeat(20_000)} nginx`],
  ["many comments", `${"# x\n".repeat(5_000)}docker run nginx`],
  ["a wide range", "docker run -p 1-65535:1-65535 --expose 1-65535 nginx"],
  ["many dollars", `docker run ${"${A:-".repeat(10_000)}`],
  ["many braces", `docker run ${"{".repeat(50_000)} nginx`],
  ["many braces with one that closes", `docker run ${"{".repeat(50_000)}}`],
  ["many brackets", `docker run ${"<".repeat(5_000)} nginx`],
  ["a long prompt", `${"a".repeat(100_000)}@docker run nginx`],
])("%s takes no time", (_, line) => {
  const start = cpuTime();
  check(() => parseDockerRun(line, plain), line.slice(0, 40));
  expect(cpuTime() - start).toBeLessThan(1_000);
});
