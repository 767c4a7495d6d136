/** Small turns of English that several parts of the catalogue share. Pure. */

/** A name from the region's own list within a sentence: "Rescue unit" → "rescue unit"; "HVP" stays. */
export const inSentence = (name: string) =>
  /^\p{Lu}\p{Ll}/u.test(name) ? name[0]?.toLowerCase() + name.slice(1) : name;

export const plural = (n: number, one: string, many: string) => `${n} ${n === 1 ? one : many}`;
