/** Accounts and sign-ins. They live on the server alone: each call asks it and rejects with its Problem. */
import { running } from "./tablet";

export { Problem } from "../domain/problem";
export type {
  Account,
  ActRow,
  Invitation,
  KeptTablet,
  NewAccount,
  OwnSessions,
  PeopleAnswer,
  SignIn,
} from "../sync/people";

const api = () => running().engine.sync.api;

export const people = () => api().people();
export const invite = (account: Parameters<ReturnType<typeof api>["invite"]>[0]) => api().invite(account);
export const newLink = (user: string) => api().link(user);
export const closeAccount = (user: string) => api().closeAccount(user);
export const endSession = (user: string, device: string) => api().endSession(user, device);
export const blockTablet = (device: string) => api().blockTablet(device);
export const ownSessions = () => api().sessions();
export const endOwnSession = (device: string) => api().endOwnSession(device);
