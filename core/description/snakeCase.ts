/** A field's name, or a path of such names, in the words of a compose file: `memLimit` is `mem_limit`. */
export const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
