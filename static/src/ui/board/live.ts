/** The board's readings as signals: each evening's facts are worked out once for a version of its stream, whoever reads them. */
import { computed, type ReadonlySignal } from "@preact/signals";
import type { Scales } from "../../domain/figures";
import { type DeviceView, devices } from "../../state/board";
import { code, type OperationView, operations, shared } from "../../state/operation";
import { allEntities } from "../../state/replica";
import { status } from "../../state/status";
import { instant } from "../i18n";
import { now } from "../now";
import { byConcern, type Tablet, tabletOf, type Watch, watchOf } from "./concern";
import { type Facts, factsOf } from "./facts";
import { type Happening, timelineOf } from "./happenings";

export const scales: Scales = {
  base: (unit) => {
    const base = code("units", unit)?.base;
    return typeof base === "string" ? base : unit;
  },
  activity: (id) => {
    const value = code("status_site_activity", id)?.value;
    return typeof value === "number" ? value : undefined;
  },
};

/** One entry per evening this account ever opens: a handful, kept while the page lives. */
function perEvening<T>(work: (op: string) => T): (op: string) => T {
  const known = new Map<string, ReadonlySignal<T>>();
  return (op) => {
    const reading = known.get(op) ?? computed(() => work(op));
    known.set(op, reading);
    return reading.value;
  };
}

export const facts: (op: string) => Facts = perEvening((op) => factsOf(allEntities(shared(op)), scales));
export const timeline: (op: string) => Happening[] = perEvening((op) => timelineOf(facts(op)));

export function watchFor(operation: OperationView): Watch {
  const { date, start, end } = operation;
  return watchOf(operation.status, instant(date, start), instant(date, end));
}

/** The tablets of the authorities of this evening, worst first. Reads the clock: use it in the parts that tick. */
export function tablets(operation: OperationView): Tablet[] {
  const part = new Set([...operation.authorities, ...operation.onCall]);
  const mine: DeviceView[] = devices.value.filter((device) => part.has(device.authority));
  const watch = watchFor(operation);
  const at = asOf();
  return byConcern(mine.map((device) => tabletOf(device, watch, at)));
}

/** The moment the board can speak for. Without contact that is when it last had some. */
export function asOf(): number {
  const { connected, lastContact } = status.value;
  return connected || lastContact === null ? now.value : lastContact;
}

/** The evening a visit belongs to, so that an address works whichever evening was chosen before. */
export function eveningOf(visit: string): OperationView | undefined {
  return operations.value.find((operation) => facts(operation.id).visits.some((each) => each.id === visit));
}
