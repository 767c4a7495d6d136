/** The officer's name for the log: asked once, kept on this machine. Never used as a proof of identity. */

const KEY = "dynamic-cover.operator";
const LONGEST = 40;
export const DEFAULT_OPERATOR = "operator";

export function operatorName(): string {
  return localStorage.getItem(KEY) ?? DEFAULT_OPERATOR;
}

export function operatorAsked(): boolean {
  return localStorage.getItem(KEY) !== null;
}

export function keepOperatorName(name: string): void {
  const clean = name.replace(/\s+/g, " ").trim().slice(0, LONGEST);
  localStorage.setItem(KEY, clean === "" ? DEFAULT_OPERATOR : clean);
}
