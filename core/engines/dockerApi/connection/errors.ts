/** The engine's answer was an error, e.g. 404. */
export class EngineError extends Error {
  /** @param status of the answer; 0 where there was none */
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
    this.name = "EngineError";
  }
}

/** For a request about something that may be gone. */
export function ignoreMissing(error: unknown): void {
  if (!(error instanceof EngineError && error.status === 404)) throw error;
}
