/** The catalogue in use. Views take their words from here, so that a language is chosen in one place. */
import { en, type Words } from "./en";

export const words: Words = en;
