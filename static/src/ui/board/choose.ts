import { operationId, operations } from "../../state/operation";
import { go } from "../router";
import { WALL } from "./wall";

/** Choosing an evening closes the visit of another one, and stays on the big screen if that is where one is. */
export function choose(id: string, wall: boolean): void {
  if (!operations.value.some((operation) => operation.id === id)) return;
  operationId.value = id;
  go("board", ...(wall ? [WALL] : []));
}
