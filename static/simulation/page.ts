/** What a person at a tablet can do, straight from the app: the real state modules, and what the books need to look at. */

export { deliver, exportOutbox } from "../src/state/courier";
export { decide, heldForDecision, refreshHeld } from "../src/state/decisions";
export {
  addPhoto,
  newEntity,
  record,
  recount,
  restoreEntities,
  settle,
  tap,
  voidEntities,
  writeReport,
} from "../src/state/recording";
export { allEntities, entitiesOf, entity, heads, inConflict, replicaDigest } from "../src/state/replica";
export { enrol, start } from "../src/state/session";
export { memory, running } from "../src/state/tablet";
export { approve, submit, versionOf, withdrawApproval } from "../src/state/versions";
export { openStore } from "../src/store/open";
export { replay } from "../src/store/rescue";
