import { Problem } from "../../state/people";
import { alertUser } from "../components/messages";
import { t } from "../i18n";

/** Awaits an act; a failure is announced and the list fetched anew, since it may be older than what is there. Undefined: it failed. */
export async function tried<T>(act: Promise<T>, again: () => Promise<void>): Promise<{ result: T } | undefined> {
  try {
    return { result: await act };
  } catch (error) {
    const gone = error instanceof Problem && error.code === "not-found";
    alertUser(t(gone ? "people.gone" : "people.failed"));
    if (gone) await again();
    return undefined;
  }
}
