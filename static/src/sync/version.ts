import { version } from "../../package.json";

/** What the header of a commit says of the program that sealed it. */
export const APP = `insats-web/${version}`;
