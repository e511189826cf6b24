import { spawn } from "node:child_process";
import { CommandSocket } from "../../../../core/engines/dockerApi/connection/commandSocket";
import { pieces } from "../../../../core/engines/dockerApi/connection/client";

const socketOf = (script: string) =>
  new CommandSocket(spawn("sh", ["-c", script]), (said, code) => new Error(`${said.trim()} (${code})`));

async function read(socket: CommandSocket): Promise<string> {
  let text = "";
  for await (const { data } of pieces(socket, false)) text += data.toString();
  return text;
}

test("whoever reads what a command says comes to its end, however slowly", async () => {
  const socket = socketOf("cat; head -c 300000 /dev/zero");
  socket.end("hello");
  await new Promise((resolve) => setTimeout(resolve, 300));
  let length = 0;
  for await (const { data } of pieces(socket, false)) {
    length += data.length;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  expect(length).toBe(300_005);
});

test("one that fails says why", async () => {
  await expect(read(socketOf("echo no route to host >&2; exit 255"))).rejects.toThrow("no route to host (255)");
});

test("one that ends while nobody asks is closed", async () => {
  const socket = socketOf("exit 0");
  await new Promise((resolve) => socket.on("close", resolve));
  expect(socket.destroyed).toBe(true);
});
