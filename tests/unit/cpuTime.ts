/** Milliseconds that this process has had of the processor. How busy the machine is does not change them. */
export function cpuTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
