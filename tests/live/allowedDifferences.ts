/** A difference from the documented `docker run` line that the live tests accept. */
export interface AllowedDifference {
  /** Path in `docker inspect`; see `flatten` in compare.ts. */
  path: RegExp;
  why: string;
  /** Only in these rows of the catalogue; everywhere where left out. */
  rows?: string[];
}

/** The whole list. A difference that no row shows any more makes a test fail, so that the list stays short. */
export const ALLOWED_DIFFERENCES: AllowedDifference[] = [];
