/** Getting out what this tablet cannot send: into a file that anybody may carry, and from such a file to the server. */
import { type Delivery, deliverFile } from "../sync/deliver";
import { exportFile } from "../sync/export";
import { running } from "./tablet";

export type { Delivery } from "../sync/deliver";

/**
 * Everything that no backup of the server covers yet, sealed to the server: commits without a result or above `stable`, and
 * photos that are not verified. Nothing here changes by it. `onProgress` tells how much of it is sealed (bytes). Rejects with
 * Problem `no-seal-key` where this tablet has never learned the server's key, `empty` where there is nothing to carry.
 */
export function exportOutbox(onProgress: (done: number, total: number) => void = () => undefined): Promise<Blob> {
  return exportFile(running().tablet, onProgress);
}

/** What a courier file is to be called. */
export function courierName(label: string, at: Date): string {
  const plain =
    label
      .normalize("NFKD")
      .replace(/[^A-Za-z0-9]+/g, "-")
      .replace(/^-|-$/g, "") || "platta";
  return `${plain}-${at.toISOString().slice(0, 16).replace(/[T:]/g, "-")}.insats`;
}

/**
 * Hands a courier file to the server, frame by frame. Repeating it, whole or from `from`, is harmless. Never rejects for what
 * the link does: `problem` says what stopped it, `done` how far it came (bytes). Rejects with Problem `not-a-courier-file`.
 */
export function deliver(
  file: Blob,
  onProgress: (delivery: Delivery) => void = () => undefined,
  from = 0,
): Promise<Delivery> {
  return deliverFile(running().engine.sync.api, file, onProgress, from);
}
