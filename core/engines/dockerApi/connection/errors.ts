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
