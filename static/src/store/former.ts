import type { IDBPDatabase, IDBPTransaction } from "idb";
import type { Cells } from "../domain/merge";
import { freeBallast } from "./ballast";
import { blocksOf, lineOf } from "./pieces";
import { type Db, type PieceRow, type StreamRow, startingWith } from "./schema";
import { isBroken, isFullDisk, loosely, type Stores } from "./transaction";

/**
 * Replicas as version 1 of the store has them: a row for each entity. No app since writes them; the app of that time does when
 * it comes back, and finds its stores empty then, as on a new tablet: it greets the server and takes its snapshots. It knows
 * nothing of the newer replicas: those of a part that ends meanwhile are removed when the newer app is back.
 */
interface FormerRow {
  readonly stream: string;
  readonly id: string;
  readonly cells: Cells;
}

const FORMER = ["streams", "replica"] as const;

export function createFormer(db: Db): void {
  const former = db as unknown as IDBPDatabase;
  former.createObjectStore("streams", { keyPath: "stream" });
  former.createObjectStore("replica", { keyPath: ["stream", "id"] });
}

/**
 * Takes over what an app of version 1 has left: its replicas where they are further, and what it was told of streams. Where
 * that fails (a full disk) the app starts all the same, to record and to send; it is tried again at the next start.
 */
export async function adoptReplicas(db: Db): Promise<void> {
  const former = db as unknown as IDBPDatabase;
  if ((await former.count("streams")) + (await former.count("replica")) === 0) return;
  try {
    await adopt(db).catch((error: unknown) => (isFullDisk(error) ? adoptInReserve(db) : Promise.reject(error)));
  } catch (error) {
    if (isBroken(error)) throw error;
  }
}

async function adoptInReserve(db: Db): Promise<void> {
  await freeBallast(db);
  await adopt(db);
}

type Tx = IDBPTransaction<unknown, string[], "readwrite">;
const TOUCHED = [...FORMER, "replicas", "pieces"] as unknown as Stores[];

function adopt(db: Db): Promise<void> {
  return loosely(db, TOUCHED, (tx) => adoptAll(tx as unknown as Tx));
}

async function adoptAll(tx: Tx): Promise<void> {
  const told: StreamRow[] = await tx.objectStore("streams").getAll();
  const known: StreamRow[] = await tx.objectStore("replicas").getAll();
  for (const row of told)
    await adoptStream(
      tx,
      row,
      known.find(({ stream }) => stream === row.stream),
    );
  const isTold = new Set(told.map(({ stream }) => stream));
  // Its app greeted the server since, which did not speak of these any more.
  for (const { stream } of told.length > 0 ? known : []) if (!isTold.has(stream)) await drop(tx, stream);
  for (const store of FORMER) await tx.objectStore(store).clear();
}

async function adoptStream(tx: Tx, row: StreamRow, known: StreamRow | undefined): Promise<void> {
  const isFurther = !row.reset && row.cursor > (known?.cursor ?? 0);
  // What it was told meanwhile (another epoch, another chain) may be of this replica: the snapshot is sure.
  if (known && !isFurther) await tx.objectStore("replicas").put({ ...known, reset: true });
  else await replace(tx, row);
}

async function replace(tx: Tx, row: StreamRow): Promise<void> {
  const rows: FormerRow[] = await tx.objectStore("replica").getAll(startingWith(row.stream));
  const pieces: PieceRow[] = blocksOf(
    row.stream,
    rows.map(({ id, cells }) => lineOf(id, cells)),
  );
  await drop(tx, row.stream);
  await Promise.all(pieces.map((piece) => tx.objectStore("pieces").put(piece)));
  await tx.objectStore("replicas").put(row);
}

async function drop(tx: Tx, stream: string): Promise<void> {
  await tx.objectStore("pieces").delete(startingWith(stream));
  await tx.objectStore("replicas").delete(stream);
}
