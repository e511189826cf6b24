/** A field's name, or a path of such names, in the words of a compose file: `memLimit` is `mem_limit`. */
export const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** The other way round: `mem_limit` is `memLimit`. */
export const camelCase = (name: string): string =>
  name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
