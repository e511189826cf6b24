import { sshArguments, sshFailure } from "../../../../core/engines/dockerApi/connection/sshCommand";

const [BATCH, ALIVE, DIAL] = [["-o", "BatchMode=yes"], ["-o", "ServerAliveInterval=20"], "docker system dial-stdio"];
const WAIT = ["-o", "ConnectTimeout=10"];

describe("arguments of ssh", () => {
  test.each<[string, string[], string[]]>([
    ["ssh://gpu1", [], [...BATCH, ...WAIT, ...ALIVE, "-T", "--", "gpu1", DIAL]],
    ["ssh://ada@gpu1:2222", [], [...BATCH, "-l", "ada", "-p", "2222", ...WAIT, ...ALIVE, "-T", "--", "gpu1", DIAL]],
    ["ssh://[fe80::1]/", [], [...BATCH, ...WAIT, ...ALIVE, "-T", "--", "fe80::1", DIAL]],
    ["ssh://gpu1", ["-i", "a key", "-T"], [...BATCH, "-i", "a key", "-T", ...WAIT, ...ALIVE, "--", "gpu1", DIAL]],
    ["ssh://gpu1", ["-o ConnectTimeout=3"], [...BATCH, "-o ConnectTimeout=3", ...ALIVE, "-T", "--", "gpu1", DIAL]],
    [
      "ssh://gpu1/run/user/1000/docker.sock",
      [],
      [
        ...BATCH,
        ...WAIT,
        ...ALIVE,
        "-T",
        "--",
        "gpu1",
        "docker --host=unix:///run/user/1000/docker.sock system dial-stdio",
      ],
    ],
    // The far shell reads it.
    [
      "ssh://gpu1/run/$(id)%20'x",
      [],
      [...BATCH, ...WAIT, ...ALIVE, "-T", "--", "gpu1", `docker '--host=unix:///run/$(id) '"'"'x' system dial-stdio`],
    ],
  ])("%s with %j", (address, options, expected) => {
    expect(sshArguments(address, options)).toEqual(expected);
  });
});

describe("why a connection has ended", () => {
  // Each as OpenSSH 9.2, dash, bash, zsh or the docker client 20.10 and 28 write it.
  test.each<[string, RegExp]>([
    [
      "ada@gpu1: Permission denied (publickey,password).\r\n",
      /^it takes none of your keys: .* \(ada@gpu1: Permission denied \(publickey,password\)\)$/,
    ],
    [
      "No ED25519 host key is known for gpu1 and you have requested strict checking.\r\nHost key verification failed.\r\n",
      /^its host key is not known here: .*Host key verification failed\)$/,
    ],
    [
      "@@@@@@@@@@\r\n@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\r\n@@@@@@@@@@\r\nHost key verification failed.\r\n",
      /^its host key is another one than the known one/,
    ],
    [
      "ssh: Could not resolve hostname gpu9: Name or service not known\r\n",
      /^there is no host of that name \(ssh: Could/,
    ],
    ["ssh: connect to host gpu1 port 22: Connection refused\r\n", /^no SSH server listens there/],
    ["ssh: connect to host gpu1 port 22: Connection timed out\r\n", /^the host cannot be reached/],
    ["sh: 1: docker: not found\n", /^its shell finds no docker client.* \(sh: 1: docker: not found\)$/],
    ["bash: line 1: docker: command not found\n", /^its shell finds no docker client/],
    ["zsh:1: command not found: docker\n", /^its shell finds no docker client/],
    [
      "docker: 'system' is not a docker command.\nSee 'docker --help'\n",
      /^the docker client there is older than 18.09/,
    ],
    [
      "failed to open the raw stream connection: dial unix /var/run/docker.sock: connect: permission denied\n",
      /^that user may not use the engine's socket: .*root \(failed/,
    ],
    [
      "permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock\n",
      /^that user may not use the engine's socket/,
    ],
    [
      "failed to open the raw stream connection: dial unix /var/run/docker.sock: connect: no such file or directory\n",
      /^no engine listens at the socket there/,
    ],
    [
      'Load key "/k": bad permissions\r\nada@gpu1: Permission denied (publickey).\r\n',
      /^the private key cannot be read/,
    ],
    ["spawn ssh ENOENT", /^there is no ssh here: install the client of OpenSSH \(spawn ssh ENOENT\)$/],
    ["one\ntwo\nthree\nfour.\n", /^two three four$/],
    ["", /^ssh ended with 255$/],
  ])("%j", (output, expected) => {
    expect(sshFailure(output, 255)).toMatch(expected);
  });

  test("by a signal", () => {
    expect(sshFailure("", null)).toBe("ssh ended with a signal");
  });
});
