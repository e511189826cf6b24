import { constants } from "node:os";
import { say } from "../core/description/say";

/** Somebody has ended the command. */
export class Interrupted extends Error {
  constructor(readonly by: NodeJS.Signals) {
    super(say`ended by ${by}`);
  }

  /** As shells count it. */
  get exitCode(): number {
    return 128 + constants.signals[this.by];
  }
}

/** Whether an exit code says that a signal has ended a command. The CLI ends with 255, too, which is none. */
export const isOfSignal = (code: number): boolean => Object.values(constants.signals).some((one) => code === 128 + one);

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Does something that has to be put right when somebody ends it in the middle: what was stopped starts again. Whoever
 * says it twice cuts that off.
 */
export async function interruptible<T>(act: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const hear = (by: NodeJS.Signals) => {
    const interrupted = new Interrupted(by);
    // An exit, not an end on the spot: a lock goes with it. Several may say that a terminal has closed.
    if (controller.signal.aborted && by !== "SIGHUP") process.exit(interrupted.exitCode);
    controller.abort(interrupted);
  };
  for (const name of SIGNALS) process.on(name, hear);
  try {
    return await act(controller.signal);
  } finally {
    for (const name of SIGNALS) process.off(name, hear);
  }
}

/** Waits, unless somebody ends it. */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  await new Promise<void>((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener("abort", done);
  });
  signal.throwIfAborted();
}
