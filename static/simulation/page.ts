/** What a person at a tablet can do, straight from the app: the real state modules, and what the books need to look at. */

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
export { replay } from "../src/store/rescue";
export { openStore } from "../src/store/schema";
